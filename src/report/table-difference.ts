import type { RowChange, TableDifference } from "../run/difference/difference.ts";
import { formatCount, formatNumber } from "../text/quantity.ts";
import { sanitize } from "../text/sanitize.ts";
import { changeLines, type DifferenceLinesOptions } from "./change-lines.ts";
import { truncate } from "./width.ts";

/** How two tables differ, for a person: counts, columns, then some of the rows. */
export function tableDifferenceLines(difference: TableDifference, options: DifferenceLinesOptions): string[] {
  const { rows, sample, notes } = difference;
  const { style, columns: width } = options;
  const fit = (text: string): string => truncate(text, width);
  const lines = [...rowCounts(difference).map(fit), ...columnLines(difference, options)];
  for (const change of sample) lines.push(...rowLines(change, difference, options));
  const more = rows.added + rows.removed + rows.changed + rows.moved - sample.length;
  if (more > 0) lines.push(style.dim(`… ${formatCount(more, "more row")}`));
  lines.push(...notes.map((note) => style.dim(fit(note))));
  return lines;
}

function rowCounts({ rows, matchedBy, key }: TableDifference): string[] {
  const { before, after } = rows;
  const size =
    before === after ? formatCount(before, "row") : `${formatNumber(before)} -> ${formatCount(after, "row")}`;
  const kinds = (["changed", "added", "removed", "moved"] as const).filter((kind) => rows[kind] > 0);
  const counts = kinds.map((kind) => `${formatNumber(rows[kind])} ${kind}`);
  const by = matchedBy === "key" ? ` (by ${key!.map(sanitize).join(", ")})` : "";
  return [`${size}: ${counts.length > 0 ? counts.join(", ") : "the same"}${by}`];
}

function columnLines({ columns }: TableDifference, options: DifferenceLinesOptions): string[] {
  const { style, columns: width } = options;
  const fit = (text: string): string => truncate(text, width);
  const lines: string[] = [];
  for (const name of columns.removed) lines.push(style.bad(fit(`- column ${sanitize(name)}`)));
  for (const name of columns.added) lines.push(style.good(fit(`+ column ${sanitize(name)}`)));
  for (const { name, before, after } of columns.types) {
    lines.push(...changeLines(`type of ${sanitize(name)}`, before, after, options));
  }
  if (columns.reordered) lines.push(`${style.warn("~")} the columns are in another order`);
  if (columns.changed.length > 0) {
    const counts = columns.changed.map(({ name, rows }) => `${sanitize(name)} in ${formatCount(rows, "row")}`);
    lines.push(fit(`changed columns: ${counts.join(", ")}`));
  }
  return lines;
}

const marks = { changed: "~", added: "+", removed: "-", moved: "~" } as const;

function rowLines(row: RowChange, { key }: TableDifference, options: DifferenceLinesOptions): string[] {
  const { style, columns: width } = options;
  const fit = (text: string): string => truncate(text, width);
  const name = row.key ? row.key.map((value, i) => `${sanitize(key![i]!)} ${sanitize(value)}`).join(", ") : place(row);
  if (row.change === "changed") {
    const [only] = row.cells;
    if (row.cells.length === 1) return changeLines(`${name} ${sanitize(only!.column)}`, ...texts(only!), options);
    const cells = row.cells.flatMap((cell) =>
      changeLines(sanitize(cell.column), ...texts(cell), { style, columns: width - 4 }).map((line) => `    ${line}`),
    );
    return [`${style.warn("~")} ${truncate(name, width - 2)}`, ...cells, ...more(row, options)];
  }
  if (row.change === "moved") return [`${style.warn("~")} ${truncate(`${name}: moved, ${place(row)}`, width - 2)}`];
  const cells = row.cells.map((cell) => `${sanitize(cell.column)}: ${sanitize(cell.before ?? cell.after ?? "")}`);
  const tail = row.moreCells === undefined ? "" : `, … ${formatCount(row.moreCells, "more column")}`;
  const line = fit(`${marks[row.change]} ${name}  ${cells.join(", ")}${tail}`);
  return [row.change === "added" ? style.good(line) : style.bad(line)];
}

/** A cell that is not there at all is told from one that holds undefined. */
function texts({ before, after }: RowChange["cells"][number]): [string, string] {
  return [before ?? "(absent)", after ?? "(absent)"];
}

function more({ moreCells }: RowChange, { style }: DifferenceLinesOptions): string[] {
  return moreCells === undefined ? [] : [style.dim(`    … ${formatCount(moreCells, "more column")}`)];
}

/** Where a row is, as an index: `[3]`, or `[3] -> [4]`. */
function place({ rowBefore, rowAfter }: RowChange): string {
  const both = rowBefore !== undefined && rowAfter !== undefined && rowBefore !== rowAfter;
  return both ? `[${rowBefore}] -> [${rowAfter}]` : `[${rowBefore ?? rowAfter}]`;
}
