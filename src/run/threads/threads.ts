import { getCompileCacheDir } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { SHARE_ENV, type Transferable } from "node:worker_threads";
import { Tinypool } from "tinypool";
import { ownRoot } from "../../analyse/packages/own-package.ts";
import { engineLimits, HeapWatch } from "./heap-watch.ts";
import type { CallRequest, ThreadStart } from "./messages.ts";
import { HeapTooLarge, ThreadExit } from "./thread-ends.ts";

/** How long a thread with nothing to do is kept, in milliseconds. */
const idleMs = 10_000;

/** The most threads of one kind: far more than stages can run at once. */
const mostThreads = 1024;

export interface ThreadOptions {
  /** The most bytes that its objects may take. */
  readonly memory: number | undefined;
  /** What is moved to the thread. */
  readonly moved: readonly Transferable[];
  /** Ends the thread, if it is still at it. */
  readonly end: AbortController;
}

/**
 * The threads of a workspace. One is started when a call finds none that waits; it is kept for the next call of the same
 * program with the same limit of memory, for a while.
 */
export class Threads {
  readonly #pools = new Map<string, ThreadPool>();
  readonly #ends = new Set<AbortController>();
  #closed = false;

  /**
   * Has one call served. What came of it is told on the call's port; this says that the thread is free again.
   * @throws ThreadExit, HeapTooLarge, or the error by which the thread ended
   */
  async serve(request: CallRequest, { memory, moved, end }: ThreadOptions): Promise<void> {
    if (this.#closed) throw new Error("the threads of this workspace are closed");
    this.#ends.add(end);
    try {
      await this.#poolFor(request, memory).serve(request, moved, end.signal);
    } finally {
      this.#ends.delete(end);
    }
  }

  #poolFor({ stage: { entries, ours } }: CallRequest, memory: number | undefined): ThreadPool {
    const kind = JSON.stringify([memory, ours, entries]);
    let pool = this.#pools.get(kind);
    if (!pool) {
      pool = new ThreadPool(memory);
      this.#pools.set(kind, pool);
    }
    return pool;
  }

  /** Ends every thread, whatever it does. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const end of this.#ends) end.abort();
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
    this.#pools.clear();
  }
}

/** Threads that are alike. */
class ThreadPool {
  readonly #pool: Tinypool;
  readonly #watched = new WeakSet<object>();
  readonly #heaps: HeapWatch | undefined;
  #startError: Error | undefined;

  constructor(memory: number | undefined) {
    this.#pool = new Tinypool({
      filename: workerUrl,
      minThreads: 0,
      maxThreads: mostThreads,
      idleTimeout: idleMs,
      // Between two calls a thread is to go on with what functions have left running, as the thread of the run does.
      useAtomics: false,
      workerData: { compileCache: getCompileCacheDir() !== undefined } satisfies ThreadStart,
      // One environment for all of a process, as its modules and functions expect.
      env: SHARE_ENV as unknown as Record<string, string>,
      ...(memory === undefined ? {} : { resourceLimits: engineLimits(memory) }),
    });
    // Of a thread that was at nothing.
    this.#pool.on("error", (error: Error) => {
      if (this.#pool.queueSize > 0) {
        this.#startError = error;
        this.#pool.cancelPendingTasks();
      } else if (!(error instanceof ThreadExit || error instanceof HeapTooLarge)) process.emitWarning(error);
    });
    if (memory !== undefined) this.#heaps = new HeapWatch(memory, () => this.#pool.threads);
  }

  serve(request: CallRequest, moved: readonly Transferable[], signal: AbortSignal): Promise<void> {
    const serve = (): Promise<void> => this.#serve(request, moved, signal);
    return this.#heaps ? this.#heaps.during(serve) : serve();
  }

  async #serve(request: CallRequest, moved: readonly Transferable[], signal: AbortSignal): Promise<void> {
    const served = this.#pool.run(request, { transferList: [...moved], signal });
    this.#watchExits();
    try {
      await served;
    } catch (error) {
      // A thread that does not even start takes the calls with it that wait for it.
      throw this.#startError && (error as Error).name === "CancelError" ? this.#startError : error;
    }
  }

  /** The pool hears of a thread's errors only, and would wait for ever for one that calls `process.exit()`. */
  #watchExits(): void {
    for (const thread of this.#pool.threads) {
      if (this.#watched.has(thread)) continue;
      this.#watched.add(thread);
      thread.once("exit", (code: number) => {
        // Those that the pool ended itself, it has let go of.
        if (this.#pool.threads.includes(thread)) thread.emit("error", new ThreadExit(code));
      });
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** The program of a thread: beside this file in the source, an entry of its own in the package. */
const workerUrl = pathToFileURL(
  import.meta.url.endsWith(".ts")
    ? path.join(ownRoot, "src", "run", "threads", "thread-start.ts")
    : path.join(ownRoot, "dist", "thread-start.js"),
).href;
