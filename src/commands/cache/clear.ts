import { createInterface } from "node:readline/promises";
import { formatBytes, formatCount } from "../../text/quantity.ts";
import type { ExitCode } from "../command.ts";
import { dryRunOption, type OptionSpecs } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import { defineVerb, mustBeWritable, type VerbCall } from "./verb.ts";

const options = {
  ...dryRunOption,
  yes: { type: "boolean", short: "y", help: "do not ask" },
} as const satisfies OptionSpecs;

/** `sluice cache clear`. */
export const clear = defineVerb({
  name: "clear",
  summary: "remove every result, run and log",
  details: ["At a terminal it asks first."],
  arguments: [],
  options,
  action: clearAll,
});

async function clearAll(call: VerbCall<typeof options>): Promise<ExitCode> {
  const { workspace, terminal } = call;
  const { json = false, "dry-run": dryRun = false, yes = false } = call.options;
  if (!dryRun) mustBeWritable(workspace);
  const { clearStore, measureStore } = await import("../../run/keeping/clear-store.ts");
  const asks = !dryRun && !yes && terminal.interactive;
  if (asks && !(await ask(`remove ${describe(await measureStore(workspace))}? [y/N] `))) {
    printLines(terminal.err, ["nothing was removed"]);
    return 0;
  }
  const cleared = dryRun ? await measureStore(workspace) : await clearStore(workspace);
  const { results, blobs, bytes: freedBytes } = cleared;
  if (json) printJson(terminal, { dryRun, results, blobs, freedBytes });
  else printLines(terminal.out, [`${dryRun ? "would remove" : "removed"} ${describe(cleared)}`]);
  return 0;
}

interface Measured {
  readonly results: number;
  readonly blobs: number;
  readonly bytes: number;
}

function describe({ results, blobs, bytes }: Measured): string {
  return `${formatCount(results, "result")} and ${formatCount(blobs, "blob")}, ${formatBytes(bytes)}`;
}

async function ask(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(question)).trim());
  } finally {
    prompt.close();
  }
}
