import path from "node:path";
import type { Table } from "apache-arrow";
import { fail } from "../../../core/failure.ts";
import { fileRefOf } from "../../../core/file-ref.ts";
import type { StageContext } from "../../../core/node.ts";
import { foreignTypes } from "../../../store/formats/foreign-csv.ts";
import { formatVersion } from "../../../store/formats.ts";
import { aString, Declaring, handleOf, isRecord, kindOf, type OptionRules, oneOf } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import { type AnyFunction, type FlowFile, type FlowInput, type FlowNode, ofValue } from "../graph/flow-node.ts";
import type { Marked } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";
import { type ReadingOptions, readValue } from "../sinks/read-value.ts";
import { pathInput } from "./save-to.ts";
import { requireFree, Source, takenHint } from "./wires.ts";

/** What reads a file. */
export type Loader<Value = unknown> = (path: string) => Value | PromiseLike<Value>;

/** What files of each format are read as. */
export interface LoadedAs {
  readonly json: unknown;
  readonly ndjson: unknown[];
  readonly csv: Record<string, unknown>[];
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly parquet: Table;
  readonly arrow: Table;
  readonly duckdb: Record<string, unknown>[];
}

/** The formats that files can be read in. */
export type LoadFormat = keyof LoadedAs;

/** What to read. */
export interface LoadOptions<Into extends string = string> extends ReadingOptions {
  /** A path, relative to the folder of the module that says it, or the node or input that gives it (`source`). */
  readonly path: string | Source;
  /** The parameter that gets what is read; the first unless given. */
  readonly into?: Into;
  /** Of `duckdb`: all of a table, or a query. */
  readonly table?: string;
  readonly query?: string;
}

type ReadBy<How> = How extends (...args: never) => infer Result
  ? Awaited<Result>
  : How extends LoadFormat
    ? LoadedAs[How]
    : unknown;

type LoaderNode<Into extends string, How> = string extends Into
  ? unknown
  : Marked<{ readonly below: { readonly [Each in Into]: ReadBy<How> } }>;

const rules: OptionRules = {
  path: (value) =>
    value instanceof Source || (typeof value === "string" && value !== "") ? undefined : 'a path, or source("NAME")',
  into: aString,
  table: aString,
  query: aString,
  as: oneOf("table", "rows"),
  separator: (value) =>
    typeof value === "string" && /^[^"\r\n]+$/.test(value) ? undefined : "a text without quotes and line ends",
  types: (value) => (isRecord(value) ? undefined : "an object of types by column"),
};

/**
 * Gives a parameter of a function what a file holds. A node of its own reads it, called `NODE.PARAMETER`: it runs again when the content
 * of the file is another, and what reads it runs again when that came out differently.
 *
 * @param how a format, a name that `registerFormat` was given, or a function that gets an absolute path
 * @throws SluiceError `usage`, `unsupported-format`
 *
 * @example
 * ```ts
 * import { loadFrom } from "sluice/dataflow";
 *
 * export const sales = loadFrom("csv", { path: "data/sales.csv" }, (rows: { amount: number }[]) =>
 *   rows.filter(({ amount }) => amount > 0),
 * );
 * ```
 */
export function loadFrom<
  F extends AnyFunction,
  const Into extends string,
  const How extends LoadFormat | (string & {}) | Loader,
>(how: How, options: LoadOptions<Into>, fn: F): F & LoaderNode<Into, How> {
  const declaring = new Declaring("loadFrom");
  checkOptions(how, options);
  return wrap("loadFrom", fn, {
    expand: (nodes) => ofValue(nodes, (node) => withLoader(node, nodes, how, options, declaring)),
  }) as F & LoaderNode<Into, How>;
}

function checkOptions(how: unknown, options: unknown): void {
  if (!isRecord(options)) fail("usage", `loadFrom() needs an object of options second, not ${kindOf(options)}`);
  checkNames(options, Object.keys(rules));
  for (const [name, rule] of Object.entries(rules)) {
    const value = options[name];
    const wanted = value === undefined && name !== "path" ? undefined : rule(value);
    if (wanted !== undefined) fail("usage", `option "${name}" of loadFrom() must be ${wanted}, not ${kindOf(value)}`);
  }
  if (typeof how !== "function" && typeof how !== "string") {
    fail("usage", `loadFrom() needs a format or a function first, not ${kindOf(how)}`);
  }
  for (const [column, type] of Object.entries((options.types as object | undefined) ?? {})) {
    const wanted = oneOf(...foreignTypes)(type);
    if (wanted !== undefined)
      fail("usage", `the type of the column "${column}" must be ${wanted}, not ${kindOf(type)}`);
  }
  const { table, query } = options;
  if (how === "duckdb" ? (table === undefined) === (query === undefined) : table !== undefined || query !== undefined) {
    fail(
      "usage",
      how === "duckdb" ? 'loadFrom("duckdb") needs a "table" or a "query"' : 'only "duckdb" has a "table" or a "query"',
    );
  }
  if (typeof how === "string" && how !== "duckdb") formatVersion(how);
}

function withLoader(
  node: FlowNode,
  others: readonly FlowNode[],
  how: string | Loader,
  options: LoadOptions,
  declaring: Declaring,
): readonly FlowNode[] {
  const { into = node.inputs[0]?.name } = options;
  const at = node.inputs.find(({ name }) => name === into);
  if (!at) {
    return fail("usage", `loadFrom() loads into "${into ?? ""}", which "${node.name}" does not take`, {
      node: node.name,
      hint: takenHint(node, into ?? "", "loadFrom", others),
    });
  }
  requireFree(node, at.name, "loadFrom", others);
  const loader = loaderOf(`${node.name}.${at.name}`, node, how, options, declaring);
  const inputs = node.inputs.map((each) =>
    each.name === into ? { ...each, optional: false, from: { name: loader.name } } : each,
  );
  return [loader, { ...node, inputs }];
}

function loaderOf(
  name: string,
  of: FlowNode,
  how: string | Loader,
  { path: given, into: _, table, query, ...reading }: LoadOptions,
  declaring: Declaring,
): FlowNode {
  // A file that is known before the run is an input like any other. A database is more than its file.
  const isSeen = !(given instanceof Source) && how !== "duckdb";
  const version = typeof how === "string" && how !== "duckdb" ? formatVersion(how) : 1;
  return {
    name,
    module: of.module,
    inputs: [isSeen ? fileInput(given as string, declaring) : pathInput(given)],
    run: ({ path: from }, context) => load(how, { table, query, reading, base: declaring.base(), from }, context),
    functions: ["load", how, version, table ?? null, query ?? null, { ...reading }],
    site: isSeen ? of.site : declaring.site,
    settings: {},
    tags: of.tags,
    checks: [],
    role: "loader",
    ...(typeof how === "string" ? { file: fileFormat(how, reading.separator) } : {}),
    isAside: true,
    // What a file that is an input holds says all, wherever it is.
    ...(isSeen ? { isSeen } : { base: declaring.base() }),
  };
}

function fileFormat(format: string, separator: string | undefined): FlowFile {
  return { format, ...(separator === undefined ? {} : { separator }) };
}

function fileInput(given: string, { base, site }: Declaring): FlowInput {
  return { name: "path", optional: false, from: { value: handleOf({ kind: "file", path: given, base, site }) } };
}

interface Load {
  readonly table: string | undefined;
  readonly query: string | undefined;
  readonly reading: ReadingOptions;
  readonly base: string;
  /** A path, or the handle of a file. */
  readonly from: unknown;
}

async function load(
  how: string | Loader,
  { table, query, reading, base, from }: Load,
  context: StageContext,
): Promise<unknown> {
  const isFile = fileRefOf(from) !== undefined;
  const given = isFile ? (from as { readonly path: string }).path : pathOf(from);
  const file = path.resolve(base, given);
  // How a file lies that a handle leads to, the handle knows.
  const place = isFile ? {} : { base };
  if (how === "duckdb") {
    context.read(given, { ...place, table: table ?? "" });
    const { readQuery, readTable } = await import("../../../store/duckdb/table.ts");
    return table === undefined ? readQuery(file, query!) : readTable(file, table);
  }
  if (!isFile) context.read(given, place);
  return typeof how === "string" ? readValue(how, file, reading) : how(file);
}

function pathOf(from: unknown): string {
  if (typeof from === "string" && from !== "") return from;
  return fail("unsupported-value", `the path to load from must be a string, not ${kindOf(from)}`);
}
