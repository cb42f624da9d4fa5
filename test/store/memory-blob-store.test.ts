import { MemoryBlobStore } from "../../src/store/memory-blob-store.ts";
import { blobStoreConformance } from "../conformance/blob-store.ts";

blobStoreConformance("memory", () => new MemoryBlobStore());
