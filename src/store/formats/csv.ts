import { fingerprint } from "../../core/fingerprint.ts";
import type { Codec } from "../format.ts";
import { type ColumnSurvey, columnsOfRows } from "./column-survey.ts";
import { CsvReader, csvLine, quoted } from "./csv-text.ts";
import { cannotCarry, indexStep, propertyStep } from "./refusal.ts";
import {
  type CellKind,
  cellOf,
  columnParams,
  kindOf,
  type Row,
  RowBuilder,
  type RowColumn,
  type RowColumns,
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
    const { rows, layout, survey } = columnsOfRows("csv", value);
    const writer = new CsvWriter(layout, survey);
    const pieces: string[] = [];
    let lines = writer.header();
    for (let i = 0; i < rows.length; i++) {
      lines += writer.line(rows[i]!);
      if (i % batch === batch - 1) {
        pieces.push(lines);
        lines = "";
      }
    }
    pieces.push(lines);
    return { bytes: checkLength("csv", utf8Of(pieces)), dataVersion, params: columnParams(layout) };
  },
  decode(bytes, params) {
    const parser = new CsvParser(readColumns(params));
    const rows = parser.rows(textOf(bytes));
    parser.end();
    return rows;
  },
};

/** Writes rows whose columns are known. */
export class CsvWriter {
  readonly #columns: readonly RowColumn[];
  /** Whether a column holds strings only, which then need no quotes. */
  readonly #plain: readonly boolean[];

  /** @throws SluiceError `unsupported-value` with the path to what CSV cannot carry */
  constructor({ columns }: RowColumns, survey: ColumnSurvey) {
    for (const column of columns) checkColumn(survey, column);
    this.#columns = columns;
    this.#plain = columns.map(({ kinds }) => holdsStringsOnly(kinds));
  }

  /** The first line; nothing where there are no columns. */
  header(): string {
    return this.#columns.length === 0 ? "" : csvLine(this.#columns.map(({ name }) => quoted(name, false)));
  }

  line(row: Row): string {
    return csvLine(this.#columns.map(({ name }, c) => cellText(cellOf(row, name), this.#plain[c]!)));
  }
}

/** Reads rows back, from texts of whole lines one after the other. */
export class CsvParser {
  readonly #layout: RowColumns;
  readonly #builder: RowBuilder;
  #hasHeader = false;
  #rows = 0;

  constructor(layout: RowColumns) {
    this.#layout = layout;
    this.#builder = new RowBuilder(layout.columns);
  }

  /** @throws SluiceError `corrupt-value` */
  rows(text: string): Record<string, unknown>[] {
    const { columns } = this.#layout;
    const reader = new CsvReader(text);
    if (!this.#hasHeader) this.#readHeader(reader);
    const rows: Record<string, unknown>[] = [];
    for (let line = reader.line(); line; line = reader.line()) {
      const { cells, isQuoted } = line;
      if (cells.length !== columns.length) corrupt(`row ${this.#rows} has ${cells.length} cells`);
      rows.push(this.#builder.row((c) => cellValue(cells[c]!, isQuoted[c]!, columns[c]!.kinds)));
      this.#rows++;
    }
    return rows;
  }

  /** @throws SluiceError `corrupt-value` when there were more rows or fewer */
  end(): void {
    const { rows, columns } = this.#layout;
    if (!this.#hasHeader && columns.length > 0) corrupt("it has no header");
    if (this.#rows !== rows) corrupt(`it has ${this.#rows} rows, not ${rows}`);
  }

  #readHeader(reader: CsvReader): void {
    const { columns } = this.#layout;
    const header = columns.length > 0 ? reader.line() : { cells: [] };
    if (header?.cells.length !== columns.length || columns.some(({ name }, i) => name !== header.cells[i])) {
      corrupt("its header is not that of its columns");
    }
    this.#hasHeader = true;
  }
}

function holdsStringsOnly(kinds: readonly CellKind[]): boolean {
  return kinds.length === 1 && kinds[0] === "string";
}

const mixable: ReadonlySet<CellKind> = new Set(["string", "number", "boolean"]);
const alone: ReadonlySet<CellKind> = new Set(["bigint", "date"]);

function checkColumn(survey: ColumnSurvey, { name, kinds }: RowColumn): void {
  const at = (row: number) => [indexStep(row), propertyStep(name)];
  if (!name.isWellFormed())
    cannotCarry("csv", at(0), "has a name with half a surrogate pair, which UTF-8 has no bytes for");
  for (const kind of kinds) {
    const row = () => survey.firstOfKind(name, kind);
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
  const bad = survey.firstUnpaired(name);
  if (bad !== undefined) cannotCarry("csv", at(bad), "holds half a surrogate pair, which UTF-8 has no bytes for");
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
