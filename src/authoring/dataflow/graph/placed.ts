import path from "node:path";
import { type AnyNode, type FlowNode, isJoined } from "./flow-node.ts";

/**
 * Nodes whose keys say where the paths among their inputs start from, for those that have such: the same in every checkout of the
 * project, and another one where equal code with an equal path leads elsewhere.
 * @param root absolute path of the project's folder
 */
export function placedIn(root: string, nodes: ReadonlyMap<string, AnyNode>): ReadonlyMap<string, AnyNode> {
  const placed: FlowNode[] = [];
  for (const node of nodes.values()) {
    if (isJoined(node) || node.base === undefined) continue;
    placed.push({ ...node, place: path.relative(root, node.base).replaceAll(path.sep, "/") });
  }
  if (placed.length === 0) return nodes;
  return new Map([...nodes, ...placed.map((node) => [node.name, node] as const)]);
}
