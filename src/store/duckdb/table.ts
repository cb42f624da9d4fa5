import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Digest, digestOf } from "../../core/digest.ts";
import { ensureDir } from "../../platform/files.ts";
import { formatOf } from "../formats.ts";
import { sqlName, sqlText, withDatabase } from "./database.ts";

/**
 * Makes rows, or an Arrow table, the content of a table, in place of what was in it. Gives the number of rows.
 * @param file absolute path of the database, which is made where it is not there
 * @param scratch absolute path of a folder for what takes the rows there
 * @throws SluiceError `unsupported-value`, `usage`, `io`
 */
export async function writeTable(file: string, table: string, value: unknown, scratch: string): Promise<number> {
  const { bytes } = await (await formatOf("parquet")).encode(value);
  return inFolder(scratch, async (folder) => {
    const parquet = path.join(folder, "rows.parquet");
    await writeFile(parquet, bytes);
    ensureDir(path.dirname(file));
    return withDatabase(file, "write", async (connection) => {
      const [schema] = table.includes(".") ? table.split(".") : [];
      if (schema) await connection.run(`CREATE SCHEMA IF NOT EXISTS ${sqlName(schema)}`);
      const rows = `SELECT * FROM read_parquet(${sqlText(parquet)})`;
      await connection.run(`CREATE OR REPLACE TABLE ${sqlName(table)} AS ${rows}`);
      const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${sqlName(table)}`);
      return Number(counted.getRowsJS()[0]![0]);
    });
  });
}

/** The rows of a query. @throws SluiceError `usage`, `io` */
export function readQuery(file: string, query: string): Promise<Record<string, unknown>[]> {
  return withDatabase(
    file,
    "read",
    async (connection) => (await connection.runAndReadAll(query)).getRowObjectsJS() as Record<string, unknown>[],
  );
}

/** The rows of a table. @throws SluiceError `usage`, `io` */
export function readTable(file: string, table: string): Promise<Record<string, unknown>[]> {
  return readQuery(file, `SELECT * FROM ${sqlName(table)}`);
}

/**
 * What a table holds, by the names and types of its columns and its rows in their order; undefined where there is no such table.
 * Equal versions mean equal tables. The other way round that is so as long as DuckDB is the same.
 * @throws SluiceError `usage`, `io`
 */
export function tableVersion(file: string, table: string, scratch: string): Promise<Digest | undefined> {
  return inFolder(scratch, (folder) =>
    withDatabase(file, "read", async (connection) => {
      const parquet = path.join(folder, "rows.parquet");
      const found = await connection.runAndReadAll(`SELECT * FROM duckdb_tables() WHERE ${named(table)}`);
      if (found.currentRowCount === 0) return undefined;
      // In one thread, so that the same rows are always laid out in the same way.
      await connection.run("SET threads = 1");
      await connection.run(
        `COPY ${sqlName(table)} TO ${sqlText(parquet)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`,
      );
      return digestOf(await readFile(parquet));
    }),
  );
}

function named(table: string): string {
  const [schema, name] = table.includes(".") ? table.split(".") : ["main", table];
  return `schema_name = ${sqlText(schema!)} AND table_name = ${sqlText(name!)}`;
}

async function inFolder<T>(scratch: string, use: (folder: string) => Promise<T>): Promise<T> {
  ensureDir(scratch);
  const folder = await mkdtemp(path.join(scratch, "duckdb-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
