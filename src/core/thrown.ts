import { inspect } from "node:util";

/** Causes within causes that are told. */
const mostCauses = 4;
/** Errors of an AggregateError that are told. */
const mostErrors = 3;

/** What was thrown, in words: an error by its name and message, and what caused it where the message does not say that already. */
export function thrownText(thrown: unknown): string {
  return textOf(thrown, mostCauses);
}

function textOf(thrown: unknown, depth: number): string {
  if (!(thrown instanceof Error)) return inspect(thrown);
  // An error of several attempts to connect has no message of its own.
  const message = String(thrown.message || ((thrown as NodeJS.ErrnoException).code ?? ""));
  const text = `${thrown.name}: ${message}`;
  if (depth === 0) return text;
  const causes = causesOf(thrown)
    .filter((cause) => !(cause instanceof Error && cause.message !== "" && message.includes(cause.message)))
    .map((cause) => textOf(cause, depth - 1));
  return causes.length === 0 ? text : `${text}, caused by ${causes.join("; ")}`;
}

function causesOf(error: Error): readonly unknown[] {
  const errors: unknown = error instanceof AggregateError ? error.errors : undefined;
  if (Array.isArray(errors) && errors.length > 0) return errors.slice(0, mostErrors);
  return error.cause === undefined ? [] : [error.cause];
}
