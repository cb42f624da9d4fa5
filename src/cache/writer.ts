import { fail } from "../core/failure.ts";
import { systemClock } from "../platform/clock.ts";
import { GivenPieces } from "./given-pieces.ts";
import { aNumber, checkOptions } from "./options.ts";
import type { CommitOptions, Writer } from "./pieces.ts";
import type { TakenKey } from "./taken-key.ts";

/** Pieces that become an entry. */
export class PieceWriter extends GivenPieces implements Writer {
  readonly #key: TakenKey;
  readonly #keep: (writer: GivenPieces, durationMs: number) => Promise<void>;
  #isUsed = false;

  constructor(key: TakenKey, keep: (writer: GivenPieces, durationMs: number) => Promise<void>) {
    super();
    this.#key = key;
    this.#keep = keep;
  }

  async commit(options: CommitOptions = {}): Promise<void> {
    checkOptions("commit()", options, { durationMs: aNumber });
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
