import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { tableFromArrays } from "apache-arrow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readQuery, readTable, tableVersion, writeTable } from "../../src/store/duckdb/table.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sluice-duckdb-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (): string => path.join(folder, "db.duckdb");
const version = (table: string): Promise<string | undefined> => tableVersion(file(), table, path.join(folder, "tmp"));

/** What another program does to the database. */
async function run(...statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(file());
  const connection = await instance.connect();
  for (const each of statements) await connection.run(each);
  connection.closeSync();
  instance.closeSync();
}

async function versionOf(value: string): Promise<string | undefined> {
  await run(`CREATE OR REPLACE TABLE t AS SELECT ${value} AS x`);
  return version("t");
}

describe("the version of a table", () => {
  test.each([
    ["huge integers, which sums are", "9007199254740992::HUGEINT", "9007199254740993::HUGEINT"],
    ["unsigned ones", "9007199254740992::UHUGEINT", "9007199254740993::UHUGEINT"],
    [
      "larger ones",
      "'123456789012345678901234567890123456789012'::BIGNUM",
      "'123456789012345678901234567890123456789013'::BIGNUM",
    ],
    ["a huge integer and a double", "5::HUGEINT", "5::DOUBLE"],
    ["microseconds of intervals", "INTERVAL '1 microsecond'", "INTERVAL '2 microseconds'"],
    ["offsets of times", "'10:00:00+02'::TIMETZ", "'08:00:00+00'::TIMETZ"],
    ["infinite seconds", "'infinity'::TIMESTAMP_S", "'-infinity'::TIMESTAMP_S"],
    ["bits and the text of them", "'101'::BIT", "'101'::VARCHAR"],
    ["lists and arrays", "[1, 2]::INTEGER[2]", "[1, 2]::INTEGER[]"],
    ["nested values", "[{'HUGEINT': 9007199254740992::HUGEINT}]", "[{'HUGEINT': 9007199254740993::HUGEINT}]"],
    ["keys of maps", "MAP {9007199254740992::HUGEINT: 1}", "MAP {9007199254740993::HUGEINT: 1}"],
    ["arrays", "[9007199254740992, 1]::HUGEINT[2]", "[9007199254740993, 1]::HUGEINT[2]"],
    ["unions", "union_value(a := 9007199254740992::HUGEINT)", "union_value(a := 9007199254740993::HUGEINT)"],
    ["labels", "'HUGEINT'::ENUM ('HUGEINT', 'b''\"')", "'b''\"'::ENUM ('HUGEINT', 'b''\"')"],
    ["zero and minus zero", "0.0::DOUBLE", "-0.0::DOUBLE"],
    ["nothing, and a struct of nothing", "NULL::STRUCT(a HUGEINT)", "{'a': NULL}::STRUCT(a HUGEINT)"],
  ])("tells %s apart", async (_, one, other) => {
    const versions = [await versionOf(one), await versionOf(other), await versionOf(one)];
    expect(versions[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(versions[1]).not.toBe(versions[0]);
    expect(versions[2]).toBe(versions[0]);
  });

  test("counts the names of columns, in quotes as well, and the order of rows", async () => {
    const of = async (query: string): Promise<string | undefined> => {
      await run(`CREATE OR REPLACE TABLE t AS ${query}`);
      return version("t");
    };
    const all = [
      `SELECT 1::HUGEINT AS a`,
      `SELECT 1::HUGEINT AS "a""b, ""c"`,
      `SELECT 1::HUGEINT AS A`,
      `SELECT * FROM (VALUES (1::HUGEINT), (2::HUGEINT)) AS _(a)`,
      `SELECT * FROM (VALUES (2::HUGEINT), (1::HUGEINT)) AS _(a)`,
    ];
    const versions: unknown[] = [];
    for (const query of all) versions.push(await of(query));
    expect(new Set(versions).size).toBe(all.length);
  });

  test("is of the table that DuckDB finds by the name: whatever its case, and a view too", async () => {
    await run(
      "CREATE TABLE Sales AS SELECT 1 AS a",
      "CREATE SCHEMA s",
      "CREATE VIEW s.v AS SELECT a + 1 AS b FROM Sales",
    );
    expect(await version("SALES")).toBe(await version("Sales"));
    expect(await version("sales")).toBeDefined();
    const before = await version("S.V");
    expect(before).toBe(await version("s.v"));
    await run("UPDATE Sales SET a = 2");
    expect(await version("s.v")).not.toBe(before);
    expect(await version("none")).toBeUndefined();
    expect(await version("none.none")).toBeUndefined();
  });

  test("is the same for what is written again", async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({ a: i, b: BigInt(i), c: new Date(i), d: `text ${i % 7}` }));
    const write = (table: string): Promise<number> => writeTable(file(), table, rows, path.join(folder, "tmp"));
    expect(await write("one")).toBe(rows.length);
    const before = await version("one");
    await write("s.two");
    await write("one");
    expect(await version("one")).toBe(before);
    expect(await version("s.two")).toBe(before);
    expect(await readTable(file(), "one")).toEqual(rows);
  });
});

test("a table needs columns", async () => {
  for (const rows of [[], [{}]]) {
    const written = writeTable(file(), "t", rows, path.join(folder, "tmp"));
    await expect(written).rejects.toMatchObject({ failure: { reason: "unsupported-value" } });
  }
  expect(await writeTable(file(), "t", tableFromArrays({ a: new Int32Array() }), path.join(folder, "tmp"))).toBe(0);
});

test("nothing outside of the database is read: a change of it would not be seen", async () => {
  const csv = path.join(folder, "rates.csv");
  writeFileSync(csv, "rate\n1\n");
  await run(`CREATE VIEW outside AS SELECT * FROM read_csv('${csv}')`, "CREATE TABLE t AS SELECT 1 AS a");
  const refused = { failure: { reason: "io", hint: expect.stringContaining("read both in a dataLoader") } };
  await expect(readQuery(file(), `SELECT * FROM t, read_csv('${csv}')`)).rejects.toMatchObject(refused);
  await expect(readQuery(file(), `SELECT * FROM '${csv}'`)).rejects.toMatchObject(refused);
  await expect(readTable(file(), "outside")).rejects.toMatchObject(refused);
  await expect(version("outside")).rejects.toMatchObject(refused);
  expect(await readQuery(file(), "SELECT a + 1 AS b FROM t")).toEqual([{ b: 2 }]);
});
