import type { RunEvent } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import { sanitizeLines } from "../text/sanitize.ts";
import { EventLines } from "./lines.ts";
import { FrameLayout } from "./live/frame.ts";
import { glyphsFor } from "./live/glyphs.ts";
import { LogLimit } from "./live/log-limit.ts";
import { Painter } from "./live/painter.ts";
import { type Running, RunningNodes } from "./live/running.ts";
import type { Loudness, Output, Report } from "./output.ts";

/** A terminal that lines can be taken back from. */
export interface LiveOutput extends Output {
  /** Lines of the terminal. */
  readonly rows: number;
  /** Whether it shows more than ASCII. */
  readonly unicode: boolean;
  /** Whether a window that gets narrower breaks lines that are too long for it. */
  readonly reflows: boolean;
}

interface LiveOptions {
  readonly loudness: Exclude<Loudness, "quiet">;
  readonly cwd: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls back about ten times a second until told to stop; gives the way to stop. */
  readonly everyTick: (tick: () => void) => () => void;
}

/** A live report, and what can be done with it beside telling it events. */
export interface LiveReport extends Report {
  /** Prints text of others (what a stage's function wrote to its console) above the live part. */
  print(text: string): void;
  /** The window has another size. */
  resized(): void;
  /** Shows the last lines of the logs of what runs, or hides them. */
  toggleLogs(): void;
  /** Says that the run is being stopped. */
  stopping(): void;
  /** Says below the live part what keys do. */
  offerKeys(hint: string): void;
  /** Takes the live part away until `resume`, so that the process can be stopped and others have the terminal. */
  suspend(): void;
  resume(): void;
}

/** The least time between two frames, in milliseconds, but for the first few after a pause. */
const frameMs = 100;
const framesAtOnce = 3;
/** Where stages take less than this on the average, one is listed only when it has run for a while. */
const quick = { meanMs: 100, after: 20, listedMs: 300 };
/** Something that is expected to take this long is listed at once. */
const longMs = 1_000;

/**
 * Follows a run at a terminal: what runs now is at the bottom, redrawn in place; what has ended scrolls above it. Events only
 * change what is known; ten times a second at most it is drawn, and of that only what has changed is written.
 */
export function liveReport(output: LiveOutput, options: LiveOptions): LiveReport {
  return new LiveView(output, options);
}

class LiveView implements LiveReport {
  readonly #output: LiveOutput;
  readonly #options: LiveOptions;
  readonly #lines: EventLines;
  readonly #nodes = new RunningNodes();
  readonly #layout: FrameLayout;
  readonly #painter: Painter;
  readonly #logLimit = new LogLimit();
  readonly #warnings: Failure[] = [];
  readonly #stopTicks: () => void;
  /** Lines to be written above the frame. */
  #above: string[] = [];
  /** What others printed since their last line ended. */
  #partial = "";
  #total = 0;
  /** Whether it is a run of a pipeline, and not other work on its stages. */
  #isRun = false;
  #since: number;
  #executedMs = 0;
  #left: { readonly ms: number; readonly at: number } | undefined;
  #logs = false;
  #hint = "";
  /** Whether there is something to be watched. */
  #begun = false;
  #stopping = false;
  #suspended = false;
  #closed = false;
  /** Frames that may be drawn at once, and since when. */
  #frames = framesAtOnce;
  #framesAt = Number.NEGATIVE_INFINITY;

  constructor(output: LiveOutput, options: LiveOptions) {
    this.#output = output;
    this.#options = options;
    this.#lines = new EventLines({ ...options, style: output.style, columns: () => output.columns });
    this.#layout = new FrameLayout(output.style, glyphsFor(output.unicode));
    this.#painter = new Painter(output);
    this.#since = options.now();
    this.#stopTicks = options.everyTick(this.#tick);
  }

  readonly onEvent = (event: RunEvent): void => {
    this.#nodes.follow(event);
    if (event.type === "warning" && this.#options.loudness === "normal") this.#warnings.push(event.failure);
    else if (this.#isShown(event)) this.#say(this.#linesOf(event));
    else this.#lines.note(event);
    switch (event.type) {
      case "run-started":
        this.#total = event.stages ?? event.nodes;
        this.#isRun = event.stages !== undefined;
        this.#since = event.time;
        break;
      case "node-waiting":
        this.#begun = true;
        break;
      case "node-started":
        this.#begun = true;
        if (event.runLeftMs !== undefined) this.#left = { ms: event.runLeftMs, at: event.time };
        // its function may be one that lets nothing else happen until it is done
        if (!this.#isQuick() || (event.expectedMs ?? 0) >= longMs) this.#drawSoon();
        break;
      case "node-finished":
        this.#executedMs += event.durationMs;
        break;
      case "run-finished":
        this.#begun = false;
        this.#draw();
        break;
    }
  };

  /** What one text says may be more lines than a call takes arguments. */
  #say(lines: readonly string[]): void {
    for (const line of lines) this.#above.push(line);
  }

  /** The lines that an event leaves behind; what was collected comes before the summary. */
  #linesOf(event: RunEvent): readonly string[] {
    if (event.type === "node-finished") return [...this.#logLimit.end(event.node), ...this.#lines.of(event)];
    if (event.type !== "run-finished") return this.#lines.of(event);
    const collected = this.#warnings.splice(0).flatMap((failure) => {
      return this.#lines.of({ type: "warning", time: event.time, failure });
    });
    return [...collected, ...this.#lines.of(event)];
  }

  #isShown(event: RunEvent): boolean {
    return event.type !== "node-log" || this.#options.loudness === "verbose" || this.#logLimit.admits(event);
  }

  readonly print = (text: string): void => {
    // a line is printed when it is whole: half of one would be erased with the live part
    const all = (this.#partial + text).split("\n");
    this.#partial = all.pop() ?? "";
    this.#say(all.flatMap(sanitizeLines));
    if (all.length > 0) this.#drawSoon();
  };

  readonly resized = (): void => {
    if (this.#begun) this.#draw();
  };

  readonly toggleLogs = (): void => {
    this.#logs = !this.#logs;
    this.#draw();
  };

  readonly stopping = (): void => {
    this.#stopping = true;
    this.#draw();
  };

  readonly offerKeys = (hint: string): void => {
    this.#hint = hint;
  };

  readonly suspend = (): void => {
    if (this.#closed) return;
    this.#suspended = true;
    this.#write(this.#painter.finish(this.#above.splice(0)));
  };

  readonly resume = (): void => {
    this.#suspended = false;
    this.#draw();
  };

  readonly close = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTicks();
    const rest = [
      ...this.#warnings.splice(0).flatMap((failure) => this.#lines.of({ type: "warning", time: 0, failure })),
      ...this.#lines.rest(),
      ...(this.#partial === "" ? [] : sanitizeLines(this.#partial)),
    ];
    this.#write(this.#painter.finish([...this.#above.splice(0), ...rest]));
  };

  readonly #tick = (): void => {
    if (this.#begun || this.#above.length > 0) this.#drawSoon();
  };

  /** Draws now, unless that was just done: then with the next tick. */
  #drawSoon(): void {
    const now = this.#options.now();
    this.#frames = Math.min(framesAtOnce, this.#frames + (now - this.#framesAt) / frameMs);
    this.#framesAt = now;
    if (this.#frames < 1) return;
    this.#frames -= 1;
    this.#draw();
  }

  #draw(): void {
    if (this.#closed || this.#suspended) return;
    this.#write(this.#painter.paint(this.#above.splice(0), this.#begun ? this.#frame() : []));
  }

  #write(text: string): void {
    if (text !== "") this.#output.write(text);
  }

  #frame(): string[] {
    const now = this.#options.now();
    const { running, waiting } = this.#nodes;
    const { tally } = this.#lines;
    const overall = {
      done: Math.min(tally.total, this.#total),
      total: this.#total,
      tally,
      reused: this.#isRun ? tally.count("hit") + tally.count("shared") : 0,
      running: running.size,
      waiting: waiting.size,
      warnings: this.#warnings.length,
      since: this.#since,
      leftMs: this.#left && this.#left.ms - (now - this.#left.at),
      stopping: this.#stopping,
    };
    const isQuick = this.#isQuick();
    const isListed = ({ since, expectedMs = 0 }: Running): boolean =>
      !isQuick || now - since >= quick.listedMs || expectedMs >= longMs;
    const scene = { nodes: this.#nodes, overall, logs: this.#logs, hint: this.#hint, isListed, now };
    return this.#layout.lines(scene, this.#output);
  }

  /** Whether stages come and go faster than anyone can read. */
  #isQuick(): boolean {
    const executed = this.#lines.tally.count("executed");
    return executed >= quick.after && this.#executedMs / executed < quick.meanMs;
  }
}
