import { decode, encode } from "../../core/canonical.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { disabledVersion, standInVersion } from "../../core/key.ts";
import type { Held } from "./held.ts";

/** What stands in for the value of a node that failed or was skipped: never recorded, and never taken for a value. */
export class HeldStandIn implements Held {
  readonly version: Digest;
  readonly #bytes: Uint8Array | undefined;
  readonly #given: unknown;

  /** @param nonce what no other run ever has: what cannot be versioned is another one in each run */
  constructor(value: unknown, node: string, nonce: string) {
    this.#given = value;
    try {
      this.#bytes = encode(value);
      this.version = standInVersion(digestOf(this.#bytes));
    } catch (error) {
      if (!failureOf(error, "unversionable")) throw error;
      this.version = standInVersion(disabledVersion(nonce, node));
    }
  }

  async load(): Promise<unknown> {
    return this.copy();
  }

  /** What cannot be versioned cannot be copied either. */
  copy(): unknown {
    return this.#bytes ? decode(this.#bytes) : this.#given;
  }

  /** What was given, itself. */
  given(): unknown {
    return this.#given;
  }
}
