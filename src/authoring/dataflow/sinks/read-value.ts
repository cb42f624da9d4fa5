import { readFile } from "node:fs/promises";
import type { Table } from "apache-arrow";
import { fail, failureOf, fromSystemError, SluiceError } from "../../../core/failure.ts";
import { type ForeignCsv, readForeignCsv } from "../../../store/formats/foreign-csv.ts";
import { formatOf } from "../../../store/formats.ts";
import type { ArrowType } from "../../../store/tables/arrow-shape.ts";
import { loadArrow } from "../../../store/tables/table-class.ts";

/** What says how a file is read, beside its format. */
export interface ReadingOptions extends ForeignCsv {
  /** Of Parquet and Arrow: a table, or an array of rows. */
  readonly as?: "table" | "rows";
}

/**
 * Reads what a file holds, whoever wrote it.
 * @param file absolute path
 * @throws SluiceError `corrupt-value`, `unsupported-format`, `missing-file`, `io`
 */
export async function readValue(format: string, file: string, options: ReadingOptions): Promise<unknown> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return fail("missing-file", `there is no file ${file}`, { where: { file } });
    throw fromSystemError(error, "reading a file", file);
  });
  try {
    return await decoded(format, bytes, options);
  } catch (error) {
    const found = failureOf(error);
    const what = `${file} cannot be read as ${format}: ${found?.message ?? error}`;
    throw new SluiceError({ ...(found ?? { reason: "corrupt-value", retryable: false, cause: error }), message: what });
  }
}

async function decoded(format: string, bytes: Uint8Array, { as = "table", ...csv }: ReadingOptions): Promise<unknown> {
  switch (format) {
    case "csv":
      return readForeignCsv(textOf(bytes), csv);
    case "json":
      return JSON.parse(textOf(bytes));
    case "ndjson":
      return textOf(bytes).split(/\r?\n/).flatMap(lineValue);
    case "arrow":
      if (bytes.length === 0) fail("corrupt-value", "it is empty");
      return shaped(arrowOf(await loadArrow(), new Uint8Array(bytes)), as);
    case "parquet": {
      const [{ tableFromIPC }, { readParquet }] = await Promise.all([loadArrow(), import("parquet-wasm")]);
      const table = tableFromIPC(readParquet(bytes).intoIPCStream());
      // Who writes Arrow's schema has written one of its kinds of intervals. Of all others the months are not read.
      if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes("ARROW:schema"))
        for (const { name, type } of table.schema.fields)
          if (holdsInterval(type))
            fail(
              "unsupported-value",
              `the months of intervals would be lost, which its column ${JSON.stringify(name)} holds`,
              {
                hint: "write them as text",
              },
            );
      return shaped(table, as);
    }
    default:
      return (await formatOf(format)).decode(bytes, undefined);
  }
}

function arrowOf({ RecordBatchReader, tableFromIPC }: typeof import("apache-arrow"), bytes: Uint8Array): Table {
  // Of what does not begin with a schema, such as nothing but zeros, the library makes a table without columns.
  if (!RecordBatchReader.from(bytes).open().schema) fail("corrupt-value", "it does not begin as Arrow does");
  try {
    return tableFromIPC(bytes);
  } catch (error) {
    if (!String(error).includes("compressed")) throw error;
    return fail("unsupported-format", "it is compressed", { hint: "write it without compression", cause: error });
  }
}

function lineValue(line: string, index: number): readonly unknown[] {
  if (line.trim() === "") return [];
  try {
    return [JSON.parse(line)];
  } catch (cause) {
    return fail("corrupt-value", `line ${index + 1} is not JSON: ${JSON.stringify(line.slice(0, 80))}`, { cause });
  }
}

/** Without a byte order mark. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function shaped(table: Table, as: "table" | "rows"): unknown {
  return as === "rows" ? rowsOfTable(table) : table;
}

/** The rows of a table as plain objects, of however many levels. */
export function rowsOfTable(table: Pick<Table, "toArray" | "schema">): unknown[] {
  const row = { typeId: struct, children: table.schema.fields };
  return table.toArray().map((each) => plainCell(each, row));
}

function holdsInterval({ typeId, children }: ArrowType): boolean {
  return typeId === interval || (children ?? []).some(({ type }) => holdsInterval(type));
}

/** The numbers of types. */
const [decimal, interval, struct, map] = [7, 11, 13, 17];

interface CellType extends ArrowType {
  readonly scale?: number;
  readonly dictionary?: ArrowType | null;
}

/**
 * What a cell of a table holds, as plain data: lists and rows of the library's own become arrays and objects, and decimals, of which
 * a cell is nothing but the digits, the number that is nearest.
 * @param type of the column, where it is one of Arrow
 */
export function plainCell(cell: unknown, type?: CellType): unknown {
  if (cell === null || typeof cell !== "object") return cell;
  const { typeId, scale, children } = (type?.dictionary ?? type ?? {}) as Partial<CellType>;
  if (typeId === decimal) return Number(`${cell}e${-(scale ?? 0)}`);
  const { toJSON } = cell as { toJSON?: () => unknown };
  if (ArrayBuffer.isView(cell) || cell instanceof Date || typeof toJSON !== "function") return cell;
  const plain = toJSON.call(cell);
  const [first] = children ?? [];
  if (Array.isArray(plain)) return plain.map((each) => plainCell(each, first?.type));
  if (plain === null || typeof plain !== "object") return plain;
  const typeOf = (name: string): ArrowType | undefined =>
    typeId === map ? first?.type.children?.[1]?.type : children?.find((field) => field.name === name)?.type;
  return Object.fromEntries(Object.entries(plain).map(([name, each]) => [name, plainCell(each, typeOf(name))]));
}
