import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { digestParts } from "../../core/canonical.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import { ensureDir } from "../../platform/files.ts";
import { formatOf } from "../formats.ts";
import { sqlName, sqlPart, sqlText, withDatabase } from "./database.ts";

/**
 * Makes rows, or an Arrow table, the content of a table, in place of what was in it. Gives the number of rows.
 * @param file absolute path of the database, which is made where it is not there
 * @param scratch absolute path of a folder for what takes the rows there
 * @throws SluiceError `unsupported-value`, `usage`, `io`
 */
export async function writeTable(file: string, table: string, value: unknown, scratch: string): Promise<number> {
  const { bytes } = await (await formatOf("parquet")).encode(value);
  if (Array.isArray(value) && value.every((row) => Object.keys(row).length === 0)) {
    fail("unsupported-value", `the table ${table} would have no columns: there are no rows that name them`, {
      hint: "give an Arrow table, which has columns without rows as well",
    });
  }
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

/**
 * The rows of a query, which may read nothing but the database: nobody would see a change of anything else.
 * @throws SluiceError `usage`, `io`
 */
export function readQuery(file: string, query: string): Promise<Record<string, unknown>[]> {
  return withDatabase(file, "read", async (connection) => {
    await connection.run("SET enable_external_access = false");
    return (await connection.runAndReadAll(query)).getRowObjectsJS() as Record<string, unknown>[];
  });
}

/** The rows of a table. @throws SluiceError `usage`, `io` */
export function readTable(file: string, table: string): Promise<Record<string, unknown>[]> {
  return readQuery(file, `SELECT * FROM ${sqlName(table)}`);
}

/**
 * What a table, or a view, holds, by the names and types of its columns and its rows in their order; undefined where there is none of
 * that name. Equal versions mean equal tables. The other way round that is so as long as DuckDB is the same.
 * @throws SluiceError `usage`, `io`
 */
export function tableVersion(file: string, table: string, scratch: string): Promise<Digest | undefined> {
  return inFolder(scratch, (folder) =>
    withDatabase(file, "read", async (connection) => {
      const parquet = path.join(folder, "rows.parquet");
      await connection.run(`SET allowed_directories = [${sqlText(folder)}]`);
      await connection.run("SET enable_external_access = false");
      const columns = await columnsOf(connection, table);
      if (!columns) return undefined;
      // In one thread, so that the same rows are always laid out in the same way.
      await connection.run("SET threads = 1");
      const cells = columns.map(({ name, type }) => `${exactly(sqlPart(name), type)} AS ${sqlPart(name)}`);
      await connection.run(
        `COPY (SELECT ${cells.join(", ")} FROM ${sqlName(table)})
         TO ${sqlText(parquet)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`,
      );
      const described = columns.flatMap(({ name, type }) => [name, type]);
      return digestParts("duckdb-table", [...described, digestOf(await readFile(parquet))]);
    }),
  );
}

interface Column {
  readonly name: string;
  readonly type: string;
}

/** The columns of a table or a view, under whatever name DuckDB finds it by. */
async function columnsOf(connection: DuckDBConnection, table: string): Promise<readonly Column[] | undefined> {
  try {
    const none = await connection.run(`SELECT * FROM ${sqlName(table)} LIMIT 0`);
    return none.columnNames().map((name, i) => ({ name, type: String(none.columnType(i)) }));
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Catalog Error")) return undefined;
    throw error;
  }
}

/** What Parquet has no type for and DuckDB rounds or refuses, wherever in a type it is; names and labels are in quotes. */
const inexact =
  /"(?:[^"]|"")*"|'(?:[^']|'')*'|\b(?:U?HUGEINT|BIGNUM|VARINT|INTERVAL|TIME WITH TIME ZONE|TIMESTAMP_M?S)\b/g;

/** A column as Parquet carries it exactly. */
function exactly(column: string, type: string): string {
  const exact = type.replace(inexact, (found) => (/^["']/.test(found) ? found : "VARCHAR"));
  return exact === type ? column : `CAST(${column} AS ${exact})`;
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
