import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunEvent, RunReason } from "../../src/core/event.ts";
import { describeFailure } from "../../src/report/failure.ts";
import { plainReport } from "../../src/report/plain.ts";
import { previewValue } from "../../src/report/preview.ts";
import { createStyle } from "../../src/report/style.ts";
import { formatTable } from "../../src/report/table.ts";
import { displayWidth, truncate } from "../../src/report/width.ts";
import { describeReason } from "../../src/text/reasons.ts";
import { sanitize, sanitizeLines } from "../../src/text/sanitize.ts";
import { finished, Recording } from "../report/support.ts";

/** Everything that acts on a terminal, hides in one, or is no text; line feeds may be part of a report. */
const hostile = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\n\u200c\u200d]]/v;

/** Text in which what terminals act on is as frequent as letters. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.constantFrom(
        "\x1b[2J",
        "\x1b]0;title\x07",
        "\x1b]8;;http://x\x1b\\",
        "\x9b31m",
        "\r",
        "\n",
        "\b",
        "\x7f",
        "\u202e",
        "\u2066",
        "\ud800",
        "\ufeff",
        "\u{e0041}",
      ),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

describe("sanitising", () => {
  test("what is printable stays as it is", () => {
    for (const plain of ["clean", "größe", "売上", "👩‍👩‍👧", "می‌خواهم", "a b"]) expect(sanitize(plain)).toBe(plain);
  });

  test("what is not is shown as an escape", () => {
    expect(sanitize("a\x1b[31mb\n\u202e")).toBe("a\\x1b[31mb\\n\\u{202e}");
    expect(sanitize("\ud800")).toBe("\\u{d800}");
  });

  test("logs lose their colours and keep their lines", () => {
    expect(sanitizeLines("\x1b[32mok\x1b[39m\r\n\tindented\n")).toEqual(["ok", "    indented"]);
    expect(sanitizeLines("10%\r20%")).toEqual(["10%", "20%"]);
    expect(sanitizeLines("")).toEqual([""]);
  });

  test("no text gets through raw, whatever it passes", () => {
    const style = createStyle(false);
    fc.assert(
      fc.property(text, (evil) => {
        expect(sanitize(evil)).not.toMatch(/\n/);
        const failure = {
          reason: "stage-failed",
          message: evil,
          node: evil,
          hint: evil,
          where: { file: evil },
          cause: { stack: `${evil}\n    at ${evil} (/x/${evil}.ts:1:2)` },
          retryable: false,
        } as const;
        const reason: RunReason = { kind: "param", name: evil, before: evil, after: evil, detail: evil, file: evil };
        const printed = [
          sanitize(evil),
          ...sanitizeLines(evil),
          ...describeFailure(failure, { style, cwd: "/" }),
          describeReason(reason),
          ...previewValue(evil, { style, columns: 80 }),
          ...previewValue([{ [evil]: evil }, { [evil]: [evil] }], { style, columns: 80 }),
          ...previewValue({ [evil]: new Map([[evil, new Error(evil)]]) }, { style, columns: 80 }),
        ];
        for (const line of printed) expect(line).not.toMatch(hostile);
        for (const line of printed) expect(line).not.toMatch(/\n/);
      }),
      { numRuns: 2000 },
    );
  });

  test("no event gets through raw", () => {
    fc.assert(
      fc.property(text, (evil) => {
        const output = new Recording();
        const report = plainReport(output, { loudness: "verbose", cwd: "/" });
        const failure = { reason: "stage-failed", message: evil, node: evil, hint: evil, retryable: true } as const;
        const reasons: RunReason[] = [{ kind: "code", name: evil, file: evil, line: 1 }];
        const list: RunEvent[] = [
          { type: "run-started", time: 0, runId: evil, targets: [evil], nodes: 1, jobs: 1, cache: "rw" },
          { type: "node-started", time: 0, node: evil, kind: "stage", attempt: 1, reasons },
          { type: "node-waiting", time: 0, node: evil },
          { type: "node-log", time: 0, node: evil, level: "warn", text: evil },
          { type: "node-retrying", time: 0, node: evil, attempt: 2, delayMs: 5, failure },
          { type: "output-placed", time: 0, node: evil, path: evil },
          { type: "warning", time: 0, failure },
          finished(0, evil, { status: "executed", kind: "stage", reasons }),
          finished(0, evil, { status: "hit", kind: "stage", madeBy: evil }),
          finished(0, evil, { status: "failed", kind: "stage", failure }),
          finished(0, `${evil}2`, { status: "failed", kind: "stage", failure }),
          finished(0, evil, { status: "skipped", kind: "stage", failure }),
          { type: "run-finished", time: 0, runId: evil, status: "failed", durationMs: 1, savedMs: 1 },
        ];
        for (const event of list) report.onEvent(event);
        expect(output.text).not.toMatch(hostile);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("width", () => {
  test("wide, combining and joined characters count as a terminal counts them", () => {
    expect(displayWidth("abc")).toBe(3);
    expect(displayWidth("売上")).toBe(4);
    expect(displayWidth("e\u0301")).toBe(1);
    expect(displayWidth("🎬")).toBe(2);
  });

  test("a text is cut to what fits, never in the middle of a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(30), (text, columns) => {
        const line = sanitize(text);
        const cut = truncate(line, columns);
        expect(displayWidth(cut)).toBeLessThanOrEqual(Math.max(columns, 0));
        expect(cut.isWellFormed()).toBe(true);
        if (displayWidth(line) <= columns) expect(cut).toBe(line);
      }),
    );
  });

  test("a table never takes more than it may, and its columns are aligned", () => {
    const cell = fc.string({ unit: "grapheme", maxLength: 20 }).map(sanitize);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { maxLength: 8 }),
        fc.integer({ min: 3, max: 60 }),
        (rows, width) => {
          const columns = [{ title: "a" }, { title: "b", align: "right" as const }, { title: "c", max: 8 }];
          const { lines, hidden } = formatTable(columns, rows, { width });
          expect(lines).toHaveLength(rows.length + 1);
          expect(hidden).toBeLessThan(3);
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
