import { registerDuckdb } from "./duckdb.ts";
import { registerPolars } from "./polars.ts";
import { tableClassName } from "./table-class.ts";
import { vectorClassName } from "./vectors.ts";

// Called, not only imported: a bundler leaves out modules of which nothing is used.
registerDuckdb();
registerPolars();

/** Whether apache-arrow must be loaded before these bytes are decoded. To find a name in a text instead does no harm. */
export function needsArrow(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.includes(tableClassName) || buffer.includes(vectorClassName);
}
