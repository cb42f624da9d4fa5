import { fileRefOf } from "../core/file-ref.ts";
import type { JsonValue } from "../core/json.ts";
import { rowsRefOf } from "../core/rows-ref.ts";
import { isDirHandle } from "../platform/dir-handle.ts";
import type { Peeked } from "./peek.ts";
import { rowsOf } from "./rows.ts";

/**
 * A value as JSON for other programs to read. JSON carries less than a value does, so this is a projection: dates become ISO
 * strings, bigints decimal strings, NaN, infinities and undefined null, bytes base64, maps lists of pairs, sets and typed
 * arrays lists, tables lists of objects, files their name, size and digest, folders their name and files, stored rows their number,
 * size and digest, and what contains itself `"[circular]"`.
 */
export function valueToJson(value: unknown): JsonValue {
  return convert(value, new Set());
}

/** Stored rows as JSON, with the first of them. */
export function peekedToJson({ count, size, digest, format, first }: Peeked): JsonValue {
  return { rows: count, size, digest, format, first: first.map(valueToJson) };
}

function convert(value: unknown, above: Set<object>): JsonValue {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : null;
    case "bigint":
      return value.toString();
    case "object":
      break;
    default:
      return null;
  }
  if (value === null) return null;
  if (above.has(value)) return "[circular]";
  above.add(value);
  const converted = convertObject(value, (inner) => convert(inner, above));
  above.delete(value);
  return converted;
}

function convertObject(value: object, inner: (value: unknown) => JsonValue): JsonValue {
  if (Array.isArray(value)) return Array.from(value, inner);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64");
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float64Array, inner);
  if (value instanceof Map) return [...value].map(([key, item]) => [inner(key), inner(item)]);
  if (value instanceof Set) return [...value].map(inner);
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (value instanceof Error) return { name: value.name, message: value.message };
  const file = fileRefOf(value);
  if (file) return { file: file.name, size: file.size, digest: file.digest };
  if (isDirHandle(value)) return { folder: value.name, files: value.files.map(inner) };
  const stored = rowsRefOf(value);
  if (stored) return { rows: stored.count, size: stored.stored.size, digest: stored.version };
  const rows = rowsOf(value);
  if (rows) {
    const record = (row: number): JsonValue =>
      Object.fromEntries(rows.columns.map((name, column) => [name, inner(rows.cell(row, column))]));
    return Array.from({ length: rows.count }, (_, row) => record(row));
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inner(item)]));
}
