import type { EventSink } from "../core/event.ts";
import type { Style } from "./style.ts";

/** Where a report is written. What is written is whole lines, already safe to print. */
export interface Output {
  /** Columns of the terminal; Infinity where lines may be of any length. */
  readonly columns: number;
  readonly style: Style;
  write(text: string): void;
}

/** Follows the events of one run. */
export interface Report {
  readonly onEvent: EventSink;
  /** Leaves the terminal as it was found. Idempotent; called however the run ended. */
  close(): void;
}

/** How much a report says. `quiet`: failures and warnings only. `verbose`: also what was reused, debug logs, all reasons. */
export type Loudness = "quiet" | "normal" | "verbose";
