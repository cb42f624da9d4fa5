import { align, longestRising } from "./alignment.ts";
import type { CommonColumn } from "./common-column.ts";
import { counted } from "./identity.ts";
import { pairRows } from "./similar-rows.ts";

/** Which rows of two tables are the same row. Rows are numbers from 0. */
export interface RowMatch {
  /** In the order of the table before. */
  readonly pairs: readonly (readonly [before: number, after: number])[];
  readonly removed: readonly number[];
  readonly added: readonly number[];
  /** Of the pairs, those that stand in another order; by their index among the pairs. */
  readonly moved: ReadonlySet<number>;
  /** How many rows have a key that another row of their table has too. */
  readonly sharing: number;
  /** Whether it is known that no other match leaves fewer rows over. */
  readonly smallest: boolean;
}

/** Rows with equal keys; of those that share a key the first with the first, the second with the second. */
export function matchByKey(before: number, after: number, key: readonly CommonColumn[]): RowMatch {
  const places = new Map<string, number[]>();
  for (let row = after - 1; row >= 0; row--) {
    const id = rowId(key, "idAfter", row);
    const known = places.get(id);
    if (known) known.push(row);
    else places.set(id, [row]);
  }
  let sharing = 0;
  for (const { length } of places.values()) if (length > 1) sharing += length;
  const pairs: [number, number][] = [];
  const removed: number[] = [];
  const times = new Map<string, number>();
  for (let row = 0; row < before; row++) {
    const id = rowId(key, "idBefore", row);
    times.set(id, (times.get(id) ?? 0) + 1);
    const other = places.get(id)?.pop();
    if (other === undefined) removed.push(row);
    else pairs.push([row, other]);
  }
  for (const count of times.values()) if (count > 1) sharing += count;
  const inOrder = new Set(longestRising(pairs.map(([, row]) => row)));
  const moved = new Set(pairs.keys().filter((index) => !inOrder.has(index)));
  const added = [...places.values()].flat().sort((a, b) => a - b);
  return { pairs, removed, added, moved, sharing, smallest: true };
}

/** Rows in the same place, after rows that were put in between or taken out are found by what is in the rows around them. */
export async function matchByPosition(
  before: number,
  after: number,
  columns: readonly CommonColumn[],
): Promise<RowMatch> {
  const rows = (count: number, side: "idBefore" | "idAfter"): string[] =>
    Array.from({ length: count }, (_, row) => rowId(columns, side, row));
  const { stretches, smallest } = await align(rows(before, "idBefore"), rows(after, "idAfter"));
  const pairs: (readonly [number, number])[] = [];
  const removed: number[] = [];
  const added: number[] = [];
  const leave = (list: number[], from: number, to: number): void => {
    for (let row = from; row < to; row++) list.push(row);
  };
  for (const { before: was, after: is } of stretches) {
    let [i, j] = [was[0], is[0]];
    for (const pair of pairRows(columns, was, is)) {
      leave(removed, i, pair[0]);
      leave(added, j, pair[1]);
      pairs.push(pair);
      [i, j] = [pair[0] + 1, pair[1] + 1];
    }
    leave(removed, i, was[1]);
    leave(added, j, is[1]);
  }
  return { pairs, removed, added, moved: new Set(), sharing: 0, smallest };
}

function rowId(columns: readonly CommonColumn[], side: "idBefore" | "idAfter", row: number): string {
  let id = "";
  for (const column of columns) {
    const cell = column[side](row);
    id += cell === undefined ? "-" : counted(cell);
  }
  return id;
}
