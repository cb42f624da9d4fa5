import type { NodeOutcome, RunStatus } from "../core/event.ts";
import { failure } from "../core/failure.ts";
import type { GraphNode } from "../core/graph.ts";
import { type CacheMode, isStage } from "../core/node.ts";
import type { RunRecord } from "../metadata/metadata.ts";
import { systemClock } from "../platform/clock.ts";
import type { Emitter } from "./emitter.ts";

interface RunFacts {
  readonly id: string;
  readonly targets: readonly string[];
  readonly cache: CacheMode;
}

/** How each node of a run ended, and what that makes of the run. */
export class Ledger {
  readonly #run: RunFacts;
  readonly #emitter: Emitter;
  /** Milliseconds since 1970. */
  readonly startedAt = Date.now();
  readonly #started = systemClock.elapsed();
  readonly #outcomes = new Map<GraphNode, NodeOutcome>();
  #failed = false;

  constructor(run: RunFacts, emitter: Emitter) {
    this.#run = run;
    this.#emitter = emitter;
  }

  /** Notes that the run failed, whatever became of its nodes. */
  fail(): void {
    this.#failed = true;
  }

  outcome(node: GraphNode): NodeOutcome | undefined {
    return this.#outcomes.get(node);
  }

  /** Whether a node came to its end by itself. */
  isDone(node: GraphNode): boolean {
    const status = this.#outcomes.get(node)?.status;
    return status !== undefined && status !== "cancelled";
  }

  /** Notes how a node ended, and says so. A node whose result is made anew ends again. */
  end(node: GraphNode, outcome: NodeOutcome): void {
    const { failure, items } = outcome;
    // Thousands end well: nothing of these has to be cleaned.
    let clean = outcome;
    if (failure) clean = { ...clean, failure: this.#emitter.cleanFailure(failure) };
    if (items && items.failed > 0) clean = { ...clean, items: this.#emitter.cleanItems(items) };
    if (outcome.status === "failed") this.#failed = true;
    this.#outcomes.set(node, clean);
    this.#emitter.emit({ ...clean, type: "node-finished", node: node.name });
  }

  /** Notes the end of every node that did not come to run, and gives these; `nodes` in topological order. */
  endRest(nodes: readonly GraphNode[], cancelled: boolean): readonly GraphNode[] {
    const rest = nodes.filter((node) => !this.#outcomes.has(node));
    for (const node of rest) {
      const none = { kind: node.definition.kind, durationMs: 0, savedMs: 0, reasons: [] };
      this.end(node, cancelled ? { status: "cancelled", ...none } : this.skipped(node));
    }
    return rest;
  }

  /** How a node ends that does not come to run. */
  skipped(node: GraphNode): NodeOutcome {
    const stoppedBy = this.#stopped(node);
    const what = stoppedBy === undefined ? "the run stopped before its turn" : `${stoppedBy} failed`;
    const why = failure("upstream-failed", what, { node: node.name });
    const rest = { kind: node.definition.kind, durationMs: 0, savedMs: 0, reasons: [], failure: why };
    return { status: "skipped", ...rest, ...(stoppedBy === undefined ? {} : { stoppedBy }) };
  }

  /** The failed node that a node depends on. */
  #stopped(node: GraphNode): string | undefined {
    let stoppedBy: string | undefined;
    for (const { node: input } of node.inputs) {
      const above = input && this.#outcomes.get(input);
      if (above?.status === "failed") return input!.name;
      stoppedBy ??= above?.stoppedBy;
    }
    return stoppedBy;
  }

  status(cancelled: boolean): RunStatus {
    if (cancelled) return "cancelled";
    return this.#failed ? "failed" : "ok";
  }

  get durationMs(): number {
    return systemClock.elapsed() - this.#started;
  }

  /** Milliseconds that the reused results took when they were made. */
  get savedMs(): number {
    let saved = 0;
    for (const outcome of this.#outcomes.values()) saved += outcome.savedMs;
    return saved;
  }

  /** The run as it is remembered; with its end once it has one. */
  record(end?: { readonly status: RunStatus }): RunRecord {
    const counts: Record<string, number> = {};
    // Stages only, as the summary does: a source is never anything but there.
    for (const [node, { status }] of this.#outcomes) {
      if (isStage(node.definition)) counts[status] = (counts[status] ?? 0) + 1;
    }
    const { id, cache, targets } = this.#run;
    const base = { id, startedAt: this.startedAt, cache, targets, savedMs: this.savedMs, counts };
    return end ? { ...base, finishedAt: Date.now(), status: end.status } : base;
  }

  /** How each node ended, a node after all that it read. */
  byName(more?: (node: GraphNode, outcome: NodeOutcome) => NodeOutcome): ReadonlyMap<string, NodeOutcome> {
    const byName = new Map<string, NodeOutcome>();
    for (const [node, outcome] of this.#outcomes) byName.set(node.name, more ? more(node, outcome) : outcome);
    return byName;
  }
}
