import type { ColumnView, TableView } from "./table-view.ts";

/** A column of both tables. */
export interface CommonColumn {
  readonly name: string;
  readonly before: ColumnView;
  readonly after: ColumnView;
  /** What stands for a cell in either table: equal texts for equal cells. */
  readonly idBefore: (row: number) => string | undefined;
  readonly idAfter: (row: number) => string | undefined;
}

export function commonColumns(before: TableView, after: TableView): readonly CommonColumn[] {
  const others = new Map(after.columns.map((column) => [column.name, column]));
  return before.columns.flatMap((column) => {
    const other = others.get(column.name);
    if (!other) return [];
    const loose = column.exactType !== other.exactType;
    return {
      name: column.name,
      before: column,
      after: other,
      idBefore: loose ? column.looseId : column.id,
      idAfter: loose ? other.looseId : other.id,
    };
  });
}
