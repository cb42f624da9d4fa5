import type { Digest } from "./digest.ts";
import type { Failure, Place } from "./failure.ts";
import type { CacheMode, NodeKind } from "./node.ts";
import type { Wanted } from "./record.ts";

export type NodeStatus = "hit" | "executed" | "failed" | "skipped" | "cancelled";
export type RunStatus = "ok" | "failed" | "cancelled";

export type ReasonKind =
  | "first-run"
  | "code"
  | "input"
  | "param"
  | "file"
  | "env"
  | "setting"
  | "behaviour"
  | "missing-result"
  | "corrupt-result"
  | "expired"
  | "evicted"
  | "external";

/** One thing that made a node run. */
export interface RunReason extends Partial<Place> {
  readonly kind: ReasonKind;
  /** What changed: an input, a function, a setting. */
  readonly name?: string;
  /** The versions, or the values where they are small and no secret. */
  readonly before?: string;
  readonly after?: string;
  readonly detail?: string;
  /** Of a class that changed: which of its members, where that is all of it. */
  readonly members?: readonly string[];
}

/**
 * One thing that happened in a run. Events are the only channel from the engine to logs, progress, pictures and
 * telemetry: consumers read them in order, and the engine never waits for a consumer. `time` is milliseconds since 1970.
 */
export type RunEvent = { readonly time: number } & (
  | {
      readonly type: "run-started";
      readonly runId: string;
      readonly targets: readonly string[];
      readonly nodes: number;
      /** How many of the nodes are no sources. */
      readonly stages?: number;
      readonly jobs: number;
      readonly cache: CacheMode;
      /** Nothing has changed since a run that is remembered: the pipeline was not even loaded. */
      readonly remembered?: true;
    }
  /**
   * The work of a node begins; `expectedMs` is what it took last time, `runLeftMs` what the whole run is expected to take from
   * here, absent where too little is known.
   */
  | {
      readonly type: "node-started";
      readonly node: string;
      readonly kind: NodeKind;
      readonly attempt: number;
      readonly reasons: readonly RunReason[];
      /** What its result will be recorded under, if it is. */
      readonly key?: Digest;
      readonly expectedMs?: number;
      readonly runLeftMs?: number;
    }
  /** Another process or run is making the same result; this one waits to share it. */
  | { readonly type: "node-waiting"; readonly node: string }
  /** How far a node is; `unit` where the engine counts what a stage streams, absent where the stage says how far it is. */
  | {
      readonly type: "node-progress";
      readonly node: string;
      readonly done: number;
      readonly total?: number;
      readonly unit?: ProgressUnit;
    }
  | {
      readonly type: "node-log";
      readonly node: string;
      /** Of a map: the item that says it. */
      readonly item?: string;
      readonly level: LogLevel;
      readonly text: string;
    }
  | {
      readonly type: "node-retrying";
      readonly node: string;
      /** Of a map: the item that is tried again. */
      readonly item?: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly failure: Failure;
    }
  /** Of a map whose items are told of: the work on one of them begins. */
  | ({ readonly type: "item-started" } & ItemPlace)
  | ItemFinished
  /** A file was put where the pipeline wants it; `path` is relative to the project. */
  | { readonly type: "output-placed"; readonly node: string; readonly path: string }
  | NodeFinished
  /** All of a run was reused; said in place of the end of each node where nobody asked for these. */
  | { readonly type: "all-reused"; readonly stages: number }
  /** Something that a person should know and that stops nothing. */
  | { readonly type: "warning"; readonly failure: Failure }
  | {
      readonly type: "run-finished";
      readonly runId: string;
      readonly status: RunStatus;
      readonly durationMs: number;
      readonly savedMs: number;
    }
);

/** What progress counts. */
export type ProgressUnit = "bytes" | "rows";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Which item of a map it is. */
export interface ItemPlace {
  readonly node: string;
  /** Its positions in the lists that it comes of, from 0, the outermost first. */
  readonly path: readonly number[];
  /** What its result is recorded under, if it is. */
  readonly key?: Digest;
}

/** Of a map whose items are told of: the end of one of them. */
export interface ItemFinished extends ItemPlace {
  readonly type: "item-finished";
  readonly status: "hit" | "executed" | "failed";
  readonly dataVersion?: Digest;
  /** Milliseconds that its work took in this run. */
  readonly durationMs: number;
  readonly failure?: Failure;
  /** The result was made by another process or run while this one waited. */
  readonly shared?: true;
}

/** The end of a node: said once for every node of a run, and again if a reused result turns out damaged and is made anew. */
export interface NodeFinished extends NodeOutcome {
  readonly type: "node-finished";
  readonly node: string;
}

/** How a node ended in a run. */
export interface NodeOutcome {
  readonly status: NodeStatus;
  readonly kind: NodeKind;
  readonly key?: Digest;
  readonly dataVersion?: Digest;
  /** Milliseconds that its work took in this run. */
  readonly durationMs: number;
  /** Milliseconds that its work took when the reused result was made. */
  readonly savedMs: number;
  readonly reasons: readonly RunReason[];
  readonly failure?: Failure;
  /** Of a node that was skipped: the node whose failure stopped it. */
  readonly stoppedBy?: string;
  /** For a hit: the run that made the result. */
  readonly madeBy?: string;
  /** The result was made by another process or run while this one waited. */
  readonly shared?: boolean;
  /** The result was not recorded, and why. */
  readonly unrecorded?: string;
  /** The key of the earlier result that the reasons compare with. */
  readonly comparedWith?: Digest;
  /** Of a map that ran: what became of its items. */
  readonly items?: ItemsOutcome;
  /** Of a node that failed: what its key was made of, as there is no result that tells. */
  readonly wanted?: Wanted;
  /** In what is remembered of a run: what the node read, where neither a result nor `wanted` tells. `node` is absent for a plain value. */
  readonly reads?: readonly { readonly name: string; readonly node?: string }[];
}

/** What became of the items of a map. Equal items are one. */
export interface ItemsOutcome {
  /** Items in the list, equal ones counted each. */
  readonly total: number;
  /** Items that ran, and whose results were there already, by this or another run. */
  readonly made: number;
  readonly reused: number;
  readonly failed: number;
  /** The first that failed. */
  readonly failures: readonly ItemFailure[];
}

/** An item that failed. */
export interface ItemFailure {
  /** What it is called: by the option `key`, else its file or its position. */
  readonly item: string;
  /** Its position in the list, from 0; the first where it is there more than once. */
  readonly index: number;
  readonly message: string;
}

/** An event before the clock has stamped it. */
export type EventBody = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, "time"> : never) : never;

export type EventSink = (event: RunEvent) => void;
