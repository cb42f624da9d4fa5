import type { JsonValue } from "../../../core/json.ts";
import type {
  Behaviour,
  Check,
  NodeDefinition,
  Retries,
  Site,
  StageContext,
  ThreadExecutor,
} from "../../../core/node.ts";
import type { Written } from "../../../run/outside/writers.ts";

/** Any function of a user's. */
export type AnyFunction = (...args: never) => unknown;

/** What a user says of a node beside its function: for people, and to select nodes by. */
export type Tags = Readonly<Record<string, string | readonly string[]>>;

/** Values by name that decide which functions are nodes. */
export type Config = Readonly<Record<string, unknown>>;

/** One value that a node's function gets. */
export interface FlowInput {
  /** What the function knows it by: the name that is in keys and records. */
  readonly name: string;
  /** Whether the function can do without. */
  readonly optional: boolean;
  /** Whether it is the list of what the items of a branch gave; else a node in the branch gets what its own item gave. */
  readonly collected?: true;
  /** The node or the input that gives it, or a plain value. */
  readonly from: { readonly name: string } | { readonly value: unknown };
}

/** How a node's result is made and kept; what is absent is as the driver says, else as it is for stages. */
export interface FlowSettings {
  readonly behavior?: Behaviour;
  readonly format?: string;
  readonly formatOptions?: JsonValue;
  readonly version?: string;
  readonly timeout?: number;
  readonly maxAge?: number;
  readonly retries?: Retries;
  readonly executor?: "inline" | ThreadExecutor;
}

/** A node that reads or writes what is outside of the dataflow. */
export type FlowRole = "loader" | "saver";

/** Where a node of a subdag is. */
export interface Within {
  /** The namespaces of the subdags that it is in, the outermost first. */
  readonly namespaces: readonly string[];
  /** The node whose function the outermost is behind, and the module that this is of. */
  readonly behind: string;
  readonly module: string;
}

/** How a file is read or written. */
export interface FlowFile {
  readonly format: string;
  /** What separates cells of CSV, where that is said. */
  readonly separator?: string;
}

/** A node of a dataflow: an exported function, or one of those that a wrapper makes of it. */
export interface FlowNode {
  readonly name: string;
  /** The module that it is of, for messages. */
  readonly module: string;
  readonly inputs: readonly FlowInput[];
  /** Calls the function with the values of its inputs, by their names; those that are absent are not there. */
  readonly run: (values: Readonly<Record<string, unknown>>, context: StageContext) => unknown;
  /** The functions whose code counts, by themselves or in plain data that counts as well. */
  readonly functions: unknown;
  readonly site: Site;
  readonly settings: FlowSettings;
  readonly tags: Tags;
  readonly checks: readonly Check[];
  readonly description?: string;
  readonly role?: FlowRole;
  /** Of a node that Sluice makes to load or to save in a format. */
  readonly file?: FlowFile;
  /** Made beside the node of the function, to load or to save for it: what wrappers say of the function's value is not about it. */
  readonly isAside?: true;
  /** The subdag that it is in. */
  readonly within?: Within;
  /** The columns that it is said to give, with their types. */
  readonly schema?: Readonly<Record<string, string>>;
  /** Whether it gives a list, of which the nodes that read it get one item each. */
  readonly isParallel?: true;
  /** In how many branches it is said to be. */
  readonly depth?: number;
  /** What it is known to write before it runs. */
  readonly writes?: Written;
  /** The folder that paths among its inputs start from, absolute. */
  readonly base?: string;
  /** The same as keys know it, relative to the project; see `placedIn`. */
  readonly place?: string;
  /** Of a loader: what it reads is among its inputs, so it is reused as any other node. */
  readonly isSeen?: true;
}

/** A node of a pipeline that a module exports, as it is. */
export interface JoinedNode {
  readonly name: string;
  readonly module: string;
  readonly definition: NodeDefinition;
}

export type AnyNode = FlowNode | JoinedNode;

export function isJoined(node: AnyNode): node is JoinedNode {
  return "definition" in node;
}

/** Nodes, those of them changed that give what the function does that they are made of. */
export function ofValue(
  nodes: readonly FlowNode[],
  change: (node: FlowNode) => FlowNode | readonly FlowNode[],
): readonly FlowNode[] {
  return nodes.flatMap((node) => (node.isAside ? node : change(node)));
}

/** Those of nodes that give what the function does that they are made of. */
export function valuesOf(nodes: readonly FlowNode[]): readonly FlowNode[] {
  return nodes.filter(({ isAside }) => !isAside);
}
