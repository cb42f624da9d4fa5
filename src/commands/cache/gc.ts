import type { Digest } from "../../core/digest.ts";
import { formatBytes, formatCount } from "../../report/quantity.ts";
import type { BlobStat } from "../../store/blob-store.ts";
import type { ExitCode } from "../command.ts";
import { dryRunOption } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import { defineVerb, mustBeWritable, type VerbCall } from "./verb.ts";

/** `sluice cache gc`. */
export const gc = defineVerb({
  name: "gc",
  summary: "remove what nothing refers to, and what dead processes left behind",
  arguments: [],
  options: dryRunOption,
  action: collect,
});

/**
 * Removes results whose blobs are gone, blobs that no result needs, and what dead processes left behind. Blobs are listed
 * before results are read: one that a run writes meanwhile is not on the list. Should a blob go that a result recorded at the
 * same moment needs, that result counts as missing and is made again; no wrong value is ever served.
 */
async function collect({ workspace, terminal, options }: VerbCall<typeof dryRunOption>): Promise<ExitCode> {
  const { json = false, "dry-run": dryRun = false } = options;
  if (!dryRun) mustBeWritable(workspace);
  const { blobs, metadata } = workspace;
  const there = new Map<Digest, BlobStat>();
  for await (const stat of blobs.list()) there.set(stat.digest, stat);
  const needed = new Set<Digest>();
  const broken: Digest[] = [];
  for await (const { key, artifacts } of metadata.allResults()) {
    const digests = artifacts.flatMap(({ inline, digest }) => (inline ? [] : [digest]));
    const isWhole = await every(
      digests,
      async (digest) => there.has(digest) || (await blobs.stat(digest)) !== undefined,
    );
    if (isWhole) for (const digest of digests) needed.add(digest);
    else broken.push(key);
  }
  const unneeded = [...there.values()].filter(({ digest }) => !needed.has(digest));
  if (!dryRun) {
    await metadata.removeResults(broken);
    for (const { digest } of unneeded) await blobs.remove(digest);
  }
  const leftovers = await blobs.clean({ dryRun });
  const removed = {
    results: broken.length,
    blobs: { count: unneeded.length, bytes: unneeded.reduce((sum, { storedSize }) => sum + storedSize, 0) },
    leftovers,
  };
  const bytes = removed.blobs.bytes + leftovers.bytes;
  if (json) {
    printJson(terminal, { dryRun, freedBytes: bytes, ...removed });
    return 0;
  }
  const lines = [
    ...(removed.results > 0 ? [`  ${formatCount(removed.results, "result")} whose blobs are gone`] : []),
    ...(unneeded.length > 0
      ? [`  ${formatCount(unneeded.length, "blob")} that no result needs, ${formatBytes(removed.blobs.bytes)}`]
      : []),
    ...(leftovers.files > 0
      ? [
          `  ${formatCount(leftovers.files, "file")} left by dead processes or set aside as damaged, ${formatBytes(leftovers.bytes)}`,
        ]
      : []),
  ];
  const verb = dryRun ? "would free" : "freed";
  printLines(terminal.out, lines.length === 0 ? ["nothing to remove"] : [`${verb} ${formatBytes(bytes)}:`, ...lines]);
  return 0;
}

async function every<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<boolean> {
  for (const item of items) if (!(await test(item))) return false;
  return true;
}
