import { fail } from "../core/failure.ts";
import { systemClock } from "../platform/clock.ts";
import type { CacheKey } from "./key.ts";
import { checkOptions, milliseconds } from "./options.ts";
import { Pieces } from "./pieces.ts";

export interface CommitOptions {
  /** Milliseconds that the work took, which is what a hit saves; the time since the key was built unless given. */
  readonly durationMs?: number;
}

/** An entry in the making: its pieces, then `commit()`. Nothing is there before. */
export class Writer extends Pieces {
  readonly #key: CacheKey;
  readonly #keep: (writer: Pieces, durationMs: number) => Promise<void>;
  #isUsed = false;

  /** @internal */
  constructor(key: CacheKey, keep: (writer: Pieces, durationMs: number) => Promise<void>) {
    super();
    this.#key = key;
    this.#keep = keep;
  }

  /**
   * Records the entry: all of it, or nothing. Where it succeeded, a second call does nothing but fail; where it failed, it may be
   * called again.
   * @throws SluiceError what is wrong with the key and the pieces; `input-changed` when an input of the key was changed since that
   *   was built: nobody knows what the entry was made of; `read-only`; what the store throws
   */
  async commit(options: CommitOptions = {}): Promise<void> {
    checkOptions("commit()", options, { durationMs: milliseconds });
    if (this.#isUsed) fail("usage", "the entry is recorded already", { hint: "begin another one with put()" });
    this.#isUsed = true;
    try {
      await this.#keep(this, options.durationMs ?? Math.max(0, systemClock.elapsed() - this.#key.takenAt));
    } catch (error) {
      this.#isUsed = false;
      throw error;
    }
  }
}
