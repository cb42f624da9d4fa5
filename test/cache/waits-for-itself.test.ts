import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Cache, openCache } from "../../src/cache/index.ts";
import { failureOf } from "../../src/core/failure.ts";
import { callingFunctions, endsOf } from "../rig/calling-functions.ts";
import { cacheIn, textKey } from "./support.ts";

test("functions that ask for entries of each other end: with a value, or with the failure of one that fails or needs itself", async () => {
  const { cache, root } = await cacheIn();
  await using other = await openCache(`${root}/.sluice`);
  let cases = 0;
  const anyNumber = fc.noShrink(fc.boolean());
  await fc.assert(
    fc.asyncProperty(
      callingFunctions,
      fc.array(anyNumber, { minLength: 5, maxLength: 5 }),
      async (functions, isOthers) => {
        const name = `case ${cases++}`;
        let underWay = 0;
        let begun = 0;
        const ask = async (i: number): Promise<number> => {
          underWay += 1;
          begun += 1;
          // Even if what is left behind went on and on, the test is to end.
          if (begun > 2000) throw new Error("endless");
          const asked: Cache = isOthers[i] ? other : cache;
          try {
            return await asked.wrap(textKey(asked, `${name} ${i}`), () => make(i));
          } finally {
            underWay -= 1;
          }
        };
        const make = async (i: number): Promise<number> => {
          const { calls, atOnce, fails } = functions;
          let sum = i + 1;
          if (!atOnce[i]) for (const to of calls[i]!) sum += await ask(to);
          const asked = atOnce[i] ? calls[i]!.map(ask) : [];
          if (fails[i]) asked.push(Promise.reject(new Error("failed")));
          for (const value of await Promise.all(asked)) sum += value;
          return sum;
        };
        const ends = await Promise.allSettled(functions.targets.map(ask));
        while (underWay > 0) await sleep(1);
        expect(begun).toBeLessThan(2000);
        for (const [i, target] of functions.targets.entries()) {
          const end = ends[i]!;
          const expected = endsOf(target, functions);
          if (end.status === "fulfilled") expect(end.value).toBe(expected);
          else expect(expected).toContain(failureOf(end.reason)?.reason ?? "failed");
        }
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);

test("two that are asked for at once, each of which needs the other, do not wait for ever", async () => {
  const { cache } = await cacheIn();
  const [a, b] = [textKey(cache, "a"), textKey(cache, "b")];
  const ask = (key: typeof a, then: typeof a) =>
    cache.wrap(key, async () => {
      await sleep(20);
      return cache.wrap(then, () => 1);
    });
  const ends = await Promise.allSettled([ask(a, b), ask(b, a)]);
  expect(ends.map((end) => (end.status === "rejected" ? failureOf(end.reason)?.reason : end.value))).toEqual([
    "cycle",
    "cycle",
  ]);
});

test("who waits for what is no longer wanted by others makes it", async () => {
  const { cache } = await cacheIn();
  const [whole, part, inner] = ["whole", "part", "inner"].map((name) => textKey(cache, name)) as [never, never, never];
  let asked = 0;
  const askPart = () =>
    cache.wrap(part, async () => {
      asked += 1;
      await sleep(50);
      return cache.wrap(inner, () => 7);
    });
  const failed = cache
    .wrap(whole, () => Promise.all([askPart(), Promise.reject(new Error("no"))]))
    .catch(({ message }) => message);
  await sleep(10);
  expect(await askPart()).toBe(7);
  expect(asked).toBe(2);
  expect(await failed).toBe("no");
});

test("what a function sets up goes on when it has failed", async () => {
  const { cache } = await cacheIn();
  const jobs: (() => void)[] = [];
  let work: Promise<unknown> | undefined;
  const setUp = async (): Promise<never> => {
    work = (async () => {
      for (;;) {
        const { promise, resolve } = Promise.withResolvers<void>();
        jobs.push(resolve);
        await promise;
        return cache.wrap(textKey(cache, "later"), () => 8);
      }
    })();
    throw new Error("no");
  };
  await cache.wrap(textKey(cache, "first"), setUp).catch(() => {});
  jobs[0]!();
  expect(await work).toBe(8);
});

test("a function that makes do without what it was refused keeps nothing", async () => {
  const { cache } = await cacheIn();
  const [whole, part, inner] = ["whole", "part", "inner"].map((name) => textKey(cache, name)) as [never, never, never];
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const askPart = () =>
    cache.wrap(part, async () => {
      begun.resolve();
      await sleep(20);
      return cache.wrap(inner, () => "sound").catch(() => "without it");
    });
  let left: Promise<unknown> | undefined;
  const asked = cache.wrap(
    whole,
    () => {
      left = askPart();
      return left;
    },
    { signal: stop.signal },
  );
  await begun.promise;
  stop.abort();
  await expect(asked).rejects.toBe(stop.signal.reason);
  await expect(left).rejects.toMatchObject({ failure: { reason: "cancelled" } });
  expect(await askPart()).toBe("sound");
});

test("functions that need each other and make do without keep nothing, whoever is asked for first", async () => {
  const { cache } = await cacheIn();
  const ask = (name: string, other: string): Promise<string> =>
    cache.wrap(textKey(cache, name), () => ask(other, name).catch(() => `${name} without ${other}`));
  for (const [name, other] of [
    ["a", "b"],
    ["b", "a"],
  ] as const) {
    await expect(ask(name, other)).rejects.toMatchObject({ failure: { reason: "cycle" } });
  }
});
