import { fail } from "../../core/failure.ts";
import type { Graph, GraphNode } from "../../core/graph.ts";
import { wholeNumber } from "../settings.ts";

/**
 * The nodes to draw, in topological order: targets with all that they read, or one node with all that it reads and all that reads
 * it, `depth` wires away at most.
 * @throws SluiceError `unknown-node`, `usage`
 */
export function chosenNodes(
  graph: Graph,
  targets: readonly string[],
  around: string | undefined,
  depth: string | undefined,
): readonly GraphNode[] {
  if (depth !== undefined && around === undefined) {
    fail("usage", "--depth says how far to look around a node", { hint: "add --around NODE" });
  }
  const wanted = targets.length === 0 ? undefined : targets.flatMap((name) => graph.resolve(name));
  const needed = graph.needed(wanted);
  if (around === undefined) return needed;
  const centres = graph.resolve(around);
  const most = depth === undefined ? Number.POSITIVE_INFINITY : wholeNumber("--depth", depth, 0);
  const near = new Set<GraphNode>(centres);
  spread(centres, most, near, (node) => node.inputs.flatMap((input) => input.node ?? []));
  spread(centres, most, near, (node) => node.consumers);
  return needed.filter((node) => near.has(node));
}

/** Adds what is reached by so many steps at most, always in one direction. */
function spread(
  from: readonly GraphNode[],
  steps: number,
  into: Set<GraphNode>,
  next: (node: GraphNode) => readonly GraphNode[],
): void {
  const seen = new Set(from);
  let edge = [...from];
  for (let step = 0; step < steps && edge.length > 0; step++) {
    const reached = new Set(edge.flatMap(next));
    edge = [...reached].filter((node) => !seen.has(node));
    for (const node of edge) {
      seen.add(node);
      into.add(node);
    }
  }
}
