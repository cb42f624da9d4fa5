import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from "node:fs";
import { relative, sep } from "node:path";
import { type Digest, Hasher } from "../core/digest.ts";
import { fail, failureOf, fromSystemError } from "../core/failure.ts";
import type { FileIndexEntry, FileIndexStore } from "./metadata.ts";

/** What a file is, to a key: its content and whether it can be executed; never when it was written, or where. */
export interface FileVersion {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
}

export interface FileIndexOptions {
  /** Absolute path of the folder that paths in the index are relative to. */
  readonly root: string;
  readonly store: FileIndexStore;
  /** Nanoseconds since 1970; the system's clock unless given. */
  readonly now?: () => bigint;
}

/**
 * What the file system says of a file or folder that tells whether it has changed: size, times of content and inode, inode,
 * device, mode.
 */
export type Stamp = readonly bigint[];

const millisecond = 1_000_000n;
const second = 1_000n * millisecond;

/**
 * By how much a file's times must be older than its hashing for an edit after the hashing to be sure to show in them. Kernels
 * stamp files with a clock that ticks every 1 to 10 ms.
 */
const fineTick = 100n * millisecond;
/** The same for file systems that keep whole seconds, or even ones, as FAT does. */
const coarseTick = 2n * second + fineTick;

/** Attempts to hash a file that is being written to. */
const mostAttempts = 5;

/** Shared, for hashing never waits in the midst. */
const buffer = Buffer.allocUnsafeSlow(1 << 20);

/**
 * The versions of files, without reading those that have not changed: the digest is remembered together with what the file
 * system says of the file, as git's index does (`racy-git.adoc` in git's documentation tells of the trap). A digest is
 * remembered only when the file could not have been changed in the same tick in which it was hashed.
 */
export class FileIndex {
  readonly #root: string;
  readonly #store: FileIndexStore;
  readonly #now: () => bigint;

  constructor(options: FileIndexOptions) {
    this.#root = options.root;
    this.#store = options.store;
    this.#now = options.now ?? (() => BigInt(Date.now()) * millisecond);
  }

  /**
   * The version of the file at an absolute path; symbolic links are followed.
   * @throws SluiceError `missing-file`; `invalid-definition` for what is not a file; `input-changed` when it is written to all
   *   the time; `read-only` when it may not be read; `io`
   */
  version(path: string): FileVersion {
    const stat = statFile(path);
    if (!stat) failMissing(path);
    requireFile(path, stat);
    const name = this.#nameOf(path);
    const known = this.#known(name, stat);
    if (known) return { digest: known.digest, size: Number(stat.size), executable: isExecutable(stat) };
    return this.#hashed(path, name);
  }

  /**
   * What the file system says of the file at an absolute path, if this tells that it has the content: as long as
   * {@link stampAt} gives the same, it has. Undefined where it may have been written to since it was hashed.
   */
  stampOf(path: string, content: Digest): Stamp | undefined {
    const stat = statFile(path);
    if (!stat?.isFile()) return undefined;
    return this.#known(this.#nameOf(path), stat)?.digest === content ? stampIn(stat) : undefined;
  }

  #nameOf(path: string): string {
    return sep === "/" ? relative(this.#root, path) : relative(this.#root, path).replaceAll(sep, "/");
  }

  /** What is remembered of a file, if that is still so. */
  #known(name: string, stat: BigIntStats): FileIndexEntry | undefined {
    const known = this.#store.get(name);
    const holds = known && isSame(known, stat) && isSettled(stat, known.hashedAtNs) && known.hashedAtNs <= this.#now();
    return holds ? known : undefined;
  }

  /** Whether the file is still of this version: by what the file system says, and where that is not enough by its content. */
  unchanged(path: string, version: FileVersion): boolean {
    try {
      const { digest, executable } = this.version(path);
      return digest === version.digest && executable === version.executable;
    } catch (error) {
      const reason = failureOf(error)?.reason;
      if (reason === "missing-file" || reason === "invalid-definition" || reason === "input-changed") return false;
      throw error;
    }
  }

  /** Writes what is still in memory. */
  flush(): void {
    this.#store.flush();
  }

  #hashed(path: string, name: string): FileVersion {
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      const hashedAtNs = this.#now();
      const hashed = hashFile(path);
      if (!hashed) continue;
      const { stat, digest } = hashed;
      const executable = isExecutable(stat);
      if (isSettled(stat, hashedAtNs)) {
        const { size, mtimeNs, ctimeNs, ino: inode, dev: device } = stat;
        this.#store.put({ path: name, size, mtimeNs, ctimeNs, inode, device, executable, digest, hashedAtNs });
      }
      return { digest, size: Number(stat.size), executable };
    }
    fail("input-changed", `${path} is written to while it is read`, {
      where: { file: path },
      hint: "run again when it is complete",
      retryable: true,
    });
  }
}

/**
 * What the file system says of the file at an absolute path, symbolic links followed; undefined for what is no file, or may not be
 * looked at.
 */
export function stampAt(path: string): Stamp | undefined {
  try {
    const stat = statFile(path);
    return stat?.isFile() ? stampIn(stat) : undefined;
  } catch (error) {
    if (failureOf(error)) return undefined;
    throw error;
  }
}

/**
 * What the file system says of the folder at an absolute path: as long as it says the same, no name has come to it or gone.
 * Undefined for what is no folder, and where a name may have come or gone in the same tick of the clock.
 * @param now nanoseconds since 1970; none for a stamp that is only compared
 */
export function folderStampAt(path: string, now?: bigint): Stamp | undefined {
  try {
    const stat = statFile(path);
    return stat?.isDirectory() && (now === undefined || isSettled(stat, now)) ? stampIn(stat) : undefined;
  } catch (error) {
    if (failureOf(error)) return undefined;
    throw error;
  }
}

function stampIn({ size, mtimeNs, ctimeNs, ino, dev, mode }: BigIntStats): Stamp {
  return [size, mtimeNs, ctimeNs, ino, dev, mode];
}

function isSame(known: FileIndexEntry, stat: BigIntStats): boolean {
  return (
    known.size === stat.size &&
    known.mtimeNs === stat.mtimeNs &&
    known.ctimeNs === stat.ctimeNs &&
    known.inode === stat.ino &&
    known.device === stat.dev &&
    known.executable === isExecutable(stat)
  );
}

/** Whether an edit since `hashedAtNs` would show in the file's times. A time in the future never settles. */
function isSettled({ mtimeNs, ctimeNs }: BigIntStats, hashedAtNs: bigint): boolean {
  return mtimeNs + tickOf(mtimeNs) < hashedAtNs && ctimeNs + tickOf(ctimeNs) < hashedAtNs;
}

function tickOf(time: bigint): bigint {
  return time % second === 0n ? coarseTick : fineTick;
}

/** As git sees it: by the owner's bit. */
function isExecutable(stat: BigIntStats): boolean {
  return (stat.mode & 0o100n) !== 0n;
}

/** The digest of a file's content in constant memory; undefined when it was changed meanwhile. */
function hashFile(path: string): { readonly stat: BigIntStats; readonly digest: Digest } | undefined {
  let descriptor: number;
  try {
    // Not to wait for a writer, if it has become a pipe.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (isAbsence(error)) failMissing(path);
    throw fromSystemError(error, "reading an input", path);
  }
  try {
    const before = fstatSync(descriptor, { bigint: true });
    requireFile(path, before);
    const hasher = new Hasher();
    let size = 0;
    for (;;) {
      const length = readSync(descriptor, buffer, 0, buffer.length, null);
      if (length === 0) break;
      hasher.update(buffer.subarray(0, length));
      size += length;
    }
    const stat = fstatSync(descriptor, { bigint: true });
    const isStill = stat.size === BigInt(size) && stat.mtimeNs === before.mtimeNs && stat.ctimeNs === before.ctimeNs;
    return isStill ? { stat, digest: hasher.digest() } : undefined;
  } catch (error) {
    throw fromSystemError(error, "reading an input", path);
  } finally {
    closeSync(descriptor);
  }
}

function statFile(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw fromSystemError(error, "looking at an input", path);
  }
}

/** No such file, a file where a folder should be, links that lead round in a circle, or a path that no file can have. */
function isAbsence(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP", "ERR_INVALID_ARG_VALUE"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function isSymbolicLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch (error) {
    if (isAbsence(error)) return false;
    throw fromSystemError(error, "looking at an input", path);
  }
}

function failMissing(path: string): never {
  const isLink = isSymbolicLink(path);
  fail("missing-file", isLink ? `${path} is a link that leads to no file` : `there is no file ${path}`, {
    where: { file: path },
    hint: isLink ? "make what it points to, or point it elsewhere" : "check the path, or make the file",
  });
}

function requireFile(path: string, stat: BigIntStats): void {
  if (stat.isFile()) return;
  const isFolder = stat.isDirectory();
  fail("invalid-definition", `${path} is ${isFolder ? "a folder" : "a pipe, socket or device"}, not a file`, {
    where: { file: path },
    hint: isFolder ? "use dir() for a folder, or glob() for files in it" : "only regular files can be versioned",
  });
}
