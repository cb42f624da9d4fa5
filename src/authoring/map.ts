import { definition, type StageContext, type StageNode } from "../core/node.ts";
import { aString, Declaring, isRecord, kindOf, type OptionRules } from "./declaration.ts";
import type { ItemOf, Items, MapOptions } from "./map-types.ts";
import { placeBeside, stageHandle } from "./stage.ts";
import { settingsOf, stageRules } from "./stage-options.ts";
import type { InputValues, Stage, StageOptions } from "./stage-types.ts";

/**
 * What the function of a map gets beside its item and the shared inputs: the context of a stage, without named outputs, and
 * without `progress`, for that of a map is how many of its items are done.
 */
export type MapContext = Omit<StageContext<never>, "outputs" | "progress">;

type None = Readonly<Record<never, never>>;

/**
 * Declares a map: a function that is called for each item of a list, each item with a result of its own. When an item is added
 * or changed, that item runs and no other; where an item stands in the list does not count. The value is the list of the
 * results, in the order of the items. Equal items run once.
 *
 * The function gets copies of its item. The shared inputs are the same objects for all items: it must not change them
 * (`input-changed`).
 *
 * An item that fails fails the map, and names itself; the results of the others are kept.
 *
 * @param items a node that gives a list (a stage, a `param`, a `glob`, another map), or a list of plain values
 * @param fn gets an item, the values of the shared inputs by name, and a context (`signal`, `log`, `meta`, `tmp`, `run`)
 * @throws SluiceError `invalid-definition` for options that do not exist or have wrong values
 *
 * @example
 * ```ts
 * import { glob, map, param, stage } from "sluice";
 *
 * const limit = param(3);
 * export const words = map(glob("texts/*.txt"), { limit }, async (text, { limit }) =>
 *   (await text.text()).split(/\s+/).filter((word) => word.length > limit),
 * );
 * export const total = stage({ words }, ({ words }) => words.flat().length);
 * ```
 */
export function map<List extends Items, Result>(
  items: List,
  fn: (item: ItemOf<List>, inputs: None, context: MapContext) => Result,
  options?: MapOptions<ItemOf<List>, Awaited<Result>>,
): Stage<Awaited<Result>[]>;
export function map<List extends Items, Inputs extends Readonly<Record<string, unknown>>, Result>(
  items: List,
  inputs: Inputs,
  fn: (item: ItemOf<List>, inputs: InputValues<Inputs>, context: MapContext) => Result,
  options?: MapOptions<ItemOf<List>, Awaited<Result>>,
): Stage<Awaited<Result>[]>;
export function map(items: unknown, ...given: readonly unknown[]): Stage<unknown[]> {
  const declaring = new Declaring("map");
  const functionAt = isFunction(given[0]) ? 1 : 2;
  const [inputs, fn, options]: readonly unknown[] = functionAt === 1 ? [{}, ...given] : given;
  const common = declaring.options(options, mapRules);
  checkItems(declaring, items);
  if (!isRecord(inputs)) {
    return declaring.wrong(
      `map() needs an object of named inputs, or a function, after its items, not ${kindOf(inputs)}`,
    );
  }
  if ("items" in inputs) declaring.wrong('a shared input of map() cannot be called "items"', "give it another name");
  if (!isFunction(fn)) declaring.wrong(`map() needs a function, not ${kindOf(fn)}`);
  const all = (options ?? {}) as MapOptions<unknown, unknown>;
  const { key, jobs } = all;
  const node: StageNode = {
    kind: "map",
    // Read when the graph is built, as those of a stage are.
    get inputs() {
      return { items, ...inputs };
    },
    run: fn as unknown as StageNode["run"],
    functionAt,
    items: { ...(key === undefined ? {} : { key }), ...(jobs === undefined ? {} : { jobs }) },
    site: declaring.site,
    ...common,
    ...settingsOf(declaring, all as StageOptions<unknown>),
  };
  placeBeside(node, declaring, all.output);
  return stageHandle(node);
}

const { outputs: _, ...shared } = stageRules;

const mapRules: OptionRules = {
  ...shared,
  key: (value) => (isFunction(value) ? undefined : "a function"),
  jobs: (value) => (Number.isSafeInteger(value) && (value as number) > 0 ? undefined : "a whole number from 1"),
  format: (value) => {
    if (value === "text" || value === "bytes" || value === "file") return "a format that takes a list";
    return aString(value);
  },
};

function checkItems(declaring: Declaring, items: unknown): void {
  if (Array.isArray(items) || kindOf(items) === "a node") return;
  const hint = "give it a stage, a param or a glob that gives a list, or an array of plain values";
  declaring.wrong(`map() needs a node or an array as its first argument, not ${kindOf(items)}`, hint);
}

/** Whether a value is a function, and no node that can be called. */
function isFunction(value: unknown): boolean {
  return typeof value === "function" && !(definition in value);
}
