/** Milliseconds of quiet after which what happened is looked at: editors write in several steps. */
const quiet = 15;
/** Milliseconds after which it is looked at although it goes on. */
const longest = 60;

/** Gathers what a watcher tells until it pauses. */
export class Hints {
  #paths = new Set<string>();
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #isRipe = false;
  #waiting: (() => void) | undefined;

  /** Something may have happened at an absolute path. */
  add(file: string): void {
    const now = performance.now();
    if (this.#paths.size === 0) this.#since = now;
    this.#paths.add(file);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ripen(), Math.max(0, Math.min(quiet, this.#since + longest - now)));
  }

  #ripen(): void {
    this.#isRipe = true;
    this.#waiting?.();
  }

  /** Resolves when there is something to look at, at once if there is already. Only the latest call is answered. */
  ripe(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = resolve;
    if (this.#isRipe) resolve();
    return promise;
  }

  /** What was gathered; from now on it gathers anew. */
  take(): ReadonlySet<string> {
    const taken = this.#paths;
    clearTimeout(this.#timer);
    this.#paths = new Set();
    this.#isRipe = false;
    return taken;
  }
}
