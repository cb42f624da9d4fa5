import { fail } from "../../../core/failure.ts";
import type { Site } from "../../../core/node.ts";
import { aString, Declaring, isRecord, kindOf, strings } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import { builderCode, type ResultBuilder } from "../driver/result.ts";
import type { AnyNode, FlowInput, FlowNode } from "../graph/flow-node.ts";
import {
  checkHow,
  knownWrites,
  pathInput,
  type SaveOptions,
  type Saver,
  save,
  savedFormat,
  sinkCode,
} from "../wrappers/save-to.ts";
import type { SavedFile } from "./write-value.ts";

/** What to write, and where. */
export interface MaterializerOptions<Id extends string = string, Name extends string = string, Value = unknown> {
  /** What the node is called that writes it. */
  readonly id: Id;
  /** The nodes whose values are written. Of one node its value is; of several an object by name, unless they are combined. */
  readonly dependencies: readonly Name[];
  /** Makes one value of them, by name: `arrowTable()`, or a function of your own. */
  readonly combine?: (values: Readonly<Record<string, unknown>>) => Value | PromiseLike<Value>;
  /** A path, relative to the project's folder, or the node or input that gives it (`source`). */
  readonly path: SaveOptions["path"];
}

interface TableOptions<Id extends string, Name extends string> extends MaterializerOptions<Id, Name> {
  /** The table, which is replaced; `schema.table` for one that is not in `main`. */
  readonly table: string;
}

/** A node that writes values, to be put into a dataflow. */
export class Materializer<out Id extends string = string, out Name extends string = string, out Told = unknown> {
  readonly id: Id;
  readonly dependencies: readonly Name[];
  /** Only for the compiler: what the node gives. */
  readonly "~told"?: () => Told;
  readonly #how: string | Saver;
  readonly #given: Pick<SaveOptions, "path" | "table">;
  readonly #combine: ResultBuilder | undefined;
  readonly #site: Site;

  /** @internal */
  constructor(
    declaring: Declaring,
    how: string | Saver,
    { id, dependencies, combine, ...given }: MaterializerOptions<Id, Name> & { readonly table?: string },
  ) {
    this.id = id;
    this.dependencies = dependencies;
    this.#how = how;
    this.#given = given;
    this.#combine = combine;
    this.#site = declaring.site;
  }

  /** @internal @param root what relative paths start from: absolute */
  node(root: string): FlowNode {
    const [how, combine, dependencies] = [this.#how, this.#combine, this.dependencies];
    const { table } = this.#given;
    const inputs = dependencies.map((name): FlowInput => ({ name: `values.${name}`, optional: false, from: { name } }));
    return {
      name: this.id,
      module: "materialize",
      inputs: [...inputs, pathInput(this.#given.path)],
      run: async (values, context) => {
        const all = Object.fromEntries(dependencies.map((name) => [name, values[`values.${name}`]]));
        const value = combine ? await combine(all) : dependencies.length === 1 ? all[dependencies[0]!] : all;
        return save(how, table, root, { value, path: values.path }, context);
      },
      functions: ["materialize", sinkCode(how, table), dependencies, builderCode(combine)],
      site: this.#site,
      // A thread would not find it: it is in no module.
      settings: { executor: "inline" },
      tags: {},
      checks: [],
      role: "saver",
      ...savedFormat(how),
      ...knownWrites(this.#given, root),
    };
  }
}

/** What each of them gives, by its id. */
export type ToldBy<Materializers extends readonly Materializer[]> = {
  [Each in Materializers[number] as Each["id"]]: Each extends Materializer<string, string, infer Told> ? Told : never;
};

type To = <const Id extends string, const Name extends string>(
  options: MaterializerOptions<Id, Name>,
) => Materializer<Id, Name, SavedFile>;

function writer(format: string): To {
  return (options) => made(new Declaring(`to.${format}`), format, options);
}

/**
 * Ways to write values of nodes, for `driver.materialize` and `withMaterializers`: in a format, to a table of DuckDB, or, with `by`, in
 * a format of your own (`registerFormat`) or by a function.
 *
 * @example
 * ```ts
 * import { Driver, to } from "sluice/dataflow";
 *
 * const module = { totals: () => [{ country: "France", total: 3 }] };
 * const driver = Driver.builder().withModules(module).withCache().build();
 * const { saved } = await driver.materialize([
 *   to.csv({ id: "table", dependencies: ["totals"], path: "out/totals.csv" }),
 * ]);
 * console.log(saved.table.rows);
 * ```
 */
export const to: {
  readonly json: To;
  readonly ndjson: To;
  readonly csv: To;
  readonly parquet: To;
  readonly arrow: To;
  readonly text: To;
  readonly bytes: To;
  readonly duckdb: <const Id extends string, const Name extends string>(
    options: TableOptions<Id, Name>,
  ) => Materializer<Id, Name, SavedFile>;
  readonly by: <const Id extends string, const Name extends string, const How extends string | Saver<never>>(
    how: How,
    options: MaterializerOptions<Id, Name>,
  ) => Materializer<Id, Name, How extends (...args: never) => infer Told ? Awaited<Told> : SavedFile>;
} = {
  json: writer("json"),
  ndjson: writer("ndjson"),
  csv: writer("csv"),
  parquet: writer("parquet"),
  arrow: writer("arrow"),
  text: writer("text"),
  bytes: writer("bytes"),
  duckdb: (options) => made(new Declaring("to.duckdb"), "duckdb", options),
  by: (how, options) => made(new Declaring("to.by"), how as string | Saver, options),
};

function made<Id extends string, Name extends string, Told>(
  declaring: Declaring,
  how: string | Saver,
  options: MaterializerOptions<Id, Name> & { readonly table?: string },
): Materializer<Id, Name, Told> {
  const { what } = declaring;
  if (!isRecord(options)) fail("usage", `${what}() needs an object of options, not ${kindOf(options)}`);
  checkNames(options, ["id", "dependencies", "combine", "path", "table"]);
  const { id, dependencies, combine, path, table } = options;
  if (aString(id) !== undefined || id === "") fail("usage", `${what}() needs an "id": what its node is called`);
  if (strings(dependencies) !== undefined || dependencies.length === 0) {
    fail("usage", `${what}() needs "dependencies": the names of the nodes that it writes`);
  }
  if (combine !== undefined && typeof combine !== "function") {
    fail("usage", `option "combine" of ${what}() must be a function, not ${kindOf(combine)}`);
  }
  checkHow(what, how, { path, ...(table === undefined ? {} : { table }) });
  return new Materializer(declaring, how, options);
}

/**
 * Nodes with those of materializers among them.
 * @throws SluiceError `usage` for what is no materializer, `duplicate-name`
 */
export function withMaterializers(
  nodes: ReadonlyMap<string, AnyNode>,
  materializers: readonly Materializer[],
  root: string,
): ReadonlyMap<string, AnyNode> {
  if (materializers.length === 0) return nodes;
  const all = new Map(nodes);
  for (const each of materializers) {
    if (!(each instanceof Materializer))
      fail("usage", `a materializer is what to.json() and its like give, not ${kindOf(each)}`);
    if (all.has(each.id)) {
      fail("duplicate-name", `there is a node "${each.id}" already`, {
        node: each.id,
        hint: "give the materializer another id",
      });
    }
    all.set(each.id, each.node(root));
  }
  return all;
}
