import fc from "fast-check";
import { expect, test } from "vitest";
import { runGraph } from "../../../src/run/run.ts";
import { memoryWorkspace, testGraph, testStage } from "../../rig/engine.ts";
import { apply, edit, type Item, item, unique } from "./edited-lists.ts";
import { testMap } from "./support.ts";

/*
 * A map over what another map gave reads the chunks that this one stored. Over random lists and edits, each gives what a clean run
 * gives, and runs on exactly those items that it has not run on before.
 */

/** Some results are equal though the items are not, some are plain numbers, some are of another shape. */
const first = (code: number, each: Item): unknown => {
  if (typeof each === "object") return { code, n: each.n % 4 };
  return typeof each === "number" ? (each % 3 === 0 ? each % 9 : { code, of: each }) : `${code} ${each}`;
};
const second = (code: number, each: unknown): unknown => [code, each];

test("over random lists and edits, a map over a map runs what it must and gives what a clean run gives", async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { maxLength: 16 }),
      fc.boolean(),
      fc.array(fc.tuple(edit, fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 10 }),
      async (start, isDistinct, edits) => {
        const { metadata, blobs, ...workspace } = memoryWorkspace();
        const done = { first: new Set<string>(), second: new Set<string>() };
        let [list, code, code2] = [start, 1, 1];
        for (const [change, draw] of [[{ broken: [] }, 2] as const, ...edits]) {
          runs++;
          list = apply(list, change);
          if (isDistinct) list = unique(list);
          if ("code" in change) code = change.code;
          if (draw === 1) code2 = 3 - code2;
          if ("forget" in change) {
            for (const name of change.forget === "all" ? ["one", "one[]"] : ["one", "two"]) {
              const results = await metadata.resultsOf(name, 1000);
              await metadata.removeResults(results.map(({ key }) => key));
            }
            if (change.forget === "all") done.first.clear();
          }
          if ("damage" in change) {
            const results = (
              await Promise.all(["one[]", "two[]"].map((name) => metadata.resultsOf(name, 1000)))
            ).flat();
            const kept = new Set(results.flatMap(({ artifacts }) => artifacts.map(({ digest }) => digest)));
            const digests: string[] = [];
            for await (const { digest } of blobs.list()) if (!kept.has(digest)) digests.push(digest);
            for (const digest of digests) await blobs.remove(digest);
          }
          const ran = { first: [] as string[], second: [] as string[] };
          const source = testStage({ salt: JSON.stringify(list) }, () => list);
          const one = testMap(
            source,
            {},
            (each: Item) => {
              ran.first.push(JSON.stringify([code, each]));
              return first(code, each);
            },
            { code },
          );
          const two = testMap(
            one,
            {},
            (each: unknown) => {
              ran.second.push(JSON.stringify([code2, each]));
              const value = second(code2, structuredClone(each));
              // Wreck the item: nobody else may see it.
              if (typeof each === "object") (each as { code: number }).code = -1;
              return value;
            },
            { code: code2 },
          );
          const outcome = await runGraph({ metadata, blobs, ...workspace }, testGraph({ source, one, two }), {
            jobs: 2,
            values: true,
          });
          expect(outcome.status).toBe("ok");
          const middle = list.map((each) => first(code, each));
          expect(outcome.value("one")).toEqual(middle);
          expect(outcome.value("two")).toEqual(middle.map((each) => second(code2, each)));
          const given = {
            first: list.map((each) => JSON.stringify([code, each])),
            second: middle.map((each) => JSON.stringify([code2, each])),
          };
          for (const map of ["first", "second"] as const) {
            // A list that is there has none of its items looked at.
            expect(ran[map].filter((each) => done[map].has(each))).toEqual([]);
            expect(new Set(ran[map]).size).toBe(ran[map].length);
            for (const each of ran[map]) done[map].add(each);
            expect(given[map].filter((each) => !done[map].has(each))).toEqual([]);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
  expect(runs).toBeGreaterThan(400);
}, 120_000);
