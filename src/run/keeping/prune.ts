import type { Digest } from "../../core/digest.ts";
import type { Candidate } from "../../metadata/keeping.ts";
import type { Store } from "../workspace.ts";
import { removeChosen, resultBatch, sparing } from "./remove-results.ts";

export interface PruneOptions {
  /** Results that were made longer ago than this; milliseconds. */
  readonly olderThan?: number;
  /** Results that were last used or made longer ago than this; milliseconds. Where both are given, both must hold. */
  readonly unusedFor?: number;
  /** Names of nodes whose results stay, beside what is pinned in the store. */
  readonly pins?: readonly string[];
  /** Only say what would go; false unless given. */
  readonly dryRun?: boolean;
  /** Milliseconds since 1970; now unless given. */
  readonly now?: number;
  /** Told of each result that is gone, or would be. */
  readonly onPruned?: (pruned: Pick<Candidate, "key" | "node" | "bytes" | "usedAt" | "createdAt">) => void;
  readonly signal?: AbortSignal;
}

export interface Pruned {
  readonly results: number;
  /** Bytes that are free now; on a dry run, about as many as would be. */
  readonly bytes: number;
  /** Results that stay only because they are pinned or read at the moment. */
  readonly spared: number;
}

/** Removes results by their age, with the blobs that nothing else refers to. What is pinned or read at the moment stays. */
export async function prune(store: Store, options: PruneOptions): Promise<Pruned> {
  const { keeping } = store.metadata;
  const { olderThan, unusedFor, dryRun = false, now = Date.now(), signal } = options;
  if (olderThan === undefined && unusedFor === undefined) return { results: 0, bytes: 0, spared: 0 };
  const isSpared = await sparing(store, options.pins);
  const before = await keeping.bytes();
  let [results, bytes, spared] = [0, 0, 0];
  const putBack = new Set<Digest>();
  let last: Candidate | undefined;
  for (let ended = false; !ended; ) {
    signal?.throwIfAborted();
    const page = await keeping.candidates("use", resultBatch, last);
    ended = page.length === 0;
    const chosen: Candidate[] = [];
    for (const candidate of page) {
      ended = unusedFor !== undefined && candidate.usedAt >= now - unusedFor;
      if (ended) break;
      last = candidate;
      if (olderThan !== undefined && candidate.createdAt >= now - olderThan) continue;
      if (putBack.has(candidate.key)) continue;
      if (isSpared(candidate)) spared++;
      else chosen.push(candidate);
    }
    const gone = dryRun ? chosen : await removeChosen(store, chosen);
    results += gone.length;
    spared += chosen.length - gone.length;
    if (gone.length < chosen.length) for (const { key } of chosen) putBack.add(key);
    for (const each of gone) {
      bytes += each.bytes;
      options.onPruned?.(each);
    }
  }
  if (results > 0 && !dryRun) {
    bytes = before - (await keeping.bytes());
    await keeping.sweep();
  }
  return { results, bytes, spared };
}
