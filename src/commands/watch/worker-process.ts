import { type ChildProcess, fork } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import type { FromWorker, ToWorker } from "./messages.ts";

/** How a process ended by itself. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Listener {
  onMessage(message: FromWorker): void;
  /** The process wrote this; not as the log of a stage. */
  onOutput(text: string): void;
  onExit(exit: Exit): void;
}

/** Milliseconds that a process has to end what it does. */
const patience = 2_000;

/** The name of the hidden command that such a process runs. */
export const workerVerb = "__watch-worker";

/** A process that runs a pipeline. It ends with this one, however this one ends. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #listener: Listener | undefined;
  #isOver = false;
  /** What came before anyone listened. */
  #early: ((listener: Listener) => void)[] = [];

  constructor() {
    this.#child = fork(process.argv[1]!, [workerVerb], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#child.on("message", (message) => this.#tell((listener) => listener.onMessage(message as FromWorker)));
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      const decoder = new StringDecoder("utf8");
      stream.on("data", (bytes: Buffer) => this.#tell((listener) => listener.onOutput(decoder.write(bytes))));
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    const end = (exit: Exit): void => {
      this.#isOver = true;
      resolve();
      this.#tell((listener) => listener.onExit(exit));
    };
    // after all that it wrote
    this.#child.on("close", (code, signal) => end({ code, signal }));
    this.#child.on("error", (error) => {
      this.#tell((listener) => listener.onOutput(`${error.message}\n`));
      if (this.#child.pid === undefined) end({ code: 1, signal: null });
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes the place of an earlier listener. */
  listen(listener: Listener): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const tell of early) tell(listener);
  }

  send(message: ToWorker): void {
    // One that is gone says so by itself.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /** Ends the process and what it started: it is asked to, and after a while made to. */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.send({ type: "leave" });
    const timer = setTimeout(() => this.kill(), patience);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Ends the process at once. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #tell(tell: (listener: Listener) => void): void {
    if (this.#listener) tell(this.#listener);
    else this.#early.push(tell);
  }
}
