import { fail } from "../../core/failure.ts";
import { type Graph, nearest } from "../../core/graph.ts";

/**
 * Checks that what a run sets are parameters of the pipeline.
 * @throws SluiceError `unknown-parameter`
 */
export function checkParams(graph: Graph, params: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  const given = new Map(Object.entries(params));
  for (const name of given.keys()) {
    if (graph.get(name)?.definition.kind === "param") continue;
    const known = graph.nodes.filter(({ definition }) => definition.kind === "param").map((node) => node.name);
    const near = nearest(name, known);
    const hint = near
      ? `did you mean "${near}"?`
      : known.length > 0
        ? `the parameters are ${known.join(", ")}`
        : "the pipeline declares none";
    fail("unknown-parameter", `there is no parameter "${name}"`, { node: name, hint });
  }
  return given;
}
