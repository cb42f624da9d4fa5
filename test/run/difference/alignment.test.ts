import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { align, longestRising } from "../../../src/run/difference/alignment.ts";

/** How many items the longest list is long that is part of both in the same order; by the textbook. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const item of a) {
    const next = [0];
    for (const [j, other] of b.entries()) {
      next.push(item === other ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    }
    row = next;
  }
  return row.at(-1)!;
}

const items = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });

async function check(a: readonly string[], b: readonly string[]): Promise<number> {
  const { stretches } = await align(a, b);
  let [i, j, common] = [0, 0, 0];
  for (const { same, before, after } of stretches) {
    expect([before[0], after[0]]).toEqual([i, j]);
    if (same) {
      expect(a.slice(...before)).toEqual(b.slice(...after));
      common += before[1] - before[0];
    }
    [i, j] = [before[1], after[1]];
  }
  expect([i, j]).toEqual([a.length, b.length]);
  return common;
}

describe("align", () => {
  test("covers both lists, and leaves over as little as can be", async () => {
    await fc.assert(
      fc.asyncProperty(items, items, async (a, b) => {
        expect(await check(a, b)).toBe(longestCommon(a, b));
        expect((await align(a, b)).smallest).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("no two neighbouring stretches are of one kind", async () => {
    await fc.assert(
      fc.asyncProperty(items, items, async (a, b) => {
        const kinds = (await align(a, b)).stretches.map(({ same }) => same);
        for (const [i, same] of kinds.slice(1).entries()) expect(same).not.toBe(kinds[i]);
      }),
    );
  });

  test("lists that differ in very much are aligned by what they have once, and it is said", async () => {
    const a = Array.from({ length: 20_000 }, (_, i) => `a${i}`);
    const b = a.flatMap((item, i) => (i % 3 === 0 ? [`b${i}`] : i % 1000 === 1 ? [item, `new ${i}`] : [item]));
    expect(await check(a, b)).toBe(a.filter((_, i) => i % 3 !== 0).length);
    expect((await align(a, b)).smallest).toBe(false);
  });

  test("a list in another order keeps the longest part that is in order", async () => {
    const a = Array.from({ length: 5000 }, (_, i) => String(i));
    const b = [...a.slice(3000), ...a.slice(0, 3000)];
    expect(await check(a, b)).toBe(3000);
  });
});

test("longestRising finds the longest", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { maxLength: 10 }), (numbers) => {
      const found = longestRising(numbers).map((index) => numbers[index]!);
      for (const [i, number] of found.slice(1).entries()) expect(number).toBeGreaterThan(found[i]!);
      let longest = 0;
      for (let mask = 0; mask < 1 << numbers.length; mask++) {
        const chosen = numbers.filter((_, i) => mask & (1 << i));
        if (chosen.every((number, i) => i === 0 || number > chosen[i - 1]!)) longest = Math.max(longest, chosen.length);
      }
      expect(found.length).toBe(longest);
    }),
  );
});
