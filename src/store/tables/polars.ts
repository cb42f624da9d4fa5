import { createRequire } from "node:module";
import { types } from "node:util";
import { fail } from "../../core/failure.ts";
import { registerProxies } from "../../core/value-class.ts";
import { withoutViews } from "./arrow-views.ts";
import type { TableColumn } from "./file-columns.ts";
import { tableOfParts } from "./table-build.ts";
import { partsOfTable, type TableParts } from "./table-parts.ts";

/*
 * Data frames and series of nodejs-polars, an optional package. They are proxies over plain objects, so they are known by what they
 * call themselves. They count by names, types and values, whatever their chunks, and are kept as the parts of Arrow tables are.
 */

type Polars = typeof import("nodejs-polars");
type Arrow = typeof import("apache-arrow");

interface Series {
  readonly name: string;
  readonly dtype: unknown;
  readonly alias: (name: string) => Series;
  readonly rechunk: () => Series;
  readonly toFrame: () => { readonly writeIPC: (options: object) => Uint8Array };
}

interface SeriesParts {
  readonly name: string;
  /** As polars writes it. */
  readonly type: string;
  readonly table: TableParts;
}

/** The name of a column is beside it, as Arrow's own must not be empty. */
const anyName = "column";

const seriesName = "polars.Series";
const frameName = "polars.DataFrame";
const lazyName = "polars.LazyFrame";

/** From here on the canonical encoding knows them. */
export function registerPolars(): void {
  registerProxies({
    name: seriesName,
    includes: (value) => isProxyOf(value, "Series"),
    encode: (value) => partsOfSeries(value as Series),
    decode: (parts) => seriesOfParts(parts as SeriesParts),
  });

  registerProxies({
    name: frameName,
    includes: (value) => isProxyOf(value, "DataFrame"),
    encode: (value) => seriesOf(value as object).map(partsOfSeries),
    decode: (parts) => {
      const { DataFrame } = loaded<Polars>("nodejs-polars");
      const columns = (parts as readonly SeriesParts[]).map(seriesOfParts);
      if (columns.length === 0) return DataFrame();
      const frame = DataFrame(columns as never);
      // It gives a name to a column that has none, as tables of other programs do.
      const names = (parts as readonly SeriesParts[]).map(({ name }) => name);
      if (names.includes("")) frame.columns = names;
      return frame;
    },
  });

  registerProxies({
    name: lazyName,
    includes: (value) => (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === "LazyDataFrame",
    encode: () =>
      fail("unversionable", "is a lazy frame of polars, which holds no values", {
        hint: "collect it: `await frame.collect()`",
      }),
    decode: () => {
      throw new TypeError("lazy frames are not kept");
    },
  });
}

/** The columns of a frame of polars; undefined for all else. */
export function frameColumns(value: unknown): readonly TableColumn[] | undefined {
  if (value === null || typeof value !== "object" || !isProxyOf(value, "DataFrame")) return undefined;
  return seriesOf(value).map(({ name, dtype }) => ({ name, type: String(dtype).replace(/^DataType\((.*)\)$/s, "$1") }));
}

/** Column by column: names of columns hide the methods of a frame. Its keys are the names, in their order. */
function seriesOf(frame: object): readonly Series[] {
  return Reflect.ownKeys(frame).map((name) => Reflect.getOwnPropertyDescriptor(frame, name)!.value as Series);
}

function isProxyOf(value: object, called: string): boolean {
  if (!types.isProxy(value)) return false;
  const tag = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return tag === called || (typeof tag === "function" && (tag as () => unknown)() === called);
}

function partsOfSeries(series: Series): SeriesParts {
  const { name, dtype } = series;
  const type = String(dtype);
  const refuse = (what: string): never =>
    fail("unversionable", `is a column ${JSON.stringify(name)} of polars that ${what}`, {
      hint: "cast it to another type first",
    });
  if (/\bObject\b/.test(type)) refuse("holds objects of JavaScript");
  // In one chunk: those of a categorical column may have words of their own each, which such a file cannot hold.
  const bytes = series.alias(anyName).rechunk().toFrame().writeIPC({ compression: "uncompressed" });
  const table = loaded<Arrow>("apache-arrow").tableFromIPC(bytes);
  return { name, type, table: partsOfTable(withoutViews(table), refuse) };
}

function seriesOfParts({ name, type, table }: SeriesParts): Series {
  const arrow = loaded<Arrow>("apache-arrow");
  const bytes = arrow.tableToIPC(tableOfParts(arrow, table), "file");
  const frame = loaded<Polars>("nodejs-polars").readIPC(Buffer.from(bytes));
  const series = (frame.getColumn(anyName) as unknown as Series).alias(name);
  if (String(series.dtype) !== type) {
    throw new TypeError(`a column of the type ${type} came back from Arrow as ${String(series.dtype)}`);
  }
  return series;
}

const libraries = new Map<string, unknown>();

/** At once, as encoding cannot wait; and only when a frame turns up. Of apache-arrow this is a copy of its own, which no user sees. */
function loaded<Library>(name: string): Library {
  if (!libraries.has(name)) {
    try {
      libraries.set(name, createRequire(import.meta.url)(name));
    } catch (cause) {
      fail("unsupported-value", `the value holds a frame of ${name}, which is not installed`, {
        hint: `npm install ${name}`,
        cause,
      });
    }
  }
  return libraries.get(name) as Library;
}
