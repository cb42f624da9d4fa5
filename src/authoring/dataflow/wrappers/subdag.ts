import { fail } from "../../../core/failure.ts";
import { nearest } from "../../../core/graph.ts";
import { aString, Declaring, isRecord, kindOf } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import { type AnyFunction, type AnyNode, type Config, type FlowNode, isJoined, ofValue } from "../graph/flow-node.ts";
import { givenBy, loadModule, type ModuleLike, nodesIn } from "../graph/modules.ts";
import type { AllNodes, Marked } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";
import { rewire } from "./wires.ts";

/** A dataflow inside of another one. */
export interface SubdagOptions<
  Modules extends readonly ModuleLike[] = readonly ModuleLike[],
  Namespace extends string = string,
> {
  /** As for `withModules`: what an import gives, objects of functions, or paths relative to the calling module. */
  readonly modules: Modules;
  /** What its inputs are: of a node or an input around it (`source`), or plain values. Those that are not named come from around it. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /**
   * Values by name that decide which functions are nodes, before those of the driver; they are inputs as well: also in the place of a node
   * that is called so, unless a `when` asks for the name.
   */
  readonly config?: Config;
  /** What its nodes are called after: `NAMESPACE.NODE`; the node unless given. */
  readonly namespace?: Namespace;
}

type SubdagNodes<Modules extends readonly ModuleLike[], Namespace extends string> = string extends Namespace
  ? Marked<{ readonly below: AllNodes<Modules> }>
  : Marked<{
      readonly nodes: {
        readonly [Name in keyof AllNodes<Modules> as `${Namespace}.${Name & string}`]: AllNodes<Modules>[Name];
      };
    }>;

/**
 * Puts a dataflow of its own behind a function: the parameters of that are nodes of it. The same modules can be used several times, with
 * other inputs and another config; each has nodes of its own, called `NAMESPACE.NODE`.
 *
 * @throws SluiceError `usage`, `load-failed`, `duplicate-name`
 *
 * @example
 * ```ts
 * import { source, subdag, value } from "sluice/dataflow";
 *
 * const features = {
 *   recent: (sales: number[], days: number) => sales.slice(-days),
 *   mean: (recent: number[]) => recent.reduce((sum, each) => sum + each, 0) / recent.length,
 * };
 * export const week = subdag({ modules: [features], inputs: { sales: source("france"), days: value(7) } }, (mean: number) => mean);
 * export const month = subdag({ modules: [features], inputs: { sales: source("france"), days: 30 } }, (mean: number) => mean);
 * ```
 */
export function subdag<
  F extends AnyFunction,
  const Modules extends readonly ModuleLike[],
  const Namespace extends string,
>(options: SubdagOptions<Modules, Namespace>, fn: F): F & SubdagNodes<Modules, Namespace> {
  const declaring = new Declaring("subdag");
  checkOptions(options);
  const { modules, namespace } = options;
  const loaded = modules.map((module, index) =>
    loadModule(module, typeof module === "string" ? declaring.base() : "", index),
  );
  return wrap("subdag", fn, {
    expand: (nodes, config) =>
      ofValue(nodes, (node) => {
        const all = functionsOf(nodesIn(loaded, { ...config, ...options.config }, false));
        const given = givenBy(options.config ?? {}, loaded);
        const inner = new Map([...all].filter(([name]) => !given.has(name)));
        const replaced = Object.entries(options.config ?? {}).filter(([name]) => given.has(name) && all.has(name));
        const below = namespace ?? node.name;
        checkInputs(options.inputs ?? {}, all, inner, below);
        return [
          ...[...inner.values()].map((each) => innerNode(each, below, inner, options, node)),
          outer(node, below, inner, Object.fromEntries(replaced)),
        ];
      }),
  }) as F & SubdagNodes<Modules, Namespace>;
}

function checkOptions(options: unknown): void {
  if (!isRecord(options)) fail("usage", `subdag() needs an object of options first, not ${kindOf(options)}`);
  checkNames(options, ["modules", "inputs", "config", "namespace"]);
  const { modules, inputs, config, namespace } = options as Partial<SubdagOptions>;
  if (!Array.isArray(modules) || modules.length === 0) {
    fail("usage", `subdag() needs "modules": an array of them, not ${kindOf(modules)}`);
  }
  for (const [name, given] of Object.entries({ inputs, config })) {
    if (given !== undefined && !isRecord(given)) {
      fail("usage", `option "${name}" of subdag() must be an object of values by name, not ${kindOf(given)}`);
    }
  }
  if (namespace !== undefined && (aString(namespace) !== undefined || namespace === "")) {
    fail("usage", `option "namespace" of subdag() must be a string that is not empty`);
  }
}

function functionsOf(nodes: ReadonlyMap<string, AnyNode>): ReadonlyMap<string, FlowNode> {
  const functions = new Map<string, FlowNode>();
  for (const [name, node] of nodes) {
    if (isJoined(node)) fail("usage", `"${name}" is a node of a pipeline, which cannot be in a subdag`, { node: name });
    functions.set(name, node);
  }
  return functions;
}

/**
 * The function around it reads its nodes, and else what is around.
 * @param replaced the values that are in the place of nodes
 */
function outer(node: FlowNode, namespace: string, inner: ReadonlyMap<string, FlowNode>, replaced: Config): FlowNode {
  const read = node.inputs.flatMap(({ name, from }) =>
    "name" in from && Object.hasOwn(replaced, from.name) ? [[name, replaced[from.name]] as const] : [],
  );
  const inputs = node.inputs.map((input) => renamed(input, namespace, inner));
  return rewire({ ...node, inputs }, Object.fromEntries(read), "subdag");
}

function renamed(input: FlowNode["inputs"][number], namespace: string, inner: ReadonlyMap<string, FlowNode>) {
  const { from } = input;
  return "name" in from && inner.has(from.name) ? { ...input, from: { name: `${namespace}.${from.name}` } } : input;
}

function innerNode(
  node: FlowNode,
  namespace: string,
  inner: ReadonlyMap<string, FlowNode>,
  { inputs = {}, config = {} }: SubdagOptions,
  behind: FlowNode,
): FlowNode {
  const given = { ...config, ...inputs };
  const wires = node.inputs.flatMap(({ name, from }) =>
    "name" in from && !inner.has(from.name) && Object.hasOwn(given, from.name) && given[from.name] !== undefined
      ? [[name, given[from.name]] as const]
      : [],
  );
  const wired = rewire(node, Object.fromEntries(wires), "subdag");
  const isWired = new Set(wires.map(([name]) => name));
  return {
    ...wired,
    name: `${namespace}.${node.name}`,
    isAside: true,
    within: {
      namespaces: [namespace, ...(node.within?.namespaces ?? []).map((inside) => `${namespace}.${inside}`)],
      behind: behind.name,
      module: behind.module,
    },
    // What is wired by hand leads outside, even to a node that is called as one inside.
    inputs: wired.inputs.map((input) => (isWired.has(input.name) ? input : renamed(input, namespace, inner))),
  };
}

/** @param all also those in whose place there are values: what they would read may be given */
function checkInputs(
  inputs: Readonly<Record<string, unknown>>,
  all: ReadonlyMap<string, FlowNode>,
  inner: ReadonlyMap<string, FlowNode>,
  namespace: string,
): void {
  const read = new Set(
    [...all.values()].flatMap((node) =>
      node.inputs.flatMap(({ from }) => ("name" in from && !inner.has(from.name) ? [from.name] : [])),
    ),
  );
  for (const name of Object.keys(inputs)) {
    if (read.has(name)) continue;
    const near = nearest(name, read);
    fail(
      "usage",
      inner.has(name)
        ? `"${name}" is a node of the subdag "${namespace}", not an input`
        : `nothing in the subdag "${namespace}" reads the input "${name}"`,
      {
        node: namespace,
        hint: near ? `did you mean "${near}"?` : `its inputs are ${[...read].join(", ") || "none"}`,
      },
    );
  }
}
