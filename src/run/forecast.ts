import type { GraphNode } from "../core/graph.ts";
import { systemClock } from "../platform/clock.ts";

interface ForecastOptions {
  /** The stages of the run, and whether each still is to be settled. */
  readonly stages: Iterable<GraphNode>;
  readonly isSettled: (node: GraphNode) => boolean;
  /** Milliseconds that nodes took when they last ran. */
  readonly durations: ReadonlyMap<string, number>;
  /** The longest remaining path from each node to an end, in milliseconds. */
  readonly paths: ReadonlyMap<GraphNode, number>;
  readonly jobs: number;
}

/** Of the stages that are left, the share whose duration must be known for paths to mean something. */
const enoughKnown = 0.5;
/** How many stages must have run, and what share of all that were left, before their mean is taken for the rest's. */
const enoughRun = 10;
const enoughRunShare = 0.05;

/**
 * What a run is expected to take from now on: no less than the longest path that is left, and no less than all work that is left
 * shared among the jobs. Stages that may yet turn out to be hits count as work, so the truth is often less. O(jobs) to ask, O(1)
 * for each stage that ends.
 */
export class Forecast {
  readonly #options: ForecastOptions;
  readonly #typicalMs: number;
  readonly #known: boolean;
  /** Stages that are not settled. */
  readonly #left = new Set<GraphNode>();
  readonly #leftAtFirst: number;
  readonly #running = new Map<GraphNode, number>();
  #leftMs = 0;
  #ranMs = 0;
  #ran = 0;

  constructor(options: ForecastOptions) {
    this.#options = options;
    const { durations, isSettled, stages } = options;
    let [known, total] = [0, 0];
    for (const node of stages) {
      if (isSettled(node)) continue;
      this.#left.add(node);
      const duration = durations.get(node.name);
      if (duration === undefined) continue;
      known += 1;
      total += duration;
    }
    this.#leftAtFirst = this.#left.size;
    this.#typicalMs = known === 0 ? 0 : total / known;
    this.#known = known > 0 && known >= this.#left.size * enoughKnown;
    this.#leftMs = total + (this.#left.size - known) * this.#typicalMs;
  }

  started(node: GraphNode, now = systemClock.elapsed()): void {
    this.#running.set(node, now);
  }

  /** It ended, or gave up its place to wait. */
  stopped(node: GraphNode): void {
    this.#running.delete(node);
  }

  /** It is settled; `ranMs` if it ran. */
  settled(node: GraphNode, ranMs: number): void {
    if (!this.#left.delete(node)) return;
    this.#leftMs -= this.#own(node);
    if (ranMs <= 0) return;
    this.#ran += 1;
    this.#ranMs += ranMs;
  }

  /** It failed: neither it nor what depends on it is going to take any more time. @returns how long it was running */
  failed(node: GraphNode, now = systemClock.elapsed()): number {
    const stopped = [node];
    for (const next of stopped) {
      if (!this.#left.has(next)) continue;
      this.settled(next, 0);
      for (const consumer of next.consumers) stopped.push(consumer);
    }
    return now - (this.#running.get(node) ?? now);
  }

  /**
   * Milliseconds; undefined while too little is known.
   * @param highest the longest path of what is ready and not started
   */
  leftMs(highest: number, now = systemClock.elapsed()): number | undefined {
    const { jobs, paths } = this.#options;
    if (!this.#known) {
      if (this.#ran < enoughRun || this.#ran < this.#leftAtFirst * enoughRunShare) return undefined;
      return ((this.#ranMs / this.#ran) * this.#left.size) / jobs;
    }
    let path = highest;
    let work = this.#leftMs;
    for (const [node, since] of this.#running) {
      const done = Math.min(now - since, this.#own(node));
      path = Math.max(path, (paths.get(node) ?? 0) - done);
      if (this.#left.has(node)) work -= done;
    }
    return Math.max(path, work / jobs);
  }

  #own(node: GraphNode): number {
    return this.#options.durations.get(node.name) ?? this.#typicalMs;
  }
}
