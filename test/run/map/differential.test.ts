import fc from "fast-check";
import { expect, test } from "vitest";
import { runGraph } from "../../../src/run/run.ts";
import { memoryWorkspace, testGraph, testParam, testStage } from "../../rig/engine.ts";
import { apply, edit, type Item, item, unique } from "./edited-lists.ts";
import { testMap } from "./support.ts";

/*
 * Over random lists and random edits, a map gives what a clean run gives, and the items that run are exactly those that had
 * to. The model knows nothing of keys, lists or chunks: it remembers which (code, shared input, item) have succeeded.
 */

/** Some results are large, so that they are blobs of their own. */
const compute = (code: number, shared: number, item: Item): unknown =>
  typeof item === "object" ? { code, shared, ...item, text: "x".repeat(5000) } : [code, shared, item];

test("over random lists and edits, a map runs what it must and gives what a clean run gives", async () => {
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { maxLength: 16 }),
      fc.boolean(),
      fc.array(edit, { minLength: 1, maxLength: 10 }),
      fc.integer({ min: 1, max: 3 }),
      async (first, isDistinct, edits, jobs) => {
        const workspace = memoryWorkspace();
        const { metadata, blobs } = workspace;
        const done = new Set<string>();
        const lists = new Set<string>();
        let [list, code, shared, broken] = [first, 1, 0, [] as readonly number[]];
        for (const change of [{ broken: [] } as const, ...edits]) {
          steps++;
          list = apply(list, change);
          if (isDistinct) list = unique(list);
          if ("code" in change) code = change.code;
          if ("shared" in change) shared = change.shared;
          if ("broken" in change) broken = change.broken;
          if ("forget" in change) {
            const { forget } = change;
            for (const name of forget === "all" ? ["out", "out[]"] : ["out"]) {
              const results = await metadata.resultsOf(name, 1000);
              await metadata.removeResults(results.map(({ key }) => key));
            }
            lists.clear();
            if (forget === "all") done.clear();
          }
          if ("damage" in change) {
            const digests: string[] = [];
            for await (const { digest } of blobs.list()) digests.push(digest);
            // The lists and their indexes are made anew from the results of items, so these are what may have to run.
            const results = await metadata.resultsOf("out[]", 1000);
            const kept = new Set(results.flatMap(({ artifacts }) => artifacts.map(({ digest }) => digest)));
            for (const digest of digests) if (!kept.has(digest)) await blobs.remove(digest);
            lists.clear();
          }
          const ids = list.map((each) => JSON.stringify([code, shared, each]));
          const isBroken = (each: Item): boolean => typeof each === "number" && broken.includes(each);
          const whole = JSON.stringify([code, shared, list]);
          const expected = lists.has(whole)
            ? []
            : [...new Set(ids.filter((id) => !done.has(id)))].map((id) => JSON.parse(id)[2] as Item);
          const ran: Item[] = [];
          const source = testStage({ salt: JSON.stringify(list) }, () => list);
          const out = testMap(
            source,
            { shared: testParam(shared) },
            async (each: Item, given: { shared: number }) => {
              ran.push(typeof each === "object" ? { ...each } : each);
              if (isBroken(each)) throw new Error("broken");
              const value = compute(code, given.shared, each);
              // Wreck the item: nobody else may see it.
              if (typeof each === "object") (each as { n: number }).n = -1;
              return value;
            },
            { code },
          );
          const outcome = await runGraph(workspace, testGraph({ source, out }), {
            jobs,
            values: true,
            keepGoing: true,
          });
          const text = (items: readonly Item[]): string[] => items.map((each) => JSON.stringify(each)).sort();
          expect(text(ran)).toEqual(text(expected));
          for (const each of expected) if (!isBroken(each)) done.add(JSON.stringify([code, shared, each]));
          const fails = expected.some(isBroken);
          expect(outcome.status).toBe(fails ? "failed" : "ok");
          if (fails) continue;
          lists.add(whole);
          expect(outcome.value("out")).toEqual(list.map((each) => compute(code, shared, each)));
          expect(new Set(outcome.value("out") as object[]).size).toBe(list.length);
        }
      },
    ),
    { numRuns: 150 },
  );
  expect(steps).toBeGreaterThan(500);
}, 120_000);
