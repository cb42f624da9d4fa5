import type { Garbage } from "../../run/keeping/collect-garbage.ts";
import { formatBytes, formatCount } from "../../text/quantity.ts";
import { sanitize } from "../../text/sanitize.ts";
import type { ExitCode } from "../command.ts";
import { dryRunOption, type OptionSpecs } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import { openProgressLine } from "./progress-line.ts";
import { defineVerb, mustBeWritable, type VerbCall } from "./verb.ts";

const options = {
  ...dryRunOption,
  verbose: { type: "boolean", short: "v", help: "also name the results whose blobs are gone" },
} as const satisfies OptionSpecs;

/** `sluice cache gc`. */
export const gc = defineVerb({
  name: "gc",
  summary: "remove what nothing refers to, and what dead processes left behind",
  arguments: [],
  options,
  action: collect,
});

async function collect(call: VerbCall<typeof options>): Promise<ExitCode> {
  const { workspace, terminal } = call;
  const { json = false, "dry-run": dryRun = false, verbose = false } = call.options;
  if (!dryRun) mustBeWritable(workspace);
  const { collectGarbage } = await import("../../run/keeping/collect-garbage.ts");
  const progress = openProgressLine(terminal);
  const onProgress = (part: number): void => progress.show(part, "looking for what nothing refers to");
  const garbage = await collectGarbage(workspace, { dryRun, onProgress }).finally(progress.close);
  const freedBytes = garbage.blobs.bytes + garbage.leftovers.bytes;
  if (json) {
    printJson(terminal, { dryRun, freedBytes, ...garbage });
    return 0;
  }
  const lines = [...reasons(garbage), ...(verbose ? names(garbage) : [])];
  const verb = dryRun ? "would free" : "freed";
  printLines(
    terminal.out,
    lines.length === 0 ? ["nothing to remove"] : [`${verb} ${formatBytes(freedBytes)}:`, ...lines],
  );
  const { count, bytes } = garbage.recent;
  if (count > 0) {
    const what = `${formatCount(count, "blob")} that no result needs yet`;
    printLines(terminal.err, [
      `${what}, ${formatBytes(bytes)}, stored less than a minute ago, ${count === 1 ? "stays" : "stay"}`,
    ]);
  }
  return 0;
}

/** What went, and why. */
function reasons({ results, blobs, temporary, setAside, readers }: Garbage): readonly string[] {
  const lines: readonly (readonly [count: number, noun: string, why: string, bytes?: number])[] = [
    [results, "result", "whose blobs are gone"],
    [blobs.count, "blob", "that no result needs", blobs.bytes],
    [temporary.files, "file", "left by processes that are gone", temporary.bytes],
    [setAside.files, "file", "set aside as damaged", setAside.bytes],
    [readers.files, "note", "of readers that are gone", readers.bytes],
  ];
  return lines
    .filter(([count]) => count > 0)
    .map(
      ([count, noun, why, bytes]) =>
        `  ${formatCount(count, noun)} ${why}${bytes === undefined ? "" : `, ${formatBytes(bytes)}`}`,
    );
}

function names({ incomplete }: Garbage): readonly string[] {
  return incomplete.map(
    ({ node, key, missing }) => `  ${sanitize(node)} ${key.slice(0, 12)}: blob ${missing.slice(0, 12)} is gone`,
  );
}
