import { type Failure, failure, failureOf, fromSystemError, type Reason } from "../core/failure.ts";
import { thrownText } from "../core/thrown.ts";
import { environmentRedactor } from "../platform/secrets.ts";
import { describeFailure } from "../report/failure.ts";
import { failureDocument } from "../report/json.ts";
import { userFrames } from "../report/stack.ts";
import { cleanFailure } from "../run/redaction.ts";
import { sanitizeLines } from "../text/sanitize.ts";
import type { ExitCode } from "./command.ts";
import { printJson } from "./print.ts";
import type { Terminal } from "./terminal.ts";

/** Reasons that say that a node failed; every other says that the call, the pipeline or the store is wrong. */
const nodeFailed: ReadonlySet<Reason> = new Set([
  "stage-failed",
  "timed-out",
  "check-failed",
  "missing-output",
  "unversionable",
  "unsupported-value",
  "input-changed",
  "upstream-failed",
  "hook-failed",
]);

/** The exit code that a failure stands for. */
export function exitCodeOf(failure: Failure): ExitCode {
  if (failure.reason === "cancelled") return 130;
  // What may go better later, with nothing edited, is no fault of the call or the pipeline.
  return nodeFailed.has(failure.reason) || failure.retryable ? 1 : 2;
}

interface TroubleOptions {
  readonly json: boolean;
  /** How to write to stderr, where that is not simply to write. */
  readonly write?: (text: string) => void;
}

/**
 * Says what went wrong: an expected failure as message, place and hint; anything else as the bug that it is, with its stack.
 * With `--json` the document on stdout says it too.
 */
export function reportTrouble(error: unknown, terminal: Terminal, options: TroubleOptions): ExitCode {
  const { err, cwd } = terminal;
  const { json, write = err.write } = options;
  const redactor = environmentRedactor();
  const found = failureOf(machineTrouble(error));
  const known = found && cleanFailure(found, redactor);
  if (known) {
    write(`${describeFailure(known, { style: err.style, cwd }).join("\n")}\n`);
    const status = known.reason === "cancelled" ? "cancelled" : "failed";
    if (json) printJson(terminal, { status, failure: failureDocument(known) });
    return exitCodeOf(known);
  }
  const stack = redactor.redact(stackOf(error));
  const lines = [
    `${err.style.bad("this is a bug in Sluice, not a mistake of yours.")} Please report it with these lines:`,
    ...sanitizeLines(stack).map((line) => `  ${line}`),
  ];
  write(`${lines.join("\n")}\n`);
  if (json) {
    const message = redactor.redact(error instanceof Error ? error.message : String(error));
    printJson(terminal, { status: "failed", failure: { reason: "bug", message, retryable: false, cause: stack } });
  }
  return 1;
}

/** An error of the machine may come from everywhere, even from loading a module of ours: no bug, whoever met it. */
function machineTrouble(error: unknown): unknown {
  const { syscall = "the system", path } = (error ?? {}) as NodeJS.ErrnoException;
  const explained = fromSystemError(error, `calling ${syscall}`, path);
  return failureOf(explained)?.retryable ? explained : error;
}

/** What was thrown where nobody could catch it: the user's own code's, if a call of it is on the stack. */
export function strayFailure(error: unknown): Failure | undefined {
  if (failureOf(error)) return failureOf(error);
  const stack = stackOf(error);
  if (userFrames(stack).length === 0) return undefined;
  return failure("stage-failed", `an error was thrown where no stage could catch it: ${thrownText(error)}`, {
    cause: error,
    hint: "await every promise that a stage starts, and handle the errors of its timers and streams",
  });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
