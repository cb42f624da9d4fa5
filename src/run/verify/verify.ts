import { availableParallelism } from "node:os";
import type { Digest } from "../../core/digest.ts";
import type { EventSink } from "../../core/event.ts";
import { type Failure, fail } from "../../core/failure.ts";
import type { Graph } from "../../core/graph.ts";
import type { Difference } from "../difference/difference.ts";
import type { PlanOptions } from "../plan.ts";
import { prepare } from "../prepare.ts";
import type { Workspace } from "../workspace.ts";
import { Verification } from "./verification.ts";

export interface VerifyOptions extends Pick<PlanOptions, "targets" | "params"> {
  /** How many stages may run at once; as many as the machine has processors unless given. */
  readonly jobs?: number;
  /** Verify only so many stages, chosen by the seed. */
  readonly sample?: number;
  /** What a sample is chosen by: equal seeds choose equal samples; `0` unless given. */
  readonly seed?: string;
  /** Record the new results in place of the old ones, as a run of its own; false unless given. */
  readonly record?: boolean;
  /** The most differences that are kept of each stage; 20 unless given. */
  readonly limit?: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** What the stages do; nothing is said of the verdicts. */
  readonly onEvent?: EventSink;
}

/** Why a stage was not verified. */
export type Unverified =
  /** Its `cache` is `disable` or `ignore`. */
  | "never-cached"
  /** It has no result for what its code and inputs are now, or something that it reads has none. */
  | "not-cached"
  /** Its result is meant to differ with time: it has a `maxAge`, and was not asked for by name. */
  | "max-age"
  | "not-in-sample"
  /** What it reads was changed meanwhile, or is damaged in the cache. */
  | "input-changed"
  | "input-damaged"
  | "cancelled";

interface Verdict<Status> {
  readonly node: string;
  readonly status: Status;
  readonly key?: Digest;
}

interface Compared<Status> extends Verdict<Status> {
  readonly key: Digest;
  /** Of the result in the cache, the run that made it, and when (milliseconds since 1970). */
  readonly dataVersion: Digest;
  readonly madeBy: string;
  readonly madeAt: number;
  /** Of what it gave now. */
  readonly newDataVersion: Digest;
  readonly durationMs: number;
}

/** A stage that gave another value. */
export interface DifferentStage extends Compared<"different"> {
  /** How the two values differ; absent where the old one cannot be had, which `missing` explains. */
  readonly difference?: Difference;
  readonly missing?: string;
}

export interface FailedStage extends Verdict<"failed"> {
  readonly failure: Failure;
}

export interface UnverifiedStage extends Verdict<"unverified"> {
  readonly why: Unverified;
  readonly detail: string;
}

/** What came of one stage. */
export type VerifiedStage = Compared<"same"> | DifferentStage | FailedStage | UnverifiedStage;

export interface VerifyOutcome {
  /** `failed` when a stage gave another value or failed, or none could be verified; `cancelled` when it was ended before. */
  readonly status: "ok" | "failed" | "cancelled";
  /** The run as which the new results were recorded, if they were. */
  readonly runId?: string;
  readonly seed: string;
  readonly durationMs: number;
  /** In topological order. */
  readonly stages: readonly VerifiedStage[];
}

/**
 * Runs cached stages again beside the cache, each with its inputs from the cache, and compares what they give with what is
 * cached. Nothing in the cache, no output and no record of a run changes unless `record` is given.
 * @throws SluiceError for whatever is wrong with the call or the pipeline; a stage that fails is in the outcome
 */
export async function verifyGraph(
  workspace: Workspace,
  graph: Graph,
  options: VerifyOptions = {},
): Promise<VerifyOutcome> {
  const { jobs = availableParallelism(), record = false, sample, seed = "0" } = options;
  if (!Number.isInteger(jobs) || jobs < 1) fail("usage", "`jobs` must be a whole number from 1");
  if (sample !== undefined && (!Number.isInteger(sample) || sample < 1)) {
    fail("usage", "`sample` must be a whole number from 1");
  }
  if (record && workspace.metadata.readOnly)
    fail("read-only", "the cache cannot be written, so nothing can be recorded");
  const prepared = await prepare(workspace, graph, options);
  if (options.targets && !prepared.targets.some((node) => prepared.stages.has(node))) {
    fail("usage", `only stages are verified, and ${options.targets.join(", ")} has none`, {
      hint: "sluice ls shows which nodes are stages",
    });
  }
  return new Verification(workspace, prepared, { ...options, jobs, record, seed }).complete();
}
