import { type Failure, failure, failureOf, SluiceError } from "../core/failure.ts";

/** What is wrong with the calls that build something: kept until it is used, and told together. */
export class Troubles {
  readonly #found: Failure[];

  constructor(found: readonly Failure[] = []) {
    this.#found = [...found];
  }

  get all(): readonly Failure[] {
    return this.#found;
  }

  add(found: Failure): void {
    this.#found.push(found);
  }

  /** Runs what may fail, and keeps the failure; bugs are thrown on. */
  during<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      const found = failureOf(error);
      if (!found) throw error;
      this.#found.push(found);
      return undefined;
    }
  }

  /**
   * @param what of which these are the troubles
   * @throws SluiceError the only one there is, or one that lists all: their reason where they have one, else `usage`; its
   *   `cause` is an AggregateError of them
   */
  throwAny(what: string): void {
    const [first, ...others] = this.#found;
    if (!first) return;
    if (others.length === 0) throw new SluiceError(first);
    const list = this.#found.map(({ message, hint }) => `\n- ${message}${hint === undefined ? "" : ` (${hint})`}`);
    const reason = others.every((other) => other.reason === first.reason) ? first.reason : "usage";
    const message = `${this.#found.length} things are wrong with ${what}:${list.join("")}`;
    const cause = new AggregateError(
      this.#found.map((each) => new SluiceError(each)),
      message,
    );
    throw new SluiceError(failure(reason, message, { cause }));
  }
}
