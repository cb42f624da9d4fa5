import { fail } from "../../../core/failure.ts";
import type { Graph } from "../../../core/graph.ts";
import { type AnyNode, type FlowInput, type FlowNode, isJoined } from "./flow-node.ts";

/** Where a node is that runs once for each item. */
export interface Branch {
  /** The parallel nodes that give the items, the outermost first. */
  readonly path: readonly string[];
  /** Of its inputs that differ from item to item: in how many of these branches, from the outermost in. */
  readonly depths: Readonly<Record<string, number>>;
}

const outside: readonly string[] = [];

/**
 * The branches that nodes are in, by name. What reads a parallel node is in its branch, and what reads that, until something collects
 * it.
 * @throws SluiceError `invalid-definition` for a node that collects what is in no branch, that reads two branches that are not one
 *   inside the other, or that is not where it is said to be
 */
export function branchesOf(nodes: ReadonlyMap<string, AnyNode>, graph: Graph): ReadonlyMap<string, Branch> {
  const branches = new Map<string, Branch>();
  const seen = new Map<string, readonly string[]>();
  for (const { name } of graph.nodes) {
    const node = nodes.get(name);
    if (!node || isJoined(node)) continue;
    const branch = branchOf(node, seen, nodes);
    if (branch) branches.set(name, branch);
    if (node.depth !== undefined && node.depth !== (branch?.path.length ?? 0)) notThere(node, branch?.path ?? outside);
    if (node.isParallel) seen.set(name, [...(branch?.path ?? outside), name]);
    else if (branch) seen.set(name, branch.path);
  }
  return branches;
}

/** @param seen the branches in which what a node gives is one of several, by its name */
function branchOf(
  node: FlowNode,
  seen: ReadonlyMap<string, readonly string[]>,
  nodes: ReadonlyMap<string, AnyNode>,
): Branch | undefined {
  const read = node.inputs.map((input) => ({ input, path: pathOf(node, input, seen, nodes) }));
  const deepest = read.reduce((found, each) => (each.path.length > found.path.length ? each : found), {
    input: undefined as FlowInput | undefined,
    path: outside,
  });
  if (deepest.path.length === 0) return undefined;
  for (const { input, path } of read) {
    if (path.some((name, i) => name !== deepest.path[i])) apart(node, [deepest.input!, deepest.path], [input, path]);
  }
  const depths = read.flatMap(({ input, path }) => (path.length > 0 ? [[input.name, path.length] as const] : []));
  return { path: deepest.path, depths: Object.fromEntries(depths) };
}

function pathOf(
  node: FlowNode,
  { from, collected, optional }: FlowInput,
  seen: ReadonlyMap<string, readonly string[]>,
  nodes: ReadonlyMap<string, AnyNode>,
): readonly string[] {
  const path = "name" in from ? (seen.get(from.name) ?? outside) : outside;
  if (!collected) return path;
  if (path.length > 0) return path.slice(0, -1);
  // A function that can do without may be without the whole branch.
  if (optional && "name" in from && !nodes.has(from.name)) return path;
  const what = "name" in from ? `"${from.name}"` : "a plain value";
  const why = "name" in from && !nodes.has(from.name) ? "which is no node" : "of which there is only one";
  return fail("invalid-definition", `"${node.name}" collects ${what}, ${why}`, {
    node: node.name,
    hint: "collect() is for nodes that run once for each item of a parallel() one, and for that one itself",
  });
}

type Read = readonly [input: FlowInput, path: readonly string[]];

function apart(node: FlowNode, [first, one]: Read, [second, other]: Read): never {
  const called = ({ name }: FlowInput): string => `"${name}"`;
  return fail(
    "invalid-definition",
    `"${node.name}" reads ${called(first)}, once for each item of "${one.join('" and "')}", and ${called(second)}, for each of ` +
      `"${other.join('" and "')}": their items do not belong together`,
    {
      node: node.name,
      hint: `collect one of them: collect(${JSON.stringify(second.name)}, fn) gives all of its items`,
    },
  );
}

function notThere({ name, depth }: FlowNode, path: readonly string[]): never {
  const is = path.length === 0 ? "none" : `${path.length}: "${path.join('", "')}"`;
  const said = `${depth} ${depth === 1 ? "branch" : "branches"}`;
  return fail("invalid-definition", `each() says of "${name}" that it is in ${said}, and it is in ${is}`, {
    node: name,
    hint: "each() goes around a node once for each parallel() that it is in the branch of",
  });
}
