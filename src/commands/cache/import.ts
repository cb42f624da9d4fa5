import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { type Failure, fail, failureOf, fromSystemError } from "../../core/failure.ts";
import { bytesOfSize } from "../../core/size.ts";
import { formatBytes, formatCount } from "../../text/quantity.ts";
import { type Call, defineCommand, type ExitCode } from "../command.ts";
import { listenForInterruption } from "../interruption.ts";
import { dryRunOption, type OptionSpecs } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import { warn, withCacheStore } from "../project.ts";
import { cancelled } from "./cancelled.ts";
import { mustBeWritable, verbOptions } from "./verb.ts";

const specs = {
  "max-unpacked": {
    type: "string",
    value: "SIZE",
    help: "refuse what unpacks to more: 2GB (default: 1GB, or 100 times the archive)",
  },
  ...dryRunOption,
  ...verbOptions,
} as const satisfies OptionSpecs;

/** `sluice cache import`. */
export const importCache = defineCommand({
  name: "cache import",
  summary: "take the results of an archive into the cache",
  arguments: [{ name: "FILE", required: true, help: "what `sluice cache export` wrote; - for stdin" }],
  options: specs,
  details: [
    "All of the archive is checked before anything of it is taken. What is in the cache already stays.",
    "Whoever made it is trusted: what a result says it was made of cannot be checked.",
  ],
  run: take,
});

async function take({ args: [file], options, terminal }: Call<typeof specs>): Promise<ExitCode> {
  const { json = false, "dry-run": dryRun = false, "max-unpacked": size } = options;
  const maxBytes = size === undefined ? undefined : bytesOfSize(size);
  if (size !== undefined && maxBytes === undefined)
    fail("usage", `--max-unpacked takes a size, not "${size}"`, { hint: "for example 500MB or 2GB" });
  const source = await sourceOf(file!, terminal.cwd);
  return withCacheStore(options, terminal, async (store) => {
    if (!dryRun) mustBeWritable(store);
    const { importArchive } = await import("../../run/archive/import.ts");
    const interruption = listenForInterruption({ onFirst: () => source.destroy(), onSecond: () => {} });
    const { signal } = interruption;
    const onWarning = (warning: Failure): void => warn(terminal, warning);
    try {
      const limit = maxBytes === undefined ? {} : { maxBytes };
      const taken = await importArchive(store, source, { dryRun, signal, onWarning, ...limit });
      const { results, blobs, bytes, added, known } = taken;
      if (json) printJson(terminal, { dryRun, results, blobs, bytes, added, known });
      else {
        const there =
          known === 0 ? "" : `, ${formatCount(known, "result")} ${known === 1 ? "was" : "were"} there already`;
        const all = `${formatCount(added, "result")} of ${results}, ${formatBytes(bytes)}${there}`;
        printLines(terminal.out, [`${dryRun ? "would take" : "took"} ${all}`]);
      }
      return 0;
    } catch (error) {
      if (signal.aborted && !failureOf(error)) return cancelled("the import");
      throw fromSystemError(error, "reading an archive", file);
    } finally {
      interruption.dispose();
    }
  });
}

async function sourceOf(file: string, cwd: string): Promise<NodeJS.ReadStream | ReturnType<typeof createReadStream>> {
  if (file === "-") return process.stdin;
  const at = path.resolve(cwd, file);
  const found = await stat(at).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw fromSystemError(error, "looking at an archive", file);
  });
  if (!found) fail("missing-file", `there is no file ${file}`, { where: { file: at } });
  if (found.isDirectory()) fail("missing-file", `${file} is a folder`, { where: { file: at } });
  return createReadStream(at, { highWaterMark: 1 << 20 });
}
