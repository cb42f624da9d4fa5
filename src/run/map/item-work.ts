import path from "node:path";
import type { Digest } from "../../core/digest.ts";
import { type Failure, fail, failureOf } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import { itemKey } from "../../core/key.ts";
import { givesItems, type StageContext, type StageNode } from "../../core/node.ts";
import type { RecordedInput, ResultRecord } from "../../core/record.ts";
import type { Lease } from "../../metadata/lease.ts";
import { systemClock } from "../../platform/clock.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { reads, type StageFacts, writes } from "../decision.ts";
import { type Attempted, attempt } from "../make/attempt.ts";
import { runChecks } from "../make/checks.ts";
import { callStage } from "../make/executor.ts";
import { HeldResult } from "../make/held.ts";
import { capturedVariable, changedFile, type MakeContext, type MakeRequest, warn } from "../make/make.ts";
import { produce } from "../make/produced.ts";
import { Reads } from "../make/reads.ts";
import { unrecordable } from "../make/record-whole.ts";
import { absorb } from "../make/streams/absorb.ts";
import { OutsideNotes } from "../outside/outside-notes.ts";
import { HookError, type LostItem, type StandIn } from "../run-hooks.ts";
import { ItemCopies } from "./item-copy.ts";
import type { ItemList } from "./item-list.ts";
import { ItemRecorder } from "./item-recorder.ts";
import type { ItemTelling } from "./item-telling.ts";
import { awaitItems } from "./items-elsewhere.ts";
import { keepsItems } from "./kept-items.ts";
import { Usable } from "./known-items.ts";
import { type Piece, pieceOf } from "./piece.ts";
import type { SharedInputs } from "./shared-inputs.ts";

/** How long one place works on items before others get their turn, in milliseconds. */
const slice = 20;

/** Items that may fail before no further one is begun, unless the run keeps going: enough to see what is wrong. */
const mostFailures = 10;

export interface FailedItem {
  readonly index: number;
  readonly failure: Failure;
}

interface Options {
  readonly items: ItemList;
  readonly base: Digest;
  readonly shared: SharedInputs;
  /** Items that have no result, by their positions. */
  readonly missing: readonly number[];
  readonly telling: ItemTelling;
  /** Told when an item is done, one way or the other. */
  readonly onDone: () => void;
}

/** Runs the function of a map on the items that have no result, as many at once as there is room for. */
export class ItemWork {
  /** What was made, by the positions of items. */
  readonly made = new Map<number, Piece>();
  /** Of a map that is not cached: what the function gave, as it is. */
  readonly values = new Map<number, unknown>();
  /** What another process has made meanwhile. */
  readonly shared = new Map<number, Piece>();
  readonly failed: FailedItem[] = [];
  /** What stands in for items that failed, by their positions. */
  readonly standIns = new Map<number, StandIn>();
  /** What was changed while items ran, if something was: then some results are not recorded. */
  changed: string | undefined;
  readonly #context: MakeContext;
  readonly #request: MakeRequest;
  readonly #options: Options;
  readonly #usable: Usable;
  readonly #copies: ItemCopies;
  readonly #recorder: ItemRecorder;
  readonly #facts: StageFacts;
  readonly #inputs: readonly RecordedInput[];
  readonly #leases: boolean;
  readonly #records: boolean;
  readonly #store: readonly [sink: BlobStore, elsewhere: BlobStore];
  #sharedChanged: string | undefined;
  #tasks: readonly number[];
  #next = 0;
  /** Items that others are making. */
  readonly #elsewhere: number[] = [];

  constructor(context: MakeContext, request: MakeRequest, options: Options) {
    const { workspace, unrecorded } = context;
    const { facts, inputs } = request;
    this.#context = context;
    this.#request = request;
    this.#options = options;
    this.#tasks = options.missing;
    this.#usable = new Usable(context, request);
    this.#copies = new ItemCopies(context);
    this.#facts = { ...facts, stage: itemStage(facts.stage) };
    this.#inputs = inputs.filter(({ name }) => !givesItems(facts.stage, name));
    this.#records = writes(facts) && !workspace.metadata.readOnly;
    this.#leases = this.#records && reads(facts);
    this.#store = this.#records ? [workspace.blobs, unrecorded] : [unrecorded, workspace.blobs];
    this.#recorder = new ItemRecorder(workspace.metadata, () => this.#mayRecord());
  }

  /**
   * Returns when every item has ended, or nothing new is to begin. What succeeded is recorded then, also when this throws.
   * @throws SluiceError `cancelled`; `input-changed` when the function changed a shared input
   */
  async complete(): Promise<void> {
    const { slots } = this.#context;
    const { pool, items } = this.#facts.stage;
    const most = Math.min(items?.jobs ?? Number.POSITIVE_INFINITY, slots?.jobs ?? 1);
    if (this.#records) await this.#context.recorder.keepCode(this.#facts);
    try {
      while (this.#more) {
        const place = () => this.#slice();
        const some = Math.min(most, this.#tasks.length - this.#next);
        if (slots) await slots.spread(this.#facts.node, { most: some, pool: pool?.name }, place);
        else while (await place());
        await this.#recorder.flush();
        if (this.#elsewhere.length > 0) await this.#awaitOthers();
      }
      this.#options.shared.requireUntouched();
    } finally {
      await this.#recorder.flush();
    }
  }

  /** Whether some item has not been begun. */
  get isStopped(): boolean {
    return this.#next < this.#tasks.length;
  }

  get #more(): boolean {
    const { signal, slots, keepGoing } = this.#context;
    if (signal.aborted) fail("cancelled", `${this.#facts.node.name} was cancelled`, { node: this.#facts.node.name });
    if (this.#recorder.hasFailed) return false;
    return (
      this.isStopped &&
      !slots?.stopping &&
      (keepGoing === true || this.failed.length - this.standIns.size < mostFailures)
    );
  }

  async #slice(): Promise<boolean> {
    const until = systemClock.elapsed() + slice;
    while (this.#more) {
      await this.#perform(this.#tasks[this.#next++]!);
      if (systemClock.elapsed() < until) continue;
      // Items that never wait would hold up everything else in the process.
      await new Promise((resolve) => setImmediate(resolve));
      return true;
    }
    return false;
  }

  /** Others hold what is left: when they are done, it is there, or to be made after all. What is ours has been let go before. */
  async #awaitOthers(): Promise<void> {
    this.#context.emitter.emit({ type: "node-waiting", node: this.#facts.node.name });
    const waiting = this.#elsewhere.splice(0);
    const keys = waiting.map((index) => this.#keyOf(index));
    await awaitItems(this.#context, this.#request, keys);
    this.#tasks = [...this.#tasks.slice(this.#next), ...waiting];
    this.#next = 0;
  }

  #keyOf(index: number): Digest {
    return itemKey(this.#options.base, this.#options.items.versions[index]!);
  }

  async #perform(index: number): Promise<void> {
    let lease: Lease | undefined;
    if (this.#leases) {
      lease = await this.#context.workspace.leases.tryAcquire(this.#keyOf(index));
      if (!lease) {
        this.#elsewhere.push(index);
        return;
      }
    }
    let isKept = false;
    const started = systemClock.elapsed();
    try {
      if (!lease || !(await this.#takeOthers(index))) isKept = await this.#makeWatched(index, lease);
    } catch (error) {
      if (error instanceof HookError) throw error;
      this.#fail(index, error, systemClock.elapsed() - started);
    } finally {
      // Else it goes when the result can be found.
      if (!isKept) await lease?.release();
    }
    this.#options.onDone();
  }

  /** Between the look for results and the lease its former holder may have recorded one. */
  async #takeOthers(index: number): Promise<boolean> {
    const { workspace } = this.#context;
    const record = await workspace.metadata.getResult(this.#keyOf(index));
    if (!record || this.#request.damaged || !(await this.#usable.takesRecord(record))) return false;
    this.shared.set(index, pieceOf(record, workspace.blobs));
    const { dataVersion } = record;
    this.#options.telling.ended(index, { status: "hit", durationMs: 0, dataVersion, shared: true });
    return true;
  }

  #fail(index: number, error: unknown, durationMs: number): void {
    const found = failureOf(error);
    if (!found) throw error;
    if (found.reason === "cancelled") return;
    this.failed.push({ index, failure: found });
    const { items, telling } = this.#options;
    const { hooks } = this.#context;
    const lost = { ...this.#placeOf(index), status: "failed", failure: found } as const;
    const standIn = this.#facts.stage.items?.spread && hooks?.standInItem?.(lost);
    if (standIn) this.standIns.set(index, standIn);
    telling.ended(index, { status: "failed", durationMs, failure: found });
    const node = this.#facts.node.name;
    const item = items.nameOf(index);
    const called = `${node}[${item}] `;
    const what = found.message.startsWith(called) ? found.message.slice(called.length) : found.message;
    const text = `${what} (the item is ${items.describe(index)})`;
    this.#context.emitter.emit({ type: "node-log", node, item, level: "error", text });
  }

  #placeOf(index: number): Pick<LostItem, "node" | "name" | "path" | "key"> {
    const { items } = this.#options;
    return { node: this.#facts.node, name: items.nameOf(index), path: items.path(index), key: this.#keyOf(index) };
  }

  /** As hooks want it. */
  async #makeWatched(index: number, lease: Lease | undefined): Promise<boolean> {
    const { aroundItem } = this.#context.hooks ?? {};
    if (!aroundItem) return this.#make(index, lease);
    const { items } = this.#options;
    let isKept = false;
    const value = (): unknown =>
      items.copy(index, (value, version, node) => this.#copies.copy(value, version, node, new Reads(), () => {}));
    await aroundItem({ ...this.#placeOf(index), value }, async () => {
      isKept = await this.#make(index, lease);
      const made = this.made.get(index);
      return { value: async () => (made ? made.value() : this.values.get(index)) };
    });
    return isKept;
  }

  /** Whether the result is on its way into the store, with the lease. */
  async #make(index: number, lease: Lease | undefined): Promise<boolean> {
    const { emitter, runId, signal, workspace } = this.#context;
    const { items, shared, telling } = this.#options;
    const node = this.#facts.node.name;
    const item = items.nameOf(index);
    telling.started(index);
    const files: FileRef[] = [];
    let reads: Reads | undefined;
    let isKept = false;
    await attempt({
      node,
      called: `${node}[${item}]`,
      stage: this.#facts.stage,
      keys: [this.#keyOf(index), this.#request.key],
      runId,
      signal,
      scratch: path.join(workspace.scratch, `${runId}-${this.#facts.node.index}-${index}`),
      listener: {
        progress: () => {},
        log: (level, text) => emitter.emit({ type: "node-log", node, item, level, text }),
        retrying: (next, delayMs, failure) =>
          emitter.emit({ type: "node-retrying", node, item, attempt: next, delayMs, failure }),
      },
      outside: () =>
        new OutsideNotes(workspace, `${node}[${item}]`, (written) =>
          this.#context.writers.add(written, { node, item }),
        ),
      inputs: async () => {
        const account = new Reads();
        reads = account;
        const copy = items.copy(index, (value, version, node) =>
          this.#copies.copy(value, version, node, account, (ref) => files.push(ref)),
        );
        return { item: copy, inputs: shared.values };
      },
      call: (given, attempt, folder) =>
        callStage(
          {
            workspace,
            facts: this.#facts,
            stores: this.#store,
            scratch: this.#context.unrecorded,
            isTakenIn: keepsItems(this.#facts),
            progress: () => {},
            onProjectFile: (ref) => files.push(ref),
            onChangedCapture: (name) => {
              this.#sharedChanged ??= capturedVariable(name);
              this.changed ??= this.#sharedChanged;
            },
          },
          given,
          attempt,
          folder,
        ),
      absorb: (value, limits) => {
        if (!keepsItems(this.#facts)) return value;
        const [blobs] = this.#store;
        const { stage } = this.#facts;
        const { unrecorded } = this.#context;
        return absorb(value, { stage, blobs, scratch: unrecorded, progress: () => {} }, limits);
      },
      cause: async (error) => (await reads?.cause(error)) ?? shared.reads.cause(error),
      use: async (attempted) => {
        await reads?.settle();
        isKept = await this.#keep(index, attempted, files, lease);
      },
    });
    return isKept;
  }

  async #keep(
    index: number,
    attempted: Attempted,
    files: readonly FileRef[],
    lease: Lease | undefined,
  ): Promise<boolean> {
    const { workspace, runId } = this.#context;
    const facts = this.#facts;
    const [sink, elsewhere] = this.#store;
    if (!keepsItems(facts)) {
      await this.#check(attempted.value, index);
      this.values.set(index, attempted.value);
      this.#options.telling.ended(index, { status: "executed", durationMs: attempted.durationMs });
      return false;
    }
    const produced = await produce(facts, attempted, sink, elsewhere);
    // Formats of tables have parameters too; in this one they say where rows are, and a list cannot hold these.
    if (produced.format === "auto" && produced.params !== undefined) {
      const hint = "give them as an array, or write them to a file";
      fail("unsupported-value", "an item of a map cannot give rows that come one by one", { hint });
    }
    const settled = await attempted.outside?.settle();
    const outside = settled?.outside ?? [];
    const warnings: string[] = [];
    const record: ResultRecord = {
      key: this.#keyOf(index),
      node: `${facts.node.name}[]`,
      kind: facts.stage.kind,
      codeVersion: facts.codeVersion,
      inputs: [...this.#options.items.recorded(index), ...this.#inputs],
      settings: {},
      ...produced,
      meta: this.#context.emitter.cleanMembers(attempted.meta),
      ...(outside.length > 0 ? { outside } : {}),
      warnings,
      durationMs: attempted.durationMs,
      createdAt: Date.now(),
      runId,
    };
    if (facts.stage.checks.length > 0) {
      warnings.push(...(await this.#check(await new HeldResult(workspace, sink, record).load(() => {}), index)));
    }
    this.made.set(index, pieceOf(record, sink));
    const { durationMs, dataVersion } = record;
    this.#options.telling.ended(index, { status: "executed", durationMs, dataVersion });
    const changed = changedFile(workspace, files) ?? settled?.changed ?? unrecordable(this.#context.emitter, outside);
    this.changed ??= changed;
    if (!this.#records || changed !== undefined) return false;
    await this.#recorder.add(record, lease);
    return true;
  }

  /** What the checks warn of. @throws SluiceError `check-failed` */
  async #check(value: unknown, index: number): Promise<readonly string[]> {
    const warnings: string[] = [];
    await runChecks(this.#facts, value, (text) => {
      const warning = `${text} (item ${this.#options.items.nameOf(index)})`;
      warnings.push(this.#context.emitter.cleanText(warning));
      warn(this.#context, this.#facts, warning);
    });
    return warnings;
  }

  async #mayRecord(): Promise<boolean> {
    const { shared } = this.#options;
    await shared.reads.settle();
    shared.requireUntouched();
    this.#sharedChanged ??= shared.changed();
    this.changed ??= this.#sharedChanged;
    return this.#sharedChanged === undefined;
  }
}

/** The stage that an item is: how the list is stored and placed is none of its business. */
function itemStage(list: StageNode): StageNode {
  const { output: _, ...stage } = list;
  const call = stage.run as unknown as (item: unknown, inputs: unknown, context: StageContext) => unknown;
  return {
    ...stage,
    inputs: list.inputs,
    format: stage.items?.format ?? "auto",
    formatOptions: stage.items?.formatOptions ?? null,
    run: ({ item, inputs }, context) => call(item, inputs, context),
  };
}
