import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Digest, digestOf } from "../core/digest.ts";
import { fail } from "../core/failure.ts";
import { attemptAsync, ensureDir, systemCode } from "../platform/files.ts";
import { TempFile } from "../platform/temp-file.ts";
import type { BlobDraft, BlobEntry, BlobStage, BlobStat, BlobStore, Cleaned, PutResult } from "./blob-store.ts";

/** Blobs in memory, gone with the process. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<Digest, Uint8Array>();
  readonly #touchedAt = new Map<Digest, number>();

  async stat(digest: Digest): Promise<BlobStat | undefined> {
    const content = this.#blobs.get(digest);
    return content && { digest, size: content.length, storedSize: content.length };
  }

  async put(content: Uint8Array): Promise<PutResult> {
    const own = Uint8Array.from(content);
    const digest = digestOf(own);
    if (!this.#blobs.has(digest)) this.#blobs.set(digest, own);
    this.#touchedAt.set(digest, Date.now());
    return { digest, size: own.length };
  }

  async putFile(path: string): Promise<PutResult> {
    const content = await attemptAsync("reading a file", path, async () => {
      try {
        return await readFile(path);
      } catch (error) {
        if (systemCode(error) !== "ENOENT" && systemCode(error) !== "EISDIR") throw error;
        return fail("missing-file", `${path} is not a file`, { where: { file: path }, cause: error });
      }
    });
    return this.put(content);
  }

  draft(): BlobDraft {
    const pieces: Uint8Array[] = [];
    let size = 0;
    return {
      get size() {
        return size;
      },
      write: (bytes) => {
        pieces.push(Uint8Array.from(bytes));
        size += bytes.length;
      },
      commit: () => this.put(Buffer.concat(pieces)),
      discard: () => {},
    };
  }

  stage(): BlobStage {
    const staged = new MemoryBlobStore();
    return {
      draft: () => staged.draft(),
      stat: (digest) => staged.stat(digest),
      publish: async (digest) => {
        this.#blobs.set(digest, staged.#get(digest));
        staged.#blobs.delete(digest);
      },
      close: () => staged.#blobs.clear(),
    };
  }

  async read(digest: Digest): Promise<Uint8Array> {
    return this.#get(digest).slice();
  }

  async *stream(digest: Digest): AsyncGenerator<Uint8Array> {
    const content = this.#get(digest);
    if (content.length > 0) yield content.slice();
  }

  async place(digest: Digest, path: string, options: { readonly executable?: boolean } = {}): Promise<void> {
    this.placeSync(digest, path, options);
  }

  placeSync(digest: Digest, path: string, options: { readonly executable?: boolean } = {}): void {
    const content = this.#get(digest);
    ensureDir(dirname(path));
    const temp = new TempFile(dirname(path), options.executable ? 0o755 : 0o644, ".sluice-");
    try {
      temp.write(content);
      temp.commitSync(path);
    } finally {
      temp.discard();
    }
  }

  async verify(digest: Digest): Promise<"ok" | "missing" | "corrupt"> {
    return this.#blobs.has(digest) ? "ok" : "missing";
  }

  async remove(digest: Digest): Promise<void> {
    this.removeSync(digest);
  }

  removeSync(digest: Digest): void {
    this.#blobs.delete(digest);
  }

  entrySync(digest: Digest): BlobEntry | undefined {
    const content = this.#blobs.get(digest);
    return content && { storedSize: content.length, touchedAt: this.#touchedAt.get(digest) ?? 0 };
  }

  digestsSync(start: string): readonly Digest[] {
    return [...this.#blobs.keys()].filter((digest) => digest.startsWith(start)).sort();
  }

  async *list(): AsyncGenerator<BlobStat> {
    for (const [digest, { length }] of this.#blobs) yield { digest, size: length, storedSize: length };
  }

  async clean(): Promise<Cleaned> {
    return { files: 0, bytes: 0 };
  }

  #get(digest: Digest): Uint8Array {
    return (
      this.#blobs.get(digest) ??
      fail("missing-blob", `blob ${String(digest).slice(0, 12)} is not in the store`, { retryable: true })
    );
  }
}
