import type { NodeOutcome } from "../../core/event.ts";
import type { GraphNode } from "../../core/graph.ts";
import type { ResultRecord } from "../../core/record.ts";
import { reads, type StageFacts, writes } from "../decision.ts";
import type { Ledger } from "../ledger.ts";
import { HeldResult } from "../make/held.ts";
import { codeWarnings, type Prepared } from "../prepare.ts";
import { outcomeOfReused, outcomeOfSource } from "../reused-outcome.ts";
import type { AllReused } from "../run-outcome.ts";
import { withReads } from "../untold-reads.ts";
import type { Upkeep } from "../upkeep.ts";

/**
 * How the next run will end if nothing changes, after one in which something ran: every stage hits what is recorded now. Undefined where
 * more was said than will be said again, or something ran of which more than its record decides whether it is reused.
 * @param run what ended well, with what was said, fit to be stored
 */
export function nextEnd(
  run: Pick<AllReused, "graph" | "prepared" | "warnings">,
  ledger: Ledger,
  upkeep: Upkeep,
): (Omit<AllReused, "outcomes"> & { readonly nodes: ReadonlyMap<string, NodeOutcome> }) | undefined {
  const { prepared, warnings } = run;
  const { metadata, analyser } = upkeep.workspace;
  // What was damaged, not recorded, or made anew was warned of. The next run warns of the code again.
  if (metadata.readOnly || warnings.length !== codeWarnings(prepared.stages.values()).length) return undefined;
  const records = new Map<GraphNode, ResultRecord>();
  const nodes = new Map<string, NodeOutcome>();
  let savedMs = 0;
  for (const node of inOrderOfReuse(prepared)) {
    const facts = prepared.stages.get(node);
    if (!facts) {
      nodes.set(node.name, outcomeOfSource(node.definition.kind, prepared.sources.get(node)!));
      continue;
    }
    const { stage } = facts;
    const held = upkeep.held(node);
    const outcome = ledger.outcome(node);
    if (!outcome || !(held instanceof HeldResult)) return undefined;
    const { record } = held;
    if (outcome.status !== "hit" && !willBeReused(facts, outcome, record)) return undefined;
    records.set(node, record);
    const next = outcomeOfReused(stage, record);
    nodes.set(node.name, withReads(facts, next, held, metadata.readOnly));
    savedMs += next.savedMs;
  }
  if (records.size !== prepared.stages.size) return undefined;
  return { ...run, records, savedMs, program: analyser.program, nodes };
}

/** Whether the result of a stage that ran will be reused for what its record says alone. */
function willBeReused(facts: StageFacts, { status, unrecorded }: NodeOutcome, record: ResultRecord): boolean {
  const { kind, outside } = facts.stage;
  const isKept = status === "executed" && unrecorded === undefined && reads(facts) && writes(facts);
  return isKept && kind !== "map" && outside === undefined && record.outside === undefined;
}

/** The nodes in the order in which a run settles them that reuses every stage: each as soon as the last that it reads is settled. */
export function inOrderOfReuse({ nodes, sources, stages }: Prepared): readonly GraphNode[] {
  const unsettled = new Map<GraphNode, number>();
  for (const node of nodes) unsettled.set(node, 0);
  const ready: GraphNode[] = [];
  for (const node of nodes) {
    if (unsettled.get(node) === 0 && stages.has(node)) ready.push(node);
    for (const consumer of node.consumers) {
      const count = unsettled.get(consumer);
      if (count !== undefined) unsettled.set(consumer, count + 1);
    }
  }
  const settle = (node: GraphNode): void => {
    for (const consumer of node.consumers) {
      const count = unsettled.get(consumer);
      if (count === undefined) continue;
      unsettled.set(consumer, count - 1);
      if (count === 1) ready.push(consumer);
    }
  };
  for (const node of sources.keys()) settle(node);
  for (const node of ready) settle(node);
  return [...sources.keys(), ...ready];
}
