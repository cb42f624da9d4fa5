import { fail } from "../../../core/failure.ts";
import { shownText } from "../../../platform/shown-text.ts";
import { isRecord, kindOf } from "../../declaration.ts";
import type { AnyFunction, Config } from "../graph/flow-node.ts";
import type { Marked } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";

type Variant<F> = F & Marked<{ readonly variant: true }>;

/**
 * Makes a function a node only where the driver's config has all of these values. Several functions may be variants of one node: what
 * comes after `__` in the name of an export is no part of the node's name.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { when, whenNot } from "sluice/dataflow";
 *
 * export const score__fast = when({ mode: "fast" }, (rows: number[]) => rows.length);
 * export const score__exact = whenNot({ mode: "fast" }, (rows: number[]) => rows.reduce((sum, row) => sum + row, 0));
 * ```
 */
export function when<F extends AnyFunction>(values: Config, fn: F): Variant<F> {
  return variant("when", values, fn, (config, name) => Object.is(config[name], values[name]));
}

/** The opposite of {@link when} for each value: none of them may be as given. */
export function whenNot<F extends AnyFunction>(values: Config, fn: F): Variant<F> {
  return variant("whenNot", values, fn, (config, name) => !Object.is(config[name], values[name]));
}

/** Like {@link when}, with lists of values: each of the config's must be in its list. */
export function whenIn<F extends AnyFunction>(values: Readonly<Record<string, readonly unknown[]>>, fn: F): Variant<F> {
  checkLists("whenIn", values);
  return variant("whenIn", values, fn, (config, name) => values[name]!.includes(config[name]));
}

/** Like {@link whenNot}, with lists of values: none of the config's may be in its list. */
export function whenNotIn<F extends AnyFunction>(
  values: Readonly<Record<string, readonly unknown[]>>,
  fn: F,
): Variant<F> {
  checkLists("whenNotIn", values);
  return variant("whenNotIn", values, fn, (config, name) => !values[name]!.includes(config[name]));
}

function variant<F extends AnyFunction>(
  what: string,
  values: Config,
  fn: F,
  holds: (config: Config, name: string) => boolean,
): Variant<F> {
  if (!isRecord(values)) fail("usage", `${what}() needs an object of config values first, not ${kindOf(values)}`);
  const names = Object.keys(values);
  if (names.length === 0) fail("usage", `${what}() names no config value`);
  return wrap(what, fn, {
    isVariant: true,
    asks: names,
    condition: () => `${what}(${shownText(values) ?? "..."})`,
    expand: (nodes, config) => (names.every((name) => holds(config, name)) ? nodes : []),
  });
}

function checkLists(what: string, values: unknown): void {
  if (!isRecord(values)) return;
  for (const [name, list] of Object.entries(values)) {
    if (!Array.isArray(list)) fail("usage", `"${name}" of ${what}() must be an array, not ${kindOf(list)}`);
  }
}
