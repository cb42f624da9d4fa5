import type { NodeOutcome } from "../../../core/event.ts";
import type { DriverRun } from "./past-run.ts";
import type { RunTrace, TracedEvent } from "./run-trace.ts";

/** A run that began in this process. */
export class LiveRun {
  readonly trace: RunTrace;
  readonly nodes: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly #details: DriverRun;
  readonly #events: TracedEvent[] = [];
  #recalledAt: number | undefined;
  #recalled: (() => ReadonlyMap<string, NodeOutcome>) | undefined;

  constructor(trace: RunTrace, nodes: readonly string[], startedAt: number, details: DriverRun) {
    this.trace = trace;
    this.nodes = nodes;
    this.startedAt = startedAt;
    this.#details = details;
  }

  follow(event: TracedEvent): void {
    this.#events.push(event);
    noteIn(this.#details, event);
  }

  /** The run ended as one before it did, and nothing was told of its nodes. */
  recallAt(time: number): void {
    this.#recalledAt = time;
  }

  get isRecalled(): boolean {
    return this.#recalledAt !== undefined;
  }

  /** How the nodes of a recalled run ended: asked when somebody wants to know. */
  end(nodes: () => ReadonlyMap<string, NodeOutcome>): void {
    if (this.isRecalled) this.#recalled = nodes;
  }

  get details(): DriverRun {
    this.#followRecalled();
    return this.#details;
  }

  get events(): readonly TracedEvent[] {
    this.#followRecalled();
    return this.#events;
  }

  /** How many events there are, at least. */
  get size(): number {
    return this.isRecalled ? this.nodes.length : this.#events.length;
  }

  #followRecalled(): void {
    const nodes = this.#recalled;
    if (!nodes) return;
    this.#recalled = undefined;
    const time = this.#recalledAt!;
    for (const [node, outcome] of nodes()) this.follow({ ...outcome, type: "node-finished", time, node });
  }
}

function noteIn(details: DriverRun, event: TracedEvent): void {
  if (event.type === "item-started" || event.type === "item-finished") return;
  const { node, key } = event;
  const behavior = details.behaviors[node];
  if (key !== undefined && behavior !== "disable" && behavior !== "ignore") details.cacheKeys[node] = key;
  if (event.type === "node-finished" && event.dataVersion !== undefined && behavior !== "ignore") {
    details.dataVersions[node] = event.dataVersion;
  }
}
