import { realpathSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { importModuleSync } from "../../../analyse/load/loader.ts";
import { fail } from "../../../core/failure.ts";
import { definitionOf } from "../../../core/node.ts";
import { kindOf } from "../../declaration.ts";
import { asksFor, nodesOf, variantOf } from "./exported.ts";
import type { AnyFunction, AnyNode, Config } from "./flow-node.ts";

/** A module of a dataflow: what an import of it gives, or where it is. */
export type ModuleLike = string | URL | object;

/** The exports of a module, and what it is called in messages. */
export interface FlowModule {
  readonly name: string;
  /** Absolute path, symbolic links resolved, of one that was loaded from there. */
  readonly file?: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** Nothing is kept of how a module was compiled: a driver may have no store at all. */
const derived = { get: () => undefined, put: () => {} };

/**
 * Loads modules.
 * @param base absolute folder that relative paths start from
 * @throws SluiceError `load-failed`, `usage`
 */
export function loadModule(module: ModuleLike, base: string, index: number): FlowModule {
  const file = module instanceof URL ? pathOf(module) : typeof module === "string" ? pathFrom(module, base) : undefined;
  if (file !== undefined) {
    const exports = importModuleSync(file, { derived });
    return { name: path.basename(file), file: realpathSync(file), exports };
  }
  if (module === null || typeof module !== "object" || Array.isArray(module) || module instanceof Promise) {
    const given = module instanceof Promise ? "a promise" : kindOf(module);
    fail("usage", `a module must be a path, a URL or what an import gives, not ${given}`, {
      hint: 'import * as features from "./features.ts"; ...withModules(features)',
    });
  }
  return { name: `module ${index + 1}`, exports: module as Readonly<Record<string, unknown>> };
}

function pathFrom(given: string, base: string): string {
  return given.startsWith("file:") ? pathOf(new URL(given)) : path.resolve(base, given);
}

function pathOf(url: URL): string {
  if (url.protocol !== "file:") fail("usage", `a module is loaded from a file, not from ${url.protocol}`);
  return fileURLToPath(url);
}

/**
 * The nodes of modules, by name. Every exported function is one, but for classes and names that start with `_`; so is every exported
 * node of a pipeline. A default export has no name, so it is none.
 * @param given see {@link givenBy}
 * @throws SluiceError `duplicate-name` where two are called the same and `allowOverrides` is not set, `invalid-definition`
 */
export function nodesIn(
  modules: readonly FlowModule[],
  config: Config,
  allowOverrides: boolean,
  given: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, AnyNode> {
  const nodes = new Map<string, AnyNode>();
  for (const [index, module] of modules.entries()) {
    const own = new Set<string>();
    for (const exported of exportsOf(module)) {
      for (const node of nodesOfExport(module, exported, config)) {
        if (given.has(node.name)) continue;
        const other = nodes.get(node.name);
        const isOfAnother = other !== undefined && !own.has(node.name);
        if (other && !(isOfAnother && allowOverrides)) clash(node, other, isOfAnother);
        own.add(node.name);
        nodes.set(node.name, node);
      }
    }
    if (own.size === 0 && !Object.values(module.exports).some(isFunction)) nothingIn(module, index);
  }
  return nodes;
}

/**
 * The names that a config gives values for, which are inputs then, also where there is a node of the name. What a node's condition asks
 * for (`when`) is about which nodes there are, and takes no node's place.
 */
export function givenBy(config: Config, modules: readonly FlowModule[]): ReadonlySet<string> {
  const given = new Set(Object.keys(config).filter((name) => config[name] !== undefined));
  if (given.size === 0) return given;
  return given.difference(askedOf(modules));
}

/** The names of a config's values that decide which nodes there are. */
export function askedOf(modules: readonly FlowModule[]): ReadonlySet<string> {
  const exported = modules.flatMap(({ exports }) => Object.values(exports));
  return new Set(exported.flatMap((value) => (isFunction(value) ? asksFor(value) : [])));
}

/** The names of exports that may be nodes. */
export function exportsOf({ exports }: FlowModule): readonly string[] {
  return Object.keys(exports).filter(
    (name) => !name.startsWith("_") && name !== "default" && name !== "module.exports",
  );
}

/**
 * The nodes that one export makes: none where it is neither a function nor a node of a pipeline.
 * @throws SluiceError `invalid-definition`, `usage`
 */
export function nodesOfExport({ name: module, exports }: FlowModule, name: string, config: Config): readonly AnyNode[] {
  const value = exports[name];
  const definition = definitionOf(value);
  if (definition) return [{ name: definition.name ?? name, module, definition }];
  return isFunction(value) ? nodesOf({ name, module, fn: value }, config) : [];
}

/** What is said of when there is a node of a name, where no variant of it is there for the config. */
export function conditionsOf(modules: readonly FlowModule[], name: string): readonly string[] {
  return modules.flatMap((module) =>
    exportsOf(module).flatMap((each) => {
      const value = module.exports[each];
      const variant = isFunction(value) ? variantOf(each, value) : undefined;
      return variant?.name === name ? variant.conditions.join(" and ") : [];
    }),
  );
}

function isFunction(value: unknown): value is AnyFunction {
  return typeof value === "function" && !/^class\b/.test(Function.prototype.toString.call(value));
}

/** @throws SluiceError `duplicate-name`, always */
export function clash(node: AnyNode, other: AnyNode, isOfAnother: boolean): never {
  const where = isOfAnother ? `${other.module} and ${node.module} both have` : `${node.module} makes two of`;
  return fail("duplicate-name", `two nodes are called "${node.name}": ${where} it`, {
    node: node.name,
    hint: isOfAnother ? "rename one, or let later modules win with allowOverrides()" : "rename one of them",
  });
}

function nothingIn({ name }: FlowModule, index: number): never {
  return fail("no-pipeline", `module ${index + 1} of the driver (${name}) exports no function`, {
    hint: "export the functions that are to be nodes, as in `export function clean(raw: Row[]) { ... }`",
  });
}
