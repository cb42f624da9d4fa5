/** What can be shown as a table. */
export interface Rows {
  readonly columns: readonly string[];
  /** How many rows there are. */
  readonly count: number;
  cell(row: number, column: number): unknown;
}

/** How many rows are looked at to find the columns. */
const lookAhead = 1000;

/** A list of plain objects, or an Arrow table, as rows; undefined for every other value. */
export function rowsOf(value: unknown): Rows | undefined {
  if (Array.isArray(value)) return objectRows(value);
  return isArrowTable(value) ? arrowRows(value) : undefined;
}

function objectRows(list: readonly unknown[]): Rows | undefined {
  const first = list.slice(0, lookAhead);
  if (first.length === 0 || !first.every(isPlainObject)) return undefined;
  const columns = [...new Set(first.flatMap((row) => Object.keys(row)))];
  if (columns.length === 0) return undefined;
  return {
    columns,
    count: list.length,
    cell: (row, column) => {
      const object = list[row];
      const name = columns[column]!;
      return isPlainObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
    },
  };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== "object") return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What is used of an Arrow table: known by its shape, so that showing a value does not load the library. */
interface ArrowTable {
  readonly numRows: number;
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  getChildAt(column: number): { get(row: number): unknown } | null;
}

function isArrowTable(value: unknown): value is ArrowTable {
  if (value === null || typeof value !== "object") return false;
  const table = value as Partial<ArrowTable>;
  return (
    typeof table.numRows === "number" && typeof table.getChildAt === "function" && Array.isArray(table.schema?.fields)
  );
}

function arrowRows(table: ArrowTable): Rows {
  return {
    columns: table.schema.fields.map((field) => field.name),
    count: table.numRows,
    cell: (row, column) => table.getChildAt(column)?.get(row),
  };
}
