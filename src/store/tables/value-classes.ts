import { valueDomain } from "../../core/canonical/scheme.ts";
import { registerDuckdb } from "./duckdb.ts";
import { registerPolars } from "./polars.ts";
import { tableClassName } from "./table-class.ts";
import { vectorClassName } from "./vectors.ts";

// Called, not only imported: a bundler leaves out modules of which nothing is used.
registerDuckdb();
registerPolars();

/** Bytes of the least that names one of them: every value begins with the domain. */
const least = valueDomain.length + Math.min(tableClassName.length, vectorClassName.length);

/** Whether apache-arrow must be loaded before these bytes are decoded. To find a name in a text instead does no harm. */
export function needsArrow(bytes: Uint8Array): boolean {
  if (bytes.length < least) return false;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.includes(tableClassName) || buffer.includes(vectorClassName);
}
