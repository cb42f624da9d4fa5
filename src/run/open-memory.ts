import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { CodeAnalyser, CodeVersion } from "../analyse/code-version.ts";
import { digestParts } from "../core/canonical.ts";
import { FileIndex } from "../metadata/file-index.ts";
import { MemoryLeases } from "../metadata/memory-leases.ts";
import { MemoryMetadata } from "../metadata/memory-metadata.ts";
import { tempName } from "../platform/temp-file.ts";
import { MemoryBlobStore } from "../store/memory-blob-store.ts";
import type { Store, Workspace } from "./workspace.ts";

/** Where what is kept in memory is kept; both end with the process. */
export interface MemoryParts {
  readonly metadata?: MemoryMetadata;
  readonly blobs?: MemoryBlobStore;
}

/** A store of which nothing is on the disk, but for files whose paths a function asks for. */
export function openMemoryStore(root: string, parts: MemoryParts = {}): Store {
  const metadata = parts.metadata ?? new MemoryMetadata();
  const scratch = path.join(tmpdir(), tempName());
  return {
    root,
    cacheDir: undefined,
    blobs: parts.blobs ?? new MemoryBlobStore(),
    metadata,
    leases: new MemoryLeases(),
    files: new FileIndex({ root, store: metadata.files }),
    inMemory: true,
    scratch,
    close: () => rm(scratch, { recursive: true, force: true }),
  };
}

/** A workspace for runs of which nothing is recorded: code has no versions there, as nothing would be looked up by them. */
export function openUncached(root: string): Workspace {
  return { ...openMemoryStore(root), analyser: noVersions };
}

const anyCode: CodeVersion = { digest: digestParts("unversioned", []), parts: [], warnings: [] };

const noVersions: CodeAnalyser = {
  versionOf: () => anyCode,
  versionOfValue: () => anyCode,
  placeOfValue: () => undefined,
  knownVersions: () => undefined,
  renew: () => false,
  changedFile: () => undefined,
  declaredAt: () => undefined,
  originalPlace: (frame) => frame.written ?? frame,
  textOf: () => undefined,
  inputUses: async () => [],
};
