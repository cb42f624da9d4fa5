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

test("objects that are met in a row have the numbers that they have otherwise", () => {
  const index = fc.nat({ max: 99 });
  const before = fc.uniqueArray(index, { maxLength: 70 });
  const list = fc.oneof(fc.array(index, { maxLength: 90 }), fc.uniqueArray(index, { minLength: 60, maxLength: 100 }));
  fc.assert(
    fc.property(
      fc.integer({ min: 50, max: 300 }),
      before,
      list,
      fc.nat({ max: 3 }),
      index,
      (full, before, list, from, end) => {
        const identity = new Identity(full);
        const objects = Array.from({ length: 100 }, () => ({}));
        const order: object[] = [];
        const meet = (object: object): void => {
          const known = order.indexOf(object);
          expect(identity.meet(object)).toBe(known < 0 ? undefined : known);
          if (known < 0) order.push(object);
        };
        const given = list.map((each) => (each % 7 === 5 ? each : objects[each]!));
        for (const each of before) meet(objects[each]!);
        for (const each of given.slice(0, from)) if (typeof each === "object") meet(each);
        const isRow = given.length > from && identity.beginRow(given, from);
        const rest = new Set(given.slice(from));
        if (isRow) expect([rest.size, ...order.filter((each) => rest.has(each))]).toEqual([given.length - from]);
        for (const [i, each] of given.entries()) {
          if (i < from || i >= end || typeof each === "number") continue;
          if (isRow) {
            identity.meetNext(i);
            order.push(each);
          } else meet(each);
          expect(identity.last).toBe(order.length - 1);
        }
        for (const each of objects) meet(each);
      },
    ),
    { numRuns: 2000 },
  );
});

test("an object is open if its number is on the stack", () => {
  const numbers = [0, 1, 4, 9, 10];
  const stack = numbers.map((number) => ({ number }));
  for (let number = -1; number < 12; number++) expect(isOpen(stack, number)).toBe(numbers.includes(number));
  expect(isOpen([], 0)).toBe(false);
});
