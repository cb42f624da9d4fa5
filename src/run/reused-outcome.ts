import type { NodeOutcome } from "../core/event.ts";
import type { StageNode } from "../core/node.ts";
import type { ResultRecord } from "../core/record.ts";
import type { SourceVersion } from "./sources/sources.ts";

/** How a source ends, which is there or the run does not begin. */
export function outcomeOfSource(kind: NodeOutcome["kind"], { dataVersion }: SourceVersion): NodeOutcome {
  return { status: "hit", kind, dataVersion, durationMs: 0, savedMs: 0, reasons: [] };
}

/** How a stage ends whose result is reused. */
export function outcomeOfReused({ kind }: StageNode, record: ResultRecord): NodeOutcome {
  const { key, dataVersion, durationMs: savedMs, runId: madeBy } = record;
  return { status: "hit", kind, key, dataVersion, durationMs: 0, savedMs, reasons: [], madeBy };
}
