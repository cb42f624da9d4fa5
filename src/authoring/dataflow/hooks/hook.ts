import type { ItemsOutcome, NodeOutcome, NodeStatus, RunReason, RunStatus } from "../../../core/event.ts";
import type { Failure } from "../../../core/failure.ts";
import type { Check, CheckVerdict, NodeKind } from "../../../core/node.ts";
import type { FlowFile, FlowRole, Tags } from "../graph/flow-node.ts";

/** A node, or an input, as hooks see it. */
export interface HookNode {
  readonly name: string;
  /** `stage` for a function, `param` for a value that is given; of a node of a pipeline what that is. */
  readonly kind: NodeKind;
  /** Whether it is work that is done, or what is there. */
  readonly isWork: boolean;
  /** The module that it is of; absent for inputs. */
  readonly module?: string;
  readonly description?: string;
  readonly tags: Tags;
  /** Whether it loads or saves data outside of the dataflow. */
  readonly role?: FlowRole;
  /** What it reads: names of nodes and inputs by what its function calls them. */
  readonly reads: Readonly<Record<string, string>>;
  /** What its value has to pass. */
  readonly checks: readonly Check[];
  /** Of a file or folder of a pipeline: its absolute path. */
  readonly path?: string;
  /** Of a node that Sluice makes to load or save: in which format, and what separates cells of CSV where that is said. */
  readonly file?: FlowFile;
}

/** All that a driver could run. */
export interface HookGraph {
  /** In topological order. */
  readonly nodes: readonly HookNode[];
  /** Names that nodes read and that a call of `execute` gives. */
  readonly inputs: readonly string[];
}

/** One wire: what a parameter gets. */
export interface Edge {
  /** The node that gives the value, or the name of an input. */
  readonly from: string;
  readonly to: string;
  /** What the function of `to` calls it. */
  readonly parameter: string;
  /** Whether the function can do without. */
  readonly optional: boolean;
  /** Whether `from` is an input of the dataflow. */
  readonly isInput: boolean;
}

/** A value that a call of `execute`, or the driver's config, gives. */
export interface GivenInput {
  readonly name: string;
  /** The caller's own value. */
  readonly value: unknown;
  readonly as: "input" | "override";
  /** The nodes that read it. */
  readonly readers: readonly string[];
}

/** One run of a driver: the same object in every call of a run, so that hooks can keep what they know by it. */
export interface HookRun {
  readonly runId: string;
  readonly targets: readonly string[];
  /** What is given and used, by name. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly overrides: Readonly<Record<string, unknown>>;
  /** What the targets need, in topological order, inputs too. */
  readonly nodes: readonly HookNode[];
}

/** How a run ended. */
export interface HookRunEnd {
  readonly run: HookRun;
  readonly status: RunStatus;
  readonly durationMs: number;
  /** Milliseconds that the reused results took when they were made. */
  readonly savedMs: number;
  /** What `execute` throws, if it does. */
  readonly failure?: Failure;
  /** How each node ended, by name; empty where the run broke off. */
  readonly outcomes: ReadonlyMap<string, NodeOutcome>;
}

/** A node that is about to run. */
export interface NodeStart {
  readonly run: HookRun;
  readonly node: HookNode;
  /** Copies of what its function gets, by name: made when this is called, and not before. */
  inputs(): Promise<Readonly<Record<string, unknown>>>;
}

/** A path outside of the cache that a node reads or writes. */
export interface UsedOutside {
  /** Absolute. */
  readonly path: string;
  readonly use: "read" | "written";
  /** Of a DuckDB database. */
  readonly table?: string;
  /** By its content, where that is known. */
  readonly version?: string;
}

/** A node that has ended. */
export interface NodeEnd extends NodeStart {
  /** `hit`: its result was there. */
  readonly status: NodeStatus;
  /** Milliseconds that its work took in this run. */
  readonly durationMs: number;
  /** Of a hit: milliseconds that its work took when the result was made. */
  readonly savedMs: number;
  readonly key?: string;
  readonly dataVersion?: string;
  readonly failure?: Failure;
  /** Of a node that was skipped: the node whose failure stopped it. */
  readonly stoppedBy?: string;
  /** Why it ran. */
  readonly reasons: readonly RunReason[];
  /** What became of the items of a map or a parallel branch, those reused too. */
  readonly items?: ItemsOutcome;
  /** What its function said that it reads and writes outside of the cache: files, folders, tables. */
  readonly outside: readonly UsedOutside[];
  /**
   * A copy of what it gave, or what stands in for that: read from the store when this is called, and not before.
   * @throws SluiceError `upstream-failed` where there is none
   */
  value(): Promise<unknown>;
}

/** An item of a map or a parallel branch that is about to run. */
export interface TaskStart {
  readonly run: HookRun;
  readonly node: HookNode;
  /** What the item is called, and its positions in the lists that it comes of, from 0, the outermost first. */
  readonly item: { readonly name: string; readonly path: readonly number[] };
  readonly key: string;
  /** A copy of the item. */
  value(): unknown;
}

/** An item that has run. */
export interface TaskEnd extends TaskStart {
  readonly status: "executed" | "failed";
  readonly durationMs: number;
  readonly failure?: Failure;
  /**
   * A copy of what the function gave for it.
   * @throws SluiceError `upstream-failed` where it failed
   */
  result(): Promise<unknown>;
}

/** An item of a parallel branch that has no value. */
export interface LostTask extends Pick<TaskStart, "run" | "node" | "item" | "key"> {
  /** It failed, or something stands in for what it reads. */
  readonly status: "failed" | "skipped";
  readonly failure: Failure;
}

/**
 * Code that a driver calls and waits for. Every method is optional. Methods of one hook are called in the order of what happens, and
 * hooks in the order of `withHooks`; nodes run side by side, and so do their hooks. What a hook is given are copies, so it cannot
 * change what nodes get or what is kept; keys know nothing of hooks.
 *
 * What a hook throws stops the run, and `execute` throws it, with the name of the hook and the node.
 */
export interface Hook {
  /** What it is called in messages; the name of its class, or its position, unless given. */
  readonly name?: string;
  /** `warn` where what it throws is only to be warned of; `stop` unless given. */
  readonly onError?: "stop" | "warn";

  /** Checks what a driver is made of, when it is built. False, or a sentence, refuses it. */
  checkGraph?(graph: HookGraph): CheckVerdict;
  /** Checks a wire, when the driver is built. */
  checkEdge?(edge: Edge): CheckVerdict;
  /** Checks a value that is given, before anything runs. */
  checkInput?(input: GivenInput): CheckVerdict;

  beforeRun?(run: HookRun): void | Promise<void>;
  /** Called for every run that began, however it ended. */
  afterRun?(end: HookRunEnd): void | Promise<void>;

  /** A node is about to run. It is not called for a result that is reused. */
  beforeNode?(start: NodeStart): void | Promise<void>;
  /**
   * Runs a node by calling `work` once, with all of its attempts and items. It settles when the node has ended; what the node gave goes
   * its own way.
   */
  aroundNode?(start: NodeStart, work: () => Promise<void>): Promise<void>;
  /** A node has ended: it ran, was reused, failed or was skipped. What reads it waits for this. */
  afterNode?(end: NodeEnd): void | Promise<void>;

  /** The same for an item that has to run. Items that are reused are told of by the end of the node. */
  beforeTask?(start: TaskStart): void | Promise<void>;
  aroundTask?(start: TaskStart, work: () => Promise<void>): Promise<void>;
  afterTask?(end: TaskEnd): void | Promise<void>;

  /**
   * What stands in for the value of a node that failed, or was skipped because something stands in for what it reads. Undefined: its
   * failure is the run's, or, where it was skipped, the failure that it was skipped for. What stands in is never kept, and never taken for
   * a value of the node. Of several hooks the first that has something counts.
   */
  standIn?(failed: NodeEnd): { readonly value: unknown } | undefined;
  /**
   * The same for an item of a parallel branch. Where something stands in for each item of a node that has no value, the others go on, and
   * what collects them gets a list with what stands in; else the node fails as a whole.
   */
  standInTask?(lost: LostTask): { readonly value: unknown } | undefined;
  /** Whether the function of a node is called although something stands in for what it reads; else it is skipped. */
  takesStandIns?(node: HookNode): boolean;
}

/** The methods of hooks. */
export type HookMethod = Exclude<keyof Hook, "name" | "onError">;

/** What only the compiler sees of a hook that lets `execute` give something else for nodes that failed. */
export interface GivesStandIns<StandIn> {
  readonly "~standIn"?: StandIn;
}
