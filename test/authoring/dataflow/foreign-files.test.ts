import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import pl from "nodejs-polars";
import { Driver } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject, failing } from "./rig.ts";

// Tables that other programs have written.

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

const at = (name: string): string => path.join(project.dir, name);

/** Executes with a cache, twice: what is read from it is what was made. */
async function go(text: string, targets: readonly string[]): Promise<Record<string, unknown>> {
  const file = project.write("flow.ts", `import { extractColumns, loadFrom, saveTo } from "sluice/dataflow";\n${text}`);
  const all: Record<string, unknown>[] = [];
  for (let i = 0; i < 2; i++) {
    await using driver = Driver.builder()
      .withModules(file)
      .withCache({ path: at("cache") })
      .build();
    all.push(await driver.execute(targets));
  }
  expect(all[1]).toEqual(all[0]);
  return all[0]!;
}

describe("decimals of Parquet", () => {
  const rows = [
    { d: -0.25, l: [1.5, null], s: { d: 2.125 }, m: { k: 12.3 }, long: 1234567890123456.8 },
    { d: null, l: null, s: { d: -7 }, m: { k: 0 }, long: 0 },
  ];

  beforeEach(async () => {
    const database = await DuckDBInstance.create(":memory:");
    const connection = await database.connect();
    const first = `-0.25::DECIMAL(9,2) AS d, [1.5, NULL]::DECIMAL(4,1)[] AS l, {d: 2.125::DECIMAL(5,3)} AS s,
      MAP {'k': 12.3::DECIMAL(4,1)} AS m, 1234567890123456.789::DECIMAL(38,3) AS long`;
    const second = "NULL, NULL, {d: -7}, MAP {'k': 0}, 0";
    await connection.run(`COPY (SELECT ${first} UNION ALL SELECT ${second}) TO '${at("d.parquet")}' (FORMAT parquet)`);
    connection.closeSync();
  });

  test("are numbers where rows are asked for", async () => {
    const text =
      'export const read = loadFrom("parquet", { path: "d.parquet", as: "rows" }, (rows: object[]) => rows);';
    expect(await go(text, ["read"])).toEqual({ read: rows });
  });

  test("are numbers in columns of a table, and in files of rows that are made of one", async () => {
    const text = `
      const read = loadFrom("parquet", { path: "d.parquet" }, (table: object) => table);
      export const table = extractColumns(["d", "l"] as never[], saveTo("json", { path: "d.json" }, read));
    `;
    const { d, l } = await go(text, ["d", "l", "table.saved"]);
    expect({ d, l }).toEqual({ d: rows.map(({ d }) => d), l: rows.map(({ l }) => l) });
    expect(JSON.parse(readFileSync(at("d.json"), "utf8"))).toEqual(rows);
  });
});

test("intervals of Parquet, of which months are not read, are refused", async () => {
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  const intervals = "SELECT 1 AS a, [INTERVAL '1 month 2 days'] AS b";
  await connection.run(`COPY (${intervals}) TO '${at("i.parquet")}' (FORMAT parquet)`);
  connection.closeSync();
  const text = 'export const read = loadFrom("parquet", { path: "i.parquet" }, (table: object) => table);';
  const failed = await failing(() => go(text, ["read"]));
  expect(failed.message).toContain('the months of intervals would be lost, which its column "b" holds');
});

test("what is no Arrow, or is compressed, is told", async () => {
  const frame = pl.DataFrame({ a: Array.from({ length: 1000 }, () => 1) });
  for (const [bytes, message] of [
    [Buffer.alloc(4096), "it does not begin as Arrow does"],
    [Buffer.from("text"), "it does not begin as Arrow does"],
    [frame.writeIPC({ compression: "lz4" }), "it is compressed"],
  ] as const) {
    writeFileSync(at("a.arrow"), bytes);
    const text = 'export const read = loadFrom("arrow", { path: "a.arrow" }, (table: object) => table);';
    const failed = await failing(() => go(text, ["read"]));
    expect(failed.message).toContain(`cannot be read as arrow: ${message}`);
  }
});
