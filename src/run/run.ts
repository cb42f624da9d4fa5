import { availableParallelism } from "node:os";
import type { EventSink, NodeOutcome, RunReason, RunStatus } from "../core/event.ts";
import { type Failure, fail, failure, failureOf } from "../core/failure.ts";
import type { Graph, GraphNode } from "../core/graph.ts";
import type { StageNode } from "../core/node.ts";
import type { RecordedInput, ResultRecord } from "../core/record.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { type Decision, decide, keyOf, type StageFacts } from "./decision.ts";
import { Emitter } from "./emitter.ts";
import { type Held, heldResult, heldSource } from "./held.ts";
import { allKnown, recordedInputs } from "./inputs.ts";
import { Ledger } from "./ledger.ts";
import { DamagedInput, isDamage, type Made, type MakeContext, make } from "./make.ts";
import { hasOutputs, placeOutputs } from "./placement.ts";
import type { PlanOptions } from "./plan.ts";
import { codeWarnings, type Prepared, poolLimits, prepare } from "./prepare.ts";
import { remainingPaths } from "./priority.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { Recorder } from "./recorder.ts";
import { redactorFor } from "./redaction.ts";
import { newRunId } from "./run-id.ts";
import { RunLog, runLogFile } from "./run-log.ts";
import { unrecordedStore } from "./unrecorded.ts";
import type { Workspace } from "./workspace.ts";

export interface RunOptions extends PlanOptions {
  /** How many stages may run at once; as many as the machine has processors unless given. */
  readonly jobs?: number;
  /** Whether a failure stops only what depends on it; false unless given: then nothing new starts. */
  readonly keepGoing?: boolean;
  /** Cancels the run. */
  readonly signal?: AbortSignal;
  /** How many stages of each named pool may run at once. */
  readonly pools?: Readonly<Record<string, number>>;
  readonly onEvent?: EventSink;
  /** Whether the targets' values are asked for; false unless given: then `value` must not be called. */
  readonly values?: boolean;
}

export interface RunOutcome {
  readonly runId: string;
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly savedMs: number;
  readonly nodes: ReadonlyMap<string, NodeOutcome>;
  /** The value of a target, if values were asked for. */
  value(name: string): unknown;
}

/**
 * Brings the targets up to date: reuses what has not changed and runs the rest.
 * @throws SluiceError for whatever is wrong with the call or the pipeline; a node that fails is in the outcome
 */
export async function runGraph(workspace: Workspace, graph: Graph, options: RunOptions = {}): Promise<RunOutcome> {
  const jobs = options.jobs ?? availableParallelism();
  if (!Number.isInteger(jobs) || jobs < 1) fail("usage", "`jobs` must be a whole number from 1");
  const prepared = await prepare(workspace, graph, options);
  return new Run(workspace, prepared, options, jobs).complete();
}

interface Ready {
  readonly facts: StageFacts;
  decision: Decision & { status: "run" };
}

class Run implements MakeContext {
  readonly workspace: Workspace;
  readonly runId: string;
  readonly unrecorded: BlobStore;
  readonly recorder: Recorder;
  readonly emitter: Emitter;
  readonly #prepared: Prepared;
  readonly #options: RunOptions;
  readonly #jobs: number;
  readonly #log: RunLog;
  readonly #ledger: Ledger;
  readonly #cancel = new AbortController();
  readonly #needed: ReadonlySet<GraphNode>;
  readonly #held = new Map<GraphNode, Held>();
  readonly #values = new Map<string, unknown>();
  /** How many inputs of a node are not settled yet. */
  readonly #unsettled = new Map<GraphNode, number>();
  readonly #undecided: GraphNode[] = [];
  readonly #ready = new Map<GraphNode, Ready>();
  readonly #queue: ReadyQueue;
  readonly #active = new Set<GraphNode>();
  readonly #waiting = new Set<GraphNode>();
  readonly #remaking = new Map<GraphNode, Promise<void>>();
  #paths: ReadonlyMap<GraphNode, number> | undefined;
  #durations: ReadonlyMap<string, number> = new Map();
  #bug: { readonly error: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(workspace: Workspace, prepared: Prepared, options: RunOptions, jobs: number) {
    this.workspace = workspace;
    this.runId = newRunId(Date.now());
    this.unrecorded = unrecordedStore(workspace, this.runId);
    this.recorder = new Recorder(workspace.metadata);
    this.#prepared = prepared;
    this.#options = options;
    this.#jobs = jobs;
    this.#needed = new Set(prepared.nodes);
    this.#queue = new ReadyQueue(jobs, poolLimits(prepared.nodes, options.pools));
    const listeners = options.onEvent ? [options.onEvent] : [];
    this.#log = new RunLog(runLogFile(workspace, this.runId), (event) => options.onEvent?.(event));
    this.emitter = new Emitter([this.#log.sink, ...listeners], redactorFor(prepared));
    const facts = { id: this.runId, targets: options.targets ?? [], cache: prepared.cache };
    this.#ledger = new Ledger(facts, this.emitter);
  }

  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  held(node: GraphNode): Held {
    return this.#held.get(node)!;
  }

  expectedMs(node: GraphNode): number | undefined {
    return this.#durations.get(node.name);
  }

  async complete(): Promise<RunOutcome> {
    const abort = (): void => {
      this.#cancel.abort();
      this.#wake.resolve();
    };
    if (this.#options.signal?.aborted) abort();
    this.#options.signal?.addEventListener("abort", abort, { once: true });
    try {
      this.#announce();
      this.#settleSources();
      await this.#drive();
      if (this.#options.values) await this.#loadTargets();
      return await this.#finish();
    } catch (error) {
      this.#cancel.abort();
      throw error;
    } finally {
      this.#options.signal?.removeEventListener("abort", abort);
      this.#log.flush();
    }
  }

  #announce(): void {
    this.emitter.emit({
      type: "run-started",
      runId: this.runId,
      targets: this.#options.targets ?? [],
      nodes: this.#prepared.nodes.length,
      jobs: this.#jobs,
      cache: this.#prepared.cache,
    });
    for (const warning of codeWarnings(this.#prepared.stages.values())) {
      this.emitter.emit({ type: "warning", failure: warning });
    }
  }

  #settleSources(): void {
    for (const node of this.#prepared.nodes) {
      const inputs = new Set(node.inputs.flatMap((input) => input.node ?? []));
      this.#unsettled.set(node, inputs.size);
      if (inputs.size === 0 && this.#prepared.stages.has(node)) this.#undecided.push(node);
    }
    for (const [node, source] of this.#prepared.sources) {
      const { dataVersion } = source;
      const kind = node.definition.kind;
      this.#settle(node, heldSource(source), {
        status: "hit",
        kind,
        dataVersion,
        durationMs: 0,
        savedMs: 0,
        reasons: [],
      });
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
    return this.signal.aborted || (this.#ledger.failed && !this.#options.keepGoing);
  }

  async #decideAll(): Promise<void> {
    for (let i = 0; i < this.#undecided.length && !this.#isStopping(); i++) {
      const node = this.#undecided[i]!;
      const facts = this.#prepared.stages.get(node)!;
      const waited = this.#waiting.delete(node);
      const decision = await decide(this.workspace, facts, this.#inputsOf(node), Date.now());
      if (decision.status === "hit") await this.#reuse(facts, decision.record, waited);
      else await this.#makeReady(facts, decision);
    }
    this.#undecided.length = 0;
  }

  #inputsOf(node: GraphNode): readonly RecordedInput[] {
    const inputs = recordedInputs(node, (input) => this.#held.get(input));
    if (!allKnown(inputs)) throw new Error(`${node.name} was decided before its inputs were`);
    return inputs;
  }

  async #makeReady(facts: StageFacts, decision: Decision & { status: "run" }): Promise<void> {
    if (!this.#paths) {
      this.#durations = await this.workspace.metadata.durations(
        [...this.#prepared.stages.keys()].map(({ name }) => name),
      );
      this.#paths = remainingPaths(this.#prepared.nodes, this.#durations);
      await this.workspace.metadata.startRun(this.#ledger.record());
    }
    this.#ready.set(facts.node, { facts, decision });
    this.#queue.push(facts.node, this.#paths.get(facts.node)!, facts.stage.pool?.name);
  }

  #startReady(): void {
    for (;;) {
      const node = this.#isStopping() ? undefined : this.#queue.take();
      if (!node) return;
      const ready = this.#ready.get(node)!;
      this.#active.add(node);
      this.#bringUp(ready)
        .catch((error: unknown) => this.#onError(ready.facts, error, ready.decision.reasons))
        .catch((error: unknown) => {
          this.#bug ??= { error };
        })
        .finally(() => {
          this.#active.delete(node);
          this.#queue.release(ready.facts.stage.pool?.name);
          this.#wake.resolve();
        });
    }
  }

  /** Makes a stage's result, making damaged inputs anew where it must, and settles it. */
  async #bringUp(ready: Ready): Promise<void> {
    const { facts } = ready;
    for (;;) {
      const inputs = this.#inputsOf(facts.node);
      if (keyOf(facts, inputs) !== ready.decision.key) {
        // An input was made anew and came out differently.
        const decision = await decide(this.workspace, facts, inputs, Date.now());
        if (decision.status === "hit") return this.#reuse(facts, decision.record, false);
        ready.decision = decision;
      }
      const { key, reasons } = ready.decision;
      const made = await this.#healing(() => make(this, { facts, key, inputs, reasons }));
      if (!made) continue;
      if (made.kind === "busy") return this.#waitForOther(facts, key);
      if (made.kind === "shared") return this.#reuse(facts, made.record, true);
      return this.#settleMade(facts, key, reasons, made);
    }
  }

  /** The result of `work`, or undefined when it found a damaged input, which has then been made anew. */
  async #healing<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DamagedInput)) throw error;
      await this.#remake(error.node, error.failure);
      return undefined;
    }
  }

  #waitForOther(facts: StageFacts, key: string): void {
    const { node } = facts;
    this.#waiting.add(node);
    this.emitter.emit({ type: "node-waiting", node: node.name });
    this.workspace.leases
      .waitFor(key, this.signal)
      .catch((error: unknown) => {
        if (!this.signal.aborted) this.#bug ??= { error };
      })
      .finally(() => {
        this.#undecided.push(node);
        this.#wake.resolve();
      });
  }

  /** Makes a damaged result anew, once however many consumers found it so. */
  #remake(node: GraphNode, damage: Failure): Promise<void> {
    let remaking = this.#remaking.get(node);
    if (!remaking) {
      remaking = this.#remakeOnce(node, damage).finally(() => this.#remaking.delete(node));
      this.#remaking.set(node, remaking);
    }
    return remaking;
  }

  async #remakeOnce(node: GraphNode, damage: Failure): Promise<void> {
    const facts = this.#prepared.stages.get(node);
    if (!facts) throw new Error(`${node.name} is a source, which cannot be damaged`, { cause: damage });
    this.emitter.emit({ type: "warning", failure: { ...damage, node: node.name } });
    const reasons: RunReason[] = [{ kind: "corrupt-result", name: node.name, detail: damage.message }];
    for (;;) {
      const inputs = this.#inputsOf(node);
      const key = keyOf(facts, inputs);
      const made = await this.#healing(() => make(this, { facts, key, inputs, reasons, damaged: true }));
      if (made?.kind === "busy") await this.workspace.leases.waitFor(key, this.signal);
      else if (made?.kind === "shared") return this.#reuse(facts, made.record, true);
      else if (made) return this.#settleMade(facts, key, reasons, made);
    }
  }

  async #reuse(facts: StageFacts, record: ResultRecord, shared: boolean): Promise<void> {
    const { node, stage } = facts;
    const held = heldResult(this.workspace, this.workspace.blobs, record);
    if (hasOutputs(stage)) {
      try {
        await this.#place(node, stage, this.workspace.blobs, record);
      } catch (error) {
        const damage = failureOf(error);
        if (!damage) throw error;
        if (!isDamage(damage)) return this.#onError(facts, error, []);
        this.#held.set(node, held);
        return this.#remake(node, damage).catch((again: unknown) => this.#onError(facts, again, []));
      }
    }
    for (const text of record.warnings) {
      this.emitter.emit({ type: "warning", failure: failure("check-failed", text, { node: node.name }) });
    }
    this.#settle(node, held, {
      status: "hit",
      kind: stage.kind,
      key: record.key,
      dataVersion: record.dataVersion,
      durationMs: 0,
      savedMs: record.durationMs,
      reasons: [],
      madeBy: record.runId,
      ...(shared ? { shared } : {}),
    });
  }

  async #settleMade(
    facts: StageFacts,
    key: string,
    reasons: readonly RunReason[],
    made: Made & { kind: "made" },
  ): Promise<void> {
    const { node, stage } = facts;
    if (made.result && hasOutputs(stage)) await this.#place(node, stage, made.result.blobs, made.result.record);
    if (made.unrecorded !== undefined) {
      const message = `the result of ${node.name} was not recorded: ${made.unrecorded}`;
      const hint = "run again to record a result of what is there now";
      this.emitter.emit({ type: "warning", failure: failure("input-changed", message, { node: node.name, hint }) });
    }
    this.#settle(node, made.held, {
      status: "executed",
      kind: stage.kind,
      key,
      dataVersion: made.dataVersion,
      durationMs: made.durationMs,
      savedMs: 0,
      reasons,
      ...(made.unrecorded === undefined ? {} : { unrecorded: made.unrecorded }),
    });
  }

  async #place(node: GraphNode, stage: StageNode, blobs: BlobStore, record: ResultRecord): Promise<void> {
    for (const path of await placeOutputs(this.workspace, blobs, stage, record)) {
      this.emitter.emit({ type: "output-placed", node: node.name, path });
    }
  }

  #settle(node: GraphNode, held: Held, outcome: NodeOutcome): void {
    const first = !this.#ledger.outcome(node);
    this.#held.set(node, held);
    this.#ledger.end(node, outcome);
    if (!first) return;
    for (const consumer of node.consumers) {
      if (!this.#needed.has(consumer)) continue;
      const left = this.#unsettled.get(consumer)! - 1;
      this.#unsettled.set(consumer, left);
      if (left === 0) this.#undecided.push(consumer);
    }
  }

  #onError(facts: StageFacts, error: unknown, reasons: readonly RunReason[]): void {
    const found = failureOf(error);
    if (!found) throw error;
    if (found.reason === "cancelled") return;
    const { node, stage } = facts;
    this.#ledger.end(node, { status: "failed", kind: stage.kind, durationMs: 0, savedMs: 0, reasons, failure: found });
  }

  async #loadTargets(): Promise<void> {
    for (const node of this.#prepared.targets) {
      while (this.#held.has(node) && !this.#isStopping()) {
        try {
          this.#values.set(node.name, await this.held(node).load(() => {}));
          break;
        } catch (error) {
          const damage = failureOf(error);
          if (!damage || !isDamage(damage)) throw error;
          const facts = this.#prepared.stages.get(node)!;
          await this.#remake(node, damage).catch((again: unknown) => this.#onError(facts, again, []));
          if (this.#ledger.outcome(node)?.status === "failed") break;
        }
      }
    }
  }

  async #finish(): Promise<RunOutcome> {
    const { metadata, files } = this.workspace;
    const cancelled = this.signal.aborted;
    this.#ledger.endRest(this.#prepared.nodes, cancelled);
    const status = this.#ledger.status(cancelled);
    const nodes = this.#ledger.byName();
    await metadata.finishRun(this.#ledger.record({ status }), nodes);
    await metadata.touchResults(this.#ledger.reusedKeys(), this.#ledger.startedAt);
    files.flush();
    const { runId } = this;
    const { durationMs, savedMs } = this.#ledger;
    this.emitter.emit({ type: "run-finished", runId, status, durationMs, savedMs });
    return { runId, status, durationMs, savedMs, nodes, value: (name) => this.#values.get(name) };
  }
}
