import { expect, test } from "vitest";
import { LoopGuard } from "../../src/commands/watch/loop-guard.ts";

/** Whether a loop is seen, for each change in turn. */
function seen(changes: readonly (readonly [names: string, moment: number])[]): readonly boolean[] {
  const guard = new LoopGuard();
  return changes.map(([names, moment]) => guard.isLoop(names.split(" "), moment));
}

test("the same change at the same moment of four runs is a loop", () => {
  const loop = [3000, 3050, 2990, 3100].map((moment) => ["a b", moment] as const);
  expect(seen(loop)).toEqual([false, false, false, true]);
  const slow = [60_000, 66_000, 59_000, 63_000].map((moment) => ["a", moment] as const);
  expect(seen(slow)).toEqual([false, false, false, true]);
});

test("the same file at other moments is a person who edits, up to ten times", () => {
  const edits = Array.from({ length: 10 }, (_, i) => ["a", 1000 + 900 * (i % 3)] as const);
  expect(seen(edits)).toEqual([...new Array(9).fill(false), true]);
});

test("another file, and a change while nothing runs, begin anew", () => {
  expect(
    seen([
      ["a", 10],
      ["a", 10],
      ["a", 10],
      ["b", 10],
      ["a", 10],
    ]),
  ).not.toContain(true);
  const guard = new LoopGuard();
  for (let i = 0; i < 3; i++) guard.isLoop(["a"], 10);
  guard.reset();
  expect(guard.isLoop(["a"], 10)).toBe(false);
});
