import { displayWidth, truncate } from "./width.ts";

/** One column of a table of text. Cells are one line each, safe to print. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** The most columns of the terminal that it may take; unlimited unless given. */
  readonly max?: number;
}

export interface TableOptions {
  /** How a title is shown. */
  readonly heading?: (text: string) => string;
  /** Columns of the terminal that the table may take; unlimited unless given. */
  readonly width?: number;
}

export interface FormattedTable {
  /** A line of titles, then a line for each row. */
  readonly lines: readonly string[];
  /** How many columns did not fit, from the right. */
  readonly hidden: number;
}

const gap = "  ";

/** Rows as aligned lines. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { heading = (text) => text, width = Infinity }: TableOptions = {},
): FormattedTable {
  const wanted = columns.map(({ title, max = Infinity }, i) => {
    const widest = rows.reduce((most, row) => Math.max(most, displayWidth(row[i] ?? "")), displayWidth(title));
    return Math.min(widest, max, width);
  });
  const count = fitting(wanted, width);
  const line = (cells: readonly string[], paint: (text: string) => string): string => {
    const parts: string[] = [];
    for (let i = 0; i < count; i++) {
      const cell = truncate(cells[i] ?? "", wanted[i]!);
      const right = columns[i]!.align === "right";
      const room = " ".repeat(wanted[i]! - displayWidth(cell));
      // the last column ends where its text ends
      parts.push(right ? room + paint(cell) : paint(cell) + (i < count - 1 ? room : ""));
    }
    return parts.join(gap).trimEnd();
  };
  const titles = line(
    columns.map(({ title }) => title),
    heading,
  );
  return { lines: [titles, ...rows.map((row) => line(row, (text) => text))], hidden: columns.length - count };
}

/** How many columns fit, from the left; at least one. */
function fitting(widths: readonly number[], width: number): number {
  let used = 0;
  for (const [i, column] of widths.entries()) {
    used += column + (i > 0 ? gap.length : 0);
    if (used > width) return Math.max(1, i);
  }
  return widths.length;
}
