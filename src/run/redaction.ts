import type { Failure } from "../core/failure.ts";
import type { NodeDefinition } from "../core/node.ts";
import { environmentRedactor, type Redactor } from "../platform/secrets.ts";
import type { Prepared } from "./prepare.ts";

/**
 * Knows the secrets of a run: the variables and secret parameters that its sources read, and what of the environment is called like
 * a secret, because code can read it past all declarations.
 */
export function redactorFor(prepared: Prepared): Redactor {
  const redactor = environmentRedactor();
  for (const [node, source] of prepared.sources) {
    if (isSecret(node.definition)) redactor.add(source.value());
  }
  return redactor;
}

/** Whether what a node gives is never stored or shown. */
export function isSecret(definition: NodeDefinition): boolean {
  return definition.kind === "env" || (definition.kind === "param" && definition.secret);
}

/** A failure fit to be shown and stored. */
export function cleanFailure(failure: Failure, redactor: Redactor): Failure {
  const redact = (text: string): string => redactor.redact(text);
  return {
    ...failure,
    message: redact(failure.message),
    ...(failure.hint === undefined ? {} : { hint: redact(failure.hint) }),
    ...(failure.cause === undefined ? {} : { cause: cleanCause(failure.cause, redact) }),
  };
}

/** Errors that hold nothing but what is clean. */
const clean = new WeakSet<Error>();

/** An error's name, message and stack, without whatever else hangs on it (requests with their headers, for one). */
function cleanError({ name, message, stack = "" }: Error, redact: (text: string) => string): Error {
  const own = { name, message: redact(message), stack: redact(stack) };
  // They are stored as well, so they are to be seen.
  const cleaned = Object.defineProperties(new Error(), valuesOf(own));
  clean.add(cleaned);
  return cleaned;
}

function valuesOf(fields: Readonly<Record<string, string>>): PropertyDescriptorMap {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { value, enumerable: true }]));
}

function cleanCause(cause: unknown, redact: (text: string) => string): unknown {
  if (cause instanceof Error) return clean.has(cause) ? cause : cleanError(cause, redact);
  return typeof cause === "string" ? redact(cause) : undefined;
}
