/** What can be expected to go wrong, one stable word each. Scripts may match on these; they do not change meaning. */
export type Reason =
  // the call or the pipeline is wrong (exit code 2)
  | "usage"
  | "no-pipeline"
  | "load-failed"
  | "cycle"
  | "unknown-node"
  | "duplicate-name"
  | "duplicate-output"
  | "invalid-definition"
  | "undeclared-input"
  | "captured-variable"
  | "unknown-parameter"
  | "invalid-parameter"
  | "missing-parameter"
  | "missing-variable"
  | "missing-file"
  | "no-match"
  | "unsupported-format"
  | "unknown-run"
  // a node failed (exit code 1)
  | "stage-failed"
  | "timed-out"
  | "check-failed"
  | "missing-output"
  | "unversionable"
  | "unsupported-value"
  | "input-changed"
  | "upstream-failed"
  | "hook-failed"
  | "cancelled"
  // the store or the machine
  | "missing-blob"
  | "corrupt-blob"
  | "corrupt-value"
  | "damaged-store"
  | "newer-store"
  | "bad-archive"
  | "read-only"
  | "no-space"
  | "io";

/** A place in a file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** An expected failure, as a value: it travels in events, records and JSON. */
export interface Failure {
  readonly reason: Reason;
  /** One sentence for a person: what is wrong. */
  readonly message: string;
  /** The node that it concerns, by name. */
  readonly node?: string;
  /** Where the user would look. */
  readonly where?: Place;
  /** What to do about it. */
  readonly hint?: string;
  /** Whether the same call may go better later, with nothing edited. */
  readonly retryable: boolean;
  /** The error underneath, if one was thrown. */
  readonly cause?: unknown;
}

/** The one error that Sluice throws for expected failures. Anything else that is thrown is a bug. */
export class SluiceError extends Error {
  static {
    // What a stack and an uncaught error show, whatever a bundler makes of the name of the class.
    Object.defineProperty(SluiceError, "name", { value: "SluiceError" });
    Object.defineProperty(SluiceError.prototype, "name", { value: "SluiceError", configurable: true, writable: true });
  }

  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }

  /** The error underneath. No property of its own, so that Node shows it once where nobody catches this. */
  override get cause(): unknown {
    return this.failure.cause;
  }

  get reason(): Reason {
    return this.failure.reason;
  }
}

type Detail = Partial<Omit<Failure, "reason" | "message">>;

/** Makes a failure; `retryable` is false unless given. */
export function failure(reason: Reason, message: string, detail: Detail = {}): Failure {
  return { reason, message, retryable: false, ...detail };
}

/** Throws a {@link SluiceError}. */
export function fail(reason: Reason, message: string, detail: Detail = {}): never {
  throw new SluiceError(failure(reason, message, detail));
}

/** The failure inside a thrown value, if it is one of ours and of this reason (any reason when none is given). */
export function failureOf(error: unknown, reason?: Reason): Failure | undefined {
  if (!(error instanceof SluiceError)) return undefined;
  return reason === undefined || error.failure.reason === reason ? error.failure : undefined;
}

/** Node knows no name for EDQUOT: 122 on Linux, 69 on macOS and BSD. */
function codeOf(error: NodeJS.ErrnoException | undefined): string | undefined {
  return error?.code !== undefined && /^Unknown system error -(122|69)$/.test(error.code) ? "EDQUOT" : error?.code;
}

const moveAway = "move it away, or choose another path";

/** What to do about an error of the system. */
const hints: Readonly<Record<string, string>> = {
  EISDIR: `a folder is where a file is to be: ${moveAway}`,
  ENOTDIR: `a file is where a folder is to be: ${moveAway}`,
  EEXIST: `a file is where a folder is to be: ${moveAway}`,
  EFBIG: "a file may not be so large here: raise the limit (`ulimit -f`), or use another file system",
  EMFILE: "this process may not have more files open: raise the limit (`ulimit -n`)",
  ENFILE: "the system has too many files open: end some programs",
  ENAMETOOLONG: "choose a shorter name",
  EBUSY: "another program uses it: end that, and try again",
  EIO: "check the disk",
};

/** What to do where a temporary file cannot be written. */
export const temporaryHint = "set TMPDIR to a folder that can be written";

/** An error of who writes into a cache: where a folder is not there that was there before, somebody has removed the cache. */
export function fromRemoval(error: unknown, cache: string): unknown {
  if (codeOf(error as NodeJS.ErrnoException | undefined) !== "ENOENT") return error;
  return new SluiceError(
    failure("io", "the cache was removed while it was used", {
      where: { file: cache },
      hint: "open it again, as another run does: what was kept in it is made anew",
      retryable: true,
      cause: error,
    }),
  );
}

/**
 * Turns an error of the operating system into a failure with a reason; other errors are given back as they are.
 * @param hint what to do where there is no space or no permission, if it is not the cache's
 */
export function fromSystemError(error: unknown, doing: string, file?: string, hint?: string): SluiceError | unknown {
  if (error instanceof SluiceError) return error;
  const code = codeOf(error as NodeJS.ErrnoException | undefined);
  const where = file === undefined ? {} : { where: { file } };
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new SluiceError(
        failure("no-space", `no space left while ${doing}`, {
          ...where,
          hint: hint ?? "free some space, or run `sluice cache gc`",
          retryable: true,
          cause: error,
        }),
      );
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return new SluiceError(
        failure("read-only", `not permitted while ${doing}`, {
          ...where,
          hint: hint ?? "check the permissions, or use another --cache-dir",
          cause: error,
        }),
      );
    case "EIO":
    case "EMFILE":
    case "ENFILE":
    case "ENOTDIR":
    case "EEXIST":
    case "EISDIR":
    case "ENAMETOOLONG":
    case "EFBIG":
    case "EBUSY":
      return new SluiceError(
        failure("io", `${code} while ${doing}`, {
          ...where,
          hint: hints[code]!,
          retryable: code !== "ENAMETOOLONG",
          cause: error,
        }),
      );
    default:
      return error;
  }
}
