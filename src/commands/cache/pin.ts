import type { Pin } from "../../run/keeping/pins.ts";
import { sanitize } from "../../text/sanitize.ts";
import type { ExitCode } from "../command.ts";
import { dryRunOption } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import { defineVerb, mustBeWritable, type VerbCall } from "./verb.ts";

const what = "NODE|KEY";

/** `sluice cache pin`. */
export const pin = defineVerb({
  name: "pin",
  summary: "keep a result, or all of a node, from eviction and pruning",
  details: [
    "A key may be given by its first 8 digits or more, a node with * and ? for any text and any character.",
    "Without an argument it lists what is pinned. Limits that are configured have pins of their own.",
  ],
  arguments: [{ name: `[${what}]`, help: "what to keep" }],
  options: dryRunOption,
  action: pinOne,
});

/** `sluice cache unpin`. */
export const unpin = defineVerb({
  name: "unpin",
  summary: "undo a pin",
  arguments: [{ name: what, required: true, help: "what need not be kept any more" }],
  options: dryRunOption,
  action: unpinOne,
});

async function pinOne({
  workspace,
  terminal,
  args: [name],
  options,
}: VerbCall<typeof dryRunOption>): Promise<ExitCode> {
  const { json = false, "dry-run": dryRun = false } = options;
  const { findPin, pinned, pinResult } = await import("../../run/keeping/pins.ts");
  if (name === undefined) {
    const pins = await pinned(workspace);
    const configured = workspace.limits?.pins ?? [];
    if (json) printJson(terminal, { pins, configured });
    else if (pins.length + configured.length === 0) printLines(terminal.err, ["nothing is pinned"]);
    else {
      const lines = configured.map((name) => `node    ${sanitize(name)}  (sluice.json)`);
      printLines(terminal.out, [...pins.map(describe), ...lines]);
    }
    return 0;
  }
  if (!dryRun) mustBeWritable(workspace);
  const made = dryRun ? await findPin(workspace, name) : await pinResult(workspace, name);
  if (json) printJson(terminal, { dryRun, pinned: made });
  else printLines(terminal.out, [`${dryRun ? "would pin" : "pinned"}  ${describe(made)}`]);
  return 0;
}

async function unpinOne({ workspace, terminal, args, options }: VerbCall<typeof dryRunOption>): Promise<ExitCode> {
  const { json = false, "dry-run": dryRun = false } = options;
  if (!dryRun) mustBeWritable(workspace);
  const { findPinned, unpinResult } = await import("../../run/keeping/pins.ts");
  const name = args[0]!;
  const gone = dryRun ? await findPinned(workspace, name) : await unpinResult(workspace, name);
  if (json) printJson(terminal, { dryRun, unpinned: gone });
  else printLines(terminal.out, [`${dryRun ? "would unpin" : "unpinned"}  ${describe(gone)}`]);
  return 0;
}

function describe({ kind, name }: Pin): string {
  return `${kind.padEnd(6)}  ${sanitize(name)}`;
}
