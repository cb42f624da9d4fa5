import type { GraphNode } from "../../core/graph.ts";
import { ignoredVersion } from "../../core/key.ts";
import type { ResultRecord } from "../../core/record.ts";
import { keyOf, type StageFacts } from "../decision.ts";
import { type Held, HeldResult, heldSource } from "../make/held.ts";
import type { Prepared } from "../prepare.ts";
import { keyInputs } from "../sources/inputs.ts";
import type { Workspace } from "../workspace.ts";
import type { Unverified } from "./verify.ts";

/** What the cache has of the nodes of a pipeline. */
export interface CachedResults {
  readonly records: ReadonlyMap<GraphNode, ResultRecord>;
  /** What consumers read: of sources what is there now, of stages what is cached. */
  readonly held: ReadonlyMap<GraphNode, Held>;
  /** Why a stage has nothing to be compared with. */
  readonly missing: ReadonlyMap<GraphNode, { readonly why: Unverified; readonly detail: string }>;
}

/**
 * Looks up the result of every stage for what its code and inputs are now. One that is too old for the stage's `maxAge` still
 * is what the stage gave for these inputs.
 * @param live makes a stage's value that no cache can have
 */
export async function cachedResults(
  workspace: Workspace,
  prepared: Prepared,
  live: (facts: StageFacts) => Promise<Held>,
): Promise<CachedResults> {
  const records = new Map<GraphNode, ResultRecord>();
  const held = new Map<GraphNode, Held>();
  const missing = new Map<GraphNode, { readonly why: Unverified; readonly detail: string }>();
  for (const node of prepared.nodes) {
    const source = prepared.sources.get(node);
    if (source) {
      held.set(node, heldSource(source));
      continue;
    }
    const facts = prepared.stages.get(node)!;
    const { behaviour } = facts;
    if (behaviour === "disable" || behaviour === "ignore") {
      missing.set(node, { why: "never-cached", detail: `its \`cache\` is ${behaviour}` });
      if (behaviour === "ignore") {
        held.set(node, {
          version: ignoredVersion(),
          load: async (onFile, watch) => (await live(facts)).load(onFile, watch),
        });
      }
      continue;
    }
    const inputs = keyInputs(node, (input) => held.get(input));
    const record = inputs && (await workspace.metadata.getResult(keyOf(facts, inputs)));
    if (record) {
      records.set(node, record);
      held.set(node, new HeldResult(workspace, workspace.blobs, record));
    } else {
      const unknown = node.inputs.find((input) => input.node && !held.has(input.node))?.node;
      const detail = unknown
        ? `it reads ${unknown.name}, which has no cached result`
        : "it has no result for what its code and inputs are now";
      missing.set(node, { why: "not-cached", detail });
    }
  }
  return { records, held, missing };
}
