import type { Digest } from "../../core/digest.ts";
import type { RunEvent } from "../../core/event.ts";
import type { Dependencies } from "../../run/watch/dependencies.ts";
import type { FromWorker, Work, WorkEnd } from "./messages.ts";
import type { Exit, WorkerProcess } from "./worker-process.ts";

type Started = Extract<RunEvent, { type: "node-started" }>;

export type TurnEnd = WorkEnd | { readonly kind: "died"; readonly exit: Exit };

interface Sinks {
  readonly onEvent: (event: RunEvent) => void;
  readonly onOutput: (text: string) => void;
  readonly onWarning: (warning: Extract<FromWorker, { type: "warning" }>["failure"]) => void;
}

/** Milliseconds in which a process that is not busy with one long calculation answers. */
const promptly = 250;

/** One run in a process of its own, as the process that watches sees it. */
export class Turn {
  readonly worker: WorkerProcess;
  /** Resolves when it is over. */
  readonly ended: Promise<TurnEnd>;
  /** Resolves with the keys that it would make, where it was asked to say so first. */
  readonly wants: Promise<readonly Digest[]>;
  /** Resolves when the first of its dependencies are known. */
  readonly known: Promise<void>;
  #dependencies: Dependencies | undefined;
  #end: TurnEnd | undefined;
  #kept: ((keys: readonly Digest[]) => void) | undefined;
  readonly #making = new Map<string, Started>();
  readonly #settle: {
    readonly ended: (end: TurnEnd) => void;
    readonly wants: (keys: readonly Digest[]) => void;
    readonly known: () => void;
  };
  #lastStart: number | undefined;

  /** @param plan whether it waits for {@link begin} once it has said what it wants */
  constructor(worker: WorkerProcess, work: Work, plan: boolean, sinks: Sinks) {
    this.worker = worker;
    const [ended, wants, known] = [
      Promise.withResolvers<TurnEnd>(),
      Promise.withResolvers<readonly Digest[]>(),
      Promise.withResolvers<void>(),
    ];
    this.ended = ended.promise;
    this.wants = wants.promise;
    this.known = known.promise;
    this.#settle = { ended: ended.resolve, wants: wants.resolve, known: known.resolve };
    worker.listen({
      onMessage: (message) => this.#receive(message, sinks),
      onOutput: sinks.onOutput,
      onExit: (exit) => this.#finish({ kind: "died", exit }),
    });
    worker.send({ type: "start", work, plan });
  }

  get dependencies(): Dependencies | undefined {
    return this.#dependencies;
  }

  get end(): TurnEnd | undefined {
    return this.#end;
  }

  /** What it makes now. */
  get making(): Iterable<Started> {
    return this.#making.values();
  }

  /** Milliseconds since a stage started last. */
  get sinceStart(): number {
    return this.#lastStart === undefined ? 0 : performance.now() - this.#lastStart;
  }

  /** Whether its process has the pipeline loaded and can run it again. */
  get isReusable(): boolean {
    const ran = this.#end?.kind === "outcome" || this.#end?.kind === "failure";
    return ran && this.#dependencies?.sources !== undefined && !this.worker.isOver;
  }

  /** From now on, what happened to these things so far counts as known. */
  rebase(dependencies: Dependencies): void {
    this.#dependencies = dependencies;
  }

  begin(underway: readonly Digest[]): void {
    this.worker.send({ type: "begin", underway });
  }

  /** Lets nothing new start, and cancels what is not wanted. @returns what goes on */
  async drain(wanted: readonly Digest[] | "all"): Promise<readonly Digest[]> {
    if (this.#end) return [];
    const { promise, resolve } = Promise.withResolvers<readonly Digest[]>();
    this.#kept = resolve;
    this.worker.send({ type: "drain", wanted });
    const busy = setTimeout(() => {
      // It will hear of it when its calculation is done; until then what it makes is what it has said.
      const set = wanted === "all" ? undefined : new Set(wanted);
      resolve(
        [...this.#making.values()].flatMap(({ key }) => (key !== undefined && (set?.has(key) ?? true) ? [key] : [])),
      );
    }, promptly);
    const kept = await Promise.race([promise, this.ended.then(() => [])]);
    clearTimeout(busy);
    return kept;
  }

  cancel(): void {
    this.worker.send({ type: "cancel" });
  }

  #receive(message: FromWorker, sinks: Sinks): void {
    switch (message.type) {
      case "depends":
        this.#dependencies = message.dependencies;
        this.#settle.known();
        break;
      case "wants":
        this.#settle.wants(message.keys);
        break;
      case "kept":
        this.#kept?.(message.keys);
        break;
      case "warning":
        sinks.onWarning(message.failure);
        break;
      case "event":
        this.#follow(message.event);
        sinks.onEvent(message.event);
        break;
      case "ended":
        this.#finish(message.end);
        break;
    }
  }

  #follow(event: RunEvent): void {
    if (event.type === "node-started") {
      this.#making.set(event.node, event);
      this.#lastStart = performance.now();
    } else if (event.type === "node-finished") this.#making.delete(event.node);
  }

  #finish(end: TurnEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#making.clear();
    this.#settle.known();
    this.#settle.ended(end);
  }
}
