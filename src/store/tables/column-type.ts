import type { ArrowField, ArrowType } from "./arrow-shape.ts";

/** The numbers by which Arrow's types go (https://github.com/apache/arrow/blob/main/format/Schema.fbs). */
const numbered = {
  1: "Null",
  2: "Int",
  3: "Float",
  4: "Binary",
  5: "Utf8",
  6: "Bool",
  7: "Decimal",
  8: "Date",
  9: "Time",
  10: "Timestamp",
  11: "Interval",
  12: "List",
  13: "Struct",
  15: "FixedSizeBinary",
  16: "FixedSizeList",
  17: "Map",
  18: "Duration",
  19: "LargeBinary",
  20: "LargeUtf8",
  21: "LargeList",
  [-1]: "Dictionary",
} as const;

/** Types that are not supported, so that a message can name them. */
const others: Readonly<Record<number, string>> = { 14: "Union", 22: "RunEndEncoded", 23: "BinaryView", 24: "Utf8View" };

type TypeName = (typeof numbered)[keyof typeof numbered];

/** A column's type as plain data: what is versioned and stored of it. */
export interface ColumnType {
  readonly type: TypeName;
  /** The numbers that the type has: `bitWidth`, `precision`, `unit`... */
  readonly settings: readonly (number | boolean | string | null)[];
  /** What a list, struct or map is made of. */
  readonly fields: readonly ColumnField[];
  /** The type of a dictionary's indices, and of its values. */
  readonly dictionary: readonly ColumnType[];
}

export interface ColumnField {
  readonly name: string;
  readonly nullable: boolean;
  /** Sorted by key. */
  readonly metadata: readonly (readonly [key: string, value: string])[];
  readonly type: ColumnType;
}

/** The settings of each type, in the order in which the classes of apache-arrow take them. */
const settings: Readonly<Partial<Record<TypeName, readonly string[]>>> = {
  Int: ["isSigned", "bitWidth"],
  Float: ["precision"],
  Decimal: ["scale", "precision", "bitWidth"],
  Date: ["unit"],
  Time: ["unit", "bitWidth"],
  Timestamp: ["unit", "timezone"],
  Interval: ["unit"],
  Duration: ["unit"],
  FixedSizeBinary: ["byteWidth"],
  FixedSizeList: ["listSize"],
  Map: ["keysSorted"],
  Dictionary: ["isOrdered"],
};

/** A field as plain data. `refuse` is told of a type that is not supported. */
export function describeField(field: ArrowField, refuse: (what: string) => never): ColumnField {
  return {
    name: field.name,
    nullable: field.nullable,
    metadata: sorted(field.metadata),
    type: describeType(field.type, refuse),
  };
}

/** The entries of metadata in the order of their keys: in which order they stand says nothing. */
export function sorted(metadata: ReadonlyMap<string, string> | undefined): [string, string][] {
  return [...(metadata ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
}

function describeType(type: ArrowType, refuse: (what: string) => never): ColumnType {
  const name: TypeName | undefined = numbered[type.typeId as keyof typeof numbered];
  if (name === undefined) refuse(`has the Arrow type ${others[type.typeId] ?? `number ${type.typeId}`}`);
  const own = type as unknown as Readonly<Record<string, number | boolean | string | null | undefined>>;
  const parts = type as { readonly indices?: ArrowType; readonly dictionary?: ArrowType };
  const isDictionary = name === "Dictionary";
  return {
    type: name,
    settings: (settings[name] ?? []).map((key) => own[key] ?? (key === "keysSorted" ? false : null)),
    fields: isDictionary ? [] : (type.children ?? []).map((field) => describeField(field, refuse)),
    dictionary: isDictionary ? [describeType(parts.indices!, refuse), describeType(parts.dictionary!, refuse)] : [],
  };
}

/** How the elements of a column are laid out. */
export type Layout = "none" | "bits" | "fixed" | "bytes" | "list" | "fixed-list" | "struct" | "words";

export function layoutOf({ type }: ColumnType): Layout {
  switch (type) {
    case "Null":
      return "none";
    case "Bool":
      return "bits";
    case "Utf8":
    case "LargeUtf8":
    case "Binary":
    case "LargeBinary":
      return "bytes";
    case "List":
    case "LargeList":
    case "Map":
      return "list";
    case "FixedSizeList":
      return "fixed-list";
    case "Struct":
      return "struct";
    case "Dictionary":
      return "words";
    default:
      return "fixed";
  }
}

/** Bytes of one element of a column with the layout `fixed`. */
export function widthOf(column: ColumnType): number {
  const [first, second, third] = column.settings as number[];
  switch (column.type) {
    case "Int":
    case "Time":
      return second! / 8;
    case "Float":
      return 2 << first!;
    case "Decimal":
      return third! / 8;
    case "Date":
      return first === 0 ? 4 : 8;
    case "Interval":
      return 4 << first!;
    case "FixedSizeBinary":
      return first!;
    default:
      return 8;
  }
}
