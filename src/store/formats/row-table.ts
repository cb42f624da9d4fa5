import { isDeepStrictEqual } from "node:util";
import type { ColumnField, ColumnType } from "../tables/column-type.ts";
import { bytesForBits, type ColumnParts, isSet, set, type TableParts } from "../tables/table-parts.ts";
import { cannotCarry, indexStep, propertyStep } from "./refusal.ts";
import {
  type CellKind,
  cellOf,
  firstOfKind,
  type Row,
  RowBuilder,
  type RowColumn,
  type RowColumns,
} from "./row-columns.ts";
import { corrupt } from "./text-bytes.ts";

/*
 * Rows as a table. A column holds one kind of cell and nulls: string as Utf8, number as Float64, boolean as Bool, Date as
 * Timestamp of milliseconds in UTC, BigInt as Int64 (Uint64 where a value needs that), Uint8Array and Buffer as Binary.
 */

const plain = { settings: [], fields: [], dictionary: [] };

function typeOf(kind: CellKind | undefined, unsigned: boolean): ColumnType {
  switch (kind) {
    case "number":
      return { ...plain, type: "Float", settings: [2] };
    case "boolean":
      return { ...plain, type: "Bool" };
    case "bigint":
      return { ...plain, type: "Int", settings: [!unsigned, 64] };
    case "date":
      return { ...plain, type: "Timestamp", settings: [1, "UTC"] };
    case "bytes":
    case "buffer":
      return { ...plain, type: "Binary" };
    default:
      return { ...plain, type: "Utf8" };
  }
}

/** @throws SluiceError `unsupported-value` with the path to a cell that does not fit in its column */
export function partsOfRows(format: string, rows: readonly Row[], { columns }: RowColumns): TableParts {
  const made = columns.map((column) => columnOf(format, rows, column));
  return {
    rows: rows.length,
    metadata: [],
    fields: made.map(({ field }) => field),
    columns: made.map(({ parts }) => parts),
  };
}

function columnOf(
  format: string,
  rows: readonly Row[],
  { name, kinds, empty }: RowColumn,
): { readonly field: ColumnField; readonly parts: ColumnParts } {
  const at = (row: number) => [indexStep(row), propertyStep(name)];
  const [kind, other] = kinds;
  if (other !== undefined) {
    const row = Math.max(firstOfKind(rows, name, kind!), firstOfKind(rows, name, other));
    cannotCarry(format, at(row), `is of another type than in earlier rows (${kinds.join(", ")})`);
  }
  if (!name.isWellFormed())
    cannotCarry(format, at(0), "has a name with half a surrogate pair, which UTF-8 has no bytes for");
  const cells = rows.map((row) => cellOf(row, name) ?? null);
  const unsigned = kind === "bigint" && isUnsigned(format, cells as (bigint | null)[], at);
  const valid = empty === undefined ? null : validOf(cells);
  return {
    field: { name, nullable: true, metadata: [], type: typeOf(kind, unsigned) },
    parts: { valid, children: [], ...cellsOf(format, cells, kind, unsigned, at) },
  };
}

function validOf(cells: readonly unknown[]): Uint8Array {
  const valid = new Uint8Array(bytesForBits(cells.length));
  for (let i = 0; i < cells.length; i++) if (cells[i] !== null) set(valid, i);
  return valid;
}

type At = (row: number) => ReturnType<typeof indexStep>[];

function isUnsigned(format: string, cells: readonly (bigint | null)[], at: At): boolean {
  let unsigned = false;
  for (const cell of cells) if (cell !== null && cell >= 2n ** 63n) unsigned = true;
  const [least, most] = unsigned ? [0n, 2n ** 64n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];
  const bad = cells.findIndex((cell) => cell !== null && (cell < least || cell > most));
  if (bad >= 0) cannotCarry(format, at(bad), "is a BigInt that does not fit in 64 bits with the others");
  return unsigned;
}

function cellsOf(
  format: string,
  cells: readonly unknown[],
  kind: CellKind | undefined,
  unsigned: boolean,
  at: At,
): Pick<ColumnParts, "bytes" | "counts"> {
  const fixed = (values: NodeJS.TypedArray) => ({ bytes: new Uint8Array(values.buffer), counts: null });
  switch (kind) {
    case "number":
      return fixed(Float64Array.from(cells as number[], (cell) => cell ?? 0));
    case "bigint":
      return fixed(
        unsigned
          ? BigUint64Array.from(cells as bigint[], (cell) => cell ?? 0n)
          : BigInt64Array.from(cells as bigint[], (cell) => cell ?? 0n),
      );
    case "date":
      return fixed(BigInt64Array.from(cells as Date[], (cell) => (cell === null ? 0n : BigInt(cell.getTime()))));
    case "boolean": {
      const bits = new Uint8Array(bytesForBits(cells.length));
      for (let i = 0; i < cells.length; i++) if (cells[i] === true) set(bits, i);
      return { bytes: bits, counts: null };
    }
    default: {
      const counts = new Int32Array(cells.length);
      const all = cells.map((cell, i) => {
        if (typeof cell === "string" && !cell.isWellFormed()) {
          cannotCarry(format, at(i), "holds half a surrogate pair, which UTF-8 has no bytes for");
        }
        const bytes = typeof cell === "string" ? Buffer.from(cell, "utf8") : ((cell ?? new Uint8Array()) as Uint8Array);
        counts[i] = bytes.length;
        return bytes;
      });
      const total = all.reduce((sum, bytes) => sum + bytes.length, 0);
      if (total > 2 ** 31 - 1) cannotCarry(format, at(0), "is in a column of more than 2 GiB");
      return { bytes: new Uint8Array(Buffer.concat(all)), counts };
    }
  }
}

/** @throws SluiceError `corrupt-value` when the table is not one that was made of such rows */
export function rowsOfParts({ rows, fields, columns }: TableParts, layout: RowColumns): Record<string, unknown>[] {
  if (rows !== layout.rows || fields.length !== layout.columns.length) corrupt("its table is not that of its columns");
  const cells = layout.columns.map(({ name, kinds }, i) => {
    const { type } = fields[i]!;
    const expected = typeOf(kinds[0], type.settings[0] === false);
    if (name !== fields[i]!.name || kinds.length > 1 || !isDeepStrictEqual(type, expected)) {
      corrupt(`the column ${JSON.stringify(name)} is of another type`);
    }
    return reader(columns[i]!, kinds[0], type);
  });
  const builder = new RowBuilder(layout.columns);
  return Array.from({ length: rows }, (_, row) => builder.row((column) => cells[column]!(row)));
}

/** Gives the cell of a row; undefined where it is empty. Rows are asked for in order. */
function reader(
  { valid, bytes, counts }: ColumnParts,
  kind: CellKind | undefined,
  type: ColumnType,
): (row: number) => unknown {
  const { buffer } = bytes!.slice();
  const unless = (read: (row: number) => unknown) => (row: number) =>
    valid && !isSet(valid, row) ? undefined : read(row);
  switch (kind) {
    case "number": {
      const values = new Float64Array(buffer);
      return unless((row) => values[row]);
    }
    case "boolean":
      return unless((row) => isSet(bytes!, row));
    case "bigint": {
      const values = type.settings[0] === true ? new BigInt64Array(buffer) : new BigUint64Array(buffer);
      return unless((row) => values[row]);
    }
    case "date": {
      const values = new BigInt64Array(buffer);
      return unless((row) => {
        const date = new Date(Number(values[row]));
        return Number.isNaN(date.getTime()) ? corrupt("an impossible date") : date;
      });
    }
    default: {
      const all = Buffer.from(buffer);
      let end = 0;
      return (row) => {
        const start = end;
        end += counts![row]!;
        if (valid && !isSet(valid, row)) return undefined;
        if (kind === "string" || kind === undefined) return all.toString("utf8", start, end);
        const own = new Uint8Array(all.subarray(start, end));
        return kind === "buffer" ? Buffer.from(own.buffer) : own;
      };
    }
  }
}
