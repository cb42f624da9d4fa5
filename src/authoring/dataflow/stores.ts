import { MemoryMetadata } from "../../metadata/memory-metadata.ts";
import { MemoryBlobStore } from "../../store/memory-blob-store.ts";

/** Records that are kept in memory, until nobody holds them: for tests, and for drivers that share results in one process. */
export class MemoryMetadataStore {
  /** @internal */
  readonly metadata: MemoryMetadata = new MemoryMetadata();
}

/** Values that are kept in memory. */
export class MemoryResultStore {
  /** @internal */
  readonly blobs: MemoryBlobStore = new MemoryBlobStore();
}
