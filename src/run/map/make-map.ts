import type { Digest } from "../../core/digest.ts";
import type { ItemsOutcome } from "../../core/event.ts";
import { type Failure, fail, failure } from "../../core/failure.ts";
import { itemKey, itemsBase } from "../../core/key.ts";
import { givesItems } from "../../core/node.ts";
import { systemClock } from "../../platform/clock.ts";
import { keepResult, type Made, type MakeContext, type MakeRequest } from "../make/make.ts";
import { progressReporter } from "../make/stage-progress.ts";
import type { StandIn } from "../run-hooks.ts";
import { type ItemList, loadItems } from "./item-list.ts";
import { ItemTelling } from "./item-telling.ts";
import { type FailedItem, ItemWork } from "./item-work.ts";
import { type Gathered, keepList } from "./keep-list.ts";
import { keepPartial, type Lost } from "./keep-partial.ts";
import { keepsItems } from "./kept-items.ts";
import { earlierList, findKnown, readAhead } from "./known-items.ts";
import { itemFailures, mapFailure } from "./map-failure.ts";
import { type LostList, PartlyFailed } from "./partial-list.ts";
import { DamagedPiece, type Piece } from "./piece.ts";
import { SharedInputs } from "./shared-inputs.ts";
import type { StoredList } from "./stored-list.ts";

export { readAhead };

interface GatheredNow extends Gathered {
  /** Of a map that is not cached: what the function gave, as it is, by the positions of items. */
  readonly values?: ReadonlyMap<number, unknown>;
  /** Where some items have no value: what stands in for each of them, by their positions, and why the map failed. */
  readonly lost?: Lost;
}

/**
 * Makes the result of a map: finds the results of the items that have one, runs the function on the others, and puts the list
 * together.
 * @throws DamagedInput when an input must be made anew first
 * @throws SluiceError when an item fails, after the others' results were recorded
 */
export async function makeMap(context: MakeContext, request: MakeRequest): Promise<Made> {
  const { facts } = request;
  const started = systemClock.elapsed();
  const earlier = await earlierList(context, request);
  const items = await loadItems(context, request, earlier);
  const expectedMs = context.expectedMs(facts.node);
  const runLeftMs = context.runLeftMs?.();
  context.emitter.emit({
    type: "node-started",
    node: facts.node.name,
    kind: facts.stage.kind,
    attempt: 1,
    reasons: request.reasons,
    key: request.key,
    ...(expectedMs === undefined ? {} : { expectedMs }),
    ...(runLeftMs === undefined ? {} : { runLeftMs }),
  });
  const making = new MapMaking(context, request, items, earlier);
  const made = await making.complete();
  return made.kind === "made" ? { ...made, durationMs: systemClock.elapsed() - started } : made;
}

class MapMaking {
  readonly #context: MakeContext;
  readonly #request: MakeRequest;
  readonly #items: ItemList;
  readonly #earlier: StoredList | undefined;
  readonly #base: Digest;
  /** What was made here, by the positions of items. */
  readonly #made = new Map<number, Piece>();
  /** Positions of items whose results turned out damaged. */
  readonly #broken = new Set<number>();
  readonly #telling: ItemTelling;
  #shared: SharedInputs | undefined;

  constructor(context: MakeContext, request: MakeRequest, items: ItemList, earlier: StoredList | undefined) {
    const { facts, inputs } = request;
    this.#context = context;
    this.#request = request;
    this.#items = items;
    this.#earlier = earlier;
    const shared = inputs.filter(({ name }) => !givesItems(facts.stage, name));
    this.#base = itemsBase(facts.node.name, facts.codeVersion, shared);
    this.#telling = new ItemTelling(context, facts, items, this.#base);
  }

  async complete(): Promise<Made> {
    for (;;) {
      const gathered = await this.#gather();
      try {
        if (gathered.lost) throw await keepPartial(this.#context, this.#request, this.#items, gathered.lost, gathered);
        if (gathered.values) return this.#handOn(gathered.values, gathered.changed);
        return await keepList(this.#context, this.#request, this.#items, gathered);
      } catch (error) {
        if (!(error instanceof DamagedPiece)) throw error;
        this.#context.emitter.emit({ type: "warning", failure: { ...error.failure, node: this.#name } });
        const index = this.#items.first.get(error.item)!;
        this.#broken.add(index);
        this.#made.delete(index);
      }
    }
  }

  get #name(): string {
    return this.#request.facts.node.name;
  }

  /** The result of every item, made where there is none. */
  async #gather(): Promise<GatheredNow> {
    const { emitter } = this.#context;
    const { distinct } = this.#items;
    this.#stopped ??= this.#stop();
    const stopped = this.#stopped;
    const unknown = stopped.size === 0 ? this.#broken : new Set([...this.#broken, ...stopped.keys()]);
    const { pieces, chunks } = await findKnown(
      this.#context,
      this.#request,
      this.#base,
      this.#items,
      this.#earlier,
      unknown,
    );
    this.#telling.reused(pieces);
    for (const [index, piece] of this.#made) pieces[index] = piece;
    for (const index of distinct) this.#addWritten(index, pieces[index]);
    const missing = distinct.filter((index) => !pieces[index] && !stopped.has(index));
    const total = distinct.length + this.#items.keptCount;
    const reused = total - missing.length - this.#made.size - stopped.size;
    const skipped = [...stopped].map(([index, { failure }]) => ({ index, failure }));
    if (missing.length === 0) {
      this.#note({ made: this.#made.size, reused, failed: stopped.size, failures: itemFailures(this.#items, skipped) });
      const isUncached = !keepsItems(this.#request.facts);
      const lost = this.#lost(skipped, [], stopped);
      return { pieces, chunks, changed: undefined, ...lost, ...(isUncached ? { values: new Map() } : {}) };
    }
    const progress = progressReporter(emitter, this.#name);
    let done = total - missing.length;
    progress(done, total);
    this.#shared ??= await SharedInputs.load(this.#context, this.#request);
    const work = new ItemWork(this.#context, this.#request, {
      items: this.#items,
      base: this.#base,
      shared: this.#shared,
      missing,
      telling: this.#telling,
      onDone: () => progress(++done, total),
    });
    try {
      await work.complete();
    } finally {
      const failed = [...skipped, ...work.failed];
      this.#note({
        made: this.#made.size + work.made.size + work.values.size,
        reused: reused + work.shared.size,
        failed: failed.length,
        failures: itemFailures(this.#items, failed),
      });
    }
    const uncovered = work.failed.filter(({ index }) => !work.standIns.has(index));
    if (uncovered.length > 0) throw mapFailure(this.#name, this.#items, uncovered, this.#outcome!);
    if (work.isStopped) fail("cancelled", `${this.#name} was stopped`, { node: this.#name });
    for (const [index, piece] of work.shared) pieces[index] = piece;
    for (const [index, piece] of work.made) {
      pieces[index] = piece;
      this.#made.set(index, piece);
    }
    return {
      pieces,
      chunks,
      changed: work.changed,
      ...this.#lost(skipped, work.failed, new Map([...stopped, ...work.standIns])),
      ...(keepsItems(this.#request.facts) ? {} : { values: work.values }),
    };
  }

  #stopped: ReadonlyMap<number, StandIn & Pick<FailedItem, "failure">> | undefined;

  /** Items that are not run, as something stands in for what they read. @throws PartlyFailed where nothing stands in for them */
  #stop(): ReadonlyMap<number, StandIn & Pick<FailedItem, "failure">> {
    const stopped = new Map<number, StandIn & Pick<FailedItem, "failure">>();
    const { hooks } = this.#context;
    const { node } = this.#request.facts;
    for (const index of this.#items.distinct) {
      const by = this.#items.stoppedBy(index);
      if (by === undefined || hooks?.takesStandIns?.(node)) continue;
      const why = failure("upstream-failed", `${by} failed for this item`, { node: node.name });
      const key = itemKey(this.#base, this.#items.versions[index]!);
      const place = { node, name: this.#items.nameOf(index), path: this.#items.path(index), key };
      const standIn = hooks?.standInItem?.({ ...place, status: "skipped", failure: why });
      if (!standIn) throw new PartlyFailed(why, true);
      stopped.set(index, { ...standIn, failure: why });
      this.#telling.ended(index, { status: "failed", durationMs: 0, failure: why });
    }
    return stopped;
  }

  #lost(
    skipped: readonly FailedItem[],
    failed: readonly FailedItem[],
    standIns: ReadonlyMap<number, StandIn>,
  ): Pick<GatheredNow, "lost"> {
    const { lost } = this.#items;
    if (standIns.size === 0 && lost.length === 0) return {};
    const isSkipped = failed.length === 0;
    if (isSkipped && skipped.length === 0) return { lost: { standIns, isSkipped, failure: this.#listsLost() } };
    const found = mapFailure(this.#name, this.#items, isSkipped ? skipped : failed, this.#outcome!);
    return { lost: { standIns, isSkipped, failure: found.failure } };
  }

  #listsLost(): Failure {
    const [{ path, by }, ...more] = this.#items.lost as readonly [LostList, ...LostList[]];
    const others = more.length === 0 ? "" : `, and for ${more.length} more`;
    return failure("upstream-failed", `${by} failed for item ${path.join(".")}${others}`, { node: this.#name });
  }

  /** @throws SluiceError `duplicate-output` */
  #addWritten(index: number, piece: Piece | undefined): void {
    if (!piece?.outside) return;
    this.#context.writers.addReused(piece.outside, { node: this.#name, item: this.#items.nameOf(index) });
  }

  #outcome: ItemsOutcome | undefined;

  #note(items: Omit<ItemsOutcome, "total">): void {
    this.#outcome = { total: this.#items.total, ...items };
    this.#context.noteItems?.(this.#request.facts.node, this.#outcome);
  }

  /** What is not cached may be clients or connections; it is handed on by the rules that hold for a stage. */
  #handOn(values: ReadonlyMap<number, unknown>, changed: string | undefined): Promise<Made> {
    const { facts } = this.#request;
    const value = this.#items.nested(
      this.#items.versions.map((version) => values.get(this.#items.first.get(version)!)),
    );
    const attempted = { value, meta: {}, outputs: {}, tmp: this.#context.workspace.scratch, durationMs: 0 };
    // The checks of a map are those of its items, which have passed them.
    const request = { ...this.#request, facts: { ...facts, stage: { ...facts.stage, checks: [] } } };
    return keepResult(this.#context, request, attempted, [], changed);
  }
}
