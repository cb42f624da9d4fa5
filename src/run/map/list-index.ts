import type { Digest } from "../../core/digest.ts";
import type { Piece } from "./piece.ts";

/** Bytes of a digest. */
export const digestSize = 32;
/** Bytes that an item takes in the columns of an index: two digests and two numbers. */
export const rowSize = 2 * digestSize + 16;

/** What there is to know of each item of a list, as columns, in one buffer. */
export interface Columns {
  /** The data versions of items and of results, 32 bytes each. */
  readonly items: Uint8Array;
  readonly results: Uint8Array;
  /** When each was made, and how long that took; milliseconds. */
  readonly created: Float64Array;
  readonly took: Float64Array;
}

/** What the index of a list holds. Everything is in the order of the list. */
export interface ListIndex extends Columns {
  /** The lengths of the chunks. */
  readonly chunks: readonly number[];
  /** Of the positions that have any: the files that a result refers to, and what its checks warned of. */
  readonly more: ReadonlyMap<number, StoredMore>;
  /** How the items of each chunk were stored, if all were read from the encoding of one list, and no two were equal. */
  readonly source?: readonly Stretch[];
}

/** The bytes of successive items in the encoding of a list. With the same bytes and the same shapes before them, they are the same. */
export interface Stretch {
  /** How many bytes. */
  readonly bytes: number;
  readonly digest: Digest;
  /** What stands for the shapes before it. */
  readonly before: string;
  /** The keys of the shapes that are defined in it. */
  readonly shapes: readonly (readonly string[])[];
}

export type StoredMore = readonly [
  files: readonly (readonly [digest: Digest, size: number, executable: boolean])[],
  warnings: readonly string[],
];

/** The columns of so many items in a buffer, from a multiple of 8 bytes on. */
export function columnsIn(buffer: ArrayBufferLike, start: number, count: number): Columns {
  const digests = digestSize * count;
  return {
    items: new Uint8Array(buffer, start, digests),
    results: new Uint8Array(buffer, start + digests, digests),
    created: new Float64Array(buffer, start + 2 * digests, count),
    took: new Float64Array(buffer, start + 2 * digests + 8 * count, count),
  };
}

/** Rows of an index that is put together from others and from new results. */
export class IndexBuilder {
  /** How many items it is for. */
  readonly count: number;
  /** What the columns are in. */
  readonly buffer: ArrayBuffer;
  readonly columns: Columns;
  readonly more = new Map<number, StoredMore>();
  #filled = 0;

  constructor(count: number) {
    this.count = count;
    this.buffer = new ArrayBuffer(count * rowSize);
    this.columns = columnsIn(this.buffer, 0, count);
  }

  /** Takes over rows, of which nothing more is known, of another index. */
  addStored(index: ListIndex, from: number, to: number): void {
    const { items, results, created, took } = this.columns;
    const at = this.#filled;
    items.set(index.items.subarray(from * digestSize, to * digestSize), at * digestSize);
    results.set(index.results.subarray(from * digestSize, to * digestSize), at * digestSize);
    created.set(index.created.subarray(from, to), at);
    took.set(index.took.subarray(from, to), at);
    this.#filled += to - from;
  }

  add(versions: readonly Digest[], pieces: readonly Piece[]): void {
    const { items, results, created, took } = this.columns;
    const start = this.#filled;
    let made = "";
    for (let i = 0; i < pieces.length; i++) {
      const { version, createdAt, durationMs, files, warnings } = pieces[i]!;
      made += version;
      const at = start + i;
      created[at] = createdAt;
      took[at] = durationMs;
      if (files.length + warnings.length === 0) continue;
      this.more.set(at, [files.map(({ digest, size, executable = false }) => [digest, size, executable]), warnings]);
    }
    items.set(Buffer.from(versions.join(""), "hex"), start * digestSize);
    results.set(Buffer.from(made, "hex"), start * digestSize);
    this.#filled += pieces.length;
  }

  /** How long all of them took, in milliseconds. */
  get durationMs(): number {
    return this.columns.took.reduce((sum, each) => sum + each, 0);
  }
}
