import type { FindStage, StageNode } from "../../../core/node.ts";
import type { AnyNode, Config } from "../graph/flow-node.ts";
import { isJoined } from "../graph/flow-node.ts";
import { nodesIn } from "../graph/modules.ts";
import { placedIn } from "../graph/placed.ts";
import { stageOf } from "./stage-of.ts";

/*
 * What a thread finds the function of a node by: it has loaded the modules again, and makes nodes of what they export, as the driver
 * has done. That the function is the same is seen by its code version.
 */

/** A node that a thread looks for. */
export interface SoughtNode {
  readonly name: string;
  /** Absolute paths of the modules that may make it. */
  readonly files: readonly string[];
  /** What decides which functions are nodes. */
  readonly config: Config;
  /** Absolute path of the project's folder. */
  readonly root: string;
  /** Of a node in a branch: the inputs that differ from item to item. */
  readonly depths?: Readonly<Record<string, number>>;
}

/** Nodes are made once of each module for each config. */
const known = new WeakMap<object, Map<string, ReadonlyMap<string, AnyNode>>>();
const stages = new WeakMap<AnyNode, StageNode>();

export const findStage: FindStage = (sought, modules) => {
  const { name, files, config, root, depths } = sought as SoughtNode;
  for (const file of files) {
    const exports = modules.get(file);
    // A script that runs nodes is not loaded to its end: nobody gets at its functions.
    if (!exports) return undefined;
    const node = nodesOf(exports, config, root).get(name);
    if (!node || isJoined(node)) continue;
    const found = stages.get(node);
    if (found) return found;
    const branch = depths && { path: Object.keys(depths), depths };
    const stage = stageOf(node, { behavior: "default", branch, isThere: () => true, handleOf: () => undefined });
    stages.set(node, stage);
    return stage;
  }
  return undefined;
};

function nodesOf(
  exports: Readonly<Record<string, unknown>>,
  config: Config,
  root: string,
): ReadonlyMap<string, AnyNode> {
  const id = JSON.stringify([
    root,
    ...Object.entries(config).map(([name, value]) => [name, typeof value, String(value)]),
  ]);
  const byConfig = known.get(exports) ?? new Map<string, ReadonlyMap<string, AnyNode>>();
  known.set(exports, byConfig);
  const nodes = byConfig.get(id) ?? placedIn(root, nodesIn([{ name: "a thread", exports }], config, true));
  byConfig.set(id, nodes);
  return nodes;
}
