import type { GraphNode } from "../core/graph.ts";
import type { ResultRecord } from "../core/record.ts";
import type { Ledger } from "./ledger.ts";
import { HeldResult } from "./make/held.ts";
import type { AllReused } from "./run-outcome.ts";
import type { Upkeep } from "./upkeep.ts";

/** What is told of a run in which every stage was reused as it was; undefined of any other. */
export function allReused(
  run: Omit<AllReused, "records" | "savedMs" | "program">,
  ledger: Ledger,
  upkeep: Upkeep,
): AllReused | undefined {
  const records = new Map<GraphNode, ResultRecord>();
  for (const node of run.prepared.stages.keys()) {
    const outcome = ledger.outcome(node);
    const held = upkeep.held(node);
    if (outcome?.status !== "hit" || outcome.shared || !(held instanceof HeldResult)) return undefined;
    records.set(node, held.record);
  }
  return { ...run, records, savedMs: ledger.savedMs, program: upkeep.workspace.analyser.program };
}
