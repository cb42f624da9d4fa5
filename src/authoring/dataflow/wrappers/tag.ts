import { fail } from "../../../core/failure.ts";
import { isRecord, kindOf, strings } from "../../declaration.ts";
import type { AnyFunction, FlowNode, Tags } from "../graph/flow-node.ts";
import { wrap } from "../graph/wrapping.ts";

/**
 * Puts tags on a node: for people, and for `listAvailableVariables({ tags })`. They change no key.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { tag } from "sluice/dataflow";
 *
 * export const revenue = tag({ owner: "finance", topics: ["sales", "money"] }, (sold: number, price: number) => sold * price);
 * ```
 */
export function tag<F extends AnyFunction>(tags: Tags, fn: F): F {
  if (!isRecord(tags)) fail("usage", `tag() needs an object of tags first, not ${kindOf(tags)}`);
  for (const [name, value] of Object.entries(tags)) {
    if (typeof value === "string" || strings(value) === undefined) continue;
    fail("usage", `the tag "${name}" must be a string or an array of strings, not ${kindOf(value)}`);
  }
  return wrap("tag", fn, { expand: each((node) => ({ ...node, tags: { ...node.tags, ...tags } })) });
}

/** Says what a node is, for people. */
export function described<F extends AnyFunction>(description: string, fn: F): F {
  if (typeof description !== "string") fail("usage", `described() needs a text first, not ${kindOf(description)}`);
  return wrap("described", fn, { expand: each((node) => ({ ...node, description })) });
}

function each(change: (node: FlowNode) => FlowNode): (nodes: readonly FlowNode[]) => readonly FlowNode[] {
  return (nodes) => nodes.map(change);
}
