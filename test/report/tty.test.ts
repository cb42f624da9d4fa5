import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/core/event.ts";
import { type LiveReport, liveReport } from "../../src/report/tty.ts";
import { events, finished, Recording, screenAfter } from "./support.ts";

function open(
  columns = 60,
  rows = 24,
): { output: Recording; report: LiveReport; tick: () => void; clock: { now: number } } {
  const output = new Recording({ columns, color: true });
  output.rows = rows;
  const clock = { now: 1000 };
  let tick = (): void => {};
  const report = liveReport(output, {
    loudness: "normal",
    cwd: "/project",
    now: () => clock.now,
    everyTick: (call) => {
      tick = call;
      return () => {
        tick = () => {};
      };
    },
  });
  return { output, report, tick: () => tick(), clock };
}

function started(node: string, time = 1000): RunEvent {
  return { type: "node-started", time, node, kind: "stage", attempt: 1, reasons: [] };
}

describe("live report", () => {
  test("shows what runs with its time and progress, at the bottom, redrawn in place", () => {
    const { output, report, tick, clock } = open();
    report.onEvent(events[0]!);
    report.onEvent(started("clean"));
    report.onEvent({ type: "node-progress", time: 1500, node: "clean", done: 5, total: 10 });
    clock.now = 3100;
    tick();
    tick();
    expect(screenAfter(output.text, 60)).toEqual({
      lines: ["  clean     2.1 s  [##########----------] 50%  5 of 10", "  0 of 6 nodes", ""],
      cursorVisible: false,
    });
    report.onEvent(finished(3200, "clean", { status: "executed", kind: "stage", durationMs: 2200 }));
    report.close();
    expect(screenAfter(output.text, 60)).toEqual({
      lines: ["ran      clean            2.2 s", ""],
      cursorVisible: true,
    });
  });

  test("what a stage prints to its console goes above, a line when it is whole", () => {
    const { output, report } = open();
    report.onEvent(started("clean"));
    report.print("half a ");
    report.print("line\n\x1b[2Jsecond");
    expect(screenAfter(output.text, 60).lines.slice(0, 1)).toEqual(["half a line"]);
    report.close();
    expect(screenAfter(output.text, 60).lines).toEqual(["half a line", "second", ""]);
  });

  test("more running nodes than rows are counted, not listed", () => {
    const { output, report, tick } = open(60, 6);
    for (let i = 0; i < 10; i++) report.onEvent(started(`n${i}`));
    tick();
    const { lines } = screenAfter(output.text, 60);
    expect(lines.length - 1).toBeLessThan(6);
    expect(lines.at(-3)).toBe("  and 8 more");
  });

  test("nothing is left of the live part, whatever happens and however narrow the window gets", () => {
    const name = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 80 });
    const step = fc.oneof(
      name.map((node) => ({ type: "start" as const, node })),
      fc.nat().map((pick) => ({ type: "end" as const, pick })),
      fc.constant({ type: "tick" as const }),
      fc.string({ maxLength: 50 }).map((text) => ({ type: "print" as const, text })),
    );
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 100 }), fc.array(step, { maxLength: 40 }), (columns, steps) => {
        const { output, report, tick } = open(columns, 8);
        const running: string[] = [];
        for (const step of steps) {
          if (step.type === "tick") tick();
          else if (step.type === "print") report.print(step.text);
          else if (step.type === "start" && !running.includes(step.node)) {
            running.push(step.node);
            report.onEvent(started(step.node));
            tick();
          } else if (step.type === "end" && running.length > 0) {
            const [node] = running.splice(step.pick % running.length, 1);
            report.onEvent(finished(1, node!, { status: "hit", kind: "stage" }));
          }
        }
        report.close();
        const { lines, cursorVisible } = screenAfter(output.text, columns);
        expect(cursorVisible).toBe(true);
        // nothing ran to its end with a line of its own, so only what was printed is on the screen
        const printed = steps.flatMap((step) => (step.type === "print" ? [step.text] : [])).join("");
        if (printed === "") expect(lines).toEqual([""]);
      }),
      { numRuns: 300 },
    );
  });
});
