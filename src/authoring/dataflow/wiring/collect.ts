import { type Failure, failureOf } from "../../../core/failure.ts";
import { Dataflow } from "../graph/dataflow.ts";
import { type AnyNode, isJoined } from "../graph/flow-node.ts";
import { clash, exportsOf, givenBy, nodesOfExport } from "../graph/modules.ts";
import type { GivenModules } from "./given-modules.ts";
import { functionOf, type NodeFunction } from "./origin.ts";

/** A node with the export that makes it. */
export interface CollectedNode {
  readonly node: AnyNode;
  /** The number of its module, from 0. */
  readonly module: number;
  readonly exported: string;
  readonly function?: NodeFunction;
}

/** The nodes of modules by name, in topological order where there is one; and all that is wrong with them. */
export interface Collected {
  readonly nodes: ReadonlyMap<string, CollectedNode>;
  readonly dataflow: Dataflow | undefined;
  readonly problems: readonly Failure[];
}

/** Gathers nodes as a driver does, but goes on after what is wrong. Of two nodes with one name the later one counts. */
export function collect({ modules, config, allowOverrides }: GivenModules): Collected {
  const problems: Failure[] = [];
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      const found = failureOf(error);
      if (!found) throw error;
      problems.push(found);
    }
  };
  const nodes = new Map<string, CollectedNode>();
  const replaced = givenBy(config, modules);
  for (const [module, given] of modules.entries()) {
    for (const exported of exportsOf(given)) {
      attempt(() => {
        for (const node of nodesOfExport(given, exported, config)) {
          if (replaced.has(node.name)) continue;
          const other = nodes.get(node.name);
          const isOfAnother = other !== undefined && other.module !== module;
          if (other && !(isOfAnother && allowOverrides)) attempt(() => clash(node, other.node, isOfAnother));
          const found = isJoined(node) ? undefined : functionOf(node, given.exports[exported]);
          nodes.set(node.name, { node, module, exported, ...(found ? { function: found } : {}) });
        }
      });
    }
  }
  let dataflow: Dataflow | undefined;
  attempt(() => {
    dataflow = new Dataflow(new Map([...nodes].map(([name, { node }]) => [name, node])));
  });
  const order = dataflow?.graph.nodes.flatMap(({ name }) => nodes.get(name) ?? []) ?? [...nodes.values()];
  return { nodes: new Map(order.map((each) => [each.node.name, each])), dataflow, problems };
}
