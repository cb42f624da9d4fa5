import fc from "fast-check";
import { expect, test } from "vitest";
import { flatten, nest, pathsOf, replaceAt } from "../../src/core/nested.ts";

/** Lists nested to a depth, with numbers at the bottom. */
function nested(depth: number): fc.Arbitrary<unknown> {
  const list = fc.array(depth === 1 ? fc.nat(9) : nested(depth - 1), { maxLength: 4 });
  return list;
}

test("what is flattened is nested again, and each member has its path", () => {
  const any = fc.integer({ min: 1, max: 4 }).chain((depth) => nested(depth).map((value) => ({ depth, value })));
  fc.assert(
    fc.property(any, ({ depth, value }) => {
      const found = flatten(value, depth);
      if (!("flat" in found)) throw new Error("not nested");
      const { flat, shape } = found;
      expect(shape).toHaveLength(depth - 1);
      expect(nest(flat, shape)).toEqual(value);
      const paths = pathsOf(flat.length, shape);
      expect(paths).toHaveLength(flat.length);
      for (const [i, path] of paths.entries()) {
        expect(path).toHaveLength(depth);
        expect(path.reduce((list: unknown, at) => (list as readonly unknown[])[at], value)).toBe(flat[i]);
      }
    }),
  );
});

test("what is not as deep as it is said to be is told with its place", () => {
  expect(flatten(5, 1)).toEqual({ path: [], value: 5 });
  expect(flatten([[1], 2], 2)).toEqual({ path: [1], value: 2 });
  expect(flatten([[], [[1], "x"]], 3)).toEqual({ path: [1, 1], value: "x" });
  // Lists at the bottom are members like any other, and so is what is missing.
  expect(flatten([[1], [2, 3]], 1)).toEqual({ flat: [[1], [2, 3]], shape: [] });
  expect(flatten([Object.assign(new Array(3), { 0: 1, 2: 2 })], 2)).toEqual({ flat: [1, undefined, 2], shape: [[3]] });
});

test("what is in the place of some lists counts as an empty list, and is put back", () => {
  const value = [["a", "b"], null, [["c"]], "d"];
  const isLost = (path: readonly number[]): boolean => ["1", "3"].includes(path.join());
  const found = flatten(value, 2, isLost);
  expect(found).toEqual({ flat: ["a", "b", ["c"]], shape: [[2, 0, 1, 0]] });
  if (!("flat" in found)) throw new Error("not nested");
  const back = [
    [[1], null],
    [[3], "d"],
  ] as const;
  expect(replaceAt(nest(found.flat, found.shape), back)).toEqual(value);
  expect(flatten([[["a"], 7], [[]]], 3, (path) => path.join() === "0,1")).toEqual({
    flat: ["a"],
    shape: [
      [2, 1],
      [1, 0, 0],
    ],
  });
  expect(replaceAt([[[1], []], [[]]], [[[0, 1], "x"]])).toEqual([[[1], "x"], [[]]]);
  expect(replaceAt([], [])).toEqual([]);
});
