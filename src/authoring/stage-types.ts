import type { Duration } from "../core/duration.ts";
import type { JsonValue } from "../core/json.ts";
import type { Behaviour, Check, CheckVerdict, Node, Retries } from "../core/node.ts";
import type { Size } from "../core/size.ts";
import type { FileHandle } from "../platform/file-handle.ts";
import type { RowsHandle } from "../platform/rows-handle.ts";
import type { NodeOptions } from "./declaration.ts";
import type { RunOptions } from "./project.ts";

/** What a stage's function gets for an input: the value of a node, or the plain value itself. */
export type ValueOf<Input> = Input extends Node<infer Value> ? Value : Input;

/** What a stage's function gets for all its inputs. */
export type InputValues<Inputs> = { readonly [Name in keyof Inputs]: ValueOf<Inputs[Name]> };

/** Rows: an array of objects, or an Arrow table. */
export type Rows = readonly object[] | { readonly schema: object; readonly numRows: number; readonly numCols: number };

/** What a function must return for each format that does not take every value. */
export interface FormatValues {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly file: string | FileHandle;
  readonly csv: Rows;
  readonly ndjson: readonly unknown[];
  readonly parquet: Rows;
  readonly arrow: Rows;
}

/** What comes bit by bit: a web or Node stream, an async iterable, a generator. */
export type Streamed<Item> = AsyncIterable<Item> | IteratorObject<Item, unknown, undefined>;

/** Bytes that come bit by bit; strings become their UTF-8. */
export type StreamedBytes = Streamed<string | Uint8Array> | Response;

/** What a function may return bit by bit for each format that does not take every value. */
interface FormatStreams {
  readonly text: StreamedBytes;
  readonly bytes: StreamedBytes;
  readonly file: StreamedBytes;
  readonly csv: Streamed<object>;
  readonly ndjson: Streamed<unknown>;
  readonly parquet: never;
  readonly arrow: never;
}

/** The names of the formats that Sluice brings; `registerFormat` adds others. */
export type FormatName = keyof FormatValues | "auto" | "json";

type Named = Readonly<Record<string, string>>;
type None<Outputs> = [keyof Outputs] extends [never] ? true : false;
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing returns void
type Nothing = void | undefined;

/** What a stage's function may return, by its format and outputs. */
export type Returned<Format, Outputs> =
  None<Outputs> extends true
    ? Format extends keyof FormatValues
      ?
          | FormatValues[Format]
          | FormatStreams[Format]
          | PromiseLike<FormatValues[Format]>
          | PromiseLike<FormatStreams[Format]>
      : unknown
    : Nothing | PromiseLike<Nothing>;

/** What a stage gives, by what its function returns, its format and its outputs. */
export type StageValue<Result, Format, Outputs> =
  None<Outputs> extends true
    ? Format extends "file"
      ? FileHandle
      : Kept<Awaited<Result>, Format>
    : { readonly [Name in keyof Outputs]: FileHandle };

/** A value as it is kept: what comes bit by bit becomes a handle. */
type Kept<Value, Format> =
  Value extends RowsHandle<unknown>
    ? Value
    : Value extends QueryResult<infer Row>
      ? Value extends { readonly chunkCount: number }
        ? Value
        : RowsHandle<Row>
      : KeptBits<Value, Format>;

/** What DuckDB gives for a query; with a number of chunks all of it is in memory, and it is kept as it is. */
interface QueryResult<Row> {
  fetchChunk(): Promise<unknown>;
  yieldRowObjects(): AsyncIterable<Row[]>;
}

type KeptBits<Value, Format> = Value extends Response
  ? FileHandle
  : Value extends AsyncIterable<infer Item> | IteratorObject<infer Item, unknown, undefined>
    ? KeptStream<Item, Format>
    : Value;

type KeptStream<Item, Format> = Format extends "text" | "bytes" | "file"
  ? FileHandle
  : Format extends "auto"
    ? [Item] extends [string | Uint8Array]
      ? FileHandle
      : RowsHandle<Item>
    : RowsHandle<Item>;

/** A check with a name and a level; the level is `fail` unless given. */
export type NamedCheck<Value> = Omit<Check<Value>, "level"> & Partial<Pick<Check<Value>, "level">>;

type CheckFunction<Value> = (value: Value) => CheckVerdict | Promise<CheckVerdict>;

/** One check or several: functions are called after themselves. */
export type Checks<Value> =
  | CheckFunction<Value>
  | NamedCheck<Value>
  | readonly (CheckFunction<Value> | NamedCheck<Value>)[];

/** How to try again: as a number, attempts after the first. */
export type RetryOptions = number | (Pick<Retries, "times"> & Partial<RetryDelays>);

interface RetryDelays {
  /** Before the second attempt; one second unless given. */
  readonly delay: Duration;
  /** What each further delay is multiplied by, at least 1; 2 unless given. */
  readonly factor: number;
  /** The longest delay; one minute unless given. */
  readonly maxDelay: Duration;
}

/**
 * Where a stage's function is called: in the thread of the run, where all others are (`inline`), or in one of its own. With
 * `memory`, a stage fails when the heap of its thread is seen to take more, what is not collected yet included.
 */
export type ExecutorOption = "inline" | "thread" | { readonly kind: "thread"; readonly memory?: Size };

export interface StageOptions<Value, Format extends string = string, Outputs extends Named = Named>
  extends NodeOptions {
  /** How it uses the cache: `default` (on a miss), `recompute`, `disable` or `ignore`. */
  readonly cache?: Behaviour;
  /** How its value is stored: `auto` unless given, which gives back exactly what was returned. */
  readonly format?: Format;
  /** What the format takes; part of the key. */
  readonly formatOptions?: JsonValue;
  /** Also place the value here, relative to the folder of the module. A text or bytes as they are, else by the format. */
  readonly output?: string;
  /**
   * Files that the function writes at `context.outputs.NAME`, and where they are placed, relative to the folder of the
   * module. The function then returns nothing, and the value is the record of the files' handles.
   */
  readonly outputs?: Outputs;
  /** A salt: changing it makes earlier results stale. Also says that captured variables are looked after by hand. */
  readonly version?: string;
  /** How long one attempt may take; no limit unless given. */
  readonly timeout?: Duration;
  /** How to try again after a failure; not at all unless given. */
  readonly retries?: RetryOptions;
  /** A named pool that limits how many stages run at once; its limit is 1 unless given here or for the run. */
  readonly pool?: string | { readonly name: string; readonly limit?: number };
  /** Where the function is called; `inline` unless given. Makes no difference to keys. */
  readonly executor?: ExecutorOption;
  /** How old a result may be before it is made again; any age unless given. */
  readonly maxAge?: Duration;
  /** What the value must pass before it is recorded. */
  readonly check?: Checks<Value>;
}

/**
 * A stage: a node, and a function that runs it with all that it reads, in the default workspace (the nearest folder with a
 * `package.json` above the module that declares the stage), and gives its value.
 */
export interface Stage<out Value> extends Node<Value> {
  /** @throws SluiceError when a node failed or the pipeline is wrong */
  (options?: RunOptions): Promise<Value>;
}
