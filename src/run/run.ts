import { availableParallelism } from "node:os";
import type { NodeOutcome, RunEvent, RunReason } from "../core/event.ts";
import { type Failure, fail, failureOf } from "../core/failure.ts";
import type { Graph, GraphNode } from "../core/graph.ts";
import type { ResultRecord } from "../core/record.ts";
import { type Decision, type StageFacts, writes } from "./decision.ts";
import { Emitter } from "./emitter.ts";
import { Forecast } from "./forecast.ts";
import { keepWithin } from "./keeping/keep-within.ts";
import { Ledger } from "./ledger.ts";
import { HeldResult, heldSource } from "./make/held.ts";
import { codeWarnings, type Prepared, poolLimits, prepare } from "./prepare.ts";
import { remainingPaths } from "./priority.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { redactorFor } from "./redaction.ts";
import { newRunId } from "./run-id.ts";
import { RunLog, runLogFile } from "./run-log.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunOutcome } from "./run-outcome.ts";
import { Slots } from "./slots.ts";
import { untoldReads } from "./untold-reads.ts";
import { Upkeep } from "./upkeep.ts";
import type { Workspace } from "./workspace.ts";

export type { RunOptions } from "./run-options.ts";
export type { AllReused, RunOutcome } from "./run-outcome.ts";

/**
 * Brings the targets up to date: reuses what has not changed and runs the rest.
 * @throws SluiceError for whatever is wrong with the call or the pipeline; a node that fails is in the outcome
 */
export async function runGraph(workspace: Workspace, graph: Graph, options: RunOptions = {}): Promise<RunOutcome> {
  const jobs = options.jobs ?? availableParallelism();
  if (!Number.isInteger(jobs) || jobs < 1) fail("usage", "`jobs` must be a whole number from 1");
  const prepared = await prepare(workspace, graph, options);
  options.onPrepared?.(prepared);
  return new Run(workspace, graph, prepared, options, jobs).complete();
}

interface Ready {
  readonly facts: StageFacts;
  readonly decision: Decision & { status: "run" };
}

/** One run: when each node is decided and started. How a node is brought up to date is {@link Upkeep}'s. */
class Run {
  readonly #workspace: Workspace;
  readonly #graph: Graph;
  readonly #prepared: Prepared;
  readonly #options: RunOptions;
  readonly #jobs: number;
  readonly #runId = newRunId(Date.now());
  readonly #log: RunLog;
  readonly #emitter: Emitter;
  readonly #ledger: Ledger;
  readonly #upkeep: Upkeep;
  readonly #cancel = new AbortController();
  readonly #durations = new Map<string, number>();
  /** How many of the nodes that a needed node reads are not settled yet. */
  readonly #unsettled = new Map<GraphNode, number>();
  readonly #undecided: GraphNode[] = [];
  readonly #ready = new Map<GraphNode, Ready>();
  readonly #queue: ReadyQueue;
  readonly #active = new Set<GraphNode>();
  /** Nodes that someone else is making. */
  readonly #waiting = new Set<GraphNode>();
  readonly #values = new Map<string, unknown>();
  readonly #warnings: Failure[] = [];
  #paths: ReadonlyMap<GraphNode, number> | undefined;
  /** Known as soon as something has to run. */
  #forecast: Forecast | undefined;
  #bug: { readonly error: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(workspace: Workspace, graph: Graph, prepared: Prepared, options: RunOptions, jobs: number) {
    this.#workspace = workspace;
    this.#graph = graph;
    this.#prepared = prepared;
    this.#options = options;
    this.#jobs = jobs;
    this.#queue = new ReadyQueue(jobs, poolLimits(prepared.nodes, options.pools));
    const { onEvent = () => {}, targets = [] } = options;
    this.#log = new RunLog(runLogFile(workspace, this.#runId), onEvent);
    const keepWarning = (event: RunEvent): void => {
      if (event.type === "warning") this.#warnings.push(event.failure);
    };
    this.#emitter = new Emitter([this.#log.sink, keepWarning, onEvent], redactorFor(prepared));
    this.#ledger = new Ledger({ id: this.#runId, targets, cache: prepared.cache }, this.#emitter);
    this.#upkeep = new Upkeep({
      workspace,
      prepared,
      runId: this.#runId,
      emitter: this.#emitter,
      ledger: this.#ledger,
      signal: this.#cancel.signal,
      control: options.control,
      durations: this.#durations,
      runLeftMs: () => this.#forecast?.leftMs(performance.now(), this.#queue.highest),
      onSettled: (node) => this.#onSettled(node),
      onLost: (facts, error) => {
        // Whoever needs it finds that it is gone, and has it made again.
        const gone = failureOf(error, "missing-blob");
        if (gone) this.#emitter.emit({ type: "warning", failure: { ...gone, node: facts.node.name } });
        else if (failureOf(error)) this.#onFailure(facts, error, this.#ledger.outcome(facts.node)?.reasons ?? []);
        else this.#onBug(error);
      },
      keepGoing: options.keepGoing ?? false,
      slots: new Slots(
        this.#queue,
        () => this.#isStopping(),
        () => this.#wake.resolve(),
      ),
    });
  }

  async complete(): Promise<RunOutcome> {
    const abort = (): void => {
      this.#cancel.abort();
      this.#wake.resolve();
    };
    if (this.#options.signal?.aborted) abort();
    this.#options.signal?.addEventListener("abort", abort, { once: true });
    this.#options.control?.drained.addEventListener("abort", () => this.#wake.resolve(), { once: true });
    try {
      this.#announce();
      this.#begin();
      await this.#drive();
      await this.#upkeep.recorder.finish();
      if (this.#bug) throw this.#bug.error;
      if (this.#options.values) await this.#loadTargets();
      return await this.#finish();
    } catch (error) {
      this.#cancel.abort();
      // Whatever went wrong, what succeeded stays.
      await this.#upkeep.recorder.flush();
      throw error;
    } finally {
      this.#options.signal?.removeEventListener("abort", abort);
      this.#log.flush();
    }
  }

  #announce(): void {
    this.#emitter.emit({
      type: "run-started",
      runId: this.#runId,
      targets: this.#options.targets ?? [],
      nodes: this.#prepared.nodes.length,
      stages: this.#prepared.stages.size,
      jobs: this.#jobs,
      cache: this.#prepared.cache,
    });
    for (const warning of codeWarnings(this.#prepared.stages.values())) {
      this.#emitter.emit({ type: "warning", failure: warning });
    }
  }

  #begin(): void {
    // A consumer is one however often it reads a node. Nodes come after what they read.
    for (const node of this.#prepared.nodes) this.#unsettled.set(node, 0);
    for (const node of this.#prepared.nodes) {
      if (this.#unsettled.get(node) === 0 && this.#prepared.stages.has(node)) this.#undecided.push(node);
      for (const consumer of node.consumers) {
        const count = this.#unsettled.get(consumer);
        if (count !== undefined) this.#unsettled.set(consumer, count + 1);
      }
    }
    for (const [node, source] of this.#prepared.sources) {
      const { dataVersion } = source;
      const { kind } = node.definition;
      const outcome = { status: "hit", kind, dataVersion, durationMs: 0, savedMs: 0, reasons: [] } as const;
      this.#upkeep.settle(node, heldSource(source), outcome);
    }
  }

  #onSettled(node: GraphNode): void {
    this.#forecast?.settled(node, this.#ledger.outcome(node)?.durationMs ?? 0);
    for (const consumer of node.consumers) {
      const count = this.#unsettled.get(consumer);
      if (count === undefined) continue;
      this.#unsettled.set(consumer, count - 1);
      if (count === 1) this.#undecided.push(consumer);
    }
  }

  /** Decides what can be decided and starts what may start, until nothing is left that could change. */
  async #drive(): Promise<void> {
    for (;;) {
      await this.#decideAll();
      this.#startReady();
      if (this.#bug) throw this.#bug.error;
      if (this.#active.size === 0 && (this.#isStopping() || this.#waiting.size === 0)) return;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
  }

  #isStopping(): boolean {
    const { control } = this.#options;
    return (
      this.#cancel.signal.aborted || control?.isDraining === true || (this.#ledger.failed && !this.#options.keepGoing)
    );
  }

  async #decideAll(): Promise<void> {
    for (let i = 0; i < this.#undecided.length && !this.#isStopping(); i++) {
      const node = this.#undecided[i]!;
      const facts = this.#prepared.stages.get(node)!;
      const waited = this.#waiting.delete(node);
      try {
        // What is there at once is not waited for: for a thousand hits, waiting would cost more than reusing them.
        const deciding = this.#upkeep.decide(facts);
        const decision = deciding instanceof Promise ? await deciding : deciding;
        if (decision.status === "hit") {
          const reusing = this.#upkeep.reuse(facts, decision.record, waited);
          if (reusing) await reusing;
        } else await this.#enqueue({ facts, decision });
      } catch (error) {
        this.#onFailure(facts, error, []);
      }
    }
    this.#undecided.length = 0;
  }

  async #enqueue(ready: Ready): Promise<void> {
    const { node, stage } = ready.facts;
    if (!this.#paths) {
      const { metadata } = this.#workspace;
      const names = [...this.#prepared.stages.keys()].map(({ name }) => name);
      for (const [name, duration] of await metadata.durations(names)) this.#durations.set(name, duration);
      this.#paths = remainingPaths(this.#prepared.nodes, this.#durations);
      this.#forecast = new Forecast({
        stages: this.#prepared.stages.keys(),
        isSettled: (stage) => this.#ledger.outcome(stage) !== undefined,
        durations: this.#durations,
        paths: this.#paths,
        jobs: this.#jobs,
      });
      await metadata.startRun(this.#ledger.record());
    }
    this.#ready.set(node, ready);
    const isUnderway = this.#options.underway?.has(ready.decision.key);
    this.#queue.push(node, isUnderway ? Number.POSITIVE_INFINITY : this.#paths.get(node)!, stage.pool?.name);
  }

  #startReady(): void {
    for (;;) {
      const taken = this.#isStopping() ? undefined : this.#queue.take();
      if (!taken) return;
      const { node, work } = taken;
      if (work) {
        work();
        continue;
      }
      this.#active.add(node);
      this.#forecast?.started(node, performance.now());
      const { facts, decision } = this.#ready.get(node)!;
      this.#upkeep
        .bringUp(facts, decision)
        .then((end) => {
          if (end !== "busy") return;
          if (this.#options.underway?.has(decision.key)) return this.#waitInPlace(facts, decision.key);
          this.#waitForOther(facts, decision.key);
        })
        .catch((error: unknown) => this.#onFailure(facts, error, decision.reasons))
        .catch((error: unknown) => this.#onBug(error))
        .finally(() => {
          this.#active.delete(node);
          this.#forecast?.stopped(node);
          this.#queue.release(facts.stage.pool?.name);
          this.#wake.resolve();
        });
    }
  }

  /** Waiting takes no job's place: the node is decided again when the other is done. */
  #waitForOther({ node }: StageFacts, key: string): void {
    this.#waiting.add(node);
    this.#emitter.emit({ type: "node-waiting", node: node.name });
    this.#workspace.leases
      .waitFor(key, this.#cancel.signal)
      .then(() => this.#undecided.push(node))
      .catch((error: unknown) => {
        if (!this.#cancel.signal.aborted) this.#onBug(error);
      })
      .finally(() => this.#wake.resolve());
  }

  /** What is made for this run already takes its place among the jobs and in its pool. */
  async #waitInPlace({ node }: StageFacts, key: string): Promise<void> {
    const { control } = this.#options;
    const { signal } = this.#cancel;
    const given = control ? AbortSignal.any([signal, control.drained]) : signal;
    this.#emitter.emit({ type: "node-waiting", node: node.name });
    try {
      await this.#workspace.leases.waitFor(key, given);
      this.#undecided.push(node);
    } catch (error) {
      if (!given.aborted) throw error;
    }
  }

  #onFailure(facts: StageFacts, error: unknown, reasons: readonly RunReason[]): void {
    const found = failureOf(error);
    if (!found) throw error;
    const { node, stage } = facts;
    this.#forecast?.failed(node);
    const ended = { kind: stage.kind, durationMs: 0, savedMs: 0, reasons, failure: found };
    if (found.reason === "cancelled") {
      // By itself, while others go on; where all of the run is cancelled, that is told of all at its end.
      if (this.#options.control?.isDraining && !this.#cancel.signal.aborted)
        this.#ledger.end(node, { ...ended, status: "cancelled", reasons: [] });
      return;
    }
    this.#ledger.end(node, { status: "failed", ...ended, ...this.#upkeep.wanted(node) });
  }

  #onBug(error: unknown): void {
    this.#bug ??= { error };
  }

  async #loadTargets(): Promise<void> {
    for (const node of this.#prepared.targets) {
      const status = this.#ledger.outcome(node)?.status;
      if (status !== "hit" && status !== "executed") continue;
      try {
        this.#values.set(node.name, await this.#upkeep.load(node));
      } catch (error) {
        const facts = this.#prepared.stages.get(node);
        if (!facts) throw error;
        this.#onFailure(facts, error, []);
      }
    }
  }

  async #finish(): Promise<RunOutcome> {
    const { metadata, files } = this.#workspace;
    const isLetGo = this.#options.control?.isDraining && this.#prepared.nodes.some((node) => !this.#isDone(node));
    const cancelled = this.#cancel.signal.aborted || isLetGo === true;
    this.#ledger.endRest(this.#prepared.nodes, cancelled);
    const status = this.#ledger.status(cancelled);
    const nodes = this.#ledger.byName();
    const told = this.#ledger.byName((node, outcome) => this.#withReads(node, outcome));
    const outcomes = await metadata.finishRun(this.#ledger.record({ status }), told);
    if (status === "ok") await this.#tellAllReused(outcomes);
    const warn = (trouble: Failure): void => this.#emitter.emit({ type: "warning", failure: trouble });
    await keepWithin(this.#workspace, this.#ledger.record().startedAt, warn);
    files.flush();
    const runId = this.#runId;
    const { durationMs, savedMs } = this.#ledger;
    this.#emitter.emit({ type: "run-finished", runId, status, durationMs, savedMs });
    return { runId, status, durationMs, savedMs, nodes, value: (name) => this.#values.get(name) };
  }

  #withReads(node: GraphNode, outcome: NodeOutcome): NodeOutcome {
    const facts = this.#prepared.stages.get(node);
    if (!facts) return outcome;
    const isRecorded = writes(facts) && !this.#workspace.metadata.readOnly && outcome.unrecorded === undefined;
    const reads = untoldReads(node, outcome, this.#upkeep.held(node), isRecorded);
    return reads ? { ...outcome, reads } : outcome;
  }

  #isDone(node: GraphNode): boolean {
    const status = this.#ledger.outcome(node)?.status;
    return status !== undefined && status !== "cancelled";
  }

  async #tellAllReused(outcomes: string): Promise<void> {
    const { onAllReused } = this.#options;
    if (!onAllReused) return;
    const records = new Map<GraphNode, ResultRecord>();
    for (const node of this.#prepared.stages.keys()) {
      const outcome = this.#ledger.outcome(node);
      const held = this.#upkeep.held(node);
      if (outcome?.status !== "hit" || outcome.shared || !(held instanceof HeldResult)) return;
      records.set(node, held.record);
    }
    const { savedMs } = this.#ledger;
    const [graph, prepared, warnings] = [this.#graph, this.#prepared, this.#warnings];
    const { program } = this.#workspace.analyser;
    await onAllReused({ graph, prepared, records, warnings, outcomes, savedMs, program });
  }
}
