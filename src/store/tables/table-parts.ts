import type { ArrowData, ArrowTable } from "./arrow-shape.ts";
import { type ColumnField, type ColumnType, describeField, layoutOf, sorted, widthOf } from "./column-type.ts";

/*
 * A table as plain data that depends on nothing but its names, types and values: not on how it is cut into chunks, on what
 * lies in its buffers outside of it or under its nulls, nor on the order and the unused words of its dictionaries. Equal
 * tables have equal parts, so the canonical encoding of the parts is that of the table.
 */

export interface TableParts {
  readonly rows: number;
  readonly metadata: readonly (readonly [key: string, value: string])[];
  readonly fields: readonly ColumnField[];
  readonly columns: readonly ColumnParts[];
}

/** A column; which parts there are depends on the layout of its type. What is under a null is null, zero or empty. */
export interface ColumnParts {
  /** A bit for each element, 1 where it is not null; null when none is. */
  readonly valid: Uint8Array | null;
  /** `fixed`: the elements, zero for nulls. `bits`: a bit each. `bytes`: the bytes of all elements. */
  readonly bytes: Uint8Array | null;
  /** `bytes` and `list`: how long each element is. `words`: the number of its word. */
  readonly counts: Int32Array | null;
  /** `list` and `fixed-list`: the items. `struct`: a column for each field. `words`: the words, in the order of first use. */
  readonly children: readonly ColumnParts[];
}

/** Told why a table has no parts: what follows "the value". */
export type Refuse = (what: string) => never;

/** @param refuse called for a column of a type that is not supported */
export function partsOfTable(table: ArrowTable, refuse: Refuse): TableParts {
  const about =
    (column: string): Refuse =>
    (what) =>
      refuse(`is a table whose column ${JSON.stringify(column)} ${what}`);
  const chunks = table.batches.map(({ data }) => data);
  const rows = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const fields = table.schema.fields.map((field) => describeField(field, about(field.name)));
  const columns = fields.map((field, i) => {
    const slices = chunks.map((chunk) => ({ data: chunk.children[i]!, from: 0, to: chunk.length }));
    return gather(field.type, slices, about(field.name));
  });
  return { rows, metadata: sorted(table.schema.metadata), fields, columns };
}

/** Elements `from` up to `to` of a chunk. */
interface Slice {
  readonly data: ArrowData;
  readonly from: number;
  readonly to: number;
}

/** `mask` has a bit for each element: where it is 0, whatever is there is under a null. */
function gather(
  type: ColumnType,
  slices: readonly Slice[],
  refuse: Refuse,
  mask: Uint8Array | null = null,
): ColumnParts {
  const layout = layoutOf(type);
  const length = slices.reduce((sum, { from, to }) => sum + to - from, 0);
  if (layout === "none") return { valid: null, bytes: null, counts: null, children: [] };
  if (layout === "words") return gatherWords(type, slices, length, refuse, mask);
  const valid = gatherValid(slices, length, mask);
  switch (layout) {
    case "bits":
      return { valid, bytes: gatherBits(slices, length, valid), counts: null, children: [] };
    case "fixed":
      return { valid, bytes: gatherFixed(slices, length, valid, widthOf(type)), counts: null, children: [] };
    case "struct": {
      const children = type.fields.map((field, i) => {
        const inner = slices.map(({ data, from, to }) => ({ data: data.children[i]!, from, to }));
        return gather(field.type, inner, refuse, valid);
      });
      return { valid, bytes: null, counts: null, children };
    }
    case "fixed-list": {
      const size = type.settings[0] as number;
      const items = slices.map(({ data, from, to }) => ({ data: data.children[0]!, from: from * size, to: to * size }));
      const itemMask = valid && repeated(valid, length, size);
      return { valid, bytes: null, counts: null, children: [gather(type.fields[0]!.type, items, refuse, itemMask)] };
    }
    default: {
      const counts = new Int32Array(length);
      const ranges: Slice[] = [];
      let at = 0;
      for (const { data, from, to } of slices) {
        const offsets = data.valueOffsets;
        for (let i = from; i < to; i++, at++) {
          if (valid && !isSet(valid, at)) continue;
          const start = Number(offsets![i]);
          const end = Number(offsets![i + 1]);
          counts[at] = end - start;
          const last = ranges.at(-1);
          if (last?.data === data && last.to === start) ranges[ranges.length - 1] = { data, from: last.from, to: end };
          else if (end > start) ranges.push({ data, from: start, to: end });
        }
      }
      if (layout === "bytes") return { valid, bytes: joined(ranges, refuse), counts, children: [] };
      const items = ranges.map(({ data, from, to }) => ({ data: data.children[0]!, from, to }));
      return { valid, bytes: null, counts, children: [gather(type.fields[0]!.type, items, refuse)] };
    }
  }
}

export function isSet(bits: Uint8Array, index: number): boolean {
  return (bits[index >> 3]! & (1 << (index & 7))) !== 0;
}

export function set(bits: Uint8Array, index: number): void {
  bits[index >> 3]! |= 1 << (index & 7);
}

/** Bytes that hold this many bits. */
export function bytesForBits(bits: number): number {
  return (bits + 7) >> 3;
}

function isValid(data: ArrowData, index: number): boolean {
  const bitmap = data.nullBitmap;
  return !bitmap || bitmap.length === 0 || isSet(bitmap, data.offset + index);
}

function repeated(bits: Uint8Array, length: number, times: number): Uint8Array {
  const all = new Uint8Array(bytesForBits(length * times));
  for (let i = 0; i < length * times; i++) if (isSet(bits, Math.floor(i / times))) set(all, i);
  return all;
}

function gatherValid(slices: readonly Slice[], length: number, mask: Uint8Array | null): Uint8Array | null {
  if (!mask && slices.every(({ data }) => data.nullCount === 0)) return null;
  const valid = new Uint8Array(bytesForBits(length));
  let at = 0;
  let nulls = 0;
  for (const { data, from, to } of slices)
    for (let i = from; i < to; i++, at++)
      if (isValid(data, i) && (!mask || isSet(mask, at))) set(valid, at);
      else nulls++;
  return nulls === 0 ? null : valid;
}

function gatherBits(slices: readonly Slice[], length: number, valid: Uint8Array | null): Uint8Array {
  const bits = new Uint8Array(bytesForBits(length));
  let at = 0;
  for (const { data, from, to } of slices)
    for (let i = from; i < to; i++, at++)
      if ((!valid || isSet(valid, at)) && isSet(data.values as Uint8Array, data.offset + i)) set(bits, at);
  return bits;
}

function gatherFixed(slices: readonly Slice[], length: number, valid: Uint8Array | null, width: number): Uint8Array {
  const bytes = new Uint8Array(length * width);
  let at = 0;
  for (const { data, from, to } of slices) {
    bytes.set(bytesOf(data).subarray(from * width, to * width), at * width);
    at += to - from;
  }
  if (valid) for (let i = 0; i < length; i++) if (!isSet(valid, i)) bytes.fill(0, i * width, (i + 1) * width);
  return bytes;
}

function bytesOf(data: ArrowData): Uint8Array {
  const values = data.values as NodeJS.TypedArray | undefined;
  return values ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : new Uint8Array(0);
}

/** Offsets into the bytes of a column have 32 bits; so has what is built of the parts. */
const maxBytes = 2 ** 31 - 1;

function joined(ranges: readonly Slice[], refuse: Refuse): Uint8Array {
  const length = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  if (length > maxBytes) refuse("holds more than 2 GiB of text or bytes");
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const { data, from, to } of ranges) {
    bytes.set(bytesOf(data).subarray(from, to), at);
    at += to - from;
  }
  return bytes;
}

/** A dictionary's words in the order in which the elements first use them; a word that is null makes its elements null. */
function gatherWords(
  type: ColumnType,
  slices: readonly Slice[],
  length: number,
  refuse: Refuse,
  mask: Uint8Array | null,
): ColumnParts {
  const wordType = type.dictionary[1]!;
  const wordLayout = layoutOf(wordType);
  if (wordLayout !== "bytes" && wordLayout !== "fixed") refuse(`is a dictionary of ${wordType.type}`);
  const width = wordLayout === "fixed" ? widthOf(wordType) : 0;
  const valid = new Uint8Array(bytesForBits(length));
  const counts = new Int32Array(length);
  const numbers = new Map<string, number>();
  const words: Slice[] = [];
  let at = 0;
  let nulls = 0;
  for (const { data, from, to } of slices) {
    // By index in this chunk's dictionary: the number of the word, -1 for null.
    const known: number[] = [];
    const numberOf = (index: number): number => {
      const slice = wordAt(data, index);
      if (!isValid(slice.data, slice.from)) return -1;
      const key = wordKey(slice, width);
      const number = numbers.get(key) ?? words.push(slice) - 1;
      numbers.set(key, number);
      return number;
    };
    const indices = data.values as ArrayLike<number | bigint>;
    for (let i = from; i < to; i++, at++) {
      let number = -1;
      if (isValid(data, i) && (!mask || isSet(mask, at))) {
        const index = Number(indices[i]);
        number = known[index] ?? numberOf(index);
        known[index] = number;
      }
      if (number < 0) nulls++;
      else {
        counts[at] = number;
        set(valid, at);
      }
    }
  }
  const [isSigned, bitWidth] = type.dictionary[0]!.settings as [boolean, number];
  if (words.length > 2 ** (bitWidth - (isSigned ? 1 : 0)))
    refuse(`has ${words.length} words, too many for its indices`);
  return { valid: nulls === 0 ? null : valid, bytes: null, counts, children: [gather(wordType, words, refuse)] };
}

function wordAt({ dictionary }: ArrowData, index: number): Slice {
  let left = index;
  for (const data of dictionary?.data ?? []) {
    if (left < data.length) return { data, from: left, to: left + 1 };
    left -= data.length;
  }
  throw new RangeError(`a dictionary has no word ${index}`);
}

function wordKey({ data, from }: Slice, width: number): string {
  const start = width > 0 ? from * width : Number(data.valueOffsets![from]);
  const end = width > 0 ? start + width : Number(data.valueOffsets![from + 1]);
  const bytes = bytesOf(data).subarray(start, end);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
