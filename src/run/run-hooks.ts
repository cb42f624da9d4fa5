import type { NodeOutcome } from "../core/event.ts";
import { type Failure, SluiceError } from "../core/failure.ts";
import type { GraphNode } from "../core/graph.ts";
import type { OutsidePath } from "../core/record.ts";

/** What hooks can ask of a run while it lasts. */
export interface RunView {
  readonly runId: string;
  /** A copy of the value of a node that is up to date: read from the store now, and made anew where it is damaged. */
  value(node: GraphNode): Promise<unknown>;
  /** Whether the node failed, and something stands in for it or for some of its items. */
  isStoodInFor(node: GraphNode): boolean;
  /** What the function of a node that is up to date said that it reads and writes outside of the store, by absolute paths. */
  outside(node: GraphNode): readonly OutsidePath[];
  /** A failure without the secrets in it. */
  clean(failure: Failure): Failure;
}

/** An item of a map. */
export interface RunItem {
  readonly node: GraphNode;
  /** What it is called, and its positions in the lists that it comes of, from 0, the outermost first. */
  readonly name: string;
  readonly path: readonly number[];
  readonly key: string;
  /** A copy of it. */
  value(): unknown;
}

/** An item that has no value. */
export interface LostItem extends Omit<RunItem, "value"> {
  /** It failed, or something stands in for what it reads. */
  readonly status: "failed" | "skipped";
  readonly failure: Failure;
}

/** How the work of an item ended, for as long as the item is at hand. */
export interface ItemResult {
  value(): Promise<unknown>;
}

/** What stands in for the value of a node. */
export interface StandIn {
  readonly value: unknown;
}

/**
 * Code that a run calls and waits for. Keys know nothing of it, and it gets copies: it can watch and stop a run, and not change what
 * is recorded. What is absent costs nothing.
 */
export interface RunHooks {
  /** Before anything is decided. */
  begin?(run: RunView): Promise<void>;
  /** Has the result of a node made, by calling `work` once and giving what that gives. */
  around?<T>(node: GraphNode, work: () => Promise<T>): Promise<T>;
  /** The same for an item of a map. */
  aroundItem?(item: RunItem, work: () => Promise<ItemResult | undefined>): Promise<void>;
  /**
   * A node has ended; what reads it waits until this returns. Said of each node that does work once, and again of a result that turned
   * out damaged and was made anew.
   */
  ended?(node: GraphNode, outcome: NodeOutcome): void | Promise<void>;
  /** What stands in for a node that failed, or that was skipped because something stands in for what it reads. */
  standIn?(node: GraphNode, outcome: NodeOutcome): StandIn | undefined;
  /** The same for an item of a branch: where something stands in for each that failed or was skipped, the others go on. */
  standInItem?(item: LostItem): StandIn | undefined;
  /** Whether a node, or an item of it, runs although something stands in for what it reads; else it is skipped. */
  takesStandIns?(node: GraphNode): boolean;
}

/** What hooks throw. It stops the run, whatever is said of failures of nodes. */
export class HookError extends SluiceError {}
