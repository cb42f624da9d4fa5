import type { Table } from "apache-arrow";
import { fail } from "../../../core/failure.ts";
import type { RowsHandle } from "../../../platform/rows-handle.ts";
import type { ArrowType } from "../../../store/tables/arrow-shape.ts";
import { kindOf, strings } from "../../declaration.ts";
import { type AnyFunction, type FlowNode, valuesOf } from "../graph/flow-node.ts";
import type { FlowValue, Marked } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";
import { plainCell } from "../sinks/read-value.ts";

/** The names of the columns of rows or of a table, as far as its type tells. */
type ColumnIn<Value> = Value extends readonly (infer Row)[] | RowsHandle<infer Row>
  ? keyof Row & string
  : Value extends Table<infer Types>
    ? keyof Types & string
    : string;

/** What a column holds, as far as the type of what has it tells: of rows, an Arrow table, or a frame of polars. */
export type ColumnOf<Value, Name> = Value extends readonly (infer Row)[] | RowsHandle<infer Row>
  ? Row[Name & keyof Row][]
  : Value extends Table<infer Types>
    ? (Types[Name & keyof Types]["TValue"] | null)[]
    : Value extends { toRecords(): (infer Row)[] }
      ? FrameCell<Row[Name & keyof Row]>[]
      : unknown[];

/** Of its other types polars does not say what they are in JavaScript. */
type FrameCell<Cell> = [NonNullable<Cell>] extends [never]
  ? unknown
  : NonNullable<Cell> extends string | number | boolean
    ? Cell
    : unknown;

/**
 * Makes a node of each of these columns of the rows or the table that a function gives, beside the node of the function itself: an array
 * of what the column holds. Of an array of objects, an Arrow table, or anything else that has `getChild(name)` or `getColumn(name)`.
 * What reads one column is reused while that column is the same.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { extractColumns } from "sluice/dataflow";
 *
 * export const sales = extractColumns(["country", "amount"], (): { country: string; amount: number }[] => [
 *   { country: "France", amount: 3 },
 * ]);
 * export const total = (amount: number[]) => amount.reduce((sum, each) => sum + each, 0);
 * ```
 */
export function extractColumns<F extends AnyFunction, const Name extends ColumnIn<FlowValue<F>>>(
  columns: readonly Name[],
  fn: F,
): F & Marked<{ readonly nodes: { readonly [Each in Name]: ColumnOf<FlowValue<F>, Each> } }> {
  if (strings(columns) !== undefined || columns.length === 0) {
    fail("usage", `extractColumns() needs an array of names first, not ${kindOf(columns)}`);
  }
  return wrap("extractColumns", fn, {
    expand: (nodes) => [
      ...nodes,
      ...valuesOf(nodes).flatMap((node) => columns.map((column) => columnNode(node, column))),
    ],
  });
}

/** Reads one column of what a node gives. Its code is the name of the column; nothing of it is the user's. */
function columnNode(of: FlowNode, name: string): FlowNode {
  return {
    name,
    module: of.module,
    inputs: [{ name: of.name, optional: false, from: { name: of.name } }],
    run: (values) => columnOf(values[of.name], name, of.name),
    functions: ["column", name],
    isAside: true,
    site: of.site,
    settings: of.settings.behavior === undefined ? {} : { behavior: of.settings.behavior },
    tags: of.tags,
    checks: [],
  };
}

async function columnOf(given: unknown, name: string, of: string): Promise<unknown[]> {
  const value = isStoredRows(given) ? await given.toArray() : given;
  if (Array.isArray(value)) return value.map((row, index) => cellOf(row, name, of, index));
  const column = columnBy(value, name);
  if (column === null || column === undefined) return missing(of, name, value);
  const { toArray, type } = column as { readonly toArray?: () => unknown; readonly type?: ArrowType };
  const cells = Symbol.iterator in Object(column) ? column : toArray!.call(column);
  return Array.from(cells as Iterable<unknown>, (cell) => plainCell(cell, type));
}

function isStoredRows(value: unknown): value is { toArray(): Promise<unknown[]>; batches: unknown } {
  return value !== null && typeof value === "object" && "batches" in value && "count" in value && "toArray" in value;
}

function columnBy(value: unknown, name: string): unknown {
  if (value === null || typeof value !== "object") return undefined;
  const { getChild, getColumn } = value as Record<string, unknown>;
  if (typeof getChild === "function") return getChild.call(value, name);
  return typeof getColumn === "function" ? getColumn.call(value, name) : undefined;
}

function cellOf(row: unknown, name: string, of: string, index: number): unknown {
  if (row !== null && typeof row === "object" && Object.hasOwn(row, name))
    return (row as Record<string, unknown>)[name];
  return fail("stage-failed", `what "${of}" gives has no column ${JSON.stringify(name)} in row ${index}`, {
    node: name,
  });
}

function missing(of: string, name: string, value: unknown): never {
  const isTable = value !== null && typeof value === "object" && ("getChild" in value || "getColumn" in value);
  const what = isTable ? `has no column ${JSON.stringify(name)}` : `is ${kindOf(value)}, not rows or a table`;
  return fail("stage-failed", `what "${of}" gives ${what}`, { node: name });
}
