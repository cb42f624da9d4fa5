import type { Digest } from "../../core/digest.ts";
import type { Candidate, EvictionOrder } from "../../metadata/keeping.ts";
import type { Store } from "../workspace.ts";
import type { Limits } from "./limits.ts";
import { removeLoose } from "./remove-loose.ts";
import { removeChosen, resultBatch, sparing } from "./remove-results.ts";

/** A result that was evicted, and why. */
export interface Evicted {
  readonly key: Digest;
  readonly node: string;
  /** Bytes that it took, its share of what others refer to as well. */
  readonly bytes: number;
  readonly why: "size" | "age";
}

export interface MakeRoomOptions {
  /** Only say what would go; false unless given. */
  readonly dryRun?: boolean;
  /** What was used or made since then stays, milliseconds since 1970: what a run has just used. */
  readonly usedSince?: number;
  /** Milliseconds since 1970; now unless given. */
  readonly now?: number;
  /** Told of each result that is gone, or would be. */
  readonly onEvicted?: (evicted: Evicted) => void;
  readonly signal?: AbortSignal;
}

export interface RoomMade {
  /** How many results went for their age, and how many for the size of all. */
  readonly forAge: number;
  readonly forSize: number;
  /** Bytes that were kept before and after. */
  readonly before: number;
  readonly after: number;
  /** Whether more is kept than the limit, because the rest is pinned or in use. */
  readonly isOver: boolean;
}

/**
 * Evicts results until a store keeps no more than it may: what was not used for too long, then what is worth least, by time to
 * make per byte, size, and how often and when it was used (see `worthOf`). It looks at no more results than it evicts, those
 * that are pinned or in use apart. It may run in several processes at once, beside readers and writers.
 * @throws SluiceError `io`, `no-space`
 */
export async function makeRoom(store: Store, limits: Limits, options: MakeRoomOptions = {}): Promise<RoomMade> {
  const { keeping } = store.metadata;
  const { maxSize = Number.POSITIVE_INFINITY, maxAge, pins = [] } = limits;
  const { now = Date.now(), dryRun = false } = options;
  const before = await keeping.bytes();
  const eviction = new Eviction(store, await sparing(store, pins), options);
  if (!dryRun && !store.metadata.readOnly) await removeLoose(store);
  const forAge = maxAge === undefined ? 0 : await eviction.run("use", ({ usedAt }) => usedAt < now - maxAge, "age");
  // On a dry run what is too old is still there.
  const isOld = (candidate: Candidate): boolean => dryRun && maxAge !== undefined && candidate.usedAt < now - maxAge;
  const forSize = await eviction.run("worth", () => true, "size", maxSize, isOld);
  if (!dryRun && forAge + forSize > 0) await sweepNowAndThen(store);
  const after = dryRun ? before - eviction.freed : await keeping.bytes();
  return { forAge, forSize, before, after, isOver: after > maxSize };
}

class Eviction {
  /** Bytes, as far as can be told before they go. */
  freed = 0;
  readonly #store: Store;
  readonly #isPinned: (candidate: Candidate) => boolean;
  readonly #options: MakeRoomOptions;
  /** What was put back, because somebody has begun to read it. */
  readonly #putBack = new Set<Digest>();

  constructor(store: Store, isPinned: (candidate: Candidate) => boolean, options: MakeRoomOptions) {
    this.#store = store;
    this.#isPinned = isPinned;
    this.#options = options;
  }

  /**
   * @param isDue where it is not, neither are those that come later in the order
   * @param target bytes that may be kept; where all of that is free, it stops
   * @param isGone what counts as gone already
   * @returns how many went
   */
  async run(
    order: EvictionOrder,
    isDue: (candidate: Candidate) => boolean,
    why: Evicted["why"],
    target = Number.NEGATIVE_INFINITY,
    isGone: (candidate: Candidate) => boolean = () => false,
  ): Promise<number> {
    const { keeping } = this.#store.metadata;
    let count = 0;
    let last: Candidate | undefined;
    let ended = target === Number.POSITIVE_INFINITY;
    while (!ended) {
      this.#options.signal?.throwIfAborted();
      let excess = (await keeping.bytes()) - target - (this.#options.dryRun ? this.freed : 0);
      if (excess <= 0) break;
      const page = await keeping.candidates(order, resultBatch, last);
      const chosen: Candidate[] = [];
      ended = page.length === 0;
      for (const candidate of page) {
        ended = !isDue(candidate);
        if (ended || excess <= 0) break;
        last = candidate;
        if (isGone(candidate) || this.#isInUse(candidate) || this.#isPinned(candidate)) continue;
        chosen.push(candidate);
        excess -= candidate.bytes;
      }
      count += await this.#remove(chosen, why);
    }
    return count;
  }

  async #remove(chosen: readonly Candidate[], why: Evicted["why"]): Promise<number> {
    const { dryRun, onEvicted } = this.#options;
    const gone = dryRun ? chosen : await removeChosen(this.#store, chosen);
    if (gone.length < chosen.length) {
      const isGone = new Set(gone);
      for (const candidate of chosen) if (!isGone.has(candidate)) this.#putBack.add(candidate.key);
    }
    for (const { key, node, bytes } of gone) {
      this.freed += bytes;
      onEvicted?.({ key, node, bytes, why });
    }
    return gone.length;
  }

  /** With a clock that was set back, what was used in the future is not protected for ever. */
  #isInUse({ key, usedAt }: Candidate): boolean {
    if (this.#putBack.has(key)) return true;
    const { usedSince, now = Date.now() } = this.#options;
    return usedSince !== undefined && usedAt >= usedSince && usedAt <= now;
  }
}

/** Few are not worth it: to remove what explains results takes a look at all of them. */
const fewUnswept = 1000;

/** Removes what explains results that are gone, once they are as many as a good part of those that are left. */
async function sweepNowAndThen({ metadata: { keeping } }: Store): Promise<void> {
  const unswept = await keeping.unswept();
  if (unswept < fewUnswept) return;
  const { results } = await keeping.totals();
  if (unswept > results / 4) await keeping.sweep();
}
