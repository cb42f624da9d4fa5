import { allReused } from "../all-reused.ts";
import type { Ledger } from "../ledger.ts";
import type { AllReused } from "../run-outcome.ts";
import type { Upkeep } from "../upkeep.ts";
import type { KnownRun } from "./known-run.ts";
import { nextEnd } from "./next-end.ts";

interface Remembering {
  /** Where the end of the run is remembered, if it is worth that. */
  readonly known: KnownRun | undefined;
  readonly onAllReused: ((reused: AllReused) => Promise<void>) | undefined;
}

/**
 * Remembers how a run ended that went well, for the next one: as it did where every stage was reused; where something ran, as the next
 * one will that reuses it.
 */
export async function rememberEnd(
  run: Omit<AllReused, "records" | "savedMs" | "program">,
  ledger: Ledger,
  upkeep: Upkeep,
  { known, onAllReused }: Remembering,
): Promise<void> {
  if (!known && !onAllReused) return;
  const reused = allReused(run, ledger, upkeep);
  if (reused) {
    known?.remember(reused);
    await onAllReused?.(reused);
    return;
  }
  // What is in memory is not to grow with the runs in which something ran.
  const next = upkeep.workspace.inMemory ? undefined : nextEnd(run, ledger, upkeep);
  if (!next) return;
  const { nodes, ...rest } = next;
  const outcomes = await upkeep.workspace.metadata.keepOutcomes(nodes, ledger.startedAt);
  known?.remember({ ...rest, outcomes });
  await onAllReused?.({ ...rest, outcomes });
}
