import { expect, test } from "vitest";
import { thrownText } from "../../src/core/thrown.ts";

const refused = Object.assign(new Error(""), { code: "ECONNREFUSED" });
const deep = [1, 2, 3, 4, 5, 6].reduce((cause: Error | undefined, n) => new Error(`e${n}`, { cause }), undefined);

test.for<[thrown: unknown, text: string]>([
  [new TypeError("no rows"), "TypeError: no rows"],
  [new TypeError("fetch failed", { cause: refused }), "TypeError: fetch failed, caused by Error: ECONNREFUSED"],
  [new Error("a", { cause: new RangeError("b", { cause: "c" }) }), "Error: a, caused by RangeError: b, caused by 'c'"],
  [new Error("cannot read x: gone", { cause: new Error("gone") }), "Error: cannot read x: gone"],
  [
    new AggregateError([new Error("first"), new Error("second")], "none was well"),
    "AggregateError: none was well, caused by Error: first; Error: second",
  ],
  [deep, "Error: e6, caused by Error: e5, caused by Error: e4, caused by Error: e3, caused by Error: e2"],
  ["a text", "'a text'"],
  [undefined, "undefined"],
  [{ code: 5 }, "{ code: 5 }"],
])("%o", ([thrown, text]) => {
  expect(thrownText(thrown)).toBe(text);
});

test("an error that causes itself, and one whose message is no text", () => {
  const own = new Error("own");
  own.cause = own;
  expect(thrownText(own)).toBe("Error: own");
  const circle = new Error("a", { cause: new Error("b") });
  (circle.cause as Error).cause = circle;
  expect(thrownText(circle)).toMatch(/^Error: a, caused by Error: b, caused by Error: a/);
  const odd = Object.assign(new Error(), { message: 5, cause: new Error("x") });
  expect(thrownText(odd)).toBe("Error: 5, caused by Error: x");
});
