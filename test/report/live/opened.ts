import type { NodeOutcome, RunEvent } from "../../../src/core/event.ts";
import { createStyle } from "../../../src/report/style.ts";
import { type LiveReport, liveReport } from "../../../src/report/tty.ts";
import { finished } from "../support.ts";
import { Screen } from "./screen.ts";

interface OpenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly color?: boolean;
  readonly unicode?: boolean;
  readonly verbose?: boolean;
}

/** A live view on a screen of its own, whose clock and ticks a test moves. */
export interface Opened {
  readonly screen: Screen;
  readonly report: LiveReport;
  /** All that was written. */
  written(): string;
  /** How often something was written. */
  writes(): number;
  now(): number;
  /** Lets so many milliseconds pass, with ten ticks a second; then all is shown. */
  pass(ms: number): Promise<void>;
  start(node: string, more?: Partial<RunEvent & { type: "node-started" }>): void;
  end(node: string, outcome?: Partial<NodeOutcome>): void;
  begin(stages: number): void;
  finish(status?: "ok" | "failed" | "cancelled"): Promise<void>;
}

export function openView({ columns = 80, rows = 24, color = true, unicode = true, verbose }: OpenOptions = {}): Opened {
  const screen = new Screen(columns, rows);
  let [now, written, writes] = [1_000_000, "", 0];
  let tick = (): void => {};
  const output = {
    get columns() {
      return screen.columns;
    },
    get rows() {
      return screen.rows;
    },
    unicode,
    reflows: true,
    style: createStyle(color),
    write: (text: string) => {
      written += text;
      writes += 1;
      screen.write(text);
    },
  };
  const report = liveReport(output, {
    loudness: verbose ? "verbose" : "normal",
    cwd: "/project",
    now: () => now,
    everyTick: (call) => {
      tick = call;
      return () => {
        tick = () => {};
      };
    },
  });
  const started = now;
  return {
    screen,
    report,
    written: () => written,
    writes: () => writes,
    now: () => now,
    pass: async (ms) => {
      for (let past = 0; past < ms; past += 100) {
        now += Math.min(100, ms - past);
        tick();
      }
      await screen.shown();
    },
    start: (node, more = {}) =>
      report.onEvent({ type: "node-started", time: now, node, kind: "stage", attempt: 1, reasons: [], ...more }),
    end: (node, outcome = {}) =>
      report.onEvent(finished(now, node, { status: "executed", kind: "stage", durationMs: 1500, ...outcome })),
    begin: (stages) =>
      report.onEvent({
        type: "run-started",
        time: now,
        runId: "20260101-000000-abcd",
        targets: [],
        nodes: stages + 1,
        stages,
        jobs: 4,
        cache: "rw",
      }),
    finish: async (status = "ok") => {
      const durationMs = now - started;
      report.onEvent({
        type: "run-finished",
        time: now,
        runId: "20260101-000000-abcd",
        status,
        durationMs,
        savedMs: 0,
      });
      report.close();
      await screen.shown();
    },
  };
}
