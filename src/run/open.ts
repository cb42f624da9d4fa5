import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createAnalyser } from "../analyse/analyser.ts";
import { loadedModules } from "../analyse/loader.ts";
import { type Failure, failureOf, fromSystemError, SluiceError } from "../core/failure.ts";
import { FileIndex } from "../metadata/file-index.ts";
import type { Leases } from "../metadata/lease.ts";
import { openSqliteMetadata } from "../metadata/sqlite-metadata.ts";
import { tempName } from "../platform/temp-file.ts";
import { LocalBlobStore } from "../store/local-blob-store.ts";
import type { Workspace } from "./workspace.ts";

export interface OpenOptions {
  /** Absolute path of the project's folder. */
  readonly root: string;
  /** Absolute path of the cache; `.sluice` in the root unless given. */
  readonly cacheDir?: string | undefined;
  /** Told of what is wrong with the store and was got around. */
  readonly onWarning?: (warning: Failure) => void;
}

/**
 * Opens a project's store, making it where there is none.
 * @throws SluiceError `newer-store`, `damaged-store`, `read-only`, `no-space`, `io`
 */
export async function openWorkspace(options: OpenOptions): Promise<Workspace> {
  const { root, cacheDir = path.join(root, ".sluice"), onWarning } = options;
  const home = path.join(cacheDir, "v1");
  makeHome(cacheDir, home);
  const metadata = openSqliteMetadata({ file: path.join(home, "metadata.db"), ...(onWarning ? { onWarning } : {}) });
  const tmpDir = path.join(home, "tmp");
  // Where the cache cannot be written, stages still need a place for their files.
  const scratch = path.join(metadata.readOnly ? tmpdir() : tmpDir, tempName());
  const leases = lazyLeases(path.join(home, "leases.db"));
  const removeScratch = (): void => {
    if (existsSync(scratch)) rmSync(scratch, { recursive: true, force: true });
  };
  process.once("exit", removeScratch);
  return {
    root,
    cacheDir,
    blobs: new LocalBlobStore({ dir: path.join(home, "blobs"), tmpDir }),
    metadata,
    leases,
    files: new FileIndex({ root, store: metadata.files }),
    analyser: createAnalyser({ root, modules: loadedModules, derived: metadata.derived }),
    scratch,
    close: async () => {
      process.off("exit", removeScratch);
      await leases.close();
      metadata.close();
      removeScratch();
    },
  };
}

/** Leases that load their sockets when the first is wanted: a run in which nothing runs never wants one. */
function lazyLeases(file: string): Leases {
  let opened: Promise<Leases> | undefined;
  const leases = (): Promise<Leases> => {
    opened ??= import("../metadata/socket-leases.ts").then(({ openSocketLeases }) => openSocketLeases({ file }));
    return opened;
  };
  return {
    tryAcquire: async (key) => (await leases()).tryAcquire(key),
    waitFor: async (key, signal) => (await leases()).waitFor(key, signal),
    close: async () => (await opened)?.close(),
  };
}

/** Makes the cache's folder, which keeps itself out of git. */
function makeHome(cacheDir: string, home: string): void {
  if (existsSync(home)) return;
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(cacheDir, ".gitignore"), "*\n", { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST" && existsSync(home)) return;
    const hint = "name a folder that can be written with --cache-dir, or run with --cache off";
    const found = failureOf(fromSystemError(error, "making the cache's folder", cacheDir));
    throw found ? new SluiceError({ ...found, hint }) : error;
  }
}
