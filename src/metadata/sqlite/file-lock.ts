import { lstatSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { makePrivate } from "./private-file.ts";
import { isBusy, isNoDatabase } from "./sqlite-error.ts";

/*
 * Locks on files, by way of SQLite: Node has no calls for them. The kernel holds them, for a process and not for what it says of itself,
 * so they end with it, however it ends, and not before. Nothing is ever kept in the files.
 */

/** A file that this process has locked. */
export interface FileLock {
  close(): void;
}

/**
 * Locks a file, which is made where it is missing.
 * @param timeout milliseconds to wait for another process
 * @returns undefined where something else is at its path
 */
export function lockFile(file: string, timeout: number): FileLock | undefined {
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === false) return undefined;
  makePrivate(file);
  const lock = new DatabaseSync(file, { timeout });
  try {
    // Nothing is written, and a journal would be a file, too.
    lock.exec("PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (isNoDatabase(error)) return undefined;
    throw error;
  }
}

/** Whether somebody has a file locked; undefined when that cannot be told. Nothing is made or changed. */
export function isLocked(file: string): boolean | undefined {
  // A pipe would be waited for, by whoever opens it.
  const entry = lstatSync(file, { throwIfNoEntry: false });
  if (!entry?.isFile()) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    database.prepare("SELECT 1 FROM sqlite_schema").get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    // To see that it is none, SQLite had to get the lock for reading.
    if (isNoDatabase(error) || !lstatSync(file, { throwIfNoEntry: false })) return false;
    return undefined;
  } finally {
    database?.close();
  }
}
