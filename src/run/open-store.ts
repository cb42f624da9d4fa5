import { accessSync, constants, existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Failure, failure, failureOf, fromRemoval, fromSystemError, SluiceError } from "../core/failure.ts";
import { FileIndex } from "../metadata/file-index.ts";
import type { Leases } from "../metadata/lease.ts";
import { openSqliteMetadata } from "../metadata/sqlite-metadata.ts";
import { atExit } from "../platform/at-exit.ts";
import { discardEntry, ensureDir, entryAt, syncDir } from "../platform/files.ts";
import { tempName } from "../platform/temp-file.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { LocalBlobStore } from "../store/local-blob-store.ts";
import { signPart } from "./keeping/divided.ts";
import type { Limits } from "./keeping/limits.ts";
import type { Store } from "./workspace.ts";

export interface OpenOptions {
  /** Absolute path of the project's folder. */
  readonly root: string;
  /** Absolute path of the cache; `.sluice` in the root unless given. */
  readonly cacheDir?: string | undefined;
  /** Where blobs are, if not in the cache: the absolute path of another cache folder, which several may share, or a store. */
  readonly blobs?: string | BlobStore | undefined;
  /** How much the store may keep, where that is not to be what `sluice.json` in the root says. */
  readonly limits?: Limits;
  /** Told of what is wrong with the store and was got around. */
  readonly onWarning?: (warning: Failure) => void;
}

/**
 * Opens a project's store, making it where there is none.
 * @throws SluiceError `newer-store`, `damaged-store`, `read-only`, `no-space`, `io`; `invalid-definition` where the settings are wrong
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  const { root, cacheDir = path.join(root, ".sluice"), onWarning } = options;
  const home = path.join(cacheDir, "v1");
  const limits = { ...(await settledLimits(root)), ...options.limits };
  const elsewhere = options.blobs ?? cacheDir;
  const blobsHome = typeof elsewhere === "string" ? path.join(elsewhere, "v1") : undefined;
  const unwritable =
    (await makeHome(cacheDir, home)) ??
    (blobsHome === undefined || blobsHome === home ? undefined : await makeHome(elsewhere as string, blobsHome));
  if (unwritable) {
    onWarning?.(unwritable);
    return openInMemory(root);
  }
  if (blobsHome !== home) {
    signPart(home, "records");
    if (blobsHome !== undefined) signPart(blobsHome, "values");
  }
  const tmpDir = path.join(home, "tmp");
  const blobs =
    typeof elsewhere === "string"
      ? new LocalBlobStore({ dir: path.join(elsewhere, "v1", "blobs"), tmpDir: path.join(elsewhere, "v1", "tmp") })
      : elsewhere;
  // A record without its blobs is of no use.
  const closed = blobsHome === undefined ? undefined : closedFolder(blobsHome);
  if (closed) onWarning?.(closed);
  const metadata = openSqliteMetadata({
    file: metadataFile(cacheDir),
    readOnly: closed !== undefined,
    storedSize: (digest) => blobs.entrySync(digest)?.storedSize,
    ...(onWarning ? { onWarning } : {}),
  });
  // Where the cache cannot be written, stages still need a place for their files.
  const scratch = scratchFolder(metadata.readOnly ? tmpdir() : tmpDir);
  const leases = lazyLeases(path.join(home, "leases.db"));
  return {
    root,
    cacheDir,
    blobs,
    metadata,
    leases,
    files: new FileIndex({ root, store: metadata.files }),
    scratch: scratch.path,
    // What others keep there too nobody makes room in.
    ...(blobsHome === home ? { limits } : {}),
    close: async () => {
      await leases.close();
      metadata.close();
      scratch.remove();
    },
  };
}

/** The database of a cache. */
export function metadataFile(cacheDir: string): string {
  return path.join(cacheDir, "v1", "metadata.db");
}

/** Most projects have no settings: to know that is one look. */
async function settledLimits(root: string): Promise<Limits> {
  const file = path.join(root, "sluice.json");
  if (!existsSync(file)) return {};
  const { readLimits } = await import("./keeping/settings-file.ts");
  return readLimits(file);
}

/** A project whose cache lasts as long as the process. */
async function openInMemory(root: string): Promise<Store> {
  const { MemoryMetadata } = await import("../metadata/memory-metadata.ts");
  const { MemoryLeases } = await import("../metadata/memory-leases.ts");
  const scratch = scratchFolder(tmpdir());
  const blobs = new LocalBlobStore({ dir: path.join(scratch.path, "blobs"), tmpDir: path.join(scratch.path, "tmp") });
  const metadata = new MemoryMetadata({ storedSize: (digest) => blobs.entrySync(digest)?.storedSize });
  return {
    root,
    cacheDir: undefined,
    blobs,
    metadata,
    leases: new MemoryLeases(),
    files: new FileIndex({ root, store: metadata.files }),
    scratch: scratch.path,
    close: async () => scratch.remove(),
  };
}

/** A folder of this process's own, made when something is put there and gone with the process at the latest. */
function scratchFolder(parent: string): { readonly path: string; readonly remove: () => void } {
  const folder = path.join(parent, tempName());
  const remove = (): void => {
    callOff();
    if (existsSync(folder)) discardEntry(folder);
  };
  const callOff = atExit(remove);
  return { path: folder, remove };
}

/** Leases that load when the first is wanted: a run in which nothing runs never wants one. */
function lazyLeases(file: string): Leases {
  let opened: Promise<Leases> | undefined;
  const leases = (): Promise<Leases> => {
    opened ??= import("../metadata/local-leases.ts").then(({ openLocalLeases }) => openLocalLeases({ file }));
    return opened;
  };
  return {
    tryAcquire: async (key) => (await leases()).tryAcquire(key),
    waitFor: async (key, signal) => (await leases()).waitFor(key, signal),
    close: async () => (await opened)?.close(),
  };
}

/**
 * Makes the cache's folder, which keeps itself out of git, and sees to it that a power cut does not take it away with all that
 * is put there. Gives what is wrong where it must not be made.
 */
async function makeHome(cacheDir: string, home: string): Promise<Failure | undefined> {
  // In our own folder: the one above may be one that the user named, with other things in it. It comes last, so without it the
  // folder is none whose entries are known to be on the disk.
  const sign = path.join(home, ".gitignore");
  if (existsSync(sign)) return undefined;
  try {
    ensureDir(home, 0o700);
    for (const dir of [cacheDir, path.dirname(cacheDir)]) await syncReadable(dir);
    writeFileSync(sign, "*\n", { flush: true });
    await syncReadable(home);
    return undefined;
  } catch (error) {
    const thrown = fromSystemError(error, "making the cache's folder", cacheDir);
    const readOnly = failureOf(thrown, "read-only");
    if (!readOnly) throw fromLostLink(fromRemoval(thrown, home), sign);
    // One that is there is read; that it cannot be written is told by whoever opens it.
    if (existsSync(home)) return undefined;
    return { ...readOnly, message: `nothing can be kept: ${readOnly.message}`, hint: "name another --cache-dir" };
  }
}

/** What is wrong where the database might be written, and what is beside it, or blobs that are elsewhere, cannot be. */
function closedFolder(home: string): Failure | undefined {
  for (const folder of [home, path.join(home, "blobs"), path.join(home, "tmp")]) {
    try {
      accessSync(folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      const cause = failureOf(fromSystemError(error, "opening the cache", folder), "read-only");
      if (cause === undefined) continue;
      return failure("read-only", `the cache at ${home} cannot be written; its results are used, but none are added`, {
        where: { file: folder },
        hint: "check the permissions, or use another --cache-dir",
        cause: error,
      });
    }
  }
  return undefined;
}

/** Such as that to a disk which is not mounted, in whatever error making a folder ends. */
function fromLostLink(error: unknown, sign: string): unknown {
  const link = lostLink(sign);
  if (link === undefined) return error;
  return new SluiceError(
    failure("io", `the cache's folder cannot be made: ${link} is a link that leads to nothing`, {
      where: { file: link },
      hint: "make what it leads to, or use another --cache-dir",
      cause: error,
    }),
  );
}

/** The uppermost link of a path that leads to nothing, or in a circle. */
function lostLink(file: string): string | undefined {
  const above = path.dirname(file);
  const found = above === file ? undefined : lostLink(above);
  return found ?? (entryAt(file)?.isSymbolicLink() && !existsSync(file) ? file : undefined);
}

/** A folder above the cache may be one that can be passed and not be opened: such a one can only be left to the system. */
async function syncReadable(dir: string): Promise<void> {
  try {
    await syncDir(dir);
  } catch (error) {
    if (!failureOf(error, "read-only")) throw error;
  }
}
