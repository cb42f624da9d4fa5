import { failureOf } from "../../core/failure.ts";
import type { Graph } from "../../core/graph.ts";
import type { States } from "../../picture/states.ts";
import type { PlanOptions } from "../../run/plan.ts";
import type { Workspace } from "../../run/workspace.ts";
import { warn } from "../project.ts";
import type { Terminal } from "../terminal.ts";

/**
 * What a run would do now. A pipeline that cannot be planned (a file is missing, a parameter has no value) can still be drawn:
 * without states, and with a warning that says why.
 */
export async function plannedStates(
  workspace: Workspace,
  graph: Graph,
  settings: PlanOptions,
  terminal: Terminal,
): Promise<States | undefined> {
  const { planGraph } = await import("../../run/plan.ts");
  const { statesOfPlan } = await import("../../picture/states.ts");
  try {
    return statesOfPlan(await planGraph(workspace, graph, settings));
  } catch (error) {
    const found = failureOf(error);
    if (!found || found.reason === "unknown-node" || found.reason === "usage") throw error;
    warn(terminal, { ...found, message: `the graph is drawn without states: ${found.message}` });
    return undefined;
  }
}
