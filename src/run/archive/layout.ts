import { type Digest, isDigest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { ResultRecord } from "../../core/record.ts";
import { decodeResult, encodeResult } from "../../metadata/result-row.ts";
import { pieceSize } from "../../platform/files.ts";
import type { Codec } from "../../store/stored-blob.ts";

/*
 * An archive: results with their blobs as one stream of bytes, written and read in constant memory. All numbers are
 * little-endian.
 *
 *   magic "SLUA" | version 1 | 0 0 0
 *   a blob, any number of them, by ascending digest, each once:
 *     "B" | digest (32 bytes) | size of the content (8) | codec (1)
 *     its content in pieces of 1 MiB, the last one shorter, each as its length (4) and so many bytes. Codec 0, raw: the bytes are
 *     the content. Codec 1, zstd: they are a frame (RFC 8878). A length of 0xffffffff takes the blob back, and ends it: it turned
 *     out to be damaged while it was written
 *   a result, any number of them, by ascending key, each once:
 *     "R" | key (32) | CRC-32 of key and body (4) | length of the body (4) | length of what is inline (4) | body | inline
 *     as a row of the database has them
 *   "E" | number of blobs (8) | number of results (8) | BLAKE3 of all bytes before this field (32)
 *
 * Nothing in it is a path: an archive cannot say where anything is written. The order makes whatever is there twice, or missing,
 * plain to see without remembering what came before.
 */

export const magic: Buffer = Buffer.from("SLUA\x01\0\0\0", "latin1");
/** The part of the magic number that no version changes. */
export const magicName = 4;

export const tags = { blob: 0x42, result: 0x52, end: 0x45 } as const;
export const tagSize = 1;
export const digestSize = 32;

export const blobHeadSize: number = digestSize + 8 + 1;
export const pieceHeadSize = 4;
export const resultHeadSize: number = digestSize + 4 + 4 + 4;
export const countsSize = 16;

/** The length of a piece that takes its blob back. */
export const takenBack = 0xffff_ffff;
export const takenBackMark: Buffer = Buffer.from("ffffffff", "hex");

/** The longest body of a result, and the most that is inline in it, in bytes. Both are in memory at once. */
export const mostResultBytes: number = 256 << 20;

/** How long a stored piece of this content may be: what zstd makes of it is never longer (ZSTD_compressBound). */
export function mostPieceBytes(codec: Codec, size: number): number {
  return codec === "raw" ? size : pieceSize + pieceSize / 256 + 64;
}

export interface BlobHead {
  readonly digest: Digest;
  /** Bytes of the content. */
  readonly size: number;
  readonly codec: Codec;
}

export function encodeBlobHead({ digest, size, codec }: BlobHead): Buffer {
  const bytes = Buffer.alloc(tagSize + blobHeadSize);
  bytes[0] = tags.blob;
  bytes.write(digest, tagSize, "hex");
  bytes.writeBigUInt64LE(BigInt(size), tagSize + digestSize);
  bytes[tagSize + digestSize + 8] = codec === "zstd" ? 1 : 0;
  return bytes;
}

/** @param bytes what comes after the tag */
export function decodeBlobHead(bytes: Buffer): BlobHead {
  const size = bytes.readBigUInt64LE(digestSize);
  const codec = bytes[digestSize + 8]!;
  if (size > BigInt(Number.MAX_SAFE_INTEGER) || codec > 1) badArchive("the head of a blob makes no sense");
  return {
    digest: bytes.toString("hex", 0, digestSize),
    size: Number(size),
    codec: codec === 1 ? "zstd" : "raw",
  };
}

/** A result with all that stands for it in an archive. Undefined where it is too large for one. */
export function encodeResultFrame(record: ResultRecord): Buffer | undefined {
  const { body, check, inline } = encodeResult(record);
  const text = Buffer.from(body, "utf8");
  const contents = inline ?? Buffer.alloc(0);
  if (text.length > mostResultBytes || contents.length > mostResultBytes) return undefined;
  const head = Buffer.alloc(tagSize + resultHeadSize);
  head[0] = tags.result;
  let at = head.write(record.key, tagSize, "hex") + tagSize;
  for (const number of [check, text.length, contents.length]) at = head.writeUInt32LE(number, at);
  return Buffer.concat([head, text, contents]);
}

export interface ResultHead {
  readonly key: Digest;
  readonly check: number;
  readonly bodyLength: number;
  readonly inlineLength: number;
}

/** @param bytes what comes after the tag */
export function decodeResultHead(bytes: Buffer): ResultHead {
  const [bodyLength, inlineLength] = [bytes.readUInt32LE(digestSize + 4), bytes.readUInt32LE(digestSize + 8)];
  if (bodyLength > mostResultBytes || inlineLength > mostResultBytes) badArchive("a result in it is too large");
  return { key: bytes.toString("hex", 0, digestSize), check: bytes.readUInt32LE(digestSize), bodyLength, inlineLength };
}

/**
 * The result of a frame, exactly as {@link encodeResultFrame} would write it: so nothing in its text goes unread, is said twice
 * or is nested beyond what can be written again.
 * @throws SluiceError `bad-archive`
 */
export function decodeResultBody({ key, check }: ResultHead, body: Buffer, inline: Buffer): ResultRecord {
  const wrong = (): never => badArchive(`result ${key.slice(0, 12)} in it is not one`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return wrong();
  }
  const record = isDigest(key) ? decodeResult(key, text, check, inline.length === 0 ? null : inline) : undefined;
  return record && isWrittenSo(record, text) ? record : wrong();
}

function isWrittenSo(record: ResultRecord, body: string): boolean {
  try {
    return encodeResult(record).body === body;
  } catch (error) {
    // JSON that is nested too deep can be read and not written
    if (error instanceof RangeError) return false;
    throw error;
  }
}

export function encodeCounts(blobs: number, results: number): Buffer {
  const bytes = Buffer.alloc(tagSize + countsSize);
  bytes[0] = tags.end;
  bytes.writeBigUInt64LE(BigInt(blobs), tagSize);
  bytes.writeBigUInt64LE(BigInt(results), tagSize + 8);
  return bytes;
}

/** @throws SluiceError `bad-archive` */
export function badArchive(what: string, detail: { readonly hint?: string; readonly cause?: unknown } = {}): never {
  fail("bad-archive", `the archive cannot be used: ${what}`, {
    hint: "nothing of it was taken; export or copy it again",
    ...detail,
  });
}
