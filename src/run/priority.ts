import type { GraphNode } from "../core/graph.ts";
import { isStage } from "../core/node.ts";

/** Milliseconds that a stage is taken to need before it has ever run, when no other stage has run either. */
const unknownDuration = 1000;

/**
 * The longest remaining path from each node to an end, in milliseconds, by node index: what a list scheduler starts first
 * (Graham 1969; critical-path priorities after Kohler 1975). Stages that never ran count as the mean of those that did.
 */
export function remainingPaths(
  nodes: readonly GraphNode[],
  durations: ReadonlyMap<string, number>,
): ReadonlyMap<GraphNode, number> {
  let total = 0;
  for (const duration of durations.values()) total += duration;
  const typical = durations.size > 0 ? total / durations.size : unknownDuration;
  const needed = new Set(nodes);
  const remaining = new Map<GraphNode, number>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    let longest = 0;
    for (const consumer of node.consumers) {
      if (needed.has(consumer)) longest = Math.max(longest, remaining.get(consumer)!);
    }
    const own = isStage(node.definition) ? (durations.get(node.name) ?? typical) : 0;
    remaining.set(node, own + longest);
  }
  return remaining;
}
