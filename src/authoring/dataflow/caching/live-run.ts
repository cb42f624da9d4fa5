import type { NodeOutcome } from "../../../core/event.ts";
import type { DriverRun } from "./past-run.ts";
import type { RunTrace, TracedEvent } from "./run-trace.ts";

/** What is known of the nodes of a run before they end. */
export interface KnownNodes {
  /** In topological order. */
  readonly names: readonly string[];
  readonly codeVersions: Record<string, string>;
}

interface Beginning {
  readonly nodes: readonly string[];
  readonly details: DriverRun;
}

/** A run that began in this process. */
export class LiveRun {
  readonly trace: RunTrace;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly #count: number;
  #find: (() => KnownNodes) | undefined;
  #begun: Beginning | undefined;
  readonly #events: TracedEvent[] = [];
  #recalledAt: number | undefined;
  #recalled: (() => ReadonlyMap<string, NodeOutcome>) | undefined;

  /**
   * @param count of the nodes
   * @param find asked once, when somebody wants to know, and let go of
   */
  constructor(trace: RunTrace, startedAt: number, count: number, find: () => KnownNodes) {
    this.trace = trace;
    this.startedAt = startedAt;
    this.#count = count;
    this.#find = find;
  }

  get nodes(): readonly string[] {
    return this.#beginning.nodes;
  }

  get #beginning(): Beginning {
    if (!this.#begun) {
      const { names, codeVersions } = this.#find!();
      this.#begun = { nodes: names, details: this.trace.details(names, codeVersions) };
      this.#find = undefined;
    }
    return this.#begun;
  }

  follow(event: TracedEvent): void {
    this.#events.push(event);
    noteIn(this.#beginning.details, event);
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
    return this.#beginning.details;
  }

  get events(): readonly TracedEvent[] {
    this.#followRecalled();
    return this.#events;
  }

  /** How many events there are, at least. */
  get size(): number {
    return this.isRecalled ? this.#count : this.#events.length;
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
