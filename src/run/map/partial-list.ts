import type { Digest } from "../../core/digest.ts";
import { type Failure, SluiceError } from "../../core/failure.ts";
import { partialListVersion } from "../../core/key.ts";
import { nest, pathsOf, replaceAt, type Shape } from "../../core/nested.ts";
import type { Held } from "../make/held.ts";
import type { HeldStandIn } from "../make/stand-in.ts";

/** A list of items that is not there, as the item of an outer branch failed that was to give it. */
export interface LostList {
  /** Its positions in the lists around it, from the outermost in. */
  readonly path: readonly number[];
  readonly standIn: HeldStandIn;
  /** The node that was to give it. */
  readonly by: string;
}

interface Parts {
  /** The other items in their order, as a list. */
  readonly rest: Held;
  /** What stands in for items, by their positions. */
  readonly standIns: ReadonlyMap<number, HeldStandIn>;
  /** How many items there are, and how they are nested. */
  readonly length: number;
  readonly shape: Shape;
  /** What stands in for lists: in the shape they are empty. None of them is within another. */
  readonly lost: readonly LostList[];
}

/** A list in which something stands in for the items that failed: never recorded, and never taken for one that is whole. */
export class HeldPartialList implements Held {
  readonly version: Digest;
  readonly standIns: ReadonlyMap<number, HeldStandIn>;
  readonly lost: readonly LostList[];
  readonly #rest: Held;
  readonly #length: number;
  readonly #shape: Shape;

  constructor({ rest, standIns, length, shape, lost }: Parts) {
    const standing = [...standIns].map(([index, { version }]) => ({ index, version }));
    const lists = lost.map(({ path, standIn: { version } }) => ({ path, version }));
    this.version = partialListVersion(rest.version, standing, shape, lists);
    this.lost = lost;
    this.standIns = standIns;
    this.#rest = rest;
    this.#length = length;
    this.#shape = shape;
  }

  /** What consumers' keys see of the items that are well, where that is not what they are. */
  get restVersion(): Digest {
    return this.#rest.version;
  }

  /** In how many lists, one in the other, the items are. */
  get depth(): number {
    return this.#shape.length + 1;
  }

  load(...how: Parameters<Held["load"]>): Promise<unknown> {
    return this.#merged(how, (standIn) => standIn.copy());
  }

  /** The list with what stands in as it was given, itself. */
  given(): Promise<unknown> {
    return this.#merged([() => {}], (standIn) => standIn.given());
  }

  async #merged(how: Parameters<Held["load"]>, inPlaceOf: (standIn: HeldStandIn) => unknown): Promise<unknown> {
    const rest = (await this.#rest.load(...how)) as readonly unknown[];
    let at = 0;
    const flat = Array.from({ length: this.#length }, (_, index) => {
      const standIn = this.standIns.get(index);
      return standIn ? inPlaceOf(standIn) : rest[at++];
    });
    return replaceAt(
      nest(flat, this.#shape),
      this.lost.map(({ path, standIn }) => [path, inPlaceOf(standIn)] as const),
    );
  }

  /** Of the lists that are this deep, those with something in them that stands in: see {@link placeOf}. */
  listsAt(depth: number): ReadonlySet<string> {
    const standing = [...this.#standing.map(([path]) => path), ...this.lost.map(({ path }) => path)];
    return new Set(standing.flatMap((path) => (path.length > depth ? [placeOf(path.slice(0, depth))] : [])));
  }

  /** What stands in for all of a member that is this deep, for an item or for a list of them: see {@link placeOf}. */
  standInsAt(depth: number): ReadonlyMap<string, HeldStandIn> {
    const standing =
      depth === this.depth ? this.#standing : this.lost.map(({ path, standIn }) => [path, standIn] as const);
    return new Map(standing.flatMap(([path, standIn]) => (path.length === depth ? [[placeOf(path), standIn]] : [])));
  }

  /** The lists that are lost to who goes over members that are this deep. */
  lostFor(depth: number, by: string): readonly LostList[] {
    const lists = this.lost.filter(({ path }) => path.length < depth);
    if (depth <= this.depth) return lists;
    // What was to be a list itself failed.
    return [...lists, ...this.#standing.map(([path, standIn]) => ({ path, standIn, by }))];
  }

  get #standing(): readonly (readonly [path: readonly number[], standIn: HeldStandIn])[] {
    const paths = pathsOf(this.#length, this.#shape);
    return [...this.standIns].map(([index, standIn]) => [paths[index]!, standIn] as const);
  }
}

/** Where something is in nested lists: its positions from the outermost in, as one text. */
export function placeOf(path: readonly number[]): string {
  return path.join();
}

/** Items of a node failed or were skipped. */
export class PartlyFailed extends SluiceError {
  /** The list, where something stands in for each of them; else nothing stands in for the node but what does for all of it. */
  readonly held: HeldPartialList | undefined;
  /** Whether all of them were skipped, so that it is not the node that failed. */
  readonly isSkipped: boolean;

  constructor(failure: Failure, isSkipped: boolean, held?: HeldPartialList) {
    super(failure);
    this.isSkipped = isSkipped;
    this.held = held;
  }
}
