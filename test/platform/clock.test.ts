import { expect, test } from "vitest";
import { systemClock } from "../../src/platform/clock.ts";

test("the system's clock tells the time, and its elapsed time never goes back", () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
  const times = Array.from({ length: 1_000 }, () => systemClock.elapsed());
  expect(times).toStrictEqual(times.toSorted((a, b) => a - b));
});
