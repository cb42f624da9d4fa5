import { fail } from "../../../core/failure.ts";
import type { Check } from "../../../core/node.ts";
import { kindOf as cellKind } from "../../../store/formats/row-columns.ts";
import { isTable } from "../../../store/tables/arrow-shape.ts";
import { isRecord, kindOf } from "../../declaration.ts";
import { type AnyFunction, ofValue } from "../graph/flow-node.ts";
import { wrap } from "../graph/wrapping.ts";
import { type StandardSchema, testOf } from "./conditions.ts";

/** What a column holds: what its cells are, or, of an Arrow table, the name of its type (`Int32`, `Utf8`). With `?` nulls too. */
export type ColumnType =
  | ColumnKind
  | `${ColumnKind}?`
  // A name of Arrow's.
  | (string & {});

type ColumnKind = "string" | "number" | "boolean" | "bigint" | "date" | "bytes" | "any";

const kinds = ["string", "number", "boolean", "bigint", "date", "bytes", "any"];

/** The columns that a node gives, with their types. */
export type ColumnSchema = Readonly<Record<string, ColumnType>>;

/**
 * Says what columns a node gives, or that a schema of Zod or of whatever else speaks Standard Schema holds for its value; a value of
 * which it does not is a failure. It is shown by `listAvailableVariables()`. Columns that it does not name may be there as well.
 *
 * @param columns types by column, or a function that gives a schema: a function, so that the schema counts by its source
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { schema } from "sluice/dataflow";
 *
 * export const orders = schema({ country: "string", amount: "number", note: "string?" }, (lines: string[]) =>
 *   lines.map((line) => ({ country: line, amount: 1, note: null })),
 * );
 * ```
 */
export function schema<F extends AnyFunction>(columns: ColumnSchema | (() => StandardSchema), fn: F): F {
  if (typeof columns !== "function") checkColumns(columns);
  const shown = typeof columns === "function" ? undefined : { ...columns };
  return wrap("schema", fn, {
    expand: (nodes) =>
      ofValue(nodes, (node) => {
        const check: Check = {
          name: "schema",
          level: "fail",
          test: (value) =>
            typeof columns === "function" ? testOf({ schema: columns }, value) : wrongColumns(value, columns),
        };
        return {
          ...node,
          checks: [...node.checks, check],
          functions: ["schema", columns, node.functions],
          ...(shown ? { schema: shown } : {}),
        };
      }),
  });
}

function checkColumns(columns: unknown): void {
  if (!isRecord(columns) || Object.keys(columns).length === 0) {
    fail("usage", `schema() needs an object of types by column, or a function, not ${kindOf(columns)}`);
  }
  for (const [name, type] of Object.entries(columns)) {
    if (typeof type !== "string" || type === "" || type === "?") {
      fail("usage", `the type of the column "${name}" must be a text, not ${kindOf(type)}`);
    }
    // What is no kind of cell may be a type of Arrow's, which begin with a capital letter.
    const plain = type.endsWith("?") ? type.slice(0, -1) : type;
    if (!kinds.includes(plain) && !/^[A-Z]/.test(plain)) {
      fail("usage", `the column "${name}" has the type ${JSON.stringify(type)}`, {
        hint: `it may be one of ${kinds.join(", ")}, with "?" for nulls as well, or the name of a type of Arrow's`,
      });
    }
  }
}

function wrongColumns(value: unknown, columns: ColumnSchema): string | undefined {
  if (isTable(value)) return wrongTable(value as unknown as TableLike, columns);
  if (!Array.isArray(value)) return `it is ${kindOf(value)}, not an array of rows or an Arrow table`;
  const wanted = Object.entries(columns).map(([name, type]) => ({ name, type, ...split(type) }));
  for (const [index, row] of value.entries()) {
    if (row === null || typeof row !== "object") return `row ${index} is ${kindOf(row)}`;
    for (const { name, type, kind, nulls } of wanted) {
      if (!Object.hasOwn(row, name)) {
        if (nulls) continue;
        return `row ${index} has no column ${JSON.stringify(name)}`;
      }
      const cell = (row as Record<string, unknown>)[name];
      if (cell === null || cell === undefined ? nulls : kind === "any" || isOf(cell, kind)) continue;
      return `${JSON.stringify(name)} of row ${index} is ${kindOf(cell)}, not ${type}`;
    }
  }
  return undefined;
}

function split(type: string): { readonly kind: string; readonly nulls: boolean } {
  const nulls = type.endsWith("?");
  return { kind: nulls ? type.slice(0, -1) : type, nulls };
}

function isOf(cell: unknown, kind: string): boolean {
  const is = cellKind(cell);
  return is === kind || (is === "buffer" && kind === "bytes");
}

interface TableLike {
  readonly schema: { readonly fields: readonly { readonly name: string; readonly type: unknown }[] };
  getChild(name: string): { readonly nullCount: number } | null;
}

function wrongTable(table: TableLike, columns: ColumnSchema): string | undefined {
  for (const [name, type] of Object.entries(columns)) {
    const field = table.schema.fields.find((each) => each.name === name);
    if (!field) return `it has no column ${JSON.stringify(name)}`;
    const { kind, nulls } = split(type);
    const is = String(field.type);
    if (kind !== "any" && is !== kind && kindOfArrow(is) !== kind)
      return `the column ${JSON.stringify(name)} is of ${is}, not ${type}`;
    const empty = table.getChild(name)!.nullCount;
    if (empty > 0 && !nulls) return `the column ${JSON.stringify(name)} has ${empty} nulls, and is ${type}`;
  }
  return undefined;
}

/** What the cells of a column are in JavaScript. */
function kindOfArrow(type: string): string | undefined {
  if (/^(?:Int|Uint)64$/.test(type)) return "bigint";
  if (/^(?:Int|Uint|Float)\d+$/.test(type)) return "number";
  if (/^(?:Large)?Utf8$/.test(type) || /^Dictionary<.*, (?:Large)?Utf8>$/.test(type)) return "string";
  if (type === "Bool") return "boolean";
  if (/^(?:Large)?Binary$|^FixedSizeBinary/.test(type)) return "bytes";
  return /^(?:Date|Timestamp)/.test(type) ? "date" : undefined;
}
