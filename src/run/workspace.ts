import type { CodeAnalyser } from "../analyse/code-version.ts";
import type { FileIndex } from "../metadata/file-index.ts";
import type { Leases } from "../metadata/lease.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { BlobStore } from "../store/blob-store.ts";
import type { Limits } from "./keeping/limits.ts";

/** The store of a project. */
export interface Store {
  /** Absolute path of the folder that all paths of the project are relative to. */
  readonly root: string;
  /** Absolute path of the cache; undefined when all is in memory. */
  readonly cacheDir: string | undefined;
  readonly blobs: BlobStore;
  readonly metadata: Metadata;
  readonly leases: Leases;
  readonly files: FileIndex;
  /** Whether values stay in memory, those too that are not recorded; false unless given. */
  readonly inMemory?: true;
  /** Absolute path of a folder for scratch files of this process. */
  readonly scratch: string;
  /** How much it may keep: what the project's settings say, and what was said instead. Absent where nobody has said anything. */
  readonly limits?: Limits;
  close(): Promise<void>;
}

/** A project with its store: everything that planning and running need. */
export interface Workspace extends Store {
  readonly analyser: CodeAnalyser;
}
