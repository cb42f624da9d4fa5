import { fail } from "../../../core/failure.ts";
import { isRecord, kindOf, strings } from "../../declaration.ts";
import type { AnyFunction, FlowInput, FlowNode } from "../graph/flow-node.ts";
import type { Marked, TakenBy } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";

/** What is collected: the name of a node, several, or nodes by the names of parameters. */
export type CollectedNames = string | readonly string[] | Readonly<Record<string, string>>;

/** Parameters that were named for what they get are no inputs of the dataflow. */
type Renamed<Names, F> = Names extends string | readonly string[]
  ? Record<never, never>
  : [TakenBy<F>] extends [never]
    ? Record<never, never>
    : { readonly inputs: Omit<TakenBy<F>, keyof Names> };

/**
 * Gives a function the list of what a node gave for all items of a branch, in the order of the items. The node is outside of the
 * branch, or in the next outer one; where it also reads something item by item, it is in the branch, and gets the whole list each time.
 *
 * @param names the node, or several, whose parameters are called as they are; or `{ parameter: "node" }`
 * @throws SluiceError `usage`; `invalid-definition` when a driver is built and such a node is in no branch
 *
 * @example
 * ```ts
 * import { collect, parallel } from "sluice/dataflow";
 *
 * export const word = parallel((text: string) => text.split(" "));
 * export const size = (word: string) => word.length;
 * export const longest = collect({ words: "word", sizes: "size" }, (words: string[], sizes: number[]) =>
 *   words[sizes.indexOf(Math.max(...sizes))],
 * );
 * ```
 */
export function collect<const Names extends CollectedNames, F extends AnyFunction>(
  names: Names,
  fn: F,
): F & Marked<Renamed<Names, F>> {
  const nodes = nodesByParameter(names);
  return wrap("collect", fn, { expand: (all) => collecting(all, nodes) });
}

function nodesByParameter(names: unknown): ReadonlyMap<string, string | undefined> {
  const list = typeof names === "string" ? [names] : names;
  if (Array.isArray(list) && list.length > 0 && strings(list) === undefined) {
    return new Map(list.map((name: string) => [name, undefined]));
  }
  const byName = isRecord(names) ? Object.entries(names) : [];
  if (byName.length > 0 && byName.every(([, node]) => typeof node === "string")) {
    return new Map(byName as [string, string][]);
  }
  return fail("usage", `collect() needs the names of nodes first, not ${kindOf(names)}`, {
    hint: 'collect("size", (size: number[]) => ...), or collect({ sizes: "size" }, (sizes: number[]) => ...)',
  });
}

function collecting(all: readonly FlowNode[], nodes: ReadonlyMap<string, string | undefined>): readonly FlowNode[] {
  for (const parameter of nodes.keys()) {
    if (all.some(({ inputs }) => inputs.some(({ name }) => name === parameter))) continue;
    const [node] = all;
    if (!node) continue;
    fail("usage", `collect() names "${parameter}", which "${node.name}" does not take`, {
      node: node.name,
      hint: `it takes ${node.inputs.map(({ name }) => name).join(", ") || "nothing"}`,
    });
  }
  return all.map((node) => {
    const inputs = node.inputs.map((input) =>
      nodes.has(input.name) ? collected(input, nodes.get(input.name)) : input,
    );
    return inputs.every((input, i) => input === node.inputs[i]) ? node : { ...node, inputs };
  });
}

function collected(input: FlowInput, node: string | undefined): FlowInput {
  if (node === undefined) return { ...input, collected: true };
  return { ...input, optional: false, collected: true, from: { name: node } };
}
