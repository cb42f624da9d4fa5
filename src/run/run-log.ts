import { appendFileSync } from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import type { RunEvent } from "../core/event.ts";
import { failure } from "../core/failure.ts";
import { ensureDir } from "../platform/files.ts";
import type { Store } from "./workspace.ts";

/** How long lines are held back, in milliseconds, so that a chatty stage costs few writes. */
const holdBack = 100;

/** Where the log of a run is, one event a line; undefined where nothing can be kept. */
export function runLogFile(store: Store, runId: string): string | undefined {
  const { cacheDir, metadata } = store;
  return cacheDir === undefined || metadata.readOnly ? undefined : path.join(cacheDir, "v1", "logs", `${runId}.jsonl`);
}

/** Keeps what stages said and how they failed. A run that says nothing leaves no file. */
export class RunLog {
  readonly #file: string | undefined;
  #lines: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #onTrouble: ((event: RunEvent) => void) | undefined;

  constructor(file: string | undefined, onTrouble: (event: RunEvent) => void) {
    this.#file = file;
    this.#onTrouble = onTrouble;
  }

  readonly sink = (event: RunEvent): void => {
    if (!this.#file || !isKept(event)) return;
    this.#lines.push(`${JSON.stringify(event)}\n`);
    this.#timer ??= setTimeout(() => this.flush(), holdBack).unref();
  };

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#file || this.#lines.length === 0) return;
    const text = this.#lines.join("");
    this.#lines = [];
    try {
      ensureDir(path.dirname(this.#file), 0o700);
      appendFileSync(this.#file, text, { mode: 0o600 });
    } catch (error) {
      // A log that cannot be kept does not stop the work, but it is said, once.
      const message = `the log of this run cannot be written: ${inspect((error as Error).message)}`;
      this.#onTrouble?.({ type: "warning", time: Date.now(), failure: failure("io", message) });
      this.#onTrouble = undefined;
    }
  }
}

function isKept(event: RunEvent): boolean {
  switch (event.type) {
    case "node-log":
    case "node-retrying":
    case "warning":
      return true;
    case "node-finished":
      return event.status === "failed";
    default:
      return false;
  }
}
