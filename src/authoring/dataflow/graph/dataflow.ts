import { fail } from "../../../core/failure.ts";
import {
  buildGraph,
  type Graph,
  type GraphNode,
  hasOutputs,
  isNodeName,
  nearest,
  outputPaths,
} from "../../../core/graph.ts";
import { definition, definitionOf, type NodeDefinition } from "../../../core/node.ts";
import { Writers } from "../../../run/outside/writers.ts";
import { inputSource, stageOf } from "../driver/stage-of.ts";
import { type Branch, branchesOf, hasBranches } from "./branches.ts";
import { type AnyNode, type FlowNode, isJoined } from "./flow-node.ts";

/** A name that nodes read and that is none of them: an input of the dataflow. */
export interface ExternalInput {
  readonly name: string;
  /** Nodes that read it; those that can do without are not among the needy. */
  readonly readers: readonly string[];
  readonly needy: readonly string[];
}

/** The nodes of a driver, wired by their names. Every walk is iterative. */
export class Dataflow {
  readonly nodes: ReadonlyMap<string, AnyNode>;
  readonly inputs: ReadonlyMap<string, ExternalInput>;
  /** The nodes that run once for each item of a parallel one, by name. */
  readonly branches: ReadonlyMap<string, Branch>;
  #graph: Graph | undefined;

  /** @throws SluiceError `cycle`, `duplicate-output`, `invalid-definition` */
  constructor(nodes: ReadonlyMap<string, AnyNode>) {
    this.nodes = nodes;
    checkWrites(nodes);
    this.inputs = externalInputs(nodes);
    // A run has a graph of its own: this one is for questions, and says what is wrong.
    if (!isSound(nodes)) void this.graph;
    this.branches = hasBranches(nodes) ? branchesOf(nodes, this.graph) : new Map();
  }

  /** All nodes and inputs, in topological order. */
  get graph(): Graph {
    this.#graph ??= buildGraph(wired(this.nodes, () => true, this.inputs.keys()));
    return this.#graph;
  }

  /** Whether a name is a node or an input. */
  has(name: string): boolean {
    return this.nodes.has(name) || this.inputs.has(name);
  }

  /**
   * The node or input of a name.
   * @throws SluiceError `unknown-node`, with the nearest name
   */
  find(name: string): GraphNode {
    this.check(name);
    return this.graph.get(name)!;
  }

  /** @throws SluiceError `unknown-node` for what is neither a node nor an input, with the nearest name */
  check(name: string, what = "node"): void {
    if (this.has(name)) return;
    const near = nearest(name, [...this.nodes.keys(), ...this.inputs.keys()]);
    fail("unknown-node", `there is no ${what} "${name}"`, {
      node: name,
      hint: near ? `did you mean "${near}"?` : "driver.listAvailableVariables() tells what there is",
    });
  }

  /** The names that targets need when these names are given, in no particular order. */
  needed(targets: readonly string[], isGiven: (name: string) => boolean): ReadonlySet<string> {
    const needed = new Set(targets);
    for (const name of needed) {
      const node = isGiven(name) ? undefined : this.nodes.get(name);
      // A set hands out what is added while it is walked.
      if (node && !isJoined(node)) for (const { from } of node.inputs) if ("name" in from) needed.add(from.name);
    }
    return needed;
  }
}

/** Whether it is plain that a graph can be made of nodes: each may have its name, and none waits for itself (Kahn 1962). */
function isSound(nodes: ReadonlyMap<string, AnyNode>): boolean {
  const indexes = new Map<string, number>();
  for (const name of nodes.keys()) indexes.set(name, indexes.size);
  const waiting = new Int32Array(indexes.size);
  /** The readers of a node: the latest, as a place in `readers`, which leads to the one before. */
  const latest = new Int32Array(indexes.size).fill(-1);
  const readers: number[] = [];
  const before: number[] = [];
  let at = 0;
  for (const node of nodes.values()) {
    if (isJoined(node) || !isNodeName(node.name)) return false;
    for (const { from } of node.inputs) {
      if ("value" in from) {
        if (from.value === undefined || definitionOf(from.value)) return false;
        continue;
      }
      const read = indexes.get(from.name);
      if (read === undefined) {
        if (!isNodeName(from.name)) return false;
        continue;
      }
      waiting[at]! += 1;
      before.push(latest[read]!);
      latest[read] = readers.push(at) - 1;
    }
    at += 1;
  }
  const ready: number[] = [];
  for (let node = 0; node < waiting.length; node++) if (waiting[node] === 0) ready.push(node);
  for (const node of ready) {
    for (let place = latest[node]!; place >= 0; place = before[place]!) {
      const reader = readers[place]!;
      waiting[reader]! -= 1;
      if (waiting[reader] === 0) ready.push(reader);
    }
  }
  return ready.length === nodes.size;
}

/** @throws SluiceError `duplicate-output` for what two nodes would write */
function checkWrites(nodes: ReadonlyMap<string, AnyNode>): void {
  const writers = new Writers();
  for (const node of nodes.values()) {
    const { name } = node;
    if (isJoined(node)) {
      if (hasOutputs(node.definition))
        for (const file of outputPaths(node.definition)) writers.add({ file }, { node: name });
    } else if (node.writes) writers.add(node.writes, { node: name });
  }
}

/** What a node reads of others, by name. */
export function namesRead({ inputs }: FlowNode, isThere: (name: string) => boolean): readonly string[] {
  return inputs.flatMap(({ from, optional }) =>
    "name" in from && (!optional || isThere(from.name)) ? [from.name] : [],
  );
}

function externalInputs(nodes: ReadonlyMap<string, AnyNode>): ReadonlyMap<string, ExternalInput> {
  const inputs = new Map<string, { name: string; readers: string[]; needy: string[] }>();
  for (const node of nodes.values()) {
    if (isJoined(node)) continue;
    for (const { from, optional } of node.inputs) {
      if (!("name" in from) || nodes.has(from.name)) continue;
      const { name } = from;
      const input = inputs.get(name) ?? { name, readers: [], needy: [] };
      inputs.set(name, input);
      if (!input.readers.includes(node.name)) input.readers.push(node.name);
      if (!optional && !input.needy.includes(node.name)) input.needy.push(node.name);
    }
  }
  return inputs;
}

/** Definitions of nodes with their wires, as they are for listing and for finding cycles: nothing runs them. */
function wired(
  nodes: ReadonlyMap<string, AnyNode>,
  isThere: (name: string) => boolean,
  inputs: Iterable<string>,
): ReadonlyMap<string, NodeDefinition> {
  const definitions = new Map<string, NodeDefinition>();
  for (const name of inputs) definitions.set(name, inputSource(undefined, undefined));
  const handleOf = (name: string): object => ({ [definition]: definitions.get(name) });
  for (const node of nodes.values()) {
    definitions.set(
      node.name,
      isJoined(node) ? node.definition : stageOf(node, { behavior: "default", isThere, handleOf }),
    );
  }
  return definitions;
}
