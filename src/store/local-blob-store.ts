import { fchmodSync, fstatSync, ftruncateSync, lstatSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Digest, digestOf, isDigest } from "../core/digest.ts";
import { fail, failure, failureOf, fromRemoval, fromSystemError, SluiceError } from "../core/failure.ts";
import {
  attempt,
  cloneFile,
  ensureDir,
  ensureDirDurably,
  entryAt,
  pieceSize,
  removeEntry,
  syncDir,
  systemCode,
  touch,
} from "../platform/files.ts";
import { TempFile, tempName } from "../platform/temp-file.ts";
import { FileDraft } from "./blob-draft.ts";
import { BlobFile } from "./blob-file.ts";
import { FolderStage } from "./blob-stage.ts";
import type {
  BlobDraft,
  BlobEntry,
  BlobStage,
  BlobStat,
  BlobStore,
  Cleaned,
  PutOptions,
  PutResult,
} from "./blob-store.ts";
import { writeBytes, writeFileContent } from "./blob-writer.ts";
import { entriesOf, removeAbandoned, removeAll } from "./leftovers.ts";
import { Damage } from "./stored-blob.ts";

/** Up to this size a blob is read at once: several times cheaper than through the pool of threads. */
const atOnce = 8 << 20;
/** Below this, copying costs less than asking for a clone. */
const worthCloning = pieceSize;

const foldersMode = 0o700;
const filesMode = 0o600;

interface PlaceOptions {
  readonly executable?: boolean;
}

/**
 * Blobs as files `ab/cdef...` in a folder, for one machine and any number of processes.
 *
 * What it promises when the machine stops: a blob's file is written under another name, synced, and renamed, so a path holds
 * a whole blob or none; `put` returns when the rename is on the disk too. Whatever else is found at a blob's path is damage.
 */
export class LocalBlobStore implements BlobStore {
  readonly #dir: string;
  readonly #tmpDir: string;
  readonly #quarantineDir: string;
  /** Folders whose own entries this process has synced: whoever made them may not have come to that. */
  readonly #settled = new Set<string>();

  /**
   * @param options.dir where the blobs are
   * @param options.tmpDir for files in the making, in the same file system
   * @param options.quarantineDir for what was found damaged, in the same file system; `quarantine` beside `dir` unless given
   */
  constructor(options: { readonly dir: string; readonly tmpDir: string; readonly quarantineDir?: string }) {
    this.#dir = options.dir;
    this.#tmpDir = options.tmpDir;
    this.#quarantineDir = options.quarantineDir ?? join(dirname(options.dir), "quarantine");
  }

  /** What another thread opens the same store by. */
  get folders(): { readonly dir: string; readonly tmpDir: string; readonly quarantineDir: string } {
    return { dir: this.#dir, tmpDir: this.#tmpDir, quarantineDir: this.#quarantineDir };
  }

  /** Damage that can be seen without reading the content counts as not there, so that a put replaces it. */
  async stat(digest: Digest): Promise<BlobStat | undefined> {
    return isDigest(digest) ? this.#look(digest) : undefined;
  }

  async put(content: Uint8Array, { compress = true }: PutOptions = {}): Promise<PutResult> {
    const digest = digestOf(content);
    const size = content.length;
    if (!(await this.#isThere(digest, size))) {
      await this.#write(async (temp) => {
        await writeBytes(temp, content, compress);
        await this.#commit(temp, digest);
      });
    }
    return { digest, size };
  }

  async putFile(path: string): Promise<PutResult> {
    return this.#write(async (temp) => {
      const written = await writeFileContent(temp, path);
      if (!(await this.#isThere(written.digest, written.size))) await this.#commit(temp, written.digest);
      return written;
    });
  }

  draft(): BlobDraft {
    return new FileDraft(this.#tmpDir, filesMode, async (temp, { digest, size }) => {
      if (!(await this.#isThere(digest, size))) await this.#commit(temp, digest);
    });
  }

  stage(): BlobStage {
    return new FolderStage(this.#tmpDir, filesMode, (from, { digest }) =>
      this.#unlessRemoved(async () => {
        const path = await this.#roomFor(digest);
        attempt("writing a blob", path, () => renameSync(from, path));
        await syncDir(dirname(path));
      }),
    );
  }

  async read(digest: Digest): Promise<Uint8Array> {
    const file = this.#open(digest);
    return this.#reading(digest, file, async () => {
      const { size } = file.trailer;
      if (file.isBloated) await file.check(digest);
      const pieces: Buffer[] = [];
      if (size <= atOnce) for (const piece of file.piecesSync(digest)) pieces.push(piece);
      else for await (const piece of file.pieces(digest)) pieces.push(piece);
      const content = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size);
      return new Uint8Array(content.buffer, content.byteOffset, content.length);
    });
  }

  async *stream(digest: Digest): AsyncGenerator<Uint8Array> {
    const file = this.#open(digest);
    try {
      yield* file.pieces(digest);
    } catch (error) {
      throw this.#failed(error, digest, file);
    } finally {
      file.close();
    }
  }

  async place(digest: Digest, path: string, options: PlaceOptions = {}): Promise<void> {
    const file = this.#open(digest);
    await this.#reading(digest, file, async () => {
      if (file.isBloated) await file.check(digest);
      const { temp, source, isClone } = this.#prepare(digest, file, path, options);
      const { size } = file.trailer;
      try {
        const pieces = size > atOnce ? source.pieces(digest) : source.piecesSync(digest);
        for await (const piece of pieces) if (!isClone) temp.write(piece);
        if (isClone) ftruncateSync(temp.fd, size);
        // Not at once: the disk syncs many files in little more time than one.
        await temp.commit(path, { folder: false });
      } finally {
        temp.discard();
      }
    });
  }

  placeSync(digest: Digest, path: string, options: PlaceOptions = {}): void {
    const file = this.#open(digest);
    try {
      this.#placeAtOnce(digest, file, path, options);
    } catch (error) {
      throw this.#failed(error, digest, file);
    } finally {
      file.close();
    }
  }

  async verify(digest: Digest): Promise<"ok" | "missing" | "corrupt"> {
    try {
      for await (const _ of this.stream(digest));
      return "ok";
    } catch (error) {
      const missing = failureOf(error, "missing-blob");
      if (missing && !missing.cause) return "missing";
      if (failureOf(error, "corrupt-blob")) return "corrupt";
      throw missing?.cause ?? error;
    }
  }

  async remove(digest: Digest): Promise<void> {
    this.removeSync(digest);
  }

  removeSync(digest: Digest): void {
    if (isDigest(digest)) removeEntry(this.#path(digest));
  }

  entrySync(digest: Digest): BlobEntry | undefined {
    const entry = isDigest(digest) ? entryAt(this.#path(digest)) : undefined;
    return entry?.isFile() ? { storedSize: entry.size, touchedAt: entry.mtimeMs } : undefined;
  }

  digestsSync(start: string): readonly Digest[] {
    const digests: Digest[] = [];
    for (const { name } of entriesOf(join(this.#dir, start))) if (isDigest(start + name)) digests.push(start + name);
    return digests.sort();
  }

  /** Damage that can be seen without reading the content is listed too, with a size of 0. In no particular order. */
  async *list(): AsyncGenerator<BlobStat> {
    for (const shard of entriesOf(this.#dir)) {
      if (!shard.isDirectory() || shard.name.length !== 2) continue;
      for (const { name } of entriesOf(join(this.#dir, shard.name))) {
        const digest = shard.name + name;
        if (!isDigest(digest)) continue;
        const stat = this.#look(digest);
        if (stat) yield stat;
        else {
          const entry = entryAt(this.#path(digest));
          if (entry) yield { digest, size: 0, storedSize: entry.size };
        }
      }
    }
  }

  async clean({ dryRun = false, only }: Parameters<BlobStore["clean"]>[0] = {}): Promise<Cleaned> {
    const nothing = { files: 0, bytes: 0 };
    const temporary = only === "set-aside" ? nothing : removeAbandoned(this.#tmpDir, dryRun);
    const aside = only === "temporary" ? nothing : removeAll(this.#quarantineDir, dryRun);
    return { files: temporary.files + aside.files, bytes: temporary.bytes + aside.bytes };
  }

  /** Only for what is a digest: names come from records, and this is where they become paths. */
  #path(digest: Digest): string {
    return join(this.#dir, digest.slice(0, 2), digest.slice(2));
  }

  #look(digest: Digest): BlobStat | undefined {
    let file: BlobFile | undefined;
    try {
      file = BlobFile.open(this.#path(digest));
    } catch (error) {
      // To whoever may not read another user's file, it is not there.
      if (error instanceof Damage || failureOf(error, "read-only")) return undefined;
      throw error;
    }
    file?.close();
    return file && { digest, size: file.trailer.size, storedSize: file.storedSize };
  }

  #open(digest: Digest): BlobFile {
    if (!isDigest(digest)) fail("missing-blob", "there is no blob of that name, which is no digest");
    let file: BlobFile | undefined;
    try {
      file = BlobFile.open(this.#path(digest));
    } catch (cause) {
      if (!failureOf(cause, "read-only")) throw this.#failed(cause, digest);
      fail("missing-blob", `blob ${digest.slice(0, 12)} is another user's and may not be read`, { cause });
    }
    return file ?? fail("missing-blob", `blob ${digest.slice(0, 12)} is not in the store`, { retryable: true });
  }

  async #reading<T>(digest: Digest, file: BlobFile, work: () => Promise<T> | T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#failed(error, digest, file);
    } finally {
      file.close();
    }
  }

  /** What to throw for what went wrong with a blob. Only damage sets it aside: an error of the disk proves nothing. */
  #failed(error: unknown, digest: Digest, file?: BlobFile): unknown {
    if (!(error instanceof Damage)) return fromSystemError(error, `reading blob ${digest.slice(0, 12)}`);
    const aside = this.#setAside(digest, file?.inode);
    return new SluiceError(
      failure("corrupt-blob", `blob ${digest.slice(0, 12)} is damaged: ${error.message}`, {
        hint: aside ? "it was set aside; the next run makes it again" : "it stays where it is: the store is read-only",
        retryable: true,
        cause: error,
      }),
    );
  }

  /** False where nothing may be written. What another process has put there by now is not what was found damaged, and stays. */
  #setAside(digest: Digest, inode?: bigint): boolean {
    const path = this.#path(digest);
    try {
      const isOther = inode === undefined ? this.#look(digest) : lstatSync(path, { bigint: true }).ino !== inode;
      if (isOther) return true;
      ensureDir(this.#quarantineDir, foldersMode);
      renameSync(path, join(this.#quarantineDir, `${digest}-${tempName()}`));
      return true;
    } catch (error) {
      // Another reader was faster, or the folder above is none, which the next put mends.
      if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return true;
      const thrown = fromSystemError(error, "setting a damaged blob aside", path);
      if (failureOf(thrown, "read-only")) return false;
      throw thrown;
    }
  }

  /** Whether a put has nothing to write. The entry may be another process's, who has not synced it yet. */
  async #isThere(digest: Digest, size: number): Promise<boolean> {
    if (this.#look(digest)?.size !== size) return false;
    const path = this.#path(digest);
    const shard = dirname(path);
    // Whoever cleans leaves alone what was touched a moment ago, so that the blob is likely to be there still when its record is
    // written. That it is is checked then: one that is someone else's, or gone by now, need not be touched.
    touch(path);
    await this.#unlessRemoved(() => Promise.all([this.#settle(shard), syncDir(shard)]));
    return true;
  }

  async #write<T>(work: (temp: TempFile) => Promise<T>): Promise<T> {
    const temp = new TempFile(this.#tmpDir, filesMode);
    try {
      return await work(temp);
    } finally {
      temp.discard();
    }
  }

  #commit(temp: TempFile, digest: Digest): Promise<void> {
    return this.#unlessRemoved(async () => temp.commit(await this.#roomFor(digest)));
  }

  async #unlessRemoved<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fromRemoval(error, this.#dir);
    }
  }

  /** The path at which a blob can be put by a rename. */
  async #roomFor(digest: Digest): Promise<string> {
    const path = this.#path(digest);
    await this.#ensureShard(dirname(path), digest);
    // A rename replaces a file, a link or a pipe, but not a folder.
    if (entryAt(path)?.isDirectory()) this.#setAside(digest);
    return path;
  }

  async #ensureShard(shard: string, digest: Digest): Promise<void> {
    const entry = entryAt(shard);
    if (entry?.isDirectory()) return this.#settle(shard);
    if (entry) {
      ensureDir(this.#quarantineDir, foldersMode);
      renameSync(shard, join(this.#quarantineDir, `${digest.slice(0, 2)}-${tempName()}`));
    }
    const store = entryAt(this.#dir);
    if (store && !store.isDirectory()) fail("damaged-store", `${this.#dir} is not a folder`, { hint: "move it away" });
    await ensureDirDurably(shard, foldersMode);
    this.#settled.add(shard);
  }

  async #settle(shard: string): Promise<void> {
    if (this.#settled.has(shard)) return;
    await Promise.all([syncDir(this.#dir), syncDir(dirname(this.#dir))]);
    this.#settled.add(shard);
  }

  #placeAtOnce(digest: Digest, file: BlobFile, path: string, options: PlaceOptions): void {
    if (file.isBloated) for (const _ of file.piecesSync(digest));
    const { temp, source, isClone } = this.#prepare(digest, file, path, options);
    try {
      for (const piece of source.piecesSync(digest)) if (!isClone) temp.write(piece);
      if (isClone) ftruncateSync(temp.fd, file.trailer.size);
      temp.commitSync(path, { durable: false });
    } finally {
      temp.discard();
    }
  }

  /**
   * The file to put at a path, and what its content is checked in: a clone of the blob's file, trailer and all, where the
   * file system can make one (the clone itself is checked, then cut to size); else an empty file for what the blob gives.
   */
  #prepare(digest: Digest, file: BlobFile, path: string, options: PlaceOptions): Placing {
    ensureDir(dirname(path));
    const create = () => new TempFile(dirname(path), options.executable ? 0o755 : 0o644, ".sluice-");
    const temp = create();
    try {
      if (file.trailer.codec !== "raw" || file.trailer.size < worthCloning)
        return { temp, source: file, isClone: false };
      const { mode } = fstatSync(temp.fd);
      if (cloneFile(this.#path(digest), temp.path)) {
        fchmodSync(temp.fd, mode);
        return { temp, source: BlobFile.over(temp.fd), isClone: true };
      }
    } catch (error) {
      temp.discard();
      throw error;
    }
    // The system removes the target of a clone that failed.
    temp.discard();
    return { temp: create(), source: file, isClone: false };
  }
}

interface Placing {
  readonly temp: TempFile;
  readonly source: BlobFile;
  readonly isClone: boolean;
}
