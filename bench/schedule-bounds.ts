import type { TaskGraph } from "./random-graph.ts";
import { lowerBound } from "./simulated-schedule.ts";

/**
 * A bound that sees what the simple one does not, that work cannot be spread over all jobs where the graph is narrow: within every
 * stretch of time, some work must lie in it if the whole is to end with the critical path; what does not fit must come after
 * (Fernandez and Bussell 1973). Takes the cube of the tasks.
 */
export function tightBound(graph: TaskGraph, jobs: number): number {
  const { parents, durations } = graph;
  const earliest = parents.map(() => 0);
  for (const [task, above] of parents.entries()) {
    for (const parent of above) earliest[task] = Math.max(earliest[task]!, earliest[parent]! + durations[parent]!);
  }
  const critical = Math.max(...durations.map((duration, task) => earliest[task]! + duration));
  const latest = remaining(graph).map((path) => critical - path);
  const starts = [...new Set([...earliest, ...latest])];
  const ends = [...new Set([...earliest, ...latest].map((start, at) => start + durations[at % durations.length]!))];
  let excess = 0;
  for (const from of starts) {
    for (const to of ends) {
      if (to <= from) continue;
      let work = 0;
      for (const [task, duration] of durations.entries()) {
        const early = Math.min(earliest[task]! + duration, to) - Math.max(earliest[task]!, from);
        const late = Math.min(latest[task]! + duration, to) - Math.max(latest[task]!, from);
        work += Math.max(0, Math.min(early, late));
      }
      excess = Math.max(excess, work / jobs - (to - from));
    }
  }
  return Math.max(lowerBound(graph, jobs), critical + excess);
}

/** The longest path from each task to an end, itself included. */
function remaining({ parents, durations }: TaskGraph): number[] {
  const paths = [...durations];
  for (let task = parents.length - 1; task >= 0; task -= 1) {
    for (const parent of parents[task]!) paths[parent] = Math.max(paths[parent]!, durations[parent]! + paths[task]!);
  }
  return paths;
}

/** The shortest schedule there is, by trying all orders in which tasks can start: for ten tasks or so. */
export function optimalMakespan(graph: TaskGraph, jobs: number, atMost: number): number {
  const { parents, durations } = graph;
  const paths = remaining(graph);
  const ends = new Map<number, number>();
  let best = atMost;
  const place = (free: readonly number[], latestStart: number): void => {
    if (ends.size === parents.length) {
      best = Math.min(best, Math.max(...ends.values()));
      return;
    }
    for (const [task, above] of parents.entries()) {
      if (ends.has(task) || above.some((parent) => !ends.has(parent))) continue;
      const ready = above.reduce((latest, parent) => Math.max(latest, ends.get(parent)!), 0);
      const start = Math.max(ready, free[0]!);
      // Every schedule is found by the order in which its tasks start.
      if (start < latestStart || start + paths[task]! >= best) continue;
      const end = start + durations[task]!;
      ends.set(task, end);
      place(
        [...free.slice(1), end].sort((a, b) => a - b),
        start,
      );
      ends.delete(task);
    }
  };
  place(
    Array.from({ length: jobs }, () => 0),
    0,
  );
  return best;
}
