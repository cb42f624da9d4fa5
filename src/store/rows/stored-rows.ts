import { isDigest } from "../../core/digest.ts";
import type { JsonValue } from "../../core/json.ts";
import type { RowsRef } from "../../core/rows-ref.ts";
import { corrupt } from "../formats/text-bytes.ts";

type Ref = Pick<RowsRef, "version" | "count">;

/** How rows are stored that a value leads to, as it is kept in a record beside the value. */
export function rowsParams(refs: readonly RowsRef[]): JsonValue {
  const byVersion = new Map(refs.map((ref) => [ref.version, ref]));
  return {
    rows: [...byVersion.values()].map(({ version, count, stored: { format, params, digest, size } }) => ({
      version,
      count,
      format,
      digest,
      size,
      ...(params === undefined ? {} : { params }),
    })),
  };
}

/**
 * How rows are stored, by what is versioned of them, from a record that anyone may have written.
 * @throws SluiceError `corrupt-value`
 */
export function rowsByVersion(params: JsonValue): (ref: Ref) => RowsRef {
  const { rows } = (params ?? {}) as { rows?: unknown };
  if (!Array.isArray(rows)) corrupt("how its rows are stored is not known");
  const known = new Map<string, RowsRef>();
  for (const entry of rows as Record<string, unknown>[]) {
    const { version, count, format, digest, size, params } = entry ?? {};
    const isSound =
      isDigest(version) && isCount(count) && typeof format === "string" && isDigest(digest) && isCount(size);
    if (!isSound) corrupt("how its rows are stored is not known");
    const own = params === undefined ? {} : { params: params as JsonValue };
    known.set(version, { version, count, stored: { format, digest, size, files: [], ...own } });
  }
  return ({ version, count }) => {
    const ref = known.get(version);
    return ref?.count === count ? ref : corrupt("how its rows are stored is not known");
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
