import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import type { StageNode } from "../../src/core/node.ts";
import { CallLimits } from "../../src/run/make/call-limits.ts";

const stage = {} as StageNode;

interface Case {
  readonly gives: "value" | "error" | "later a value" | "later an error" | "nothing ever";
  readonly cancels: "before" | "within" | "meanwhile" | "never";
  readonly looks: "before" | "within" | "after" | "never";
}

const cases: fc.Arbitrary<Case> = fc.record({
  gives: fc.constantFrom("value", "error", "later a value", "later an error", "nothing ever"),
  cancels: fc.constantFrom("before", "within", "meanwhile", "never"),
  looks: fc.constantFrom("before", "within", "after", "never"),
});

test("a call ends as its function does, unless the run is cancelled before, and leaves nothing that listens", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ gives, cancels, looks }) => {
      fc.pre(gives !== "nothing ever" || cancels !== "never");
      const run = new AbortController();
      const limits = new CallLimits({ node: "n", stage, signal: run.signal });
      if (cancels === "before") run.abort();
      let isCalled = false;
      const seen: boolean[] = [];
      if (looks === "before") seen.push(limits.signal.aborted === run.signal.aborted);
      const settled = limits.settle(() => {
        isCalled = true;
        if (looks === "within") void limits.signal;
        if (cancels === "within") run.abort();
        if (looks === "within") seen.push(limits.signal.aborted === run.signal.aborted);
        if (gives === "value") return 1;
        if (gives === "error") throw new Error("of the function");
        if (gives === "nothing ever") return new Promise(() => {});
        return turn()
          .then(() => turn())
          .then(() => {
            if (gives === "later an error") throw new Error("of the function");
            return 1;
          });
      });
      if (cancels === "meanwhile") turn().then(() => run.abort());
      const end = await settled.then(
        (value) => ["value", value],
        (error) => [failureOf(error)?.reason ?? "error", failureOf(error) ? "" : error.message],
      );
      if (looks === "after") seen.push(limits.signal.aborted === end.includes("cancelled"));
      expect(isCalled).toBe(cancels !== "before");
      expect(seen.every(Boolean)).toBe(true);
      const isOwn = cancels === "never" || (cancels === "meanwhile" && (gives === "value" || gives === "error"));
      const own = gives.endsWith("value") ? ["value", 1] : ["error", "of the function"];
      expect(end).toEqual(isOwn ? own : ["cancelled", ""]);
      expect(getEventListeners(run.signal, "abort")).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("a time limit ends what is waited for, and tells the function", async () => {
  const limits = new CallLimits({
    node: "n",
    stage: { timeout: 1 } as StageNode,
    signal: new AbortController().signal,
  });
  const { signal } = limits;
  const error = await limits.settle(() => new Promise(() => {})).catch(failureOf);
  expect(error).toMatchObject({ reason: "timed-out", retryable: true });
  expect(failureOf(signal.reason)).toMatchObject({ reason: "timed-out" });
});

test("a function that is waited for in any case still is told, and its own end counts", async () => {
  const run = new AbortController();
  const command = { command: {} } as StageNode;
  const limits = new CallLimits({ node: "n", stage: command, signal: run.signal });
  const settled = limits.settle(async () => {
    await turn();
    run.abort();
    await turn();
    expect(limits.signal.aborted).toBe(true);
    return "its own";
  });
  expect(await settled).toBe("its own");
});
