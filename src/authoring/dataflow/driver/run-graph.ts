import { fail } from "../../../core/failure.ts";
import { buildGraph, type Graph, nearest } from "../../../core/graph.ts";
import { definition, type NodeDefinition } from "../../../core/node.ts";
import { kindOf } from "../../declaration.ts";
import type { Dataflow } from "../graph/dataflow.ts";
import { type Config, isJoined } from "../graph/flow-node.ts";
import { askedOf, conditionsOf, type FlowModule } from "../graph/modules.ts";
import type { Behaviors } from "./behaviors.ts";
import type { DriverParts } from "./driver-parts.ts";
import { inputSource, stageOf } from "./stage-of.ts";
import type { Executors } from "./thread-finder.ts";

/** Values by name that a run is given. */
export interface GivenValues {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly overrides: Readonly<Record<string, unknown>>;
}

/** What a run of a driver runs. */
export interface RunGraph {
  /** Made when it is asked for: a run that is known by its call does without. */
  readonly graph: Graph;
  /** The names of all that the targets need, also of what is optional and not there. */
  readonly needed: ReadonlySet<string>;
  /** Of these, the names that are given, with their values: for an input, and in place of a node. */
  readonly given: ReadonlyMap<string, unknown>;
  readonly inputs: readonly string[];
  readonly overrides: readonly string[];
}

interface Wanted extends GivenValues {
  readonly targets: readonly string[];
  readonly config: Config;
  readonly format: string | undefined;
  readonly executors?: Executors | undefined;
  /** They tell for which configs there is a node, where there is none for this one. */
  readonly modules?: readonly FlowModule[];
}

/**
 * Checks a call, and tells the graph of the run: what the targets need of the dataflow, with what is given for it.
 * @throws SluiceError `unknown-node`, `unknown-parameter` for what nothing reads, `missing-parameter` for all that is missing at once,
 *   `usage`
 */
export function graphOfRun(dataflow: Dataflow, behaviors: Behaviors, wanted: Wanted): RunGraph {
  const { targets, overrides, config, modules = [] } = wanted;
  for (const target of targets)
    if (!dataflow.has(target)) noTarget(dataflow, target, config, conditionsOf(modules, target));
  checkByName("inputs", wanted.inputs);
  checkByName("overrides", overrides);
  const inputs = given(wanted.inputs);
  const replaced = given(overrides);
  checkInputs(dataflow, inputs, config, modules);
  for (const name of replaced.keys()) if (!dataflow.nodes.has(name)) notOverridable(dataflow, name, config);
  for (const [name, value] of given(config)) if (dataflow.inputs.has(name)) inputs.set(name, value);
  const needed = dataflow.needed(targets, (name) => replaced.has(name));
  checkMissing(dataflow, needed, inputs, replaced, targets, modules, config);
  const values = new Map([...inputs, ...replaced].filter(([name]) => needed.has(name)));
  const names = [...needed].filter((name) => values.has(name));
  let graph: Graph | undefined;
  return {
    get graph() {
      graph ??= buildGraph(definitionsOf(dataflow, behaviors, { ...wanted, needed, given: values }));
      return graph;
    },
    needed,
    given: values,
    inputs: names.filter((name) => !dataflow.nodes.has(name)),
    overrides: names.filter((name) => dataflow.nodes.has(name)),
  };
}

function definitionsOf(
  dataflow: Dataflow,
  behaviors: Behaviors,
  {
    needed,
    given: values,
    format,
    executors,
  }: Pick<Wanted, "format" | "executors"> & Pick<RunGraph, "needed" | "given">,
): ReadonlyMap<string, NodeDefinition> {
  const isThere = (name: string): boolean => values.has(name) || dataflow.nodes.has(name);
  const definitions = new Map<string, NodeDefinition>();
  const handleOf = (name: string): object => ({ [definition]: definitions.get(name) });
  for (const name of needed) {
    const node = dataflow.nodes.get(name);
    if (values.has(name)) {
      definitions.set(name, inputSource(values.get(name), behaviors.ofGiven(name)));
    } else if (node && isJoined(node)) {
      definitions.set(name, node.definition);
    } else if (node) {
      const behavior = behaviors.useOf(name);
      const branch = dataflow.branches.get(name);
      definitions.set(name, stageOf(node, { behavior, format, isThere, handleOf, executors, branch }));
    }
  }
  return definitions;
}

/**
 * The graph of a run of one node, with nothing in the place of inputs that are missing: to look at, not to run.
 * @throws SluiceError as {@link graphOfRun}
 */
export function partialGraph(
  { dataflow, behaviors, config }: Pick<DriverParts, "dataflow" | "behaviors" | "config">,
  name: string,
  { inputs = {}, overrides = {} }: Partial<GivenValues>,
): RunGraph {
  const missing = [...dataflow.inputs.values()].filter(
    (input) => input.needy.length > 0 && inputs[input.name] === undefined && config[input.name] === undefined,
  );
  const given = { ...Object.fromEntries(missing.map((input) => [input.name, null])), ...inputs };
  return graphOfRun(dataflow, behaviors, { targets: [name], inputs: given, overrides, config, format: undefined });
}

/** What is undefined is not given. */
function given(values: Readonly<Record<string, unknown>>): Map<string, unknown> {
  return new Map(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** What has no names, such as a list, a Map or a promise, would be taken for values that are missing. */
function checkByName(option: "inputs" | "overrides", values: unknown): void {
  const isNamed = typeof values === "object" && values !== null && !(Symbol.iterator in values);
  if (isNamed && !(values instanceof Promise)) return;
  fail("usage", `\`${option}\` must be an object of values by name, not ${kindOf(values)}`);
}

function noTarget(dataflow: Dataflow, target: string, config: Config, conditions: readonly string[]): void {
  if (Object.hasOwn(config, target) && config[target] !== undefined) {
    fail("unknown-node", `"${target}" is given by withConfig(), and no node reads it`, {
      node: target,
      hint: "a target is a node, or an input that a node reads",
    });
  }
  if (conditions.length === 0) return dataflow.check(target);
  fail("unknown-node", `there is no node "${target}" for this config`, {
    node: target,
    hint: `it is a node ${conditions.join(", or ")}: see withConfig()`,
  });
}

function checkInputs(
  dataflow: Dataflow,
  inputs: ReadonlyMap<string, unknown>,
  config: Config,
  modules: readonly FlowModule[],
): void {
  for (const name of inputs.keys()) {
    if (dataflow.nodes.has(name)) {
      fail("usage", `"${name}" is a node, and was given as an input`, {
        node: name,
        hint: `to use a value in its place: { overrides: { ${JSON.stringify(name)}: ... } }`,
      });
    }
    if (Object.hasOwn(config, name) && config[name] !== undefined) givenTwice(name, "as an input");
    if (!dataflow.inputs.has(name)) unread(dataflow, name, askedOf(modules).has(name));
  }
}

function givenTwice(name: string, how: string): never {
  fail("usage", `"${name}" is given twice: ${how}, and by withConfig()`, { node: name, hint: "give it in one place" });
}

function unread(dataflow: Dataflow, name: string, isAsked: boolean): never {
  if (isAsked) {
    fail("unknown-parameter", `no node reads the input "${name}": it decides which nodes there are`, {
      node: name,
      hint: `give it to the builder: withConfig({ ${JSON.stringify(name)}: ... })`,
    });
  }
  const near = nearest(name, dataflow.inputs.keys());
  const all = [...dataflow.inputs.keys()];
  return fail("unknown-parameter", `no node reads the input "${name}"`, {
    node: name,
    hint: near
      ? `did you mean "${near}"?`
      : all.length > 0
        ? `the inputs are ${all.join(", ")}${minified(all)}`
        : "the dataflow has no inputs",
  });
}

function notOverridable(dataflow: Dataflow, name: string, config: Config): never {
  if (dataflow.inputs.has(name)) {
    if (Object.hasOwn(config, name) && config[name] !== undefined) givenTwice(name, "as an override");
    fail("usage", `"${name}" is an input, and was given as an override`, {
      node: name,
      hint: `give it as one: { inputs: { ${JSON.stringify(name)}: ... } }`,
    });
  }
  const near = nearest(name, dataflow.nodes.keys());
  return fail("unknown-node", `there is no node "${name}" to override`, {
    node: name,
    hint: near ? `did you mean "${near}"?` : "driver.listAvailableVariables() tells what there is",
  });
}

/** All that is missing is told at once. */
function checkMissing(
  dataflow: Dataflow,
  needed: ReadonlySet<string>,
  inputs: ReadonlyMap<string, unknown>,
  replaced: ReadonlyMap<string, unknown>,
  targets: readonly string[],
  modules: readonly FlowModule[],
  config: Config,
): void {
  const names: string[] = [];
  const missing: string[] = [];
  const nearby: string[] = [];
  for (const { name, needy } of dataflow.inputs.values()) {
    if (inputs.has(name) || !needed.has(name)) continue;
    const readers = needy.filter((reader) => needed.has(reader) && !replaced.has(reader));
    if (readers.length === 0 && !targets.includes(name)) continue;
    names.push(name);
    missing.push(readers.length === 0 ? `"${name}"` : `"${name}" (${readersText(readers)})`);
    const conditions = conditionsOf(modules, name);
    const near = conditions.length > 0 ? undefined : nearest(name, [...dataflow.nodes.keys()]);
    if (conditions.length > 0) nearby.push(`"${name}" is a node ${conditions.join(", or ")}: see withConfig()`);
    if (near) nearby.push(`for "${name}", did you mean the node "${near}"?${bundled(name, near)}`);
    const unreadConfig = Object.keys(config).filter((each) => !dataflow.has(each));
    const other = near === undefined ? nearest(name, unreadConfig) : undefined;
    if (other) nearby.push(`withConfig() gives "${other}", which no node reads: did you mean "${name}"?`);
  }
  if (missing.length === 0) return;
  const what = missing.length === 1 ? "an input is missing" : "inputs are missing";
  fail("missing-parameter", `${what}: ${missing.join(", ")}`, { hint: nearby.join("; ") || hintFor(names) });
}

function hintFor(names: readonly string[]): string {
  const values = names.map((name) => `${JSON.stringify(name)}: ...`).join(", ");
  return `give ${names.length === 1 ? "it" : "them"}: { inputs: { ${values} } }${minified(names)}`;
}

/** What a bundler calls a parameter that is called like another function. */
function bundled(name: string, node: string): string {
  const isNumbered = name.startsWith(node) && /^\$?\d+$/.test(name.slice(node.length));
  return isNumbered ? " (a bundler renames parameters: build with a source map)" : "";
}

/** Names as short as a minifier's may be one's. */
function minified(names: readonly string[]): string {
  if (names.every((name) => name.length > 2)) return "";
  return '; where a minifier has renamed parameters, name them: inputs(["first", "second"], fn)';
}

function readersText(readers: readonly string[]): string {
  const [first, second, third] = readers;
  if (readers.length > 3) return `read by "${first}", "${second}" and ${readers.length - 2} more`;
  return `read by ${[first, second, third]
    .filter((name) => name !== undefined)
    .map((name) => `"${name}"`)
    .join(", ")}`;
}
