import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { fromSystemError } from "../../core/failure.ts";
import { formatBytes, formatCount } from "../../report/quantity.ts";
import type { Workspace } from "../../run/workspace.ts";
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
  const { blobs, metadata } = workspace;
  let results = 0;
  for await (const _ of metadata.allResults()) results++;
  const digests: string[] = [];
  let bytes = 0;
  for await (const { digest, storedSize } of blobs.list()) {
    digests.push(digest);
    bytes += storedSize;
  }
  const what = `${formatCount(results, "result")} and ${formatCount(digests.length, "blob")}, ${formatBytes(bytes)}`;
  if (!dryRun && !yes && terminal.interactive && !(await ask(`remove ${what}? [y/N] `))) {
    printLines(terminal.err, ["nothing was removed"]);
    return 0;
  }
  if (!dryRun) {
    // results first: one without its blobs would only be found to be missing
    await metadata.clear();
    for (const digest of digests) await blobs.remove(digest);
    await removeLogs(workspace);
    const leftovers = await blobs.clean();
    bytes += leftovers.bytes;
  }
  if (json) printJson(terminal, { dryRun, results, blobs: digests.length, freedBytes: bytes });
  else printLines(terminal.out, [`${dryRun ? "would remove" : "removed"} ${what}`]);
  return 0;
}

async function ask(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(question)).trim());
  } finally {
    prompt.close();
  }
}

async function removeLogs({ cacheDir }: Workspace): Promise<void> {
  if (cacheDir === undefined) return;
  const folder = path.join(cacheDir, "v1", "logs");
  try {
    const names = await readdir(folder).catch(noFolder);
    for (const name of names) if (name.endsWith(".jsonl")) await rm(path.join(folder, name), { force: true });
  } catch (error) {
    throw fromSystemError(error, "removing logs", folder);
  }
}

function noFolder(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
