import type { RunEvent } from "../../src/core/event.ts";
import type { Output } from "../../src/report/output.ts";
import { createStyle } from "../../src/report/style.ts";

/** Keeps what is written. */
export class Recording implements Output {
  columns: number;
  rows = 24;
  unicode = true;
  reflows = true;
  readonly style;
  text = "";

  constructor({ columns = Number.POSITIVE_INFINITY, color = false } = {}) {
    this.columns = columns;
    this.style = createStyle(color);
  }

  readonly write = (text: string): void => {
    this.text += text;
  };
}

/** A run as its events tell it: one stage of each fate, with logs and a warning. */
export const events: readonly RunEvent[] = [
  { type: "run-started", time: 1000, runId: "20260101-000000-abcd", targets: [], nodes: 6, jobs: 2, cache: "rw" },
  finished(1000, "sales", { status: "hit", kind: "file" }),
  finished(1001, "fetch", { status: "hit", kind: "stage", savedMs: 8000, madeBy: "20251231-000000-wxyz" }),
  {
    type: "node-started",
    time: 1002,
    node: "clean",
    kind: "stage",
    attempt: 1,
    reasons: [{ kind: "code", name: "dropInvalid", detail: "changed", file: "lib/clean.ts", line: 12 }],
    expectedMs: 2000,
  },
  { type: "node-log", time: 1003, node: "clean", level: "info", text: "read 10 rows\nkept 8" },
  { type: "node-log", time: 1003, node: "clean", level: "debug", text: "only when verbose" },
  { type: "node-progress", time: 1004, node: "clean", done: 5, total: 10 },
  {
    type: "warning",
    time: 1005,
    failure: { reason: "check-failed", message: "3 rows have no price", node: "clean", retryable: false },
  },
  {
    type: "warning",
    time: 1005,
    failure: { reason: "check-failed", message: "3 rows have no price", node: "clean", retryable: false },
  },
  finished(2234, "clean", {
    status: "executed",
    kind: "stage",
    durationMs: 1234,
    reasons: [{ kind: "code", name: "dropInvalid", detail: "changed", file: "lib/clean.ts", line: 12 }],
  }),
  { type: "output-placed", time: 2235, node: "clean", path: "out/clean.json" },
  { type: "node-started", time: 2236, node: "stats", kind: "stage", attempt: 1, reasons: [{ kind: "first-run" }] },
  finished(2240, "stats", {
    status: "failed",
    kind: "stage",
    durationMs: 4,
    reasons: [{ kind: "first-run" }],
    failure: {
      reason: "stage-failed",
      message: "stats failed: TypeError: rows is not iterable",
      node: "stats",
      hint: "look at its input",
      retryable: false,
    },
  }),
  finished(2241, "report", {
    status: "skipped",
    kind: "stage",
    failure: { reason: "upstream-failed", message: "stats failed", node: "report", retryable: false },
    stoppedBy: "stats",
  }),
  {
    type: "run-finished",
    time: 2250,
    runId: "20260101-000000-abcd",
    status: "failed",
    durationMs: 1250,
    savedMs: 8000,
  },
];

type Finished = Extract<RunEvent, { type: "node-finished" }>;

export function finished(
  time: number,
  node: string,
  outcome: Partial<Finished> & Pick<Finished, "status" | "kind">,
): Finished {
  return { type: "node-finished", time, node, durationMs: 0, savedMs: 0, reasons: [], ...outcome };
}
