import { join } from "node:path";
import { LocalBlobStore } from "../../src/store/local-blob-store.ts";
import { blobStoreConformance } from "../conformance/blob-store.ts";

blobStoreConformance("local", (dir) => new LocalBlobStore({ dir: join(dir, "v1/blobs"), tmpDir: join(dir, "v1/tmp") }));
