import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { failure } from "../../src/core/failure.ts";
import { describeFailure } from "../../src/report/failure.ts";
import { readLog } from "../../src/report/log-file.ts";
import { userFrames } from "../../src/report/stack.ts";
import { createStyle } from "../../src/report/style.ts";

const style = createStyle(false);
const dir = mkdtempSync(path.join(tmpdir(), "sluice-failure-"));
afterAll(() => rmSync(dir, { recursive: true }));

describe("a failure for a person", () => {
  test("message, place and hint", () => {
    const failed = failure("missing-file", "there is no file data.csv", {
      where: { file: path.join(dir, "pipeline.ts"), line: 3, column: 7 },
      hint: "did you mean date.csv?",
    });
    expect(describeFailure(failed, { style, cwd: dir })).toEqual([
      "error: there is no file data.csv",
      "  at pipeline.ts:3:7",
      "  hint: did you mean date.csv?",
    ]);
    expect(describeFailure(failed, { style, cwd: dir, label: "warning" })[0]).toBe(
      "warning: there is no file data.csv",
    );
  });

  test("a stage's own error with its code and its calls, and nobody else's", () => {
    const file = path.join(dir, "clean.ts");
    writeFileSync(file, "const a = 1;\n\tboom(a);\nconst c = 3;\n");
    const stack = [
      "TypeError: no",
      `    at boom (file://${file}?v=2:2:2)`,
      `    at async parse (${path.join(dir, "parse.ts")}:9:1)`,
      `    at lib (${path.join(dir, "node_modules/lib/index.js")}:1:1)`,
      `    at attempt (${path.resolve("src/run/make/attempt.ts")}:1:1)`,
      "    at process.processTicksAndRejections (node:internal/process/task_queues:103:5)",
    ].join("\n");
    const cause = { name: "TypeError", message: "no", stack };
    const failed = failure("stage-failed", "clean failed: TypeError: no\nsecond line", { cause });
    expect(describeFailure(failed, { style, cwd: dir })).toEqual([
      "error: clean failed: TypeError: no",
      "  second line",
      "  at clean.ts:2:2",
      "    1 | const a = 1;",
      "  > 2 |  boom(a);",
      "      |  ^",
      "    3 | const c = 3;",
      "  from parse parse.ts:9:1",
    ]);
  });

  test("no stack for anything that is no stage's error", () => {
    const failed = failure("load-failed", "no", { cause: new Error("x") });
    expect(describeFailure(failed, { style, cwd: dir })).toEqual(["error: no"]);
  });

  test("a message of many lines is cut", () => {
    const failed = failure("stage-failed", Array.from({ length: 100 }, (_, i) => `${i}`).join("\n"));
    expect(describeFailure(failed, { style, cwd: dir })).toHaveLength(21);
  });

  test("stacks of any form are read", () => {
    const stack = `Error: x
    at /a/b.ts:1:2
    at async Promise.all (index 0)
    at new Thing (/a/c d (1).ts:3:4)
    at Object.<anonymous> (file:///a/%65.ts:5:6)
    at eval (eval at x (/a/b.ts:1:2), <anonymous>:1:1)
    at file:///%zz/x.ts:1:1`;
    expect(userFrames(stack).map(({ file, line }) => `${file}:${line}`)).toEqual([
      "/a/b.ts:1",
      "/a/c d (1).ts:3",
      "/a/e.ts:5",
    ]);
  });
});

describe("the log of a run", () => {
  test("lines that are no events are told apart", async () => {
    const file = path.join(dir, "log.jsonl");
    const failed = { reason: "stage-failed", message: "no", retryable: false };
    const good = [
      { type: "node-log", time: 1, node: "a", level: "info", text: "hi" },
      { type: "node-retrying", time: 1, node: "a", attempt: 2, delayMs: 5, failure: failed },
      { type: "node-finished", time: 1, node: "a", status: "failed", kind: "stage", failure: failed },
      { type: "warning", time: 1, failure: { ...failed, where: { file: "x", line: 1 } } },
    ];
    const bad = [
      "null",
      "[]",
      '{"type":"node-log","time":1,"node":"a","level":"loud","text":"hi"}',
      '{"type":"node-log","time":"1","node":"a","level":"info","text":"hi"}',
      '{"type":"warning","time":1,"failure":{"reason":"x","message":5}}',
      '{"type":"warning","time":1,"failure":{"reason":"x","message":"y","where":{"file":"a","line":"\\u001b"}}}',
      '{"type":"run-started","time":1}',
      '{"type":"node-log","time":1,"node":"a","lev',
    ];
    writeFileSync(file, [...good.map((event) => JSON.stringify(event)), ...bad].join("\n"));
    const read = await Array.fromAsync(readLog(file));
    expect(read.slice(0, 4)).toEqual(good);
    expect(read.slice(4)).toEqual(bad.map(() => undefined));
  });
});
