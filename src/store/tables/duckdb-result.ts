import type { DuckDBDataChunk, DuckDBResult, DuckDBResultReader, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import { fail } from "../../core/failure.ts";

/*
 * Results of DuckDB that are in memory, as data: names, types and values of their columns. What is made of these again is of
 * the same class and tells all of it by itself, as nothing makes a native result but a query.
 */

type DuckDB = typeof import("@duckdb/node-api");

/** What a result is made of. */
export interface ResultParts {
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
  /** The values of each column. */
  readonly columns: readonly (readonly DuckDBValue[])[];
  readonly returnType: number;
  readonly statementType: number;
  readonly rowsChanged: number;
}

type Told = Pick<DuckDBResultReader, "columnNames" | "columnTypes" | "returnType" | "statementType" | "rowsChanged">;
type Materialized = DuckDBResult & {
  readonly chunkCount: number;
  getChunk(index: number): DuckDBDataChunk;
};

/** @throws SluiceError `unversionable` for a reader that has not read all */
export function partsOfReader(reader: DuckDBResultReader): ResultParts {
  if (!reader.done) {
    fail("unversionable", "is a DuckDBResultReader that has not read all rows", {
      hint: "await reader.readAll() before it is returned",
    });
  }
  return partsOf(reader, reader.getColumns());
}

/** Its rows are looked at and not fetched: whoever has it can still fetch them. */
export function partsOfMaterialized(result: Materialized): ResultParts {
  const columns: DuckDBValue[][] = [];
  for (let i = 0; i < result.chunkCount; i++) result.getChunk(i).appendToColumns(columns as never);
  return partsOf(result, columns);
}

function partsOf(result: Told, columns: readonly (readonly DuckDBValue[])[]): ResultParts {
  const types = result.columnTypes();
  return {
    names: result.columnNames(),
    types,
    // Where there are no rows there are no chunks.
    columns: types.map((_, i) => columns[i] ?? []),
    returnType: result.returnType,
    statementType: result.statementType,
    rowsChanged: result.rowsChanged,
  };
}

/** A result in memory, of which nothing has been fetched. */
export function materializedOfParts(duckdb: DuckDB, parts: ResultParts): object {
  const { names, types, returnType, statementType, rowsChanged } = parts;
  const chunks = chunksOf(duckdb, parts);
  let fetched = 0;
  return told(duckdb.DuckDBMaterializedResult, {
    columnName: (index: number) => names[index],
    columnType: (index: number) => types[index],
    columnTypeId: (index: number) => types[index]?.typeId,
    columnLogicalType: (index: number) => types[index]?.toLogicalType(),
    columnCount: names.length,
    returnType,
    statementType,
    rowsChanged,
    rowCount: parts.columns[0]?.length ?? 0,
    chunkCount: chunks.length,
    getChunk: (index: number) => chunks[index],
    fetchChunk: async () => chunks[fetched++] ?? null,
    isStreaming: false,
  });
}

/** A reader that has read all rows. */
export function readerOfParts(duckdb: DuckDB, parts: ResultParts): object {
  const result = materializedOfParts(duckdb, parts) as Materialized;
  const reader = new duckdb.DuckDBResultReader(result) as unknown as Filled;
  // As `readAll` does it, which would have to be waited for.
  for (let i = 0; i < result.chunkCount; i++) {
    const chunk = result.getChunk(i);
    reader.updateChunkSizeRuns(chunk);
    reader.chunks.push(chunk);
    reader.currentRowCount_ += chunk.rowCount;
  }
  reader.done_ = true;
  const rows = parts.columns[0]?.length ?? 0;
  if (!reader.done || reader.currentRowCount !== rows) {
    throw new TypeError("this version of @duckdb/node-api reads results in another way");
  }
  return reader;
}

/** What a reader has read, by the names that it has for it. */
interface Filled {
  readonly chunks: DuckDBDataChunk[];
  updateChunkSizeRuns(chunk: DuckDBDataChunk): void;
  currentRowCount_: number;
  done_: boolean;
  readonly done: boolean;
  readonly currentRowCount: number;
}

/** Rows in a chunk: as many as in DuckDB's own. */
const mostRows = 2048;

/**
 * Chunks that are read like DuckDB's own. Those would not do: what is written to one does not always come back (in 1.5 blobs are empty
 * then, and texts in arrays of a fixed length are gone).
 */
function chunksOf(
  { DuckDBDataChunk, DuckDBVector }: DuckDB,
  { types, columns }: ResultParts,
): readonly DuckDBDataChunk[] {
  const rows = columns[0]?.length ?? 0;
  return Array.from({ length: Math.ceil(rows / mostRows) }, (_, i) => {
    const from = i * mostRows;
    const rowCount = Math.min(mostRows, rows - from);
    const vectors = columns.map((column, c) =>
      told(DuckDBVector, { type: types[c], itemCount: rowCount, getItem: (index: number) => column[from + index] }),
    );
    const getColumnVector = (index: number): object | undefined => vectors[index];
    return told(DuckDBDataChunk, { columnCount: types.length, rowCount, vectors, getColumnVector }) as DuckDBDataChunk;
  });
}

/** An instance that tells these by itself, and all that its class makes of them. */
function told(type: { readonly prototype: object }, members: Readonly<Record<string, unknown>>): object {
  const made = Object.create(type.prototype) as object;
  for (const [name, value] of Object.entries(members)) Object.defineProperty(made, name, { value });
  return made;
}
