import { closeSync, constants, fstatSync, openSync, read } from "node:fs";
import { promisify } from "node:util";
import { type Digest, Hasher } from "../core/digest.ts";
import { fromSystemError } from "../core/failure.ts";
import { readFully, systemCode } from "../platform/files.ts";
import { Damage, decodeTrailer, storedPieces, type Trailer, trailerSize, unpack, unpackSync } from "./stored-blob.ts";

const readLater = promisify(read);

/** Below this, and below this many times what is stored, a content that is not what it should be does no harm. */
const bloatedSize = 64 << 20;
const bloatedRatio = 50;

/** What is at a blob's place when it is not a blob. */
const neverAFile = new Set(["ELOOP", "ENXIO", "EMLINK", "EISDIR"]);

/**
 * The file of a stored blob, open for reading. What it is was asked of the open file, so nothing that happens to the path
 * afterwards matters; links are not followed, and a pipe does not block.
 */
export class BlobFile {
  readonly fd: number;
  readonly inode: bigint;
  readonly storedSize: number;
  readonly trailer: Trailer;

  private constructor(fd: number, inode: bigint, storedSize: number, trailer: Trailer) {
    this.fd = fd;
    this.inode = inode;
    this.storedSize = storedSize;
    this.trailer = trailer;
  }

  /**
   * Undefined when nothing is there.
   * @throws Damage what is there cannot be a blob
   */
  static open(path: string): BlobFile | undefined {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      const code = systemCode(error) ?? "";
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      if (neverAFile.has(code)) throw new Damage("it is not a file", { cause: error });
      throw fromSystemError(error, "opening a blob", path);
    }
    try {
      return BlobFile.over(fd);
    } catch (error) {
      closeSync(fd);
      throw fromSystemError(error, "reading a blob", path);
    }
  }

  /** The blob in a file that is open already. @throws Damage */
  static over(fd: number): BlobFile {
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile()) throw new Damage("it is not a file");
    const size = Number(stat.size);
    const bytes = Buffer.allocUnsafe(trailerSize);
    if (size < trailerSize || readFully(fd, bytes, size - trailerSize) < trailerSize)
      throw new Damage("it is too short");
    const trailer = decodeTrailer(bytes, size);
    if (!trailer) throw new Damage("its end is not that of a blob");
    return new BlobFile(fd, stat.ino, size, trailer);
  }

  close(): void {
    closeSync(this.fd);
  }

  /**
   * Whether it says that it unpacks to far more than it takes. Then it is checked in constant memory before the content goes
   * anywhere: what only pretends to be a blob must not fill memory or the disk first.
   */
  get isBloated(): boolean {
    const { size } = this.trailer;
    return size > bloatedSize && size / bloatedRatio > this.storedSize;
  }

  /** Reads all of it. @throws Damage when it has not this digest */
  async check(digest: Digest): Promise<void> {
    for await (const _ of this.pieces(digest));
  }

  /** The content in pieces, read at once. The last one comes only if all of them have this digest. @throws Damage */
  *piecesSync(digest: Digest): Generator<Buffer> {
    const check = new LastPieceGuard(digest);
    const pieces = storedPieces(this.trailer);
    let step = pieces.next();
    while (!step.done) {
      if ("bytes" in step.value) {
        yield* check.pass(unpackSync(step.value));
        step = pieces.next();
      } else {
        const bytes = Buffer.allocUnsafeSlow(step.value.length);
        step = pieces.next(bytes.subarray(0, readFully(this.fd, bytes, step.value.position)));
      }
    }
    yield* check.end();
  }

  /** Like {@link piecesSync}, without holding up this thread. */
  async *pieces(digest: Digest): AsyncGenerator<Buffer> {
    const check = new LastPieceGuard(digest);
    const pieces = storedPieces(this.trailer);
    let step = pieces.next();
    while (!step.done) {
      if ("bytes" in step.value) {
        yield* check.pass(await unpack(step.value));
        step = pieces.next();
      } else {
        const bytes = Buffer.allocUnsafeSlow(step.value.length);
        let count = 0;
        while (count < bytes.length) {
          const { bytesRead } = await readLater(
            this.fd,
            bytes,
            count,
            bytes.length - count,
            step.value.position + count,
          );
          if (bytesRead === 0) break;
          count += bytesRead;
        }
        step = pieces.next(bytes.subarray(0, count));
      }
    }
    yield* check.end();
  }
}

/** Hands on what it is given one piece late, and the last one only if the digest is right. */
class LastPieceGuard {
  readonly #digest: Digest;
  readonly #hasher = new Hasher();
  #held: Buffer | undefined;

  constructor(digest: Digest) {
    this.#digest = digest;
  }

  *pass(piece: Buffer): Generator<Buffer> {
    this.#hasher.update(piece);
    const before = this.#held;
    this.#held = piece;
    if (before) yield before;
  }

  *end(): Generator<Buffer> {
    if (this.#hasher.digest() !== this.#digest) throw new Damage("its content is another");
    if (this.#held) yield this.#held;
  }
}
