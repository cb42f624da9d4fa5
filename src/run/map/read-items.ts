import { BoundItem, decode, EncodedItems, Fingerprinter } from "../../core/canonical.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import { endsChunk, isFull } from "./list-chunks.ts";
import { digestSize, type Stretch } from "./list-index.ts";
import type { StoredList } from "./stored-list.ts";

/** A part of a list, which is a chunk of its result. */
export type Part =
  /** Items of which nothing has changed: the chunk of this number of the earlier list. */
  | { readonly kept: number }
  /** Items that were read: those from one place among them up to another. */
  | { readonly from: number; readonly to: number; readonly stretch?: Stretch };

/** A list as it was read from its encoding. */
export interface ReadItems {
  /** Of the items that were read: their values, their data versions, and where in the list they are. */
  readonly values: readonly unknown[];
  readonly versions: readonly Digest[];
  readonly positions: readonly number[];
  /** All of the list. */
  readonly parts: readonly Part[];
  /** The earlier list, if some of its chunks are kept. */
  readonly kept: StoredList | undefined;
  readonly total: number;
}

/**
 * Reads the items of a list from its encoding, but for those of which the bytes are what they were in the list that an earlier
 * result was made of: these make up whole chunks, whose versions and results are taken over as they are.
 * @param earlier unless given, all items are read
 * @returns undefined where items cannot be read by themselves
 * @throws SluiceError `corrupt-value`
 */
export function readItems(bytes: Uint8Array, earlier?: StoredList): ReadItems | undefined {
  return unlessBound(() => {
    const source = EncodedItems.of(bytes);
    return (
      source && (new ItemReading(earlier).read(source) ?? new ItemReading(undefined).read(EncodedItems.of(bytes)!))
    );
  });
}

/**
 * What {@link readItems} does, of a list that another map gave: it is stored in chunks that stand by themselves, and each of them is a part.
 * @param chunks each the encoding of a list
 */
export function readChunks(chunks: readonly Uint8Array[], earlier?: StoredList): ReadItems | undefined {
  return unlessBound(
    () => new ItemReading(earlier).readChunks(chunks) ?? new ItemReading(undefined).readChunks(chunks),
  );
}

function unlessBound(read: () => ReadItems | undefined): ReadItems | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof BoundItem) return undefined;
    throw error;
  }
}

/** What stands before a chunk in place of shapes: it has its own. */
const ownShapes = "chunk";

class ItemReading {
  readonly #earlier: StoredList | undefined;
  /** Chunks of the earlier list that can be kept, by the data version of their first item. */
  readonly #chunks: ReadonlyMap<Digest, number>;
  readonly #kept = new Set<number>();
  readonly #fingerprinter = new Fingerprinter();
  readonly #values: unknown[] = [];
  readonly #versions: Digest[] = [];
  readonly #positions: number[] = [];
  readonly #parts: Part[] = [];

  constructor(earlier: StoredList | undefined) {
    this.#earlier = earlier?.index.source ? earlier : undefined;
    this.#chunks = this.#earlier ? keepable(this.#earlier) : new Map();
  }

  /** Undefined where the earlier list must not be looked at. */
  read(source: EncodedItems): ReadItems | undefined {
    const keepable = new Set(this.#chunks.values());
    let position = 0;
    /** The chunk that is here if it is where it was: then not even its first item is read. */
    let expected = 0;
    while (position < source.count) {
      const from = this.#values.length;
      const start = source.position;
      const shapes = source.shapeCount;
      if (keepable.has(expected) && this.#keep(source, expected, position, start, shapes)) {
        position += this.#earlier!.index.chunks[expected++]!;
        continue;
      }
      let version = this.#add(source.read(), position);
      const chunk = this.#chunks.get(version);
      if (chunk !== undefined && this.#keep(source, chunk, position, start, shapes)) {
        this.#values.pop();
        this.#versions.pop();
        this.#positions.pop();
        position += this.#earlier!.index.chunks[chunk]!;
        expected = chunk + 1;
        continue;
      }
      expected++;
      position++;
      for (let length = 1; position < source.count && !endsChunk(version) && !isFull(length); length++) {
        version = this.#add(source.read(), position++);
      }
      const end = source.position;
      const stretch: Stretch = {
        bytes: end - start,
        digest: source.digest(start, end)!,
        before: source.state(shapes),
        shapes: source.shapes(shapes, source.shapeCount),
      };
      this.#parts.push({ from, to: this.#values.length, stretch });
    }
    source.end();
    return this.#read(source.count);
  }

  /** Undefined where the earlier list must not be looked at. */
  readChunks(chunks: readonly Uint8Array[]): ReadItems | undefined {
    const bySource = new Map<Digest, number>();
    for (const chunk of this.#chunks.values()) {
      const { before, digest } = this.#earlier!.index.source![chunk]!;
      if (before === ownShapes) bySource.set(digest, chunk);
    }
    let position = 0;
    for (const bytes of chunks) {
      const digest = digestOf(bytes);
      const known = bySource.get(digest);
      if (known !== undefined && !this.#kept.has(known)) {
        this.#take(known);
        position += this.#earlier!.index.chunks[known]!;
        continue;
      }
      const from = this.#values.length;
      for (const value of itemsOf(bytes)) this.#add(value, position++);
      const stretch: Stretch = { bytes: bytes.length, digest, before: ownShapes, shapes: [] };
      this.#parts.push({ from, to: this.#values.length, stretch });
    }
    return this.#read(position);
  }

  #read(total: number): ReadItems | undefined {
    if (this.#kept.size > 0 && !this.#areDistinct()) return undefined;
    return {
      values: this.#values,
      versions: this.#versions,
      positions: this.#positions,
      parts: this.#parts,
      kept: this.#kept.size > 0 ? this.#earlier : undefined,
      total,
    };
  }

  #add(value: unknown, position: number): Digest {
    const version = this.#fingerprinter.of(value);
    this.#values.push(value);
    this.#versions.push(version);
    this.#positions.push(position);
    return version;
  }

  /** Keeps a chunk if it was made of what begins here; the first item of that may have been read already. */
  #keep(source: EncodedItems, chunk: number, position: number, start: number, shapes: number): boolean {
    const { index } = this.#earlier!;
    const { bytes, digest, before, shapes: defined } = index.source![chunk]!;
    const end = start + bytes;
    const after = position + index.chunks[chunk]!;
    const isLast = after === source.count;
    if (this.#kept.has(chunk) || after > source.count || !(isLast || this.#isWhole(chunk))) return false;
    if (source.state(shapes) !== before || source.digest(start, end) !== digest) return false;
    source.skip(end, defined.slice(source.shapeCount - shapes));
    this.#take(chunk);
    return true;
  }

  #take(chunk: number): void {
    this.#kept.add(chunk);
    this.#parts.push({ kept: chunk });
  }

  /** Whether a chunk ended by what is in it, and not because its list did. */
  #isWhole(chunk: number): boolean {
    const { index, starts } = this.#earlier!;
    const length = index.chunks[chunk]!;
    return isFull(length) || endsChunk(this.#earlier!.itemAt(starts[chunk]! + length - 1));
  }

  /** Whether no two items are equal; of the earlier list that is known. */
  #areDistinct(): boolean {
    const earlier = this.#earlier!;
    const versions = new Set(this.#versions);
    if (versions.size < this.#versions.length) return false;
    for (let chunk = 0; chunk < earlier.starts.length; chunk++) {
      if (this.#kept.has(chunk)) continue;
      for (const version of earlier.itemsIn(chunk)) versions.delete(version);
    }
    return !holdsAny(earlier, versions);
  }
}

/** @throws BoundItem; SluiceError `corrupt-value` */
function* itemsOf(chunk: Uint8Array): Generator<unknown> {
  const source = EncodedItems.of(chunk);
  if (source) {
    for (let i = 0; i < source.count; i++) yield source.read();
    return source.end();
  }
  // Numbers are stored side by side.
  const values = decode(chunk);
  if (!Array.isArray(values)) fail("corrupt-value", "a chunk of a stored list is no list");
  yield* values;
}

/** Chunks that hold nothing but results without files and warnings, by the data version of their first item. */
function keepable(list: StoredList): ReadonlyMap<Digest, number> {
  const { index, starts } = list;
  const chunks = new Map<Digest, number>();
  const hasMore = new Uint8Array(index.created.length);
  for (const at of index.more.keys()) hasMore[at] = 1;
  for (const [chunk, start] of starts.entries()) {
    if (hasMore.subarray(...list.range(chunk)).includes(1)) continue;
    chunks.set(list.itemAt(start), chunk);
  }
  return chunks;
}

/** Whether some item of a list is of one of these versions. Their first bytes tell most of them apart. */
function holdsAny(list: StoredList, versions: ReadonlySet<Digest>): boolean {
  const { items } = list.index;
  const beginnings = new Set([...versions].map((version) => Number.parseInt(version.slice(0, 8), 16)));
  const view = new DataView(items.buffer, items.byteOffset, items.length);
  for (let at = 0; at < items.length; at += digestSize) {
    if (beginnings.has(view.getUint32(at)) && versions.has(list.itemAt(at / digestSize))) return true;
  }
  return false;
}
