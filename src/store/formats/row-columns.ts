import type { JsonValue } from "../../core/json.ts";
import { corrupt } from "./text-bytes.ts";

export const cellKinds = ["string", "number", "boolean", "bigint", "date", "bytes", "buffer"] as const;
export type CellKind = (typeof cellKinds)[number];

export const emptyKinds = ["null", "undefined", "missing"] as const;
export type EmptyKind = (typeof emptyKinds)[number];

export interface RowColumn {
  readonly name: string;
  /** What its cells are, apart from the empty ones; in the order of {@link cellKinds}. */
  readonly kinds: readonly CellKind[];
  /** What its empty cells are; absent when none is empty. */
  readonly empty?: EmptyKind;
}

/** Rows as columns: what decoding needs to know beside the cells. */
export interface RowColumns {
  readonly rows: number;
  readonly columns: readonly RowColumn[];
}

export type Row = Readonly<Record<string, unknown>>;

/** Keys of objects that are array indexes come first, by value, whatever the order in which they were set. */
const arrayIndex = /^(?:0|[1-9]\d{0,9})$/;

export function isArrayIndex(key: string): boolean {
  return arrayIndex.test(key) && Number(key) < 2 ** 32 - 1;
}

/** A cell; not what a prototype has under that name. */
export function cellOf(row: Row, name: string): unknown {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

/** What a cell is; undefined when it is empty, not flat, or not valid. */
export function kindOf(cell: unknown): CellKind | undefined {
  switch (typeof cell) {
    case "string":
      return "string";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "bigint":
      return "bigint";
    case "object":
      if (cell === null) return undefined;
      break;
    default:
      return undefined;
  }
  switch (Object.getPrototypeOf(cell)) {
    case Date.prototype:
      return Number.isNaN((cell as Date).getTime()) ? undefined : "date";
    case Buffer.prototype:
      return "buffer";
    case Uint8Array.prototype:
      return "bytes";
    default:
      return undefined;
  }
}

/** Where the first cell of a kind is, for a message. */
export function firstOfKind(rows: readonly Row[], name: string, kind: CellKind): number {
  return rows.findIndex((row) => kindOf(cellOf(row, name)) === kind);
}

/** Puts rows together from their cells, in the order of the columns. */
export class RowBuilder {
  readonly #columns: readonly RowColumn[];

  constructor(columns: readonly RowColumn[]) {
    this.#columns = columns;
  }

  /** `cell` gives the value in a column, or undefined where it is empty. */
  row(cell: (column: number) => unknown): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    for (let i = 0; i < this.#columns.length; i++) {
      const { name, empty } = this.#columns[i]!;
      let value = cell(i);
      if (value === undefined) {
        if (empty === undefined) corrupt(`a cell of the column ${JSON.stringify(name)} is empty`);
        if (empty === "missing") continue;
        value = empty === "null" ? null : undefined;
      }
      if (name === "__proto__") {
        Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
      } else row[name] = value;
    }
    return row;
  }
}

/** What `columnsOfRows` gave, read back from a record that anyone may have written. */
export function readColumns(params: JsonValue | undefined): RowColumns {
  const { rows, columns } = (params ?? {}) as { rows?: unknown; columns?: unknown };
  if (!Number.isSafeInteger(rows) || (rows as number) < 0 || !Array.isArray(columns))
    corrupt("its columns are not known");
  const names = new Set<unknown>();
  for (const column of columns as Partial<Record<keyof RowColumn, unknown>>[]) {
    const { name, kinds, empty } = column ?? {};
    const known = Array.isArray(kinds) && kinds.every((kind) => cellKinds.includes(kind));
    const sound = typeof name === "string" && !names.has(name) && known;
    if (!sound || (empty !== undefined && !emptyKinds.includes(empty as EmptyKind)))
      corrupt("its columns are not known");
    names.add(name);
  }
  return params as unknown as RowColumns;
}

/** As it is kept in a record. */
export function columnParams({ rows, columns }: RowColumns): { readonly [name: string]: JsonValue } {
  return { rows, columns: columns.map((column) => ({ ...column })) };
}
