import { functionSite } from "../../../analyse/captured/function-site.ts";
import type { AnyFunction, Config, FlowInput, FlowNode } from "./flow-node.ts";
import { argumentsFor, type Parameter, parametersIn, type Slot, signatureOf } from "./parameters.ts";
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
export function nodesOf(exported: Exported, config: Config): readonly FlowNode[] {
  const { name, module, fn } = exported;
  if (!wrappingOf(fn)) return [plainNode(exported, undefined)];
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

/** The names of the config's values that decide whether an exported function is a node. */
export function asksFor(fn: AnyFunction): readonly string[] {
  return wrappingsOf(fn).flatMap(({ asks }) => asks ?? []);
}

/** `model__linear` is the node `model` in one of its variants. */
function withoutVariant(name: string): string {
  const end = name.indexOf("__");
  return end > 0 ? name.slice(0, end) : name;
}

/** One for all nodes: there may be thousands. */
const nothing = Object.freeze({});
const none: readonly never[] = Object.freeze([]);

function plainNode(exported: Exported, given: readonly Slot[] | undefined): FlowNode {
  const { name, module, fn } = exported;
  const { slots, functions } = signatureOf(exported, given);
  return {
    name,
    module,
    inputs: parametersIn(slots).map(inputOf),
    run: (values) => (fn as unknown as (...args: unknown[]) => unknown)(...argumentsFor(slots, values)),
    functions,
    site: functionSite(fn),
    settings: nothing,
    tags: nothing,
    checks: none,
  };
}

/** A parameter is read from what is called as it is. */
function inputOf(parameter: Parameter): FlowInput {
  return { name: parameter.name, optional: parameter.optional, from: parameter };
}
