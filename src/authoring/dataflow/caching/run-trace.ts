import type { ItemFinished, NodeFinished, RunEvent } from "../../../core/event.ts";
import { type Behaviour, isWork } from "../../../core/node.ts";
import type { CachingActor, CachingEvent, CachingEventType } from "./caching-event.ts";
import type { DriverRun } from "./past-run.ts";

/** What is known of a run of a driver beside what the engine tells. */
export interface RunFacts {
  readonly targets: readonly string[];
  readonly inputs: readonly string[];
  readonly overrides: readonly string[];
  /** What each node and input is said to do. */
  readonly behaviorOf: (name: string) => Behaviour;
  /** Of a node that runs once for each item: the parallel nodes that give these, the outermost first. */
  readonly branchOf: (name: string) => readonly string[] | undefined;
}

/** What of the engine's events a driver's log is made of. */
export type TracedEvent = Extract<
  RunEvent,
  { type: "node-started" | "node-finished" | "item-started" | "item-finished" }
>;

const traced: ReadonlySet<string> = new Set(["node-started", "node-finished", "item-started", "item-finished"]);

export function isTraced(event: RunEvent): event is TracedEvent {
  return traced.has(event.type);
}

/** One of the items of a node that runs once for each, as it is found in the store. */
export type ReusedItem = Pick<ItemFinished, "path" | "key" | "dataVersion">;

/** Which run of a node it is that runs once for each item: `file.0`, `year.2.file.0`. */
export function taskIdOf(branch: readonly string[], path: readonly number[]): string {
  return path.map((position, level) => `${branch[level] ?? ""}.${position}`).join(".");
}

/** The end of a node whose list was reused as a whole, and with it each of its items. */
export function reusedAll(
  event: NodeFinished & { readonly time: number },
  items: readonly ReusedItem[],
): TracedEvent[] {
  const { node, time } = event;
  return items.map((item) => ({ type: "item-finished", node, time, status: "hit", durationMs: 0, ...item }));
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

  /** What is known of nodes before they end. */
  details(nodes: readonly string[], codeVersions: Record<string, string>): DriverRun {
    const behaviors: Record<string, Behaviour> = {};
    for (const name of nodes) behaviors[name] = this.#facts.behaviorOf(name);
    return { runId: this.runId, dataVersions: {}, cacheKeys: {}, codeVersions, behaviors };
  }

  /** What is told as a run begins. */
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
    switch (event.type) {
      case "node-started":
        return this.#started(event);
      case "node-finished":
        return this.#finished(event);
      case "item-started":
        return this.#itemStarted(event);
      case "item-finished":
        return this.#itemFinished(event);
    }
  }

  /** Whether a node runs once for each item, and is told of item by item. */
  isInBranch(node: string): boolean {
    return !this.#given.has(node) && this.#facts.branchOf(node) !== undefined;
  }

  #itemStarted({ node, time, path, key }: Extract<TracedEvent, { type: "item-started" }>): CachingEvent[] {
    const say = this.#sayer(time, node, path);
    const isLookedUp = this.#facts.behaviorOf(node) === "default" && key !== undefined;
    return [
      ...(key !== undefined && this.#isKept(node) ? [say("adapter", "set_cache_key", "", key)] : []),
      ...(isLookedUp ? [say("metadata_store", "get_data_version", "miss")] : []),
      say("adapter", "execute_node"),
    ];
  }

  #itemFinished(event: ItemFinished & { readonly time: number }): CachingEvent[] {
    const { node, time, path, status, key, dataVersion, failure, shared } = event;
    const say = this.#sayer(time, node, path);
    switch (status) {
      case "hit":
        return [
          ...(key === undefined ? [] : [say("adapter", "set_cache_key", "", key)]),
          say("metadata_store", "get_data_version", "hit", dataVersion),
          say("result_store", "get_result", shared ? "hit, made by another run" : "hit", dataVersion),
        ];
      case "executed":
        if (dataVersion === undefined) return [];
        return [
          say("adapter", "set_data_version", "", dataVersion),
          ...(this.#isKept(node) ? [say("result_store", "set_result", "", dataVersion)] : []),
        ];
      case "failed":
        return [say("adapter", "failed_execution", failure?.message)];
    }
  }

  #sayer(time: number, node: string, path?: readonly number[]) {
    const taskId = path && taskIdOf(this.#facts.branchOf(node) ?? [], path);
    return (actor: CachingActor, type: CachingEventType, message = "", value?: string): CachingEvent =>
      this.#event(time, node, actor, type, message, value, taskId);
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
    // What ran of a branch are its items.
    if (!this.isInBranch(node)) events.push(this.#event(time, node, "adapter", "execute_node"));
    return events;
  }

  #finished(event: NodeFinished & { readonly time: number }): CachingEvent[] {
    const { node, time, status, kind, key, dataVersion, failure, unrecorded, shared } = event;
    const say = this.#sayer(time, node);
    switch (status) {
      case "hit":
        if (!isWork(kind) || this.#given.has(node)) return [say("adapter", "set_data_version", "", dataVersion)];
        return [
          say("adapter", "set_cache_key", "", key),
          say("metadata_store", "get_data_version", "hit", dataVersion),
          ...(this.isInBranch(node)
            ? []
            : [say("result_store", "get_result", shared ? "hit, made by another run" : "hit", dataVersion)]),
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
    taskId?: string,
  ): CachingEvent {
    const more = { ...(message === "" ? {} : { message }), ...(value === undefined ? {} : { value }) };
    return {
      runId: this.runId,
      nodeName,
      ...(taskId === undefined ? {} : { taskId }),
      actor,
      eventType,
      ...more,
      timestamp,
    };
  }
}
