import { functionSite } from "../../../analyse/captured/function-site.ts";
import type { AnyFunction, Config, FlowNode } from "./flow-node.ts";
import { argumentsFor, parametersIn, type Slot, slotsOf } from "./parameters.ts";
import { type Wrapping, wrappingOf } from "./wrapping.ts";

/** An exported function. */
export interface Exported {
  readonly name: string;
  readonly module: string;
  readonly fn: AnyFunction;
}

/**
 * The nodes that an exported function makes: one by itself; none, one or several where it is wrapped.
 * @throws SluiceError `invalid-definition` where its parameters have no names
 */
export function nodesOf({ name, module, fn }: Exported, config: Config): readonly FlowNode[] {
  if (!wrappingOf(fn)) return [plainNode({ name, module, fn }, undefined)];
  const wrappings = wrappingsOf(fn);
  const inner = wrappings.at(-1)?.inner ?? fn;
  const called = wrappings.some(({ isVariant }) => isVariant) ? withoutVariant(name) : name;
  const given = wrappings.find(({ slots }) => slots)?.slots;
  let nodes: readonly FlowNode[] = [plainNode({ name: called, module, fn: inner }, given)];
  for (const { expand } of wrappings.toReversed()) nodes = expand?.(nodes, config) ?? nodes;
  return nodes;
}

/** From the outermost on. */
function wrappingsOf(fn: AnyFunction): readonly Wrapping[] {
  const found: Wrapping[] = [];
  for (let at = wrappingOf(fn); at; at = wrappingOf(at.inner)) found.push(at);
  return found;
}

/**
 * Of an exported function that is a node for some configs only: the name of that, and for which.
 * @example { name: "model", conditions: ['when({"kind":"linear"})'] }
 */
export function variantOf(
  name: string,
  fn: AnyFunction,
): { readonly name: string; readonly conditions: readonly string[] } | undefined {
  const conditions = wrappingsOf(fn).flatMap(({ condition }) => condition?.() ?? []);
  return conditions.length === 0 ? undefined : { name: withoutVariant(name), conditions };
}

/** `model__linear` is the node `model` in one of its variants. */
function withoutVariant(name: string): string {
  const end = name.indexOf("__");
  return end > 0 ? name.slice(0, end) : name;
}

/** One for all nodes: there may be thousands. */
const nothing = Object.freeze({});
const none: readonly never[] = Object.freeze([]);

function plainNode({ name, module, fn }: Exported, given: readonly Slot[] | undefined): FlowNode {
  const site = functionSite(fn);
  const slots = given ?? slotsOf(fn, { name, module, site });
  return {
    name,
    module,
    inputs: parametersIn(slots).map(({ name, optional }) => ({ name, optional, from: { name } })),
    run: (values) => (fn as unknown as (...args: unknown[]) => unknown)(...argumentsFor(slots, values)),
    // Names that were given by hand say which value is which: they are no part of the function's text.
    functions: given ? ["inputs", slots, fn] : fn,
    site,
    settings: nothing,
    tags: nothing,
    checks: none,
  };
}
