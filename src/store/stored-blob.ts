import { promisify } from "node:util";
import { zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from "node:zlib";
import { pieceSize } from "../platform/files.ts";

/*
 * A blob as a file: the body, then a trailer of 24 bytes, all numbers little-endian:
 *
 *   magic "SLUB" | version 1 | codec | 0 0 | size of the content (8 bytes) | size of the body (8 bytes)
 *
 * Codec 0, raw: the body is the content. Codec 1, zstd: the content in pieces of 1 MiB, the last one shorter, each as the
 * length of a frame (4 bytes) and the frame (RFC 8878). Pieces bound what a hostile frame can unpack to, and let files of
 * any size be written and read in constant memory. The trailer is at the end so that the file of a raw blob can be cloned
 * and cut to size.
 */

export const trailerSize = 24;
const magic = 0x42554c53;
const version = 1;
/** A frame takes this many bytes at least (RFC 8878: magic number, frame header, one block), and its length 4 more. */
const minPieceSize = 4 + 4 + 2 + 3;
/** What zstd makes of a piece is never longer than this (ZSTD_compressBound). */
const maxFrameSize = pieceSize + pieceSize / 256 + 64;

export type Codec = "raw" | "zstd";

export interface Trailer {
  readonly codec: Codec;
  /** Bytes of the content. */
  readonly size: number;
  /** Bytes of the body. */
  readonly bodySize: number;
}

export function encodeTrailer(trailer: Trailer): Buffer {
  const bytes = Buffer.alloc(trailerSize);
  bytes.writeUInt32LE(magic, 0);
  bytes[4] = version;
  bytes[5] = trailer.codec === "zstd" ? 1 : 0;
  bytes.writeBigUInt64LE(BigInt(trailer.size), 8);
  bytes.writeBigUInt64LE(BigInt(trailer.bodySize), 16);
  return bytes;
}

/** The trailer of a file of this size; undefined when it cannot be one. */
export function decodeTrailer(bytes: Buffer, fileSize: number): Trailer | undefined {
  if (bytes.length !== trailerSize || bytes.readUInt32LE(0) !== magic || bytes[4] !== version) return undefined;
  if (bytes[5]! > 1 || bytes[6] !== 0 || bytes[7] !== 0) return undefined;
  const trailer: Trailer = {
    codec: bytes[5] === 1 ? "zstd" : "raw",
    size: Number(bytes.readBigUInt64LE(8)),
    bodySize: Number(bytes.readBigUInt64LE(16)),
  };
  if (trailer.bodySize !== fileSize - trailerSize) return undefined;
  const most = trailer.codec === "raw" ? trailer.bodySize : Math.floor(trailer.bodySize / minPieceSize) * pieceSize;
  if (trailer.size > most || (trailer.codec === "raw" && trailer.size !== trailer.bodySize)) return undefined;
  return trailer;
}

/** How many pieces a content of this size has. */
export function pieceCount(size: number): number {
  return Math.ceil(size / pieceSize);
}

const compressLater = promisify(zstdCompress);
const decompressLater = promisify(zstdDecompress);
/**
 * Above this, a thread of the pool does the work. For it Node makes streams, 3 ms for the first piece; and it gives other bytes than here, so that
 * nothing but the size may decide.
 */
const offThread = 256 * 1024;

/** Up to here a file takes one block of most file systems, whether it is compressed or not. */
const worthTrying = 4096 - trailerSize;
/** Above this, a sample decides. */
const sampleFrom = 512 * 1024;
const sampleSize = 64 * 1024;

/** Compresses the pieces of a content, unless the first of them shows that it is not worth it: what is compressed already. */
export class Compressor {
  #codec: Codec | undefined;

  /** @param tries whether anything is compressed at all */
  constructor(tries = true) {
    this.#codec = tries ? undefined : "raw";
  }

  /** Undefined before the first piece. */
  get codec(): Codec | undefined {
    return this.#codec;
  }

  /** A piece as it is stored, without the length before it. */
  async add(piece: Uint8Array): Promise<Uint8Array> {
    if (this.#codec === "raw") return piece;
    const frame = this.#codec === "zstd" || isWorthTrying(piece) ? await compressed(piece) : undefined;
    this.#codec ??= frame && isWorthIt(frame, piece) ? "zstd" : "raw";
    return this.#codec === "zstd" ? frame! : piece;
  }
}

function isWorthTrying(piece: Uint8Array): boolean {
  if (piece.length <= sampleFrom) return piece.length > worthTrying;
  const half = sampleSize / 2;
  const middle = (piece.length >>> 1) & ~0xff;
  const sample = Buffer.concat([piece.subarray(0, half), piece.subarray(middle, middle + half)]);
  return isWorthIt(zstdCompressSync(sample), sample);
}

/** Whether compressing saves a tenth. */
function isWorthIt(frame: Uint8Array, piece: Uint8Array): boolean {
  return frame.length < piece.length * 0.9;
}

async function compressed(piece: Uint8Array): Promise<Buffer> {
  return piece.length > offThread ? compressLater(piece) : zstdCompressSync(piece);
}

/** The length that stands before a frame. */
export function frameLength(frame: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(frame.length);
  return bytes;
}

/** Something that cannot be a stored blob. */
export class Damage extends Error {
  override readonly name = "Damage";
}

/** A piece of a body as it is stored. */
export interface StoredPiece {
  readonly codec: Codec;
  readonly bytes: Buffer;
  /** Bytes that it must have as content. */
  readonly size: number;
}

/** Bytes of the blob's file that are needed next; the answer has fewer only where the file ends. */
export interface Wanted {
  readonly position: number;
  readonly length: number;
}

/**
 * Walks through a body: asks for bytes until it has a piece, and gives that. Whoever drives it reads, at once or later.
 * @throws Damage
 */
export function* storedPieces(trailer: Trailer): Generator<Wanted | StoredPiece, void, Buffer | undefined> {
  const { codec, bodySize } = trailer;
  let position = 0;
  for (let done = 0; done < trailer.size; ) {
    const size = Math.min(pieceSize, trailer.size - done);
    done += size;
    let length = size;
    if (codec === "zstd") {
      length = exactly(4, yield { position, length: 4 }).readUInt32LE(0);
      position += 4;
      const ends = position + length === bodySize;
      if (length > maxFrameSize || position + length > bodySize || ends !== (done === trailer.size)) {
        throw new Damage("its frames do not fill it");
      }
    }
    const bytes = exactly(length, yield { position, length });
    position += length;
    yield { codec, bytes, size };
  }
  if (position !== bodySize) throw new Damage("it is longer than its content");
}

function exactly(length: number, bytes: Buffer | undefined): Buffer {
  if (bytes?.length !== length) throw new Damage("it ends too early");
  return bytes;
}

/** The content of a stored piece. @throws Damage */
export function unpackSync(piece: StoredPiece): Buffer {
  if (piece.codec === "raw") return piece.bytes;
  return checked(piece.size, () => zstdDecompressSync(piece.bytes, { maxOutputLength: piece.size }));
}

/** {@link unpackSync} in a thread of the pool, for pieces that are worth it. */
export async function unpack(piece: StoredPiece): Promise<Buffer> {
  if (piece.codec === "raw" || piece.size <= offThread) return unpackSync(piece);
  const [result] = await Promise.allSettled([decompressLater(piece.bytes, { maxOutputLength: piece.size })]);
  return checked(piece.size, () => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** Whatever zstd says against a frame is damage; that memory ran out is not. */
function checked(size: number, make: () => Buffer): Buffer {
  let content: Buffer;
  try {
    content = make();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ZSTD_error_memory_allocation" || !/^(ZSTD_|Z_|ERR_BUFFER_TOO_LARGE)/.test(code)) throw error;
    throw new Damage("a frame cannot be unpacked", { cause: error });
  }
  if (content.length !== size) throw new Damage("a frame has the wrong size");
  return content;
}
