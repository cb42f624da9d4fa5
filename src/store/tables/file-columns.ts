import { type FileHandle, open } from "node:fs/promises";
import { csvHeader } from "../formats/foreign-csv.ts";
import type { ArrowField } from "./arrow-shape.ts";
import { loadArrow } from "./table-class.ts";

/** A column, or a part of one. */
export interface TableColumn {
  readonly name: string;
  /** As the library writes it; absent where a file does not say it. */
  readonly type?: string;
  /** The members of a struct, the `_element` of a list, the `key` and `value` of a map. */
  readonly fields?: readonly TableColumn[];
}

/** How a file of text is written: of others their content tells. */
export interface TextTable {
  readonly format: string;
  /** Of CSV; a comma unless given. */
  readonly separator?: string;
}

/**
 * The columns of a file: of Parquet and Arrow, which are known by how they begin, and of CSV where it is said to be that. Little of the
 * file is read. Undefined for other files, for folders, and for what cannot be read.
 * @param file absolute path
 */
export async function columnsOfFile(file: string, written?: TextTable): Promise<readonly TableColumn[] | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "r");
    const stats = await handle.stat();
    if (!stats.isFile()) return undefined;
    const start = (await read(handle, 0, Math.min(stats.size, 8))).toString("latin1");
    if (start.startsWith("PAR1")) return arrowColumns(await parquetFields(handle, stats.size));
    if (start.startsWith("ARROW1")) return arrowColumns(await arrowFields(handle));
    if (written?.format === "csv") return await csvColumns(handle, stats.size, written.separator);
    return undefined;
  } catch {
    // Whatever is wrong with a file, those say who read it; here it only has no columns that are known.
    return undefined;
  } finally {
    await handle?.close().catch(() => {});
  }
}

/** The columns of a table of apache-arrow. */
export function arrowColumns(fields: readonly ArrowField[]): readonly TableColumn[] {
  return fields.map((field) => arrowColumn(field, field.name));
}

/** By the numbers of Arrow's types. */
const [struct, lists, map] = [13, [12, 16, 21], 17];

function arrowColumn({ type }: ArrowField, name: string): TableColumn {
  const children = type.children ?? [];
  const column = { name, type: String(type) };
  if (type.typeId === struct) return { ...column, fields: arrowColumns(children) };
  if (lists.includes(type.typeId)) {
    return { ...column, fields: children.map((child) => arrowColumn(child, "_element")) };
  }
  if (type.typeId !== map) return column;
  const [key, value] = children[0]?.type.children ?? [];
  return { ...column, fields: key && value ? [arrowColumn(key, "key"), arrowColumn(value, "value")] : [] };
}

/** What is at the end of a file of Parquet says all of its columns, and where it begins itself. */
async function parquetFields(handle: FileHandle, size: number): Promise<readonly ArrowField[]> {
  const [{ tableFromIPC }, { readSchema }] = await Promise.all([loadArrow(), import("parquet-wasm")]);
  const end = await read(handle, size - 8, 8);
  const footer = end.readUInt32LE(0) + 8;
  const bytes = await read(handle, size - footer, footer);
  return tableFromIPC(readSchema(bytes).intoIPCStream()).schema.fields as readonly ArrowField[];
}

async function arrowFields(handle: FileHandle): Promise<readonly ArrowField[]> {
  const { RecordBatchReader } = await loadArrow();
  const reader = await RecordBatchReader.from(handle);
  await reader.open();
  return reader.schema.fields as readonly ArrowField[];
}

/** Longer first lines are none. */
const mostHeader = 1 << 20;

async function csvColumns(
  handle: FileHandle,
  size: number,
  separator?: string,
): Promise<readonly TableColumn[] | undefined> {
  const bytes = await read(handle, 0, Math.min(size, mostHeader));
  const text = new TextDecoder("utf-8").decode(bytes, { stream: true });
  return csvHeader(text, separator, bytes.length === size)?.map((name) => ({ name }));
}

async function read(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
