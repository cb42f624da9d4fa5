import type { Emitter } from "../emitter.ts";

/** The least time between two events of one stage's progress, in milliseconds. */
const interval = 50;

/** Passes progress on, but not more often than anyone can look; the end is always said. */
export function progressReporter(emitter: Emitter, node: string): (done: number, total: number | undefined) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (done, total) => {
    const now = performance.now();
    if (now - last < interval && done !== total) return;
    last = now;
    emitter.emit({ type: "node-progress", node, done, ...(total === undefined ? {} : { total }) });
  };
}
