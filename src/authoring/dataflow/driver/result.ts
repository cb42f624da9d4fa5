import type { Table, Vector } from "apache-arrow";
import { fail } from "../../../core/failure.ts";
import { columnsOfRows } from "../../../store/formats/column-survey.ts";
import { partsOfRows } from "../../../store/formats/row-table.ts";
import { tableOfParts } from "../../../store/tables/table-build.ts";
import { loadArrow } from "../../../store/tables/table-class.ts";
import { kindOf } from "../../declaration.ts";

/** Makes one thing of the values of targets, which it gets by name. */
export type ResultBuilder<Built = unknown> = (values: Readonly<Record<string, unknown>>) => Built | PromiseLike<Built>;

/** What `execute` gives: an object of the values by name, or what a function makes of that. */
export type ResultKind = "object" | ResultBuilder;

/** What a result is for these values. */
export type ResultOf<Kind, Values> = Kind extends (...args: never) => infer Built ? Awaited<Built> : Values;

/** @throws SluiceError `usage` for what is no kind of result */
export function builderOf(kind: unknown, what: string): ResultBuilder | undefined {
  if (kind === undefined || kind === "object") return undefined;
  if (typeof kind === "function") return kind as ResultBuilder;
  return fail("usage", `${what} needs "object" or a function, such as arrowTable() gives, not ${kindOf(kind)}`);
}

/**
 * Makes an Arrow table of the values of targets: a column each, called after it, of an array, a typed array or an Arrow vector. All must
 * be of the same length.
 *
 * @example
 * ```ts
 * import { arrowTable, Driver } from "sluice/dataflow";
 *
 * const module = { x: () => [1, 2, 3], y: (x: number[]) => x.map((each) => each ** 2) };
 * const driver = Driver.builder().withModules(module).withResult(arrowTable()).build();
 * const table = await driver.execute(["x", "y"]);
 * console.log(table.numRows);
 * ```
 */
export function arrowTable(): ResultBuilder<Table> {
  return tableOfColumns;
}

/** What of a builder is code: nothing of Sluice's own is the user's. */
export function builderCode(builder: ResultBuilder | undefined): unknown {
  return builder === tableOfColumns ? ["arrow-table", 1] : (builder ?? null);
}

async function tableOfColumns(values: Readonly<Record<string, unknown>>): Promise<Table> {
  const arrow = await loadArrow();
  const columns: Record<string, Vector> = {};
  let first: { readonly name: string; readonly length: number } | undefined;
  for (const [name, value] of Object.entries(values)) {
    const length = lengthOf(name, value);
    first ??= { name, length };
    if (length !== first.length) {
      const message = `"${name}" has ${length} values and "${first.name}" ${first.length}: they are no columns of one table`;
      fail("unsupported-value", message, { node: name });
    }
    columns[name] = vectorOf(arrow, name, value);
  }
  return new arrow.Table(columns);
}

function isColumn(value: unknown): value is { readonly length: number } {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)) || isVector(value);
}

function isVector(value: unknown): value is Vector {
  return (
    value !== null && typeof value === "object" && "getChildAt" in value && "nullCount" in value && "length" in value
  );
}

function lengthOf(name: string, value: unknown): number {
  if (isColumn(value)) return value.length;
  return fail("unsupported-value", `"${name}" gives ${kindOf(value)}, which is no column of a table`, {
    node: name,
    hint: "ask for nodes that give arrays, typed arrays or vectors of Arrow",
  });
}

function vectorOf(arrow: typeof import("apache-arrow"), name: string, value: unknown): Vector {
  if (isVector(value)) return value;
  if (ArrayBuffer.isView(value)) return arrow.makeVector(value as Int32Array);
  const rows = (value as readonly unknown[]).map((cell) => ({ [name]: cell ?? null }));
  if (rows.length === 0) return arrow.vectorFromArray([], new arrow.Null());
  // As rows are: texts become Utf8, and not dictionaries, which count as another type.
  const { layout } = columnsOfRows("arrow", rows);
  return tableOfParts(arrow, partsOfRows("arrow", rows, layout)).getChildAt(0)!;
}
