import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import { type ForeignCsv, readForeignCsv } from "../../src/store/formats/foreign-csv.ts";

describe("CSV that somebody else wrote", () => {
  const cases: readonly [string, string, ForeignCsv, unknown][] = [
    ["line ends of Unix", "a,b\n1,x\n", {}, [{ a: 1, b: "x" }]],
    ["line ends of Windows, without the last", "a,b\r\n1,x", {}, [{ a: 1, b: "x" }]],
    ["line ends of old", "a\r1\r", {}, [{ a: 1 }]],
    ["a byte order mark", "\uFEFFa\n1\n", {}, [{ a: 1 }]],
    ["quotes, with all that may be in them", 'a\n"x, ""y""\nz"\n', {}, [{ a: 'x, "y"\nz' }]],
    ["empty cells, and an empty text", 'a,b,c\n,"",x\n', {}, [{ a: null, b: "", c: "x" }]],
    [
      "an empty cell at the end",
      "a,b\n1,\n2,",
      {},
      [
        { a: 1, b: null },
        { a: 2, b: null },
      ],
    ],
    ["blank lines", "a\n\n1\n\n", {}, [{ a: 1 }]],
    ["another separator", "a;b\n1;x,y\n", { separator: ";" }, [{ a: 1, b: "x,y" }]],
    [
      "truths",
      "a,b\ntrue,TRUE\nfalse,no\n",
      {},
      [
        { a: true, b: "TRUE" },
        { a: false, b: "no" },
      ],
    ],
    ["codes with leading zeros", "a\n01\n2\n", {}, [{ a: "01" }, { a: "2" }]],
    ["more digits than a number has", "a\n12345678901234567890\n", {}, [{ a: "12345678901234567890" }]],
    ["types that are said", "a,b\n1,2\n", { types: { a: "string" } }, [{ a: "1", b: 2 }]],
    [
      "columns called as what objects have",
      "__proto__,constructor\n1,2\n",
      {},
      [
        Object.fromEntries([
          ["__proto__", 1],
          ["constructor", 2],
        ]),
      ],
    ],
    ["no rows", "a,b\n", {}, []],
    ["nothing", "", {}, []],
  ];
  test.each(cases)("%s", (_, text, options, rows) => {
    expect(readForeignCsv(text, options)).toEqual(rows);
  });

  test.each<[string, string, ForeignCsv, string]>([
    [
      "too few cells below a blank line and two of a cell",
      'a,b\n\n"x\r\ny",1\n1\n',
      {},
      "line 5 of the CSV: it has 1 cells",
    ],
    ["too few cells", "a,b\n1\n", {}, "line 2 of the CSV: it has 1 cells, and the header 2"],
    ["quotes that do not end", 'a\n"x', {}, "its quotes are not closed"],
    ["text after quotes", 'a\n"x"y\n', {}, "text after closing quotes"],
    ["two columns of one name", "a,a\n1,2\n", {}, 'two columns are called "a"'],
    ["a type of no column", "a\n1\n", { types: { b: "number" } }, 'no column "b"'],
    ["a text where a number is said", "a\nx\n", { types: { a: "number" } }, '"x" in the column "a" is no number'],
  ])("%s is told", (_, text, options, said) => {
    try {
      readForeignCsv(text, options);
    } catch (error) {
      expect(failureOf(error, "corrupt-value")?.message).toContain(said);
      return;
    }
    throw new Error("nothing was thrown");
  });

  test("whatever texts are quoted come back", () => {
    const cell = fc.string();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }),
        fc.constantFrom("\n", "\r\n"),
        (rows, end) => {
          const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
          const text = ["a,b", ...rows.map((row) => row.map(quoted).join(","))].join(end);
          const read = readForeignCsv(text, { types: { a: "string", b: "string" } });
          expect(read).toEqual(rows.map(([a, b]) => ({ a, b })));
        },
      ),
    );
  });

  test("numbers come back as they are", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (numbers) => {
        const read = readForeignCsv(`a\n${numbers.map((n) => (Object.is(n, -0) ? "-0" : String(n))).join("\n")}`, {
          types: { a: "number" },
        });
        expect(read).toEqual(numbers.map((a) => ({ a })));
      }),
    );
  });
});
