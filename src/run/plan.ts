import type { Digest } from "../core/digest.ts";
import type { RunReason } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import type { CacheMode, NodeKind } from "../core/node.ts";

export interface PlanOptions {
  /** Names of nodes, or of exported arrays and records of nodes; every node unless given. */
  readonly targets?: readonly string[];
  /** Values of parameters, by node name. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly cache?: CacheMode;
  /** Nodes that run whatever the cache holds. */
  readonly recompute?: readonly string[];
}

/** What a run would do with a node. `maybe`: something that it reads must run first, and may turn out unchanged. */
export type PlannedStatus = "hit" | "run" | "maybe";

export interface PlannedNode {
  readonly node: string;
  readonly kind: NodeKind;
  readonly status: PlannedStatus;
  /** Known unless something that it reads must run first. */
  readonly key?: Digest;
  /** Known for a hit. */
  readonly dataVersion?: Digest;
  readonly reasons: readonly RunReason[];
  readonly warnings: readonly Failure[];
  /** Milliseconds that it took when it last ran; absent if it never ran. */
  readonly expectedMs?: number;
  /** For a hit: the run that made the result, and when. */
  readonly madeBy?: string;
  readonly madeAt?: number;
}

export interface Plan {
  /** In topological order. */
  readonly nodes: readonly PlannedNode[];
}
