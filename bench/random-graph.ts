import type { Random } from "./random.ts";

/** How a random graph is grown. */
export type GraphKind = "layered" | "series-parallel" | "random";

export const graphKinds: readonly GraphKind[] = ["layered", "series-parallel", "random"];

/** A graph of tasks: each reads tasks before it, and takes its time. */
export interface TaskGraph {
  /** Indices of the tasks that each reads. */
  readonly parents: readonly (readonly number[])[];
  /** Milliseconds. */
  readonly durations: readonly number[];
}

/** A graph of about that many tasks; durations are log-normal, of that mean. */
export function randomGraph(random: Random, kind: GraphKind, size: number, meanMs: number): TaskGraph {
  const parents = { layered, "series-parallel": seriesParallel, random: randomDag }[kind](random, size);
  // Log-normal with sigma 1: the longest of a hundred takes some twenty times as long as the median.
  const raw = parents.map(() => Math.exp(random.normal()));
  const scale = meanMs / Math.exp(0.5);
  return { parents, durations: raw.map((value) => value * scale) };
}

/** Layers of unequal width; each task reads one to three of the layer above. */
function layered(random: Random, size: number): number[][] {
  const parents: number[][] = [];
  let above: number[] = [];
  while (parents.length < size) {
    const width = Math.min(1 + random.below(Math.ceil(2 * Math.sqrt(size))), size - parents.length);
    const layer = Array.from({ length: width }, (_, at) => parents.length + at);
    for (const _ of layer) {
      const count = Math.min(above.length, 1 + random.below(3));
      parents.push([...new Set(Array.from({ length: count }, () => above[random.below(above.length)]!))]);
    }
    above = layer;
  }
  return parents;
}

/** Grown from one edge: an edge is split in two, one after the other or side by side. Edges are the tasks. */
function seriesParallel(random: Random, size: number): number[][] {
  const edges: [from: number, to: number][] = [[0, 1]];
  let points = 2;
  while (edges.length < size) {
    const [from, to] = edges[random.below(edges.length)]!;
    if (random.below(2) === 0) edges.push([from, to]);
    else {
      const at = edges.findIndex((edge) => edge[0] === from && edge[1] === to);
      edges.splice(at, 1, [from, points], [points, to]);
      points += 1;
    }
  }
  return inOrder(edges.map(([from]) => edges.flatMap(([, to], at) => (to === from ? [at] : []))));
}

/** Each task reads up to three tasks, any of those before it. */
function randomDag(random: Random, size: number): number[][] {
  return Array.from({ length: size }, (_, index) => {
    const count = Math.min(index, random.below(4));
    return [...new Set(Array.from({ length: count }, () => random.below(index)))];
  });
}

/** Renumbers tasks so that each comes after what it reads. */
function inOrder(parents: readonly (readonly number[])[]): number[][] {
  const place = new Map<number, number>();
  const stack = parents.map((_, task) => task).reverse();
  while (stack.length > 0) {
    const task = stack.at(-1)!;
    const missing = parents[task]!.filter((parent) => !place.has(parent));
    if (missing.length === 0) {
      stack.pop();
      if (!place.has(task)) place.set(task, place.size);
    } else stack.push(...missing);
  }
  const ordered: number[][] = [];
  for (const [task, at] of place) ordered[at] = parents[task]!.map((parent) => place.get(parent)!);
  return ordered;
}
