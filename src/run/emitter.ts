import type { EventBody, EventSink, RunEvent } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import type { Redactor } from "../platform/secrets.ts";

/** Stamps events, takes secrets out of them, and hands them on in order. */
export class Emitter {
  readonly #sinks: readonly EventSink[];
  readonly #redactor: Redactor;

  constructor(sinks: readonly EventSink[], redactor: Redactor) {
    this.#sinks = sinks;
    this.#redactor = redactor;
  }

  /** Takes over the event it is given: stamping a copy of each would cost more than all else that a hit costs. */
  emit(body: EventBody): void {
    const event: EventBody & { time?: number } = this.#clean(body);
    event.time = Date.now();
    for (const sink of this.#sinks) sink(event as RunEvent);
  }

  /** A failure fit to be shown and stored. */
  cleanFailure(failure: Failure): Failure {
    const redact = (text: string): string => this.#redactor.redact(text);
    return {
      ...failure,
      message: redact(failure.message),
      ...(failure.hint === undefined ? {} : { hint: redact(failure.hint) }),
      ...(failure.cause === undefined ? {} : { cause: cleanCause(failure.cause, redact) }),
    };
  }

  #clean(body: EventBody): EventBody {
    if (body.type === "node-log") return { ...body, text: this.#redactor.redact(body.text) };
    if ("failure" in body && body.failure) return { ...body, failure: this.cleanFailure(body.failure) };
    return body;
  }
}

/** An error's name, message and stack, without whatever else hangs on it (requests with their headers, for one). */
class CleanCause {
  readonly name: string;
  readonly message: string;
  readonly stack: string;

  constructor(error: Error, redact: (text: string) => string) {
    this.name = error.name;
    this.message = redact(error.message);
    this.stack = redact(error.stack ?? "");
  }
}

function cleanCause(cause: unknown, redact: (text: string) => string): unknown {
  if (cause instanceof CleanCause) return cause;
  if (cause instanceof Error) return new CleanCause(cause, redact);
  return typeof cause === "string" ? redact(cause) : undefined;
}
