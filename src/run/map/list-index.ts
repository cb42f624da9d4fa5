import { decode, encode } from "../../core/canonical.ts";
import { type Digest, isDigest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { Piece } from "./piece.ts";

/** Bytes of a digest. */
export const digestSize = 32;

/** What the index of a list holds. Everything is in the order of the list. */
export interface ListIndex {
  /** The data versions of items and of results, 32 bytes each. */
  readonly items: Uint8Array;
  readonly results: Uint8Array;
  /** When each was made, and how long that took; milliseconds. */
  readonly created: Float64Array;
  readonly took: Float64Array;
  /** The lengths of the chunks. */
  readonly chunks: Uint32Array;
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

type StoredMore = readonly [
  files: readonly (readonly [digest: Digest, size: number, executable: boolean])[],
  warnings: readonly string[],
];

/** Rows of an index that is put together from others and from new results. */
export class IndexBuilder {
  readonly results: Uint8Array;
  readonly #items: Uint8Array;
  readonly #created: Float64Array;
  readonly #took: Float64Array;
  readonly #more = new Map<number, StoredMore>();
  #count = 0;

  constructor(total: number) {
    this.results = new Uint8Array(total * digestSize);
    this.#items = new Uint8Array(total * digestSize);
    this.#created = new Float64Array(total);
    this.#took = new Float64Array(total);
  }

  /** Takes over rows, of which nothing more is known, of another index. */
  addStored(index: ListIndex, from: number, to: number): void {
    const at = this.#count;
    this.#items.set(index.items.subarray(from * digestSize, to * digestSize), at * digestSize);
    this.results.set(index.results.subarray(from * digestSize, to * digestSize), at * digestSize);
    this.#created.set(index.created.subarray(from, to), at);
    this.#took.set(index.took.subarray(from, to), at);
    this.#count += to - from;
  }

  add(items: readonly Digest[], pieces: readonly Piece[]): void {
    const start = this.#count;
    let results = "";
    for (let i = 0; i < pieces.length; i++) {
      const { version, createdAt, durationMs, files, warnings } = pieces[i]!;
      results += version;
      const at = start + i;
      this.#created[at] = createdAt;
      this.#took[at] = durationMs;
      if (files.length + warnings.length === 0) continue;
      this.#more.set(at, [files.map(({ digest, size, executable = false }) => [digest, size, executable]), warnings]);
    }
    this.#items.set(Buffer.from(items.join(""), "hex"), start * digestSize);
    this.results.set(Buffer.from(results, "hex"), start * digestSize);
    this.#count += pieces.length;
  }

  /** How long all of them took, in milliseconds. */
  get durationMs(): number {
    return this.#took.reduce((sum, each) => sum + each, 0);
  }

  encode(lengths: readonly number[], source: readonly Stretch[] | undefined): Uint8Array {
    const index: ListIndex = {
      items: this.#items,
      results: this.results,
      created: this.#created,
      took: this.#took,
      chunks: Uint32Array.from(lengths),
      more: this.#more,
      ...(source ? { source } : {}),
    };
    return encode(index);
  }
}

/** @throws SluiceError `corrupt-value` */
export function decodeIndex(bytes: Uint8Array): ListIndex {
  const index = decode(bytes);
  const { items, results, created, took, chunks, more, source } = (index ?? {}) as Partial<
    Record<keyof ListIndex, unknown>
  >;
  if (
    items instanceof Uint8Array &&
    results instanceof Uint8Array &&
    created instanceof Float64Array &&
    took instanceof Float64Array &&
    chunks instanceof Uint32Array &&
    more instanceof Map &&
    items.length === results.length &&
    items.length === digestSize * created.length &&
    created.length === took.length &&
    chunks.reduce((sum, length) => sum + length, 0) === created.length &&
    (source === undefined || (Array.isArray(source) && source.length === chunks.length && source.every(isStretch)))
  ) {
    return index as ListIndex;
  }
  // Its bytes were verified, so only another version of Sluice can have made it otherwise.
  return fail("corrupt-value", "the index of a stored list is not one");
}

function isStretch(value: unknown): value is Stretch {
  const { bytes, digest, before, shapes } = (value ?? {}) as Partial<Record<keyof Stretch, unknown>>;
  const areKeys = (keys: unknown): boolean => Array.isArray(keys) && keys.every((key) => typeof key === "string");
  return (
    Number.isSafeInteger(bytes) &&
    isDigest(digest) &&
    typeof before === "string" &&
    Array.isArray(shapes) &&
    shapes.every(areKeys)
  );
}
