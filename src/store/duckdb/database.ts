import type { DuckDBConnection } from "@duckdb/node-api";
import { fail, SluiceError } from "../../core/failure.ts";

type DuckDB = typeof import("@duckdb/node-api");

/** What is done with a file in this process, one thing after the other: DuckDB opens a file once. */
const busy = new Map<string, Promise<unknown>>();

/**
 * Opens a database, calls `use`, and closes it.
 * @param file absolute path; a database that is not there is made, unless it is only to be read
 * @throws SluiceError `usage` where DuckDB is not installed, `io` for what it has against the file or the query
 */
export function withDatabase<T>(
  file: string,
  mode: "read" | "write",
  use: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const turn = (busy.get(file) ?? Promise.resolve()).then(() => open(file, mode, use));
  const settled = turn.then(
    () => {},
    () => {},
  );
  busy.set(file, settled);
  settled.then(() => {
    if (busy.get(file) === settled) busy.delete(file);
  });
  return turn;
}

async function open<T>(
  file: string,
  mode: "read" | "write",
  use: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const { DuckDBInstance } = await library();
  try {
    const instance = await DuckDBInstance.create(file, { access_mode: mode === "read" ? "READ_ONLY" : "READ_WRITE" });
    try {
      const connection = await instance.connect();
      try {
        return await use(connection);
      } finally {
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    return fail("io", `DuckDB says: ${error instanceof Error ? error.message : error}`, {
      where: { file },
      retryable: /lock/i.test(String(error)),
      cause: error,
    });
  }
}

async function library(): Promise<DuckDB> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return fail("usage", "tables of DuckDB need the package @duckdb/node-api, which is not installed", {
      hint: "npm install @duckdb/node-api",
      cause: error,
    });
  }
}

/** A name as SQL has it; `schema.table` is two of them. */
export function sqlName(name: string): string {
  return name
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");
}

/** A text as SQL has it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
