import type { Digest } from "../core/digest.ts";
import type { NodeOutcome, RunStatus } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import type { Graph, GraphNode } from "../core/graph.ts";
import type { OutsidePath, ResultRecord } from "../core/record.ts";
import type { Prepared } from "./prepare.ts";

/** A run in which nothing had to run, or will not have to. */
export interface AllReused {
  readonly graph: Graph;
  readonly prepared: Prepared;
  readonly records: ReadonlyMap<GraphNode, ResultRecord>;
  /** What was said, fit to be stored. */
  readonly warnings: readonly Failure[];
  /** The name under which metadata keeps how the nodes ended. */
  readonly outcomes: string;
  /** Milliseconds. */
  readonly savedMs: number;
  /** What stands for the program whose code was versioned. */
  readonly program: Digest | undefined;
}

export interface RunOutcome {
  readonly runId: string;
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly savedMs: number;
  readonly nodes: ReadonlyMap<string, NodeOutcome>;
  /** What stopped the run where that was no node: a hook that failed. */
  readonly failure?: Failure;
  /** Nodes that failed or were skipped, and that something stands in for. */
  readonly standIns: ReadonlySet<string>;
  /** The value of a target that was brought up to date, or what stands in for it, if values were asked for. */
  value(name: string): unknown;
  /** What the functions of nodes that are up to date said that they read and wrote outside of the store. */
  outside(): readonly OutsidePath[];
}
