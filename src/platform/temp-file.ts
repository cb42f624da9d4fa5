import { closeSync, constants, fsyncSync, openSync, renameSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failureOf } from "../core/failure.ts";
import {
  attempt,
  attemptAsync,
  ensureDir,
  fsyncLater,
  pieceSize,
  removeEntry,
  syncDir,
  systemCode,
  writeAll,
} from "./files.ts";
import { isAlive, markText, ownMark, parseMark } from "./process-mark.ts";
import { randomDigits } from "./random-name.ts";

const day = 24 * 60 * 60 * 1000;

/** A name for a temporary file or folder, unique to this process and call; it tells whose it is. */
export function tempName(): string {
  return `${markText(ownMark())}-${randomDigits(12)}`;
}

/**
 * Whether whoever made a temporary file with this name is gone: its process is dead, or the file is older than a day.
 * `modified` is milliseconds since 1970.
 */
export function isAbandoned(name: string, modified: number): boolean {
  if (Date.now() - modified > day) return true;
  const mark = parseMark(name);
  return mark !== undefined && isAlive(mark) === false;
}

/**
 * A file in the making. Its target holds the old content or the new, whole, whenever the machine stops. Ends with one
 * `commit`, or with `discard`, which does nothing after a commit.
 */
export class TempFile {
  readonly path: string;
  #fd: number;
  #renamed = false;

  /**
   * @param dir in the file system of the target; made when it is missing
   * @param mode less the umask
   */
  constructor(dir: string, mode: number, prefix = "") {
    this.path = join(dir, prefix + tempName());
    const create = () => openSync(this.path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, mode);
    this.#fd = attempt("making a temporary file", this.path, () => {
      try {
        return create();
      } catch (error) {
        if (systemCode(error) !== "ENOENT") throw error;
        ensureDir(dir, 0o700);
        return create();
      }
    });
  }

  /** Open for reading and writing. */
  get fd(): number {
    return this.#fd;
  }

  write(content: Uint8Array): void {
    attempt("writing a file", this.path, () => writeAll(this.#fd, content));
  }

  /**
   * Puts the file at its place; it is there for good when this returns. A link there is replaced, never followed.
   * @param options.folder false where a power cut may bring the old file back, but never anything else: then the folder is not
   *   synced
   */
  async commit(target: string, options: { readonly folder?: boolean } = {}): Promise<void> {
    await attemptAsync("writing a file", target, async () => {
      await fsyncLater(this.#fd);
      this.#close();
      this.#rename(target);
    });
    if (options.folder ?? true) await syncDir(dirname(target));
  }

  /**
   * Like {@link commit}, at once; a power cut may still bring the old file back, but never anything else.
   * @param options.durable false for a file that nobody looks for after a power cut: a sync costs more than all else
   */
  commitSync(target: string, options: { readonly durable?: boolean } = {}): void {
    attempt("writing a file", target, () => {
      if (options.durable ?? true) fsyncSync(this.#fd);
      this.#close();
      this.#rename(target);
    });
  }

  /** For the end of a failure too, so it adds none of its own: what it cannot remove is for the next clean-up. */
  discard(): void {
    try {
      this.#close();
      if (!this.#renamed) removeEntry(this.path);
    } catch (error) {
      if (systemCode(failureOf(error)?.cause ?? error) === undefined) throw error;
    }
  }

  #rename(target: string): void {
    renameSync(this.path, target);
    this.#renamed = true;
  }

  /** Once only: the number may belong to another file afterwards. */
  #close(): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd >= 0) closeSync(fd);
  }
}

interface AtomicOptions {
  /** Where the temporary file is made: in the file system of the target, and a folder that is cleaned after crashes. */
  readonly tmpDir: string;
  /** Less the umask; 0666 unless given. */
  readonly mode?: number;
}

/**
 * Writes a file, atomically and durably; its folder must be there.
 * @throws SluiceError `no-space`, `read-only`, `io`
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string,
  options: AtomicOptions,
): Promise<void> {
  const temp = new TempFile(options.tmpDir, options.mode ?? 0o666);
  try {
    temp.write(typeof content === "string" ? Buffer.from(content, "utf8") : content);
    await temp.commit(path);
  } finally {
    temp.discard();
  }
}

/** Copies a file as {@link writeFileAtomic} writes one, in constant memory. */
export async function copyFileAtomic(from: string, path: string, options: AtomicOptions): Promise<void> {
  const source = await attemptAsync("reading a file", from, () => open(from, "r"));
  try {
    const temp = new TempFile(options.tmpDir, options.mode ?? 0o666);
    try {
      // A loop with a large buffer beats copyFile, which goes through copy_file_range or sendfile.
      const piece = Buffer.allocUnsafe(pieceSize);
      for (;;) {
        const { bytesRead } = await attemptAsync("reading a file", from, () => source.read(piece, 0, piece.length));
        if (bytesRead === 0) break;
        temp.write(piece.subarray(0, bytesRead));
      }
      await temp.commit(path);
    } finally {
      temp.discard();
    }
  } finally {
    await source.close();
  }
}
