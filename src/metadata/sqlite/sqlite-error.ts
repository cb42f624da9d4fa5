import { failure, fromSystemError, SluiceError } from "../../core/failure.ts";

/* Primary result codes: https://sqlite.org/rescode.html */
const codes = {
  error: 1,
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  constraint: 19,
  mismatch: 20,
  notADatabase: 26,
} as const;

/** SQLite's primary result code of an error; undefined when it is none of SQLite's. */
function codeOf(error: unknown): number | undefined {
  const errcode = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof errcode === "number" ? errcode & 0xff : undefined;
}

/** Whether the error says that the file is not, or no longer, a database of the expected form. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  // A statement that did fit is prepared again, within SQLite, when the schema has changed under it.
  if (code === codes.error) return /^no such table|^no such column|has no column/.test((error as Error).message);
  return code === codes.corrupt || code === codes.notADatabase || code === codes.mismatch;
}

/** Whether a statement does not fit the database: when it is one of ours, the fault is the database's. */
export function isMisfit(error: unknown): boolean {
  return codeOf(error) === codes.error;
}

/** Whether what was to be written goes against a rule of its table. */
export function isViolation(error: unknown): boolean {
  return codeOf(error) === codes.constraint;
}

/** Whether SQLite refuses to write. */
export function isRefusal(error: unknown): boolean {
  return codeOf(error) === codes.readOnly;
}

/** Whether another process holds the lock that was needed. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === codes.busy || code === codes.locked;
}

/**
 * Whether a reader that may not write met the log's index while a writer was changing it. The next try finds it whole, unless
 * that writer was killed just then.
 */
export function isInFlux(error: unknown): boolean {
  // SQLITE_READONLY_RECOVERY
  return (error as { errcode?: unknown } | undefined)?.errcode === 264;
}

/** Whether the file holds what is none of SQLite's. */
export function isNoDatabase(error: unknown): boolean {
  return codeOf(error) === codes.notADatabase;
}

/** Whether there is no space for the index of the log that processes share (`metadata.db-shm`, 32 KiB). */
export function isShortOfIndex(error: unknown): boolean {
  // SQLITE_IOERR_SHMSIZE
  return (error as { errcode?: unknown } | undefined)?.errcode === 4874;
}

/** Whether the database, or a file beside it, could not be opened or written. */
export function isUnopenable(error: unknown): boolean {
  const code = codeOf(error);
  return code === codes.cannotOpen || code === codes.readOnly;
}

/** An error of SQLite as a failure with a reason and a hint; other errors are given back as they are. */
export function fromSqliteError(error: unknown, file: string): unknown {
  const because = (error as Error).message;
  const detail = { where: { file }, cause: error };
  switch (codeOf(error)) {
    case codes.busy:
    case codes.locked:
    case codes.protocol:
      return new SluiceError(
        failure("io", `the database ${file} stayed locked by another process`, {
          ...detail,
          hint: "another process that uses this cache hangs or is stopped; end it, then try again",
          retryable: true,
        }),
      );
    case codes.readOnly:
      return new SluiceError(
        failure("read-only", `the database ${file} cannot be written (${because})`, {
          ...detail,
          hint: "check the permissions, or use another --cache-dir",
        }),
      );
    case codes.full:
      return new SluiceError(
        failure("no-space", `no space left while writing ${file}`, {
          ...detail,
          hint: "free some space, or run `sluice cache gc`",
          retryable: true,
        }),
      );
    case codes.io:
    case codes.cannotOpen:
      return new SluiceError(
        failure("io", `the database ${file} cannot be read or written (${because})`, {
          ...detail,
          hint: "check the disk and the permissions, or use another --cache-dir",
          retryable: true,
        }),
      );
    default:
      return fromSystemError(error, "using the database", file);
  }
}
