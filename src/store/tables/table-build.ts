import type { Data, DataType, Dictionary, Field, RecordBatch, Schema, Table, TypeMap } from "apache-arrow";
import { type ColumnField, type ColumnType, layoutOf, widthOf } from "./column-type.ts";
import { bytesForBits, type ColumnParts, isSet, type TableParts } from "./table-parts.ts";

type Arrow = typeof import("apache-arrow");

/**
 * The table that parts describe, in one chunk. The parts may come from bytes that anyone wrote.
 * @throws RangeError, TypeError when they do not fit each other
 */
export function tableOfParts(arrow: Arrow, parts: TableParts): Table {
  const { rows, fields, columns } = parts;
  demand(Number.isSafeInteger(rows) && rows >= 0 && rows < 2 ** 31, "a number of rows");
  demand(fields.length === columns.length, "a column for each field");
  const own = fields.map((field) => fieldOf(arrow, field));
  const schema: Schema = new arrow.Schema(own, new Map(parts.metadata));
  const children = fields.map((field, i) => dataOf(arrow, field.type, own[i]!.type, columns[i]!, rows));
  const struct = arrow.makeData({ type: new arrow.Struct<TypeMap>(own), length: rows, nullCount: 0, children });
  const batch: RecordBatch = new arrow.RecordBatch(schema, struct);
  return new arrow.Table(schema, [batch]);
}

function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new RangeError(`the parts of a table do not fit each other: ${what}`);
}

function fieldOf(arrow: Arrow, { name, nullable, metadata, type }: ColumnField): Field {
  demand(typeof name === "string" && typeof nullable === "boolean", "a name and whether there are nulls");
  return new arrow.Field(name, typeOf(arrow, type), nullable, new Map(metadata));
}

const classes = {
  Date: "Date_",
  Map: "Map_",
} as Readonly<Record<string, string>>;

function typeOf(arrow: Arrow, column: ColumnType): DataType {
  const { type, settings, fields, dictionary } = column;
  const children = fields.map((field) => fieldOf(arrow, field));
  // biome-ignore lint/suspicious/noExplicitAny: the constructors have nothing in common
  const make = arrow[(classes[type] ?? type) as "Int"] as unknown as new (...args: any[]) => DataType;
  switch (layoutOf(column)) {
    case "fixed":
      demand([1, 2, 4, 8, 16, 32].includes(widthOf(column)) || type === "FixedSizeBinary", "a width");
      return new make(...settings);
    case "list":
    case "struct":
      if (type === "Struct") return new make(children);
      demand(children.length === 1, "one kind of item");
      return new make(children[0], ...settings);
    case "fixed-list":
      demand(children.length === 1, "one kind of item");
      return new make(settings[0], children[0]);
    case "words":
      demand(dictionary.length === 2 && dictionary[0]!.type === "Int", "indices and words");
      return new make(typeOf(arrow, dictionary[1]!), typeOf(arrow, dictionary[0]!), null, settings[0]);
    default:
      return new make();
  }
}

function dataOf(arrow: Arrow, column: ColumnType, type: DataType, parts: ColumnParts, length: number): Data {
  const { valid } = parts;
  if (valid !== null)
    demand(valid instanceof Uint8Array && valid.length === bytesForBits(length), "a bit for each row");
  const nullCount = valid === null ? 0 : length - countBits(valid, length);
  const nullBitmap = valid ?? undefined;
  const props = { type, length, nullCount, nullBitmap };
  // biome-ignore lint/suspicious/noExplicitAny: makeData is overloaded by the type, which is known only at run time
  const make = arrow.makeData as (props: any) => Data;
  switch (layoutOf(column)) {
    case "none":
      return make({ type, length });
    case "bits":
      return make({ ...props, data: bytesIn(parts, bytesForBits(length)) });
    case "fixed": {
      const bytes = bytesIn(parts, length * widthOf(column));
      // A view of another type must begin where its elements fit.
      return make({ ...props, data: new (type.ArrayType as ArrayMaker)(bytes.slice().buffer) });
    }
    case "bytes": {
      const counts = countsIn(parts, length);
      return make({ ...props, valueOffsets: offsetsIn(column, counts), data: bytesIn(parts, sumOf(counts)) });
    }
    case "list": {
      const counts = countsIn(parts, length);
      const child = dataOf(arrow, column.fields[0]!.type, typeAt(type, 0), childIn(parts), sumOf(counts));
      return make({ ...props, valueOffsets: offsetsIn(column, counts), child });
    }
    case "fixed-list": {
      const items = length * (column.settings[0] as number);
      return make({ ...props, child: dataOf(arrow, column.fields[0]!.type, typeAt(type, 0), childIn(parts), items) });
    }
    case "struct": {
      demand(parts.children.length === column.fields.length, "a column for each field");
      const children = column.fields.map((field, i) =>
        dataOf(arrow, field.type, typeAt(type, i), parts.children[i]!, length),
      );
      return make({ ...props, children });
    }
    case "words": {
      const counts = countsIn(parts, length);
      const { dictionary, indices } = type as Dictionary;
      const wordCount = length === 0 ? 0 : wordCountOf(counts, valid);
      const words = dataOf(arrow, column.dictionary[1]!, dictionary, childIn(parts), wordCount);
      const wide = column.dictionary[0]!.settings[1] === 64;
      const data = (indices.ArrayType as unknown as ArrayMaker).from(wide ? Array.from(counts, BigInt) : counts);
      return make({ ...props, data, dictionary: new arrow.Vector([words]) });
    }
  }
}

interface ArrayMaker {
  new (buffer: ArrayBufferLike): NodeJS.TypedArray;
  from(values: Iterable<number | bigint>): NodeJS.TypedArray;
}

function typeAt(type: DataType, index: number): DataType {
  return (type.children as Field[])[index]!.type;
}

/** Every word is used. */
function wordCountOf(counts: Int32Array, valid: Uint8Array | null): number {
  let most = -1;
  for (let i = 0; i < counts.length; i++) if (!valid || isSet(valid, i)) most = Math.max(most, counts[i]!);
  return most + 1;
}

function countBits(bits: Uint8Array, length: number): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (isSet(bits, i)) count++;
  return count;
}

function bytesIn({ bytes }: ColumnParts, length: number): Uint8Array {
  demand(bytes instanceof Uint8Array && bytes.length === length, "the bytes of a column");
  return bytes;
}

function countsIn({ counts }: ColumnParts, length: number): Int32Array {
  demand(counts instanceof Int32Array && counts.length === length, "a count for each row");
  demand(
    counts.every((count) => count >= 0),
    "counts from 0 up",
  );
  return counts;
}

function childIn({ children }: ColumnParts): ColumnParts {
  demand(children.length === 1, "one kind of item");
  return children[0]!;
}

function offsetsIn({ type }: ColumnType, counts: Int32Array): Int32Array | BigInt64Array {
  const offsets = new Int32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) offsets[i + 1] = offsets[i]! + counts[i]!;
  return type.startsWith("Large") ? BigInt64Array.from(offsets, BigInt) : offsets;
}

function sumOf(counts: Int32Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
