import type { Digest } from "../../core/digest.ts";
import type { ItemsOutcome } from "../../core/event.ts";
import { fail } from "../../core/failure.ts";
import { itemsBase } from "../../core/key.ts";
import { givesItems } from "../../core/node.ts";
import { keepResult, type Made, type MakeContext, type MakeRequest } from "../make/make.ts";
import { progressReporter } from "../make/stage-progress.ts";
import { type ItemList, loadItems } from "./item-list.ts";
import { ItemTelling } from "./item-telling.ts";
import { ItemWork } from "./item-work.ts";
import { type Gathered, keepList } from "./keep-list.ts";
import { keepsItems } from "./kept-items.ts";
import { findKnown } from "./known-items.ts";
import { itemFailures, mapFailure } from "./map-failure.ts";
import { DamagedPiece, type Piece } from "./piece.ts";
import { SharedInputs } from "./shared-inputs.ts";

interface GatheredNow extends Gathered {
  /** Of a map that is not cached: what the function gave, as it is, by the positions of items. */
  readonly values?: ReadonlyMap<number, unknown>;
}

/**
 * Makes the result of a map: finds the results of the items that have one, runs the function on the others, and puts the list
 * together.
 * @throws DamagedInput when an input must be made anew first
 * @throws SluiceError when an item fails, after the others' results were recorded
 */
export async function makeMap(context: MakeContext, request: MakeRequest): Promise<Made> {
  const { facts } = request;
  const started = performance.now();
  const items = await loadItems(context, request);
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
  const making = new MapMaking(context, request, items);
  const made = await making.complete();
  return made.kind === "made" ? { ...made, durationMs: performance.now() - started } : made;
}

class MapMaking {
  readonly #context: MakeContext;
  readonly #request: MakeRequest;
  readonly #items: ItemList;
  readonly #base: Digest;
  /** What was made here, by the positions of items. */
  readonly #made = new Map<number, Piece>();
  /** Positions of items whose results turned out damaged. */
  readonly #broken = new Set<number>();
  readonly #telling: ItemTelling;
  #shared: SharedInputs | undefined;

  constructor(context: MakeContext, request: MakeRequest, items: ItemList) {
    const { facts, inputs } = request;
    this.#context = context;
    this.#request = request;
    this.#items = items;
    const shared = inputs.filter(({ name }) => !givesItems(facts.stage, name));
    this.#base = itemsBase(facts.node.name, facts.codeVersion, shared);
    this.#telling = new ItemTelling(context, facts, items, this.#base);
  }

  async complete(): Promise<Made> {
    for (;;) {
      const gathered = await this.#gather();
      if (gathered.values) return this.#handOn(gathered.values, gathered.changed);
      try {
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
    const { pieces, chunks } = await findKnown(this.#context, this.#request, this.#base, this.#items, this.#broken);
    this.#telling.reused(pieces);
    for (const [index, piece] of this.#made) pieces[index] = piece;
    for (const index of distinct) this.#addWritten(index, pieces[index]);
    const missing = distinct.filter((index) => !pieces[index]);
    const total = distinct.length;
    const reused = total - missing.length - this.#made.size;
    if (missing.length === 0) {
      this.#note({ made: this.#made.size, reused, failed: 0, failures: [] });
      const isUncached = !keepsItems(this.#request.facts);
      return { pieces, chunks, changed: undefined, ...(isUncached ? { values: new Map() } : {}) };
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
      const { failed } = work;
      this.#note({
        made: this.#made.size + work.made.size + work.values.size,
        reused: reused + work.shared.size,
        failed: failed.length,
        failures: itemFailures(this.#items, failed),
      });
    }
    if (work.failed.length > 0) throw mapFailure(this.#name, this.#items, work.failed, this.#outcome!);
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
      ...(keepsItems(this.#request.facts) ? {} : { values: work.values }),
    };
  }

  /** @throws SluiceError `duplicate-output` */
  #addWritten(index: number, piece: Piece | undefined): void {
    if (!piece?.outside) return;
    this.#context.writers.addReused(piece.outside, { node: this.#name, item: this.#items.nameOf(index) });
  }

  #outcome: ItemsOutcome | undefined;

  #note(items: Omit<ItemsOutcome, "total">): void {
    this.#outcome = { total: this.#items.values.length, ...items };
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
