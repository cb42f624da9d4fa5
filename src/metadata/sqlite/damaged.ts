import { statSync } from "node:fs";
import { isDamage, isMisfit } from "./sqlite-error.ts";

/** The file is not a database of ours, in a way that SQLite does not mind. */
export class Damaged extends Error {}

/** Whether an error, ours or SQLite's, says that the file at hand cannot be used and will not get better. */
export function isDamaged(error: unknown): error is Error {
  return error instanceof Damaged || isDamage(error) || isMisfit(error);
}

/**
 * SQLite would say no more than that it cannot open them; and a pipe would be worse.
 * @throws Damaged when something that is no file is in the place of a database or of a file beside it
 */
export function requireFiles(file: string): void {
  for (const path of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Damaged(`${path} is not a file`);
  }
}
