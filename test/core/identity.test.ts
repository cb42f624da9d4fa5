import fc from "fast-check";
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

test("objects have the numbers that a list gives them, met again or not", () => {
  const meets = fc.array(fc.oneof(fc.nat({ max: 12 }), fc.constant("clear")), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), meets, (full, steps) => {
      const identity = new Identity(full);
      const objects = Array.from({ length: 13 }, () => ({}));
      let order: object[] = [];
      for (const step of steps) {
        if (typeof step === "string") {
          identity.clear();
          order = [];
          continue;
        }
        const known = order.indexOf(objects[step]!);
        expect(identity.meet(objects[step]!)).toBe(known < 0 ? undefined : known);
        if (known < 0) order.push(objects[step]!);
        expect(identity.last).toBe(order.length - 1);
      }
    }),
  );
});

test("an object is open if its number is on the stack", () => {
  const numbers = [0, 1, 4, 9, 10];
  const stack = numbers.map((number) => ({ number }));
  for (let number = -1; number < 12; number++) expect(isOpen(stack, number)).toBe(numbers.includes(number));
  expect(isOpen([], 0)).toBe(false);
});
