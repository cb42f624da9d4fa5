import type { Cell, ResultTable, Unit } from "./benchmark.ts";

/** A table for a terminal: the first column to the left, numbers to the right. */
export function textTable({ columns, rows }: ResultTable): string {
  const lines = [columns.map(({ name }) => name), ...rows.map((row) => cells(columns, row))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => (columns[at]!.unit === "text" ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The same for a page. */
export function markdownTable({ columns, rows }: ResultTable): string {
  const line = (parts: readonly string[]): string => `| ${parts.join(" | ")} |`;
  return [
    line(columns.map(({ name }) => name)),
    line(columns.map(({ unit }) => (unit === "text" ? "---" : "---:"))),
    ...rows.map((row) => line(cells(columns, row))),
  ].join("\n");
}

function cells(columns: ResultTable["columns"], row: readonly Cell[]): string[] {
  return columns.map(({ unit }, at) => cellText(row[at] ?? null, unit));
}

export function cellText(cell: Cell, unit: Unit): string {
  if (cell === null) return "";
  if (typeof cell === "string") return cell;
  switch (unit) {
    case "ms":
      return duration(cell);
    case "us":
      return `${significant(cell)} µs`;
    case "x":
      return cell > 0 && cell < 0.001 ? "< 0.001x" : `${significant(cell)}x`;
    case "MB":
      return `${Math.round(cell).toLocaleString("en")} MB`;
    case "%":
      return `${significant(cell)}%`;
    default:
      return cell.toLocaleString("en");
  }
}

function duration(ms: number): string {
  if (ms >= 1000) return `${significant(ms / 1000)} s`;
  return Math.abs(ms) < 0.1 ? `${significant(ms * 1000)} µs` : `${significant(ms)} ms`;
}

/** Three digits, for no measurement here is good for more. */
function significant(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", { minimumFractionDigits: 0, maximumFractionDigits: Math.min(digits, 3) });
}
