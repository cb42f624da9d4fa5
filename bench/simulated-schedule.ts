import type { GraphNode } from "../src/core/graph.ts";
import { remainingPaths } from "../src/run/priority.ts";
import { ReadyQueue } from "../src/run/ready-queue.ts";
import type { TaskGraph } from "./random-graph.ts";

/** No schedule is shorter: the longest path, or all work spread evenly over the jobs, whichever is more. */
export function lowerBound(graph: TaskGraph, jobs: number): number {
  const work = graph.durations.reduce((sum, duration) => sum + duration, 0);
  return Math.max(criticalPath(graph), work / jobs);
}

export function criticalPath({ parents, durations }: TaskGraph): number {
  const ends: number[] = [];
  for (const [task, above] of parents.entries()) {
    ends.push(durations[task]! + above.reduce((latest, parent) => Math.max(latest, ends[parent]!), 0));
  }
  return Math.max(...ends);
}

/** The graph as the engine sees it, and the durations that it remembers. */
function engineGraph({ parents, durations }: TaskGraph): { nodes: GraphNode[]; known: Map<string, number> } {
  const nodes = parents.map((_, index): GraphNode & { consumers: GraphNode[] } => ({
    name: `n${index}`,
    index,
    inputs: [],
    consumers: [],
    definition: { kind: "stage" } as GraphNode["definition"],
  }));
  for (const [task, above] of parents.entries())
    for (const parent of above) nodes[parent]!.consumers.push(nodes[task]!);
  return { nodes, known: new Map(durations.map((duration, task) => [`n${task}`, duration])) };
}

/** How long the engine's queue and priorities take for the graph, by a clock that only the tasks move. */
export function simulatedMakespan(graph: TaskGraph, jobs: number): number {
  const { nodes, known } = engineGraph(graph);
  const paths = remainingPaths(nodes, known);
  const queue = new ReadyQueue(jobs, new Map());
  const unsettled = graph.parents.map((above) => above.length);
  const running: { node: GraphNode; end: number }[] = [];
  const push = (node: GraphNode): void => queue.push(node, paths.get(node)!);
  for (const node of nodes) if (unsettled[node.index] === 0) push(node);
  let now = 0;
  let done = 0;
  for (;;) {
    for (let node = queue.take()?.node; node !== undefined; node = queue.take()?.node) {
      running.push({ node, end: now + graph.durations[node.index]! });
    }
    if (running.length === 0) break;
    now = Math.min(...running.map(({ end }) => end));
    for (let at = running.length - 1; at >= 0; at -= 1) {
      const { node, end } = running[at]!;
      if (end > now) continue;
      running.splice(at, 1);
      queue.release();
      done += 1;
      for (const consumer of node.consumers) {
        unsettled[consumer.index]! -= 1;
        if (unsettled[consumer.index] === 0) push(consumer);
      }
    }
  }
  if (done !== nodes.length) throw new Error(`${done} of ${nodes.length} tasks were done`);
  return now;
}
