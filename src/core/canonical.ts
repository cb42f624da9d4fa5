import { type DecodeOptions, Decoder } from "./canonical/decoder.ts";
import { type EncodeOptions, Encoder } from "./canonical/encoder.ts";
import { Reader } from "./canonical/reader.ts";
import { schemeVersion, Tag, valueDomain } from "./canonical/scheme.ts";
import { Writer } from "./canonical/writer.ts";

export { BoundItem, EncodedItems } from "./canonical/encoded-items.ts";
export { digestParts, Fingerprinter, fingerprint, fingerprintEach } from "./fingerprint.ts";
export { type ClassSpec, registerClass, registerFingerprint } from "./value-class.ts";
export type { DecodeOptions, EncodeOptions };

/**
 * The canonical encoding of a value: one sequence of bytes for each value that JavaScript can tell from others, of any
 * depth, with cycles and shared references. See docs in canonical/scheme.ts for the bytes.
 *
 * Kept are all values and built-in types that hold data, in every order that can be observed. Not kept are whether an object
 * or property is frozen, the stack of an Error, and of views (typed arrays, Buffers, DataViews) that they share a buffer.
 *
 * @throws SluiceError `unversionable` with the path to what has no encoding: functions, symbols, promises, streams,
 *   instances of classes that are not registered, getters; `unsupported-value` for a cycle with `shared: "expand"`
 */
export function encode(value: unknown, options?: EncodeOptions): Uint8Array {
  const out = new Writer(valueDomain, "bytes");
  new Encoder(out, { versionOnly: "refuse", ...options }).write(value);
  return out.bytes();
}

/** What {@link encode} gives for a list of byte arrays, each an object of its own and with nothing but its bytes: of these it is not asked. */
export function encodeByteArrays(list: readonly Uint8Array[]): Uint8Array {
  const out = new Writer(valueDomain, "bytes");
  out.byte(Tag.Array);
  out.varint(list.length);
  for (const bytes of list) {
    out.byte(Tag.Uint8Array);
    out.varint(bytes.length);
    out.raw(bytes);
  }
  return out.bytes();
}

/**
 * The value of a canonical encoding, equal to what was encoded and sharing nothing with the bytes. Safe on any bytes: it
 * accepts exactly those that `encode` makes, takes memory in proportion to them, and runs no code but the `decode` of
 * registered classes and `reviveFile`.
 *
 * @throws SluiceError `corrupt-value` on bytes that `encode` cannot have made; `unsupported-value` when the value holds an
 *   instance of a class that is not registered here, or a file and there is no `reviveFile`
 */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): unknown {
  const input = new Reader(bytes);
  const domain = input.left > valueDomain.length ? input.raw(valueDomain.length).toString("latin1") : "";
  if (domain !== valueDomain) input.corrupt("no encoded value");
  const version = input.byte();
  if (version !== schemeVersion) input.corrupt(`scheme version ${version}, not ${schemeVersion},`);
  const value = new Decoder(input, options).read();
  if (input.left > 0) input.corrupt("more bytes than the value has");
  return value;
}
