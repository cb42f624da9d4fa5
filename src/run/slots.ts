import type { GraphNode } from "../core/graph.ts";
import type { ReadyQueue } from "./ready-queue.ts";

/**
 * Lets a running node do its work in several places at once. It keeps the place that it has. Further ones it gets only while
 * no other node is waiting for them, and gives each back after a slice of work: so a map of many items takes what room there
 * is, and holds nobody up.
 */
export class Slots {
  readonly #queue: ReadyQueue;
  readonly #isStopping: () => boolean;
  readonly #wake: () => void;

  /** @param wake has the run look for what may start */
  constructor(queue: ReadyQueue, isStopping: () => boolean, wake: () => void) {
    this.#queue = queue;
    this.#isStopping = isStopping;
    this.#wake = wake;
  }

  /** How much the run does at once. */
  get jobs(): number {
    return this.#queue.jobs;
  }

  /** Whether nothing new is to start. */
  get stopping(): boolean {
    return this.#isStopping();
  }

  /**
   * Calls `slice` in up to `most` places at once, again and again until it says that there is no more to begin. Returns when
   * the last call has ended. The first error is thrown then.
   */
  async spread(
    node: GraphNode,
    { most, pool }: { readonly most: number; readonly pool: string | undefined },
    slice: () => Promise<boolean>,
  ): Promise<void> {
    const running = new Set<Promise<void>>();
    const errors: unknown[] = [];
    let isOver = false;
    const slices = async (): Promise<boolean> => {
      try {
        if (!isOver && (await slice())) return true;
      } catch (error) {
        errors.push(error);
      }
      isOver = true;
      return false;
    };
    const further = (): void => {
      this.#queue.pushWork(
        node,
        () => {
          const work = slices().then((more) => {
            running.delete(work);
            this.#queue.release(pool);
            if (more) further();
            this.#wake();
          });
          running.add(work);
          return work;
        },
        pool,
      );
    };
    for (let place = 1; place < most; place++) further();
    this.#wake();
    while (await slices());
    await Promise.all(running);
    if (errors.length > 0) throw errors[0];
  }
}
