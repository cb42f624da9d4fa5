import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fingerprint } from "../../../src/core/canonical.ts";
import { digestOf } from "../../../src/core/digest.ts";
import { fileRef } from "../../../src/core/file-ref.ts";
import {
  type Difference,
  type DifferenceOptions,
  differenceOf,
  type TextDifference,
  type ValueDifference,
} from "../../../src/run/difference/difference.ts";
import { build, neighbours } from "../../core/arbitrary-value.ts";
import { Money, zoo } from "../../core/zoo.ts";

/** How many differences there are, of whatever kind. */
function found(difference: Difference): number {
  switch (difference.kind) {
    case "value":
      return difference.total;
    case "table": {
      const { rows, columns, notes } = difference;
      const inRows = rows.added + rows.removed + rows.changed + rows.moved;
      const inColumns = columns.added.length + columns.removed.length + columns.types.length;
      return inRows + inColumns + (columns.reordered ? 1 : 0) + notes.length;
    }
    case "text":
      return difference.lines.added + difference.lines.removed;
    case "bytes":
      return difference.first ? 1 : 0;
    case "file":
      return JSON.stringify(difference.before) === JSON.stringify(difference.after) ? 0 : 1;
  }
}

async function agrees(before: unknown, after: unknown): Promise<void> {
  const difference = await differenceOf(before, after);
  expect(difference.equal).toBe(fingerprint(before) === fingerprint(after));
  expect(JSON.parse(JSON.stringify(difference))).toEqual(difference);
  expect(found(difference) > 0).toBe(!difference.equal);
}

async function parts(before: unknown, after: unknown): Promise<readonly string[]> {
  const difference = (await differenceOf(before, after)) as ValueDifference;
  expect(difference.kind).toBe("value");
  return difference.entries.map(({ path, change, before: was, after: is, within }) =>
    [change, path, was ?? "", is ?? "", ...(within ? [within.kind] : [])].join("|"),
  );
}

describe("any two values", () => {
  test("of the zoo are equal exactly if their data versions are, and every difference is found", async () => {
    for (const [, before] of zoo) for (const [, after] of zoo) await agrees(before, after);
  }, 60_000);

  test("that are nearly the same, with cycles and shared parts: the same", async () => {
    await fc.assert(
      fc.asyncProperty(neighbours, async ([one, other]) => {
        await agrees(build(one), build(other));
        await agrees({ list: [build(one), 1] }, { list: [build(other), 1] });
        await agrees(build(one), build(one));
      }),
      { numRuns: 1_000 },
    );
  }, 60_000);
});

/** An array with holes. */
function holes(items: Readonly<Record<string, unknown>>): unknown[] {
  return Object.assign([], items);
}

describe("values part by part", () => {
  test.each<[string, unknown, unknown, readonly string[]]>([
    ["a property", { a: 1, b: 2 }, { a: 1, b: 3 }, ["changed|result.b|2|3"]],
    ["another type", { a: 1 }, { a: "1" }, ["type|result.a|1 (number)|'1' (string)"]],
    ["added, removed", { a: 1, b: 2 }, { b: 2, "c d": 3 }, ["removed|result.a|1|", 'added|result["c d"]||3']],
    ["minus zero", [0], [-0], ["changed|result[0]|0|-0"]],
    ["NaN is itself", { a: Number.NaN, b: 1 }, { a: Number.NaN, b: 2 }, ["changed|result.b|1|2"]],
    ["undefined and absent", { a: undefined }, {}, ["removed|result.a|undefined|"]],
    ["the order of keys", { a: 1, b: 2 }, { b: 2, a: 1 }, ["order|result|[ 'a', 'b' ]|[ 'b', 'a' ]"]],
    ["an item in between", [1, 2, 3, 4], [1, 9, 2, 3, 4], ["added|result[1]||9"]],
    ["a hole", [1, undefined, 3], holes({ 0: 1, 2: 3 }), ["removed|result[1]|undefined|"]],
    ["a longer sparse list", holes({ 1: 1 }), holes({ 1: 1, length: 3 }), ["changed|result.length|2|3"]],
    ["a Map", new Map([["k", 1]]), new Map([["k", 2]]), ['changed|result.get("k")|1|2']],
    [
      "the key of a Map",
      new Map([[1, 1]]),
      new Map([["1", 1]]),
      ["removed|result.get(1)|1|", 'added|result.get("1")||1'],
    ],
    [
      "a Map with objects for keys",
      new Map([[{ k: 1 }, { v: 1 }]]),
      new Map([[{ k: 1 }, { v: 2 }]]),
      ["changed|[...result.values()][0].v|1|2"],
    ],
    [
      "the order of a Map",
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
      new Map([
        ["b", 2],
        ["a", 1],
      ]),
      ["order|result|[ 'a', 'b' ]|[ 'b', 'a' ]"],
    ],
    ["a Set", new Set([1, 2]), new Set([1, 3]), ["removed|[...result][1]|2|", "added|[...result][1]||3"]],
    [
      "a Date",
      { at: new Date(0) },
      { at: new Date(1) },
      ["changed|result.at|1970-01-01T00:00:00.000Z|1970-01-01T00:00:00.001Z"],
    ],
    ["a RegExp's lastIndex", [/a/g], [Object.assign(/a/g, { lastIndex: 1 })], ["hidden|result[0]|/a/g|/a/g"]],
    ["a typed array", new Float64Array([1, 2]), new Float64Array([1, 3]), ["changed|result[1]|2|3"]],
    [
      "typed arrays of two types",
      new Int8Array(1),
      new Uint8Array(1),
      ["type|result|Int8Array(1) [ 0 ]|Uint8Array(1) [ 0 ]"],
    ],
    ["a class", new Money(1n, "EUR"), new Money(2n, "EUR"), ["changed|result<Money>[0]|1n|2n"]],
    ["an error", new Error("a"), new Error("b"), ["changed|result.message|'a'|'b'"]],
    ["a text in it", { t: "a\nb\n" }, { t: "a\nc\n" }, ["changed|result.t|||text"]],
    ["bytes in it", { b: new Uint8Array([1, 2]) }, { b: new Uint8Array([1, 3]) }, ["changed|result.b|||bytes"]],
  ])("%s", async (_name, before, after, expected) => {
    expect(await parts(before, after)).toEqual(expected);
  });

  test("one object in two places is told from two that are equal", async () => {
    const one = { k: 1 };
    expect(await parts({ a: one, b: one }, { a: { k: 1 }, b: { k: 1 } })).toEqual([
      "sharing|result.b|the same object as in another place|an object of its own",
    ]);
    // Equal by themselves, and found all the same.
    expect(await parts([one, one, 1], [{ k: 1 }, { k: 1 }, 1])).toEqual([
      "sharing|result[1]|the same object as in another place|an object of its own",
    ]);
  });

  test("cycles of two lengths", async () => {
    const cycle = (length: number): object => {
      const first: { next?: object } = {};
      let last = first;
      for (let i = 1; i < length; i++) {
        const next: { next?: object } = {};
        last.next = next;
        last = next;
      }
      last.next = first;
      return first;
    };
    const [entry] = await parts(cycle(3), cycle(5));
    expect(entry).toMatch(/^sharing\|result\.next\.next\.next\|/);
  });

  test("any depth", async () => {
    const deep = (leaf: unknown): unknown => {
      let value = leaf;
      for (let i = 0; i < 50_000; i++) value = i % 2 ? { a: value } : [value];
      return value;
    };
    const { entries, total } = (await differenceOf(deep(1), deep(2))) as ValueDifference;
    expect(total).toBe(1);
    expect(entries[0]).toMatchObject({ change: "changed", before: "1", after: "2" });
    expect(entries[0]!.path).toContain("steps");
  });

  test("keeps no more than the limit, and counts all", async () => {
    const list = (n: number): Float64Array => new Float64Array(100_000).fill(n);
    const difference = (await differenceOf(
      { a: list(1), b: 1 },
      { a: list(2), b: 2 },
      { limit: 3 },
    )) as ValueDifference;
    expect(difference.entries).toHaveLength(3);
    expect(difference.total).toBe(100_001);
  });

  test.each([500, 100_000])("long texts are shown where they differ, %i characters in", async (length) => {
    const text = (middle: string): string => `${"x".repeat(length)}${middle}${"y".repeat(length)}`;
    const difference = (await differenceOf({ t: text("a") }, { t: text("b") })) as ValueDifference;
    const [{ change, before, after } = { change: "" }] = difference.entries;
    expect(change).toBe("changed");
    expect([before, after]).toEqual([expect.stringMatching(/^…'x+ay+'…$/), expect.stringMatching(/^…'x+by+'…$/)]);
    expect(before!.length).toBeLessThanOrEqual(80);
  });

  test("what no stage can return is refused", async () => {
    await expect(differenceOf({ f: () => 1 }, {})).rejects.toMatchObject({ reason: "unversionable" });
  });
});

/** The text after, made of the text before and a difference with all of its lines. */
function patched(before: string, { hunks }: TextDifference): string {
  const lines = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  let text = "";
  let at = 0;
  for (const { beforeLine, lines: body } of hunks) {
    text += lines.slice(at, beforeLine - 1).join("");
    at = beforeLine - 1;
    for (const { change, text: line, noNewline } of body) {
      const whole = noNewline ? line : `${line}\n`;
      if (change !== "added") expect(lines[at++]).toBe(whole);
      if (change !== "removed") text += whole;
    }
  }
  return text + lines.slice(at).join("");
}

describe("texts", () => {
  const text = fc
    .tuple(fc.array(fc.constantFrom("a", "b", "", "c\r"), { maxLength: 40 }), fc.boolean())
    .map(([lines, end]) => lines.join("\n") + (end ? "\n" : ""));

  test("the lines of a difference lead from one text to the other", async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (before, after) => {
        const difference = (await differenceOf(before, after, { limit: 1000 })) as TextDifference;
        expect(patched(before, difference)).toBe(after);
        expect(difference.moreLines).toBe(0);
        expect(difference.equal).toBe(before === after);
      }),
      { numRuns: 500 },
    );
  });

  test("hunks, counts and the first difference", async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i + 1}\n`);
    const after = lines.with(9, "LINE 10\n").toSpliced(20, 1).join("");
    const difference = await differenceOf(lines.join(""), after);
    expect(difference).toMatchObject({
      kind: "text",
      lines: { before: 30, after: 29, added: 1, removed: 2 },
      first: { line: 10, column: 1 },
      moreLines: 0,
      smallest: true,
    });
    const { hunks } = difference as TextDifference;
    expect(hunks.map(({ beforeLine, afterLine, lines: body }) => [beforeLine, afterLine, body.length])).toEqual([
      [7, 7, 8],
      [18, 18, 7],
    ]);
  });

  test("no more than the limit, of both sides", async () => {
    const all = (word: string): string => Array.from({ length: 50 }, (_, i) => `${word} ${i}\n`).join("");
    const { hunks, moreLines } = (await differenceOf(all("a"), all("b"), { limit: 4 })) as TextDifference;
    expect(hunks[0]!.lines.map(({ text: line }) => line)).toEqual(["a 0", "a 1", "b 0", "b 1"]);
    expect(moreLines).toBe(96);
  });

  test("a text in which nearly all differs is compared roughly, and says so", async () => {
    const all = (factor: number): string =>
      Array.from({ length: 20_000 }, (_, i) => `${(i * factor) % 20_011}`).join("\n");
    const difference = (await differenceOf(all(1), all(7))) as TextDifference;
    expect(difference.smallest).toBe(false);
    expect(difference.lines.before).toBe(20_000);
  });

  test("long lines are cut, and the end of the text is told", async () => {
    const { hunks } = (await differenceOf("a".repeat(1000), `${"a".repeat(1000)}\n`)) as TextDifference;
    expect(hunks[0]!.lines).toEqual([
      { change: "removed", text: `${"a".repeat(400)}…`, noNewline: true },
      { change: "added", text: `${"a".repeat(400)}…` },
    ]);
  });
});

describe("bytes", () => {
  test.each([
    ["a byte", [1, 2, 3], [1, 9, 3], { first: { offset: 1, before: "0203", after: "0903" }, changed: 1 }],
    ["a longer end", [1], [1, 2], { first: { offset: 1, before: "", after: "02" }, changed: 0 }],
  ])("%s", async (_name, before, after, expected) => {
    const difference = await differenceOf(new Uint8Array(before), new Uint8Array(after));
    expect(difference).toMatchObject({ kind: "bytes", equal: false, ...expected });
  });
});

/** A file handle over bytes. */
function handle(name: string, content: string | Uint8Array, more: { executable?: boolean; now?: string } = {}): object {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const { executable = false, now } = more;
  return {
    [fileRef]: { origin: "store", name, size: bytes.length, digest: digestOf(bytes), executable },
    bytes: async () => (now === undefined ? bytes : new TextEncoder().encode(now)),
  };
}

describe("files", () => {
  const of = (before: object, after: object, options?: DifferenceOptions): Promise<Difference> =>
    differenceOf(before, after, options);

  test("text line by line, other content byte by byte", async () => {
    expect(await of(handle("a.txt", "a\nb\n"), handle("a.txt", "a\nc\n"))).toMatchObject({
      kind: "file",
      equal: false,
      content: { kind: "text", lines: { added: 1, removed: 1 } },
    });
    const png = (last: number): Uint8Array => new Uint8Array([0x89, 0x50, 0, last]);
    expect(await of(handle("a.png", png(1)), handle("a.png", png(2)))).toMatchObject({
      content: { kind: "bytes", first: { offset: 3 } },
    });
  });

  test("name and executable bit without a difference of content", async () => {
    const difference = await of(handle("a", "x"), handle("b", "x", { executable: true }));
    expect(difference).toMatchObject({ equal: false, before: { name: "a" }, after: { name: "b", executable: true } });
    expect(difference).not.toHaveProperty("content");
  });

  test("a content that is not what it was is not compared", async () => {
    expect(await of(handle("a", "x"), handle("a", "y", { now: "z" }))).toMatchObject({
      contentMissing: "a has changed since",
    });
  });

  test("in a value", async () => {
    const difference = await of({ r: handle("a", "x\n") }, { r: handle("a", "y\n") });
    expect(difference).toMatchObject({ entries: [{ path: "result.r", within: { kind: "file" } }] });
  });
});
