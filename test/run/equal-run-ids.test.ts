import { expect, test, vi } from "vitest";
import { runGraph } from "../../src/run/run.ts";
import { memoryWorkspace, testGraph, testStage } from "../rig/engine.ts";

vi.mock("../../src/run/run-id.ts", () => ({ newRunId: () => "20261121-093015-c3f9" }));

test("what reads an uncached stage runs anew, even if two runs come to the same id", async () => {
  const workspace = memoryWorkspace();
  let calls = 0;
  const uncached = testStage({}, () => ({ n: calls }), { cache: "disable" });
  const reader = testStage({ uncached }, ({ uncached }) => {
    calls += 1;
    return (uncached as { n: number }).n;
  });
  for (const expected of [0, 1, 2]) {
    const outcome = await runGraph(workspace, testGraph({ uncached, reader }), { values: true });
    expect(outcome.runId).toBe("20261121-093015-c3f9");
    expect(outcome.value("reader")).toBe(expected);
  }
  expect(calls).toBe(3);
});
