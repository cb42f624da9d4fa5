import type { Digest } from "../../core/digest.ts";

/** Milliseconds between two looks. */
const interval = 20;
/** Of so many looks, one asks whether the owners live: that takes longer than to see whether they have given a key up. */
const lifeLook = 5;

/** Who holds keys, as far as other processes do. */
export interface Holders {
  /** The owners of these keys; those that nobody holds are left out. */
  of(keys: readonly Digest[]): ReadonlyMap<Digest, string>;
  isAlive(owner: string): boolean;
}

/**
 * Looks again and again whether keys that others hold are free: given up, or left by an owner that is gone. One look is for all of
 * them, and there is none while nobody waits.
 */
export class FreeWatch {
  readonly #holders: Holders;
  /** Who waits for each key, and the owner that each of them waits for. */
  readonly #waiting = new Map<Digest, Map<() => void, string>>();
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;

  constructor(holders: Holders) {
    this.#holders = holders;
  }

  /** Calls `tell` once an owner does not hold the key any more. Returns what takes that back. */
  whenFree(key: Digest, owner: string, tell: () => void): () => void {
    const waiters = this.#waiting.get(key) ?? new Map();
    this.#waiting.set(key, waiters.set(tell, owner));
    this.#timer ??= setInterval(() => this.#look(), interval);
    return () => {
      waiters.delete(tell);
      if (waiters.size === 0 && this.#waiting.get(key) === waiters) this.#waiting.delete(key);
      if (this.#waiting.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Lets all who wait look for themselves. */
  close(): void {
    this.#tellWhere(() => true);
  }

  #look(): void {
    try {
      const held = this.#holders.of([...this.#waiting.keys()]);
      const dead = ++this.#looks % lifeLook === 0 ? this.#deadAmong(new Set(held.values())) : undefined;
      this.#tellWhere((key, owner) => held.get(key) !== owner || dead?.has(owner) === true);
    } catch {
      // Whoever waits looks for itself, and is told why.
      this.close();
    }
  }

  #deadAmong(owners: ReadonlySet<string>): ReadonlySet<string> {
    return new Set([...owners].filter((owner) => !this.#holders.isAlive(owner)));
  }

  #tellWhere(isFree: (key: Digest, owner: string) => boolean): void {
    const told: (() => void)[] = [];
    for (const [key, waiters] of this.#waiting) {
      for (const [tell, owner] of waiters) if (isFree(key, owner)) told.push(tell);
    }
    // Each of them takes itself back.
    for (const tell of told) tell();
  }
}
