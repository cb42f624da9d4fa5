import { functionSite } from "../../../analyse/captured/function-site.ts";
import { fail } from "../../../core/failure.ts";
import { aString, kindOf } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import { type AnyFunction, type FlowNode, ofValue, valuesOf } from "../graph/flow-node.ts";
import { argumentsFor, parametersIn, signatureOf } from "../graph/parameters.ts";
import type { FlowResult, Marked, MarkOf } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";
import { rewire, takenHint } from "./wires.ts";

/** One function of a pipe. @typeParam Given what it returns, told to the compiler alone */
export class Step<out Given = unknown> {
  declare readonly "~given"?: Given;
  readonly fn: AnyFunction;
  readonly wires: Readonly<Record<string, unknown>>;
  readonly name: string;

  constructor(fn: AnyFunction, wires: Readonly<Record<string, unknown>>, name: string) {
    this.fn = fn;
    this.wires = wires;
    this.name = name;
  }
}

/**
 * One function of a pipe: its first parameter gets what comes down the pipe, the others the nodes and inputs of their names.
 *
 * @param wires other values for these, as for `inject`
 * @param options.name what the step is called; after its function unless given
 * @throws SluiceError `usage`
 */
export function step<Given>(
  fn: (...args: never) => Given,
  wires: Readonly<Record<string, unknown>> = {},
  options: { readonly name?: string } = {},
): Step<Given> {
  if (typeof fn !== "function") fail("usage", `step() needs a function, not ${kindOf(fn)}`);
  checkNames(options, ["name"]);
  const name = options.name ?? fn.name;
  if (aString(name) !== undefined || name === "")
    fail("usage", "a step of a pipe needs a `name`: its function has none");
  return new Step(fn, wires, name);
}

/**
 * Sends what one parameter gets through functions first. Each step is a node of its own, called `NODE.STEP`.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { pipeInput, step } from "sluice/dataflow";
 *
 * const trimmed = (text: string) => text.trim();
 * const cut = (text: string, length: number) => text.slice(0, length);
 * export const title = pipeInput("raw", [step(trimmed), step(cut, { length: 20 })], (raw: string) => `# ${raw}`);
 * ```
 */
export function pipeInput<F extends AnyFunction>(input: string, steps: readonly Step[], fn: F): F {
  checkSteps("pipeInput", steps);
  return wrap("pipeInput", fn, {
    expand: (nodes) =>
      ofValue(nodes, (node) => {
        const at = node.inputs.find(({ name }) => name === input);
        if (!at || !("name" in at.from)) {
          return fail("usage", `pipeInput() names "${input}", which "${node.name}" does not take from a node`, {
            node: node.name,
            hint: takenHint(node, input, "pipeInput", nodes),
          });
        }
        const chain = chained(node, steps, at.from.name, nodes);
        const last = chain.at(-1)!.name;
        const inputs = node.inputs.map((each) =>
          each.name === input ? { ...each, optional: false, from: { name: last } } : each,
        );
        return [...chain, { ...node, inputs }];
      }),
  });
}

/** A function of which the last of some steps says what its node gives; one that is generic, or may give anything, says nothing. */
type Piped<F extends AnyFunction, Steps> = Steps extends readonly [...unknown[], Step<infer Given>]
  ? [Given] extends [never]
    ? F
    : unknown extends Given
      ? F
      : ((...args: Parameters<F>) => ReturnType<F>) &
          Marked<Omit<MarkOf<F>, "piped" | "format"> & { readonly piped: GivenBy<F, Given> }>
  : F;

/** What a node gives whose last step returns this. */
type GivenBy<F, Given> = FlowResult<((...args: never) => Given) & Marked<Omit<MarkOf<F>, "gives" | "format">>, Given>;

/**
 * Sends what a function gives through functions. The node is what comes out; the function's own result is the node `NODE.raw`, each
 * step but the last is `NODE.STEP`.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { pipeOutput, step } from "sluice/dataflow";
 *
 * const rounded = (x: number) => Math.round(x);
 * export const mean = pipeOutput([step(rounded)], (rows: number[]) => rows.reduce((sum, row) => sum + row, 0) / rows.length);
 * ```
 */
export function pipeOutput<F extends AnyFunction, const Steps extends readonly Step[]>(
  steps: Steps,
  fn: F,
): Piped<F, Steps> {
  checkSteps("pipeOutput", steps);
  const wrapped = wrap("pipeOutput", fn, {
    expand: (nodes) => {
      const raws = new Map(valuesOf(nodes).map(({ name }) => [name, free(`${name}.raw`, nodes)]));
      return ofValue(rewired(nodes, raws), (node) => {
        const raw = { ...node, name: raws.get(node.name)!, isAside: true as const };
        const chain = chained(node, steps, raw.name, nodes);
        const { isAside: _, ...last } = chain.at(-1)!;
        // What was checked, and how it is stored, is the function's own result: that is no more what the node gives.
        const { format: __, formatOptions: ___, ...settings } = node.settings;
        return [raw, ...chain.slice(0, -1), { ...last, name: node.name, settings, ...forPeople(node) }];
      });
    },
  });
  return wrapped as unknown as Piped<F, Steps>;
}

/** What is said of the node as a whole. */
function forPeople({ tags, description }: FlowNode): Pick<FlowNode, "tags" | "description"> {
  return { tags, ...(description === undefined ? {} : { description }) };
}

/** What was made of the function's own result before it came into the pipe reads that. */
function rewired(nodes: readonly FlowNode[], raws: ReadonlyMap<string, string>): readonly FlowNode[] {
  return nodes.map((node) => {
    if (!node.isAside || !node.inputs.some(({ from }) => "name" in from && raws.has(from.name))) return node;
    const inputs = node.inputs.map((input) => {
      const raw = "name" in input.from ? raws.get(input.from.name) : undefined;
      return raw === undefined ? input : { ...input, from: { name: raw } };
    });
    return { ...node, inputs };
  });
}

/** A name that none of these has. */
function free(name: string, others: readonly Pick<FlowNode, "name">[]): string {
  let called = name;
  for (let count = 2; others.some((other) => other.name === called); count++) called = `${name}_${count}`;
  return called;
}

function checkSteps(what: string, steps: readonly Step[]): void {
  if (!Array.isArray(steps) || steps.length === 0 || !steps.every((each) => each instanceof Step)) {
    const other = Array.isArray(steps) ? steps.find((each) => !(each instanceof Step)) : undefined;
    const given = other === undefined ? kindOf(steps) : `one of ${kindOf(other)}`;
    fail("usage", `${what}() needs an array of what step() gives, not ${given}`);
  }
}

/** The steps as nodes, the first of which reads the node or input of a name. @param others whose names are taken */
function chained(
  node: FlowNode,
  steps: readonly Step[],
  from: string,
  others: readonly FlowNode[],
): readonly FlowNode[] {
  const nodes: FlowNode[] = [];
  for (const { fn, wires, name } of steps) {
    const called = free(`${node.name}.${name}`, [...others, ...nodes]);
    nodes.push(stepNode(node, fn, wires, called, nodes.at(-1)?.name ?? from));
  }
  return nodes;
}

function stepNode(
  node: FlowNode,
  fn: AnyFunction,
  wires: Readonly<Record<string, unknown>>,
  name: string,
  from: string,
): FlowNode {
  const site = functionSite(fn);
  const { slots, functions } = signatureOf({ name, module: node.module, fn });
  const parameters = parametersIn(slots);
  const [first] = parameters;
  if (!first)
    return fail("usage", `the step "${name}" takes nothing, so nothing can be sent through it`, { node: name });
  if (Object.hasOwn(wires, first.name)) {
    fail("usage", `step() wires "${first.name}", which is what is sent through "${name}"`, {
      node: name,
      hint: "the first parameter of a step gets what the step before it gave",
    });
  }
  const plain: FlowNode = {
    name,
    module: node.module,
    inputs: parameters.map((parameter) => ({ ...parameter, from: { name: parameter.name } })),
    run: (values) => (fn as unknown as (...args: unknown[]) => unknown)(...argumentsFor(slots, values)),
    functions,
    site,
    settings: {},
    tags: node.tags,
    checks: [],
    isAside: true,
  };
  const wired = rewire(plain, wires, "step");
  const inputs = wired.inputs.map((input) =>
    input.name === first.name ? { ...input, optional: false, from: { name: from } } : input,
  );
  return { ...wired, inputs };
}
