import { decode, encode } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import { type Artifact, inlineContent, type ResultRecord } from "../../core/record.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { chunksOf } from "../../store/formats/list.ts";
import { decodeReference, type Piece } from "./piece.ts";

/** Bytes of a digest. */
const digestSize = 32;

/** The artifact of a map's result that tells which result belongs to which item. */
export const indexName = "items";
/** The artifact with the list itself, in the format `list`, where `value` has it in another one. */
export const chunksName = "chunks";

/** What the index of a list holds. Everything is in the order of the list. */
interface StoredIndex {
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
}

type StoredMore = readonly [
  files: readonly (readonly [digest: Digest, size: number, executable: boolean])[],
  warnings: readonly string[],
];

/** @param results see {@link resultsOf} */
export function encodeIndex(
  items: readonly Digest[],
  pieces: readonly Piece[],
  results: Uint8Array,
  chunks: readonly number[],
): Uint8Array {
  const count = pieces.length;
  const [created, took] = [new Float64Array(count), new Float64Array(count)];
  const more = new Map<number, StoredMore>();
  for (let i = 0; i < count; i++) {
    const { createdAt, durationMs, files, warnings } = pieces[i]!;
    created[i] = createdAt;
    took[i] = durationMs;
    if (files.length + warnings.length === 0) continue;
    more.set(i, [files.map(({ digest, size, executable = false }) => [digest, size, executable]), warnings]);
  }
  const index: StoredIndex = {
    items: packed(items.join("")),
    results,
    created,
    took,
    chunks: Uint32Array.from(chunks),
    more,
  };
  return encode(index);
}

/** The data versions of results, 32 bytes each. */
export function resultsOf(pieces: readonly Piece[]): Uint8Array {
  let hex = "";
  for (const { version } of pieces) hex += version;
  return packed(hex);
}

function packed(hex: string): Uint8Array {
  const bytes = Buffer.from(hex, "hex");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

const none: readonly never[] = [];

/** A list that is stored. */
export interface StoredList {
  /** The data versions of its items, in their order. */
  readonly items: readonly Digest[];
  /** Its chunks by what is in them, see {@link chunkId}. */
  readonly chunks: ReadonlyMap<string, Uint8Array>;
  pieceAt(position: number): Piece;
}

/** What stands for a chunk: the versions of the results in it, in their order. */
export function chunkId(pieces: readonly Piece[]): string {
  let id = "";
  for (const { version } of pieces) id += version;
  return id;
}

/**
 * Reads the list of a map's result.
 * @throws SluiceError `corrupt-blob`, `missing-blob`, `corrupt-value`
 */
export async function readStoredList(blobs: BlobStore, { artifacts, node }: ResultRecord): Promise<StoredList> {
  const content = async (...names: readonly string[]): Promise<Uint8Array> => {
    const artifact = names.flatMap((name) => artifacts.find((each) => each.name === name) ?? [])[0];
    if (!artifact) return fail("missing-blob", `the result of ${node} has no ${names[0]}`, { node });
    return inlineContent(artifact) ?? blobs.read(artifact.digest);
  };
  const index = checkedIndex(decode(await content(indexName)));
  const contents = chunksOf(await content(chunksName, "value"));
  if (contents.length !== index.chunks.length) fail("corrupt-value", `the list of ${node} has lost a chunk`, { node });
  const results = hexOf(index.results);
  const chunks = new Map<string, Uint8Array>();
  const opened: StoredChunk[] = [];
  const starts: number[] = [];
  let at = 0;
  for (const [number, length] of index.chunks.entries()) {
    const bytes = contents[number]!;
    chunks.set(results.slice(2 * digestSize * at, 2 * digestSize * (at + length)), bytes);
    opened.push(new StoredChunk(bytes));
    starts.push(at);
    at += length;
  }
  let chunk = 0;
  return {
    items: unpacked(hexOf(index.items)),
    chunks,
    pieceAt: (position) => {
      // Asked for in order, mostly.
      if (position < starts[chunk]!) chunk = 0;
      while (chunk + 1 < starts.length && starts[chunk + 1]! <= position) chunk++;
      const version = results.slice(2 * digestSize * position, 2 * digestSize * (position + 1));
      return new StoredPiece(index, position, version, opened[chunk]!, position - starts[chunk]!);
    },
  };
}

/** What is known of an item of a stored list, without its value. */
export interface ListedItem {
  /** The data versions of the item and of its result. */
  readonly item: Digest;
  readonly result: Digest;
}

/**
 * The items of a map's result, in their order, without a look at what they gave.
 * @throws SluiceError `corrupt-blob`, `missing-blob`, `corrupt-value`
 */
export async function readListed(blobs: BlobStore, { artifacts, node }: ResultRecord): Promise<readonly ListedItem[]> {
  const artifact = artifacts.find(({ name }) => name === indexName);
  if (!artifact) return fail("missing-blob", `the result of ${node} has no ${indexName}`, { node });
  const index = checkedIndex(decode(inlineContent(artifact) ?? (await blobs.read(artifact.digest))));
  const results = unpacked(hexOf(index.results));
  return unpacked(hexOf(index.items)).map((item, at) => ({ item, result: results[at]! }));
}

/** A chunk that is decoded once, and again for those who want one value twice. */
class StoredChunk {
  readonly #bytes: Uint8Array;
  #values: unknown[] | undefined;
  readonly #taken = new Set<number>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  async value(at: number): Promise<unknown> {
    if (!this.#values || this.#taken.has(at)) {
      this.#values = (await decodeReference(this.#bytes)) as unknown[];
      this.#taken.clear();
    }
    this.#taken.add(at);
    return this.#values[at];
  }
}

/** A piece of a stored list: what is known of it is looked up when it is asked for. */
class StoredPiece implements Piece {
  readonly version: Digest;
  readonly #index: StoredIndex;
  readonly #at: number;
  readonly #chunk: StoredChunk;
  readonly #place: number;

  constructor(index: StoredIndex, at: number, version: Digest, chunk: StoredChunk, place: number) {
    this.version = version;
    this.#index = index;
    this.#at = at;
    this.#chunk = chunk;
    this.#place = place;
  }

  get createdAt(): number {
    return this.#index.created[this.#at]!;
  }

  get durationMs(): number {
    return this.#index.took[this.#at]!;
  }

  get files(): readonly Artifact[] {
    const files = this.#index.more.get(this.#at)?.[0];
    if (!files) return none;
    return files.map(([digest, size, executable], i) => ({ name: `files.${i}`, digest, size, executable }));
  }

  get warnings(): readonly string[] {
    return this.#index.more.get(this.#at)?.[1] ?? none;
  }

  value(): Promise<unknown> {
    return this.#chunk.value(this.#place);
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

function unpacked(hex: string): Digest[] {
  const digests: Digest[] = [];
  for (let at = 0; at < hex.length; at += 2 * digestSize) digests.push(hex.slice(at, at + 2 * digestSize));
  return digests;
}

/** Its bytes were verified, so only another version of Sluice can have made it otherwise. */
function checkedIndex(index: unknown): StoredIndex {
  const { items, results, created, took, chunks, more } = (index ?? {}) as Partial<Record<keyof StoredIndex, unknown>>;
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
    chunks.reduce((sum, length) => sum + length, 0) === created.length
  ) {
    return index as StoredIndex;
  }
  return fail("corrupt-value", "the index of a stored list is not one");
}
