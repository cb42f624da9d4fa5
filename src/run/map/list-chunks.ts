import { encode } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { isDamage } from "../make/damaged-input.ts";
import { DamagedPiece, decodeReference, type Piece } from "./piece.ts";
import { chunkId } from "./stored-list.ts";

/** Items in a chunk at most. */
const longest = 2048;

/**
 * Where chunks end: after an item whose version begins so, about one in 256. What is in a chunk thus follows from its
 * items, and an item that is added or removed anywhere changes one chunk or two.
 */
const lastOfChunk = "00";

export interface Chunked {
  readonly chunks: readonly Uint8Array[];
  readonly lengths: readonly number[];
}

/**
 * Puts a list together.
 * @param items the data versions of the items
 * @param known chunks that are there, by {@link chunkId}
 * @throws DamagedPiece
 */
export async function chunkList(
  items: readonly Digest[],
  pieces: readonly Piece[],
  known: ReadonlyMap<string, Uint8Array>,
): Promise<Chunked> {
  const chunks: Uint8Array[] = [];
  const lengths: number[] = [];
  for (let start = 0; start < items.length; ) {
    let end = start + 1;
    while (end < items.length && end - start < longest && !items[end - 1]!.startsWith(lastOfChunk)) end++;
    const inside = pieces.slice(start, end);
    chunks.push(known.get(chunkId(inside)) ?? (await encodeChunk(items.slice(start, end), inside)));
    lengths.push(end - start);
    start = end;
  }
  return { chunks, lengths };
}

/** Each value by itself: two that are equal are not the same object to a consumer. */
async function encodeChunk(items: readonly Digest[], pieces: readonly Piece[]): Promise<Uint8Array> {
  const values: unknown[] = [];
  const encoded = new Map<Digest, Uint8Array>();
  const first = new Map<Digest, unknown>();
  for (const [i, piece] of pieces.entries()) {
    const { version } = piece;
    if (!first.has(version)) {
      const value = await readPiece(items[i]!, piece);
      first.set(version, value);
      values.push(value);
      continue;
    }
    let bytes = encoded.get(version);
    if (!bytes) {
      bytes = encode(first.get(version));
      encoded.set(version, bytes);
    }
    values.push(await decodeReference(bytes));
  }
  return encode(values);
}

async function readPiece(item: Digest, piece: Piece): Promise<unknown> {
  try {
    return await piece.value();
  } catch (error) {
    const damage = failureOf(error);
    throw damage && isDamage(damage) ? new DamagedPiece(item, damage) : error;
  }
}
