/** Runs in a row after which the same change, at the same moment of each, is taken for the pipeline's own doing. */
const alike = 4;
/** The same, whenever in the runs the change came. */
const inAll = 10;
/** Milliseconds, and the part of the time since the stage began, by which such moments differ at most. */
const leastSpread = 100;
const relativeSpread = 0.2;

/**
 * Tells a pipeline that writes what it reads from a person who edits while it runs. Who wrote a file, the system does not say;
 * but a pipeline writes the same one in each run, about as long after the start of a stage as the last time.
 */
export class LoopGuard {
  #names = "";
  #moments: number[] = [];

  /** A change came while nothing ran: somebody else's. */
  reset(): void {
    this.#moments = [];
  }

  /**
   * A change came during a run.
   * @param names what changed @param moment milliseconds since a stage of the run started last
   * @returns whether the pipeline itself seems to make it
   */
  isLoop(names: readonly string[], moment: number): boolean {
    const joined = names.toSorted().join("\0");
    if (joined !== this.#names) this.#moments = [];
    this.#names = joined;
    this.#moments.push(moment);
    if (this.#moments.length >= inAll) return true;
    const last = this.#moments.slice(-alike);
    const [least, most] = [Math.min(...last), Math.max(...last)];
    return last.length === alike && most - least <= Math.max(leastSpread, relativeSpread * most);
  }
}
