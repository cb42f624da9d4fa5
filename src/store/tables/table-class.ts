import type { Digest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import { registerFamily } from "../../core/value-class.ts";
import { type ArrowTable, isTablePrototype } from "./arrow-shape.ts";
import { tableOfParts } from "./table-build.ts";
import { partsOfTable, type TableParts } from "./table-parts.ts";

type Arrow = typeof import("apache-arrow");

let loaded: Arrow | undefined;

/** The library of tables, loaded when the first one is read. */
export async function loadArrow(): Promise<Arrow> {
  loaded ??= await import("apache-arrow");
  return loaded;
}

/** The same, where it must be there already. */
export function loadedArrow(): Arrow {
  if (!loaded) throw new Error("apache-arrow must be loaded before a table is decoded");
  return loaded;
}

/** What to do about a table that has no parts. */
export const otherColumns = "give the column a type such as Utf8, Float64, Int64, Timestamp or List";

/** What stands for tables in canonical encodings. */
export const tableClassName = "arrow.Table";

/*
 * From here on, the canonical encoding knows tables of every copy of apache-arrow, at any depth of a value, by their parts.
 * Reading them takes the library: `loadArrow` first.
 */
registerFamily({
  name: tableClassName,
  includes: isTablePrototype,
  encode: (value) => partsOfTable(value as ArrowTable, (what) => fail("unversionable", what, { hint: otherColumns })),
  decode: (parts) => tableOfParts(loadedArrow(), parts as TableParts),
  get prototype() {
    return loadedArrow().Table.prototype;
  },
});

/**
 * The data version of a table: by the names, types, nullability, metadata and values of its columns, however it is cut into
 * chunks, sliced, or encoded by dictionaries.
 * @throws SluiceError `unversionable` for columns of a type that is not supported (unions, views, run-end encoding)
 */
export function tableFingerprint(table: ArrowTable): Digest {
  return fingerprint(table, { shared: "expand" });
}
