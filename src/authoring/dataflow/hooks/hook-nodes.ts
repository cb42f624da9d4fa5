import path from "node:path";
import type { Graph, GraphNode } from "../../../core/graph.ts";
import { isStage, isWork } from "../../../core/node.ts";
import type { Dataflow } from "../graph/dataflow.ts";
import { isJoined } from "../graph/flow-node.ts";
import type { HookNode } from "./hook.ts";

/** The nodes of a graph as hooks see them, by name; of those of a dataflow with what that knows of them. */
export function hookNodes(dataflow: Dataflow, graph: Graph): ReadonlyMap<string, HookNode> {
  return new Map(graph.nodes.map((node) => [node.name, hookNode(dataflow, node)]));
}

function hookNode(dataflow: Dataflow, { name, definition, inputs }: GraphNode): HookNode {
  const node = dataflow.nodes.get(name);
  const flow = node && !isJoined(node) ? node : undefined;
  const description = flow?.description ?? definition.description;
  const reads = inputs.flatMap((input) => (input.node ? [[input.name, input.node.name] as const] : []));
  const { role, file } = flow ?? {};
  return Object.freeze({
    name,
    kind: definition.kind,
    isWork: isWork(definition.kind),
    ...(node ? { module: node.module } : {}),
    ...(description === undefined ? {} : { description }),
    tags: Object.freeze({ ...flow?.tags }),
    ...(role ? { role } : {}),
    ...(file ? { file: Object.freeze(file) } : {}),
    reads: Object.freeze(Object.fromEntries(reads)),
    checks: flow?.checks ?? (isStage(definition) ? definition.checks : []),
    ...(definition.kind === "file" || definition.kind === "dir"
      ? { path: path.resolve(definition.base(), definition.path) }
      : {}),
  });
}
