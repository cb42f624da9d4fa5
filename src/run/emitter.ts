import type { EventBody, EventSink, ItemFailure, ItemsOutcome, RunEvent } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import type { JsonValue } from "../core/json.ts";
import type { Redactor } from "../platform/secrets.ts";
import { cleanFailure } from "./redaction.ts";

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

  /** A text fit to be shown and stored. */
  cleanText(text: string): string {
    return this.#redactor.redact(text);
  }

  /** The same for all texts in what JSON can carry. */
  cleanJson(value: JsonValue): JsonValue {
    if (typeof value === "string") return this.cleanText(value);
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map((each: JsonValue) => this.cleanJson(each));
    return this.cleanMembers(value as { readonly [name: string]: JsonValue });
  }

  cleanMembers(members: { readonly [name: string]: JsonValue }): { readonly [name: string]: JsonValue } {
    return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, this.cleanJson(value)]));
  }

  /** What became of the items of a map, fit to be shown and stored. */
  cleanItems(items: ItemsOutcome): ItemsOutcome {
    const clean = (each: ItemFailure): ItemFailure => ({
      ...each,
      item: this.cleanText(each.item),
      message: this.cleanText(each.message),
    });
    return { ...items, failures: items.failures.map(clean) };
  }

  /** A failure fit to be shown and stored. */
  cleanFailure(failure: Failure): Failure {
    return cleanFailure(failure, this.#redactor);
  }

  #clean(body: EventBody): EventBody {
    if (body.type === "node-log") return { ...body, ...this.#cleanItem(body), text: this.cleanText(body.text) };
    if (!("failure" in body && body.failure)) return body;
    const failure = this.cleanFailure(body.failure);
    return body.type === "node-retrying" ? { ...body, ...this.#cleanItem(body), failure } : { ...body, failure };
  }

  /** What an item of a map is called is made of its value. */
  #cleanItem({ item }: { readonly item?: string }): { readonly item?: string } {
    return item === undefined ? {} : { item: this.cleanText(item) };
  }
}
