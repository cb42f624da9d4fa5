/** How long a speed looks back, in milliseconds: it shows what happens now, without jumping about. */
const memory = 8_000;
/** From how many milliseconds on a speed is told. */
const enough = 500;

/** How fast a count grows. It goes by two marks, so that following costs nothing however often the count is told. */
export class Speed {
  #older: { readonly at: number; readonly done: number } | undefined;
  #newer: { readonly at: number; readonly done: number } | undefined;

  /** @param at milliseconds */
  follow(at: number, done: number): void {
    const mark = { at, done };
    // a count that goes back was begun anew
    if (!this.#older || !this.#newer || done < this.#newer.done) {
      this.#older = mark;
      this.#newer = mark;
    } else if (at - this.#newer.at >= memory) {
      this.#older = this.#newer;
      this.#newer = mark;
    }
  }

  /** By how much the count grows in a second; undefined while that cannot be said. */
  perSecond(now: number, done: number): number | undefined {
    if (!this.#older) return undefined;
    const past = now - this.#older.at;
    const grown = done - this.#older.done;
    return past < enough || grown <= 0 ? undefined : (grown / past) * 1000;
  }
}
