import { fail } from "../../core/failure.ts";
import { fileRefOf } from "../../core/file-ref.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import { isTable } from "../../store/tables/arrow-shape.ts";
import { bytesDifference } from "./bytes-difference.ts";
import { fileDifference } from "./file-difference.ts";
import { rowsDifference, rowsHandleOf } from "./rows-difference.ts";
import { equalTables, tableDifference } from "./table-difference.ts";
import { type TableView, tableView } from "./table-view.ts";
import { textDifference } from "./text-difference.ts";
import type { Difference, DifferenceOptions } from "./types.ts";
import { bytesOf, isObject, valueDifference } from "./value-difference.ts";

export type * from "./types.ts";

/**
 * How two values differ: tables row by row, texts line by line, bytes and files by their content, the rest part by part.
 * They are `equal` exactly if their data versions are. Takes time and memory in proportion to the values, or nearly.
 * @throws SluiceError `unversionable` for values that no stage can return; `usage` for a key that the values do not have
 */
export async function differenceOf(
  before: unknown,
  after: unknown,
  options: DifferenceOptions = {},
): Promise<Difference> {
  const { key, limit = 20 } = options;
  const [was, is] = [rowsHandleOf(before), rowsHandleOf(after)];
  if (was && is) return rowsDifference(was, is, options, (one, other) => differenceOf(one, other, options));
  const equal = fingerprint(before) === fingerprint(after);
  const tables = tablesOf(before, after);
  if (tables) {
    const [was, is] = tables;
    return equal ? equalTables(was, key) : tableDifference(was, is, { limit, ...(key ? { key } : {}) });
  }
  if (key) fail("usage", "only tables and lists of plain records have a key");
  if (typeof before === "string" && typeof after === "string") return textDifference(before, after, limit);
  if (isObject(before) && isObject(after)) {
    if (fileRefOf(before) && fileRefOf(after)) return fileDifference(before, after, limit);
    const [was, is] = [bytesOf(before), bytesOf(after)];
    if (was && is && Object.getPrototypeOf(before) === Object.getPrototypeOf(after)) return bytesDifference(was, is);
  }
  if (equal) return { kind: "value", equal, total: 0, entries: [] };
  return valueDifference(before, after, limit, (one, other) => differenceOf(one, other, { limit }));
}

function tablesOf(before: unknown, after: unknown): readonly [TableView, TableView] | undefined {
  if (isTable(before) !== isTable(after)) return undefined;
  const was = tableView(before);
  const is = was && tableView(after);
  return is && [was, is];
}
