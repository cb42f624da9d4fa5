import { createRequire } from "node:module";
import { fail } from "../../core/failure.ts";
import { registerFamily } from "../../core/value-class.ts";
import {
  materializedOfParts,
  partsOfMaterialized,
  partsOfReader,
  type ResultParts,
  readerOfParts,
} from "./duckdb-result.ts";

/*
 * What DuckDB gives where JavaScript has no value of its own: dates, decimals, intervals, structs. They are plain data with a class, of
 * `@duckdb/node-api`, an optional package; so are the types of columns. Results in memory, and readers that have read all, are kept by
 * their columns. All else leads to data and is none.
 */

type Library = Readonly<Record<string, { readonly prototype: object } | undefined>>;

const stamps = ["", "Milliseconds", "Nanoseconds", "Seconds", "Microseconds", "TZ"].map((unit) => `Timestamp${unit}`);
const kinds = ["Array", "Bit", "Blob", "Date", "Decimal", "Geometry", "Interval", "List", "Map", "Struct"];
const more = ["Time", "TimeNS", "TimeTZ", "Union", "UUID", "Variant"];

const handles = ["DataChunk", "Connection", "Instance"].map((kind) => `DuckDB${kind}`);

/** Of native memory, unlike the types of columns. */
const nativeType = "DuckDBLogicalType";

/** From here on the canonical encoding knows them. */
export function registerDuckdb(): void {
  for (const kind of [...kinds, ...more, ...stamps]) {
    const type = `DuckDB${kind}Value`;
    registerFamily({
      name: `duckdb.${kind}`,
      includes: (prototype) => nameOf(prototype) === type && library()?.[type]?.prototype === prototype,
      encode: (value) => ({ ...(value as object) }),
      decode: (parts) => Object.assign(Object.create(prototypeOf(type)) as object, parts),
      get prototype() {
        return prototypeOf(type);
      },
    });
  }
  registerFamily({
    name: "duckdb.Type",
    includes: (prototype) => {
      const name = nameOf(prototype);
      if (name === undefined || !/^DuckDB\w+Type$/.test(name) || name === nativeType) return false;
      return library()?.[name]?.prototype === prototype;
    },
    encode: (value) => [nameOf(Object.getPrototypeOf(value) as object), { ...(value as object) }],
    decode: (parts) => {
      const [name, fields] = parts as readonly [string, object];
      return Object.assign(Object.create(prototypeOf(name)) as object, fields);
    },
    get prototype() {
      return prototypeOf("BaseDuckDBType");
    },
  });
  registerResults("MaterializedResult", partsOfMaterialized, materializedOfParts);
  registerResults("ResultReader", partsOfReader, readerOfParts);
  registerFamily({
    name: "duckdb.handle",
    includes: (prototype) => {
      const name = nameOf(prototype);
      return name !== undefined && handles.includes(name) && library()?.[name]?.prototype === prototype;
    },
    encode: (value) =>
      fail("unversionable", `is a ${nameOf(Object.getPrototypeOf(value) as object)}, which leads to data and is none`, {
        hint: "return its rows, as in (await connection.runAndReadAll(sql)).getRowObjects(); else give the node the behaviour `ignore`",
      }),
    decode: () => fail("unsupported-value", "handles of DuckDB are never stored"),
    get prototype(): object {
      return Object.prototype;
    },
  });
}

function registerResults<Result>(
  kind: string,
  partsOf: (result: Result) => ResultParts,
  ofParts: (duckdb: typeof import("@duckdb/node-api"), parts: ResultParts) => object,
): void {
  const type = `DuckDB${kind}`;
  registerFamily({
    name: `duckdb.${kind}`,
    includes: (prototype) => nameOf(prototype) === type && library()?.[type]?.prototype === prototype,
    encode: (value) => partsOf(value as Result),
    decode: (parts) => {
      prototypeOf(type);
      return ofParts(library() as never, parts as ResultParts);
    },
    get prototype() {
      return prototypeOf(type);
    },
  });
}

function nameOf(prototype: object): string | undefined {
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof type === "function" ? type.name : undefined;
}

function prototypeOf(type: string): object {
  const found = library()?.[type];
  if (found) return found.prototype;
  return fail("unsupported-value", `the value holds a ${type}, and @duckdb/node-api is not installed`, {
    hint: "npm install @duckdb/node-api",
  });
}

let loaded: Library | undefined;

/** At once, as encoding cannot wait; and only when such a value turns up, so that it is there already or needed. */
function library(): Library | undefined {
  try {
    loaded ??= createRequire(import.meta.url)("@duckdb/node-api") as Library;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
  }
  return loaded;
}
