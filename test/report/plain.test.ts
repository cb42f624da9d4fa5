import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/core/event.ts";
import type { Loudness } from "../../src/report/output.ts";
import { plainReport } from "../../src/report/plain.ts";
import { events, finished, Recording } from "./support.ts";

function reported(loudness: Loudness, list = events): string[] {
  const output = new Recording();
  const report = plainReport(output, { loudness, cwd: "/project" });
  for (const event of list) report.onEvent(event);
  report.close();
  return output.text.split("\n").slice(0, -1);
}

describe("plain report", () => {
  test("one line for what ran, failed or was not run, with the reason beside it", () => {
    expect(reported("normal")).toEqual([
      "clean | read 10 rows",
      "clean | kept 8",
      "warning: 3 rows have no price",
      "ran      clean            1.2 s  code: dropInvalid changed (lib/clean.ts:12)",
      "wrote    clean                   out/clean.json",
      "failed   stats             4 ms",
      "  error: stats failed: TypeError: rows is not iterable",
      "    hint: look at its input",
      "    stops: report",
      "failed: 1 stage ran, 1 reused, 1 failed, 1 not run, in 1.3 s; saved 8.0 s",
    ]);
  });

  test("quiet says what fails and warns, and nothing else", () => {
    expect(reported("quiet")).toEqual([
      "warning: 3 rows have no price",
      "failed   stats             4 ms",
      "  error: stats failed: TypeError: rows is not iterable",
      "    hint: look at its input",
      "    stops: report",
    ]);
  });

  test("verbose also says what starts, what is reused and from where, and debug logs", () => {
    const lines = reported("verbose");
    expect(lines[0]).toBe("run 20260101-000000-abcd: 6 nodes, 2 at once");
    expect(lines).toContain("reused   fetch                   made by run 20251231-000000-wxyz");
    expect(lines).toContain("start    stats                   first run");
    expect(lines).toContain("clean | debug only when verbose");
  });

  test("a run in which nothing changed says so in one line", () => {
    const list = [events[0]!, events[1]!, events[2]!, { ...events.at(-1)!, status: "ok" } as (typeof events)[number]];
    expect(reported("normal", list)).toEqual(["nothing to do: the stage was reused, in 1.3 s; saved 8.0 s"]);
  });

  test("a node that ends twice, because its damaged result was made anew, counts once", () => {
    const again = finished(3, "fetch", {
      status: "executed",
      kind: "stage",
      durationMs: 5,
      reasons: [{ kind: "corrupt-result" }],
    });
    const end = { ...events.at(-1)!, status: "ok" } as (typeof events)[number];
    expect(reported("normal", [events[2]!, again, end]).at(-1)).toBe("done: 1 stage ran, in 1.3 s; saved 8.0 s");
  });

  test("many failures are named together at the end", () => {
    const list = ["a", "b"].map((node) => finished(1, node, { status: "failed", kind: "stage" }));
    expect(reported("normal", [...list, events.at(-1)!]).slice(-2)).toEqual([
      "failed: 0 stages ran, 2 failed, in 1.3 s; saved 8.0 s",
      "  failed: a, b",
    ]);
  });

  test("a failure that other lines followed is told in full at the end, with the last of its log in a long run", () => {
    const failed = events.find((event) => event.type === "node-finished" && event.status === "failed")!;
    const log: RunEvent = { type: "node-log", time: 1, node: "stats", level: "info", text: "one\ntwo" };
    const started: RunEvent = { type: "node-started", time: 1, node: "stats", kind: "stage", attempt: 1, reasons: [] };
    const others = Array.from({ length: 30 }, (_, i) => finished(1, `n${i}`, { status: "executed", kind: "stage" }));
    const stopped = events.find((event) => event.type === "node-finished" && event.status === "skipped")!;
    const lines = reported("normal", [started, log, failed, ...others, stopped, events.at(-1)!]);
    expect(lines.slice(-9)).toEqual([
      "ran      n29",
      "failed   stats",
      "  error: stats failed: TypeError: rows is not iterable",
      "    hint: look at its input",
      "    the last 2 lines of its log:",
      "    | one",
      "    | two",
      "    stops: report",
      "failed: 30 stages ran, 1 failed, 1 not run, in 1.3 s; saved 8.0 s",
    ]);
    expect(lines.filter((line) => line.startsWith("failed   stats"))).toHaveLength(2);
  });

  test("lines of a log that the failure tells are not told twice", () => {
    const message = "stats failed: python3 ended with exit code 3:\nno rows\nsorry";
    const failed = finished(1, "stats", {
      status: "failed",
      kind: "command",
      failure: { reason: "stage-failed", message, retryable: false },
    });
    const log: RunEvent = { type: "node-log", time: 1, node: "stats", level: "info", text: "no rows\nsorry" };
    const others = Array.from({ length: 30 }, (_, i) => finished(1, `n${i}`, { status: "executed", kind: "stage" }));
    const told = reported("normal", [log, failed, ...others, events.at(-1)!]).slice(-5, -1);
    expect(told).toEqual([
      "failed   stats",
      "  error: stats failed: python3 ended with exit code 3:",
      "    no rows",
      "    sorry",
    ]);
  });

  test("a run that never comes to its end tells its failures when the report is closed", () => {
    const failed = events.find((event) => event.type === "node-finished" && event.status === "failed")!;
    const other = finished(1, "n", { status: "executed", kind: "stage" });
    expect(reported("normal", [failed, other]).slice(-3)).toEqual([
      "failed   stats",
      "  error: stats failed: TypeError: rows is not iterable",
      "    hint: look at its input",
    ]);
  });

  test("of thousands of failures the first ten are told in full, of thousands that did not begin none", () => {
    const failure = { reason: "stage-failed", message: "no", retryable: false } as const;
    const list = Array.from({ length: 5000 }, (_, i) =>
      finished(1, `n${i}`, { status: "failed", kind: "stage", failure }),
    );
    const rest = Array.from({ length: 5000 }, (_, i) => finished(1, `m${i}`, { status: "cancelled", kind: "stage" }));
    const lines = reported("normal", [...list, ...rest, events.at(-1)!]);
    expect(lines.filter((line) => line === "  error: no")).toHaveLength(10);
    expect(lines).toContain("4,990 more failures: see sluice logs");
    expect(lines.filter((line) => line.startsWith("stopped"))).toEqual([]);
  });

  test("what takes long gives signs of life, the longest first, and no more than three of them by name", () => {
    const output = new Recording();
    let beat = (_now: number): void => {};
    const report = plainReport(output, {
      loudness: "normal",
      cwd: "/project",
      everyWhile: (call) => {
        beat = call;
        return () => {
          beat = () => {};
        };
      },
    });
    const start = (node: string, time: number): void =>
      report.onEvent({ type: "node-started", time, node, kind: "stage", attempt: 1, reasons: [] });
    start("a", 0);
    start("b\x1b[2J", 1000);
    start("late", 40_000);
    report.onEvent({ type: "node-progress", time: 2000, node: "a", done: 5e8, total: 2e9, unit: "bytes" });
    beat(60_000);
    expect(output.text).toBe("running  a  1 min 00 s  25%  500 MB of 2.0 GB\nrunning  b\\x1b[2J  59 s\n");
    output.text = "";
    for (let i = 0; i < 10; i++) start(`n${i}`, 2000);
    report.onEvent(finished(61_000, "a", { status: "executed", kind: "stage" }));
    output.text = "";
    beat(90_000);
    expect(output.text.trimEnd().split("\n")).toHaveLength(4);
    expect(output.text).toContain("running  9 more");
    output.text = "";
    report.close();
    beat(120_000);
    expect(output.text).toBe("");
  });

  test("on GitHub Actions failures and warnings are marked in the code, and nothing else is a command", () => {
    const output = new Recording();
    const report = plainReport(output, { loudness: "normal", cwd: "/project", annotate: true });
    const where = { file: "/project/lib/a,b.ts", line: 3, column: 7 };
    const message = "50% is\n::stop-commands::x";
    const failure = { reason: "stage-failed", message, node: "stats", where, retryable: false } as const;
    report.onEvent({ type: "warning", time: 1, failure: { ...failure, message: "careful" } });
    report.onEvent(finished(1, "stats", { status: "failed", kind: "stage", failure }));
    report.close();
    const commands = output.text.split("\n").filter((line) => /^\s*(::|##\[)/.test(line));
    expect(commands).toEqual([
      "::warning file=lib/a%2Cb.ts,line=3,col=7,title=stats::careful",
      "::error file=lib/a%2Cb.ts,line=3,col=7,title=stats::50%25 is%0A::stop-commands::x",
    ]);
  });
});
