import { fail } from "../../core/failure.ts";
import { type CommonColumn, commonColumns } from "./common-column.ts";
import { brief, contrast } from "./contrast.ts";
import { matchByKey, matchByPosition, type RowMatch } from "./row-match.ts";
import type { TableView } from "./table-view.ts";
import type { DifferenceOptions, RowChange, TableDifference } from "./types.ts";

/** The most cells of a row that are kept. */
const maxCells = 12;

/**
 * Two tables that are not equal.
 * @throws SluiceError `usage` when a key column is not in both
 */
export async function tableDifference(
  before: TableView,
  after: TableView,
  { key, limit }: Required<Pick<DifferenceOptions, "limit">> & Pick<DifferenceOptions, "key">,
): Promise<TableDifference> {
  const common = commonColumns(before, after);
  const keyColumns = key?.map((name) => keyColumn(name, common, before, after));
  const match = keyColumns
    ? matchByKey(before.rows, after.rows, keyColumns)
    : await matchByPosition(before.rows, after.rows, common);
  const changedIn = new Map(common.map((column) => [column, 0]));
  const samples = new Samples(limit, { before, after, common, keyColumns });
  const counts = { added: match.added.length, removed: match.removed.length, changed: 0, moved: 0 };
  let reordered = 0;
  for (const [i, [a, b]] of match.pairs.entries()) {
    const differing = common.filter(({ idBefore, idAfter }) => idBefore(a) !== idAfter(b));
    for (const column of differing) changedIn.set(column, changedIn.get(column)! + 1);
    if (differing.length > 0) {
      counts.changed++;
      samples.changed(a, b, differing);
    } else if (match.moved.has(i)) {
      counts.moved++;
      samples.moved(a, b);
    }
    if (hasOtherOrder(before, after, a, b)) reordered++;
  }
  for (const row of match.removed) if (!samples.removed(row)) break;
  for (const row of match.added) if (!samples.added(row)) break;
  const columns = columnsDifference(before, after, common, changedIn);
  const seen = counts.added + counts.removed + counts.changed + counts.moved > 0 || columnsDiffer(columns);
  return {
    kind: "table",
    equal: false,
    matchedBy: key ? "key" : "position",
    ...(key ? { key } : {}),
    rows: { before: before.rows, after: after.rows, ...counts },
    columns,
    sample: samples.list(),
    notes: [
      ...notesOf(before, after, match, reordered, seen),
      ...(key ? [] : keyAdvice(common, before, after, counts)),
    ],
  };
}

/** Two tables without a difference. */
export function equalTables(view: TableView, key: readonly string[] | undefined): TableDifference {
  const rows = { before: view.rows, after: view.rows, added: 0, removed: 0, changed: 0, moved: 0 };
  const columns = { added: [], removed: [], changed: [], types: [], reordered: false };
  const matched = key ? ({ matchedBy: "key", key } as const) : ({ matchedBy: "position" } as const);
  return { kind: "table", equal: true, ...matched, rows, columns, sample: [], notes: [] };
}

function keyColumn(name: string, common: readonly CommonColumn[], before: TableView, after: TableView): CommonColumn {
  const found = common.find((column) => column.name === name);
  if (found) return found;
  const has = (table: TableView): boolean => table.columns.some((column) => column.name === name);
  const where = has(before) ? "the table after" : has(after) ? "the table before" : "the tables";
  const hint = `the columns of both are: ${common.map((column) => column.name).join(", ") || "none"}`;
  fail("usage", `there is no column "${name}" in ${where}`, { hint });
}

function hasOtherOrder(before: TableView, after: TableView, a: number, b: number): boolean {
  if (!before.order || !after.order) return false;
  const [was, is] = [before.order(a), after.order(b)];
  if (was.length === is.length && was.every((name, i) => name === is[i])) return false;
  const [inBefore, inAfter] = [new Set(was), new Set(is)];
  const kept = is.filter((name) => inBefore.has(name));
  return was.filter((name) => inAfter.has(name)).some((name, i) => name !== kept[i]);
}

function columnsDifference(
  before: TableView,
  after: TableView,
  common: readonly CommonColumn[],
  changedIn: ReadonlyMap<CommonColumn, number>,
): TableDifference["columns"] {
  const inBoth = new Set(common.map(({ name }) => name));
  const names = (table: TableView): string[] => table.columns.map(({ name }) => name);
  const kept = names(after).filter((name) => inBoth.has(name));
  return {
    added: names(after).filter((name) => !inBoth.has(name)),
    removed: names(before).filter((name) => !inBoth.has(name)),
    changed: [...changedIn]
      .filter(([, rows]) => rows > 0)
      .sort(([, a], [, b]) => b - a)
      .map(([{ name }, rows]) => ({ name, rows })),
    types: common
      .filter((column) => column.before.exactType !== column.after.exactType)
      .map(({ name, before: was, after: is }) => ({ name, before: was.type, after: is.type })),
    // Records have an order of their own each.
    reordered: !before.order && common.some(({ name }, i) => name !== kept[i]),
  };
}

function columnsDiffer({ added, removed, types, reordered }: TableDifference["columns"]): boolean {
  return added.length > 0 || removed.length > 0 || types.length > 0 || reordered;
}

function notesOf(
  before: TableView,
  after: TableView,
  match: RowMatch,
  reordered: number,
  seen: boolean,
): readonly string[] {
  const notes: string[] = [];
  if (match.sharing > 0)
    notes.push(`rows that share their key with others: ${match.sharing}; those of one key are paired in their order`);
  if (!match.smallest) notes.push("they differ in too many rows to find the fewest");
  if (reordered > 0) notes.push(`rows whose columns come in another order: ${reordered}`);
  if (before.metadata !== after.metadata) notes.push("the metadata of the tables differ");
  if (!seen && notes.length === 0) notes.push("they differ in what no cell shows, such as the kinds of their rows");
  return notes;
}

/** Where rows of one place have little in common, a column that could tell them apart. */
function keyAdvice(
  common: readonly CommonColumn[],
  before: TableView,
  after: TableView,
  { changed, added, removed }: Readonly<Record<"changed" | "added" | "removed", number>>,
): readonly string[] {
  const rows = Math.max(before.rows, after.rows);
  if (rows < 4 || changed + Math.max(added, removed) <= rows / 2) return [];
  const key = common.find(({ idBefore, idAfter }) => isUnique(idBefore, before.rows) && isUnique(idAfter, after.rows));
  return key ? [`rows are compared by position; the column ${key.name} is unique, and could be their key`] : [];
}

function isUnique(id: (row: number) => string | undefined, rows: number): boolean {
  const seen = new Set<string>();
  for (let row = 0; row < rows; row++) {
    const cell = id(row);
    if (cell === undefined || seen.has(cell)) return false;
    seen.add(cell);
  }
  return true;
}

interface SampleContext {
  readonly before: TableView;
  readonly after: TableView;
  readonly common: readonly CommonColumn[];
  readonly keyColumns: readonly CommonColumn[] | undefined;
}

/** The first rows that differ, of each kind some. */
class Samples {
  readonly #limit: number;
  readonly #context: SampleContext;
  readonly #changes: { readonly [Change in RowChange["change"]]: RowChange[] } = {
    changed: [],
    added: [],
    removed: [],
    moved: [],
  };

  constructor(limit: number, context: SampleContext) {
    this.#limit = limit;
    this.#context = context;
  }

  changed(a: number, b: number, differing: readonly CommonColumn[]): void {
    this.#take("changed", () => {
      const cells = differing.slice(0, maxCells).map((column) => {
        const [was, is] = [column.idBefore(a), column.idAfter(b)];
        const [before, after] = contrast(column.before.value(a), column.after.value(b));
        return {
          column: column.name,
          ...(was === undefined ? {} : { before }),
          ...(is === undefined ? {} : { after }),
        };
      });
      return { rowBefore: a, rowAfter: b, ...this.#key(a, "before"), cells, ...more(differing.length) };
    });
  }

  moved(a: number, b: number): void {
    this.#take("moved", () => ({ rowBefore: a, rowAfter: b, ...this.#key(a, "before"), cells: [] }));
  }

  /** False when no more are wanted. */
  added(row: number): boolean {
    return this.#take("added", () => ({ rowAfter: row, ...this.#whole(row, "after") }));
  }

  removed(row: number): boolean {
    return this.#take("removed", () => ({ rowBefore: row, ...this.#whole(row, "before") }));
  }

  /** As many of each kind as there is room for. */
  list(): readonly RowChange[] {
    const kinds = Object.values(this.#changes);
    let left = this.#limit;
    const taken = kinds.map(() => 0);
    for (let round = 0; left > 0 && kinds.some((kind) => kind.length > round); round++) {
      for (const [i, kind] of kinds.entries()) {
        if (left === 0 || kind.length <= round) continue;
        taken[i]!++;
        left--;
      }
    }
    return kinds.flatMap((kind, i) => kind.slice(0, taken[i]));
  }

  #take(change: RowChange["change"], make: () => Omit<RowChange, "change">): boolean {
    const list = this.#changes[change];
    if (list.length >= this.#limit) return false;
    list.push({ change, ...make() });
    return true;
  }

  #key(row: number, side: "before" | "after"): Pick<RowChange, "key"> {
    const { keyColumns } = this.#context;
    return keyColumns ? { key: keyColumns.map((column) => brief(column[side].value(row))) } : {};
  }

  #whole(row: number, side: "before" | "after"): Pick<RowChange, "key" | "cells" | "moreCells"> {
    const present = this.#context[side].columns.filter((column) => column.id(row) !== undefined);
    const cells = present
      .slice(0, maxCells)
      .map((column) => ({ column: column.name, [side]: brief(column.value(row)) }));
    return { ...this.#key(row, side), cells, ...more(present.length) };
  }
}

function more(cells: number): Pick<RowChange, "moreCells"> {
  return cells > maxCells ? { moreCells: cells - maxCells } : {};
}
