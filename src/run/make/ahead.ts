import type { GraphNode } from "../../core/graph.ts";
import type { StageFacts } from "../decision.ts";
import type { MakeContext } from "./make.ts";

/**
 * Gets ready, while the result of a node is being written, what the maps that read it need: the process has nothing else to do then,
 * and would do so next. It changes nothing of what they give, and what goes wrong with it is theirs to find.
 */
export function getReadersReady(context: MakeContext, { consumers }: GraphNode): void {
  const maps: StageFacts[] = [];
  for (const node of consumers) {
    const facts = context.factsOf?.(node);
    if (facts?.stage.kind === "map") maps.push(facts);
  }
  if (maps.length === 0) return;
  // Once the bytes are on their way.
  setImmediate(async () => {
    try {
      const { readAhead } = await import("../map/make-map.ts");
      for (const map of maps) await readAhead(context, map);
    } catch {
      // The run may have ended meanwhile.
    }
  });
}
