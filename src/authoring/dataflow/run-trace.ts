import type { NodeFinished, RunEvent } from "../../core/event.ts";
import { type Behaviour, isWork } from "../../core/node.ts";
import type { CachingActor, CachingEvent, CachingEventType } from "./caching-event.ts";

/** What is known of a run of a driver beside what the engine tells. */
export interface RunFacts {
  readonly targets: readonly string[];
  readonly inputs: readonly string[];
  readonly overrides: readonly string[];
  /** What each node and input is said to do. */
  readonly behaviorOf: (name: string) => Behaviour;
}

/** What of the engine's events a driver's log is made of. */
export type TracedEvent = Extract<RunEvent, { type: "node-started" | "node-finished" }>;

export function isTraced(event: RunEvent): event is TracedEvent {
  return event.type === "node-started" || event.type === "node-finished";
}

/** Makes the events of a driver's cache of those of the engine. */
export class RunTrace {
  readonly runId: string;
  readonly #facts: RunFacts;
  readonly #given: ReadonlySet<string>;

  constructor(runId: string, facts: RunFacts) {
    this.runId = runId;
    this.#facts = facts;
    this.#given = new Set([...facts.inputs, ...facts.overrides]);
  }

  /** What is known as a run begins. */
  begin(nodes: readonly string[], time: number): CachingEvent[] {
    const { targets, inputs, overrides, behaviorOf } = this.#facts;
    return [
      ...nodes.map((node) =>
        this.#event(time, node, "adapter", "resolve_behavior", behaviorOf(node), behaviorOf(node)),
      ),
      ...targets.map((node) => this.#event(time, node, "adapter", "is_final_var")),
      ...inputs.map((node) => this.#event(time, node, "adapter", "is_input")),
      ...overrides.map((node) => this.#event(time, node, "adapter", "is_override")),
    ];
  }

  of(event: TracedEvent): CachingEvent[] {
    return event.type === "node-started" ? this.#started(event) : this.#finished(event);
  }

  #started({ node, time, attempt, key, reasons }: Extract<TracedEvent, { type: "node-started" }>): CachingEvent[] {
    if (attempt > 1) return [];
    const events: CachingEvent[] = [];
    const isLookedUp = this.#facts.behaviorOf(node) === "default" && !reasons.some(({ kind }) => kind === "behaviour");
    if (key !== undefined && this.#isKept(node))
      events.push(this.#event(time, node, "adapter", "set_cache_key", "", key));
    const gone = reasons.find(({ kind }) => kind === "missing-result" || kind === "corrupt-result");
    if (isLookedUp) events.push(this.#event(time, node, "metadata_store", "get_data_version", gone ? "hit" : "miss"));
    if (gone) events.push(this.#event(time, node, "result_store", "missing_result", gone.kind));
    events.push(this.#event(time, node, "adapter", "execute_node"));
    return events;
  }

  #finished(event: NodeFinished & { readonly time: number }): CachingEvent[] {
    const { node, time, status, kind, key, dataVersion, failure, unrecorded, shared } = event;
    const say = (actor: CachingActor, type: CachingEventType, message = "", value?: string): CachingEvent =>
      this.#event(time, node, actor, type, message, value);
    switch (status) {
      case "hit":
        if (!isWork(kind) || this.#given.has(node)) return [say("adapter", "set_data_version", "", dataVersion)];
        return [
          say("adapter", "set_cache_key", "", key),
          say("metadata_store", "get_data_version", "hit", dataVersion),
          say("result_store", "get_result", shared ? "hit, made by another run" : "hit", dataVersion),
        ];
      case "executed": {
        const versioned =
          this.#facts.behaviorOf(node) === "ignore" ? [] : [say("adapter", "set_data_version", "", dataVersion)];
        if (!this.#isKept(node)) return versioned;
        if (unrecorded !== undefined) return versioned;
        return [...versioned, say("result_store", "set_result", "", dataVersion)];
      }
      case "failed":
        return [say("adapter", "failed_execution", failure?.message)];
      default:
        return [say("adapter", "skipped", failure?.message ?? status)];
    }
  }

  /** Whether the results of a node are recorded. */
  #isKept(node: string): boolean {
    const behavior = this.#facts.behaviorOf(node);
    return behavior === "default" || behavior === "recompute";
  }

  #event(
    timestamp: number,
    nodeName: string,
    actor: CachingActor,
    eventType: CachingEventType,
    message = "",
    value?: string,
  ): CachingEvent {
    const more = { ...(message === "" ? {} : { message }), ...(value === undefined ? {} : { value }) };
    return { runId: this.runId, nodeName, actor, eventType, ...more, timestamp };
  }
}
