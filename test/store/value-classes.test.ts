/*
 * Data versions of what libraries give: equal for equal data, different for all else (Hamilton's A2), and the same after storing.
 */
import { inspect } from "node:util";
import * as arrow from "apache-arrow";
import pl from "nodejs-polars";
import { registerClass, registerFingerprint } from "sluice";
import { describe, expect, test } from "vitest";
import { decode, encode, fingerprint } from "../../src/core/canonical.ts";
import { failureOf } from "../../src/core/failure.ts";
import { auto } from "../../src/store/formats/auto.ts";

const duckdb = await import("@duckdb/node-api");

/** What a later run gets. */
async function stored<T>(value: T): Promise<T> {
  const { bytes, params, dataVersion } = await auto.encode(value);
  expect(dataVersion).toBe(fingerprint(value));
  return (await auto.decode(bytes, params)) as T;
}

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}
class Other extends Point {}
registerFingerprint(Point, ({ x }) => x);
registerFingerprint(Other, ({ x }) => x);

class Stored {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}
registerClass({ name: "Point", type: Stored, encode: ({ x }) => x, decode: (x: number) => new Stored(x) });

type Make = () => unknown;

/** What is alike and not the same, by itself. */
const singles: readonly Make[] = [
  ...[
    1,
    1.5,
    -0,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1n,
    0n,
    true,
    false,
    null,
    undefined,
    "",
    "1",
    "1.0",
    "true",
  ].map((value) => () => value),
  ...["True", "<none>", "null", "undefined", "<ignore>", "a", "a\0", "\0a", "[]", "{}", "\ud800"].map(
    (value) => () => value,
  ),
  () => Buffer.from("a"),
  () => new Uint8Array([97]),
  () => new Int8Array([97]),
  () => new Uint16Array([97]),
  () => new Float32Array([97]),
  () => new Float64Array([97]),
  () => new Uint8Array([1, 2, 3, 4]).buffer,
  () => new Date(0),
  () => new Date(Number.NaN),
  () => new Date(1),
  () => /a/,
  () => /a/g,
  () => new URL("http://a/"),
  () => new Error("a"),
  () => new TypeError("a"),
  () => Object(1),
  () => Object("1"),
  () => Object(true),
  () => new Point(1),
  () => new Point(2),
  () => new Other(1),
  () => new Stored(1),
  () => new duckdb.DuckDBDateValue(1),
  () => new duckdb.DuckDBTimestampValue(1n),
  () => new duckdb.DuckDBTimestampTZValue(1n),
  () => new duckdb.DuckDBTimestampSecondsValue(1n),
  () => new duckdb.DuckDBDecimalValue(1n, 4, 1),
  () => new duckdb.DuckDBDecimalValue(10n, 4, 2),
  () => new duckdb.DuckDBDecimalValue(1n, 5, 1),
  () => new duckdb.DuckDBIntervalValue(0, 1, 0n),
  () => new duckdb.DuckDBIntervalValue(1, 0, 0n),
  () => new duckdb.DuckDBListValue([1]),
  () => new duckdb.DuckDBArrayValue([1]),
  () => new duckdb.DuckDBStructValue({ x: 1 }),
  () => new duckdb.DuckDBMapValue([{ key: "x", value: 1 }]),
  () => duckdb.DuckDBUUIDValue.fromUint128(1n),
  () => new duckdb.DuckDBTimeValue(1n),
  () => new duckdb.DuckDBBlobValue(new Uint8Array([1])),
];

const series: readonly Make[] = [
  ...["a", "b", ""].flatMap((name) => [
    () => pl.Series(name, [1, 2], pl.Int64),
    () => pl.Series(name, [1, 2], pl.Int32),
    () => pl.Series(name, [1, 2], pl.UInt64),
    () => pl.Series(name, [1, 2], pl.Float64),
    () => pl.Series(name, [2, 1], pl.Int64),
    () => pl.Series(name, [1, null], pl.Int64),
    () => pl.Series(name, [1, 0], pl.Int64),
    () => pl.Series(name, [1], pl.Int64),
    () => pl.Series(name, [], pl.Int64),
    () => pl.Series(name, [], pl.Utf8),
    () => pl.Series(name, ["1", "2"], pl.Utf8),
    () => pl.Series(name, ["1", "2"], pl.Categorical),
    () => pl.Series(name, ["1", null], pl.Utf8),
    () => pl.Series(name, ["1", ""], pl.Utf8),
    () => pl.Series(name, ["1", "a text that is longer than twelve"], pl.Utf8),
    () => pl.Series(name, ["1", "a text that is longer than twelvf"], pl.Utf8),
    () => pl.Series(name, [true, false]),
    () => pl.Series(name, [true, null]),
    () => pl.Series(name, [[1, 2]]),
    () => pl.Series(name, [[1], [2]]),
    () => pl.Series(name, [["x"], ["y", null]]),
    () => pl.Series(name, [new Date(1), new Date(2)]),
  ]),
];

const frames: readonly Make[] = [
  () => pl.DataFrame({ a: [1, 2], b: ["x", "y"] }),
  () => pl.DataFrame({ b: ["x", "y"], a: [1, 2] }),
  () => pl.DataFrame({ c: [1, 2], b: ["x", "y"] }),
  () => pl.DataFrame({ a: [1, null], b: ["x", "y"] }),
  () => pl.DataFrame({ a: [1, 2], b: ["x", null] }),
  () => pl.DataFrame({ a: [1, 2] }),
  () => pl.DataFrame({ a: [1] }),
  () => pl.DataFrame(),
  () => pl.DataFrame({ writeIPC: [1], columns: ["x"], schema: [true] }),
  () => pl.DataFrame({ s: [{ x: 1, y: "a" }] }),
  () => pl.DataFrame({ s: [{ y: "a", x: 1 }] }),
];

const tables: readonly Make[] = [
  () => arrow.tableFromArrays({ a: Int32Array.of(1, 2) }),
  () => arrow.tableFromArrays({ b: Int32Array.of(1, 2) }),
  () => arrow.tableFromArrays({ a: Uint32Array.of(1, 2) }),
  () => arrow.tableFromArrays({ a: Float64Array.of(1, 2) }),
  () => arrow.tableFromArrays({ a: ["1", "2"] }),
  () => arrow.vectorFromArray(Int32Array.of(1, 2)),
  () => arrow.vectorFromArray([1, 2], new arrow.Int32()),
  () => arrow.vectorFromArray([1, 2], new arrow.Int64() as never),
  () => arrow.vectorFromArray([1, null], new arrow.Int32()),
  () => arrow.vectorFromArray(["1", "2"], new arrow.Utf8()),
  () => arrow.vectorFromArray([[1, 2]], new arrow.List(new arrow.Field("item", new arrow.Int32()))),
].filter((_, i) => i !== 5 && i !== 7);

const atoms = [...singles, ...series, ...frames, ...tables];

/** What contains them, and is alike. */
const around: readonly ((make: Make) => unknown)[] = [
  (make) => [make()],
  (make) => [[make()]],
  (make) => [make(), make()],
  (make) => new Set([make()]),
  (make) => ({ a: make() }),
  (make) => ({ b: make() }),
  (make) => ({ a: { a: make() } }),
  (make) => new Map([["a", make()]]),
  (make) => [["a", make()]],
  (make) => Object.assign(Object.create(null) as object, { a: make() }),
  (make) => ({ a: [make()] }),
  (make) => [make(), undefined],
  // a hole
  (make) => Object.assign([make()], { length: 2 }),
  (make) => {
    const shared = { x: make() };
    return [shared, shared];
  },
  (make) => [{ x: make() }, { x: make() }],
  (make) => ({ a: make(), b: 1 }),
  (make) => ({ b: 1, a: make() }),
  (make) => ({ a: make(), b: undefined }),
  (make) => Array.from({ length: 9 }).reduce((inner) => [inner], make()),
  (make) => Array.from({ length: 10 }).reduce((inner) => [inner], make()),
  (make) => Array.from({ length: 9 }).reduce((inner) => ({ inner }), make()),
  (make) => new Error("a", { cause: make() }),
  (make) => new Map([[make(), "a"]]),
  (make) => new duckdb.DuckDBListValue([make() as never]),
  (make) => new duckdb.DuckDBStructValue({ a: make() as never }),
];

test("thousands of awkward values have versions of their own, and equal ones the same", () => {
  const all: Make[] = [...atoms, ...around.flatMap((wrap) => atoms.map((make) => () => wrap(make)))];
  expect(all.length).toBeGreaterThan(3500);
  const versions = new Map<string, number>();
  const clashes: [string, string][] = [];
  const shown = (make: Make): string => inspect(make(), { depth: 20 });
  for (const [index, make] of all.entries()) {
    const version = fingerprint(make());
    const other = versions.get(version);
    // A Set and a Map know no -0, so some of these are equal.
    if (other !== undefined && shown(all[other]!) !== shown(make)) clashes.push([shown(all[other]!), shown(make)]);
    versions.set(version, index);
    if (index % 7 === 0) expect(fingerprint(make())).toBe(version);
  }
  expect(clashes).toEqual([]);
});

function nested(depth: number, value: unknown): unknown {
  return depth === 0 ? value : [nested(depth - 1, value)];
}

describe("Hamilton's collisions (A2) are none here", () => {
  const [a, b] = [new Point(1), new Other(1)];
  test.each<[string, unknown, unknown]>([
    ["a number and its text", 1, "1"],
    ["true and its name", true, "True"],
    ["an integer and a float", 1n, 1],
    ["bytes and a text", Buffer.from("a"), "a"],
    ["a list and a set", [1, 2], new Set([1, 2])],
    ["a list and a range of bytes", [1, 2], new Uint8Array([1, 2])],
    ["an empty list and an empty object", [], {}],
    ["an empty Map and an empty Set", new Map(), new Set()],
    ["an object and an instance with its fields", { x: 1 }, a],
    ["instances of two classes with the same fields", a, b],
    ["an object and its entries", { a: "b" }, ["a", "b"]],
    ["the order of keys", { a: 1, b: 2 }, { b: 2, a: 1 }],
    ["what is 5 deep and what is 6 deep", nested(5, 1), nested(6, 1)],
    ["values below the deepest that it looks at", nested(8, 1), nested(8, 2)],
    [
      "the shape of arrays",
      [[1, 2, 3, 4]],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["the types of arrays", new Int32Array([1]), new Float32Array([1])],
    ["a renamed column of polars", pl.DataFrame({ a: [1] }), pl.DataFrame({ b: [1] })],
    ["signed and unsigned columns", pl.Series("a", [1], pl.Int64), pl.Series("a", [1], pl.UInt64)],
    ["times at two moments", new duckdb.DuckDBTimestampValue(1n), new duckdb.DuckDBTimestampValue(2n)],
  ])("%s", (_, one, other) => {
    expect(fingerprint(one)).not.toBe(fingerprint(other));
  });

  test("what has no version is told, not made up: functions, slots, generators", () => {
    for (const value of [[() => 1], { a: Symbol("a") }, [Promise.resolve(1)], [new (class Slots {})()]]) {
      expect(() => fingerprint(value)).toThrow(/is a|is an instance/);
    }
  });

  test("cycles and a depth of 100,000", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(fingerprint(cycle)).toBe(fingerprint(decode(encode(cycle))));
    const deep = (end: unknown): unknown => {
      let value = end;
      for (let i = 0; i < 100_000; i++) value = { value };
      return value;
    };
    expect(fingerprint(deep(1))).toBe(fingerprint(deep(1)));
    expect(fingerprint(deep(1))).not.toBe(fingerprint(deep(2)));
  });
});

describe("polars", () => {
  test("how a frame is cut, sliced and made does not count", () => {
    const whole = pl.DataFrame({ a: [1, 2, 3], b: ["x", null, "a text that is longer than twelve"] });
    const cut = pl.concat([whole.slice(0, 1), whole.slice(1, 2)], { rechunk: false, how: "vertical" });
    const around = pl.DataFrame({
      a: [9, 1, 2, 3, 9],
      b: ["a text that is not there, and is long", "x", null, "a text that is longer than twelve", ""],
    });
    for (const same of [cut, around.slice(1, 3), whole.clone(), pl.readIPC(whole.writeIPC({}) as Buffer)]) {
      expect(fingerprint(same)).toBe(fingerprint(whole));
    }
    const words = pl.Series("w", ["p", "q", "p"], pl.Categorical);
    const others = pl.Series("w", ["q", "p", "q", "p"], pl.Categorical).slice(1, 3);
    expect(fingerprint(others)).toBe(fingerprint(words));
    const parts = [["p", "q"], ["p"]].map((each) => pl.Series("w", each, pl.Categorical).toFrame());
    const joined = pl.concat(parts, { rechunk: false, how: "vertical" }).getColumn("w");
    expect(joined.nChunks()).toBe(2);
    expect(fingerprint(joined)).toBe(fingerprint(words));
  });

  test("frames and series come back as what they were, in other values too", async () => {
    for (const make of [...frames, ...series]) {
      const value = make() as { toString(): string };
      const [back] = (await stored([value])) as [typeof value];
      expect(String(back)).toBe(String(value));
      expect(fingerprint(back)).toBe(fingerprint(value));
    }
    const frame = await stored(pl.DataFrame({ a: [1, 2], b: ["x", null] }));
    expect(frame.schema).toEqual(pl.DataFrame({ a: [1, 2], b: ["x", null] }).schema);
    expect(frame.filter(pl.col("a").gt(1)).toRecords()).toEqual([{ a: 2, b: null }]);
    expect((await stored(pl.Series("n", [1, 2]))).sum()).toBe(3);
    // The first column of what pandas writes has no name.
    const unnamed = pl.readCSV(",columns\n0,x\n");
    const back = await stored(unnamed);
    expect([...Reflect.ownKeys(back)]).toEqual(["", "columns"]);
    expect(fingerprint(back)).toBe(fingerprint(unnamed));
  });

  test("a lazy frame is refused as such", () => {
    const refused = { reason: "unversionable", message: expect.stringMatching(/\.frame is a lazy frame of polars/) };
    const frame = pl.DataFrame({ a: [1] }).lazy();
    expect(() => fingerprint({ frame })).toThrow(expect.objectContaining(refused));
  });

  test("what only looks like a frame is a plain object", () => {
    expect(() => fingerprint({ [Symbol.toStringTag]: "DataFrame" })).toThrow(/symbol/);
    expect(fingerprint(new Proxy({ a: 1 }, {}))).toBe(fingerprint({ a: 1 }));
  });
});

describe("DuckDB", () => {
  test("values come back as what they were", async () => {
    const instance = await duckdb.DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      `select date '2024-01-02' as d, timestamp '2024-01-02 03:04:05.678' as t, 1.23::decimal(9, 2) as n, [1, 2] as l,
         {'x': 1, 'y': date '2024-01-02'} as s, map {'k': 1} as m, interval 3 days as i, uuid() as u, 'ab'::blob as b, time '01:02:03' as h,
         123::hugeint as g, '101'::bit as bits`,
    );
    const rows = reader.getRowObjects();
    const back = await stored(rows);
    expect(back).toEqual(rows);
    expect(back[0]!.d).toBeInstanceOf(duckdb.DuckDBDateValue);
    expect(String(back[0]!.t)).toBe("2024-01-02 03:04:05.678");
    expect(fingerprint(back)).toBe(fingerprint(rows));
    for (const handle of [connection]) {
      expect(() => fingerprint({ handle })).toThrow(/result\.handle is a DuckDB\w+, which leads to data and is none/);
    }
    connection.closeSync();
  });
});

describe("Arrow vectors", () => {
  test("come back, and count by what is in them", async () => {
    const vector = arrow.vectorFromArray(["a", null, "b"], new arrow.Utf8());
    const back = await stored({ vector });
    expect(back.vector.toJSON()).toEqual(["a", null, "b"]);
    expect(back.vector).toBeInstanceOf(arrow.Vector);
    const cut = vector.slice(0, 1).concat(vector.slice(1));
    expect(fingerprint(cut)).toBe(fingerprint(vector));
  });
});

describe("registerFingerprint", () => {
  test("gives versions, and says what cannot be stored", () => {
    expect(fingerprint(new Point(1))).toBe(fingerprint(new Point(1)));
    expect(fingerprint(new Point(1))).not.toBe(fingerprint(new Point(2)));
    try {
      encode({ at: [new Point(1)] });
      expect.unreachable();
    } catch (error) {
      expect(failureOf(error)).toMatchObject({
        reason: "unversionable",
        message: "result.at[0] has a version and cannot be stored: only its fingerprint Point is registered",
      });
    }
  });

  test("a subclass is registered by itself, names are kept apart, and built-in classes need none", () => {
    class Below extends Point {}
    expect(() => fingerprint(new Below(1))).toThrow(/Below, which is not registered/);
    const twin = { Point: class Point {} }.Point;
    expect(() => registerFingerprint(twin, () => 1)).toThrow(/another class/);
    registerFingerprint(twin, () => 1, { name: "twin" });
    expect(fingerprint(new twin())).not.toBe(fingerprint(new Point(1)));
    expect(() => registerFingerprint(Map, () => 1)).toThrow(/built in/);
    expect(() => registerFingerprint(Below, 1 as never)).toThrow(/needs a function/);
    expect(() => registerFingerprint({ name: "Below" } as never, () => 1)).toThrow(/needs a class/);
  });
});
