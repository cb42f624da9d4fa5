import "./duckdb.ts";
import "./polars.ts";
import { tableClassName } from "./table-class.ts";
import { vectorClassName } from "./vectors.ts";

/*
 * What this is imported for: from here on the canonical encoding knows tables, vectors and frames of libraries.
 */

/** Whether apache-arrow must be loaded before these bytes are decoded. To find a name in a text instead does no harm. */
export function needsArrow(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.includes(tableClassName) || buffer.includes(vectorClassName);
}
