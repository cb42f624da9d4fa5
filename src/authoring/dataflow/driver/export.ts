import type { Dataflow } from "../graph/dataflow.ts";
import { isJoined, type Tags } from "../graph/flow-node.ts";
import type { RunGraph } from "./run-graph.ts";

/** A call of `execute` as data. */
export interface ExportedExecution {
  readonly targets: readonly string[];
  /** In topological order. */
  readonly nodes: readonly {
    readonly name: string;
    readonly kind: "node" | "input" | "override";
    /** What its function knows each value by, and the node or input that gives it; null for a plain value. */
    readonly inputs: Readonly<Record<string, string | null>>;
    readonly tags: Tags;
    readonly module?: string;
  }[];
}

export function exportOf(dataflow: Dataflow, run: RunGraph, targets: readonly string[]): ExportedExecution {
  const [inputs, overrides] = [new Set(run.inputs), new Set(run.overrides)];
  return {
    targets: [...targets],
    nodes: run.graph.nodes.map(({ name, inputs: wires }) => {
      const node = dataflow.nodes.get(name);
      const given = inputs.has(name) ? "input" : overrides.has(name) ? "override" : undefined;
      return {
        name,
        kind: given ?? "node",
        inputs: Object.fromEntries(wires.map((wire) => [wire.name, wire.node?.name ?? null])),
        tags: node && !isJoined(node) ? node.tags : {},
        ...(node && !given ? { module: node.module } : {}),
      };
    }),
  };
}
