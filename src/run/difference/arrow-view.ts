import { fail } from "../../core/failure.ts";
import type { ArrowTable } from "../../store/tables/arrow-shape.ts";
import { type ColumnField, type ColumnType, layoutOf, widthOf } from "../../store/tables/column-type.ts";
import { otherColumns } from "../../store/tables/table-class.ts";
import { type ColumnParts, isSet, partsOfTable } from "../../store/tables/table-parts.ts";
import { counted } from "./identity.ts";
import type { ColumnView, TableView } from "./table-view.ts";

/** What is used of the library to show a cell. */
interface Readable {
  getChildAt(column: number): { readonly type: unknown; get(row: number): unknown } | null;
}

/**
 * An Arrow table. Cells are compared by the bytes that are versioned: what the library makes of some (times in nanoseconds)
 * is less than what they hold.
 */
export function arrowView(table: ArrowTable): TableView {
  const { rows, metadata, fields, columns } = partsOfTable(table, (what) =>
    fail("unversionable", `the value ${what}`, { hint: otherColumns }),
  );
  const seen = new Map<string, number>();
  return {
    rows,
    metadata: JSON.stringify(metadata),
    columns: fields.map((field, i): ColumnView => {
      const count = (seen.get(field.name) ?? 0) + 1;
      seen.set(field.name, count);
      const vector = (table as unknown as Readable).getChildAt(i);
      const value = (row: number): unknown => readable(vector?.get(row), field.type);
      const metadataText = field.metadata.length > 0 ? ` ${JSON.stringify(Object.fromEntries(field.metadata))}` : "";
      return {
        name: count === 1 ? field.name : `${field.name} (${count})`,
        type: `${typeText(field.type, vector?.type)}${field.nullable ? "" : " not null"}${metadataText}`,
        exactType: JSON.stringify([field.nullable, field.metadata, field.type]),
        id: cellIds(field.type, columns[i]!),
        looseId: (row) => looseText(value(row)),
        value,
      };
    }),
  };
}

function typeText(type: ColumnType, library: unknown): string {
  return library === undefined || library === null ? type.type : String(library);
}

/** A null differs from every value. */
const nullId = "~";

/** What stands for each element of a column. */
function cellIds(type: ColumnType, parts: ColumnParts): (index: number) => string {
  const { valid } = parts;
  const idOf = elementIds(type, parts);
  return valid ? (index) => (isSet(valid, index) ? `=${idOf(index)}` : nullId) : (index) => `=${idOf(index)}`;
}

function elementIds(type: ColumnType, { bytes, counts, children }: ColumnParts): (index: number) => string {
  const layout = layoutOf(type);
  switch (layout) {
    case "none":
      return () => nullId;
    case "bits":
      return (index) => (isSet(bytes!, index) ? "1" : "0");
    case "fixed": {
      const width = widthOf(type);
      const text = latin1(bytes!);
      return (index) => text(index * width, (index + 1) * width);
    }
    case "bytes": {
      const starts = startsOf(counts!);
      const text = latin1(bytes!);
      return (index) => text(starts[index]!, starts[index + 1]!);
    }
    case "words": {
      const word = cellIds(type.dictionary[1]!, children[0]!);
      return (index) => word(counts![index]!);
    }
    case "struct": {
      const fields = type.fields.map((field: ColumnField, i) => cellIds(field.type, children[i]!));
      return (index) => fields.map((id) => counted(id(index))).join("");
    }
    case "fixed-list": {
      const size = type.settings[0] as number;
      const item = cellIds(type.fields[0]!.type, children[0]!);
      return (index) => joined(item, index * size, (index + 1) * size);
    }
    default: {
      const starts = startsOf(counts!);
      const item = cellIds(type.fields[0]!.type, children[0]!);
      return (index) => joined(item, starts[index]!, starts[index + 1]!);
    }
  }
}

function latin1(bytes: Uint8Array): (from: number, to: number) => string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return (from, to) => buffer.toString("latin1", from, to);
}

function startsOf(counts: Int32Array): Float64Array {
  const starts = new Float64Array(counts.length + 1);
  for (const [i, count] of counts.entries()) starts[i + 1] = starts[i]! + count;
  return starts;
}

function joined(item: (index: number) => string, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += counted(item(i));
  return text;
}

/** A cell as a person wants to see it: what the library gives, without its classes; moments as dates, decimals as numbers. */
function readable(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return value;
  if ((type.type === "Timestamp" || type.type === "Date") && typeof value === "number") {
    const date = new Date(value);
    return Number.isNaN(date.getTime()) ? value : date;
  }
  if (type.type === "Decimal" && ArrayBuffer.isView(value)) return decimal(value, type.settings[0] as number);
  return plain(value);
}

/** Lists and structs of the library as arrays and records. */
function plain(value: unknown): unknown {
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value) || value instanceof Date) return value;
  const { toJSON } = value as { toJSON?: () => unknown };
  const inner = typeof toJSON === "function" ? toJSON.call(value) : value;
  if (Array.isArray(inner)) return inner.map(plain);
  if (inner === null || typeof inner !== "object") return inner;
  return Object.fromEntries(Object.entries(inner).map(([name, item]) => [name, plain(item)]));
}

/** A decimal's digits, from a whole number in two's complement, its lowest byte first. */
class Decimal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.text;
  }
}

function decimal(view: ArrayBufferView, scale: number): Decimal {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  let whole = 0n;
  for (const byte of bytes.toReversed()) whole = (whole << 8n) | BigInt(byte);
  whole = BigInt.asIntN(bytes.length * 8, whole);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const text = scale > 0 ? `${digits.slice(0, point)}.${digits.slice(point)}` : digits;
  return new Decimal(whole < 0n ? `-${text}` : text);
}

function looseText(value: unknown): string {
  if (value === null || value === undefined) return nullId;
  if (value instanceof Date) return `=${value.toISOString()}`;
  if (typeof value !== "object") return `=${value}`;
  return `=${value instanceof Decimal ? value.text : JSON.stringify(value, bigintText)}`;
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
