import type { GraphNode } from "../core/graph.ts";

interface Entry extends Taken {
  readonly priority: number;
}

/** What may start. */
export interface Taken {
  readonly node: GraphNode;
  readonly pool: string | undefined;
  /**
   * Absent for the node itself; else a piece of its work, beside what is running of it (see `slots.ts`): it never rejects, and
   * releases its place itself.
   */
  readonly work?: () => Promise<void>;
}

/**
 * What is ready to start: the highest priority first, at most `jobs` at once, and at most as many of a pool as its limit.
 * Equal priorities start in the order of the graph.
 */
export class ReadyQueue {
  readonly #jobs: number;
  readonly #limits: ReadonlyMap<string, number>;
  readonly #heap: Entry[] = [];
  /** Entries whose pool was full when their turn came. */
  readonly #blocked = new Map<string, Entry[]>();
  readonly #inPool = new Map<string, number>();
  #running = 0;

  constructor(jobs: number, limits: ReadonlyMap<string, number>) {
    this.#jobs = jobs;
    this.#limits = limits;
  }

  /** How much may run at once. */
  get jobs(): number {
    return this.#jobs;
  }

  push(node: GraphNode, priority: number, pool?: string): void {
    this.#add({ node, priority, pool });
  }

  /** A piece of a running node's work: its turn comes when no node is waiting for a place. See {@link Taken.work}. */
  pushWork(node: GraphNode, work: () => Promise<void>, pool?: string): void {
    this.#add({ node, priority: -1, pool, work });
  }

  /** What to start next, which then counts as running; undefined when nothing may start now. */
  take(): Taken | undefined {
    while (this.#running < this.#jobs) {
      const entry = this.#removeFirst();
      if (!entry) return undefined;
      const { pool } = entry;
      if (pool !== undefined) {
        const used = this.#inPool.get(pool) ?? 0;
        if (used >= (this.#limits.get(pool) ?? 1)) {
          const blocked = this.#blocked.get(pool) ?? [];
          blocked.push(entry);
          this.#blocked.set(pool, blocked);
          continue;
        }
        this.#inPool.set(pool, used + 1);
      }
      this.#running += 1;
      return entry;
    }
    return undefined;
  }

  /** What was taken no longer runs. */
  release(pool?: string): void {
    this.#running -= 1;
    if (pool === undefined) return;
    this.#inPool.set(pool, this.#inPool.get(pool)! - 1);
    for (const entry of this.#blocked.get(pool) ?? []) this.#add(entry);
    this.#blocked.delete(pool);
  }

  /** The priority of what comes first among all that is ready, whether its pool is full or not; 0 when nothing is. */
  get highest(): number {
    let highest = this.#heap[0]?.priority ?? 0;
    for (const [first] of this.#blocked.values()) if (first) highest = Math.max(highest, first.priority);
    return highest;
  }

  #add(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #removeFirst(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.priority === b.priority ? a.node.index < b.node.index : a.priority > b.priority;
}
