import { fingerprint } from "../../core/fingerprint.ts";
import type { Codec } from "../format.ts";
import { CsvReader, csvLine, quoted } from "./csv-text.ts";
import { cannotCarry, indexStep, propertyStep } from "./refusal.ts";
import {
  type CellKind,
  cellOf,
  columnParams,
  columnsOfRows,
  firstOfKind,
  kindOf,
  type Row,
  RowBuilder,
  type RowColumn,
  readColumns,
} from "./row-columns.ts";
import { checkLength, corrupt, textOf, utf8Of } from "./text-bytes.ts";

/** Rows that are turned into bytes together. */
const batch = 1000;

/**
 * An array of flat row objects as CSV (RFC 4180): a header line, lines that end in CR LF, UTF-8 without a byte order mark.
 * Cells are strings, numbers and booleans, mixed or not; or all BigInts; or all Dates (ISO 8601). In a column that does not
 * hold strings only, strings are quoted and nothing else is, which tells "1" from 1. An empty cell without quotes is null,
 * undefined or a missing property, whichever the column has; an empty string is quoted.
 */
export const csv: Codec = {
  encode(value) {
    const dataVersion = fingerprint(value, { shared: "expand" });
    const { rows, layout } = columnsOfRows("csv", value);
    const { columns } = layout;
    for (const column of columns) checkColumn(rows, column);
    const plain = columns.map(({ kinds }) => holdsStringsOnly(kinds));
    const pieces: string[] = [];
    let lines = columns.length === 0 ? "" : csvLine(columns.map(({ name }) => quoted(name, false)));
    for (let i = 0; i < rows.length; i++) {
      lines += csvLine(columns.map(({ name }, c) => cellText(cellOf(rows[i]!, name), plain[c]!)));
      if (i % batch === batch - 1) {
        pieces.push(lines);
        lines = "";
      }
    }
    pieces.push(lines);
    return { bytes: checkLength("csv", utf8Of(pieces)), dataVersion, params: columnParams(layout) };
  },
  decode(bytes, params) {
    const { rows: count, columns } = readColumns(params);
    const reader = new CsvReader(textOf(bytes));
    const header = columns.length > 0 ? reader.line() : { cells: [] };
    if (header?.cells.length !== columns.length || columns.some(({ name }, i) => name !== header.cells[i])) {
      corrupt("its header is not that of its columns");
    }
    const builder = new RowBuilder(columns);
    const rows: Record<string, unknown>[] = [];
    for (let line = reader.line(); line; line = reader.line()) {
      const { cells, isQuoted } = line;
      if (cells.length !== columns.length) corrupt(`row ${rows.length} has ${cells.length} cells`);
      rows.push(builder.row((c) => cellValue(cells[c]!, isQuoted[c]!, columns[c]!.kinds)));
    }
    if (rows.length !== count) corrupt(`it has ${rows.length} rows, not ${count}`);
    return rows;
  },
};

function holdsStringsOnly(kinds: readonly CellKind[]): boolean {
  return kinds.length === 1 && kinds[0] === "string";
}

const mixable: ReadonlySet<CellKind> = new Set(["string", "number", "boolean"]);
const alone: ReadonlySet<CellKind> = new Set(["bigint", "date"]);

function checkColumn(rows: readonly Row[], { name, kinds }: RowColumn): void {
  const at = (row: number) => [indexStep(row), propertyStep(name)];
  if (!name.isWellFormed())
    cannotCarry("csv", at(0), "has a name with half a surrogate pair, which UTF-8 has no bytes for");
  for (const kind of kinds) {
    const row = () => firstOfKind(rows, name, kind);
    if (!mixable.has(kind) && !alone.has(kind))
      cannotCarry("csv", at(row()), `is a ${kind === "buffer" ? "Buffer" : "Uint8Array"}`);
    if (alone.has(kind) && kinds.length > 1) {
      cannotCarry(
        "csv",
        at(row()),
        `is a ${kind === "date" ? "Date" : "BigInt"} in a column that holds other values too`,
      );
    }
  }
  if (!kinds.includes("string")) return;
  const bad = rows.findIndex((row) => typeof row[name] === "string" && !(row[name] as string).isWellFormed());
  if (bad >= 0) cannotCarry("csv", at(bad), "holds half a surrogate pair, which UTF-8 has no bytes for");
}

function cellText(cell: unknown, plain: boolean): string {
  switch (kindOf(cell)) {
    case "string":
      return quoted(cell as string, !plain);
    case "number":
      return Object.is(cell, -0) ? "-0" : String(cell);
    case "date":
      return (cell as Date).toISOString();
    case undefined:
      return "";
    default:
      return String(cell);
  }
}

function cellValue(text: string, isQuoted: boolean, kinds: readonly CellKind[]): unknown {
  if (isQuoted) return kinds.includes("string") ? text : corrupt("a cell that is no string is quoted");
  if (text === "") return undefined;
  if (holdsStringsOnly(kinds)) return text;
  const value = kinds.includes("bigint") ? bigintOf(text) : kinds.includes("date") ? dateOf(text) : literalOf(text);
  const kind = kindOf(value);
  if (kind === undefined || !kinds.includes(kind))
    corrupt(`${JSON.stringify(text.slice(0, 40))} does not belong in its column`);
  return value;
}

function literalOf(text: string): unknown {
  if (text === "true") return true;
  if (text === "false") return false;
  const value = Number(text);
  return (Object.is(value, -0) ? "-0" : String(value)) === text ? value : undefined;
}

function bigintOf(text: string): unknown {
  return /^(?:0|-?[1-9]\d*)$/.test(text) ? BigInt(text) : undefined;
}

function dateOf(text: string): unknown {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text ? date : undefined;
}
