import {
  Decimal,
  Field,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampNanosecond,
  tableFromArrays,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DifferenceOptions, differenceOf, type TableDifference } from "../../../src/run/difference/difference.ts";

async function compare(before: unknown, after: unknown, options: DifferenceOptions = {}): Promise<TableDifference> {
  const difference = await differenceOf(before, after, options);
  expect(difference.kind).toBe("table");
  return difference as TableDifference;
}

/** Rows of the table, and what is said of each kind. */
function counts({ rows }: TableDifference): string {
  const { added, removed, changed, moved } = rows;
  return `${rows.before} -> ${rows.after}: +${added} -${removed} ~${changed} moved ${moved}`;
}

const people = [
  { id: 1, name: "Ada", born: 1815 },
  { id: 2, name: "Alan", born: 1912 },
  { id: 3, name: "Grace", born: 1906 },
];

/** The same rows as an Arrow table. */
function arrow(rows: readonly Readonly<Record<string, unknown>>[]): Table {
  const names = Object.keys(rows[0] ?? {});
  const columns = Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
  return tableFromArrays(columns as never) as unknown as Table;
}

describe.each([
  ["records", (rows: readonly Readonly<Record<string, unknown>>[]): unknown => rows],
  ["Arrow", arrow],
])("tables of %s", (_kind, make) => {
  test("by position: a changed cell, a row in between, one taken out", async () => {
    const after = [{ id: 0, name: "Emmy", born: 1882 }, { ...people[0]!, born: 1816 }, people[1]!, people[2]!];
    const difference = await compare(make(people), make(after));
    expect(counts(difference)).toBe("3 -> 4: +1 -0 ~1 moved 0");
    // The row that is like it, though another stands in its place.
    expect(difference.sample).toMatchObject([
      { change: "changed", rowBefore: 0, rowAfter: 1, cells: [{ column: "born" }] },
      { change: "added", rowAfter: 0 },
    ]);
    expect(counts(await compare(make(people), make([people[0]!, people[2]!])))).toBe("3 -> 2: +0 -1 ~0 moved 0");
    const changed = await compare(make(people), make(people.with(1, { ...people[1]!, name: "Alonzo" })));
    expect(changed).toMatchObject({
      matchedBy: "position",
      columns: { changed: [{ name: "name", rows: 1 }] },
      sample: [
        {
          change: "changed",
          rowBefore: 1,
          rowAfter: 1,
          cells: [{ column: "name", before: "'Alan'", after: "'Alonzo'" }],
        },
      ],
    });
  });

  test("by key: rows are found wherever they are", async () => {
    const after = [people[2]!, { ...people[0]!, born: 1816 }, { id: 9, name: "Emmy", born: 1882 }];
    const difference = await compare(make(people), make(after), { key: ["id"] });
    expect(counts(difference)).toBe("3 -> 3: +1 -1 ~1 moved 0");
    expect(difference.sample).toMatchObject([
      { change: "changed", key: ["1"], rowBefore: 0, rowAfter: 1 },
      { change: "added", key: ["9"], rowAfter: 2 },
      { change: "removed", key: ["2"], rowBefore: 1 },
    ]);
    const moved = await compare(make(people), make([people[2]!, people[0]!, people[1]!]), { key: ["id"] });
    expect(counts(moved)).toBe("3 -> 3: +0 -0 ~0 moved 1");
    expect(moved.sample).toMatchObject([{ change: "moved", key: ["3"], rowBefore: 2, rowAfter: 0 }]);
  });

  test("columns that come and go do not make every row another", async () => {
    const after = people.map(({ id, name }) => ({ id, name, city: "?" }));
    const difference = await compare(make(people), make(after));
    expect(counts(difference)).toBe("3 -> 3: +0 -0 ~0 moved 0");
    expect(difference.columns).toMatchObject({ added: ["city"], removed: ["born"], changed: [] });
  });

  test("a key of several columns, and one that rows share", async () => {
    const rows = [
      { a: 1, b: "x", n: 1 },
      { a: 1, b: "y", n: 2 },
      { a: 1, b: "y", n: 3 },
    ];
    const after = rows.with(2, { a: 1, b: "y", n: 4 });
    const difference = await compare(make(rows), make(after), { key: ["a", "b"] });
    expect(counts(difference)).toBe("3 -> 3: +0 -0 ~1 moved 0");
    expect(difference.notes).toEqual([expect.stringMatching(/^rows that share their key with others: 4;/)]);
  });

  test("where most rows differ, a column that could be the key is named", async () => {
    const rows = Array.from({ length: 6 }, (_, i) => ({ group: "g", id: `r${i}`, n: i }));
    const after = [{ group: "g", id: "new", n: 0 }, ...rows.map((row) => ({ ...row, n: row.n + 1 }))];
    expect((await compare(make(rows), make(after))).notes).toEqual([
      expect.stringContaining("the column id is unique"),
    ]);
    expect((await compare(make(rows), make(after), { key: ["id"] })).notes).toEqual([]);
    expect((await compare(make(rows), make(rows.slice(1)))).notes).toEqual([]);
  });

  test("a key that is not there is refused, with those that are", async () => {
    await expect(compare(make(people), make(people.slice(1)), { key: ["ID"] })).rejects.toMatchObject({
      reason: "usage",
      failure: { hint: expect.stringContaining("id, name, born") },
    });
  });

  test("a hundred thousand rows", async () => {
    const rows = Array.from({ length: 100_000 }, (_, id) => ({ id, group: `g${id % 97}`, x: id / 3 }));
    const after = rows
      .map((row) => (row.id % 100 === 7 ? { ...row, x: -1 } : row))
      .filter(({ id }) => id % 1000 !== 5)
      .toSpliced(50_000, 0, { id: -1, group: "new", x: 0 });
    const [before, now] = [make(rows), make(after)];
    const expected = "100000 -> 99901: +1 -100 ~1000 moved 0";
    expect(counts(await compare(before, now))).toBe(expected);
    const byKey = await compare(before, now, { key: ["id"], limit: 5 });
    expect(counts(byKey)).toBe(expected);
    expect(byKey.sample).toHaveLength(5);
    const reversed = await compare(before, make(rows.toReversed()), { key: ["id"] });
    expect(reversed.rows).toMatchObject({ changed: 0, moved: 99_999 });
  }, 60_000);
});

describe("any table", () => {
  const row = fc.record({
    k: fc.integer({ min: 0, max: 30 }),
    v: fc.constantFrom<unknown>(0, -0, Number.NaN, "0", null, 1n),
  });
  const rows = fc.uniqueArray(row, { selector: ({ k }) => k, maxLength: 20 });

  test("by key: exactly the rows that a look-up finds", async () => {
    await fc.assert(
      fc.asyncProperty(rows, rows, async (before, after) => {
        const was = new Map(before.map(({ k, v }) => [k, v]));
        const is = new Map(after.map(({ k, v }) => [k, v]));
        const both = before.filter(({ k }) => is.has(k));
        const difference = await compare(before, after, { key: ["k"] }).catch((error: unknown) => {
          // an empty list has no columns
          if (before.length * after.length === 0) return undefined;
          throw error;
        });
        if (!difference || difference.equal) return;
        expect(difference.rows).toMatchObject({
          added: after.filter(({ k }) => !was.has(k)).length,
          removed: before.length - both.length,
          changed: both.filter(({ k }) => !Object.is(was.get(k), is.get(k))).length,
        });
      }),
      { numRuns: 500 },
    );
  });

  test("by position: no row is counted twice, and rows that are the same are not counted", async () => {
    await fc.assert(
      fc.asyncProperty(rows, rows, async (before, after) => {
        const { rows: count } = await compare(before, after);
        expect(count.before - count.removed).toBe(count.after - count.added);
        expect(count.changed).toBeLessThanOrEqual(count.before - count.removed);
      }),
      { numRuns: 500 },
    );
  });
});

describe("records", () => {
  test("a cell that is absent is told from one that is undefined", async () => {
    const [change] = (await compare([{ b: 1 }, { b: undefined }], [{ b: 1 }, {}])).sample;
    expect(change!.cells).toEqual([{ column: "b", before: "undefined" }]);
  });

  test("cells that hold objects", async () => {
    const [change] = (await compare([{ a: { x: [1, 2] } }], [{ a: { x: [1, 3] } }])).sample;
    expect(change!.cells).toEqual([{ column: "a", before: "{ x: [ 1, 2 ] }", after: "{ x: [ 1, 3 ] }" }]);
  });

  test("the order of a row's columns", async () => {
    const { rows, notes } = await compare([{ a: 1, b: 2 }], [{ b: 2, a: 1 }]);
    expect(rows).toMatchObject({ changed: 0 });
    expect(notes).toEqual(["rows whose columns come in another order: 1"]);
  });

  test("an empty list is a table of no rows", async () => {
    expect(counts(await compare([], people))).toBe("0 -> 3: +3 -0 ~0 moved 0");
  });

  test("records that hardly share a column are no table", async () => {
    const sparse = Array.from({ length: 3000 }, (_, i) => ({ [`k${i}`]: i }));
    expect(await differenceOf(sparse, sparse.slice(1))).toMatchObject({ kind: "value", total: 1 });
  });

  test("rows of many columns are cut short", async () => {
    const wide = (n: number): object => Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`c${i}`, i + n]));
    const [change] = (await compare([wide(0)], [wide(1)])).sample;
    expect([change!.cells.length, change!.moreCells]).toEqual([12, 28]);
  });
});

describe("Arrow tables", () => {
  test("times that the library rounds still differ", async () => {
    const times = (last: bigint): Table => {
      const data = new BigInt64Array([1_700_000_000_000_000_001n, last]);
      const column = makeData({ type: new TimestampNanosecond(), length: 2, data });
      const schema = new Schema([new Field("at", column.type, false)]);
      const rows = makeData({ type: new Struct(schema.fields), length: 2, children: [column] });
      return new Table(schema, new RecordBatch(schema, rows));
    };
    const difference = await compare(times(1_700_000_000_000_000_002n), times(1_700_000_000_000_000_003n));
    expect(counts(difference)).toBe("2 -> 2: +0 -0 ~1 moved 0");
  });

  test("another type with the same numbers is a change of the column, not of its rows", async () => {
    const before = new Table({ n: vectorFromArray([1, 2], new Int32()) });
    const after = new Table({ n: vectorFromArray([1n, 3n], new Int64()) });
    const difference = await compare(before, after);
    expect(counts(difference)).toBe("2 -> 2: +0 -0 ~1 moved 0");
    expect(difference.columns.types).toEqual([{ name: "n", before: "Int32", after: "Int64" }]);
  });

  test("nulls, lists, structs and words", async () => {
    const type = new Struct([new Field("tags", new List(new Field("item", new Utf8(), true)), true)]);
    const table = (rows: readonly unknown[]): Table => new Table({ s: vectorFromArray(rows, type) as never });
    const before = table([{ tags: ["a", "b"] }, null, { tags: [] }]);
    const after = table([{ tags: ["ab"] }, null, { tags: null }]);
    expect((await compare(before, after)).sample.map(({ cells }) => cells)).toEqual([
      [{ column: "s", before: expect.stringContaining("[ 'a', 'b' ]"), after: expect.stringContaining("'ab'") }],
      [{ column: "s", before: expect.stringContaining("[]"), after: expect.stringContaining("null") }],
    ]);
    const words = (list: readonly string[]): Table => tableFromArrays({ w: [...list] });
    const difference = await compare(words(["x", "y", "x"]), words(["x", "y", "y"]));
    expect(difference.sample).toMatchObject([{ rowBefore: 2, cells: [{ before: "'x'", after: "'y'" }] }]);
  });

  test("decimals are shown as numbers", async () => {
    const table = (low: number): Table => {
      const data = makeData({ type: new Decimal(2, 38, 128), length: 1, data: new Uint32Array([low, 0, 0, 0]) });
      const field = new Field("price", data.type, false);
      const schema = new Schema([field]);
      return new Table(
        schema,
        new RecordBatch(schema, makeData({ type: new Struct([field]), length: 1, children: [data] })),
      );
    };
    expect((await compare(table(1234), table(1299))).sample[0]!.cells).toEqual([
      { column: "price", before: "12.34", after: "12.99" },
    ]);
  });

  test("metadata and the order of columns", async () => {
    const before = tableFromArrays({ a: [1], b: [2] });
    expect((await compare(before, before.select(["b", "a"]))).columns.reordered).toBe(true);
    const told = new Table(new Schema(before.schema.fields, new Map([["k", "v"]])), before.batches);
    expect((await compare(before, told)).notes).toEqual(["the metadata of the tables differ"]);
  });

  test("within a value", async () => {
    const difference = await differenceOf({ t: arrow(people), n: 1 }, { t: arrow(people.slice(1)), n: 1 });
    expect(difference).toMatchObject({
      kind: "value",
      entries: [{ path: "result.t", within: { kind: "table", rows: { removed: 1 } } }],
    });
  });

  test("a table is no list of records", async () => {
    expect(await differenceOf(arrow(people), people)).toMatchObject({ kind: "value", entries: [{ change: "type" }] });
  });
});
