import type { NodeOutcome, RunReason } from "../../core/event.ts";
import { failureOf } from "../../core/failure.ts";
import type { GraphNode } from "../../core/graph.ts";
import type { ResultRecord } from "../../core/record.ts";
import { systemClock } from "../../platform/clock.ts";
import { randomDigits } from "../../platform/random-name.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { keyOf, type StageFacts } from "../decision.ts";
import { differenceOf } from "../difference/difference.ts";
import { Emitter } from "../emitter.ts";
import { loadRecord } from "../explain/past-value.ts";
import { Ledger } from "../ledger.ts";
import { DamagedInput } from "../make/damaged-input.ts";
import type { Held } from "../make/held.ts";
import { type Made, type MakeContext, make } from "../make/make.ts";
import { placeOutputs } from "../make/placement.ts";
import { Recorder } from "../make/recorder.ts";
import { unrecordedStore } from "../make/unrecorded.ts";
import { WritersOfRun } from "../outside/writers.ts";
import { codeWarnings, type Prepared, poolLimits } from "../prepare.ts";
import { ReadyQueue } from "../ready-queue.ts";
import { redactorFor } from "../redaction.ts";
import { newRunId } from "../run-id.ts";
import { RunLog, runLogFile } from "../run-log.ts";
import { Slots } from "../slots.ts";
import { allKnown, keyInputs, recordedInputs } from "../sources/inputs.ts";
import type { Workspace } from "../workspace.ts";
import { type CachedResults, cachedResults } from "./cached-results.ts";
import { type Candidate, type Selection, select } from "./selection.ts";
import type { DifferentStage, Unverified, VerifiedStage, VerifyOptions, VerifyOutcome } from "./verify.ts";

type Settings = VerifyOptions & { readonly jobs: number; readonly record: boolean; readonly seed: string };
type MadeNow = Made & { readonly kind: "made" };

const reasons: readonly RunReason[] = [{ kind: "behaviour", name: "verify" }];

/** Makes results again as a run does, with inputs from the cache, and compares them with what is cached. */
export class Verification implements MakeContext {
  readonly workspace: Workspace;
  readonly runId = newRunId(Date.now());
  readonly nonce = randomDigits(32);
  readonly unrecorded: BlobStore;
  readonly recorder: Recorder;
  readonly writers: WritersOfRun;
  readonly emitter: Emitter;
  readonly signal: AbortSignal;
  slots?: Slots;
  readonly #prepared: Prepared;
  readonly #settings: Settings;
  readonly #log: RunLog;
  readonly #ledger: Ledger;
  readonly #cancel = new AbortController();
  readonly #live = new Map<GraphNode, Promise<Held>>();
  readonly #verdicts = new Map<GraphNode, VerifiedStage>();
  #cached: CachedResults | undefined;
  #lost: { readonly error: unknown } | undefined;

  constructor(workspace: Workspace, prepared: Prepared, settings: Settings) {
    const { onEvent = () => {}, record, targets = [] } = settings;
    this.workspace = workspace;
    this.#prepared = prepared;
    this.writers = new WritersOfRun(workspace.root, prepared.nodes);
    this.#settings = settings;
    this.#log = new RunLog(record ? runLogFile(workspace, this.runId) : undefined, onEvent);
    this.emitter = new Emitter([this.#log.sink, onEvent], redactorFor(prepared));
    this.#ledger = new Ledger({ id: this.runId, targets, cache: record ? "wo" : "off" }, this.emitter);
    this.unrecorded = unrecordedStore(workspace, this.runId);
    const onLost = (_facts: StageFacts, error: unknown): void => {
      this.#lost ??= { error };
    };
    this.recorder = new Recorder({ workspace, sources: prepared.sources, onLost });
    this.signal = this.#cancel.signal;
  }

  held(node: GraphNode): Held {
    return this.#cached!.held.get(node)!;
  }

  expectedMs(node: GraphNode): number | undefined {
    return this.#cached!.records.get(node)?.durationMs;
  }

  async complete(): Promise<VerifyOutcome> {
    const { signal, record, seed } = this.#settings;
    const started = systemClock.elapsed();
    const abort = (): void => this.#cancel.abort();
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      this.#cached = await cachedResults(this.workspace, this.#prepared, (facts) => this.#makeLive(facts));
      const selection = select(this.#prepared, this.#cached, this.#settings);
      this.#announce(selection);
      if (record) await this.workspace.metadata.startRun(this.#ledger.record());
      await this.#drive(selection.candidates);
      await this.recorder.finish();
      if (this.#lost) throw this.#lost.error;
      if (record) await this.#finishRecord();
      const stages = this.#inOrder(selection);
      return {
        status: this.#cancelled() ? "cancelled" : isSuccess(stages) ? "ok" : "failed",
        ...(record ? { runId: this.runId } : {}),
        seed,
        durationMs: systemClock.elapsed() - started,
        stages,
      };
    } catch (error) {
      this.#cancel.abort();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#log.flush();
    }
  }

  #cancelled(): boolean {
    return this.#cancel.signal.aborted;
  }

  #announce({ candidates }: Selection): void {
    const { jobs, record, targets = [] } = this.#settings;
    const { runId } = this;
    const cache = record ? "wo" : "off";
    this.emitter.emit({ type: "run-started", runId, targets, nodes: candidates.length, jobs, cache });
    for (const failure of codeWarnings(candidates.map(({ facts }) => facts))) {
      this.emitter.emit({ type: "warning", failure });
    }
  }

  /** At most `jobs` at once, those that took longest first; each by itself, because what they read is there. */
  async #drive(candidates: readonly Candidate[]): Promise<void> {
    const queue = new ReadyQueue(this.#settings.jobs, poolLimits(this.#prepared.nodes));
    const byNode = new Map(candidates.map((candidate) => [candidate.facts.node, candidate]));
    for (const { facts, record } of candidates) queue.push(facts.node, record.durationMs, facts.stage.pool?.name);
    const worker = async (candidate: Candidate): Promise<void> => {
      try {
        this.#verdicts.set(candidate.facts.node, await this.#verify(candidate));
      } finally {
        queue.release(candidate.facts.stage.pool?.name);
      }
    };
    const active = new Set<Promise<void>>();
    let wake = Promise.withResolvers<void>();
    this.slots = new Slots(
      queue,
      () => this.#cancelled(),
      () => wake.resolve(),
    );
    for (;;) {
      const taken = this.#cancelled() ? undefined : queue.take();
      if (taken) {
        const begun = taken.work ? taken.work() : worker(byNode.get(taken.node)!);
        const work = begun.finally(() => active.delete(work));
        active.add(work);
      } else if (active.size === 0) return;
      else {
        await Promise.race([...active, wake.promise]);
        wake = Promise.withResolvers();
      }
    }
  }

  async #verify({ facts, record }: Candidate): Promise<VerifiedStage> {
    const { node, stage } = facts;
    const { key } = record;
    const unverified = (why: Unverified, detail: string): VerifiedStage => {
      this.#ledger.end(node, { status: "cancelled", kind: stage.kind, key, durationMs: 0, savedMs: 0, reasons });
      return { node: node.name, key, status: "unverified", why, detail };
    };
    try {
      const made = await this.#make(facts);
      if (made.changedInput !== undefined) {
        return unverified("input-changed", `${made.changedInput} was changed while it ran`);
      }
      return await this.#compare(facts, record, made);
    } catch (error) {
      if (error instanceof DamagedInput) {
        return unverified("input-damaged", `${error.node.name} cannot be read: ${error.failure.message}`);
      }
      const failed = failureOf(error);
      if (!failed) throw error;
      if (failed.reason === "cancelled") return unverified("cancelled", "it was cancelled");
      const failure = this.emitter.cleanFailure(failed);
      this.#ledger.end(node, { status: "failed", kind: stage.kind, key, durationMs: 0, savedMs: 0, reasons, failure });
      return { node: node.name, key, status: "failed", failure };
    }
  }

  /** By the same way as in a run; beside the cache, unless what comes out is to be recorded. */
  async #make(facts: StageFacts): Promise<MadeNow> {
    const known = (node: GraphNode): Held | undefined => this.#cached!.held.get(node);
    const [keys, inputs] = [keyInputs(facts.node, known), recordedInputs(facts.node, known)];
    if (!keys || !allKnown(inputs)) throw new Error(`${facts.node.name} was made before its inputs were known`);
    const cache = this.#settings.record ? "wo" : "off";
    const made = await make(this, { facts: { ...facts, cache }, key: keyOf(facts, keys), inputs, reasons });
    if (made.kind !== "made") throw new Error(`${facts.node.name} was to be made without a look at the cache`);
    return made;
  }

  /** A value that is never cached, once for all that read it. */
  #makeLive(facts: StageFacts): Promise<Held> {
    const { node } = facts;
    let live = this.#live.get(node);
    if (!live) {
      live = this.#make(facts).then(({ held }) => held);
      this.#live.set(node, live);
    }
    return live;
  }

  async #compare(facts: StageFacts, record: ResultRecord, made: MadeNow): Promise<VerifiedStage> {
    const { node, stage } = facts;
    const { key, dataVersion, runId: madeBy, createdAt: madeAt } = record;
    const { durationMs, held, result, dataVersion: newDataVersion } = made;
    const base = { node: node.name, key, dataVersion, madeBy, madeAt, newDataVersion, durationMs };
    const same = newDataVersion === dataVersion;
    const verdict: VerifiedStage = same
      ? { ...base, status: "same" }
      : { ...base, status: "different", ...(await this.#difference(record, held)) };
    if (this.#settings.record && result) {
      for (const at of await placeOutputs(this.workspace, result.blobs, stage, result.record)) {
        this.emitter.emit({ type: "output-placed", node: node.name, path: at });
      }
    }
    const outcome = { kind: stage.kind, key, dataVersion: newDataVersion, durationMs, savedMs: 0, reasons };
    this.#ledger.end(node, { status: "executed", ...outcome });
    return verdict;
  }

  async #difference(record: ResultRecord, now: Held): Promise<Pick<DifferentStage, "difference" | "missing">> {
    const { limit } = this.#settings;
    const before = await loadRecord(this.workspace, record);
    if ("missing" in before) return { missing: before.missing };
    const after = await now.load(() => {});
    return { difference: await differenceOf(before.value, after, limit === undefined ? {} : { limit }) };
  }

  /** The run as which new results are recorded has all that it knew of, so that it can be compared with others. */
  async #finishRecord(): Promise<void> {
    const none = { durationMs: 0, savedMs: 0, reasons: [] };
    for (const [node, { dataVersion }] of this.#prepared.sources) {
      this.#ledger.end(node, { status: "hit", kind: node.definition.kind, dataVersion, ...none });
    }
    for (const [node, { key, dataVersion, runId: madeBy }] of this.#cached!.records) {
      if (this.#verdicts.has(node)) continue;
      const { kind } = node.definition;
      const outcome: NodeOutcome = { status: "hit", kind, key, dataVersion, ...none, madeBy };
      this.#ledger.end(node, outcome);
    }
    const status = this.#ledger.status(this.#cancelled());
    await this.workspace.metadata.finishRun(this.#ledger.record({ status }), this.#ledger.byName());
  }

  #inOrder({ candidates, passedOver }: Selection): readonly VerifiedStage[] {
    const wanted = new Set([...candidates.map(({ facts }) => facts.node), ...passedOver.keys()]);
    return this.#prepared.nodes.flatMap((node): VerifiedStage[] => {
      if (!wanted.has(node)) return [];
      const verdict = this.#verdicts.get(node);
      if (verdict) return [verdict];
      const { why, detail } = passedOver.get(node) ?? { why: "cancelled", detail: "its turn did not come" };
      return [{ node: node.name, status: "unverified", why, detail }];
    });
  }
}

/** To have verified nothing is no success: an empty cache would pass for a sound one. */
function isSuccess(stages: readonly VerifiedStage[]): boolean {
  const verified = stages.filter(({ status }) => status !== "unverified");
  return verified.length > 0 && verified.every(({ status }) => status === "same");
}
