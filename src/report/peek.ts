import { rowsRefOf } from "../core/rows-ref.ts";
import type { RowsHandle } from "../platform/rows-handle.ts";

/** The beginning of rows that are stored, which are not all to be loaded to be shown. */
export interface Peeked {
  readonly count: number;
  /** Bytes. */
  readonly size: number;
  readonly digest: string;
  readonly format: string;
  readonly first: readonly unknown[];
}

/** Looks at the first rows of a value that is a handle of rows; undefined for every other value. @throws SluiceError `corrupt-blob` */
export async function peek(value: unknown, rows: number): Promise<Peeked | undefined> {
  if (!rowsRefOf(value) || typeof (value as Partial<RowsHandle>).first !== "function") return undefined;
  const handle = value as RowsHandle;
  const { count, size, digest, format } = handle;
  return { count, size, digest, format, first: await handle.first(rows) };
}
