import { fail } from "../core/failure.ts";
import { buildGraph, type Graph } from "../core/graph.ts";
import { definitionOf, isStage, type Node, type NodeDefinition } from "../core/node.ts";
import { isRecord, kindOf } from "./declaration.ts";
import { exportNames, type FindPlace } from "./export-names.ts";

/** What a run from code brings up to date: a node, or an array or a record of nodes. */
export type Targets = Node | readonly Node[] | { readonly [name: string]: Node };

/** The values of targets, in their shape. */
export type TargetValues<T> =
  T extends Node<infer Value>
    ? Value
    : { -readonly [Name in keyof T]: T[Name] extends Node<infer Value> ? Value : never };

/** Targets as the run knows them: a graph, and the name that each target has in it. */
export interface NamedTargets {
  readonly graph: Graph;
  /** Without repetition. */
  readonly names: readonly string[];
  /** The name of a node of the graph. */
  nameOf(node: Node): string | undefined;
  /** Puts values into the shape of the targets. */
  shape(value: (name: string) => unknown): unknown;
}

/**
 * Builds the graph of targets that are given in code.
 *
 * A key holds the node's name, so that code and command line share results only where they call a node the same. The command
 * line names nodes by their exports. So a node is called, by the first of these that it has: its own `name`; the name of the
 * `export const` that declares it; its key in the record of targets; the name of the `const` that declares it, for a source or
 * the only target; the node that reads it and the input that it is.
 * @throws SluiceError `usage`, and what {@link buildGraph} throws
 */
export function nameTargets(targets: Targets, findPlace: FindPlace): NamedTargets {
  const wanted = wantedNodes(targets);
  const keyless = definitionOf(targets);
  const named = chooseNames(wanted, exportNames(reach(wanted.values()), keyless, findPlace));
  const graph = buildGraph(named);
  const names = new Map(graph.nodes.map(({ name, definition }) => [definition, name]));
  return {
    graph,
    names: [...new Set([...wanted.values()].map((node) => names.get(node)!))],
    nameOf: (node) => names.get(definitionOf(node)!),
    shape: (value) => shape(targets, (node) => value(names.get(node)!)),
  };
}

function chooseNames(
  wanted: ReadonlyMap<string, NodeDefinition>,
  exported: ReadonlyMap<NodeDefinition, string>,
): ReadonlyMap<string, NodeDefinition> {
  const named = new Map<string, NodeDefinition>();
  const later: [string, NodeDefinition][] = [];
  for (const [key, node] of wanted) {
    // A node with a name of its own keeps it, whatever stands here; the zero byte keeps the places of others free.
    if (node.name !== undefined) named.set(`${key}\0`, node);
    else if (exported.has(node)) later.push([key, node]);
    else named.set(key, node);
  }
  for (const [key, node] of later) {
    const name = [exported.get(node)!, key].find((name) => !named.has(name) || named.get(name) === node);
    if (name === undefined)
      fail("duplicate-name", `two targets are called "${key}"`, { node: key, hint: "use other keys" });
    named.set(name, node);
  }
  for (const [node, name] of exported) if (!named.has(name)) named.set(name, node);
  return named;
}

/** What the only target is called where nothing else gives it a name. */
const onlyTarget = "target";

function wantedNodes(targets: unknown): ReadonlyMap<string, NodeDefinition> {
  const single = definitionOf(targets);
  if (single) return new Map([[onlyTarget, single]]);
  if (!Array.isArray(targets) && !isRecord(targets)) wrong(targets);
  const entries = Object.entries(targets as object);
  if (entries.length === 0) fail("usage", "there is nothing to run", { hint: "pass a node, or several in an object" });
  return new Map(entries.map(([key, value]) => [key, definitionOf(value) ?? wrong(value)]));
}

function wrong(value: unknown): never {
  return fail("usage", `a target must be a node, or an object or array of nodes, not ${kindOf(value)}`);
}

function reach(start: Iterable<NodeDefinition>): ReadonlySet<NodeDefinition> {
  const reached = new Set(start);
  // A set hands out what is added while it is walked.
  for (const node of reached) {
    if (!isStage(node)) continue;
    for (const input of Object.values(node.inputs)) {
      const definition = definitionOf(input);
      if (definition) reached.add(definition);
    }
  }
  return reached;
}

function shape(targets: Targets, value: (node: NodeDefinition) => unknown): unknown {
  const single = definitionOf(targets);
  if (single) return value(single);
  const entries = Object.entries(targets).map(([key, node]) => [key, value(definitionOf(node)!)] as const);
  return Array.isArray(targets) ? entries.map(([, given]) => given) : Object.fromEntries(entries);
}
