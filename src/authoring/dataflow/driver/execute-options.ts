import type { EventSink } from "../../../core/event.ts";
import type { Materializer, ToldBy } from "../sinks/materializer.ts";
import type { ResultKind } from "./result.ts";

/** What `execute` is given beside the targets. */
export interface ExecuteOptions<Nodes, Inputs, Result = ResultKind> {
  /** Values of the inputs, by name. */
  readonly inputs?: Inputs;
  /** Values in place of nodes, by name: these nodes do not run. */
  readonly overrides?: { readonly [Name in keyof Nodes]?: Nodes[Name] };
  /** What is made of the values: an object by name (`object`), or what a function gives (`arrowTable()`); as the driver says unless given. */
  readonly result?: Result;
  /** How many nodes may run at once; as the driver says unless given. */
  readonly jobs?: number;
  /** Whether a failure stops only what depends on it; false unless given: then nothing new starts. */
  readonly keepGoing?: boolean;
  /** Cancels the run. */
  readonly signal?: AbortSignal;
  /** Told of everything that happens, in order. Without it warnings go where `onWarning` says, and are warnings of the process else. */
  readonly onEvent?: EventSink;
}

/** What `materialize` is given beside what it writes. */
export interface MaterializeOptions<Nodes, Inputs, Name extends string = string>
  extends Omit<ExecuteOptions<Nodes, Inputs>, "result"> {
  /** Nodes whose values are wanted as well. */
  readonly additionalTargets?: readonly Name[];
}

/** What `materialize` gives. */
export interface Materialized<Nodes, Materializers extends readonly Materializer[], Name extends string> {
  /** What is told of what was written, by id. */
  readonly saved: ToldBy<Materializers>;
  /** The values of additional targets, by name. */
  readonly values: { [Each in Name & keyof Nodes]: Nodes[Each] };
}
