import { type Failure, failure } from "../../../core/failure.ts";
import type { RunOutcome } from "../../../run/run-outcome.ts";
import type { RunGraph } from "../driver/run-graph.ts";

/**
 * What a run that did not succeed failed with: a hook, else the first node in the order of the graph that nothing stands in for. Where that
 * was only skipped, it is what kept it from running.
 */
export function failureOfRun(run: RunGraph, outcome: RunOutcome): Failure | undefined {
  const { failure: stopped, standIns, status } = outcome;
  if (stopped || status === "ok") return stopped;
  const { nodes } = outcome;
  const lost = run.graph.nodes.flatMap(({ name }) => (standIns.has(name) ? [] : (nodes.get(name) ?? [])));
  const failed = lost.find((ended) => ended.status === "failed")?.failure;
  if (failed) return failed;
  if (status === "cancelled") return failure("cancelled", "the run was cancelled");
  const skipped = lost.find((ended) => ended.status === "skipped");
  return (skipped?.stoppedBy === undefined ? undefined : nodes.get(skipped.stoppedBy)?.failure) ?? skipped?.failure;
}
