import { fail } from "../../../core/failure.ts";
import type { CheckVerdict } from "../../../core/node.ts";
import type { RunGraph } from "../driver/run-graph.ts";
import type { Dataflow } from "../graph/dataflow.ts";
import { isJoined } from "../graph/flow-node.ts";
import type { Edge } from "./hook.ts";
import { hookNodes } from "./hook-nodes.ts";
import type { HookSet, Named } from "./hook-set.ts";

/**
 * Has hooks check what a driver is made of. All that they refuse is told at once.
 * @throws SluiceError `invalid-definition`, and what a hook throws
 */
export function checkBuilt(hooks: HookSet, dataflow: Dataflow): void {
  const refused = new Refused();
  const ofGraph = hooks.with("checkGraph");
  if (ofGraph.length > 0) {
    const nodes = [...hookNodes(dataflow, dataflow.graph).values()].filter(({ name }) => dataflow.nodes.has(name));
    const graph = { nodes, inputs: [...dataflow.inputs.keys()] };
    for (const named of ofGraph) refused.add(named, "the dataflow", named.hook.checkGraph(graph));
  }
  const ofEdges = hooks.with("checkEdge");
  if (ofEdges.length > 0) {
    for (const edge of edgesOf(dataflow)) {
      const what = `"${edge.from}" as "${edge.parameter}" of "${edge.to}"`;
      for (const named of ofEdges) refused.add(named, what, named.hook.checkEdge(edge), edge.to);
    }
  }
  const [first] = refused.all;
  if (!first) return;
  const node = first.node === undefined ? {} : { node: first.node };
  fail("invalid-definition", refused.all.map(({ text }) => text).join("; "), node);
}

/**
 * Has hooks check what a run is given.
 * @throws SluiceError `invalid-parameter`, and what a hook throws
 */
export function checkGiven(hooks: HookSet, { graph, inputs, overrides }: RunGraph): void {
  const checks = hooks.with("checkInput");
  if (checks.length === 0) return;
  const refused = new Refused();
  for (const name of [...inputs, ...overrides]) {
    const node = graph.get(name)!;
    const value = node.definition.kind === "param" ? node.definition.fallback?.value : undefined;
    const as = overrides.includes(name) ? "override" : "input";
    const readers = node.consumers.map((consumer) => consumer.name);
    for (const named of checks) {
      refused.add(named, `the ${as} "${name}"`, named.hook.checkInput({ name, value, as, readers }), name);
    }
  }
  const [first] = refused.all;
  if (first) fail("invalid-parameter", refused.all.map(({ text }) => text).join("; "), { node: first.node! });
}

class Refused {
  readonly all: { readonly text: string; readonly node?: string }[] = [];

  add({ label }: Named<never>, what: string, verdict: CheckVerdict, node?: string): void {
    if (verdict === undefined || verdict === true) return;
    const text = `${label} refuses ${what}${typeof verdict === "string" ? `: ${verdict}` : ""}`;
    this.all.push({ text, ...(node === undefined ? {} : { node }) });
  }
}

function* edgesOf(dataflow: Dataflow): Generator<Edge> {
  for (const node of dataflow.nodes.values()) {
    if (isJoined(node)) continue;
    for (const { name, from, optional } of node.inputs) {
      if (!("name" in from)) continue;
      // A parameter that can do without, and that nothing can give, is no wire.
      const isInput = !dataflow.nodes.has(from.name);
      yield { from: from.name, to: node.name, parameter: name, optional, isInput };
    }
  }
}
