import type { CommonColumn } from "./common-column.ts";

/** Rows from one up to another. */
type Range = readonly [from: number, to: number];

/** The most cells that are compared to find which rows of two stretches belong together. */
const maxCells = 200_000;

/**
 * Pairs the rows of a stretch with those that took their place, in order. Where there are as many of both, each with the one in
 * its place; else so that most cells are equal, and what is between two such pairs by place again.
 */
export function pairRows(
  columns: readonly CommonColumn[],
  before: Range,
  after: Range,
): readonly (readonly [before: number, after: number])[] {
  const [rows, others] = [before[1] - before[0], after[1] - after[0]];
  const pairs: (readonly [number, number])[] = [];
  let [i, j] = [before[0], after[0]];
  const upTo = (row: number, other: number): void => {
    for (; i < row && j < other; i++, j++) pairs.push([i, j]);
    [i, j] = [row, other];
  };
  const worthwhile = rows !== others && rows * others * columns.length <= maxCells;
  for (const [row, other] of worthwhile ? mostSimilar(columns, before, after) : []) {
    upTo(row, other);
    pairs.push([i++, j++]);
  }
  upTo(before[1], after[1]);
  return pairs;
}

/** The pairs in order that have the most equal cells together; by the textbook, as for the longest common subsequence. */
function mostSimilar(columns: readonly CommonColumn[], before: Range, after: Range): readonly [number, number][] {
  const [rows, others] = [before[1] - before[0], after[1] - after[0]];
  const similarity = (i: number, j: number): number => {
    let equal = 0;
    for (const { idBefore, idAfter } of columns) if (idBefore(before[0] + i) === idAfter(after[0] + j)) equal++;
    return equal;
  };
  const similar = Array.from({ length: rows }, (_, i) => Array.from({ length: others }, (_, j) => similarity(i, j)));
  /** The most equal cells of the rows from here on. */
  const best = Array.from({ length: rows + 1 }, () => new Array<number>(others + 1).fill(0));
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = others - 1; j >= 0; j--) {
      best[i]![j] = Math.max(best[i + 1]![j]!, best[i]![j + 1]!, best[i + 1]![j + 1]! + similar[i]![j]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < rows && j < others; ) {
    const here = similar[i]![j]!;
    if (here > 0 && best[i]![j] === best[i + 1]![j + 1]! + here) pairs.push([before[0] + i++, after[0] + j++]);
    else if (best[i]![j] === best[i + 1]![j]) i++;
    else j++;
  }
  return pairs;
}
