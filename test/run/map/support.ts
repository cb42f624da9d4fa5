import type { StageContext, StageNode } from "../../../src/core/node.ts";
import { testStage } from "../../rig/engine.ts";

type ItemFunction = (item: never, inputs: never, context: StageContext) => unknown;

/** A map with all its defaults; `code` stands for the text of its function. */
export function testMap(
  items: unknown,
  inputs: Record<string, unknown>,
  fn: ItemFunction,
  more: Partial<StageNode> & { readonly code?: number } = {},
): StageNode {
  const node = testStage({ items, ...inputs }, fn as unknown as StageNode["run"], more);
  return { ...node, kind: "map", items: {}, functionAt: 2, ...more };
}
