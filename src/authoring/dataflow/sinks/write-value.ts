import path from "node:path";
import { fileRefOf } from "../../../core/file-ref.ts";
import type { StageContext } from "../../../core/node.ts";
import { rowsRefOf } from "../../../core/rows-ref.ts";
import type { FileHandle } from "../../../platform/file-handle.ts";
import { ensureDirDurably } from "../../../platform/files.ts";
import type { RowsHandle } from "../../../platform/rows-handle.ts";
import { writeFileAtomic } from "../../../platform/temp-file.ts";
import { encodedIn } from "../../../store/format.ts";
import { formatOf } from "../../../store/formats.ts";
import { isTable } from "../../../store/tables/arrow-shape.ts";
import { rowsOfTable } from "./read-value.ts";

/** Where a value is written. */
export interface Sink {
  /** A format's name, or `duckdb`. */
  readonly format: string;
  /** As it was named. */
  readonly path: string;
  /** What a relative path starts from: a folder of the project. */
  readonly base: string;
  /** Of `duckdb`: the table, `schema.table` for one that is not in `main`. */
  readonly table?: string | undefined;
}

/** What is told of a value that was written. */
export interface SavedFile {
  /** As it was named. */
  readonly path: string;
  readonly format: string;
  /** Of a file: how many bytes it has. */
  readonly bytes?: number;
  /** Of rows and tables: how many there are. */
  readonly rows?: number;
  /** Of a database: the table. */
  readonly table?: string;
}

/**
 * Writes a value, whole or not at all, and says so to the run.
 * @throws SluiceError `unsupported-value` where the format cannot carry it, `unsupported-format`, `no-space`, `io`
 */
export async function writeValue(
  { format, path: name, base, table }: Sink,
  value: unknown,
  context: StageContext,
): Promise<SavedFile> {
  const file = path.resolve(base, name);
  const whole = await wholeOf(value, format);
  // Before it is written: what somebody else wrote there stays as it is.
  context.wrote(name, { base, ...(format === "duckdb" ? { table: table! } : {}) });
  if (format === "duckdb") {
    const { writeTable } = await import("../../../store/duckdb/table.ts");
    const rows = await writeTable(file, table!, whole, context.tmp);
    return { path: name, format, table: table!, rows };
  }
  const { bytes } = await encodedIn(await formatOf(format), whole);
  const folder = path.dirname(file);
  await ensureDirDurably(folder);
  await writeFileAtomic(file, bytes, { tmpDir: folder });
  return { path: name, format, bytes: bytes.length, ...countOf(whole) };
}

/** A value as formats take it: no handle, and rows where only rows are taken. */
async function wholeOf(value: unknown, format: string): Promise<unknown> {
  if (rowsRefOf(value)) return (value as RowsHandle).toArray();
  if (fileRefOf(value)) return format === "text" ? (value as FileHandle).text() : (value as FileHandle).bytes();
  const wantsRows = format === "csv" || format === "ndjson" || format === "json";
  return wantsRows && isTable(value) ? rowsOfTable(value as never) : value;
}

function countOf(value: unknown): { readonly rows?: number } {
  if (Array.isArray(value)) return { rows: value.length };
  return isTable(value) ? { rows: (value as unknown as { numRows: number }).numRows } : {};
}
