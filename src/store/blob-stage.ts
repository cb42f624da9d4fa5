import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../core/digest.ts";
import { attempt } from "../platform/files.ts";
import { tempName } from "../platform/temp-file.ts";
import { FileDraft } from "./blob-draft.ts";
import { BlobFile } from "./blob-file.ts";
import type { BlobDraft, BlobStage, BlobStat } from "./blob-store.ts";

/** Puts the file of a staged blob at its place in the store. */
export type Publish = (from: string, blob: BlobStat) => Promise<void>;

/** Staged blobs as files of a folder beside other temporary files: should this process die, they are cleaned up like these. */
export class FolderStage implements BlobStage {
  readonly #folder: string;
  readonly #filesMode: number;
  readonly #publish: Publish;

  constructor(tmpDir: string, filesMode: number, publish: Publish) {
    this.#folder = join(tmpDir, tempName());
    this.#filesMode = filesMode;
    this.#publish = publish;
  }

  draft(): BlobDraft {
    // Not the folder: nobody looks here after a power cut.
    return new FileDraft(this.#folder, this.#filesMode, (temp, { digest }) =>
      temp.commit(join(this.#folder, digest), { folder: false }),
    );
  }

  async stat(digest: Digest): Promise<BlobStat | undefined> {
    const file = BlobFile.open(join(this.#folder, digest));
    file?.close();
    return file && { digest, size: file.trailer.size, storedSize: file.storedSize };
  }

  async publish(digest: Digest): Promise<void> {
    const blob = await this.stat(digest);
    if (!blob) throw new Error(`blob ${digest} is not staged`);
    await this.#publish(join(this.#folder, digest), blob);
  }

  close(): void {
    attempt("removing a folder", this.#folder, () => rmSync(this.#folder, { recursive: true, force: true }));
  }
}
