import type { Digest } from "../core/digest.ts";
import type { EventSink } from "../core/event.ts";
import type { PlanOptions } from "./plan.ts";
import type { Facts } from "./prepare.ts";
import type { RunControl } from "./run-control.ts";
import type { RunHooks } from "./run-hooks.ts";
import type { AllReused } from "./run-outcome.ts";

/**
 * A call of code that is loaded already, by which a run can be known without its graph. Its nodes are stages that read the cache, and
 * parameters.
 */
export interface RunCall {
  /** How many stages the run has. */
  readonly stages: number;
  /**
   * Stands for all that the run follows from, as the code and the values that are given are now; undefined where that cannot be told
   * without the graph.
   */
  digest(): Digest | undefined;
  /** Whether what a run followed from is what the digest stands for that was given last. */
  isOf(facts: Facts): boolean;
}

/** How to run. */
export interface RunOptions extends PlanOptions {
  /** How many stages may run at once; as many as the machine has processors unless given. */
  readonly jobs?: number;
  /** Whether a failure stops only what depends on it; false unless given: then nothing new starts. */
  readonly keepGoing?: boolean;
  /** Cancels the run. */
  readonly signal?: AbortSignal;
  /** How many stages of each named pool may run at once. */
  readonly pools?: Readonly<Record<string, number>>;
  readonly onEvent?: EventSink;
  /** Whether the targets' values are asked for; false unless given: then `value` has none. */
  readonly values?: boolean;
  /** Lets go of the run before its end. */
  readonly control?: RunControl;
  /** Keys that a run which this one takes the place of is still making: they go first, and keep their place until they are there. */
  readonly underway?: ReadonlySet<Digest>;
  /** Called and waited for. */
  readonly hooks?: RunHooks;
  /** Told of what is known before anything is decided. */
  readonly onPrepared?: (facts: Facts) => void;
  /** Whether the run may end as one did that followed from the same, without a look at each node; false unless given. */
  readonly recalls?: boolean;
  /** Whether the end of each node is told also where the run is recalled; true unless given: else only how many were reused. */
  readonly tellsEach?: boolean;
  /** What stands for the run before its graph is made, where there is such a thing. */
  readonly call?: RunCall;
  /** Told at the end of a run after which the next one reuses every stage, if nothing changes: it did so itself, or what ran was recorded. */
  readonly onAllReused?: (reused: AllReused) => Promise<void>;
}
