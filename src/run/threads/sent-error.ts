import { format } from "node:util";
import { errorTypes } from "../../core/canonical/scheme.ts";
import { decode, encode } from "../../core/canonical.ts";
import { type Failure, failureOf, SluiceError } from "../../core/failure.ts";

/** Something that was thrown, on its way to another thread. */
export type SentError =
  | {
      readonly kind: "failure";
      readonly failure: Omit<Failure, "cause">;
      readonly cause?: SentError;
      readonly stack: string;
    }
  | {
      readonly kind: "error";
      /** The place of its type among {@link errorTypes}. */
      readonly type: number;
      readonly name: string;
      readonly message: string;
      readonly stack: string;
      readonly cause?: SentError;
      /** Of an AggregateError. */
      readonly errors?: readonly SentError[];
      /** Other properties (`code`, `path`, ...), as far as they can be cloned. */
      readonly properties: Readonly<Record<string, unknown>>;
    }
  /** What is no error: encoded, else as a text. */
  | { readonly kind: "value"; readonly bytes: Uint8Array }
  | { readonly kind: "text"; readonly text: string };

/** Causes within causes that are sent. */
const mostCauses = 16;

/** Makes something that was thrown fit to be sent. Its stack is taken as text, which leads to the author's source. */
export function sendError(thrown: unknown, depth = mostCauses): SentError {
  const found = failureOf(thrown);
  if (found) {
    const { cause, ...rest } = found;
    return { kind: "failure", failure: rest, stack: textOf(thrown, "stack"), ...sentCause(cause, depth) };
  }
  if (!(thrown instanceof Error)) return sendValue(thrown);
  const { cause } = thrown;
  const errors = thrown instanceof AggregateError ? thrown.errors : undefined;
  return {
    kind: "error",
    type: errorTypes.findLastIndex((type) => thrown instanceof type),
    name: textOf(thrown, "name"),
    message: textOf(thrown, "message"),
    stack: textOf(thrown, "stack"),
    properties: propertiesOf(thrown),
    ...sentCause(cause, depth),
    ...(errors && depth > 0 ? { errors: errors.map((error: unknown) => sendError(error, depth - 1)) } : {}),
  };
}

function sentCause(cause: unknown, depth: number): { readonly cause?: SentError } {
  return cause === undefined || depth === 0 ? {} : { cause: sendError(cause, depth - 1) };
}

function sendValue(thrown: unknown): SentError {
  let files = 0;
  try {
    const bytes = encode(thrown, { onFile: () => files++ });
    if (files === 0) return { kind: "value", bytes };
  } catch (error) {
    if (!failureOf(error)) throw error;
  }
  return { kind: "text", text: format("%o", thrown) };
}

/** A property of an error that may be anything, or throw. */
function textOf(error: unknown, name: "name" | "message" | "stack"): string {
  try {
    return String((error as Error)[name]);
  } catch {
    return "";
  }
}

function propertiesOf(error: Error): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [name, { value, enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (!enumerable || ["name", "message", "stack", "cause", "errors"].includes(name)) continue;
    try {
      Object.defineProperty(properties, name, {
        value: structuredClone(value),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } catch {
      // A function, a socket: it means nothing in another thread.
    }
  }
  return properties;
}

/** What was thrown, as far as another thread can have it: an error has its name, message, stack and causes. */
export function receiveError(sent: SentError): unknown {
  if (sent.kind === "text") return sent.text;
  if (sent.kind === "value") return decode(sent.bytes);
  const cause = sent.cause === undefined ? undefined : receiveError(sent.cause);
  if (sent.kind === "failure") {
    return withStack(new SluiceError({ ...sent.failure, ...(cause === undefined ? {} : { cause }) }), sent.stack);
  }
  const type = errorTypes[sent.type] ?? Error;
  const options = cause === undefined ? undefined : { cause };
  const error: Error =
    type === AggregateError
      ? new AggregateError((sent.errors ?? []).map(receiveError), sent.message, options)
      : new (type as ErrorConstructor)(sent.message, options);
  if (error.name !== sent.name) define(error, "name", sent.name);
  for (const [name, value] of Object.entries(sent.properties)) {
    Object.defineProperty(error, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return withStack(error, sent.stack);
}

function withStack(error: Error, stack: string): Error {
  define(error, "stack", stack);
  return error;
}

function define(error: Error, name: string, value: string): void {
  Object.defineProperty(error, name, { value, configurable: true, writable: true });
}
