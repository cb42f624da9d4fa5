import type { Digest } from "./digest.ts";
import type { FileRef } from "./file-ref.ts";
import type { JsonValue } from "./json.ts";

/** Rows by what they are: what a handle of rows is, to everything that versions values. */
export interface RowsRef {
  /** Of the rows and their order, however they are stored: the digest of their sequence (see canonical/row-sequence.ts). */
  readonly version: Digest;
  /** How many rows there are. */
  readonly count: number;
  readonly stored: StoredRows;
}

/** How rows are stored, which is no part of their version. */
export interface StoredRows {
  /** The format that their bytes have. */
  readonly format: string;
  /** What the format needs beside the bytes. */
  readonly params?: JsonValue;
  /** Of the bytes. */
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** The stored files that handles in the rows lead to; there may be others among them. */
  readonly files: readonly FileRef[];
}

/** The property by which a handle of rows tells its {@link RowsRef}. */
export const rowsRef: unique symbol = Symbol.for("sluice.rows");

/** The reference behind a value that is a handle of rows. */
export function rowsRefOf(value: unknown): RowsRef | undefined {
  return value !== null && typeof value === "object" ? (value as { [rowsRef]?: RowsRef })[rowsRef] : undefined;
}
