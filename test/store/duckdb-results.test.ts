/*
 * Results of DuckDB come back as what they were: by names, types and values, for all types that DuckDB has.
 */
import * as duckdb from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decode, encode, fingerprint } from "../../src/core/canonical.ts";
import { failureOf } from "../../src/core/failure.ts";
import { streamSourceOf } from "../../src/run/make/streams/stream-source.ts";
import { auto } from "../../src/store/formats/auto.ts";

let connection: duckdb.DuckDBConnection;
beforeAll(async () => {
  connection = await (await duckdb.DuckDBInstance.create(":memory:")).connect();
});
afterAll(() => connection.closeSync());

/** What a later run gets. */
async function stored<T>(value: T): Promise<T> {
  const { bytes, params, dataVersion } = await auto.encode(value);
  expect(dataVersion).toBe(fingerprint(value));
  return (await auto.decode(bytes, params)) as T;
}

/** All that a reader tells. */
function toldBy(reader: duckdb.DuckDBResultReader): object {
  return {
    columns: reader.columnNamesAndTypesJson(),
    types: reader.columnTypes().map(String),
    logical: reader.columnNames().map((_, i) => String(reader.columnLogicalType(i).asType())),
    ids: reader.columnNames().map((_, i) => reader.columnTypeId(i)),
    rows: reader.getRows(),
    objects: reader.getRowObjects(),
    json: reader.getRowObjectsJson(),
    js: reader.getColumnsObjectJson(),
    vectors: reader.getColumnsJson(),
    about: [reader.returnType, reader.statementType, reader.rowsChanged, reader.currentRowCount, reader.done],
  };
}

const read = (sql: string) => connection.runAndReadAll(sql);

describe("a reader that has read all", () => {
  test("comes back with values of every type that DuckDB has", async () => {
    const described = await read("select column_name from (describe from test_all_types())");
    const types = described.getRows().map(([name]) => String(name));
    expect(types.length).toBeGreaterThan(50);
    for (const name of types) {
      const reader = await read(`select "${name}" from test_all_types()`);
      const back = await stored(reader);
      expect(back, name).toBeInstanceOf(duckdb.DuckDBResultReader);
      expect(toldBy(back), name).toEqual(toldBy(reader));
      expect(fingerprint(back), name).toBe(fingerprint(reader));
      expect(back.value(0, 0), name).toEqual(reader.value(0, 0));
    }
  });

  test.each([
    [
      "awkward names",
      "select 1 as a, 2 as a, 3 as __proto__, 4 as \"toString\", {'__proto__': 1, 'a': [1, null]} as s",
    ],
    ["no rows", "select 1::decimal(9, 2) as a, 'x' as b where false"],
    ["no table", "create table made as select 1 as a"],
    ["nested types", "select map {'a': [1], 'b': []} m, union_value(k := 1) u, 'b'::enum('a', 'b') e, '{}'::json j"],
    ["odd numbers", "select -0.0::double z, 'nan'::float n, 'infinity'::timestamp i, 1.10::decimal(38, 2) d"],
    ["several chunks", "select range as a, 'row ' || range as b from range(5000)"],
  ])("comes back with %s", async (_, sql) => {
    const reader = await read(sql);
    const back = await stored(reader);
    expect(toldBy(back)).toEqual(toldBy(reader));
    expect(fingerprint(await stored(back))).toBe(fingerprint(reader));
  });

  test("counts by names, types, values and their order, and not by chunks", async () => {
    const queries = [
      "select 1 as a, 2 as b",
      "select 1 as a, 2 as c",
      "select 2 as b, 1 as a",
      "select 1::bigint as a, 2 as b",
      "select 1.0::decimal(4, 1) as a, 2 as b",
      "select 1.0::decimal(5, 1) as a, 2 as b",
      "select 1 as a, null::integer as b",
      "select 1 as a, '2' as b",
      "select 1 as a, 2 as b union all select 1, 2",
      "select 1 as a, 2 as b where false",
      "select 1 as a",
      "select 'a'::enum('a', 'b') as a",
      "select 'a'::enum('a', 'c') as a",
      "select 'a' as a",
      "select '\"a\"'::json as a",
      "select '\"a\"' as a",
    ];
    const versions = await Promise.all(queries.map(async (sql) => fingerprint(await read(sql))));
    expect(new Set(versions).size).toBe(queries.length);
    const rows = await read("select * from (select range as a from range(3000)) where a < 10 or a > 2900");
    const again = await read(
      "select a from (select range as a from range(10)) union all select range from range(2901, 3000)",
    );
    expect(fingerprint(rows)).toBe(fingerprint(again));
    expect(fingerprint(rows)).not.toBe(fingerprint(rows.getRows()));
  });

  test("is refused where it has not read all", async () => {
    const reader = await connection.streamAndRead("select range from range(5000)");
    const refused = (): unknown => {
      try {
        return encode({ reader });
      } catch (error) {
        return failureOf(error);
      }
    };
    expect(refused()).toMatchObject({
      reason: "unversionable",
      message: "result.reader is a DuckDBResultReader that has not read all rows",
      hint: "await reader.readAll() before it is returned",
    });
    await reader.readAll();
    expect((decode(encode({ reader })) as { reader: typeof reader }).reader.getRows()).toEqual(reader.getRows());
  });
});

describe("a result in memory", () => {
  test("comes back with nothing fetched, and is itself not fetched from", async () => {
    const sql = "select range as a, date '2024-01-01' + range::integer as b from range(5000)";
    const result = await connection.run(sql);
    const back = await stored(result);
    expect(back).toBeInstanceOf(duckdb.DuckDBMaterializedResult);
    expect([back.rowCount, back.columnCount, back.isStreaming]).toEqual([5000, 2, false]);
    const rows = await result.getRows();
    expect(rows).toHaveLength(5000);
    expect(await back.getRows()).toEqual(rows);
    expect(await back.getRows()).toEqual([]);
    const other = await stored(await connection.run(sql));
    expect((await Array.fromAsync(other.yieldRowObjectJson())).flat()).toHaveLength(5000);
  });
});

describe("a result whose rows are fetched when they are wanted", () => {
  test("is gone through row by row", async () => {
    const source = streamSourceOf(await connection.stream("select range as a from range(5000)"))!;
    const rows: unknown[] = [];
    for (let step = await source.next(); !step.done; step = await source.next()) rows.push(step.value);
    expect(rows).toHaveLength(5000);
    expect(rows.at(-1)).toEqual({ a: 4999n });
  });
});
