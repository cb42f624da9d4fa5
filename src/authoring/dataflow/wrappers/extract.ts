import { fail } from "../../../core/failure.ts";
import { kindOf, strings } from "../../declaration.ts";
import { type AnyFunction, type FlowNode, valuesOf } from "../graph/flow-node.ts";
import type { FlowValue, Marked } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";

/**
 * Makes a node of each of these fields of the object that a function gives, beside the node of the function itself. What reads one
 * field is reused while that field is the same.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { extractFields } from "sluice/dataflow";
 *
 * export const split = extractFields(["train", "test"], (rows: number[]) => ({ train: rows.slice(10), test: rows.slice(0, 10) }));
 * export const size = (train: number[]) => train.length;
 * ```
 */
export function extractFields<F extends AnyFunction, const Field extends keyof FlowValue<F> & string>(
  fields: readonly Field[],
  fn: F,
): F & Marked<{ readonly nodes: { readonly [Name in Field]: FlowValue<F>[Name] } }> {
  checkNames("extractFields", fields);
  return wrap("extractFields", fn, {
    expand: (nodes) => [
      ...nodes,
      ...valuesOf(nodes).flatMap((node) => fields.map((field) => fieldOf(node, field, field))),
    ],
  });
}

/**
 * Makes a node of each member of the list that a function gives, in order, beside the node of the function itself.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { unpackFields } from "sluice/dataflow";
 *
 * export const bounds = unpackFields(["low", "high"], (rows: number[]): [number, number] => [Math.min(...rows), Math.max(...rows)]);
 * ```
 */
export function unpackFields<F extends AnyFunction, const Names extends readonly string[]>(
  names: Names,
  fn: F,
): F & Marked<{ readonly nodes: Unpacked<Names, FlowValue<F>> }> {
  checkNames("unpackFields", names);
  return wrap("unpackFields", fn, {
    expand: (nodes) => [
      ...nodes,
      ...valuesOf(nodes).flatMap((node) => names.map((name, index) => fieldOf(node, name, index))),
    ],
  });
}

type Unpacked<Names extends readonly string[], Values> = {
  readonly [Index in keyof Names & `${number}` as Names[Index] & string]: Values extends readonly unknown[]
    ? Index extends keyof Values
      ? Values[Index]
      : Values[number]
    : never;
};

function checkNames(what: string, names: unknown): void {
  if (strings(names) !== undefined || (names as readonly string[]).length === 0) {
    fail("usage", `${what}() needs an array of names first, not ${kindOf(names)}`);
  }
}

/** Reads one member of what a node gives. Its code is the name of the member; nothing of it is the user's. */
function fieldOf(of: FlowNode, name: string, key: string | number): FlowNode {
  return {
    name,
    module: of.module,
    inputs: [{ name: of.name, optional: false, from: { name: of.name } }],
    run: (values) => memberOf(values[of.name], key, of.name),
    functions: ["field", key],
    isAside: true,
    site: of.site,
    settings: of.settings.behavior === undefined ? {} : { behavior: of.settings.behavior },
    tags: of.tags,
    checks: [],
  };
}

function memberOf(whole: unknown, key: string | number, of: string): unknown {
  if (whole !== null && typeof whole === "object" && Object.hasOwn(whole, key)) {
    return (whole as Record<string | number, unknown>)[key];
  }
  return fail(
    "stage-failed",
    `what "${of}" gives has no ${typeof key === "number" ? "member" : "field"} ${JSON.stringify(key)}`,
  );
}
