import type { NodeOutcome } from "../../core/event.ts";
import { fail } from "../../core/failure.ts";
import { Graph, type GraphInput, type GraphNode } from "../../core/graph.ts";
import { isWork, type NodeDefinition, type NodeKind, type Retries } from "../../core/node.ts";
import type { ResultRecord } from "../../core/record.ts";
import type { Metadata, RunRecord } from "../../metadata/metadata.ts";

/** The graph of a run that is over, as its records tell it: the code of the pipeline is not looked at. */
export interface PastGraph {
  /** Its nodes can be looked at, not run. */
  readonly graph: Graph;
  readonly outcomes: ReadonlyMap<string, NodeOutcome>;
  /** Short texts of the values that sources gave, by node; not of what may be a secret. */
  readonly previews: ReadonlyMap<string, string>;
  /** Nodes of which not all is known that they read: their records have been evicted, or removed. */
  readonly unknown: readonly string[];
}

/** @throws SluiceError `unknown-run` for a run that did not end, or of which it is not known any more how */
export async function pastGraph(metadata: Metadata, run: RunRecord): Promise<PastGraph> {
  if (run.finishedAt === undefined) {
    fail("unknown-run", `run ${run.id} did not end, or has not yet: nothing is known of its nodes`, {
      hint: "run `sluice runs` to see those that did",
    });
  }
  const outcomes = await metadata.runNodes(run.id);
  if (outcomes.size === 0) fail("unknown-run", `it is not known any more how the nodes of run ${run.id} ended`);
  const records = await metadata.readKeys([...outcomes.values()].flatMap(({ key }) => key ?? []));
  const drafts = new Map<string, Draft>();
  const previews = new Map<string, string>();
  const unknown: string[] = [];
  for (const [name, outcome] of outcomes) {
    const draft: Draft = { name, definition: standIn(outcome.kind), inputs: [], consumers: [], index: drafts.size };
    const isKnown = wire(draft, readsOf(outcome, records.get(outcome.key ?? "")), drafts, previews);
    if (!isKnown && isWork(outcome.kind)) unknown.push(name);
    drafts.set(name, draft);
  }
  return { graph: new Graph([...drafts.values()]), outcomes, previews, unknown };
}

type Draft = GraphNode & { readonly inputs: GraphInput[]; readonly consumers: GraphNode[] };
type Read = { readonly name: string; readonly node?: string; readonly preview?: string };

/** What a node read; undefined where nothing tells. */
function readsOf(outcome: NodeOutcome, record: ResultRecord | undefined): readonly Read[] | undefined {
  return outcome.reads ?? outcome.wanted?.inputs ?? record?.inputs;
}

/** Nodes end after what they read, so that is there already. Says whether all of it is. */
function wire(
  draft: Draft,
  reads: readonly Read[] | undefined,
  drafts: ReadonlyMap<string, Draft>,
  previews: Map<string, string>,
): boolean {
  let isWhole = reads !== undefined;
  for (const { name, node, preview } of reads ?? []) {
    const read = node === undefined ? undefined : drafts.get(node);
    if (!read) {
      draft.inputs.push({ name, value: undefined });
      if (node !== undefined) isWhole = false;
      continue;
    }
    draft.inputs.push({ name, node: read });
    if (read.consumers.at(-1) !== draft) read.consumers.push(draft);
    if (preview !== undefined) previews.set(read.name, preview);
  }
  return isWhole;
}

const noRetries: Retries = { times: 0, delay: 0, factor: 1, maxDelay: 0 };

/** A definition of which only the kind is known. */
function standIn(kind: NodeKind): NodeDefinition {
  const [site, base] = [() => [], () => ""];
  switch (kind) {
    case "file":
      return { kind, site, path: "", base };
    case "glob":
      return { kind, site, patterns: [], allowEmpty: true, dot: false, base };
    case "dir":
      return { kind, site, path: "", base, exclude: [] };
    case "param":
      return { kind, site, secret: true };
    case "env":
      return { kind, site, variable: "" };
    default: {
      const settings = {
        cache: "default",
        format: "auto",
        formatOptions: null,
        retries: noRetries,
        checks: [],
      } as const;
      return { kind, site, inputs: {}, run: neverRun, ...settings };
    }
  }
}

function neverRun(): never {
  throw new Error("a node of a past run was called");
}
