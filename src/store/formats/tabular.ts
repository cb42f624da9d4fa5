import type { Table } from "apache-arrow";
import { digestOf } from "../../core/digest.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { JsonValue } from "../../core/json.ts";
import type { Encoded } from "../format.ts";
import { type ArrowTable, isTable } from "../tables/arrow-shape.ts";
import type { ColumnField } from "../tables/column-type.ts";
import { tableOfParts } from "../tables/table-build.ts";
import { loadArrow, otherColumns, tableFingerprint } from "../tables/table-class.ts";
import { partsOfTable, type TableParts } from "../tables/table-parts.ts";
import { columnsOfRows } from "./column-survey.ts";
import { cannotCarry, nameOf } from "./refusal.ts";
import { columnParams, readColumns } from "./row-columns.ts";
import { partsOfRows, rowsOfParts } from "./row-table.ts";
import { corrupt } from "./text-bytes.ts";

/**
 * An array of row objects, or a table of any copy of apache-arrow, by way of a table in one chunk that depends on nothing
 * but what is in it. What was rows comes back as rows, what was a table as a table.
 */
export async function encodeTabular(
  format: string,
  value: unknown,
  write: (table: Table) => Uint8Array | Promise<Uint8Array>,
): Promise<Encoded> {
  const { parts, dataVersion, params } = isTable(value) ? describeTable(format, value) : describeRows(format, value);
  if (parts.fields.some(hasNoName)) cannotCarry(format, [], "has a column without a name");
  const bytes = await write(tableOfParts(await loadArrow(), parts));
  return { bytes, dataVersion, params: { ...params, digest: digestOf(bytes) } };
}

/** apache-arrow writes "null" for an empty name. */
function hasNoName({ name, type }: ColumnField): boolean {
  return name === "" || type.fields.some(hasNoName);
}

interface Described {
  readonly parts: TableParts;
  readonly dataVersion: string;
  readonly params: { readonly [name: string]: JsonValue };
}

function describeTable(format: string, value: ArrowTable): Described {
  const parts = partsOfTable(value, (what) => cannotCarry(format, [], what, otherColumns));
  return { parts, dataVersion: tableFingerprint(value), params: { value: "table", rows: parts.rows } };
}

function describeRows(format: string, value: unknown): Described {
  const dataVersion = fingerprint(value, { shared: "expand" });
  if (!Array.isArray(value)) cannotCarry(format, [], `is ${nameOf(value)}, not an array of rows or an Arrow table`);
  const { rows, layout } = columnsOfRows(format, value);
  return { parts: partsOfRows(format, rows, layout), dataVersion, params: { value: "rows", ...columnParams(layout) } };
}

/**
 * Damaged bytes are not shown to the libraries: apache-arrow can take all memory over them.
 * @throws SluiceError `corrupt-value`
 */
export async function decodeTabular(
  bytes: Uint8Array,
  params: JsonValue | undefined,
  read: () => Table | Promise<Table>,
): Promise<Table | Record<string, unknown>[]> {
  const { value, rows, digest } = (params ?? {}) as { value?: unknown; rows?: unknown; digest?: unknown };
  if (digest !== digestOf(bytes)) corrupt("its bytes are not those that were written");
  if (value !== "table" && value !== "rows") corrupt("whether it was a table or rows is not known");
  const table = await read();
  if (value === "table") return table.numRows === rows ? table : corrupt("it has another number of rows");
  return rowsOfParts(
    partsOfTable(table, (what) => corrupt(`it ${what}`)),
    readColumns(params),
  );
}

/** Whatever a library says against bytes that it is to read. */
export function reading<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    return corrupt(`it cannot be read as ${what}`, error);
  }
}
