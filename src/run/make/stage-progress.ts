import type { ProgressUnit } from "../../core/event.ts";
import { systemClock } from "../../platform/clock.ts";
import type { Emitter } from "../emitter.ts";

/** The least time between two events of one stage's progress, in milliseconds. */
const interval = 50;

/** Told how far a stage is. */
export type ReportProgress = (done: number, total: number | undefined, unit?: ProgressUnit) => void;

/**
 * Passes progress on, but not more often than anyone can look; the end is always said. What the stage itself says of its work
 * comes before what is counted (which has a unit).
 */
export function progressReporter(emitter: Emitter, node: string): ReportProgress {
  let last = Number.NEGATIVE_INFINITY;
  let tellsItself = false;
  return (done, total, unit) => {
    // A share of nothing, or of a total that is not known yet, says nothing.
    if (!Number.isFinite(done) || done < 0) return;
    if (unit === undefined) tellsItself = true;
    else if (tellsItself) return;
    const now = systemClock.elapsed();
    if (now - last < interval && done !== total) return;
    last = now;
    const [known, counted] = [Number.isFinite(total) ? { total: total! } : {}, unit === undefined ? {} : { unit }];
    emitter.emit({ type: "node-progress", node, done, ...known, ...counted });
  };
}
