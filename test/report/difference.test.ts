import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { fileRef } from "../../src/core/file-ref.ts";
import { differenceLines } from "../../src/report/difference.ts";
import { createStyle } from "../../src/report/style.ts";
import { displayWidth } from "../../src/report/width.ts";
import { type DifferenceOptions, differenceOf } from "../../src/run/difference/difference.ts";

interface Shown extends DifferenceOptions {
  readonly columns?: number;
  readonly color?: boolean;
}

async function lines(before: unknown, after: unknown, { columns = 80, color = false, ...options }: Shown = {}) {
  return differenceLines(await differenceOf(before, after, options), { style: createStyle(color), columns });
}

function file(name: string, content: string): object {
  const bytes = new TextEncoder().encode(content);
  const ref = { origin: "store", name, size: bytes.length, digest: digestOf(bytes), executable: false };
  return { [fileRef]: ref, bytes: async () => bytes };
}

describe("a difference for a person", () => {
  test("values", async () => {
    const before = { a: 1, b: [1, 2], t: "one\ntwo\n", long: `${"x".repeat(90)}a` };
    const after = { a: "1", b: [1], c: true, t: "one\n2\n", long: `${"x".repeat(90)}b` };
    expect(await lines(before, after)).toEqual([
      "5 differences",
      "+ result.c: true",
      "~ result.a: 1 (number) -> '1' (string)",
      "- result.b[1]: 2",
      "~ result.t:",
      "    1 line removed, 1 added (2 -> 2 lines)",
      "    @@ -1,2 +1,2 @@",
      "     one",
      "    -two",
      "    +2",
      `~ result.long: …'${"x".repeat(20)}a' -> …'${"x".repeat(20)}b'`,
    ]);
  });

  test("nothing, and more than is shown", async () => {
    expect(await lines({ a: 1 }, { a: 1 })).toEqual(["no difference"]);
    expect((await lines([1, 2, 3, "x"], [4, 5, 6, "x"], { limit: 1 })).slice(1)).toEqual([
      "~ result[0]: 1 -> 4",
      "… 2 more differences",
    ]);
  });

  test("tables", async () => {
    const rows = [
      { id: 1, name: "Ada", x: 1 },
      { id: 2, name: "Alan", x: 2 },
      { id: 3, name: "Grace", x: 3 },
    ];
    const after = [
      { id: 2, name: "Alonzo", y: 5 },
      { id: 1, name: "Ada", y: 1 },
      { id: 9, name: "Emmy", y: 0 },
    ];
    expect(await lines(rows, after, { key: ["id"] })).toEqual([
      "3 rows: 1 changed, 1 added, 1 removed, 1 moved (by id)",
      "- column x",
      "+ column y",
      "changed columns: name in 1 row",
      "~ id 2 name: 'Alan' -> 'Alonzo'",
      "+ id 9  id: 9, name: 'Emmy', y: 0",
      "- id 3  id: 3, name: 'Grace', x: 3",
      "~ id 1: moved, [0] -> [1]",
    ]);
  });

  test("bytes and files", async () => {
    expect(await lines(new Uint8Array([1, 2]), new Uint8Array([1, 3]))).toEqual([
      "2 bytes; 1 byte changed, the first at offset 1",
      "- 02",
      "+ 03",
    ]);
    expect(await lines(new Uint8Array(3), new Uint8Array(2))).toEqual([
      "3 B -> 2 B; they differ from offset 2 on",
      "- 00",
      "+ (its end)",
    ]);
    expect(await lines(file("a.txt", "x\n"), file("a.txt", "yy\n"))).toEqual([
      "~ a.txt: 2 B -> 3 B",
      "1 line removed, 1 added (1 -> 1 line)",
      "@@ -1,1 +1,1 @@",
      "-x",
      "+yy",
    ]);
  });

  test("what a text does not show", async () => {
    expect(await lines({ r: /a/g }, { r: Object.assign(/a/g, { lastIndex: 1 }) })).toEqual([
      "1 difference",
      "~ result.r differs in what is not shown: /a/g -> /a/g",
    ]);
  });

  test("nothing of a value reaches the terminal as it is", async () => {
    const evil = "\u001b[2J\u0007\u202e";
    const all = [
      await lines({ [evil]: 1, t: `${evil}\n1` }, { [evil]: 2, t: `${evil}\n2` }),
      await lines([{ [evil]: evil }], [{ [evil]: 1 }]),
      await lines(`${evil}\r\n`, "x\n"),
      await lines(file(evil, evil), file("b", "c")),
    ].flat();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    for (const line of all) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  test("no line is wider than the terminal", async () => {
    const wide = "語".repeat(100);
    for (const columns of [45, 80]) {
      const all = [
        await lines({ [wide]: wide, a: { b: `${wide}\n` } }, { [wide]: `${wide}!`, a: { b: "x\n" } }, { columns }),
        await lines([{ [wide]: wide, b: 1 }], [{ [wide]: 1, b: 2 }], { columns }),
        await lines(`${wide}\n`, "x", { columns }),
      ].flat();
      for (const line of all) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }
  });

  test("colours mean before and after", async () => {
    expect((await lines({ a: 1 }, { a: 2 }, { color: true }))[1]).toContain("\u001b[31m1\u001b[39m -> \u001b[32m2");
  });
});
