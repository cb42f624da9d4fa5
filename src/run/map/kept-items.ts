import type { StageFacts } from "../decision.ts";
import { cached } from "../make/make.ts";

/** Whether the results of a map's items are stored by themselves; else the list of them is handed on as a stage's value is. */
export function keepsItems(facts: StageFacts): boolean {
  return cached(facts) && !facts.stage.unrecorded;
}
