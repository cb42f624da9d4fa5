import type { Digest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import { type Artifact, inlineContent, type ResultRecord } from "../../core/record.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { chunksOf } from "../../store/formats/list.ts";
import { decodeIndex } from "./index-bytes.ts";
import { digestSize, type ListIndex } from "./list-index.ts";
import { decodeReference, type Piece } from "./piece.ts";

/** The artifact of a map's result that tells which result belongs to which item. */
export const indexName = "items";
/** The artifact with the list itself, in the format `list`, where `value` has it in another one. */
export const chunksName = "chunks";

const none: readonly never[] = [];

/** What stands for a chunk: the versions of the results in it, in their order. */
export function chunkId(pieces: readonly Piece[]): string {
  let id = "";
  for (const { version } of pieces) id += version;
  return id;
}

/** A list that is stored. What few of its readers ask for is found when it is asked for. */
export class StoredList {
  readonly index: ListIndex;
  /** Where each chunk begins. */
  readonly starts: readonly number[];
  readonly #contents: readonly Uint8Array[];
  readonly #opened: (StoredChunk | undefined)[] = [];
  /** The data versions of the results in each chunk, one after the other. */
  readonly #results: (string | undefined)[] = [];

  constructor(index: ListIndex, contents: readonly Uint8Array[]) {
    this.index = index;
    this.#contents = contents;
    const starts: number[] = [];
    let at = 0;
    for (const length of index.chunks) {
      starts.push(at);
      at += length;
    }
    this.starts = starts;
  }

  /** A chunk, by its number. */
  content(chunk: number): Uint8Array {
    return this.#contents[chunk]!;
  }

  /** What is in a chunk, see {@link chunkId}. */
  id(chunk: number): string {
    this.#results[chunk] ??= hexOf(this.index.results, ...this.range(chunk));
    return this.#results[chunk];
  }

  /** The positions of the items of a chunk: from one up to another. */
  range(chunk: number): readonly [from: number, to: number] {
    const start = this.starts[chunk]!;
    return [start, start + this.index.chunks[chunk]!];
  }

  /** The data version of the item at a position. */
  itemAt(position: number): Digest {
    return hexOf(this.index.items, position, position + 1);
  }

  /** The data versions of the items of a chunk. */
  itemsIn(chunk: number): readonly Digest[] {
    return unpacked(hexOf(this.index.items, ...this.range(chunk)));
  }

  /** The result of an item, by its place in a chunk. */
  pieceAt(chunk: number, place: number): Piece {
    this.#opened[chunk] ??= new StoredChunk(this.#contents[chunk]!);
    const version = this.id(chunk).slice(2 * digestSize * place, 2 * digestSize * (place + 1));
    return new StoredPiece(this.index, this.starts[chunk]! + place, version, this.#opened[chunk], place);
  }
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
  const [indexBytes, bytes] = await Promise.all([content(indexName), content(chunksName, "value")]);
  const [index, contents] = [decodeIndex(indexBytes), chunksOf(bytes)];
  if (contents.length !== index.chunks.length) fail("corrupt-value", `the list of ${node} has lost a chunk`, { node });
  return new StoredList(index, contents);
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
  const index = decodeIndex(inlineContent(artifact) ?? (await blobs.read(artifact.digest)));
  const count = index.created.length;
  const results = unpacked(hexOf(index.results, 0, count));
  return unpacked(hexOf(index.items, 0, count)).map((item, at) => ({ item, result: results[at]! }));
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
  readonly #index: ListIndex;
  readonly #at: number;
  readonly #chunk: StoredChunk;
  readonly #place: number;

  constructor(index: ListIndex, at: number, version: Digest, chunk: StoredChunk, place: number) {
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

/** Some of many digests, one after the other. */
function hexOf(digests: Uint8Array, from: number, to: number): string {
  const bytes = Buffer.from(digests.buffer, digests.byteOffset, digests.length);
  return bytes.toString("hex", from * digestSize, to * digestSize);
}

function unpacked(hex: string): Digest[] {
  const digests: Digest[] = [];
  for (let at = 0; at < hex.length; at += 2 * digestSize) digests.push(hex.slice(at, at + 2 * digestSize));
  return digests;
}
