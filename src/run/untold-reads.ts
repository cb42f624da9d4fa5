import type { NodeOutcome } from "../core/event.ts";
import type { GraphNode } from "../core/graph.ts";
import type { RecordedInput } from "../core/record.ts";
import { type StageFacts, writes } from "./decision.ts";
import { type Held, HeldResult } from "./make/held.ts";

/**
 * How a node ended, with what it read where no record tells.
 * @param isReadOnly whether nothing is recorded at all
 */
export function withReads(
  facts: StageFacts,
  outcome: NodeOutcome,
  held: Held | undefined,
  isReadOnly: boolean,
): NodeOutcome {
  const isRecorded = writes(facts) && !isReadOnly && outcome.unrecorded === undefined;
  const reads = untoldReads(facts.node, outcome, held, isRecorded);
  return reads ? { ...outcome, reads } : outcome;
}

/**
 * What a node read, where no record tells: of one that did not come to run, whose result was not recorded, or whose record is of a time
 * when what it reads had other names. With the records, it tells the graph of a run as long as these are there.
 * @param isRecorded whether what it made is in the store
 */
function untoldReads(
  node: GraphNode,
  outcome: NodeOutcome,
  held: Held | undefined,
  isRecorded: boolean,
): NodeOutcome["reads"] {
  if (outcome.wanted) return undefined;
  const isThere = outcome.status === "hit" || (outcome.status === "executed" && isRecorded);
  if (isThere && held instanceof HeldResult && isTold(node, held.record.inputs)) return undefined;
  return node.inputs.map(({ name, node: read }) => ({ name, ...(read ? { node: read.name } : {}) }));
}

/** Whether a record has the names that the inputs have now. */
function isTold({ inputs }: GraphNode, recorded: readonly RecordedInput[]): boolean {
  if (inputs.length !== recorded.length) return false;
  for (let i = 0; i < inputs.length; i++) if (inputs[i]!.node?.name !== recorded[i]!.node) return false;
  return true;
}
