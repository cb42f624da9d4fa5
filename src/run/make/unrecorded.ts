import path from "node:path";
import type { BlobStore } from "../../store/blob-store.ts";
import { LocalBlobStore } from "../../store/local-blob-store.ts";
import { MemoryBlobStore } from "../../store/memory-blob-store.ts";
import type { Workspace } from "../workspace.ts";

/** A store for the results of a run that are not to be recorded; in the scratch folder, and gone with it. */
export function unrecordedStore(workspace: Workspace, runId: string): BlobStore {
  if (workspace.inMemory) return new MemoryBlobStore();
  const dir = path.join(workspace.scratch, `${runId}-unrecorded`);
  return new LocalBlobStore({ dir: path.join(dir, "blobs"), tmpDir: path.join(dir, "tmp") });
}
