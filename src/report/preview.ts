import { inspect } from "node:util";
import { fileRefOf } from "../core/file-ref.ts";
import { formatBytes, formatCount, formatNumber } from "../text/quantity.ts";
import { sanitize, sanitizeLines } from "../text/sanitize.ts";
import type { Peeked } from "./peek.ts";
import { type Rows, rowsOf } from "./rows.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";
import { truncate } from "./width.ts";

export interface PreviewOptions {
  readonly style: Style;
  /** Columns of the terminal; Infinity for none. */
  readonly columns: number;
  /** The most rows of a table, items of a list, or lines of a text; 20 unless given. */
  readonly rows?: number;
}

const maxBytes = 256;
const maxCell = 40;

/** Any value as lines for a person: tables as tables, text as text, bytes as hexadecimal, the rest as JavaScript. */
export function previewValue(value: unknown, options: PreviewOptions): string[] {
  const limit = options.rows ?? 20;
  if (typeof value === "string") return previewText(value, limit, options);
  if (value instanceof Uint8Array) return previewBytes(value, options);
  const file = fileRefOf(value);
  if (file) return [`file ${sanitize(file.name)}, ${formatBytes(file.size)}, ${file.digest.slice(0, 12)}`];
  const rows = rowsOf(value);
  if (rows) return previewRows(rows, limit, options);
  const text = inspect(value, {
    depth: 4,
    maxArrayLength: limit,
    maxStringLength: 1000,
    breakLength: Number.isFinite(options.columns) ? options.columns : 120,
    sorted: false,
  });
  return sanitizeLines(text);
}

/** Stored rows by the first of them. */
export function previewPeeked({ count, size, first }: Peeked, options: PreviewOptions): string[] {
  const { style } = options;
  const rows = rowsOf(first);
  if (rows) return previewRows({ ...rows, count }, first.length, options, formatBytes(size));
  const lines = first.map((row) => sanitize(inspect(row, { depth: 4, breakLength: Infinity, compact: true })));
  const shown = lines.map((line) => truncate(line, options.columns));
  const more = count - first.length;
  return [
    style.dim(`${formatCount(count, "row")}, ${formatBytes(size)}`),
    ...shown,
    ...(more > 0 ? [style.dim(`… ${formatNumber(more)} more rows`)] : []),
  ];
}

function previewText(text: string, limit: number, { style }: PreviewOptions): string[] {
  const lines = sanitizeLines(text);
  if (lines.length <= limit) return lines;
  return [...lines.slice(0, limit), style.dim(`… ${formatCount(lines.length - limit, "more line")}`)];
}

/** As `xxd` does it: offset, sixteen bytes, what of them is printable. */
function previewBytes(bytes: Uint8Array, { style }: PreviewOptions): string[] {
  const lines = [style.dim(formatBytes(bytes.length))];
  for (let offset = 0; offset < Math.min(bytes.length, maxBytes); offset += 16) {
    const part = [...bytes.subarray(offset, Math.min(offset + 16, maxBytes))];
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${style.dim(offset.toString(16).padStart(8, "0"))}  ${hex.padEnd(47)}  ${text}`);
  }
  if (bytes.length > maxBytes) lines.push(style.dim(`… ${formatBytes(bytes.length - maxBytes)} more`));
  return lines;
}

function previewRows(
  { columns, count, cell }: Rows,
  limit: number,
  { style, columns: width }: PreviewOptions,
  bytes?: string,
): string[] {
  const shown = Math.min(count, limit);
  const rows = Array.from({ length: shown }, (_, row) => columns.map((_, column) => cellText(cell(row, column))));
  const numeric = columns.map((_, column) => {
    for (let row = 0; row < shown; row++) {
      const value = cell(row, column);
      if (value !== null && value !== undefined) return typeof value === "number" || typeof value === "bigint";
    }
    return false;
  });
  const { lines, hidden } = formatTable(
    columns.map((title, i) => ({ title: sanitize(title), align: numeric[i] ? "right" : "left", max: maxCell })),
    rows,
    { heading: style.bold, width },
  );
  const facts = [formatCount(count, "row"), formatCount(columns.length, "column"), ...(bytes ? [bytes] : [])];
  const notes = [
    ...(count > shown ? [`${formatNumber(count - shown)} more rows`] : []),
    ...(hidden > 0
      ? [`${formatCount(hidden, "more column")}: ${columns.slice(-hidden).map(sanitize).join(", ")}`]
      : []),
  ];
  return [style.dim(facts.join(", ")), ...lines, ...notes.map((note) => style.dim(truncate(`… ${note}`, width)))];
}

/** One cell on one line. */
function cellText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return sanitize(value.length > 200 ? `${value.slice(0, 200)}…` : value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  const file = fileRefOf(value);
  if (file) return sanitize(file.name);
  const options = { depth: 1, maxArrayLength: 5, maxStringLength: 100, breakLength: Infinity, compact: true };
  return sanitize(inspect(value, options));
}
