import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryMetadata } from "../../src/metadata/memory-metadata.ts";
import { openSqliteMetadata } from "../../src/metadata/sqlite-metadata.ts";
import { keepingConformance } from "../conformance/keeping.ts";
import { metadataConformance } from "../conformance/metadata.ts";

const newFile = () => join(mkdtempSync(join(tmpdir(), "sluice-metadata-")), "v1", "metadata.db");

metadataConformance("memory", (options) => new MemoryMetadata(options));
keepingConformance("memory", (options) => new MemoryMetadata(options));

metadataConformance("sqlite", (options) => openSqliteMetadata({ file: newFile(), ...options }));
keepingConformance("sqlite", (options) => openSqliteMetadata({ file: newFile(), ...options }));
