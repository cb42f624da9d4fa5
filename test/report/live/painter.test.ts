import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Painter } from "../../../src/report/live/painter.ts";
import { createStyle } from "../../../src/report/style.ts";
import { rowsTaken, truncate } from "../../../src/report/width.ts";
import { cursorShown, Screen, wraps } from "./screen.ts";

const { dim, good } = createStyle(true);

/** Text that terminals agree on how wide it is, of one column and of two, with marks, from the right and from the left. */
const text = fc
  .array(fc.constantFrom("a", "B", " ", "7", "é", "e\u0301", "日", "本", "한", "ש", "ع", "━", "·", "\u200b"), {
    minLength: 1,
    maxLength: 60,
  })
  .map((parts) => `x${parts.join("")}x`);

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ above: fc.array(text, { maxLength: 6 }), frame: fc.array(text, { maxLength: 12 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ columns: fc.integer({ min: 8, max: 120 }), rows: fc.integer({ min: 2, max: 40 }) }),
  },
);

describe("a frame at the bottom of a terminal", () => {
  test("what was written above it is there once, in order, and nothing of a frame is left, however windows are resized", async () => {
    let [resizes, paints] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 8, max: 120 }),
        fc.integer({ min: 2, max: 40 }),
        fc.array(step, { maxLength: 30 }),
        async (columns, rows, steps) => {
          const screen = new Screen(columns, rows);
          const painter = new Painter({
            get columns() {
              return screen.columns;
            },
            get rows() {
              return screen.rows;
            },
            reflows: true,
          });
          const written: string[] = [];
          let frame: string[] = [];
          for (const step of steps) {
            if ("columns" in step) {
              // of a frame that does not fit into the new window, the top is in the scrollback, where no program can reach it
              const taken = frame.reduce((sum, line) => sum + rowsTaken(line, step.columns), 0);
              if (taken >= step.rows) continue;
              resizes += 1;
              await screen.resize(step.columns, step.rows);
              continue;
            }
            paints += 1;
            written.push(...step.above);
            frame = step.frame.slice(0, screen.rows - 1).map((line) => truncate(line, screen.columns - 1));
            screen.write(
              painter.paint(
                step.above,
                frame.map((line, i) => (i % 2 === 0 ? dim(line) : good(line))),
              ),
            );
            await screen.shown();
            expect(shown(screen.lines())).toEqual(shown([...written, ...frame]));
            expect(screen.cursor().column).toBe(0);
          }
          screen.write(painter.finish(["the end"]));
          await screen.shown();
          expect(shown(screen.lines())).toEqual(shown([...written, "the end"]));
          expect(screen.cursor().column).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
    expect(resizes).toBeGreaterThan(100);
    expect(paints).toBeGreaterThan(300);
  });

  test("a window that becomes too small for the frame costs no line that was written above it", async () => {
    for (const [columns, rows] of [
      [10, 4],
      [80, 3],
      [8, 30],
    ] as const) {
      const screen = new Screen(80, 24);
      const painter = new Painter({
        get columns() {
          return screen.columns;
        },
        get rows() {
          return screen.rows;
        },
        reflows: true,
      });
      const above = Array.from({ length: 30 }, (_, i) => `line ${i}`);
      const frame = Array.from({ length: 15 }, (_, i) => `frame ${i} ${"-".repeat(50)}`);
      screen.write(painter.paint(above, frame));
      await screen.resize(columns, rows);
      screen.write(painter.paint(["then"], ["f"]));
      await screen.shown();
      const lines = screen.lines();
      expect(lines.slice(0, 30)).toEqual(above);
      expect(lines.slice(-2)).toEqual(["then", "f"]);
    }
  });

  test("only lines that changed are written", () => {
    const painter = new Painter({ columns: 80, rows: 24, reflows: true });
    painter.paint([], ["one", "two", "three"]);
    expect(painter.paint([], ["one", "two", "three"])).toBe("");
    const changed = painter.paint([], ["one", "TWO", "three"]);
    expect(changed).toContain("TWO");
    expect(changed).not.toContain("one");
    expect(changed).not.toContain("three");
    expect(changed.startsWith("\x1b[?2026h") && changed.endsWith("\x1b[?2026l")).toBe(true);
  });

  test("the cursor is hidden with the first frame and shown at the end; without a frame there is no control sequence", () => {
    const painter = new Painter({ columns: 80, rows: 24, reflows: true });
    expect(painter.paint(["a line"], []) + painter.finish(["another"])).toBe("a line\nanother\n");
    const other = new Painter({ columns: 80, rows: 24, reflows: true });
    const during = other.paint(["a line"], ["frame"]);
    expect(cursorShown(during)).toBe(false);
    expect(wraps(during)).toBe(true);
    expect(cursorShown(during + other.finish([]))).toBe(true);
    expect(other.finish([])).toBe("");
  });

  test("a terminal that cuts lines instead of breaking them loses nothing when it gets narrower", () => {
    const size = { columns: 80, rows: 24, reflows: false };
    const painter = new Painter(size);
    painter.paint([], ["-".repeat(70), "-".repeat(70)]);
    size.columns = 40;
    expect(painter.paint([], ["x", "y"])).toContain("\x1b[2A");
  });
});

/** Without spaces: a wide character that does not fit into a row leaves one behind. And without what takes no column. */
function shown(lines: readonly string[]): string[] {
  return lines.map((line) => line.replaceAll(/[ \u200b]/g, ""));
}
