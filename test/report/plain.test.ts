import { describe, expect, test } from "vitest";
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
      "not run  report                  stats failed",
      "failed: 1 stage ran, 1 reused, 1 failed, 1 not run, in 1.3 s; saved 8.0 s",
    ]);
  });

  test("quiet says what fails and warns, and nothing else", () => {
    expect(reported("quiet")).toEqual([
      "warning: 3 rows have no price",
      "failed   stats             4 ms",
      "  error: stats failed: TypeError: rows is not iterable",
      "    hint: look at its input",
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
});
