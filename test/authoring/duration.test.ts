import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { milliseconds } from "../../src/core/duration.ts";

describe("milliseconds", () => {
  test.each([
    [0, 0],
    [1500, 1500],
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5h", 5_400_000],
    ["2m", 120_000],
    ["1d", 86_400_000],
    ["2w", 1_209_600_000],
    [" 3 s ", 3000],
  ])("%j is %d", (duration, expected) => expect(milliseconds(duration)).toBe(expected));

  test.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "",
    "30",
    "s",
    "-1s",
    "1e3s",
    "1 year",
    "1s2",
    null,
    undefined,
    {},
  ])("%j is no duration", (duration) => expect(milliseconds(duration)).toBeUndefined());

  test("a number of milliseconds is itself, as text too", () => {
    fc.assert(
      fc.property(fc.nat(), (ms) => {
        expect(milliseconds(ms)).toBe(ms);
        expect(milliseconds(`${ms}ms`)).toBe(ms);
      }),
    );
  });
});
