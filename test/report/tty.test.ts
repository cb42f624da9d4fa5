import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/core/event.ts";
import { rowsTaken } from "../../src/report/width.ts";
import { type Opened, openView } from "./live/opened.ts";
import { cursorShown, wraps } from "./live/screen.ts";
import { events } from "./support.ts";

/** Nothing of a frame was written beyond what the window has, and the terminal is as it was found. */
function expectLeftClean(view: Opened): void {
  expect(view.screen.cursor().column).toBe(0);
  expect(cursorShown(view.written())).toBe(true);
  expect(wraps(view.written())).toBe(true);
}

describe("live view of a run", () => {
  test("five nodes: what runs with its bar and the time left, then one line for all", async () => {
    const view = openView();
    view.begin(5);
    view.end("fetch", { status: "hit", durationMs: 0, savedMs: 8000 });
    view.start("clean", { runLeftMs: 9000 });
    view.start("model", { expectedMs: 6000, runLeftMs: 9000 });
    await view.pass(1000);
    view.report.onEvent({ type: "node-progress", time: view.now(), node: "clean", done: 1000, total: 10_000 });
    await view.pass(2000);
    view.report.onEvent({ type: "node-progress", time: view.now(), node: "clean", done: 3800, total: 10_000 });
    await view.pass(100);
    expect(view.screen.window().slice(0, 4)).toEqual([
      "  clean         3 s  ━━━━━───────   38%  3,800 of 10,000  1,333/s  4 s left",
      "  model         3 s  ━━━━━━──────  2 s left",
      "━━──────────  1 of 5 · 2 running · 1 reused · 3 s · about 6 s left",
      "",
    ]);
    view.end("clean", { durationMs: 3200 });
    view.end("model", { durationMs: 3200 });
    await view.finish();
    expect(view.screen.lines()).toEqual([
      "ran      clean            3.2 s",
      "ran      model            3.2 s",
      "done: 2 stages ran, 1 reused, in 3.1 s",
    ]);
    expectLeftClean(view);
  });

  test("bytes and rows are told as such; without a total there is a speed", async () => {
    const view = openView();
    view.begin(2);
    view.start("download");
    view.start("rows");
    const progress = (node: string, done: number, unit: "bytes" | "rows", total?: number): void =>
      view.report.onEvent({
        type: "node-progress",
        time: view.now(),
        node,
        done,
        unit,
        ...(total === undefined ? {} : { total }),
      });
    progress("download", 0, "bytes", 2e9);
    progress("rows", 0, "rows");
    await view.pass(2000);
    progress("download", 0.5e9, "bytes", 2e9);
    progress("rows", 12_000, "rows");
    await view.pass(100);
    const [download, rows] = view.screen.window();
    expect(download).toBe("  download      2 s  ━━━─────────   25%  500 MB of 2.0 GB  238 MB/s  6 s left");
    expect(rows).toBe("  rows          2 s  12,000 rows  5,714/s");
  });

  test("a stage that is far past its time says so, one that waits says for whom", async () => {
    const view = openView();
    view.begin(3);
    view.start("slow", { expectedMs: 2000 });
    view.start("fast", { expectedMs: 200_000 });
    view.report.onEvent({ type: "node-waiting", time: view.now(), node: "shared" });
    await view.pass(65_000);
    const lines = view.screen.lines();
    expect(lines.at(-4)).toMatch(/^ {2}slow {5}1 min 05 s {2}usual 2\.0 s$/);
    expect(lines.at(-3)).toMatch(/^ {2}fast {5}1 min 05 s {2}━━━━─{8} {2}2 min 15 s left$/);
    expect(lines.at(-2)).toMatch(/^ {2}shared {3}1 min 05 s {2}waits for another run$/);
    expect(lines.at(-1)).toContain("2 running · 1 waits");
  });

  test("a failure has one line when it happens, and is told in full at the end with its log and what it stops", async () => {
    const view = openView();
    view.begin(30);
    view.start("stats");
    for (let i = 0; i < 12; i++) {
      view.report.onEvent({ type: "node-log", time: view.now(), node: "stats", level: "info", text: `row ${i}` });
    }
    view.start("other");
    await view.pass(2000);
    const failure = { reason: "stage-failed", message: "stats failed: TypeError: no rows", node: "stats" } as const;
    view.end("stats", { status: "failed", failure: { ...failure, retryable: false } });
    await view.pass(100);
    const line = "failed   stats            2.0 s  TypeError: no rows";
    expect(view.screen.lines().at(-4)).toBe(line);
    expect(view.screen.lines().at(-1)).toContain("1 failed · 1 running");
    for (let i = 0; i < 12; i++) view.end(`other${i}`);
    for (let i = 0; i < 8; i++) view.end(`after${i}`, { status: "skipped", durationMs: 0, stoppedBy: "stats" });
    await view.finish("failed");
    const lines = view.screen.lines();
    expect(lines.filter((text) => text === line)).toHaveLength(1);
    expect(lines.slice(-15)).toEqual([
      "failed   stats",
      "  error: stats failed: TypeError: no rows",
      "    the last 10 lines of its log:",
      ...Array.from({ length: 10 }, (_, i) => `    | row ${i + 2}`),
      "    stops: after0, after1, after2, after3, after4 and 3 more",
      "failed: 12 stages ran, 1 failed, 8 not run, in 2.1 s",
    ]);
  });

  test("warnings are counted while it runs and told at the end, each once", async () => {
    const view = openView();
    for (const event of events.slice(0, 9)) view.report.onEvent(event);
    view.report.onEvent({ ...(events[3] as RunEvent & { type: "node-started" }), time: view.now() });
    await view.pass(100);
    expect(view.screen.lines().at(-1)).toContain("2 warnings");
    expect(view.screen.lines().join("\n")).not.toContain("3 rows have no price");
    view.end("clean");
    await view.finish();
    expect(view.screen.lines().filter((line) => line.includes("3 rows have no price"))).toHaveLength(1);
  });

  test("5,000 nodes: thousands of hits and quick stages cost a few frames, and all lines that are left are there once", async () => {
    for (const [columns, rows] of [
      [20, 5],
      [80, 24],
      [200, 60],
    ] as const) {
      const view = openView({ columns, rows });
      view.begin(5000);
      for (let i = 0; i < 3000; i++) view.end(`hit${i}`, { status: "hit", durationMs: 0, savedMs: 1 });
      expect(view.writes()).toBe(0);
      for (let i = 0; i < 2000; i++) {
        view.start(`n${i}`);
        if (i % 20 === 19) await view.pass(100);
        view.end(`n${i}`, { durationMs: 5 });
      }
      view.start("long", { expectedMs: 60_000, runLeftMs: 60_000 });
      await view.pass(5000);
      // 100 ticks of 100 ms with something to say, then a second hand; a few frames at once in the beginning
      expect(view.writes()).toBeLessThan(170);
      const window = view.screen.window();
      const last = window.findLast((line) => line !== "")!;
      expect(last).toContain("5,000 of 5,000");
      expect(last.length).toBeLessThan(columns);
      await view.finish();
      const ran = view.screen.lines().filter((line) => line.startsWith("ran"));
      expect(ran.map((line) => /n\d+/.exec(line)?.[0])).toEqual(Array.from({ length: 2000 }, (_, i) => `n${i}`));
      expect(view.screen.lines()).toHaveLength(2001);
      expectLeftClean(view);
    }
  });

  test("many at once: the longest are listed, all are counted, and a part of the window stays free", async () => {
    for (const [columns, rows] of [
      [20, 5],
      [80, 24],
      [200, 60],
    ] as const) {
      const view = openView({ columns, rows });
      view.begin(5000);
      for (let i = 0; i < 1000; i++) view.start(`node-${i}`);
      await view.pass(2000);
      const window = view.screen.window().filter((line) => line !== "");
      expect(window.length).toBeLessThanOrEqual(Math.max(2, rows / 2));
      expect(window[0]).toContain("node-0");
      if (columns > 20) expect(window.at(-1)).toContain("1,000 running");
      await view.finish("cancelled");
      expectLeftClean(view);
    }
  });

  test("windows as narrow as 1 and as low as 1", async () => {
    for (const columns of [1, 2, 5, 9, 12, 20, 40]) {
      for (const rows of [1, 2, 3, 4]) {
        const view = openView({ columns, rows });
        view.begin(3);
        view.start("a-name-that-is-much-too-long", { expectedMs: 5000 });
        view.start("日本語の名前", { runLeftMs: 5000 });
        view.report.onEvent({ type: "node-progress", time: view.now(), node: "日本語の名前", done: 1, total: 2 });
        await view.pass(1500);
        const window = view.screen.window();
        expect(window.filter((line) => line !== "").length).toBeLessThan(rows + (rows === 1 ? 1 : 0));
        await view.finish("cancelled");
        expect(view.screen.lines().join("")).toMatch(/^(stopped.*)?interrupted: 0 stages ran.*$/s);
        expectLeftClean(view);
      }
    }
  });

  test("three rows: what runs longest and the line for all", async () => {
    const view = openView({ columns: 40, rows: 3 });
    view.begin(9);
    view.start("first");
    view.start("second");
    await view.pass(2000);
    expect(view.screen.window()).toEqual(["first         2 s", "0 of 9 · 2 running · 2 s", ""]);
  });

  test("without colour and without Unicode", async () => {
    const view = openView({ color: false, unicode: false });
    view.begin(2);
    view.start("clean");
    view.report.onEvent({ type: "node-progress", time: view.now(), node: "clean", done: 5, total: 10 });
    await view.pass(1000);
    expect(view.screen.window().slice(0, 2)).toEqual([
      "  clean         1 s  [######------]   50%  5 of 10",
      "[------------]  0 of 2, 1 running, 1 s",
    ]);
    await view.finish("cancelled");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
    expect(view.written()).not.toMatch(/\x1b\[[0-9;]*m|[^\x00-\x7f]/);
  });

  test("names and logs cannot act on the terminal", async () => {
    const view = openView();
    view.begin(2);
    const name = "evil\x1b[2J\x1b]0;title\x07\u202e\n";
    view.start(name);
    view.report.onEvent({ type: "node-log", time: view.now(), node: name, level: "info", text: "\x1b[2Jlog\x1b[1;1H" });
    view.report.print("\x1b[31mprinted\x1b[2J\n");
    view.report.toggleLogs();
    await view.pass(1000);
    view.end(name);
    await view.finish();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own sequences
    const own = /\x1b\[(?:\d*[ABJKm]|\d+(?:;\d+)*m|\?(?:25|2026|7)[hl])/g;
    expect(
      view
        .written()
        .replaceAll(own, "")
        .replaceAll(/[\n\r]/g, ""),
    ).not.toMatch(/[\p{Cc}\u202e]/u);
    expectLeftClean(view);
  });

  test("a chatty stage's log is cut short with a word; l shows the last lines of what runs", async () => {
    const view = openView({ rows: 30 });
    view.begin(2);
    view.start("chatty");
    view.report.offerKeys("l: logs   q: stop");
    for (let i = 0; i < 100; i++) {
      view.report.onEvent({ type: "node-log", time: view.now(), node: "chatty", level: "info", text: `row ${i}` });
    }
    view.report.onEvent({ type: "node-log", time: view.now(), node: "chatty", level: "warn", text: "careful" });
    await view.pass(100);
    expect(view.screen.lines()).toEqual([
      ...Array.from({ length: 10 }, (_, i) => `chatty | row ${i}`),
      "chatty | warn careful",
      "  chatty             careful",
      "────────────  0 of 2 · 1 running",
      "l: logs   q: stop",
    ]);
    view.report.toggleLogs();
    await view.screen.shown();
    expect(view.screen.lines().slice(11, -2)).toEqual([
      "  chatty",
      ...Array.from({ length: 13 }, (_, i) => `    │ row ${i + 87}`),
      "    │ careful",
    ]);
    view.report.toggleLogs();
    view.end("chatty");
    await view.finish();
    expect(view.screen.lines()).toEqual([
      ...Array.from({ length: 10 }, (_, i) => `chatty | row ${i}`),
      "chatty | warn careful",
      "chatty | … it logged 100 lines: see sluice logs",
      "ran      chatty           1.5 s",
      "done: 1 stage ran, in 100 ms",
    ]);
  });

  test("verbose streams every line of every log", async () => {
    const view = openView({ verbose: true });
    view.begin(1);
    view.start("chatty");
    for (let i = 0; i < 100; i++) {
      view.report.onEvent({ type: "node-log", time: view.now(), node: "chatty", level: "debug", text: `row ${i}` });
    }
    await view.finish();
    expect(view.screen.lines().filter((line) => line.startsWith("chatty | debug row"))).toHaveLength(100);
  });

  test("what others print goes above, a line when it is whole", async () => {
    const view = openView();
    view.begin(1);
    view.start("clean");
    view.report.print("half a ");
    view.report.print("line\nsecond");
    await view.pass(100);
    expect(view.screen.lines()[0]).toBe("half a line");
    expect(view.screen.lines().join("\n")).not.toContain("second");
    await view.finish("cancelled");
    expect(view.screen.lines().at(-1)).toBe("second");
  });

  test("stopped and continued: the terminal is given back and taken again", async () => {
    const view = openView();
    view.begin(2);
    view.start("clean");
    await view.pass(1000);
    view.report.suspend();
    expect(cursorShown(view.written())).toBe(true);
    await view.screen.shown();
    expect(view.screen.lines()).toEqual([]);
    view.screen.write("$ fg\n");
    view.end("clean");
    await view.pass(500);
    expect(view.screen.lines()).toEqual(["$ fg"]);
    view.report.resume();
    await view.screen.shown();
    expect(view.screen.lines().slice(0, 2)).toEqual(["$ fg", "ran      clean            1.5 s"]);
    await view.finish();
    expectLeftClean(view);
  });

  test("a run in which nothing runs writes lines and no control sequence", async () => {
    const view = openView({ color: false });
    view.begin(3);
    for (const node of ["a", "b", "c"]) view.end(node, { status: "hit", durationMs: 0 });
    await view.finish();
    expect(view.written()).toBe("nothing to do: all 3 stages were reused, in 0 ms\n");
  });

  test("a stage that lets nothing else happen is shown before it begins", async () => {
    const view = openView();
    view.begin(2);
    view.start("blocks");
    await view.screen.shown();
    expect(view.screen.lines()[0]).toBe("  blocks");
  });

  test("whatever happens and however the window is resized: every line is there once, and nothing of a frame is left", async () => {
    const name = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 60 }).map((text) => `n${text}`);
    const step = fc.oneof(
      name.map((node) => ({ type: "start" as const, node })),
      fc.nat().map((pick) => ({ type: "end" as const, pick })),
      fc.integer({ min: 50, max: 3000 }).map((ms) => ({ type: "pass" as const, ms })),
      fc.record({ type: fc.constant("progress" as const), done: fc.nat(), total: fc.option(fc.nat()), pick: fc.nat() }),
      fc.constant({ type: "logs" as const }),
      fc.string({ maxLength: 50 }).map((text) => ({ type: "log" as const, text })),
      fc.record({
        type: fc.constant("resize" as const),
        columns: fc.integer({ min: 10, max: 150 }),
        rows: fc.integer({ min: 2, max: 50 }),
      }),
    );
    let resizes = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 150 }),
        fc.integer({ min: 3, max: 50 }),
        fc.array(step, { maxLength: 40 }),
        async (columns, rows, steps) => {
          const view = openView({ columns, rows, color: false });
          view.begin(100);
          const running: string[] = [];
          let count = 0;
          for (const step of steps) {
            const picked = "pick" in step ? running[step.pick % Math.max(1, running.length)] : running[0];
            if (step.type === "pass") await view.pass(step.ms);
            else if (step.type === "logs") view.report.toggleLogs();
            else if (step.type === "start" && !running.includes(step.node)) {
              running.push(step.node);
              view.start(step.node);
            } else if (step.type === "resize") {
              // a frame that does not fit into the new window is partly in the scrollback, where no program can reach it
              await view.screen.shown();
              const window = view.screen.window();
              const used = window.slice(0, window.findLastIndex((line) => line !== "") + 1);
              const taken = used.reduce((sum, line) => sum + rowsTaken(line, step.columns), 0);
              if (taken >= step.rows || step.columns < view.screen.columns / 3) continue;
              resizes += 1;
              await view.screen.resize(step.columns, step.rows);
              view.report.resized();
            } else if (picked === undefined) continue;
            else if (step.type === "end") {
              running.splice(running.indexOf(picked), 1);
              view.end(picked, { reasons: [{ kind: "code", name: `end-${count++}-` }] });
            } else if (step.type === "log") {
              view.report.onEvent({ type: "node-log", time: view.now(), node: picked, level: "info", text: step.text });
            } else if (step.type === "progress") {
              const total = step.total === null ? {} : { total: step.total };
              view.report.onEvent({ type: "node-progress", time: view.now(), node: picked, done: step.done, ...total });
            }
          }
          await view.pass(100);
          await view.finish();
          const lines = view.screen.lines();
          const ends = lines.join("").match(/end-\d+-/g) ?? [];
          expect(ends).toEqual(Array.from({ length: count }, (_, i) => `end-${i}-`));
          // what is left behind are the lines of ends, logs and the summary, nothing else
          const strange = lines.filter((line) => !/^(ran|done:|nothing|n.* \||\S* ?end-\d+-)/.test(line));
          expect(strange).toEqual([]);
          expect(lines.at(-1)).toMatch(/^(done|nothing to do):/);
          expectLeftClean(view);
        },
      ),
      { numRuns: 150 },
    );
    expect(resizes).toBeGreaterThan(50);
  });
});
