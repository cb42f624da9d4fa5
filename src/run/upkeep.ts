import type { Digest } from "../core/digest.ts";
import type { ItemsOutcome, NodeOutcome, RunReason } from "../core/event.ts";
import { type Failure, failure, failureOf } from "../core/failure.ts";
import { type GraphNode, hasOutputs } from "../core/graph.ts";
import type { StageNode } from "../core/node.ts";
import type { OutsidePath, RecordedInput, ResultRecord } from "../core/record.ts";
import { randomDigits } from "../platform/random-name.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { type Decision, decide, keyOf, type StageFacts } from "./decision.ts";
import type { Emitter } from "./emitter.ts";
import type { Ledger } from "./ledger.ts";
import { DamagedInput, isDamage } from "./make/damaged-input.ts";
import { type Held, HeldResult } from "./make/held.ts";
import { type Made, type MakeContext, type MakeRequest, make } from "./make/make.ts";
import { placeOutputs } from "./make/placement.ts";
import { Recorder } from "./make/recorder.ts";
import { removeStale } from "./make/stale-files.ts";
import { HeldStandIn } from "./make/stand-in.ts";
import { unrecordedStore } from "./make/unrecorded.ts";
import { waitForOther } from "./make/waiting.ts";
import { type HeldPartialList, PartlyFailed } from "./map/partial-list.ts";
import { placeOfOutside } from "./outside/outside-version.ts";
import { WritersOfRun } from "./outside/writers.ts";
import type { Prepared } from "./prepare.ts";
import { outcomeOfReused } from "./reused-outcome.ts";
import type { RunControl } from "./run-control.ts";
import type { RunHooks, RunView } from "./run-hooks.ts";
import type { Slots } from "./slots.ts";
import { allKnown, keyInputs, recordedInputs } from "./sources/inputs.ts";
import type { Workspace } from "./workspace.ts";

interface UpkeepOptions {
  readonly workspace: Workspace;
  readonly prepared: Prepared;
  readonly runId: string;
  readonly emitter: Emitter;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** Absent where nobody lets go of the run before its end. */
  readonly control?: RunControl | undefined;
  /** Milliseconds that nodes took when they last ran. */
  readonly durations: ReadonlyMap<string, number>;
  /** Milliseconds that the run is expected to take from now on, where that is known. */
  readonly runLeftMs: () => number | undefined;
  /** Told of each node whose version is known; `again` where its result was made anew. */
  readonly onSettled: (node: GraphNode, again: boolean) => void;
  readonly hooks?: RunHooks | undefined;
  /** Told of a result that could not be recorded, after its node was settled. */
  readonly onLost: (facts: StageFacts, error: unknown) => void;
  readonly slots: Slots;
  readonly keepGoing: boolean;
}

/**
 * Brings one node at a time up to date: reuses its result, makes it, or makes a damaged one anew. It knows nothing of order;
 * whoever calls it sees to it that a node's inputs are settled.
 */
export class Upkeep implements MakeContext, RunView {
  readonly workspace: Workspace;
  readonly runId: string;
  readonly nonce = randomDigits(32);
  readonly unrecorded: BlobStore;
  readonly recorder: Recorder;
  readonly emitter: Emitter;
  readonly signal: AbortSignal;
  readonly slots: Slots;
  readonly keepGoing: boolean;
  readonly hooks: RunHooks | undefined;
  readonly writers: WritersOfRun;
  readonly #options: UpkeepOptions;
  readonly #held = new Map<GraphNode, Held>();
  /** Whether some node holds something else than it did first. */
  #isAnythingAnew = false;
  readonly #standIns = new Map<GraphNode, HeldStandIn | HeldPartialList>();
  readonly #items = new Map<GraphNode, ItemsOutcome>();
  readonly #remaking = new Map<GraphNode, Promise<void>>();
  readonly #wanted = new Map<GraphNode, Pick<NodeOutcome, "key" | "comparedWith" | "wanted">>();
  /** The nodes that are being made, until they are settled, and what kept a result of one from being recorded. */
  readonly #underway = new Map<GraphNode, { readonly error: unknown } | undefined>();

  constructor(options: UpkeepOptions) {
    const { workspace, runId, emitter, signal } = options;
    this.workspace = workspace;
    this.runId = runId;
    this.unrecorded = unrecordedStore(workspace, runId);
    const { sources } = options.prepared;
    this.recorder = new Recorder({ workspace, sources, onLost: (facts, error) => this.#onLost(facts, error) });
    this.emitter = emitter;
    this.signal = signal;
    this.slots = options.slots;
    this.keepGoing = options.keepGoing;
    this.hooks = options.hooks;
    this.writers = new WritersOfRun(workspace.root, options.prepared.nodes);
    this.#options = options;
  }

  outside(node: GraphNode): readonly OutsidePath[] {
    const held = this.#held.get(node);
    const named = (held instanceof HeldResult ? held.record.outside : undefined) ?? [];
    return named.map((each) => ({ ...each, path: placeOfOutside(this.workspace.root, each) }));
  }

  /** The same of all nodes, as it is recorded. */
  allOutside(): readonly OutsidePath[] {
    return [...this.#held.values()].flatMap((held) => (held instanceof HeldResult ? (held.record.outside ?? []) : []));
  }

  clean(failure: Failure): Failure {
    return this.emitter.cleanFailure(failure);
  }

  held(node: GraphNode): Held {
    return this.#held.get(node)!;
  }

  factsOf(node: GraphNode): StageFacts | undefined {
    return this.#options.prepared.stages.get(node);
  }

  expectedMs(node: GraphNode): number | undefined {
    return this.#options.durations.get(node.name);
  }

  runLeftMs(): number | undefined {
    return this.#options.runLeftMs();
  }

  noteItems(node: GraphNode, items: ItemsOutcome): void {
    this.#items.set(node, items);
  }

  /** Of a map that ran: what became of its items. */
  itemsOf(node: GraphNode): Pick<NodeOutcome, "items"> {
    const items = this.#items.get(node);
    return items ? { items } : {};
  }

  /** A node's value is known: notes how that came about. */
  settle(node: GraphNode, held: Held, outcome: NodeOutcome): void {
    const first = !this.#options.ledger.outcome(node);
    this.#hold(node, held);
    this.#options.ledger.end(node, outcome);
    this.#options.onSettled(node, !first);
  }

  /** Something takes the place of a node's value. */
  standIn(node: GraphNode, value: unknown): void {
    this.#standIn(node, new HeldStandIn(value, node.name, this.nonce));
  }

  #standIn(node: GraphNode, held: HeldStandIn | HeldPartialList): void {
    this.#standIns.set(node, held);
    this.#hold(node, held);
  }

  #hold(node: GraphNode, held: Held): void {
    this.#isAnythingAnew ||= this.#held.has(node);
    this.#held.set(node, held);
  }

  /** The nodes that something stands in for, or for some of their items. */
  get standIns(): ReadonlyMap<GraphNode, HeldStandIn | HeldPartialList> {
    return this.#standIns;
  }

  get namesStoodInFor(): ReadonlySet<string> {
    return new Set(this.#standIns.keys().map(({ name }) => name));
  }

  isStoodInFor(node: GraphNode): boolean {
    return this.#standIns.has(node);
  }

  /** Whether something stands in for what a node reads. Of a list with stand-ins in it that is for the items to see. */
  readsStandIn({ inputs }: GraphNode): boolean {
    return (
      this.#standIns.size > 0 && inputs.some(({ node }) => node && this.#standIns.get(node) instanceof HeldStandIn)
    );
  }

  /** @param anew whether others may have made its first result since the run began */
  decide(facts: StageFacts, anew = false): Decision | Promise<Decision> {
    const { ahead } = this.#options.prepared;
    const known = anew ? { ...ahead, hasNone: () => false } : ahead;
    return decide(this.workspace, known, facts, this.#keyOf(facts), () => this.#inputsOf(facts.node), Date.now());
  }

  #keyOf(facts: StageFacts): Digest {
    const inputs = keyInputs(facts.node, this.#known);
    if (!inputs) throw new Error(`${facts.node.name} was decided before its inputs were`);
    return keyOf(facts, inputs);
  }

  readonly #known = (node: GraphNode): Held | undefined => this.#held.get(node);

  #inputsOf(node: GraphNode): readonly RecordedInput[] {
    const inputs = recordedInputs(node, this.#known);
    if (!allKnown(inputs)) throw new Error(`${node.name} was decided before its inputs were`);
    return inputs;
  }

  /** Makes what was decided to run, and settles it; says `busy`, and does nothing, when someone else is making it. */
  async bringUp(facts: StageFacts, decided: Decision & { status: "run" }): Promise<"settled" | "busy"> {
    try {
      return await this.#bringUp(facts, decided);
    } catch (error) {
      const failed = failureOf(error);
      const partial = error instanceof PartlyFailed && failed?.node === facts.node.name ? error.held : undefined;
      if (partial) this.#standIn(facts.node, partial);
      if (failed && failed.reason !== "cancelled") await this.#noteWanted(facts, decided);
      throw error;
    }
  }

  /** What a stage that failed was to be made of, so that it can be explained later. */
  wanted(node: GraphNode): Pick<NodeOutcome, "key" | "comparedWith" | "wanted" | "items"> {
    return { ...this.#wanted.get(node), ...this.itemsOf(node) };
  }

  async #noteWanted(facts: StageFacts, { comparedWith }: Decision & { status: "run" }): Promise<void> {
    const { node, codeVersion, settings } = facts;
    this.#wanted.set(node, {
      key: this.#keyOf(facts),
      ...(comparedWith === undefined ? {} : { comparedWith }),
      wanted: { codeVersion, inputs: this.#inputsOf(node), settings },
    });
    try {
      await this.recorder.keepCode(facts);
    } catch (error) {
      const trouble = failureOf(error);
      if (!trouble) throw error;
      this.emitter.emit({ type: "warning", failure: trouble });
    }
  }

  async #bringUp(facts: StageFacts, decided: Decision & { status: "run" }): Promise<"settled" | "busy"> {
    let decision: Decision = decided;
    for (;;) {
      // An input that was made anew may have come out differently.
      if (this.#isAnythingAnew && this.#keyOf(facts) !== decision.key) decision = await this.decide(facts);
      if (decision.status === "hit") {
        await this.reuse(facts, decision.record, false);
        return "settled";
      }
      const { key, reasons, comparedWith } = decision;
      const end = await this.#bringAbout({ facts, key, inputs: this.#inputsOf(facts.node), reasons }, comparedWith);
      if (end !== "healed") return end;
    }
  }

  /** Makes a result and settles its node; `healed` where instead an input was made anew, which was damaged. */
  async #bringAbout(request: MakeRequest, comparedWith?: Digest): Promise<"settled" | "busy" | "healed"> {
    const { node } = request.facts;
    this.#underway.set(node, undefined);
    try {
      const made = await this.#healing(() => this.#make(request));
      if (!made) return "healed";
      if (made.kind === "busy") return "busy";
      await this.#settleMade(request, made, comparedWith);
      return "settled";
    } finally {
      this.#underway.delete(node);
    }
  }

  /** Trivial results are written a moment later: by then their nodes may be settled, or may not be. */
  #onLost(facts: StageFacts, error: unknown): void {
    if (this.#underway.has(facts.node) && !failureOf(error, "missing-blob")) this.#underway.set(facts.node, { error });
    else this.#options.onLost(facts, error);
  }

  async #make(request: MakeRequest): Promise<Made> {
    const { control } = this.#options;
    if (!control) return make(this, request);
    const { workspace, runId, nonce, unrecorded, recorder, emitter } = this;
    const held = (node: GraphNode): Held => this.held(node);
    const expectedMs = (node: GraphNode): number | undefined => this.expectedMs(node);
    const signal = control.begin(request.key, this.signal);
    try {
      const parts = { workspace, runId, nonce, unrecorded, recorder, emitter, signal, held, expectedMs };
      const { slots, keepGoing, hooks, writers } = this;
      const noteItems: MakeContext["noteItems"] = (node, items) => this.noteItems(node, items);
      return await make({ ...parts, slots, keepGoing, hooks, writers, noteItems }, request);
    } finally {
      control.end(request.key);
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

  /** Makes a damaged result anew, once however many found it so. */
  #remake(node: GraphNode, damage: Failure): Promise<void> {
    let remaking = this.#remaking.get(node);
    if (!remaking) {
      remaking = this.#remakeOnce(node, damage).finally(() => this.#remaking.delete(node));
      this.#remaking.set(node, remaking);
    }
    return remaking;
  }

  async #remakeOnce(node: GraphNode, damage: Failure): Promise<void> {
    const facts = this.#options.prepared.stages.get(node);
    if (!facts) throw new Error(`${node.name} is a source, which cannot be damaged`, { cause: damage });
    this.emitter.emit({ type: "warning", failure: { ...damage, node: node.name } });
    const reasons: RunReason[] = [{ kind: "corrupt-result", name: node.name, detail: damage.message }];
    for (;;) {
      const key = this.#keyOf(facts);
      const end = await this.#bringAbout({ facts, key, inputs: this.#inputsOf(node), reasons, damaged: true });
      if (end === "settled") return;
      if (end === "busy") await waitForOther(this.workspace.leases, key, this.signal);
    }
  }

  /** Takes a result from the store, or makes it anew if an output of it turns out damaged. */
  reuse(facts: StageFacts, record: ResultRecord, shared: boolean): void | Promise<void> {
    if (hasOutputs(facts.stage)) return this.#reusePlaced(facts, record, shared);
    this.#settleReused(facts, record, shared);
  }

  async #reusePlaced(facts: StageFacts, record: ResultRecord, shared: boolean): Promise<void> {
    const { node, stage } = facts;
    try {
      await this.#place(node, stage, this.workspace.blobs, record);
    } catch (error) {
      const damage = failureOf(error);
      if (!damage || !isDamage(damage)) throw error;
      return this.#remake(node, damage);
    }
    this.#settleReused(facts, record, shared);
  }

  #settleReused({ node, stage }: StageFacts, record: ResultRecord, shared: boolean): void {
    if (record.outside) this.writers.addReused(record.outside, { node: node.name });
    for (const text of record.warnings) {
      this.emitter.emit({ type: "warning", failure: failure("check-failed", text, { node: node.name }) });
    }
    const outcome = outcomeOfReused(stage, record);
    const held = new HeldResult(this.workspace, this.workspace.blobs, record);
    this.settle(node, held, shared ? { ...outcome, shared } : outcome);
  }

  async #settleMade(
    { facts, key, reasons }: MakeRequest,
    made: Exclude<Made, { kind: "busy" }>,
    comparedWith: Digest | undefined,
  ): Promise<void> {
    if (made.kind === "shared") return this.reuse(facts, made.record, true);
    const { node, stage } = facts;
    const { dataVersion, durationMs, held, result, unrecorded } = made;
    if (result) await this.#place(node, stage, result.blobs, result.record);
    if (unrecorded !== undefined) {
      const message = `the result of ${node.name} was not recorded: ${unrecorded}`;
      const hint = "run again to record a result of what is there now";
      this.emitter.emit({ type: "warning", failure: failure("input-changed", message, { node: node.name, hint }) });
    }
    const lost = this.#underway.get(node);
    if (lost) throw lost.error;
    const { kind } = stage;
    let ended: NodeOutcome = { status: "executed", kind, key, dataVersion, durationMs, savedMs: 0, reasons };
    if (this.#items.has(node)) ended = { ...ended, ...this.itemsOf(node) };
    if (unrecorded !== undefined) ended = { ...ended, unrecorded };
    if (comparedWith !== undefined) ended = { ...ended, comparedWith };
    this.settle(node, held, ended);
  }

  async #place(node: GraphNode, stage: StageNode, blobs: BlobStore, record: ResultRecord): Promise<void> {
    if (!hasOutputs(stage)) return;
    for (const path of await placeOutputs(this.workspace, blobs, stage, record)) {
      this.emitter.emit({ type: "output-placed", node: node.name, path });
    }
    if (stage.command && stage.command.folders.size > 0) await removeStale(this.workspace, stage, record);
  }

  /** A settled node's value, made anew as often as it turns out damaged. */
  async value(node: GraphNode): Promise<unknown> {
    for (;;) {
      try {
        return await this.held(node).load(() => {});
      } catch (error) {
        const damage = failureOf(error);
        if (!damage || !isDamage(damage)) throw error;
        await this.#remake(node, damage);
      }
    }
  }
}
