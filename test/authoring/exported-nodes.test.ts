import { file, stage } from "sluice";
import { describe, expect, test } from "vitest";
import { exportedNodes } from "../../src/authoring/exported-nodes.ts";
import { failureOf } from "../../src/core/failure.ts";
import { definitionOf } from "../../src/core/node.ts";

const a = file("a");
const b = stage({ a }, () => 1);
const c = file("c", { name: "see" });

function namesIn(module: Record<string, unknown>): string[] {
  return [...exportedNodes(module).keys()];
}

describe("exported nodes", () => {
  test("have the names of their exports, or their own", () => {
    const found = exportedNodes({ a, b, c });
    expect([...found.keys()]).toEqual(["a", "b", "see"]);
    expect(found.get("b")).toBe(definitionOf(b));
  });

  test("are found in arrays and records, at any depth", () => {
    expect(namesIn({ years: [a, b], byYear: { 2020: c, more: { deep: [file("x")] } } })).toEqual([
      "years.0",
      "years.1",
      "see",
      "byYear.more.deep.0",
    ]);
  });

  test("are found in a default export, without a prefix", () => {
    expect(namesIn({ default: { a, list: [b] } })).toEqual(["a", "list.0"]);
    expect(namesIn({ default: b })).toEqual(["default"]);
    expect(namesIn({ default: [a] })).toEqual(["0"]);
  });

  test("are found in a CommonJS module as in any other", () => {
    const exports = { a, b };
    expect(namesIn({ default: exports, "module.exports": exports, a, b })).toEqual(["a", "b"]);
  });

  test("that are exported twice have their least nested name", () => {
    expect(namesIn({ all: { one: a }, default: { b }, a, z: a })).toEqual(["a", "b"]);
  });

  test("everything else is passed over", () => {
    const circle: Record<string, unknown> = { a };
    circle.self = circle;
    class Holder {
      a = a;
    }
    const module = {
      one: 1,
      text: "a",
      nothing: null,
      fn: () => a,
      promise: Promise.resolve(a),
      map: new Map([["a", a]]),
      holder: new Holder(),
      circle,
      getter: {
        get a(): never {
          throw new Error("nobody asked");
        },
      },
    };
    expect(namesIn(module)).toEqual(["circle.a"]);
  });

  test("two of one name are said, with both places", () => {
    let thrown: unknown;
    try {
      exportedNodes({ one: file("x", { name: "same" }), other: file("y", { name: "same" }) });
    } catch (error) {
      thrown = error;
    }
    expect(failureOf(thrown)).toMatchObject({
      reason: "duplicate-name",
      message: expect.stringMatching(/two nodes are called "same" \(the other is at .*exported-nodes\.test\.ts:\d+\)/),
      where: { file: import.meta.filename },
    });
    expect(() => exportedNodes({ a, default: { a: b } })).toThrow(/two nodes are called "a"/);
  });

  test("a deep nest does not overflow the stack", () => {
    let nest: unknown = a;
    for (let i = 0; i < 100_000; i++) nest = [nest];
    expect(namesIn({ nest })).toHaveLength(1);
  });
});
