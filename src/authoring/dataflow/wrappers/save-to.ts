import path from "node:path";
import { fail } from "../../../core/failure.ts";
import type { StageContext } from "../../../core/node.ts";
import { formatVersion } from "../../../store/formats.ts";
import { aString, Declaring, isRecord, kindOf } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import { type AnyFunction, type FlowInput, type FlowNode, ofValue } from "../graph/flow-node.ts";
import type { FlowValue, Marked } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";
import { type SavedFile, writeValue } from "../sinks/write-value.ts";
import { Source, Value } from "./wires.ts";

/** What writes a value to a path: what it returns is what the saver's node gives. */
export type Saver<Of = never, Metadata = unknown> = (value: Of, path: string) => Metadata | PromiseLike<Metadata>;

/** The formats in which values can be written. */
export type SaveFormat = "json" | "ndjson" | "csv" | "parquet" | "arrow" | "text" | "bytes" | "duckdb";

/** Where to write. */
export interface SaveOptions<Name extends string = string> {
  /** A path, relative to the folder of the module that says it, or the node or input that gives it (`source`). */
  readonly path: string | Source;
  /** What the saver's node is called; `NODE.saved` unless given. */
  readonly name?: Name;
  /** Of `duckdb`: the table, which is replaced; `schema.table` for one that is not in `main`. */
  readonly table?: string;
}

type Told<How> = How extends (...args: never) => infer Result ? Awaited<Result> : SavedFile;

type SaverNode<Name extends string, How> = string extends Name
  ? Marked<{ readonly below: { readonly saved: Told<How> } }>
  : Marked<{ readonly nodes: { readonly [Each in Name]: Told<How> } }>;

/**
 * Makes a node, beside that of the function, that writes what the function gives: to a file in a format, to a table of DuckDB, or by a
 * function of your own. It writes when it is asked for, and is reused while what it wrote is there and unchanged.
 *
 * @param how a format, a name that `registerFormat` was given, or a function that gets the value and an absolute path
 * @throws SluiceError `usage`, `unsupported-format`
 *
 * @example
 * ```ts
 * import { saveTo } from "sluice/dataflow";
 *
 * export const totals = saveTo("json", { path: "out/totals.json" }, (sales: number[]) => ({
 *   total: sales.reduce((sum, sale) => sum + sale, 0),
 * }));
 * // await driver.execute(["totals.saved"]) gives { path, format, bytes }
 * ```
 */
export function saveTo<
  F extends AnyFunction,
  const Name extends string,
  const How extends SaveFormat | (string & {}) | Saver<FlowValue<F>>,
>(how: How, options: SaveOptions<Name>, fn: F): F & SaverNode<Name, How> {
  const declaring = new Declaring("saveTo");
  checkHow("saveTo", how, options);
  const { name } = options;
  return wrap("saveTo", fn, {
    expand: (nodes) =>
      ofValue(nodes, (node) => [
        node,
        saverOf({ name: name ?? `${node.name}.saved`, of: node, how, options, declaring }),
      ]),
  }) as F & SaverNode<Name, How>;
}

interface SaverParts {
  readonly name: string;
  /** What it is made for: its module and tags. */
  readonly of: FlowNode;
  readonly how: string | Saver;
  readonly options: Pick<SaveOptions, "path" | "table">;
  readonly declaring: Declaring;
}

function saverOf({ name, of, how, options, declaring: { base, site } }: SaverParts): FlowNode {
  return {
    name,
    module: of.module,
    inputs: [{ name: "value", optional: false, from: { name: of.name } }, pathInput(options.path)],
    run: (values, context) => save(how, options.table, base(), values, context),
    functions: sinkCode(how, options.table),
    base: base(),
    ...knownWrites(options, base()),
    // The code that is no function's is that of the module that says it: the same call in another one writes another file.
    site,
    settings: {},
    tags: of.tags,
    checks: [],
    role: "saver",
    ...savedFormat(how),
    isAside: true,
  };
}

/** What a saver writes, where that does not depend on what a node gives. */
export function knownWrites(
  { path: given, table }: Pick<SaveOptions, "path" | "table">,
  base: string,
): Pick<FlowNode, "writes"> {
  return typeof given === "string" ? { writes: { file: path.resolve(base, given), table } } : {};
}

/** In which format a saver writes, if it is one. */
export function savedFormat(how: string | Saver): Pick<FlowNode, "file"> {
  return typeof how === "string" ? { file: { format: how } } : {};
}

/** The path as an input of a saver or a loader: part of its key. */
export function pathInput(given: string | Source): FlowInput {
  const from = given instanceof Source ? { name: given.name } : { value: given };
  return { name: "path", optional: false, from };
}

/** What of a saver is code: nothing of a format is the user's. */
export function sinkCode(how: string | Saver, table: string | undefined): readonly unknown[] {
  // It is not last: what is last is the function whose parameters are the node's inputs.
  if (typeof how === "function") return ["save", how, null];
  return ["save", how, how === "duckdb" ? 1 : formatVersion(how), table ?? null];
}

/** Writes the input `value` to the input `path`. */
export async function save(
  how: string | Saver,
  table: string | undefined,
  base: string,
  { value, path: given }: Readonly<Record<string, unknown>>,
  context: StageContext,
): Promise<unknown> {
  if (typeof given !== "string" || given === "") {
    fail("unsupported-value", `the path to save to must be a string, not ${kindOf(given)}`);
  }
  if (typeof how === "string") return writeValue({ format: how, path: given, base, table }, value, context);
  context.wrote(given, { base });
  return (how as unknown as (value: unknown, path: string) => unknown)(value, path.resolve(base, given));
}

/** @throws SluiceError `usage`, `unsupported-format` */
export function checkHow(what: string, how: unknown, options: unknown): void {
  if (!isRecord(options)) fail("usage", `${what}() needs an object of options second, not ${kindOf(options)}`);
  checkNames(options, ["path", "name", "table"]);
  const { path: given, name, table } = options as Partial<SaveOptions>;
  if (given instanceof Value || !((typeof given === "string" && given !== "") || given instanceof Source)) {
    fail("usage", `option "path" of ${what}() must be a path, or source("NAME"), not ${kindOf(given)}`);
  }
  if (name !== undefined && (aString(name) !== undefined || name === "")) {
    fail("usage", `option "name" of ${what}() must be a string that is not empty`);
  }
  if (typeof how !== "function" && typeof how !== "string") {
    fail("usage", `${what}() needs a format or a function first, not ${kindOf(how)}`);
  }
  if ((how === "duckdb") !== (typeof table === "string" && table !== "")) {
    fail("usage", how === "duckdb" ? `${what}("duckdb") needs a "table"` : `only "duckdb" has a "table"`);
  }
  if (typeof how === "string" && how !== "duckdb") formatVersion(how);
}
