import { cannotCarry, indexStep, nameOf, propertyStep } from "./refusal.ts";
import {
  type CellKind,
  cellKinds,
  cellOf,
  type EmptyKind,
  isArrayIndex,
  kindOf,
  type Row,
  type RowColumn,
  type RowColumns,
} from "./row-columns.ts";

/** What is known of a column so far. */
interface Column {
  readonly name: string;
  /** What its cells are, apart from the empty ones, with the row where each kind came first. */
  readonly kinds: Map<CellKind, number>;
  empty: EmptyKind | undefined;
  /** The first row with a text that has half a surrogate pair. */
  unpaired: number | undefined;
}

/** Learns what the columns of flat row objects are, one row after the other, in memory for the columns alone. */
export class ColumnSurvey {
  readonly #format: string;
  readonly #columns = new Map<string, Column>();
  /** In their order, as far as it is known. */
  #names: string[] = [];
  /** Every distinct sequence of keys, with the row where it first came. */
  readonly #sequences = new Map<string, { readonly keys: readonly string[]; readonly row: number }>();
  #last: readonly string[] = [];
  #rows = 0;

  constructor(format: string) {
    this.#format = format;
  }

  /**
   * The next row, which can be versioned.
   * @throws SluiceError `unsupported-value` with the path to what does not fit in a table that gives it back as it is
   */
  add(row: unknown): void {
    const plain = row !== null && typeof row === "object" && Object.getPrototypeOf(row) === Object.prototype;
    if (!plain || Object.getOwnPropertySymbols(row).length > 0)
      cannotCarry(this.#format, [indexStep(this.#rows)], `is ${nameOf(row)}, not a plain object`);
    this.#addKeys(Object.keys(row));
    for (const column of this.#columns.values()) this.#addCell(column, row as Row);
    this.#rows++;
  }

  /** @throws SluiceError `unsupported-value` */
  layout(): RowColumns {
    const names = this.#inOrder();
    if (this.#rows > 0 && names.length === 0) cannotCarry(this.#format, [indexStep(0)], "is a row without columns");
    const columns = names.map((name): RowColumn => {
      const { kinds, empty } = this.#columns.get(name)!;
      const known = cellKinds.filter((kind) => kinds.has(kind));
      return { name, kinds: known, ...(empty === undefined ? {} : { empty }) };
    });
    return { rows: this.#rows, columns };
  }

  /** The first row in which a column has a cell of this kind, for a message. */
  firstOfKind(name: string, kind: CellKind): number {
    return this.#columns.get(name)!.kinds.get(kind)!;
  }

  /** The first row in which a column has a text with half a surrogate pair. */
  firstUnpaired(name: string): number | undefined {
    return this.#columns.get(name)!.unpaired;
  }

  #addKeys(keys: readonly string[]): void {
    const last = this.#last;
    if (keys.length === last.length && keys.every((key, i) => key === last[i])) return;
    this.#last = keys;
    const text = JSON.stringify(keys);
    if (this.#sequences.has(text)) return;
    this.#sequences.set(text, { keys, row: this.#rows });
    const names = this.#names;
    let after = 0;
    for (const key of keys) {
      if (this.#columns.has(key)) {
        after = names.indexOf(key) + 1;
        continue;
      }
      names.splice(after++, 0, key);
      const empty = this.#rows > 0 ? "missing" : undefined;
      this.#columns.set(key, { name: key, kinds: new Map(), empty, unpaired: undefined });
    }
  }

  #addCell(column: Column, row: Row): void {
    const { name, kinds } = column;
    const cell = cellOf(row, name);
    if (cell === null || cell === undefined) {
      const empty = cell === null ? "null" : Object.hasOwn(row, name) ? "undefined" : "missing";
      column.empty ??= empty;
      if (empty !== column.empty) this.#refuse(name, `is ${empty}, where an earlier row has ${column.empty}`);
      return;
    }
    const kind = kindOf(cell);
    if (kind === undefined) this.#refuse(name, `is ${nameOf(cell)}`);
    if (!kinds.has(kind)) kinds.set(kind, this.#rows);
    if (kind === "string" && column.unpaired === undefined && !(cell as string).isWellFormed())
      column.unpaired = this.#rows;
  }

  #refuse(name: string, what: string): never {
    cannotCarry(this.#format, [indexStep(this.#rows), propertyStep(name)], what);
  }

  /** Keys that are array indexes come first in every object, by value. */
  #inOrder(): readonly string[] {
    const indexes = this.#names.filter(isArrayIndex).sort((a, b) => Number(a) - Number(b));
    const names = [...indexes, ...this.#names.filter((name) => !isArrayIndex(name))];
    const positions = new Map(names.map((name, i) => [name, i]));
    for (const { keys, row } of this.#sequences.values()) {
      if (keys.every((key, i) => i === 0 || positions.get(keys[i - 1]!)! < positions.get(key)!)) continue;
      cannotCarry(this.#format, [indexStep(row)], "has its properties in another order than other rows");
    }
    return names;
  }
}

/**
 * What the columns of an array of flat row objects are. That the value can be versioned is known.
 * @throws SluiceError `unsupported-value` with the path to what does not fit in a table that gives it back as it is
 */
export function columnsOfRows(
  format: string,
  value: unknown,
): { readonly rows: readonly Row[]; readonly layout: RowColumns; readonly survey: ColumnSurvey } {
  if (!Array.isArray(value)) cannotCarry(format, [], `is ${nameOf(value)}, not an array of rows`);
  const rows = value as readonly Row[];
  const survey = new ColumnSurvey(format);
  for (let i = 0; i < rows.length; i++) {
    if (!Object.hasOwn(rows, i)) cannotCarry(format, [indexStep(i)], "is a hole in an array, not a plain object");
    survey.add(rows[i]);
  }
  return { rows, layout: survey.layout(), survey };
}
