import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryMetadata } from "../../src/metadata/memory-metadata.ts";
import { openSqliteMetadata } from "../../src/metadata/sqlite-metadata.ts";
import { metadataConformance } from "../conformance/metadata.ts";

metadataConformance("memory", (options) => new MemoryMetadata(options));

metadataConformance("sqlite", (options) =>
  openSqliteMetadata({ file: join(mkdtempSync(join(tmpdir(), "sluice-metadata-")), "v1", "metadata.db"), ...options }),
);
