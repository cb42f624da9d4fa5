import { isTable } from "../../store/tables/arrow-shape.ts";
import { arrowView } from "./arrow-view.ts";
import { valueId } from "./identity.ts";

/** What tables are compared by, whatever they are made of. */
export interface TableView {
  readonly columns: readonly ColumnView[];
  readonly rows: number;
  /** What is not in a column; equal texts for equal tables. */
  readonly metadata: string;
  /** The names of a row's cells in their order, where rows may differ in it. */
  order?(row: number): readonly string[];
}

export interface ColumnView {
  /** The name; of several columns of one name all but the first have a number too. */
  readonly name: string;
  /** The type as a person reads it, and all that counts of it; the same for all columns of records, whose cells have types. */
  readonly type: string;
  readonly exactType: string;
  /** What stands for a cell: equal texts for equal cells of columns of one type. Undefined where the row has no such cell. */
  id(row: number): string | undefined;
  /** The same, comparable with columns of other types: a number is one however it is stored. */
  looseId(row: number): string | undefined;
  /** For a person. */
  value(row: number): unknown;
}

/** Rows times columns may be so many times the cells that are there: sparser records are no table. */
const sparsest = 20;

/** An Arrow table or a list of plain records as a table; undefined for everything else. An empty list may be either. */
export function tableView(value: unknown): TableView | undefined {
  if (isTable(value)) return arrowView(value);
  return Array.isArray(value) ? recordView(value) : undefined;
}

type PlainRecord = Readonly<Record<string, unknown>>;

function recordView(list: readonly unknown[]): TableView | undefined {
  const names = new Set<string>();
  let cells = 0;
  // A list has no more holes than it has places, so a loop by number sees them all.
  for (let i = 0; i < list.length; i++) {
    const row = list[i];
    if (!isPlainRecord(row)) return undefined;
    for (const name of Object.keys(row)) {
      names.add(name);
      cells++;
    }
  }
  if (list.length * names.size > sparsest * cells + 1000) return undefined;
  const rows = list as readonly PlainRecord[];
  const columns = [...names].map((name): ColumnView => {
    const id = (row: number): string | undefined =>
      Object.hasOwn(rows[row]!, name) ? valueId(rows[row]![name]) : undefined;
    return { name, type: "", exactType: "", id, looseId: id, value: (row) => rows[row]![name] };
  });
  return { columns, rows: rows.length, metadata: "", order: (row) => Object.keys(rows[row]!) };
}

function isPlainRecord(value: unknown): value is PlainRecord {
  if (value === null || typeof value !== "object") return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  // A file handle may be a plain object too; it has a symbol for its reference.
  const plain = prototype === Object.prototype || prototype === null;
  return plain && Object.getOwnPropertySymbols(value).length === 0;
}
