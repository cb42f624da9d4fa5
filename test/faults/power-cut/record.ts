import { closeSync, openSync, writeSync } from "node:fs";
import { openWorkspace, perform, stateOf, stepsOf } from "./work.ts";

/*
 * Does the steps of a seed while `strace` looks on. After each step, when all of it should be on the disk, what is in the store
 * is written to another file: that is what a power cut from here on may not take away.
 *
 *   node record.ts FOLDER MARKS SEED STEPS [wide]
 */

const [dir, marks, seed, count, wide] = process.argv.slice(2) as [string, string, string, string, string?];
const marksFile = openSync(marks, "a");
let workspace = await openWorkspace(dir);
for (const [index, step] of stepsOf(Number(seed), Number(count), wide === "wide").entries()) {
  if (step.kind === "reopen") {
    await workspace.close();
    workspace = await openWorkspace(dir);
  }
  await perform(workspace, step);
  await workspace.metadata.synced();
  writeSync(marksFile, `${JSON.stringify({ step: index, state: await stateOf(workspace) })}\n`);
}
await workspace.close();
closeSync(marksFile);
