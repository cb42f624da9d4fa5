import { functionSite } from "../../../analyse/captured/function-site.ts";
import { fail } from "../../../core/failure.ts";
import { aString, kindOf } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import { type AnyFunction, type FlowNode, ofValue } from "../graph/flow-node.ts";
import { argumentsFor, parametersIn, slotsOf } from "../graph/parameters.ts";
import { wrap } from "../graph/wrapping.ts";
import { rewire } from "./wires.ts";

/** One function of a pipe. */
export class Step {
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
export function step(
  fn: AnyFunction,
  wires: Readonly<Record<string, unknown>> = {},
  options: { readonly name?: string } = {},
): Step {
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
          });
        }
        const chain = chained(node, steps, at.from.name);
        const last = chain.at(-1)!.name;
        const inputs = node.inputs.map((each) =>
          each.name === input ? { ...each, optional: false, from: { name: last } } : each,
        );
        return [...chain, { ...node, inputs }];
      }),
  });
}

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
export function pipeOutput<F extends AnyFunction>(steps: readonly Step[], fn: F): F {
  checkSteps("pipeOutput", steps);
  return wrap("pipeOutput", fn, {
    expand: (nodes) =>
      ofValue(nodes, (node) => {
        const raw = { ...node, name: `${node.name}.raw`, checks: [] };
        const chain = chained(node, steps, raw.name);
        const { settings, tags, checks } = node;
        return [raw, ...chain.slice(0, -1), { ...chain.at(-1)!, name: node.name, settings, tags, checks }];
      }),
  });
}

function checkSteps(what: string, steps: readonly Step[]): void {
  if (!Array.isArray(steps) || steps.length === 0 || !steps.every((each) => each instanceof Step)) {
    fail("usage", `${what}() needs an array of what step() gives, not ${kindOf(steps)}`);
  }
}

/** The steps as nodes, the first of which reads the node or input of a name. */
function chained(node: FlowNode, steps: readonly Step[], from: string): readonly FlowNode[] {
  const nodes: FlowNode[] = [];
  const names = new Set<string>();
  for (const { fn, wires, name: given } of steps) {
    let called = `${node.name}.${given}`;
    for (let count = 2; names.has(called); count++) called = `${node.name}.${given}_${count}`;
    names.add(called);
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
  const slots = slotsOf(fn, { name, module: node.module, site });
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
    functions: fn,
    site,
    settings: {},
    tags: node.tags,
    checks: [],
  };
  const wired = rewire(plain, wires, "step");
  const inputs = wired.inputs.map((input) =>
    input.name === first.name ? { ...input, optional: false, from: { name: from } } : input,
  );
  return { ...wired, inputs };
}
