import { readdirSync } from "node:fs";
import path from "node:path";
import { failureOf } from "../../core/failure.ts";
import { attempt, entryAt, removeEntry } from "../../platform/files.ts";
import type { Store } from "../workspace.ts";
import { removeLeftPins } from "./reader-pins.ts";
import { removeLoose, removeUnreferenced } from "./remove-loose.ts";
import { shards } from "./shards.ts";

export interface Cleared {
  readonly results: number;
  readonly blobs: number;
  /** Of blobs and leftovers, on the disk. */
  readonly bytes: number;
}

/** What {@link clearStore} would remove. */
export async function measureStore(store: Store): Promise<Cleared> {
  let [blobs, bytes] = [0, 0];
  for (const shard of shards) {
    for (const digest of store.blobs.digestsSync(shard)) {
      blobs++;
      bytes += store.blobs.entrySync(digest)?.storedSize ?? 0;
    }
  }
  const { results } = await store.metadata.keeping.totals();
  return { results, blobs, bytes: bytes + (await store.blobs.clean({ dryRun: true })).bytes };
}

/**
 * Removes every result, run and log, and all blobs but those that others record results of meanwhile. What is pinned by name stays
 * so for results to come.
 * @throws SluiceError `io`, `read-only`, `no-space`
 */
export async function clearStore(store: Store): Promise<Cleared> {
  const { metadata, blobs } = store;
  const { results } = await metadata.keeping.totals();
  try {
    // Results first: one without its blobs would only be found to be missing.
    await metadata.clear();
  } catch (error) {
    if (!failureOf(error, "no-space")) throw error;
    // The database's log has no place to say so until the blobs are gone.
    for (const shard of shards) for (const digest of blobs.digestsSync(shard)) blobs.removeSync(digest);
    await metadata.clear();
  }
  let { count, bytes } = await removeLoose(store);
  for (const shard of shards) {
    const removed = await removeUnreferenced(store, blobs.digestsSync(shard));
    count += removed.count;
    bytes += removed.bytes;
  }
  removeLogs(store);
  const leftovers = await blobs.clean();
  removeLeftPins(store, false);
  return { results, blobs: count, bytes: bytes + leftovers.bytes };
}

function removeLogs({ cacheDir }: Store): void {
  if (cacheDir === undefined) return;
  const folder = path.join(cacheDir, "v1", "logs");
  if (!entryAt(folder)?.isDirectory()) return;
  attempt("removing logs", folder, () => {
    for (const name of readdirSync(folder)) if (name.endsWith(".jsonl")) removeEntry(path.join(folder, name));
  });
}
