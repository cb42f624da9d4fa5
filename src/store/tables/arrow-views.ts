import type { ArrowData, ArrowField, ArrowTable, ArrowType } from "./arrow-shape.ts";

/** The types whose elements lie in several buffers, with those of the same elements in one. */
const plainTypes: Readonly<Record<number, number>> = { 23: 19, 24: 20 };

/** Up to so many bytes an element lies in its view. */
const inline = 12;

/**
 * A table whose texts and bytes lie one after another, as everything here reads them: views (which polars writes) become what
 * they show. What else there is stays as it is.
 */
export function withoutViews({ schema, batches }: ArrowTable): ArrowTable {
  return {
    schema: { fields: schema.fields.map(plainField), ...(schema.metadata ? { metadata: schema.metadata } : {}) },
    batches: batches.map(({ data }) => ({ data: plainData(data) })),
  };
}

function plainField({ name, nullable, type, metadata }: ArrowField): ArrowField {
  return { name, nullable, type: plainType(type), ...(metadata ? { metadata } : {}) };
}

function plainType(type: ArrowType): ArrowType {
  const plain = plainTypes[type.typeId];
  if (plain !== undefined) return { typeId: plain };
  const { dictionary } = type as { readonly dictionary?: ArrowType };
  // Settings such as units are read of the type itself.
  return Object.create(type, {
    ...(type.children ? { children: { value: type.children.map(plainField) } } : {}),
    ...(dictionary ? { dictionary: { value: plainType(dictionary) } } : {}),
  }) as ArrowType;
}

function plainData(data: ArrowData): ArrowData {
  const { type, offset, length, nullCount, nullBitmap, dictionary } = data;
  const common = { type: plainType(type), offset, length, nullCount, nullBitmap };
  if (plainTypes[type.typeId] !== undefined) return { ...common, ...gathered(data), children: [] };
  return {
    ...common,
    values: data.values,
    valueOffsets: data.valueOffsets,
    children: data.children.map(plainData),
    dictionary: dictionary && { data: dictionary.data.map(plainData) },
  };
}

/** The elements one after another; what is under a null has no bytes. */
function gathered(data: ArrowData): Pick<ArrowData, "values" | "valueOffsets"> {
  const { offset, length, nullBitmap } = data;
  const buffers = (data as { readonly variadicBuffers?: readonly Uint8Array[] }).variadicBuffers ?? [];
  const views = Buffer.from((data.values as Uint8Array).buffer, (data.values as Uint8Array).byteOffset, length * 16);
  const isNull = (i: number): boolean =>
    !!nullBitmap && nullBitmap.length > 0 && (nullBitmap[(offset + i) >> 3]! & (1 << ((offset + i) & 7))) === 0;
  const ends = new BigInt64Array(length + 1);
  let total = 0;
  for (let i = 0; i < length; i++) {
    if (!isNull(i)) total += views.readInt32LE(i * 16);
    ends[i + 1] = BigInt(total);
  }
  const values = new Uint8Array(total);
  for (let i = 0; i < length; i++) {
    const at = Number(ends[i]);
    const size = Number(ends[i + 1]) - at;
    if (size === 0) continue;
    const from = views.readInt32LE(i * 16 + 12);
    const bytes =
      size <= inline
        ? views.subarray(i * 16 + 4, i * 16 + 4 + size)
        : buffers[views.readInt32LE(i * 16 + 8)]!.subarray(from, from + size);
    values.set(bytes, at);
  }
  return { values, valueOffsets: ends };
}
