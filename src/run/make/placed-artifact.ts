import path from "node:path";
import { failureOf } from "../../core/failure.ts";
import { type Artifact, inlineContent } from "../../core/record.ts";
import type { FileIndex } from "../../metadata/file-index.ts";
import { ensureDirDurably, entryAt } from "../../platform/files.ts";
import { writeFileAtomic } from "../../platform/temp-file.ts";
import type { BlobStore } from "../../store/blob-store.ts";

/**
 * Puts the content of an artifact at an absolute path, whole or not at all, checked. A link there is replaced, never followed.
 * @throws SluiceError `corrupt-blob`, `missing-blob`, and what the system says against it
 */
export async function placeArtifact(blobs: BlobStore, target: string, artifact: Artifact): Promise<void> {
  const executable = artifact.executable ?? false;
  const content = inlineContent(artifact);
  if (content) await writeInline(target, content, executable);
  else await blobs.place(artifact.digest, target, { executable });
}

async function writeInline(target: string, content: Uint8Array, executable: boolean): Promise<void> {
  const folder = path.dirname(target);
  await ensureDirDurably(folder);
  await writeFileAtomic(target, content, { tmpDir: folder, mode: executable ? 0o777 : 0o666 });
}

/** Whether an absolute path is the file already that an artifact would be there. A link is not, wherever it leads. */
export function isPlaced(files: Pick<FileIndex, "version">, target: string, artifact: Artifact): boolean {
  try {
    if (entryAt(target)?.isFile() !== true) return false;
    const { digest, executable } = files.version(target);
    return digest === artifact.digest && executable === (artifact.executable ?? false);
  } catch (error) {
    // What cannot be read is written anew.
    if (failureOf(error)) return false;
    throw error;
  }
}
