import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  rmdirSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { failureOf, fromSystemError } from "../core/failure.ts";

/** How much of a file is in memory at once when it is read or written piece by piece: 1 MiB. */
export const pieceSize = 1 << 20;

/** Asks the disk to keep what was written, without holding up this thread. */
export const fsyncLater: (fd: number) => Promise<void> = promisify(fsync);

/** The code of an error of the operating system. */
export function systemCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Where an absolute path leads through all links, whether something is there yet or not. */
export function realPlace(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPlace(folder), basename(path));
  }
}

/** Runs file operations; what the system says against them is thrown as a failure that says what was being done. */
export function attempt<T>(doing: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fromSystemError(error, doing, path);
  }
}

/** {@link attempt} for work that is awaited. */
export async function attemptAsync<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromSystemError(error, doing, path);
  }
}

/** What is at a path, links not followed; undefined when nothing is, or when what should be a folder above it is none. */
export function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) === "ENOTDIR") return undefined;
    throw fromSystemError(error, "looking at a file", path);
  }
}

/** Makes a folder with those above it; the mode is less the umask. */
export function ensureDir(path: string, mode = 0o777): void {
  attempt("making a folder", path, () => makeFolders(path, mode));
}

/**
 * Where Node does not know what to make of an error (EROFS, EDQUOT, EIO), it says ENOENT, or says nothing where somebody else has made
 * a folder above meanwhile: the system is asked again, by one.
 */
function makeFolders(path: string, mode: number): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
  if (!existsSync(path)) makeEach(path, mode);
}

function makeEach(path: string, mode: number): void {
  if (!existsSync(dirname(path))) makeEach(dirname(path), mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // By someone else, meanwhile.
    if (systemCode(error) !== "EEXIST") throw error;
  }
}

/** Like {@link ensureDir}, and the folders that it makes survive a power cut. */
export async function ensureDirDurably(path: string, mode = 0o777): Promise<void> {
  await attemptAsync("making a folder", path, async () => {
    const missing: string[] = [];
    for (let dir = path; !existsSync(dir); dir = dirname(dir)) missing.push(dir);
    if (missing.length === 0) return;
    makeFolders(path, mode);
    for (const dir of missing) await syncDir(dirname(dir));
  });
}

/** Removes a file or a link, or a folder with what is in it, links not followed. Nothing there is fine. */
export function removeEntry(path: string): void {
  attempt("removing a file", path, () => {
    try {
      ifThere(() => unlinkSync(path));
    } catch (error) {
      if (entryAt(path)?.isDirectory() !== true) throw error;
      removeFolder(path);
    }
  });
}

/** Node's own removal of a folder does not tell a failing disk from a read-only one. What others remove meanwhile is gone. */
function removeFolder(path: string): void {
  for (const entry of ifThere(() => readdirSync(path, { withFileTypes: true })) ?? []) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) removeFolder(inside);
    else ifThere(() => unlinkSync(inside));
  }
  ifThere(() => rmdirSync(path));
}

function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Removes what is of no use any more, at the end of something else, which may have failed: so it adds no failure of its own, and
 * what it cannot remove is for the next clean-up.
 */
export function discardEntry(path: string): void {
  try {
    removeEntry(path);
  } catch (error) {
    if (systemCode(failureOf(error)?.cause ?? error) === undefined) throw error;
  }
}

const waiting = new Map<string, Promise<void>>();

/**
 * Makes the entries of a folder survive a power cut. Calls for one folder in the same turn of the event loop share one sync.
 */
export function syncDir(path: string): Promise<void> {
  // Windows cannot sync a folder; its file systems keep the order of such changes in a journal.
  if (process.platform === "win32") return Promise.resolve();
  let sync = waiting.get(path);
  if (!sync) {
    sync = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      // Whoever comes from here on may have changed the folder after the sync began.
      waiting.delete(path);
      return syncNow(path);
    });
    waiting.set(path, sync);
  }
  return sync;
}

async function syncNow(path: string): Promise<void> {
  await attemptAsync("syncing a folder", path, async () => {
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await fsyncLater(fd);
    } finally {
      closeSync(fd);
    }
  });
}

/** Gives an entry the time of now, if that can be done. */
export function touch(path: string): void {
  const now = new Date();
  try {
    lutimesSync(path, now, now);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/** Writes all of the bytes, however many the system takes at a time. */
export function writeAll(fd: number, content: Uint8Array): void {
  for (let at = 0; at < content.length; ) at += writeSync(fd, content, at, content.length - at);
}

/** Fills a buffer from a place in a file, as far as the file goes; gives how many bytes there were. */
export function readFully(fd: number, into: Uint8Array, position: number): number {
  let at = 0;
  while (at < into.length) {
    const count = readSync(fd, into, at, into.length - at, position + at);
    if (count === 0) break;
    at += count;
  }
  return at;
}

const cannotClone = new Set(["ENOTSUP", "EOPNOTSUPP", "EXDEV", "EINVAL", "ENOSYS", "ENOTTY", "EPERM"]);

/** Makes a file share another's blocks until one of them is written to; false where the file system cannot do that. */
export function cloneFile(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (cannotClone.has(systemCode(error) ?? "")) return false;
    throw fromSystemError(error, "copying a file", to);
  }
}
