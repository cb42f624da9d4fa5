import type { Digest } from "../../core/digest.ts";
import type { ItemFinished } from "../../core/event.ts";
import { itemKey } from "../../core/key.ts";
import type { StageFacts } from "../decision.ts";
import type { MakeContext } from "../make/make.ts";
import type { ItemList } from "./item-list.ts";
import { keepsItems } from "./kept-items.ts";
import type { Piece } from "./piece.ts";

type Ended = Omit<ItemFinished, "type" | "node" | "path" | "key">;

/** Tells of the items of a map one by one, where that is wanted. */
export class ItemTelling {
  readonly #context: MakeContext;
  readonly #node: string;
  readonly #items: ItemList;
  readonly #base: Digest;
  readonly #isWanted: boolean;
  readonly #isKept: boolean;
  /** Positions of equal items, by that of the first; asked for when there are any. */
  #equal: ReadonlyMap<number, readonly number[]> | undefined;
  #hasToldReused = false;

  constructor(context: MakeContext, facts: StageFacts, items: ItemList, base: Digest) {
    this.#context = context;
    this.#node = facts.node.name;
    this.#items = items;
    this.#base = base;
    this.#isWanted = facts.stage.items?.told === true;
    this.#isKept = keepsItems(facts);
  }

  /** What is there before any item runs, by the positions of items; of equal ones, of the first. */
  reused(pieces: readonly (Piece | undefined)[]): void {
    if (!this.#isWanted || this.#hasToldReused) return;
    this.#hasToldReused = true;
    for (const index of this.#items.distinct) {
      const piece = pieces[index];
      if (piece) this.ended(index, { status: "hit", dataVersion: piece.version, durationMs: 0 });
    }
  }

  started(index: number): void {
    if (!this.#isWanted) return;
    this.#context.emitter.emit({ type: "item-started", node: this.#node, ...this.#placeOf(index) });
  }

  ended(index: number, end: Ended): void {
    if (!this.#isWanted) return;
    this.#tell(index, end);
    // Equal items are one: what has run for the first is there for the others.
    const others = this.#othersOf(index);
    const same: Ended = end.status === "executed" ? { ...end, status: "hit", durationMs: 0 } : end;
    for (const other of others) this.#tell(other, same);
  }

  #tell(index: number, end: Ended): void {
    this.#context.emitter.emit({ type: "item-finished", node: this.#node, ...this.#placeOf(index), ...end });
  }

  #placeOf(index: number): { readonly path: readonly number[]; readonly key?: Digest } {
    const path = this.#items.path(index);
    return this.#isKept ? { path, key: itemKey(this.#base, this.#items.versions[index]!) } : { path };
  }

  #othersOf(index: number): readonly number[] {
    const { distinct, versions, first } = this.#items;
    if (distinct.length === versions.length) return [];
    if (!this.#equal) {
      const equal = new Map<number, number[]>();
      for (const [i, version] of versions.entries()) {
        const at = first.get(version)!;
        if (at === i) equal.set(at, []);
        else equal.get(at)!.push(i);
      }
      this.#equal = equal;
    }
    return this.#equal.get(index)!;
  }
}
