import type { ItemsOutcome, NodeOutcome } from "../core/event.ts";
import type { GraphNode } from "../core/graph.ts";
import type { RunRecord } from "../metadata/metadata.ts";
import type { Plan, PlannedNode } from "../run/plan.ts";
import { describeReason } from "../text/reasons.ts";
import type { NodeState, PictureStates } from "./model.ts";
import { lines } from "./picture.ts";

/** States for a picture: whose they are, and that of each node. */
export interface States {
  readonly states: PictureStates;
  readonly stateOf: (node: GraphNode) => NodeState | undefined;
}

/** What a run would do. */
export function statesOfPlan({ nodes, cost }: Plan): States {
  const byName = new Map(nodes.map((node) => [node.node, node]));
  return {
    states: { of: "plan", runMs: cost.runMs, savedMs: cost.savedMs },
    stateOf: ({ name }) => {
      const planned = byName.get(name);
      return planned && plannedState(planned);
    },
  };
}

function plannedState({ status, reasons, expectedMs, savedMs, key, madeBy }: PlannedNode): NodeState {
  return {
    status,
    reasons: reasons.map(describeReason),
    ...(expectedMs === undefined ? {} : { expectedMs }),
    ...(savedMs === undefined ? {} : { savedMs }),
    ...(key === undefined ? {} : { key }),
    ...(madeBy === undefined ? {} : { madeBy }),
  };
}

/** How a run ended. */
export function statesOfRun(run: RunRecord, outcomes: ReadonlyMap<string, NodeOutcome>): States {
  const { id, status, startedAt, finishedAt, savedMs } = run;
  return {
    states: {
      of: "run",
      runId: id,
      savedMs,
      ...(status === undefined ? {} : { status }),
      ...(finishedAt === undefined ? {} : { durationMs: finishedAt - startedAt }),
    },
    stateOf: ({ name }) => {
      const outcome = outcomes.get(name);
      return outcome && outcomeState(outcome);
    },
  };
}

function outcomeState({ status, reasons, durationMs, savedMs, failure, key, madeBy, items }: NodeOutcome): NodeState {
  return {
    status,
    reasons: reasons.map(describeReason),
    ...(failure === undefined ? {} : { note: lines(failure.message) }),
    ...(status === "executed" || status === "failed" ? { durationMs } : {}),
    ...(status === "hit" ? { savedMs } : {}),
    ...(key === undefined ? {} : { key }),
    ...(madeBy === undefined ? {} : { madeBy }),
    ...(items === undefined ? {} : { items: itemsOf(items) }),
  };
}

function itemsOf({ total, made, reused, failed }: ItemsOutcome): NonNullable<NodeState["items"]> {
  return { total, made, reused, failed };
}
