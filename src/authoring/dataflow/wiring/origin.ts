import type { AnyFunction, FlowNode } from "../graph/flow-node.ts";
import { type Slot, signatureOf } from "../graph/parameters.ts";
import { wrappingOf } from "../graph/wrapping.ts";

/** The user's function that a node calls. */
export interface NodeFunction {
  readonly fn: AnyFunction;
  readonly slots: readonly Slot[];
  /** Whether it is the function of the export itself, and no step of a pipe. */
  readonly isExported: boolean;
}

/** Finds it; undefined for a node that calls none of the user's, such as a field of another one. */
export function functionOf(node: FlowNode, exported: unknown): NodeFunction | undefined {
  let [code, given] = [node.functions, undefined as readonly Slot[] | undefined];
  // What wrappers say comes first, what they say it of last; names that were given are beside the function.
  while (Array.isArray(code)) {
    const said: readonly unknown[] = code;
    if (said[0] === "inputs") given = said[1] as readonly Slot[];
    code = said.at(-1);
  }
  if (typeof code !== "function") return undefined;
  const fn = code as AnyFunction;
  const { slots } = signatureOf({ name: node.name, module: node.module, fn }, given);
  return { fn, slots, isExported: fn === innermost(exported) };
}

/** The function of an export, without what is wrapped around it. */
export function innermost(exported: unknown): unknown {
  let fn = exported;
  for (let at = typeof fn === "function" ? wrappingOf(fn as AnyFunction) : undefined; at; at = wrappingOf(at.inner)) {
    fn = at.inner;
  }
  return fn;
}
