import type { ProgressUnit, RunEvent } from "../../core/event.ts";
import { sanitizeLines } from "../../text/sanitize.ts";
import { Speed } from "./speed.ts";

/** A node whose work is under way. */
export interface Running {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds that it took when it last ran. */
  readonly expectedMs: number | undefined;
  readonly speed: Speed;
  progress: Progress | undefined;
  /** The last lines that it logged, safe to print. */
  readonly log: string[];
}

export interface Progress {
  readonly done: number;
  readonly total: number | undefined;
  readonly unit: ProgressUnit | undefined;
}

/** How many lines of each log are kept for the view. */
const logLines = 20;
/** Characters of one text of a log that are looked at. */
const longestLog = 4_000;

/** What runs at a moment, by name, and what each of these is about. Each event costs the same however many run. */
export class RunningNodes {
  /** What runs, the longest first. */
  readonly running = new Map<string, Running>();
  /** What another run is making, and since when. */
  readonly waiting = new Map<string, number>();

  follow(event: RunEvent): void {
    switch (event.type) {
      case "node-started":
        this.#start(event.node, event.time, event.expectedMs);
        break;
      case "node-waiting":
        this.running.delete(event.node);
        this.waiting.set(event.node, event.time);
        break;
      case "node-progress":
        this.#progress(event.node, event.time, { done: event.done, total: event.total, unit: event.unit });
        break;
      case "node-log":
        this.#log(event.node, event.text);
        break;
      case "node-finished":
        this.running.delete(event.node);
        this.waiting.delete(event.node);
        break;
      case "run-finished":
        this.running.clear();
        this.waiting.clear();
        break;
    }
  }

  #start(node: string, at: number, expectedMs: number | undefined): void {
    const before = this.running.get(node);
    this.waiting.delete(node);
    // another attempt: all begins anew but the time that the node takes
    const since = before?.since ?? at;
    this.running.set(node, { since, expectedMs, speed: new Speed(), progress: undefined, log: before?.log ?? [] });
  }

  #progress(node: string, at: number, progress: Progress): void {
    const state = this.running.get(node);
    if (!state) return;
    state.progress = progress;
    state.speed.follow(at, progress.done);
  }

  #log(node: string, text: string): void {
    const log = this.running.get(node)?.log;
    if (!log) return;
    log.push(...sanitizeLines(text.slice(-longestLog)).slice(-logLines));
    if (log.length > logLines) log.splice(0, log.length - logLines);
  }
}
