import { fail } from "../../../core/failure.ts";
import type { GraphNode } from "../../../core/graph.ts";
import { kindOf } from "../../declaration.ts";
import type { Dataflow } from "./dataflow.ts";
import { isJoined, type Tags } from "./flow-node.ts";

/** A node or an input of a dataflow. */
export interface Variable {
  readonly name: string;
  readonly kind: "node" | "input";
  /** Of an input: whether every node that reads it can do without. */
  readonly optional?: boolean;
  readonly tags: Tags;
  /** What it reads, by name. */
  readonly inputs: readonly string[];
  /** The module that a node is of. */
  readonly module?: string;
  readonly description?: string;
  /** The columns that a node is said to give, with their types. */
  readonly schema?: Readonly<Record<string, string>>;
  /** Of a node that runs once for each item: the parallel nodes that give the items, the outermost first. */
  readonly branch?: readonly string[];
}

/** The nodes and inputs, in topological order; those that have all of the tags. */
export function variables(dataflow: Dataflow, wanted: Tags = {}): readonly Variable[] {
  return dataflow.graph.nodes.flatMap((node) => {
    const variable = dataflow.has(node.name) ? variableOf(dataflow, node) : undefined;
    return variable && hasTags(variable.tags, wanted) ? [variable] : [];
  });
}

export function upstream(dataflow: Dataflow, names: readonly string[]): readonly Variable[] {
  return pick(dataflow, above(all(dataflow, names)));
}

export function downstream(dataflow: Dataflow, names: readonly string[]): readonly Variable[] {
  return pick(dataflow, below(all(dataflow, names)));
}

export function pathsBetween(dataflow: Dataflow, from: string, to: string): readonly Variable[] {
  const [start, end] = [dataflow.find(from), dataflow.find(to)];
  const after = below([start]);
  if (!after.has(end)) {
    fail("usage", `no way leads from "${from}" to "${to}"`, {
      node: to,
      hint: above([start]).has(end) ? "the way leads in the other direction" : "neither needs the other",
    });
  }
  return pick(dataflow, above([end]).intersection(after));
}

function all(dataflow: Dataflow, names: readonly string[]): readonly GraphNode[] {
  if (!Array.isArray(names)) fail("usage", `names of nodes must be in an array, not ${kindOf(names)}`);
  return names.map((name) => dataflow.find(name));
}

function above(start: readonly GraphNode[]): ReadonlySet<GraphNode> {
  const reached = new Set(start);
  // A set hands out what is added while it is walked.
  for (const { inputs } of reached) for (const { node } of inputs) if (node) reached.add(node);
  return reached;
}

function below(start: readonly GraphNode[]): ReadonlySet<GraphNode> {
  const reached = new Set(start);
  for (const { consumers } of reached) for (const node of consumers) reached.add(node);
  return reached;
}

function pick(dataflow: Dataflow, nodes: ReadonlySet<GraphNode>): readonly Variable[] {
  return dataflow.graph.nodes
    .filter((node) => nodes.has(node) && dataflow.has(node.name))
    .map((node) => variableOf(dataflow, node));
}

function variableOf(dataflow: Dataflow, { name, inputs }: GraphNode): Variable {
  const node = dataflow.nodes.get(name);
  if (!node)
    return { name, kind: "input", optional: dataflow.inputs.get(name)!.needy.length === 0, tags: {}, inputs: [] };
  const branch = dataflow.branches.get(name);
  const { description } = isJoined(node) ? node.definition : node;
  return {
    name,
    kind: "node",
    tags: isJoined(node) ? {} : node.tags,
    inputs: [
      ...new Set(inputs.flatMap((input) => (input.node && dataflow.has(input.node.name) ? [input.node.name] : []))),
    ],
    module: node.module,
    ...(description === undefined ? {} : { description }),
    ...(isJoined(node) || !node.schema ? {} : { schema: node.schema }),
    ...(branch === undefined ? {} : { branch: branch.path }),
  };
}

function hasTags(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([key, value]) => {
    if (!Object.hasOwn(tags, key)) return false;
    const has = [tags[key]!].flat();
    return [value].flat().some((each) => has.includes(each));
  });
}
