import { availableParallelism } from "node:os";
import { fail } from "../core/failure.ts";
import type { Graph } from "../core/graph.ts";
import { renewCode } from "./code-files.ts";
import { KnownRun } from "./memory/known-run.ts";
import { OneRun } from "./one-run.ts";
import { gatherFacts, withAhead } from "./prepare.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunOutcome } from "./run-outcome.ts";
import type { Workspace } from "./workspace.ts";

export type { RunOptions } from "./run-options.ts";
export type { AllReused, RunOutcome } from "./run-outcome.ts";

/**
 * Brings the targets up to date: reuses what has not changed and runs the rest.
 * @param given the graph, or what makes it, which is asked only if the run is not known by its call
 * @throws SluiceError for whatever is wrong with the call or the pipeline; a node that fails is in the outcome
 */
export async function runGraph(
  workspace: Workspace,
  given: Graph | (() => Graph),
  options: RunOptions = {},
): Promise<RunOutcome> {
  const jobs = options.jobs ?? availableParallelism();
  if (!Number.isInteger(jobs) || jobs < 1) fail("usage", "`jobs` must be a whole number from 1");
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
    fail("usage", "`signal` must be an AbortSignal");
  const generation = options.recalls ? await workspace.metadata.generation() : undefined;
  if (generation !== undefined && options.call) {
    renewCode(workspace);
    const recalled = await KnownRun.ofCall(workspace, options, generation)?.recall();
    if (recalled) return recalled;
  }
  const graph = typeof given === "function" ? given() : given;
  const facts = await gatherFacts(workspace, graph, options);
  options.onPrepared?.(facts);
  const known = generation === undefined ? undefined : KnownRun.of(workspace, facts, options, generation);
  const recalled = await known?.recall();
  if (recalled) {
    known!.noteCall(facts);
    return recalled;
  }
  const prepared = await withAhead(workspace, facts);
  return new OneRun(workspace, graph, prepared, { ...options, jobs }, known).complete();
}
