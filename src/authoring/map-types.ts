import type { Duration } from "../core/duration.ts";
import type { JsonValue } from "../core/json.ts";
import type { Behaviour, Node } from "../core/node.ts";
import type { NodeOptions } from "./declaration.ts";
import type { Checks, ExecutorOption, FormatName, RetryOptions, ValueOf } from "./stage-types.ts";

/** What a map goes over: a node that gives a list, or a list. */
export type Items = Node<readonly unknown[]> | readonly unknown[];

/** One item of what a map goes over. */
export type ItemOf<List> = ValueOf<List> extends readonly (infer Item)[] ? Item : never;

/** The formats that a list can be stored in; `registerFormat` adds others. */
export type ListFormat = Exclude<FormatName, "text" | "bytes" | "file">;

export interface MapOptions<Item, Value> extends NodeOptions {
  /**
   * What an item is called in logs and failures; the name of its file, or its position in the list, unless given, and for an item for which
   * this throws or gives `undefined`.
   */
  readonly key?: (item: Item) => string;
  /** How many items may run at once; as many as the run allows unless given. */
  readonly jobs?: number;
  /** How it uses the cache, the list and each item: `default` (on a miss), `recompute`, `disable` or `ignore`. */
  readonly cache?: Behaviour;
  /** How the list is stored: `auto` unless given. Items are always stored as `auto`. */
  readonly format?: ListFormat | (string & {});
  /** What the format takes. */
  readonly formatOptions?: JsonValue;
  /** Also place the list here, relative to the folder of the module. */
  readonly output?: string;
  /** A salt: changing it makes earlier results stale. Also says that captured variables are looked after by hand. */
  readonly version?: string;
  /** How long one attempt at one item may take; no limit unless given. */
  readonly timeout?: Duration;
  /** How to try an item again after a failure; not at all unless given. */
  readonly retries?: RetryOptions;
  /** A named pool that limits how many items and stages run at once; its limit is 1 unless given here or for the run. */
  readonly pool?: string | { readonly name: string; readonly limit?: number };
  /**
   * Where the function is called; `inline` unless given. Makes no difference to keys. A thread is sent the item and the shared inputs with
   * each call: it is for items that take a millisecond and more.
   */
  readonly executor?: ExecutorOption;
  /** How old the result of an item may be before it is made again; any age unless given. */
  readonly maxAge?: Duration;
  /** What the result of an item must pass before it is recorded. */
  readonly check?: Checks<Value>;
}
