import type { Node } from "../../../core/node.ts";
import type { StageValue } from "../../stage-types.ts";
import type { AnyFunction } from "./flow-node.ts";

/** What a wrapper tells the compiler of its function. There is nothing of it when the program runs. */
export interface FlowMark {
  /** The format that the result is kept in. */
  readonly format?: string;
  /** Nodes that it makes beside, or instead of, the one called after the export. */
  readonly nodes?: Readonly<Record<string, unknown>>;
  /** Nodes that are called after the export and a name of their own: `NODE.NAME`. */
  readonly below?: Readonly<Record<string, unknown>>;
  /** Whether no node is called after the export. */
  readonly only?: true;
  /** Whether the export's name ends before `__`. */
  readonly variant?: true;
  /** Inputs of the dataflow with their types. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** What the node gives, where that is not what the function returns. */
  readonly gives?: unknown;
  /** The same where that goes through a pipe first. */
  readonly piped?: unknown;
  /** Of a parallel node: what those that read it get. */
  readonly item?: unknown;
}

/** A function that was wrapped. */
export interface Marked<Mark extends FlowMark> {
  readonly "~flow"?: Mark;
}

/** What wrappers have told of a function. */
export type MarkOf<F> = F extends { readonly "~flow"?: infer Mark } ? NonNullable<Mark> : Record<never, never>;

/** What a function gives as a node: what its consumers get, and what `execute` gives. */
export type FlowValue<F> =
  MarkOf<F> extends { readonly piped: infer Value }
    ? Value
    : MarkOf<F> extends { readonly gives: infer Value }
      ? Value
      : F extends (...args: never) => infer Result
        ? StageValue<
            Result,
            MarkOf<F> extends { readonly format: infer Format } ? Format : "auto",
            Record<never, never>
          >
        : never;

/** What a function gives as a node where a call of it gives this: what a generic function gives depends on what it gets. */
export type FlowResult<F, Result> = FlowValue<
  ((...args: never) => Result) & { readonly "~flow"?: Omit<MarkOf<F>, "piped"> }
>;

type NameOf<Name, Value> = Name extends `_${string}` | "default"
  ? never
  : Value extends Node
    ? Name
    : Value extends AnyFunction
      ? MarkOf<Value> extends { readonly only: true }
        ? never
        : MarkOf<Value> extends { readonly variant: true }
          ? Name extends `${infer Base}__${string}`
            ? Base
            : Name
          : Name
      : never;

type ValueOfExport<Value> = Value extends Node<infer Given> ? Given : FlowValue<Value>;

type MoreNodes<Value> = Value extends unknown
  ? MarkOf<Value> extends { readonly nodes: infer Nodes }
    ? Nodes
    : never
  : never;

/** Nodes that are called after their export: `NODE.NAME`. */
type NodesBelow<Module> = {
  [Name in keyof Module]: MarkOf<Module[Name]> extends { readonly below: infer Below }
    ? { readonly [Each in keyof Below as `${Name & string}.${Each & string}`]: Below[Each] }
    : never;
}[keyof Module];

type Both<Union> = (Union extends unknown ? (each: Union) => void : never) extends (both: infer All) => void
  ? All
  : never;

type Flat<T> = { [Name in keyof T]: T[Name] };

/** The nodes of a module by name, with what they give; of a module that is only known by its path, any names. */
export type NodesOf<Module> = Module extends string | URL
  ? Readonly<Record<string, unknown>>
  : Flat<
      { [Name in keyof Module as NameOf<Name, Module[Name]>]: ValueOfExport<Module[Name]> } & ([
        MoreNodes<Module[keyof Module]>,
      ] extends [never]
        ? unknown
        : Both<MoreNodes<Module[keyof Module]>>) &
        ([NodesBelow<Module>] extends [never] ? unknown : Both<NodesBelow<Module>>)
    >;

/** The names that a function takes from one object, with their types. What it takes one by one has no names that a type could tell. */
export type TakenBy<F> = F extends unknown
  ? MarkOf<F> extends { readonly inputs: infer Inputs }
    ? Inputs
    : F extends (...args: infer Args extends readonly [unknown?]) => unknown
      ? PlainObject<NonNullable<Args[0]>>
      : never
  : never;

type PlainObject<T> = T extends object
  ? T extends readonly unknown[] | AnyFunction | Date | RegExp | Map<never, never> | Set<never> | Uint8Array
    ? never
    : T
  : never;

/** The types of inputs, as far as the modules tell: of functions that take their inputs from one object, or by `inputs([...], fn)`. */
export type InputsOf<Module, Nodes> = Module extends string | URL
  ? unknown
  : [TakenBy<Module[keyof Module]>] extends [never]
    ? unknown
    : {
        readonly [Name in keyof Both<TakenBy<Module[keyof Module]>> as Name extends keyof Nodes ? never : Name]?: Both<
          TakenBy<Module[keyof Module]>
        >[Name];
      };

/** What all modules have together; a later one wins. Of a list of any length nothing is known but that it has names. */
export type AllNodes<Modules extends readonly unknown[]> = number extends Modules["length"]
  ? Readonly<Record<string, unknown>>
  : Modules extends readonly [infer First, ...infer Rest]
    ? Flat<Omit<NodesOf<First>, keyof AllNodes<Rest>> & AllNodes<Rest>>
    : Record<never, never>;

export type AllInputs<Modules extends readonly unknown[], Nodes> = Modules extends readonly [infer First, ...infer Rest]
  ? InputsOf<First, Nodes> & AllInputs<Rest, Nodes>
  : unknown;

/** Inputs as far as they are known, and any others. */
export type OpenInputs<Known> = Known & Readonly<Record<string, unknown>>;
