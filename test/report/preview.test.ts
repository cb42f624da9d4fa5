import { tableFromArrays } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { fileRef } from "../../src/core/file-ref.ts";
import { previewValue } from "../../src/report/preview.ts";
import { createStyle } from "../../src/report/style.ts";
import { valueToJson } from "../../src/report/value-json.ts";

const style = createStyle(false);
const show = (value: unknown, columns = 60, rows?: number): string[] =>
  previewValue(value, { style, columns, ...(rows === undefined ? {} : { rows }) });

const file = {
  [fileRef]: { origin: "store", name: "chart.svg", size: 1234, digest: "ab".repeat(32), executable: false },
};

describe("preview", () => {
  test("a list of objects is a table; what does not fit is told", () => {
    const rows = [
      { name: "apples", price: 0.4, sold: new Date(0) },
      { name: "pears\x1b[31m", price: null, tags: ["a"] },
    ];
    expect(show(rows, 80)).toEqual([
      "2 rows, 4 columns",
      "name           price  sold                      tags",
      "apples           0.4  1970-01-01T00:00:00.000Z",
      "pears\\x1b[31m   null                            [ 'a' ]",
    ]);
    expect(show(rows, 25, 1)).toEqual([
      "2 rows, 4 columns",
      "name    price",
      "apples    0.4",
      "… 1 more rows",
      "… 2 more columns: sold, …",
    ]);
  });

  test("an Arrow table is a table", () => {
    const table = tableFromArrays({ n: Int32Array.of(1, 2, 3), word: ["a", "b", "c"] });
    expect(show(table, 60, 2)).toEqual(["3 rows, 2 columns", "n  word", "1  a", "2  b", "… 1 more rows"]);
  });

  test("text as text, cut after some lines", () => {
    expect(show("a\nb\nc", 60, 2)).toEqual(["a", "b", "… 1 more line"]);
    expect(show("")).toEqual([""]);
  });

  test("bytes as hexadecimal", () => {
    expect(show(Uint8Array.of(0x53, 0x4c, 0, 0xff))).toEqual([
      "4 B",
      "00000000  53 4c 00 ff                                      SL..",
    ]);
    expect(show(new Uint8Array(300)).at(-1)).toBe("… 44 B more");
  });

  test("files by name, size and digest", () => {
    expect(show(file)).toEqual(["file chart.svg, 1.2 kB, abababababab"]);
  });

  test("everything else as JavaScript", () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(show(loop)).toEqual(["<ref *1> { self: [Circular *1] }"]);
    expect(show(new Map([["a", 1n]]))).toEqual(["Map(1) { 'a' => 1n }"]);
    expect(show([])).toEqual(["[]"]);
    expect(show([1, { a: 1 }])).toEqual(["[ 1, { a: 1 } ]"]);
    expect(show(undefined)).toEqual(["undefined"]);
    expect(show(-0)).toEqual(["-0"]);
  });
});

describe("value as JSON", () => {
  test("every kind of value becomes something that JSON can carry", () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    const shared = { a: 1 };
    const value = {
      text: "x",
      number: 1.5,
      nan: Number.NaN,
      big: 12345678901234567890n,
      none: undefined,
      date: new Date(0),
      invalid: new Date(Number.NaN),
      bytes: Uint8Array.of(1, 2),
      floats: Float64Array.of(1, Number.POSITIVE_INFINITY),
      map: new Map<unknown, unknown>([[1, "one"]]),
      set: new Set([1, 2]),
      url: new URL("https://example.org/"),
      error: new TypeError("no"),
      sparse: Object.assign([], { 1: 1 }),
      file,
      table: tableFromArrays({ n: Int32Array.of(7) }),
      loop,
      twice: [shared, shared],
      ["__proto__"]: 1,
    };
    expect(JSON.parse(JSON.stringify(valueToJson(value)))).toEqual(
      JSON.parse(`{
      "text": "x", "number": 1.5, "nan": null, "big": "12345678901234567890", "none": null,
      "date": "1970-01-01T00:00:00.000Z", "invalid": null, "bytes": "AQI=", "floats": [1, null],
      "map": [[1, "one"]], "set": [1, 2], "url": "https://example.org/", "error": { "name": "TypeError", "message": "no" },
      "sparse": [null, 1], "file": { "file": "chart.svg", "size": 1234, "digest": "${"ab".repeat(32)}" },
      "table": [{ "n": 7 }], "loop": { "self": "[circular]" }, "twice": [{ "a": 1 }, { "a": 1 }], "__proto__": 1 }`),
    );
  });
});
