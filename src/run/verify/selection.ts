import { digestParts } from "../../core/fingerprint.ts";
import type { GraphNode } from "../../core/graph.ts";
import type { ResultRecord } from "../../core/record.ts";
import type { StageFacts } from "../decision.ts";
import type { Prepared } from "../prepare.ts";
import type { CachedResults } from "./cached-results.ts";
import type { Unverified, VerifyOptions } from "./verify.ts";

/** A stage with a result that can be compared with. */
export interface Candidate {
  readonly facts: StageFacts;
  readonly record: ResultRecord;
}

export interface Selection {
  readonly candidates: readonly Candidate[];
  readonly passedOver: ReadonlyMap<GraphNode, { readonly why: Unverified; readonly detail: string }>;
}

/** The stages to verify, of those that were asked for. */
export function select(
  prepared: Prepared,
  cached: CachedResults,
  { targets, sample, seed }: Pick<VerifyOptions, "targets" | "sample"> & { readonly seed: string },
): Selection {
  const wanted = new Set(prepared.targets);
  const passedOver = new Map<GraphNode, { readonly why: Unverified; readonly detail: string }>();
  const candidates: Candidate[] = [];
  for (const [node, facts] of prepared.stages) {
    if (!wanted.has(node)) continue;
    const record = cached.records.get(node);
    if (!record) passedOver.set(node, cached.missing.get(node)!);
    else if (facts.stage.maxAge !== undefined && !targets) {
      const detail = "it has a `maxAge`, so its result is meant to differ with time; name it to verify it";
      passedOver.set(node, { why: "max-age", detail });
    } else candidates.push({ facts, record });
  }
  if (sample === undefined || sample >= candidates.length) return { candidates, passedOver };
  // By digest, so that a stage that is added elsewhere does not change all of the choice.
  const order = candidates
    .map(({ facts: { node } }) => ({ node, rank: digestParts("verify-sample", [seed, node.name]) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const chosen = new Set(order.slice(0, sample).map(({ node }) => node));
  for (const { node } of order.slice(sample))
    passedOver.set(node, { why: "not-in-sample", detail: "not in the sample" });
  return { candidates: candidates.filter(({ facts }) => chosen.has(facts.node)), passedOver };
}
