import { fail } from "../../core/failure.ts";
import { type RowsRef, rowsRef, rowsRefOf } from "../../core/rows-ref.ts";
import type { RowsHandle } from "../../platform/rows-handle.ts";
import { brief, contrast } from "./contrast.ts";
import { valueId } from "./identity.ts";
import type { Difference, DifferenceOptions, RowChange, TableDifference } from "./types.ts";

/** Rows of more bytes or of a greater number than this are not loaded to be compared. */
const mostBytes = 64 * 2 ** 20;
const mostRows = 500_000;
/** The most cells of a row that are kept. */
const maxCells = 12;

type Handle = RowsHandle & { readonly [rowsRef]: RowsRef };

/** A value as a handle whose rows can be read. */
export function rowsHandleOf(value: unknown): Handle | undefined {
  const isHandle = rowsRefOf(value) && typeof (value as Partial<RowsHandle>).batches === "function";
  return isHandle ? (value as Handle) : undefined;
}

/**
 * Rows that are stored: small ones as lists are, others one by one in constant memory, by their place.
 * @throws SluiceError `usage` for a key of rows that are too many; `corrupt-blob`
 */
export async function rowsDifference(
  before: Handle,
  after: Handle,
  { key, limit = 20 }: DifferenceOptions,
  asLists: (before: unknown, after: unknown) => Promise<Difference>,
): Promise<Difference> {
  if (before[rowsRef].version === after[rowsRef].version)
    return new Tally(before.count, after.count, limit).result(true);
  if (isSmall(before) && isSmall(after)) return asLists(await before.toArray(), await after.toArray());
  if (key) {
    fail("usage", `${Math.max(before.count, after.count)} rows are too many to be matched by a key`, {
      hint: "leave --key out: they are compared by their place",
    });
  }
  const tally = new Tally(before.count, after.count, limit);
  const [was, is] = [before[Symbol.asyncIterator](), after[Symbol.asyncIterator]()];
  try {
    for (let row = 0; row < Math.max(before.count, after.count); row++) {
      const [a, b] = [await was.next(), await is.next()];
      if (a.done && b.done) break;
      if (a.done) tally.lone("added", row, b.value);
      else if (b.done) tally.lone("removed", row, a.value);
      else tally.pair(row, a.value, b.value);
      // What is left of the longer one is counted already.
      if ((a.done || b.done) && tally.isFull) break;
    }
  } finally {
    await Promise.all([was.return(), is.return()]);
  }
  return tally.result(false);
}

function isSmall({ size, count }: Handle): boolean {
  return size <= mostBytes && count <= mostRows;
}

/** What was found so far. */
class Tally {
  readonly #before: number;
  readonly #after: number;
  readonly #limit: number;
  readonly #sample: RowChange[] = [];
  readonly #changedIn = new Map<string, number>();
  #changed = 0;

  constructor(before: number, after: number, limit: number) {
    this.#before = before;
    this.#after = after;
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#sample.length >= this.#limit;
  }

  pair(row: number, before: unknown, after: unknown): void {
    if (valueId(before) === valueId(after)) return;
    this.#changed++;
    const [was, is] = [cellsOf(before), cellsOf(after)];
    const names = [...new Set([...was.keys(), ...is.keys()])];
    const differing = names.filter((name) => cellId(was, name) !== cellId(is, name));
    for (const name of differing) this.#changedIn.set(name, (this.#changedIn.get(name) ?? 0) + 1);
    if (this.isFull) return;
    const cells = differing.slice(0, maxCells).map((column) => {
      if (!was.has(column)) return { column, after: brief(is.get(column)) };
      if (!is.has(column)) return { column, before: brief(was.get(column)) };
      const [then, now] = contrast(was.get(column), is.get(column));
      return { column, before: then, after: now };
    });
    const more = differing.length - cells.length;
    this.#sample.push({
      change: "changed",
      rowBefore: row,
      rowAfter: row,
      cells,
      ...(more > 0 ? { moreCells: more } : {}),
    });
  }

  lone(change: "added" | "removed", row: number, value: unknown): void {
    if (this.isFull) return;
    const side = change === "added" ? "after" : "before";
    const all = [...cellsOf(value)];
    const cells = all.slice(0, maxCells).map(([column, cell]) => ({ column, [side]: brief(cell) }));
    const place = change === "added" ? { rowAfter: row } : { rowBefore: row };
    const more = all.length - cells.length;
    this.#sample.push({ change, ...place, cells, ...(more > 0 ? { moreCells: more } : {}) });
  }

  result(equal: boolean): TableDifference {
    const [before, after] = [this.#before, this.#after];
    const both = Math.min(before, after);
    const changed = [...this.#changedIn].map(([name, rows]) => ({ name, rows })).sort((a, b) => b.rows - a.rows);
    return {
      kind: "table",
      equal,
      matchedBy: "position",
      rows: { before, after, added: after - both, removed: before - both, changed: this.#changed, moved: 0 },
      columns: { added: [], removed: [], changed, types: [], reordered: false },
      sample: this.#sample,
      notes: equal
        ? []
        : ["the rows are too many to look for those that moved: each is compared with the one in its place"],
    };
  }
}

/** What a row is made of by name; a row that is no plain record is one cell. */
function cellsOf(row: unknown): ReadonlyMap<string, unknown> {
  const isRecord = row !== null && typeof row === "object" && Object.getPrototypeOf(row) === Object.prototype;
  return new Map(isRecord ? Object.entries(row) : [["value", row]]);
}

function cellId(cells: ReadonlyMap<string, unknown>, name: string): string | undefined {
  return cells.has(name) ? valueId(cells.get(name)) : undefined;
}
