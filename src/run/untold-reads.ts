import type { NodeOutcome } from "../core/event.ts";
import type { GraphNode } from "../core/graph.ts";
import { type Held, HeldResult } from "./make/held.ts";

/**
 * What a node read, where no record tells: of one that did not come to run, whose result was not recorded, or whose record is of a time
 * when what it reads had other names. With the records, it tells the graph of a run as long as these are there.
 * @param isRecorded whether what it made is in the store
 */
export function untoldReads(
  node: GraphNode,
  outcome: NodeOutcome,
  held: Held | undefined,
  isRecorded: boolean,
): NodeOutcome["reads"] {
  if (outcome.wanted) return undefined;
  const isThere = outcome.status === "hit" || (outcome.status === "executed" && isRecorded);
  if (isThere && held instanceof HeldResult) {
    const { inputs } = held.record;
    const isTold = node.inputs.every(({ node: read }, i) => inputs[i]?.node === read?.name);
    if (isTold && inputs.length === node.inputs.length) return undefined;
  }
  return node.inputs.map(({ name, node: read }) => ({ name, ...(read ? { node: read.name } : {}) }));
}
