import type { NodeOutcome, RunEvent, RunReason } from "../core/event.ts";
import { type Failure, failure, failureOf, SluiceError } from "../core/failure.ts";
import type { Graph, GraphNode } from "../core/graph.ts";
import type { Decision, StageFacts } from "./decision.ts";
import { Emitter } from "./emitter.ts";
import { Forecast } from "./forecast.ts";
import { HookCalls } from "./hook-calls.ts";
import { keepWithin } from "./keeping/keep-within.ts";
import { Ledger } from "./ledger.ts";
import { heldSource } from "./make/held.ts";
import { waitForOther } from "./make/waiting.ts";
import { PartlyFailed } from "./map/partial-list.ts";
import type { KnownRun } from "./memory/known-run.ts";
import { rememberEnd } from "./memory/remember-end.ts";
import { codeWarnings, type Prepared, poolLimits } from "./prepare.ts";
import { remainingPaths } from "./priority.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { redactorFor } from "./redaction.ts";
import { outcomeOfSource } from "./reused-outcome.ts";
import { newRunId } from "./run-id.ts";
import { RunLog, runLogFile } from "./run-log.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunOutcome } from "./run-outcome.ts";
import { Slots } from "./slots.ts";
import { withReads } from "./untold-reads.ts";
import { Upkeep } from "./upkeep.ts";
import type { Workspace } from "./workspace.ts";

interface Ready {
  readonly facts: StageFacts;
  readonly decision: Decision & { status: "run" };
}

/** One run: when each node is decided and started. How a node is brought up to date is {@link Upkeep}'s. */
export class OneRun {
  readonly #workspace: Workspace;
  readonly #graph: Graph;
  readonly #prepared: Prepared;
  readonly #options: RunOptions & { readonly jobs: number };
  readonly #known: KnownRun | undefined;
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
  readonly #hooks: HookCalls;
  /** A node failed, and nothing stands in for it. */
  #isFailing = false;
  #bug: { readonly error: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  /** @param known where the end of the run is remembered, if it is worth that */
  constructor(
    workspace: Workspace,
    graph: Graph,
    prepared: Prepared,
    options: RunOptions & { readonly jobs: number },
    known: KnownRun | undefined,
  ) {
    const { jobs } = options;
    this.#known = known;
    this.#workspace = workspace;
    this.#graph = graph;
    this.#prepared = prepared;
    this.#options = options;
    this.#queue = new ReadyQueue(jobs, poolLimits(prepared.nodes, options.pools));
    const { onEvent = () => {}, targets = [] } = options;
    this.#log = new RunLog(runLogFile(workspace, this.#runId), onEvent);
    const keepWarning = (event: RunEvent) => event.type === "warning" && this.#warnings.push(event.failure);
    this.#emitter = new Emitter([this.#log.sink, keepWarning, onEvent], redactorFor(prepared));
    this.#ledger = new Ledger({ id: this.#runId, targets, cache: prepared.cache }, this.#emitter);
    const wake = (): void => this.#wake.resolve();
    this.#hooks = new HookCalls(options.hooks, (error) => this.#onBug(error), wake);
    this.#upkeep = new Upkeep({
      workspace,
      prepared,
      runId: this.#runId,
      emitter: this.#emitter,
      ledger: this.#ledger,
      signal: this.#cancel.signal,
      control: options.control,
      durations: this.#durations,
      runLeftMs: () => this.#forecast?.leftMs(this.#queue.highest),
      onSettled: (node, again) => this.#onSettled(node, again),
      hooks: options.hooks,
      onLost: (facts, error) => {
        // Whoever needs it finds that it is gone, and has it made again.
        const gone = failureOf(error, "missing-blob");
        if (gone) this.#emitter.emit({ type: "warning", failure: { ...gone, node: facts.node.name } });
        else if (failureOf(error)) this.#onFailure(facts, error, this.#ledger.outcome(facts.node)?.reasons ?? []);
        else this.#onBug(error);
      },
      keepGoing: options.keepGoing ?? false,
      slots: new Slots(this.#queue, () => this.#isStopping(), wake),
    });
  }

  async complete(): Promise<RunOutcome> {
    const abort = (): void => {
      this.#cancel.abort(new SluiceError(failure("cancelled", "the run was cancelled")));
      this.#wake.resolve();
    };
    if (this.#options.signal?.aborted) abort();
    this.#options.signal?.addEventListener("abort", abort, { once: true });
    this.#options.control?.drained.addEventListener("abort", () => this.#wake.resolve(), { once: true });
    try {
      await this.#options.hooks?.begin?.(this.#upkeep);
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
      // A run that failed may leave nodes that others are making: nobody needs them here any more.
      if (this.#waiting.size > 0) this.#cancel.abort();
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
      jobs: this.#options.jobs,
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
      this.#upkeep.settle(node, heldSource(source), outcomeOfSource(node.definition.kind, source));
    }
  }

  #onSettled(node: GraphNode, again: boolean): void {
    const outcome = this.#ledger.outcome(node)!;
    if (!again) this.#forecast?.settled(node, outcome.durationMs);
    this.#hooks.tell(node, outcome, again ? undefined : () => this.#release(node));
  }

  /** What reads a node may go on. */
  #release(node: GraphNode): void {
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
      // A hook that returned a moment ago has let nodes go on that are still to be decided.
      const isIdle = this.#active.size + this.#undecided.length === 0 && !this.#hooks.areGoing;
      if (isIdle && (this.#isStopping() || this.#waiting.size === 0)) return;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
  }

  #isStopping(): boolean {
    const { control } = this.#options;
    return (
      this.#cancel.signal.aborted ||
      control?.isDraining === true ||
      (this.#isFailing && !this.#options.keepGoing) ||
      this.#hooks.failure !== undefined
    );
  }

  async #decideAll(): Promise<void> {
    for (let i = 0; i < this.#undecided.length && !this.#isStopping(); i++) {
      const node = this.#undecided[i]!;
      const facts = this.#prepared.stages.get(node)!;
      const waited = this.#waiting.delete(node);
      if (this.#upkeep.readsStandIn(node) && !this.#hooks.takesStandIns(node)) {
        this.#endWithout(node, this.#ledger.skipped(node));
        continue;
      }
      try {
        // What is there at once is not waited for: for a thousand hits, waiting would cost more than reusing them.
        const deciding = this.#upkeep.decide(facts, waited);
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
        jobs: this.#options.jobs,
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
      if (work) work();
      else void this.#start(this.#ready.get(node)!);
    }
  }

  async #start({ facts, decision }: Ready): Promise<void> {
    const { node, stage } = facts;
    this.#active.add(node);
    this.#forecast?.started(node);
    try {
      await this.#bringUp(facts, decision).catch((error) => this.#onFailure(facts, error, decision.reasons));
    } catch (error) {
      this.#onBug(error);
    } finally {
      this.#active.delete(node);
      this.#forecast?.stopped(node);
      this.#queue.release(stage.pool?.name);
      this.#wake.resolve();
    }
  }

  async #bringUp(facts: StageFacts, decision: Ready["decision"]): Promise<void> {
    if ((await this.#upkeep.bringUp(facts, decision)) !== "busy") return;
    this.#emitter.emit({ type: "node-waiting", node: facts.node.name });
    if (this.#options.underway?.has(decision.key)) await this.#waitInPlace(facts, decision.key);
    else this.#waitForOther(facts, decision.key);
  }

  /** Waiting takes no job's place: the node is decided again when the other is done. */
  #waitForOther(facts: StageFacts, key: string): void {
    this.#waiting.add(facts.node);
    waitForOther(this.#workspace.leases, key, this.#cancel.signal)
      .then(() => this.#undecided.push(facts.node))
      .catch((error: unknown) => {
        if (!this.#cancel.signal.aborted) this.#onFailure(facts, error, []);
      })
      .catch((error: unknown) => this.#onBug(error))
      .finally(() => this.#wake.resolve());
  }

  /** What is made for this run already takes its place among the jobs and in its pool. */
  async #waitInPlace({ node }: StageFacts, key: string): Promise<void> {
    const { control } = this.#options;
    const { signal } = this.#cancel;
    const given = control ? AbortSignal.any([signal, control.drained]) : signal;
    try {
      await waitForOther(this.#workspace.leases, key, given);
      this.#undecided.push(node);
    } catch (error) {
      if (!given.aborted) throw error;
    }
  }

  #onFailure(facts: StageFacts, error: unknown, reasons: readonly RunReason[]): void {
    const found = failureOf(error);
    if (!found) throw error;
    const { node, stage } = facts;
    const durationMs = this.#forecast?.failed(node) ?? 0;
    const ended = { kind: stage.kind, durationMs, savedMs: 0, reasons, failure: found };
    if (found.reason === "cancelled" && this.#isStopping()) {
      // By itself, while others go on; where all of the run is cancelled, that is told of all at its end.
      if (this.#options.control?.isDraining && !this.#cancel.signal.aborted)
        this.#ledger.end(node, { ...ended, status: "cancelled", reasons: [] });
      return;
    }
    const isHook = this.#hooks.takes(error);
    const isSkipped = error instanceof PartlyFailed && error.isSkipped;
    const how = isSkipped ? this.#ledger.skipped(node) : ({ status: "failed", ...ended } as const);
    this.#endWithout(node, { ...how, ...this.#upkeep.wanted(node) }, isHook);
  }

  /** A node ends that has no value, unless something stands in for it. */
  #endWithout(node: GraphNode, ended: NodeOutcome, isHook = false): void {
    const isFirst = !this.#ledger.outcome(node);
    this.#ledger.end(node, ended);
    const outcome = this.#ledger.outcome(node)!;
    const standIn = isHook || this.#upkeep.isStoodInFor(node) ? undefined : this.#hooks.standIn(node, outcome);
    if (standIn) this.#upkeep.standIn(node, standIn.value);
    if (!this.#upkeep.isStoodInFor(node)) this.#isFailing ||= outcome.status === "failed";
    this.#hooks.tell(node, outcome, () => isFirst && this.#upkeep.isStoodInFor(node) && this.#release(node));
  }

  #onBug(error: unknown): void {
    this.#bug ??= { error };
  }

  async #loadTargets(): Promise<void> {
    for (const node of this.#prepared.targets) {
      const status = this.#ledger.outcome(node)?.status;
      try {
        if (status === "hit" || status === "executed") this.#values.set(node.name, await this.#upkeep.value(node));
      } catch (error) {
        const facts = this.#prepared.stages.get(node);
        if (!facts) throw error;
        this.#onFailure(facts, error, []);
      }
      const standIn = this.#upkeep.standIns.get(node);
      if (standIn) this.#values.set(node.name, await standIn.given());
    }
  }

  async #finish(): Promise<RunOutcome> {
    const { metadata, files } = this.#workspace;
    const isLetGo =
      this.#options.control?.isDraining && !this.#prepared.nodes.every((node) => this.#ledger.isDone(node));
    const cancelled = this.#cancel.signal.aborted || isLetGo === true;
    const rest = this.#ledger.endRest(this.#prepared.nodes, cancelled);
    for (const node of rest) this.#hooks.tell(node, this.#ledger.outcome(node)!);
    await this.#hooks.idle();
    if (this.#bug) throw this.#bug.error;
    const { failure } = this.#hooks;
    if (failure) this.#ledger.fail();
    const status = this.#ledger.status(cancelled);
    const nodes = this.#ledger.byName();
    const told = this.#ledger.byName((node, outcome) => {
      const facts = this.#prepared.stages.get(node);
      return facts ? withReads(facts, outcome, this.#upkeep.held(node), metadata.readOnly) : outcome;
    });
    // Who follows the log reads on until the record says that the run has ended.
    this.#log.flush();
    const outcomes = await metadata.finishRun(this.#ledger.record({ status }), told);
    if (status === "ok") {
      const run = { graph: this.#graph, prepared: this.#prepared, warnings: this.#warnings, outcomes };
      const { onAllReused } = this.#options;
      await rememberEnd(run, this.#ledger, this.#upkeep, { known: this.#known, onAllReused });
    }
    const warn = (trouble: Failure): void => this.#emitter.emit({ type: "warning", failure: trouble });
    await keepWithin(this.#workspace, this.#ledger.startedAt, warn);
    files.flush();
    const { durationMs, savedMs } = this.#ledger;
    this.#emitter.emit({ type: "run-finished", runId: this.#runId, status, durationMs, savedMs });
    const { namesStoodInFor: standIns, runId } = this.#upkeep;
    const ended = { runId, status, durationMs, savedMs, nodes, standIns, ...(failure ? { failure } : {}) };
    return { ...ended, value: (name) => this.#values.get(name), outside: () => this.#upkeep.allOutside() };
  }
}
