import { fail } from "../../../core/failure.ts";
import { kindOf, strings } from "../../declaration.ts";
import type { AnyFunction } from "../graph/flow-node.ts";
import type { Marked } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";

type Plain<Name> = Name extends `${infer Base}?` ? Base : Name;

/** The inputs that names stand for, with the types of the parameters at their places. */
type NamedInputs<Names extends readonly string[], Args extends readonly unknown[]> = {
  [Index in keyof Names & `${number}` as Plain<Names[Index]> & string]: Args[Index & keyof Args];
};

/**
 * Names the inputs of a function, one for each of its parameters, where the parameters do not: what a minifier has renamed, what
 * `bind` gave, a function of the engine's own. A name that ends with `?` is an input that the function can do without.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { inputs } from "sluice/dataflow";
 *
 * export const top = inputs(["scores", "count?"], (all: number[], most = 3) => all.slice(0, most));
 * ```
 */
export function inputs<const Names extends readonly string[], F extends AnyFunction>(
  names: Names,
  fn: F,
): F & Marked<{ readonly inputs: NamedInputs<Names, Parameters<F>> }> {
  if (strings(names) !== undefined) fail("usage", `inputs() needs an array of names first, not ${kindOf(names)}`);
  const slots = names.map((name) => {
    const optional = name.endsWith("?");
    return { name: optional ? name.slice(0, -1) : name, optional };
  });
  return wrap("inputs", fn, { slots });
}
