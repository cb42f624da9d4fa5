/*
 * What is used of tables of apache-arrow. Tables are known by their shape, since a program may hold several copies of the
 * library, or versions of it, and a program without tables must not load it.
 */

export interface ArrowField {
  readonly name: string;
  readonly nullable: boolean;
  readonly type: ArrowType;
  readonly metadata?: ReadonlyMap<string, string>;
}

export interface ArrowType {
  readonly typeId: number;
  readonly children?: readonly ArrowField[] | null;
}

/** One chunk of a column. Element `i` is at index `i` of `values`, `valueOffsets` and `children`, at bit `offset + i` of bitmaps. */
export interface ArrowData {
  readonly type: ArrowType;
  readonly offset: number;
  readonly length: number;
  readonly nullCount: number;
  /** A typed array, or nothing; what the library says of it differs from type to type. */
  readonly values?: unknown;
  readonly valueOffsets?: Int32Array | BigInt64Array | undefined;
  readonly nullBitmap?: Uint8Array | null | undefined;
  readonly children: readonly ArrowData[];
  readonly dictionary?: { readonly data: readonly ArrowData[] } | undefined;
}

export interface ArrowTable {
  readonly schema: { readonly fields: readonly ArrowField[]; readonly metadata?: ReadonlyMap<string, string> };
  readonly batches: readonly { readonly data: ArrowData }[];
}

const marks = ["getChildAt", "selectAt", "setChildAt", "concat", "batches", "numRows", "schema"];

/** Whether objects with this prototype are tables of some copy of apache-arrow; of the very class, not of a subclass. */
export function isTablePrototype(prototype: object): boolean {
  return Object.hasOwn(prototype, marks[0]!) && marks.every((name) => name in prototype);
}

/** Whether a value is a table of some copy of apache-arrow. */
export function isTable(value: unknown): value is ArrowTable {
  if (value === null || typeof value !== "object") return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype !== null && isTablePrototype(prototype);
}
