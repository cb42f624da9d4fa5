import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { fail, failureOf, fromSystemError } from "../../core/failure.ts";
import { ensureDir, systemCode } from "../../platform/files.ts";

/**
 * Whether a database and the files beside it may be written. Makes the folders that are missing.
 * @throws SluiceError `io`, `no-space`
 */
export function isWritable(file: string): boolean {
  try {
    ensureDir(dirname(file), 0o700);
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
    for (const path of [file, `${file}-wal`, `${file}-shm`]) requireAccess(path);
    return true;
  } catch (error) {
    const code = systemCode(failureOf(error)?.cause ?? error);
    if (code === "EROFS" || code === "EACCES" || code === "EPERM") return false;
    if (code === "EEXIST") {
      fail("io", `${dirname(file)} is not a folder`, {
        hint: "move it away, or use another --cache-dir",
        cause: error,
      });
    }
    throw fromSystemError(error, "opening the cache", dirname(file));
  }
}

/** Of what is there: whoever closes a database last removes what is beside it, at any moment. */
function requireAccess(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}
