import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { functionSite } from "../../../analyse/captured/function-site.ts";
import { ownRoot } from "../../../analyse/packages/own-package.ts";
import {
  isStage,
  type NodeDefinition,
  type StageFinder,
  type StageNode,
  type ThreadExecutor,
} from "../../../core/node.ts";
import type { Branch } from "../graph/branches.ts";
import { type AnyFunction, type AnyNode, type Config, type FlowNode, isJoined } from "../graph/flow-node.ts";
import type { FlowModule } from "../graph/modules.ts";
import { wrappingOf } from "../graph/wrapping.ts";
import type { NodeUse } from "./stage-of.ts";
import type { SoughtNode } from "./thread-stage.ts";

/** Where functions are called. */
export interface Executors {
  /** Of nodes that say none. */
  readonly executor: "inline" | ThreadExecutor;
  readonly modules: readonly FlowModule[];
  readonly config: Config;
  /** Absolute path of the project's folder. */
  readonly root: string;
}

/** Functions in threads compute: more of them at once than there are processors would only take memory. */
export const threadPool = "threads of the driver";

/** Where the function of a node is called, and how it is found there; nothing where that is the thread of the run. */
export function executorOf(
  node: FlowNode,
  use: NodeUse,
  branch: Branch | undefined,
  { executor: common, modules, config, root }: Executors,
): Pick<StageNode, "executor" | "finder" | "pool"> | undefined {
  const own = node.settings.executor;
  // What is ignored is a client, mostly, which cannot leave its thread; and what only takes a value apart is not worth one.
  const executor = own ?? (use === "ignore" || !hasFunction(node.functions) ? "inline" : common);
  if (executor === "inline") return undefined;
  const finder = (): StageFinder | undefined => {
    const files = filesOf(node, modules);
    const sought: SoughtNode = {
      name: node.name,
      files,
      config: plain(config),
      root,
      ...(branch ? { depths: branch.depths } : {}),
    };
    return files.length === 0 ? undefined : { url: finderUrl, files: programOf(files, modules), sought };
  };
  return { executor, finder, pool: { name: threadPool } };
}

/** Whether some function may be called in a thread. */
export function mayUseThreads(nodes: Iterable<AnyNode>, { executor }: Executors): boolean {
  if (executor !== "inline") return true;
  for (const node of nodes)
    if (isJoined(node) ? usesThread(node.definition) : isThread(node.settings.executor)) return true;
  return false;
}

function usesThread(definition: NodeDefinition): boolean {
  return isStage(definition) && isThread(definition.executor);
}

function isThread(executor: "inline" | ThreadExecutor | undefined): boolean {
  return executor !== undefined && executor !== "inline";
}

/** Whether there is a function of a user's in what counts of a node. */
function hasFunction(functions: unknown): boolean {
  if (typeof functions === "function") return true;
  if (functions === null || typeof functions !== "object") return false;
  return Object.values(functions).some(hasFunction);
}

/** Where a module is that makes a node, of a subdag the one with the function that it is behind: where it was loaded from, or where the functions are written that it exports. */
function filesOf(node: FlowNode, modules: readonly FlowModule[]): readonly string[] {
  const files = modules.filter(({ name }) => name === (node.within ?? node).module).flatMap(filesIn);
  const own = node.site()[0]?.file;
  return [...new Set([...(own === undefined ? [] : files.filter((file) => file === own)), ...files])];
}

/**
 * What a thread loads that looks for a node in these files: all modules of the driver, as the thread of the run did, since code of one may
 * count for functions of another. A script runs nodes, so what comes after it is not loaded; if it is none of these files, nor is it.
 */
function programOf(files: readonly string[], modules: readonly FlowModule[]): readonly string[] {
  const all = programs.get(modules) ?? [...new Set(modules.flatMap(filesIn))];
  programs.set(modules, all);
  const script = files.find(isScript);
  const others = [...all, ...files].filter((file) => file !== script && !isScript(file));
  return [...new Set(others), ...(script === undefined ? [] : [script])];
}

function isScript(file: string): boolean {
  const [, script] = process.argv;
  return script !== undefined && existsSync(script) && file === realpathSync(script);
}

const programs = new WeakMap<readonly FlowModule[], readonly string[]>();

function filesIn({ file, exports }: FlowModule): readonly string[] {
  return file === undefined ? Object.values(exports).flatMap(fileOf) : [file];
}

function fileOf(exported: unknown): readonly string[] {
  if (typeof exported !== "function") return [];
  let fn = exported as AnyFunction;
  for (let says = wrappingOf(fn); says; says = wrappingOf(fn)) fn = says.inner;
  const file = functionSite(fn)()[0]?.file;
  return file === undefined || !path.isAbsolute(file) ? [] : [realpathSync(file)];
}

/** Values that are the same in every thread. */
function plain(config: Config): Config {
  return Object.fromEntries(
    Object.entries(config).filter(
      ([, value]) => value === null || !["object", "function", "symbol"].includes(typeof value),
    ),
  );
}

/** Beside this file in the source, an entry of its own in the package. */
const finderUrl = pathToFileURL(
  import.meta.url.endsWith(".ts")
    ? path.join(ownRoot, "src", "authoring", "dataflow", "driver", "thread-stage.ts")
    : path.join(ownRoot, "dist", "thread-stage.js"),
).href;
