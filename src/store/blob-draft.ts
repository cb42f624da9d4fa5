import { type Digest, Hasher } from "../core/digest.ts";
import { pieceSize } from "../platform/files.ts";
import { TempFile } from "../platform/temp-file.ts";
import type { BlobDraft, PutResult } from "./blob-store.ts";
import { BlobWriter } from "./blob-writer.ts";

/** Puts a file that is written to its end, and not at its place yet, there for good. */
export type Commit = (temp: TempFile, written: PutResult) => Promise<void>;

/**
 * A blob's file in the making. Two pieces are in memory: while one is compressed and written, the other is filled; who gives
 * more waits.
 */
export class FileDraft implements BlobDraft {
  readonly #temp: TempFile;
  readonly #writer: BlobWriter;
  readonly #hasher = new Hasher();
  readonly #commit: Commit;
  #piece: Buffer = Buffer.allocUnsafeSlow(pieceSize);
  #other: Buffer | undefined;
  #filled = 0;
  #size = 0;
  /** Of the piece before. */
  #writing: Promise<void> = Promise.resolve();

  constructor(tmpDir: string, mode: number, commit: Commit) {
    this.#temp = new TempFile(tmpDir, mode);
    this.#writer = new BlobWriter(this.#temp);
    this.#commit = commit;
  }

  get size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array): void | Promise<void> {
    const { length } = bytes;
    if (this.#filled + length >= pieceSize) return this.#writeAcross(bytes);
    this.#piece.set(bytes, this.#filled);
    this.#filled += length;
    this.#size += length;
  }

  async commit(): Promise<PutResult> {
    try {
      if (this.#filled > 0) await this.#flush();
      await this.#writing;
      this.#writer.end();
      const digest: Digest = this.#hasher.digest();
      const written = { digest, size: this.#size };
      await this.#commit(this.#temp, written);
      return written;
    } finally {
      this.#temp.discard();
    }
  }

  discard(): void {
    this.#temp.discard();
  }

  async #writeAcross(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const count = Math.min(pieceSize - this.#filled, bytes.length - at);
      this.#piece.set(bytes.subarray(at, at + count), this.#filled);
      this.#filled += count;
      this.#size += count;
      at += count;
      if (this.#filled === pieceSize) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    const piece = this.#piece.subarray(0, this.#filled);
    this.#hasher.update(piece);
    // The piece before uses the other buffer until it is written.
    await this.#writing;
    this.#writing = this.#writer.add(piece);
    // Whoever writes or commits next learns of it.
    this.#writing.catch(() => {});
    const next = this.#other ?? Buffer.allocUnsafeSlow(pieceSize);
    this.#other = this.#piece;
    this.#piece = next;
    this.#filled = 0;
  }
}
