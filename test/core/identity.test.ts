import { expect, test } from "vitest";
import { Identity, isOpen } from "../../src/core/canonical/identity.ts";

test("objects keep their numbers when there are more than one Map holds", () => {
  const identity = new Identity(3);
  const objects = Array.from({ length: 10 }, () => ({}));
  for (const [i, object] of objects.entries()) {
    expect(identity.meet(object)).toBeUndefined();
    expect(identity.last).toBe(i);
  }
  for (const [i, object] of objects.entries()) expect(identity.meet(object)).toBe(i);
  expect(identity.last).toBe(9);
});

test("an object is open if its number is on the stack", () => {
  const numbers = [0, 1, 4, 9, 10];
  const stack = numbers.map((number) => ({ number }));
  for (let number = -1; number < 12; number++) expect(isOpen(stack, number)).toBe(numbers.includes(number));
  expect(isOpen([], 0)).toBe(false);
});
