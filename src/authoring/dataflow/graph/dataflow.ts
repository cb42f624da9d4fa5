import { fail } from "../../../core/failure.ts";
import { buildGraph, type Graph, type GraphNode, hasOutputs, nearest, outputPaths } from "../../../core/graph.ts";
import { definition, type NodeDefinition } from "../../../core/node.ts";
import { Writers } from "../../../run/outside/writers.ts";
import { kindOf } from "../../declaration.ts";
import { inputSource, stageOf } from "../driver/stage-of.ts";
import { type Branch, branchesOf } from "./branches.ts";
import { type AnyNode, type FlowNode, isJoined } from "./flow-node.ts";
import { type ExternalInput, survey } from "./survey.ts";

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
    const { inputs, isSound, hasBranches } = survey(nodes);
    this.inputs = inputs;
    // A run has a graph of its own: this one is for questions, and says what is wrong.
    if (!isSound) void this.graph;
    this.branches = hasBranches ? branchesOf(nodes, this.graph) : new Map();
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
    if (typeof name !== "string") fail("usage", `a name must be a text, not ${kindOf(name)}`);
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
