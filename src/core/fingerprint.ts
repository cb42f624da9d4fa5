import { type EncodeOptions, Encoder } from "./canonical/encoder.ts";
import { partsDomain, valueDomain } from "./canonical/scheme.ts";
import { Writer } from "./canonical/writer.ts";
import type { Digest } from "./digest.ts";

/**
 * The data version of a value: the digest of its canonical encoding, which is hashed as it is made and never held as a
 * whole. Beside the value, memory is taken for a table of the objects in it.
 *
 * @throws SluiceError as `encode` does
 */
export function fingerprint(value: unknown, options?: EncodeOptions): Digest {
  const out = new Writer(valueDomain, "hash");
  new Encoder(out, options).write(value);
  return out.digest();
}

/** Gives the data versions of values, each by itself: what {@link fingerprint} gives, in a fraction of the time. */
export class Fingerprinter {
  readonly #out = new Writer(valueDomain, "hash");
  readonly #encoder = new Encoder(this.#out);

  /** @throws SluiceError as `encode` does; then this one is spent */
  of(value: unknown): Digest {
    this.#out.begin(valueDomain);
    this.#encoder.reset();
    this.#encoder.write(value);
    return this.#out.digest();
  }
}

/**
 * The data version of each of many values, each by itself.
 *
 * @throws SluiceError as `encode` does
 */
export function fingerprintEach(values: readonly unknown[]): Digest[] {
  const versions = new Fingerprinter();
  return values.map((value) => versions.of(value));
}

/** A writer that the next call can use; absent while a call is under way. */
let spare: Writer | undefined;

/**
 * The digest of a tag and parts, for keys: in a domain of its own, so that it never equals the digest of a value. Parts
 * count by what is in them, not by which objects they are (`shared: "expand"`).
 *
 * @throws SluiceError as `encode` does
 */
export function digestParts(tag: string, parts: readonly unknown[]): Digest {
  const out = spare ?? new Writer(partsDomain, "hash");
  spare = undefined;
  out.begin(partsDomain);
  out.text(tag);
  out.varint(parts.length);
  let encoder: Encoder | undefined;
  for (const part of parts) {
    // Most parts are names and digests.
    if (typeof part === "string") out.text(part);
    else if (typeof part === "number") out.number(part);
    else {
      encoder ??= new Encoder(out, { shared: "expand" });
      encoder.write(part);
    }
  }
  const digest = out.digest();
  spare = out;
  return digest;
}
