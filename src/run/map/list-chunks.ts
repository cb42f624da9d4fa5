import { encode } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { isDamage } from "../make/damaged-input.ts";
import type { ItemList } from "./item-list.ts";
import { DamagedPiece, decodeReference, type Piece } from "./piece.ts";
import type { Part } from "./read-items.ts";
import { chunkId } from "./stored-list.ts";

/** Items in a chunk at most. */
const longest = 2048;

/**
 * Whether a chunk ends after an item of this version, as about one in 128 does. What is in a chunk thus follows from its items, and
 * an item that is added or removed anywhere changes one chunk or two.
 */
export function endsChunk(version: Digest): boolean {
  return version.startsWith("00") || version.startsWith("01");
}

/** Whether a chunk ends because it is as long as one may be. */
export function isFull(length: number): boolean {
  return length >= longest;
}

/** The parts of a list all of whose items were read. */
export function partsOf(items: readonly Digest[]): readonly Part[] {
  const parts: Part[] = [];
  for (let from = 0; from < items.length; ) {
    let to = from + 1;
    while (to < items.length && !isFull(to - from) && !endsChunk(items[to - 1]!)) to++;
    parts.push({ from, to });
    from = to;
  }
  return parts;
}

/**
 * Puts a list together.
 * @param items what it was made of
 * @param pieces of the items that were read
 * @param known chunks that are there, by {@link chunkId}
 * @throws DamagedPiece
 */
export async function chunkList(
  { versions, parts, kept }: Pick<ItemList, "versions" | "parts" | "kept">,
  pieces: readonly Piece[],
  known: ReadonlyMap<string, Uint8Array>,
): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for (const part of parts) {
    if ("kept" in part) {
      chunks.push(kept!.content(part.kept));
      continue;
    }
    const { from, to } = part;
    const inside = pieces.slice(from, to);
    chunks.push(known.get(chunkId(inside)) ?? (await encodeChunk(versions.slice(from, to), inside)));
  }
  return chunks;
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
