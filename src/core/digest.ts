import { Blake3Hasher } from "./blake3.ts";

/** A BLAKE3 digest (https://github.com/BLAKE3-team/BLAKE3-specs): 256 bits as 64 lower-case hexadecimal digits. */
export type Digest = string;

/** Used again and again: the library's one-shot function gives a Buffer, which costs more than hashing a key. */
const once = new Blake3Hasher();

/** The digest of bytes, or of a string's UTF-8. */
export function digestOf(content: Uint8Array | string): Digest {
  once.reset();
  once.update(content);
  return once.digest("hex");
}

/** A digest of content that comes in pieces. */
export class Hasher {
  readonly #state = new Blake3Hasher();

  update(content: Uint8Array | string): this {
    this.#state.update(content);
    return this;
  }

  /** The digest of everything given so far. */
  digest(): Digest {
    return this.#state.digest("hex");
  }
}

const form = /^[0-9a-f]{64}$/;

/** Whether a string has the form of a digest. Names from a cache are checked with this before they become a path. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && form.test(text);
}
