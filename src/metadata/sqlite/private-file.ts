import { closeSync, constants, openSync } from "node:fs";

/**
 * Makes an empty file that only its owner may read, unless something is there already. SQLite would make one that is as open as the
 * umask allows, and gives its log and its shared memory the mode of the database.
 */
export function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
