import type { Digest } from "../../core/digest.ts";
import type { RunEvent } from "../../core/event.ts";

type Started = Extract<RunEvent, { type: "node-started" }>;

/** Shows what an earlier run still makes for a new one as the new one's own work, which to a person it is. */
export class Handover {
  readonly #keys: ReadonlySet<Digest>;
  readonly #started = new Map<string, Started>();
  #takenMs = 0;

  /** @param making what earlier runs make; of it counts what was kept */
  constructor(kept: readonly Digest[], making: Iterable<Started>) {
    this.#keys = new Set(kept);
    for (const event of making) this.#add(event);
  }

  get nodes(): readonly string[] {
    return [...this.#started.keys()];
  }

  /** An event of an earlier run, where it is about what that makes for this one. */
  ofEarlier(event: RunEvent): RunEvent | undefined {
    if (event.type === "node-started") this.#add(event);
    const isShown = event.type === "node-progress" || event.type === "node-log" || event.type === "node-retrying";
    return isShown && this.#started.has(event.node) ? event : undefined;
  }

  /** An event of the new run as it is shown. */
  ofNew(event: RunEvent): RunEvent {
    if (event.type === "run-finished") return { ...event, savedMs: Math.max(0, event.savedMs - this.#takenMs) };
    if (event.type !== "node-waiting" && event.type !== "node-finished") return event;
    const started = this.#started.get(event.node);
    if (!started) return event;
    if (event.type === "node-waiting") return started;
    if (event.status !== "hit") return event;
    this.#takenMs += event.savedMs;
    const { shared: _, madeBy: __, savedMs, ...rest } = event;
    return { ...rest, status: "executed", durationMs: savedMs, savedMs: 0, reasons: started.reasons };
  }

  #add(event: Started): void {
    if (event.key !== undefined && this.#keys.has(event.key)) this.#started.set(event.node, event);
  }
}
