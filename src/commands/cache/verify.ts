import { fail } from "../../core/failure.ts";
import type { VerifyProgress } from "../../run/keeping/verify-store.ts";
import { formatBytes, formatCount } from "../../text/quantity.ts";
import { sanitize } from "../../text/sanitize.ts";
import type { ExitCode } from "../command.ts";
import { listenForInterruption } from "../interruption.ts";
import { dryRunOption, type OptionSpecs } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import { openProgressLine } from "./progress-line.ts";
import { defineVerb, mustBeWritable, type VerbCall } from "./verb.ts";

const options = {
  repair: { type: "boolean", help: "set damage aside and forget what needs it, so that the next run makes it again" },
  ...dryRunOption,
} as const satisfies OptionSpecs;

/** `sluice cache verify`. */
export const verify = defineVerb({
  name: "verify",
  summary: "read and check everything; exit code 1 while damage is found",
  arguments: [],
  options,
  action: verifyAll,
});

async function verifyAll(call: VerbCall<typeof options>): Promise<ExitCode> {
  const { workspace, terminal } = call;
  const { repair = false, "dry-run": dryRun = false, json = false } = call.options;
  const mends = repair && !dryRun;
  if (mends) mustBeWritable(workspace);
  const { verifyStore } = await import("../../run/keeping/verify-store.ts");
  const progress = openProgressLine(terminal);
  const interruption = listenForInterruption({ onFirst: () => {}, onSecond: progress.close });
  progress.show(0, "checking the database");
  const { results, blobs, damage, unusable, repaired } = await verifyStore(workspace, {
    repair,
    dryRun,
    signal: interruption.signal,
    onProgress: (at) => progress.show(at.bytes / at.total, progressText(at)),
  })
    .catch((error: unknown) => {
      if (interruption.signal.aborted) fail("cancelled", "the check was cancelled");
      throw error;
    })
    .finally(() => {
      progress.close();
      interruption.dispose();
    });
  if (json) {
    printJson(terminal, { results, blobs, damage, repaired });
    return damage.length === 0 || repaired ? 0 : 1;
  }
  const { out, err } = terminal;
  printLines(
    err,
    damage.map(
      ({ message, node }) =>
        `${err.style.bad("damaged:")} ${node === undefined ? "" : `${sanitize(node)}: `}${sanitize(message)}`,
    ),
  );
  const checked = `${formatCount(results, "result")} and ${formatCount(blobs, "blob")} checked`;
  printLines(out, [
    `${checked}, ${damage.length === 0 ? out.style.good("no damage") : formatCount(damage.length, "damage", "damages")}`,
  ]);
  const forgotten = formatCount(unusable, "result");
  if (mends && damage.length > 0)
    printLines(out, [`repaired: ${forgotten} forgotten; the next run makes what it needs again`]);
  else if (repair && damage.length > 0) printLines(out, [`would forget ${forgotten}`]);
  else if (damage.length > 0)
    printLines(err, [`${err.style.bold("hint:")} sluice cache verify --repair, then sluice run`]);
  return damage.length === 0 || repaired ? 0 : 1;
}

function progressText({ results, blobs, bytes, total, damaged }: VerifyProgress): string {
  const found = damaged > 0 ? `, ${formatCount(damaged, "damage", "damages")}` : "";
  const read = `${formatBytes(bytes)} of ${formatBytes(total)}, ${formatCount(blobs, "blob")}`;
  return `${read}${results > 0 ? `, ${formatCount(results, "result")}` : ""}${found}`;
}
