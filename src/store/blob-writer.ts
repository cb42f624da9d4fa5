import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type Digest, Hasher } from "../core/digest.ts";
import { fail } from "../core/failure.ts";
import { attemptAsync, pieceSize, systemCode } from "../platform/files.ts";
import type { TempFile } from "../platform/temp-file.ts";
import { Compressor, encodeTrailer, frameLength } from "./stored-blob.ts";

/** Writes a blob's file piece by piece. */
export class BlobWriter {
  readonly #temp: TempFile;
  readonly #compressor: Compressor;
  #size = 0;
  #bodySize = 0;

  /** @param compress whether it is tried */
  constructor(temp: TempFile, compress = true) {
    this.#temp = temp;
    this.#compressor = new Compressor(compress);
  }

  /** The next `pieceSize` bytes; fewer only at the end. */
  async add(piece: Uint8Array): Promise<void> {
    const stored = await this.#compressor.add(piece);
    this.#size += piece.length;
    if (this.#compressor.codec === "zstd") this.#write(frameLength(stored));
    this.#write(stored);
  }

  /** Ends the file; it is not at its place yet. */
  end(): void {
    const codec = this.#compressor.codec ?? "raw";
    this.#temp.write(encodeTrailer({ codec, size: this.#size, bodySize: this.#bodySize }));
  }

  #write(bytes: Uint8Array): void {
    this.#temp.write(bytes);
    this.#bodySize += bytes.length;
  }
}

export async function writeBytes(temp: TempFile, content: Uint8Array, compress: boolean): Promise<void> {
  const writer = new BlobWriter(temp, compress);
  for (let at = 0; at < content.length; at += pieceSize) await writer.add(content.subarray(at, at + pieceSize));
  writer.end();
}

/** Copies a file's content into a blob's file, and says what it is. */
export async function writeFileContent(temp: TempFile, path: string): Promise<{ digest: Digest; size: number }> {
  const source = await openSource(path);
  try {
    const writer = new BlobWriter(temp);
    const hasher = new Hasher();
    const piece = Buffer.allocUnsafeSlow(pieceSize);
    let size = 0;
    for (;;) {
      const count = await fill(source, piece, path);
      if (count === 0) break;
      const bytes = piece.subarray(0, count);
      size += count;
      hasher.update(bytes);
      await writer.add(bytes);
    }
    writer.end();
    return { digest: hasher.digest(), size };
  } finally {
    await source.close();
  }
}

/** A pipe or a device in the place of a file must neither block nor be read. */
async function openSource(path: string): Promise<FileHandle> {
  const source = await attemptAsync("reading a file", path, async () => {
    try {
      return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
      return fail("missing-file", `${path} is not there`, { where: { file: path }, cause: error });
    }
  });
  if ((await source.stat()).isFile()) return source;
  await source.close();
  return fail("missing-file", `${path} is not a file`, { where: { file: path } });
}

async function fill(source: FileHandle, piece: Buffer, path: string): Promise<number> {
  return attemptAsync("reading a file", path, async () => {
    let count = 0;
    while (count < piece.length) {
      const { bytesRead } = await source.read(piece, count, piece.length - count);
      if (bytesRead === 0) break;
      count += bytesRead;
    }
    return count;
  });
}
