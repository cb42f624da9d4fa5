import { type Failure, failure } from "../../../core/failure.ts";
import type { RunOutcome } from "../../../run/run-outcome.ts";
import type { RunGraph } from "../driver/run-graph.ts";

/** What a run that did not succeed failed with: a hook, else the first node in the order of the graph that nothing stands in for. */
export function failureOfRun(run: RunGraph, outcome: RunOutcome): Failure | undefined {
  const { failure: stopped, standIns, status } = outcome;
  if (stopped || status === "ok") return stopped;
  const { nodes } = outcome;
  for (const { name } of run.graph.nodes) {
    const outcome = nodes.get(name);
    if (outcome?.status === "failed" && outcome.failure && !standIns.has(name)) return outcome.failure;
  }
  return status === "cancelled" ? failure("cancelled", "the run was cancelled") : undefined;
}
