import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import type { ParamSource } from "../../src/core/node.ts";
import { checkParam, parseParam } from "../../src/run/sources/param-value.ts";

function paramOf(over: Partial<ParamSource> = {}): ParamSource {
  return { kind: "param", secret: false, site: () => [{ file: "/p/pipeline.ts", line: 3, column: 1 }], ...over };
}

const withDefault = (value: unknown) => paramOf({ fallback: { value } });

describe("text for a parameter", () => {
  test.each<[string, ParamSource, string, unknown]>([
    ["a number", withDefault(5), "10", 10],
    ["a fraction", withDefault(5), "-0.5", -0.5],
    ["another notation", withDefault(5), "1e3", 1000],
    ["a boolean", withDefault(false), "true", true],
    ["a text that looks like a number", withDefault("a"), "007", "007"],
    ["an empty text", withDefault("a"), "", ""],
    ["a bigint", withDefault(1n), "12345678901234567890", 12345678901234567890n],
    ["a bigint with its letter", withDefault(1n), "-5n", -5n],
    ["an array", withDefault(["a"]), '["b",1]', ["b", 1]],
    ["null", withDefault(null), "null", null],
    ["no default", paramOf(), "5", "5"],
    ["no default, but a type", paramOf({ type: "number" }), "5", 5],
    ["a type that overrules", paramOf({ type: "json", fallback: { value: "a" } }), "[1]", [1]],
  ])("%s", (_, param, text, value) => expect(parseParam("p", param, text)).toEqual(value));

  test.each<[ParamSource, string, RegExp]>([
    [withDefault(5), "many", /parameter "p" must be a number, not "many"/],
    [withDefault(5), "", /a number/],
    [withDefault(5), "Infinity", /a number/],
    [withDefault(true), "yes", /true or false/],
    [withDefault(1n), "1.5", /a whole number/],
    [withDefault(1n), "", /a whole number/],
    [withDefault({}), "{", /JSON/],
  ])("%# is refused with the place of the declaration", (param, text, message) => {
    const found = failing(() => parseParam("p", param, text));
    expect(found).toMatchObject({ reason: "invalid-parameter", node: "p", where: { file: "/p/pipeline.ts", line: 3 } });
    expect(found?.message).toMatch(message);
  });

  test("a secret is not repeated", () => {
    const found = failing(() => parseParam("p", paramOf({ type: "number", secret: true }), "hunter2"));
    expect(found?.message).not.toContain("hunter2");
  });

  test("every number, boolean, bigint and text comes back from its text", () => {
    const values = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.bigInt(),
      fc.string(),
    );
    fc.assert(
      fc.property(values, (value) => {
        const expected = Object.is(value, -0) ? 0 : value;
        expect(parseParam("p", withDefault(value), String(value))).toBe(expected);
      }),
    );
  });
});

describe("a value for a parameter", () => {
  test("is of the type of the default", () => {
    checkParam("p", withDefault(5), 6);
    checkParam("p", withDefault({ a: 1 }), new Map());
    expect(failing(() => checkParam("p", withDefault(5), "6"))).toMatchObject({
      reason: "invalid-parameter",
      message: 'parameter "p" must be a number, not "6"',
    });
  });
});

function failing(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return failureOf(error);
  }
  return undefined;
}
