import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../../core/failure.ts";
import { attempt, ensureDir } from "../../platform/files.ts";
import { randomDigits } from "../../platform/random-name.ts";
import { type FileLock, isLocked, lockFile } from "../sqlite/file-lock.ts";
import { fromSqliteError } from "../sqlite/sqlite-error.ts";

/*
 * A holder of leases has a name that is never used again once it is gone, and a file of that name, which is locked while it lives.
 * Nothing depends on process ids or on clocks.
 */

const form = /^[0-9a-f]{24}$/;
const suffix = ".lock";

/** Milliseconds to wait for a lock that nobody else ever takes; to see that, others hold it for a moment. */
const patience = 30_000;

/** A holder of leases in this process. */
export class Owner {
  readonly id = randomDigits(24);
  readonly #file: string;
  readonly #lock: FileLock;

  /**
   * @param dir the folder of the locks, which is made where it is missing
   * @throws SluiceError `io`, `no-space`, `read-only`
   */
  constructor(dir: string) {
    ensureDir(dir, 0o700);
    this.#file = fileOf(dir, this.id);
    this.#lock = lockNew(this.#file);
  }

  close(): void {
    this.#lock.close();
    remove(this.#file);
  }
}

/** What cannot be removed now is by who comes later: a file that nobody has locked says nothing. */
function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
}

function lockNew(file: string): FileLock {
  try {
    return lockFile(file, patience) ?? fail("io", `${file} is not a file`, { where: { file }, retryable: true });
  } catch (error) {
    throw fromSqliteError(error, file);
  }
}

/** Whether a text can be the name of an owner: nothing else becomes part of a path. */
export function isOwnerId(text: string): boolean {
  return form.test(text);
}

/**
 * Whether an owner lives. The kernel answers, not the process: one that is stopped or busy lives, and so does, as far as can be told,
 * one that cannot be asked about.
 */
export function isAlive(dir: string, id: string): boolean {
  return isLocked(fileOf(dir, id)) ?? true;
}

/** Removes what a dead owner left. @throws SluiceError `io` */
export function removeOwner(dir: string, id: string): void {
  const file = fileOf(dir, id);
  const entry = attempt("looking at a lock", file, () => lstatSync(file, { throwIfNoEntry: false }));
  if (entry?.isFile()) remove(file);
}

/** Owners whose files are older than `age` milliseconds, dead or alive; at most `limit`. @throws SluiceError `io` */
export function agedOwners(dir: string, age: number, limit: number): readonly string[] {
  const found: string[] = [];
  for (const name of attempt("looking for locks", dir, () => readdirSync(dir))) {
    const id = name.slice(0, -suffix.length);
    if (!name.endsWith(suffix) || !isOwnerId(id)) continue;
    const file = fileOf(dir, id);
    const entry = attempt("looking at a lock", file, () => lstatSync(file, { throwIfNoEntry: false }));
    if (entry && Date.now() - entry.mtimeMs > age && found.push(id) >= limit) break;
  }
  return found;
}

function fileOf(dir: string, id: string): string {
  return join(dir, id + suffix);
}
