import { types } from "node:util";
import { fileRefOf } from "../../../core/file-ref.ts";
import { rowsRefOf } from "../../../core/rows-ref.ts";
import { classOf } from "../../../core/value-class.ts";
import { responseSource } from "./response.ts";

/** What a function gave that comes bit by bit. */
export interface StreamSource {
  /** The next bit, at once where it is there; after the last, `done`. */
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>>;
  /** Ends it early: a generator's `finally` runs, a stream is closed. May take as long as what it waits for. */
  stop(reason: unknown): Promise<unknown>;
  /** Whether it can only be bytes. */
  readonly isBytes?: boolean;
  /** How many bytes there will be, where that is said beforehand. */
  readonly size?: number;
}

/**
 * A value that comes bit by bit: a web or Node stream, an async iterable, a generator, a `Response`, a query's rows. Undefined for all others.
 * @throws SluiceError `stage-failed` for a `Response` that says that the request failed
 */
export function streamSourceOf(value: unknown): StreamSource | undefined {
  if (value === null || typeof value !== "object" || isData(value)) return undefined;
  if (isResponse(value)) return responseSource(value, (body) => streamSourceOf(body)!);
  if (isWebStream(value)) return webSource(value);
  if (isNodeStream(value)) return nodeSource(value);
  if (isQueryResult(value)) return iteratorSource(rowsOf(value));
  if (typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === "function") {
    return iteratorSource((value as AsyncIterable<unknown>)[Symbol.asyncIterator]());
  }
  const isIterator = value instanceof Iterator || types.isGeneratorObject(value);
  return isIterator ? iteratorSource(value as Iterator<unknown>) : undefined;
}

/** Whether a value is kept as it is, even if it can also be iterated. */
function isData(value: object): boolean {
  if (fileRefOf(value) || rowsRefOf(value)) return true;
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype
    ? !(Symbol.asyncIterator in value)
    : classOf(prototype) !== undefined;
}

/** By its name: to ask for the global one loads all of `fetch`, and there may be others. */
function isResponse(value: object): value is Response {
  return Object.prototype.toString.call(value) === "[object Response]" && "body" in value && "ok" in value;
}

function isWebStream(value: object): value is ReadableStream<unknown> {
  return "getReader" in value && typeof value.getReader === "function";
}

function isNodeStream(value: object): value is NodeJS.ReadableStream & { destroy?: (error?: Error) => void } {
  return "pipe" in value && typeof value.pipe === "function" && Symbol.asyncIterator in value;
}

/** What a query of DuckDB gives whose rows are fetched when they are wanted. Gone through, it would give chunks of its own memory. */
interface QueryResult {
  yieldRowObjects(): AsyncIterable<readonly object[]>;
}

function isQueryResult(value: object): value is QueryResult {
  return "yieldRowObjects" in value && typeof value.yieldRowObjects === "function" && "fetchChunk" in value;
}

async function* rowsOf(result: QueryResult): AsyncGenerator<object> {
  for await (const rows of result.yieldRowObjects()) yield* rows;
}

function iteratorSource(iterator: Iterator<unknown> | AsyncIterator<unknown>): StreamSource {
  return { next: () => iterator.next(), stop: async () => iterator.return?.() };
}

function webSource(stream: ReadableStream<unknown>): StreamSource {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    // Also ends a read that waits.
    stop: (reason) => reader.cancel(reason),
  };
}

function nodeSource(stream: NodeJS.ReadableStream & { destroy?: (error?: Error) => void }): StreamSource {
  // Its errors come by the iterator. Without a listener, one before or after it would end the process.
  stream.on("error", () => {});
  const iterator = stream[Symbol.asyncIterator]();
  const { readableObjectMode } = stream as { readableObjectMode?: boolean };
  return {
    next: () => iterator.next(),
    stop: async () => {
      stream.destroy?.();
      await iterator.return?.();
    },
    ...(readableObjectMode === false ? { isBytes: true } : {}),
  };
}
