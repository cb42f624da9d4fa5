import type { Digest } from "../core/digest.ts";

/** Which keys are held, or being asked for, in this process, and who waits here for them. */
export class Claims {
  readonly #waiters = new Map<Digest, Set<() => void>>();

  /** False when the key is claimed already. */
  claim(key: Digest): boolean {
    if (this.#waiters.has(key)) return false;
    this.#waiters.set(key, new Set());
    return true;
  }

  has(key: Digest): boolean {
    return this.#waiters.has(key);
  }

  keys(): readonly Digest[] {
    return [...this.#waiters.keys()];
  }

  /** Gives a claim up and tells those who wait. */
  free(key: Digest): void {
    const waiters = this.#waiters.get(key);
    this.#waiters.delete(key);
    for (const tell of waiters ?? []) tell();
  }

  /** Calls `tell` once the key is given up, at once when nobody claims it. Returns what takes that back. */
  whenFree(key: Digest, tell: () => void): () => void {
    const waiters = this.#waiters.get(key);
    if (!waiters) {
      tell();
      return () => {};
    }
    waiters.add(tell);
    return () => waiters.delete(tell);
  }
}

/** Waits for `tell` to be called, unless aborted. `start` gets `tell` and returns what takes the waiting back. */
export function untilTold(signal: AbortSignal | undefined, start: (tell: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let stop: (() => void) | undefined;
    let isDone = false;
    const end = (settle: () => void) => {
      if (isDone) return;
      isDone = true;
      signal?.removeEventListener("abort", abort);
      stop?.();
      settle();
    };
    const abort = () => end(() => reject(signal?.reason));
    if (signal?.aborted) return abort();
    signal?.addEventListener("abort", abort);
    stop = start(() => end(resolve));
    if (isDone) stop();
  });
}
