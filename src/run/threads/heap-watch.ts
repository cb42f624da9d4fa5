import type { Worker } from "node:worker_threads";
import type { TinypoolWorker } from "tinypool";
import { HeapTooLarge } from "./thread-ends.ts";

/** Milliseconds between two looks. */
const interval = 50;

/** How far above its limit a heap is refused by the engine itself, as a factor. */
const room = 4;

/*
 * The engine can limit the heap of a thread by itself, but not safely: it ends the thread only if what comes next takes less than
 * 16 MB, and else the whole process, as the growth of a large Map does. So a thread is watched from outside, and ended before
 * its heap comes near the engine's limit.
 */

/** The engine's own limit for threads whose heap is watched. */
export function engineLimits(memory: number): { readonly maxOldGenerationSizeMb: number } {
  return { maxOldGenerationSizeMb: Math.ceil((room * memory) / 2 ** 20) };
}

/** Looks at the heaps of threads from time to time, while some of them are at work. */
export class HeapWatch {
  readonly #memory: number;
  readonly #threads: () => readonly TinypoolWorker[];
  #working = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param memory the most bytes that each heap may take */
  constructor(memory: number, threads: () => readonly TinypoolWorker[]) {
    this.#memory = memory;
    this.#threads = threads;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#working++;
    this.#timer ??= setInterval(() => this.#look(), interval).unref();
    try {
      return await work();
    } finally {
      this.#working--;
      if (this.#working === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  #look(): void {
    for (const thread of this.#threads()) {
      // The pool keeps the worker to itself; what it passes on of it has no statistics.
      const { thread: worker } = thread as TinypoolWorker & { readonly thread: Worker };
      worker.getHeapStatistics().then(
        ({ used_heap_size: size }) => {
          if (size > this.#memory && this.#threads().includes(thread)) thread.emit("error", new HeapTooLarge(size));
        },
        (error: NodeJS.ErrnoException) => {
          // It has not started yet, or has ended.
          if (error.code !== "ERR_WORKER_NOT_RUNNING") throw error;
        },
      );
    }
  }
}
