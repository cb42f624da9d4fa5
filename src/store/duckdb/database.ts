import type { DuckDBConnection } from "@duckdb/node-api";
import { fail, SluiceError } from "../../core/failure.ts";
import { realPlace } from "../../platform/files.ts";

type DuckDB = typeof import("@duckdb/node-api");

/** What is done with a file in this process, by where it really is, one thing after the other: DuckDB opens a file once. */
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
  const place = realPlace(file);
  const turn = (busy.get(place) ?? Promise.resolve()).then(() => open(file, mode, use));
  const settled = turn.then(
    () => {},
    () => {},
  );
  busy.set(place, settled);
  settled.then(() => {
    if (busy.get(place) === settled) busy.delete(place);
  });
  return turn;
}

/** What DuckDB says where a query or a view reads something that is not in the database. */
const refused = /disabled by configuration/;
const onlyIt =
  "a query or a view that is loaded reads nothing but its database, as a change of another file would not be seen: read both in a dataLoader, and name both in loaded()";

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
      ...(mode === "read" && refused.test(String(error)) ? { hint: onlyIt } : {}),
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
  return name.split(".").map(sqlPart).join(".");
}

/** A name of one part as SQL has it. */
export function sqlPart(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL has it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
