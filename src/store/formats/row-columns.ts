import type { JsonValue } from "../../core/json.ts";
import { cannotCarry, indexStep, nameOf, propertyStep } from "./refusal.ts";
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

function isArrayIndex(key: string): boolean {
  return arrayIndex.test(key) && Number(key) < 2 ** 32 - 1;
}

/**
 * What the columns of an array of flat row objects are. That the value can be versioned is known.
 * @throws SluiceError `unsupported-value` with the path to what does not fit in a table that gives it back as it is
 */
export function columnsOfRows(
  format: string,
  value: unknown,
): { readonly rows: readonly Row[]; readonly layout: RowColumns } {
  if (!Array.isArray(value)) cannotCarry(format, [], `is ${nameOf(value)}, not an array of rows`);
  const rows = value as readonly Row[];
  const names = namesOf(format, rows);
  if (rows.length > 0 && names.length === 0) cannotCarry(format, [indexStep(0)], "is a row without columns");
  const columns = names.map((name) => columnOf(format, rows, name));
  return { rows, layout: { rows: rows.length, columns } };
}

function namesOf(format: string, rows: readonly Row[]): readonly string[] {
  let names: string[] = [];
  let last: readonly string[] = [];
  /** Every distinct sequence of keys, with the row where it first came. */
  const sequences = new Map<string, { readonly keys: readonly string[]; readonly row: number }>();
  for (let row = 0; row < rows.length; row++) {
    const keys = keysOf(format, rows, row);
    if (keys.length === last.length && keys.every((key, i) => key === last[i])) continue;
    last = keys;
    const text = JSON.stringify(keys);
    if (sequences.has(text)) continue;
    sequences.set(text, { keys, row });
    let after = 0;
    for (const key of keys) {
      const known = names.indexOf(key);
      if (known < 0) names.splice(after++, 0, key);
      else after = known + 1;
    }
  }
  const indexes = names.filter(isArrayIndex).sort((a, b) => Number(a) - Number(b));
  names = [...indexes, ...names.filter((name) => !isArrayIndex(name))];
  const positions = new Map(names.map((name, i) => [name, i]));
  for (const { keys, row } of sequences.values()) {
    if (keys.every((key, i) => i === 0 || positions.get(keys[i - 1]!)! < positions.get(key)!)) continue;
    cannotCarry(format, [indexStep(row)], "has its properties in another order than other rows");
  }
  return names;
}

function keysOf(format: string, rows: readonly unknown[], index: number): readonly string[] {
  const row = rows[index];
  const plain = row !== null && typeof row === "object" && Object.getPrototypeOf(row) === Object.prototype;
  if (!plain || Object.getOwnPropertySymbols(row).length > 0) {
    const what = Object.hasOwn(rows, index) ? nameOf(row) : "a hole in an array";
    cannotCarry(format, [indexStep(index)], `is ${what}, not a plain object`);
  }
  return Object.keys(row);
}

function columnOf(format: string, rows: readonly Row[], name: string): RowColumn {
  const kinds = new Set<CellKind>();
  let empty: EmptyKind | undefined;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const cell = cellOf(row, name);
    if (cell === null || cell === undefined) {
      const kind = cell === null ? "null" : Object.hasOwn(row, name) ? "undefined" : "missing";
      empty ??= kind;
      if (kind !== empty) {
        cannotCarry(format, [indexStep(i), propertyStep(name)], `is ${kind}, where an earlier row has ${empty}`);
      }
    } else {
      const kind = kindOf(cell);
      if (kind === undefined) cannotCarry(format, [indexStep(i), propertyStep(name)], `is ${nameOf(cell)}`);
      if (!kinds.has(kind)) kinds.add(kind);
    }
  }
  return { name, kinds: cellKinds.filter((kind) => kinds.has(kind)), ...(empty === undefined ? {} : { empty }) };
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

/** What {@link columnsOfRows} gave, read back from a record that anyone may have written. */
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
