import { fail } from "../../core/failure.ts";

/** How to read CSV that somebody else wrote. */
export interface ForeignCsv {
  /** What stands between cells; a comma unless given. */
  readonly separator?: string;
  /** What columns hold, where that is not to be guessed. */
  readonly types?: Readonly<Record<string, ForeignType>>;
}

/** What a column of CSV holds; `auto` is a number or true or false where all its cells are, else a text. */
export type ForeignType = (typeof foreignTypes)[number];

export const foreignTypes = ["string", "number", "boolean", "auto"] as const;

type Cell = string | null;

/**
 * Rows of CSV from any program: RFC 4180, with any line ends, with a byte order mark or without. The first line names the columns. An
 * empty cell without quotes is null.
 * @throws SluiceError `corrupt-value` with the line where it is no CSV, or where a column does not hold what it should
 */
export function readForeignCsv(
  text: string,
  { separator = ",", types = {} }: ForeignCsv = {},
): Record<string, unknown>[] {
  const found = [...cellLines(text.startsWith("\uFEFF") ? text.slice(1) : text, separator)];
  const header = found.shift()?.cells.map((cell) => cell ?? "") ?? [];
  const lines = found.map(({ cells }) => cells);
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) wrong(1, `two columns are called ${JSON.stringify(twice)}`);
  for (const name of Object.keys(types))
    if (!header.includes(name)) wrong(1, `there is no column ${JSON.stringify(name)}`);
  for (const [i, cells] of lines.entries()) {
    if (cells.length !== header.length)
      wrong(found[i]!.line, `it has ${cells.length} cells, and the header ${header.length}`);
  }
  const readers = header.map((name, c) =>
    readerOf((Object.hasOwn(types, name) ? types[name] : undefined) ?? "auto", name, lines, c),
  );
  return lines.map((cells, i) => {
    const row: Record<string, unknown> = {};
    for (const [c, name] of header.entries()) {
      const value = readers[c]!(cells[c]!, found[i]!.line);
      Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return row;
  });
}

/**
 * The names of the columns, from the beginning of such a text; undefined where the first line does not end in it.
 * @param isAll whether that is all of the text
 */
export function csvHeader(text: string, separator = ",", isAll = false): readonly string[] | undefined {
  const lines = cellLines(text.startsWith("\uFEFF") ? text.slice(1) : text, separator);
  const first = lines.next();
  // With another line after it, it has not been cut off.
  if (first.done || !(isAll || !lines.next().done)) return undefined;
  return first.value.cells.map((cell) => cell ?? "");
}

/** The cells of each line, and the number of that; blank lines are none. */
function* cellLines(text: string, separator: string): Generator<{ readonly cells: Cell[]; readonly line: number }> {
  let cells: Cell[] = [];
  let [at, line, within] = [0, 1, 0];
  while (at < text.length) {
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1);
      if (end < 0) wrong(line + within, "its quotes are not closed");
      const cell = text.slice(at + 1, end).replaceAll('""', '"');
      cells.push(cell);
      within += cell.match(/\r\n|[\r\n]/g)?.length ?? 0;
      at = end + 1;
    } else {
      let end = at;
      while (end < text.length && !text.startsWith(separator, end) && text[end] !== "\n" && text[end] !== "\r") end++;
      cells.push(end === at ? null : text.slice(at, end));
      at = end;
    }
    if (text.startsWith(separator, at)) {
      at += separator.length;
      // A separator at the very end has an empty cell after it.
      if (at < text.length && text[at] !== "\n" && text[at] !== "\r") continue;
      cells.push(null);
    }
    if (at < text.length && text[at] !== "\n" && text[at] !== "\r")
      wrong(line + within, "there is text after closing quotes");
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    at++;
    if (cells.length > 1 || cells[0] !== null) yield { cells, line };
    line += 1 + within;
    [cells, within] = [[], 0];
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = from; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0 || text[at + 1] !== '"') return at;
  }
}

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$|^NaN$|^[+-]?Infinity$/;
/** What only looks like a number: codes with leading zeros, and more digits than a number has. */
const code = /^[+-]?0\d/;

function isNumber(cell: string): boolean {
  return number.test(cell) && !code.test(cell) && (!/^[+-]?\d+$/.test(cell) || Number.isSafeInteger(Number(cell)));
}

function readerOf(
  type: ForeignType,
  name: string,
  lines: readonly Cell[][],
  c: number,
): (cell: Cell, line: number) => unknown {
  if (type === "string") return (cell) => cell;
  if (type === "auto") {
    const cells = lines.flatMap((line) => line[c] ?? []);
    const found =
      cells.length === 0 ? "string" : cells.every(isNumber) ? "number" : cells.every(isFlag) ? "boolean" : "string";
    return readerOf(found, name, lines, c);
  }
  return (cell, line) => {
    if (cell === null) return null;
    if (type === "number" ? number.test(cell) : isFlag(cell))
      return type === "number" ? Number(cell) : /^true$/i.test(cell);
    return wrong(line, `${JSON.stringify(cell.slice(0, 40))} in the column ${JSON.stringify(name)} is no ${type}`);
  };
}

function isFlag(cell: string): boolean {
  return /^(?:true|false)$/i.test(cell);
}

function wrong(line: number, what: string): never {
  fail("corrupt-value", `line ${line} of the CSV: ${what}`);
}
