import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import {
  Binary,
  Bool,
  type DataType,
  DateDay,
  DateMillisecond,
  Decimal,
  DenseUnion,
  Dictionary,
  DurationMicrosecond,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  IntervalDayTime,
  IntervalMonthDayNano,
  LargeBinary,
  LargeList,
  LargeUtf8,
  List,
  Map_,
  makeData,
  Null,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimeNanosecond,
  TimeSecond,
  TimestampMillisecond,
  TimestampNanosecond,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  Utf8View,
  Vector,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode } from "../../src/core/canonical.ts";
import { digestOf } from "../../src/core/digest.ts";
import { fingerprint } from "../../src/core/fingerprint.ts";
import { formatOf, tableFingerprint } from "../../src/store/formats.ts";
import { isTable } from "../../src/store/tables/arrow-shape.ts";
import { damaged, decodeAs, encodeAs, refusal, roundTrip } from "./format-rig.ts";

const item = (type: DataType) => new Field("item", type, true);
const bytes = (...values: number[]) => Uint8Array.from(values);

/** A type, and values of it; null is one of each. */
const columns: [string, DataType, unknown[]][] = [
  ["null", new Null(), [null, null, null]],
  ["bool", new Bool(), [true, false, null, true, false]],
  ["int8", new Int8(), [1, -128, null]],
  ["int16", new Int16(), [1, -300, null]],
  ["int32", new Int32(), [1, -70000, null]],
  ["int64", new Int64(), [1n, -(2n ** 63n), null]],
  ["uint8", new Uint8(), [1, 255, null]],
  ["uint16", new Uint16(), [1, 65535, null]],
  ["uint32", new Uint32(), [1, 2 ** 32 - 1, null]],
  ["uint64", new Uint64(), [1n, 2n ** 64n - 1n, null]],
  ["float16", new Float16(), [1, 1.5, null]],
  ["float32", new Float32(), [1, -0, Number.NaN, null]],
  ["float64", new Float64(), [1.1, -0, Number.NaN, Number.NEGATIVE_INFINITY, null]],
  ["utf8", new Utf8(), ["a", "", null, "日本😀", "b"]],
  ["large utf8", new LargeUtf8(), ["a", "", null, "é"]],
  ["binary", new Binary(), [bytes(1, 2), bytes(), null, bytes(0)]],
  ["large binary", new LargeBinary(), [bytes(1, 2), bytes(), null, bytes(0)]],
  ["fixed binary", new FixedSizeBinary(3), [bytes(1, 2, 3), null, bytes(0, 0, 0)]],
  ["decimal", new Decimal(2, 20, 128), [Uint32Array.of(1, 2, 3, 0), null]],
  ["date", new DateDay(), [new Date(0), new Date(864e5), null]],
  ["date ms", new DateMillisecond(), [new Date(0), new Date(864e5), null]],
  ["time s", new TimeSecond(), [1, 86399, null]],
  ["time ns", new TimeNanosecond(), [1n, 86399999999999n, null]],
  ["timestamp ms", new TimestampMillisecond("UTC"), [0, 1234567890123, null]],
  ["timestamp ns", new TimestampNanosecond(), [0, 1234567890123, null]],
  ["duration", new DurationMicrosecond(), [1n, -1n, null]],
  ["interval", new IntervalDayTime(), [Int32Array.of(1, 2), null]],
  ["dictionary", new Dictionary(new Utf8(), new Int32()), ["x", "y", null, "x", ""]],
  ["small dictionary", new Dictionary(new Utf8(), new Int8()), ["x", "y", null, "y"]],
  ["dictionary of numbers", new Dictionary(new Int32(), new Int32()), [7, 8, null, 8]],
  ["list", new List(item(new Int32())), [[1, 2], [], null, [3, null]]],
  ["large list", new LargeList(item(new Utf8())), [["a"], [], null, ["b", null]]],
  ["fixed list", new FixedSizeList(2, item(new Float64())), [[1, 2], null, [3, null]]],
  ["list of lists", new List(item(new List(item(new Utf8())))), [[["a"], []], null, [null, ["b", null]]]],
  [
    "struct",
    new Struct<Record<string, DataType>>([new Field("a", new Int32(), true), new Field("b", new Utf8(), true)]),
    [{ a: 1, b: "x" }, null, { a: null, b: "" }],
  ],
  [
    "map",
    new Map_(
      new Field(
        "entries",
        new Struct<{ key: Utf8; value: Int32 }>([
          new Field("key", new Utf8(), false),
          new Field("value", new Int32(), true),
        ]),
        false,
      ),
    ),
    [new Map([["k", 1]]), new Map(), null],
  ],
];

function columnTable(type: DataType, values: readonly unknown[]): Table {
  return new Table({ column: vectorFromArray(values as never[], type) as Vector });
}

/** What a person sees in a table: independent of how it is versioned. */
function seen(value: unknown): unknown {
  const table = value as Table;
  const fields = table.schema.fields.map(({ name, type, nullable }) => `${name}: ${type}, ${nullable}`);
  return { fields, rows: table.toArray().map(String), metadata: [...table.schema.metadata] };
}

describe.each(columns)("a table with a column of %s", (name, type, values) => {
  const table = columnTable(type, values);

  test("comes back equal from every format", async () => {
    for (const format of ["auto", "arrow", "parquet"]) {
      const encoded = await encodeAs(format, table);
      expect(encoded.dataVersion).toBe(tableFingerprint(table));
      const decoded = await decodeAs(format, encoded);
      expect(decoded).toBeInstanceOf(Table);
      expect(seen(decoded)).toEqual(seen(table));
      expect(tableFingerprint(decoded as Table)).toBe(encoded.dataVersion);
    }
  });

  test("has one version however it is cut", () => {
    const version = tableFingerprint(table);
    const n = values.length;
    for (let cut = 0; cut <= n; cut++) {
      const parts = table.slice(0, cut).concat(table.slice(cut, n));
      expect(tableFingerprint(parts)).toBe(version);
    }
    expect(tableFingerprint(tableFromIPC(tableToIPC(table)))).toBe(version);
    const twice = columnTable(type, [...values, ...values, ...values]);
    for (let start = 0; start < n; start++) {
      const rotated = columnTable(type, [...values.slice(start), ...values.slice(0, start)]);
      expect(tableFingerprint(twice.slice(start, start + n))).toBe(tableFingerprint(rotated));
    }
  });

  test("has another version when a value differs", () => {
    if (name === "null") return;
    const version = tableFingerprint(table);
    const [first] = values;
    expect(tableFingerprint(columnTable(type, [null, ...values.slice(1)]))).not.toBe(version);
    expect(tableFingerprint(columnTable(type, values.slice(1)))).not.toBe(version);
    expect(tableFingerprint(columnTable(type, [...values.slice(0, -1), first]))).not.toBe(version);
    expect(tableFingerprint(columnTable(type, [...values.slice(1), first]))).not.toBe(version);
  });

  test("can be nested in a value", async () => {
    const value = { list: [table, new Map([["t", table.slice(1)]])], text: "beside" };
    const encoded = await encodeAs("auto", value);
    const decoded = (await decodeAs("auto", encoded)) as typeof value;
    expect(fingerprint(decoded)).toBe(encoded.dataVersion);
    expect(seen(decoded.list[0])).toEqual(seen(table));
    expect(seen((decoded.list[1] as Map<string, Table>).get("t"))).toEqual(seen(table.slice(1)));
  });
});

test("tables of random columns, slices and chunks come back equal and have one version", async () => {
  const cells: Record<string, [DataType, fc.Arbitrary<unknown>]> = {
    number: [new Float64(), fc.double()],
    text: [new Utf8(), fc.string({ unit: "binary" })],
    word: [new Dictionary(new Utf8(), new Int16()), fc.constantFrom("a", "b", "", "c")],
    flag: [new Bool(), fc.boolean()],
    list: [new List(item(new Utf8())), fc.array(fc.option(fc.string(), { nil: null }), { maxLength: 3 })],
    big: [new Int64(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  };
  const names = fc.subarray(Object.keys(cells), { minLength: 1 });
  const plan = names.chain((chosen) =>
    fc.record({
      chosen: fc.constant(chosen),
      rows: fc.array(fc.tuple(...chosen.map((key) => fc.option(cells[key]![1], { nil: null }))), { maxLength: 40 }),
      cuts: fc.array(fc.nat(40), { maxLength: 3 }),
      padding: fc.nat(9),
    }),
  );
  await fc.assert(
    fc.asyncProperty(plan, async ({ chosen, rows, cuts, padding }) => {
      const vectors = (all: readonly (readonly unknown[])[]) =>
        new Table(
          Object.fromEntries(
            chosen.map((key, c) => [
              key,
              vectorFromArray(all.map((row) => row[c]) as never[], cells[key]![0]) as Vector,
            ]),
          ),
        );
      const table = vectors(rows);
      const version = tableFingerprint(table);
      const places = [0, ...cuts.filter((cut) => cut < rows.length).sort((a, b) => a - b), rows.length];
      const pieces = places.slice(1).map((end, i) => {
        // Each piece is cut out of a table with other rows around it, and has dictionaries of its own.
        const around = rows.slice(0, padding);
        const piece = vectors([...around.toReversed(), ...rows.slice(places[i]!, end), ...around]);
        return piece.slice(around.length, around.length + end - places[i]!);
      });
      const chunked = new Table(
        table.schema,
        pieces.flatMap((piece) => piece.batches.map((batch) => new RecordBatch(table.schema, batch.data))),
      );
      expect(tableFingerprint(chunked)).toBe(version);
      for (const format of ["auto", "arrow", "parquet"]) {
        const decoded = (await roundTrip(format, chunked)) as Table;
        expect(tableFingerprint(decoded)).toBe(version);
        expect(seen(decoded)).toEqual(seen(table));
      }
    }),
    { numRuns: 60 },
  );
});

describe("what a table's version depends on", () => {
  const base = tableFromArrays({ a: Int32Array.of(1, 2), b: ["x", "y"] });

  test("names, order, types, nullability, metadata, values", () => {
    const withMetadata = new Table(
      new Schema(base.schema.fields, new Map([["k", "v"]])),
      base.batches.map((batch) => new RecordBatch(new Schema(base.schema.fields, new Map([["k", "v"]])), batch.data)),
    );
    const strict = new Schema(base.schema.fields.map((field) => field.clone({ nullable: !field.nullable })));
    const others = [
      tableFromArrays({ a: Int32Array.of(1, 2), c: ["x", "y"] }),
      tableFromArrays({ b: ["x", "y"], a: Int32Array.of(1, 2) }),
      tableFromArrays({ a: Int16Array.of(1, 2), b: ["x", "y"] }),
      tableFromArrays({ a: Float32Array.of(1, 2), b: ["x", "y"] }),
      tableFromArrays({ a: Int32Array.of(1, 3), b: ["x", "y"] }),
      tableFromArrays({ a: Int32Array.of(1, 2), b: ["xy", ""] }),
      tableFromArrays({ a: Int32Array.of(1, 2) }),
      new Table({ a: vectorFromArray([1, 2], new Int32()), b: vectorFromArray(["x", "y"], new Utf8()) }),
      new Table(
        strict,
        base.batches.map((batch) => new RecordBatch(strict, batch.data)),
      ),
      withMetadata,
      base.slice(0, 0),
      new Table(),
    ];
    const versions = [base, ...others].map(tableFingerprint);
    expect(new Set(versions).size).toBe(versions.length);
    expect(versions).not.toContain(fingerprint(base.toArray().map((row) => ({ ...row.toJSON() }))));
  });

  test("not what lies under nulls, in unused words or in the rest of the buffers", () => {
    const valid = bytes(0b101);
    const numbers = (under: number, spare: number) =>
      new Table({
        n: new Vector([
          makeData({
            type: new Int32(),
            length: 3,
            nullCount: 1,
            nullBitmap: valid,
            data: Int32Array.of(1, under, 3, spare),
          }),
        ]),
      });
    expect(tableFingerprint(numbers(0, 0))).toBe(tableFingerprint(numbers(99, 7)));

    const words = (dictionary: string[], indices: number[]) => {
      const type = new Dictionary(new Utf8(), new Int32(), 1);
      return new Table({
        w: new Vector([
          makeData({ type, data: Int32Array.from(indices), dictionary: vectorFromArray(dictionary, new Utf8()) }),
        ]),
      });
    };
    expect(tableFingerprint(words(["a", "b"], [0, 1, 0]))).toBe(
      tableFingerprint(words(["unused", "b", "a"], [2, 1, 2])),
    );
    expect(tableFingerprint(words(["a", "b"], [0, 1, 0]))).not.toBe(tableFingerprint(words(["b", "a"], [0, 1, 0])));
  });

  test("a table without columns, and one without rows", async () => {
    for (const table of [new Table(), base.slice(0, 0), new Table(base.schema)]) {
      for (const format of ["auto", "arrow", "parquet"]) {
        const decoded = (await roundTrip(format, table)) as Table;
        expect(decoded.numRows).toBe(0);
        expect(seen(decoded)).toEqual(seen(table));
      }
    }
    expect(tableFingerprint(base.slice(0, 0))).toBe(tableFingerprint(new Table(base.schema)));
  });
});

test("tables of another copy of the library are tables too", async () => {
  const other = createRequire(import.meta.url)("apache-arrow") as typeof import("apache-arrow");
  expect(Object.is(other.Table, Table)).toBe(false);
  const table = other.tableFromArrays({ a: Int32Array.of(1, 2), b: ["x", "y"] });
  const own = tableFromArrays({ a: Int32Array.of(1, 2), b: ["x", "y"] });
  expect(Object.getPrototypeOf(table)).not.toBe(Table.prototype);
  for (const format of ["auto", "arrow", "parquet"]) {
    const encoded = await encodeAs(format, table);
    expect(encoded.dataVersion).toBe(tableFingerprint(own));
    expect(seen(await decodeAs(format, encoded))).toEqual(seen(own));
  }
});

test("only tables are tables", () => {
  const table = tableFromArrays({ a: Int32Array.of(1) });
  expect(isTable(table)).toBe(true);
  for (const other of [
    null,
    undefined,
    1,
    "x",
    {},
    [],
    table.batches[0],
    table.getChild("a"),
    table.schema,
    Object.create(table),
    { schema: {}, batches: [] },
  ]) {
    expect(isTable(other)).toBe(false);
  }
});

test("columns that have no parts are refused with their name", async () => {
  const union = new DenseUnion([0], [new Field("n", new Int32(), true)]);
  const unions = new Table({
    u: new Vector([
      makeData({
        type: union,
        length: 1,
        typeIds: Int8Array.of(0),
        valueOffsets: Int32Array.of(0),
        children: [makeData({ type: new Int32(), data: Int32Array.of(1) })],
      }),
    ]),
  });
  const views = new Table({ v: vectorFromArray(["x"], new Utf8View()) as Vector });
  for (const [table, what] of [
    [unions, /column "u" has the Arrow type Union/],
    [views, /column "v" has the Arrow type Utf8View/],
  ] as const) {
    for (const format of ["arrow", "parquet"]) {
      const failure = await refusal(() => encodeAs(format, table));
      expect(failure.reason).toBe("unsupported-value");
      expect(failure.message).toMatch(what);
    }
    const failure = await refusal(() => encodeAs("auto", { deep: [table] }));
    expect(failure.reason).toBe("unversionable");
    expect(failure.message).toMatch(/^result\.deep\[0\] is a table whose /);
    expect(failure.message).toMatch(what);
    for (const format of ["json", "csv"])
      expect((await refusal(() => encodeAs(format, [table]))).reason).toMatch(/^un/);
  }
  const intervals = columnTable(new IntervalMonthDayNano(), [Int32Array.of(1, 2, 3, 0)]);
  expect((await refusal(() => encodeAs("parquet", intervals))).reason).toBe("unsupported-value");
  expect(tableFingerprint((await roundTrip("arrow", intervals)) as Table)).toBe(tableFingerprint(intervals));
});

test("what Parquet would change is refused", async () => {
  const tooLong = columnTable(new Decimal(2, 20, 128), [Uint32Array.of(1, 2, 3, 4)]);
  expect((await refusal(() => encodeAs("parquet", tooLong))).message).toMatch(/values that Parquet changes/);
  expect(tableFingerprint((await roundTrip("arrow", tooLong)) as Table)).toBe(tableFingerprint(tooLong));
});

test("a table where JSON is asked for is refused by name", async () => {
  const failure = await refusal(() => encodeAs("json", { t: tableFromArrays({ a: Int32Array.of(1) }) }));
  expect(failure).toMatchObject({
    reason: "unsupported-value",
    message: expect.stringMatching(/^result\.t is a Table/),
  });
});

test("damaged encodings of tables are corrupt-value or another value", async () => {
  const table = new Table(
    Object.fromEntries(
      columns.map(([name, type, values]) => [
        name,
        vectorFromArray([...values, ...values, ...values, ...values].slice(0, 6) as never[], type) as Vector,
      ]),
    ),
  );
  const good = encode({ table });
  expect(digestOf(good)).toBe(fingerprint({ table }));
  const { decode } = await formatOf("auto");
  await fc.assert(
    fc.asyncProperty(damaged(good), async (bad) => {
      const failure = await refusal(async () => {
        const value = await decode(bad, undefined);
        // Whatever was accepted must be a value like any other.
        fingerprint(value);
      });
      if (failure.message !== "") expect(failure.reason).toMatch(/^(corrupt-value|unsupported-value)$/);
    }),
    { numRuns: 1500 },
  );
});

test("neither library is loaded for values that hold no table", () => {
  const formats = new URL("../../src/store/formats.ts", import.meta.url).href;
  const code = `
    import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ resolve(name, context, next) { if (/arrow$|parquet-wasm/.test(name)) seen.push(name); return next(name, context); } });
    const { formatOf, formatNames } = await import(${JSON.stringify(formats)});
    for (const name of ["auto", "json", "ndjson", "csv"]) {
      const format = await formatOf(name);
      const { bytes, params } = await format.encode([{ a: 1 }]);
      await format.decode(bytes, params);
    }
    for (const name of formatNames()) await formatOf(name);
    const before = seen.length;
    const { bytes, params } = await (await formatOf("arrow")).encode([{ a: 1 }]);
    console.log(before, seen.length > 0);`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  expect(output.trim()).toBe("0 true");
});
