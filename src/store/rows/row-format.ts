import type { JsonValue } from "../../core/json.ts";
import type { DecodeOptions } from "../format.ts";

/** How rows become bytes and back, bit by bit: what a format is for values that are never whole in memory. */
export interface RowFormat {
  /** How an object that a row reaches twice counts: once, or as two equal objects, as in formats that hold trees. */
  readonly shared: "reference" | "expand";
  /**
   * Writes rows as they come; absent where the bytes of the first depend on the last ({@link RowFormat.survey}).
   * @throws SluiceError `unsupported-value` for a row that the format cannot carry
   */
  readonly writer?: () => RowWriter;
  /** Looks at all rows before the first is written. */
  readonly survey?: () => RowSurvey;
  /**
   * The rows of stored bytes, some at a time.
   * @throws SluiceError `corrupt-value` on bytes that were not written so
   */
  read(pieces: AsyncIterable<Uint8Array>, params: JsonValue | undefined, options: DecodeOptions): RowBatches;
}

/** Rows, some at a time: as many as make about 64 KiB, and at least one. */
export type RowBatches = AsyncGenerator<unknown[], void, undefined>;

export interface RowWriter {
  add(row: unknown): void;
  /** Bytes that are ready, once they are worth writing. */
  take(): Uint8Array | undefined;
  /** What is left. */
  end(): Uint8Array;
}

export interface RowSurvey {
  add(row: unknown): void;
  /** After all rows: how to write them, and what reading them takes. */
  end(): { readonly writer: RowWriter; readonly params: JsonValue };
}

/** Characters of text that are turned into bytes together. */
export const textBatch = 64 * 1024;
