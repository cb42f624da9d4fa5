import { types } from "node:util";
import { type Digest, isDigest } from "../core/digest.ts";
import { fail } from "../core/failure.ts";
import type { FileRef } from "../core/file-ref.ts";
import type { JsonValue } from "../core/json.ts";
import type { RowsRef } from "../core/rows-ref.ts";

/** A value as bytes. */
export interface Encoded {
  readonly bytes: Uint8Array;
  /** Of the value: of what it is, not of how it is stored. Equal values have equal versions in every format. */
  readonly dataVersion: Digest;
  /** Of the bytes; absent where nobody had to find it yet. */
  readonly digest?: Digest;
  /** What decoding needs beside the bytes. */
  readonly params?: JsonValue;
  /** The files that the value refers to by handle; whoever stores the value sees to it that their content is kept. */
  readonly files?: readonly FileRef[];
}

export interface DecodeOptions {
  /** Makes the handle for a file that the value refers to. */
  readonly reviveFile?: (ref: FileRef) => unknown;
  /** Makes the handle for rows that the value refers to; `files` of what is stored is what its result keeps, and left to it. */
  readonly reviveRows?: (ref: RowsRef) => unknown;
}

/**
 * How a value becomes bytes and back. `decode(encode(value))` is equal to `value` in everything that a function can observe;
 * where the format cannot promise that, `encode` throws `unsupported-value` and names the path to what it cannot carry.
 * Consumers always get a decoded value, so a cold run and a warm run see the same.
 */
export interface Format {
  readonly name: string;
  /** With the dot: what a file of this format is called at its end. */
  readonly extension: string;
  /** Raised when the bytes that `encode` makes change meaning; part of the key. */
  readonly version: number;
  encode(value: unknown, options?: JsonValue): Encoded | Promise<Encoded>;
  /**
   * The value, or a promise of it where a library must be loaded first.
   * @throws SluiceError `corrupt-value` on bytes that `encode` cannot have made
   */
  decode(bytes: Uint8Array, params: JsonValue | undefined, options?: DecodeOptions): unknown;
}

/** The two halves of a format, without its name. */
export type Codec = Pick<Format, "encode" | "decode">;

/**
 * A value as a format encodes it. Formats are users' too, and what one gives must have a version that can be trusted to be one.
 * @throws SluiceError `invalid-definition`, and what the format throws
 */
export async function encodedIn(format: Format, value: unknown, options?: JsonValue): Promise<Encoded> {
  const encoded: Partial<Encoded> | undefined = await format.encode(value, options);
  if (types.isUint8Array(encoded?.bytes) && isDigest(encoded?.dataVersion)) return encoded as Encoded;
  return fail("invalid-definition", `the format "${format.name}" encodes values as something else than it must`, {
    hint: "`encode` gives { bytes, dataVersion }: a Uint8Array, and 64 lower-case hexadecimal digits",
  });
}
