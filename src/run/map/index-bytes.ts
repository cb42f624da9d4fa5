import { littleEndian } from "../../core/canonical/binary.ts";
import { decode, encode } from "../../core/canonical.ts";
import { isDigest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import { type Columns, columnsIn, type IndexBuilder, type ListIndex, rowSize, type Stretch } from "./list-index.ts";

/*
 * The index of a list as bytes: its columns as they are in memory, then all else in the canonical encoding, then how many items there
 * are and how many bytes the encoding takes (4 bytes each). Numbers are little-endian. So most of it is written and read without a
 * look at what is in it.
 */

const tailSize = 8;
/** Bytes of a row that are numbers of 8 bytes; they are after the digests. */
const numbersSize = 16;

/** What is stored beside the columns. The members of records that there are many of are lists. */
interface Rest {
  readonly chunks: readonly number[];
  readonly more: ListIndex["more"];
  readonly source?: Columnar;
}

interface Columnar {
  readonly bytes: readonly number[];
  /** One after the other. */
  readonly digests: string;
  readonly before: readonly string[];
  readonly shapes: readonly Stretch["shapes"][];
}

export function encodeIndex(
  { buffer, count, more }: IndexBuilder,
  chunks: readonly number[],
  source: readonly Stretch[] | undefined,
): Uint8Array {
  const rest: Rest = { chunks, more, ...(source && { source: columnar(source) }) };
  const encoded = encode(rest);
  const columns = buffer.byteLength;
  const bytes = new Uint8Array(columns + encoded.length + tailSize);
  bytes.set(new Uint8Array(buffer));
  const numbers = bytes.subarray(columns - count * numbersSize, columns);
  numbers.set(littleEndian(numbers, 8));
  bytes.set(encoded, columns);
  const tail = new DataView(bytes.buffer, columns + encoded.length);
  tail.setUint32(0, count, true);
  tail.setUint32(4, encoded.length, true);
  return bytes;
}

/** @throws SluiceError `corrupt-value` */
export function decodeIndex(bytes: Uint8Array): ListIndex {
  // Its bytes were verified, so only another version of Sluice can have made it otherwise.
  return read(bytes) ?? fail("corrupt-value", "the index of a stored list is not one");
}

function read(bytes: Uint8Array): ListIndex | undefined {
  if (bytes.length < tailSize) return undefined;
  const tail = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - tailSize);
  const [count, size] = [tail.getUint32(0, true), tail.getUint32(4, true)];
  const columns = count * rowSize;
  if (columns + size + tailSize !== bytes.length) return undefined;
  const { chunks, more, source } = (decode(bytes.subarray(columns, columns + size)) ?? {}) as Partial<Rest>;
  if (!isCounts(chunks) || chunks.reduce((sum, length) => sum + length, 0) !== count) return undefined;
  if (!(more instanceof Map)) return undefined;
  const stretches = source === undefined ? undefined : stretchesOf(source);
  if (source !== undefined && stretches?.length !== chunks.length) return undefined;
  return { ...columnsOf(bytes.subarray(0, columns), count), chunks, more, ...(stretches && { source: stretches }) };
}

/** Numbers of 8 bytes can be read where they begin at multiples of that, with their lowest byte where this machine has it. */
function columnsOf(bytes: Uint8Array, count: number): Columns {
  const numbers = bytes.subarray(bytes.length - count * numbersSize);
  const native = littleEndian(numbers, 8);
  if (native === numbers && bytes.byteOffset % 8 === 0) return columnsIn(bytes.buffer, bytes.byteOffset, count);
  const own = new Uint8Array(bytes);
  own.set(native, bytes.length - native.length);
  return columnsIn(own.buffer, 0, count);
}

function columnar(source: readonly Stretch[]): Columnar {
  return {
    bytes: source.map(({ bytes }) => bytes),
    digests: source.map(({ digest }) => digest).join(""),
    before: source.map(({ before }) => before),
    shapes: source.map(({ shapes }) => shapes),
  };
}

function stretchesOf({ bytes, digests, before, shapes }: Partial<Columnar>): readonly Stretch[] | undefined {
  if (!isCounts(bytes) || !isTexts(before) || typeof digests !== "string" || !Array.isArray(shapes)) return undefined;
  if (before.length !== bytes.length || shapes.length !== bytes.length) return undefined;
  const stretches = bytes.map((size, i) => ({
    bytes: size,
    digest: digests.slice(64 * i, 64 * (i + 1)),
    before: before[i]!,
    shapes: shapes[i]!,
  }));
  const isWhole = ({ digest, shapes: keys }: Stretch) => isDigest(digest) && Array.isArray(keys) && keys.every(isTexts);
  return stretches.every(isWhole) ? stretches : undefined;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
