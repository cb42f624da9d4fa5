import { constants, isUtf8 } from "node:buffer";
import { fail } from "../../core/failure.ts";
import { cannotCarry } from "./refusal.ts";

/** @throws SluiceError `corrupt-value` when the bytes are no UTF-8 */
export function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) corrupt("it is not UTF-8");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

/** The UTF-8 of pieces of text that are well-formed. */
export function utf8Of(pieces: readonly string[]): Uint8Array {
  const all = pieces.map((piece) => Buffer.from(piece, "utf8"));
  const bytes = all.length === 1 ? all[0]! : Buffer.concat(all);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** What one string can hold, and so what can be read back as one. */
export function checkLength(format: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    cannotCarry(format, [], `takes ${bytes.length} bytes`, 'use the format "parquet", "arrow" or "auto"');
  }
  return bytes;
}

export function corrupt(what: string, cause?: unknown): never {
  fail("corrupt-value", `the encoded value is damaged: ${what}`, cause === undefined ? {} : { cause });
}
