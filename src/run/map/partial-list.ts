import type { Digest } from "../../core/digest.ts";
import { type Failure, SluiceError } from "../../core/failure.ts";
import { partialListVersion } from "../../core/key.ts";
import { nest, pathsOf, type Shape } from "../../core/nested.ts";
import type { Held } from "../make/held.ts";
import type { HeldStandIn } from "../make/stand-in.ts";

interface Parts {
  /** The other items in their order, as a list. */
  readonly rest: Held;
  /** What stands in for items, by their positions. */
  readonly standIns: ReadonlyMap<number, HeldStandIn>;
  /** How many items there are, and how they are nested. */
  readonly length: number;
  readonly shape: Shape;
}

/** A list in which something stands in for the items that failed: never recorded, and never taken for one that is whole. */
export class HeldPartialList implements Held {
  readonly version: Digest;
  readonly standIns: ReadonlyMap<number, HeldStandIn>;
  readonly #rest: Held;
  readonly #length: number;
  readonly #shape: Shape;

  constructor({ rest, standIns, length, shape }: Parts) {
    const standing = [...standIns].map(([index, { version }]) => ({ index, version }));
    this.version = partialListVersion(rest.version, standing, shape);
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
    return nest(flat, this.#shape);
  }

  /** Of the lists that are this deep, the positions of those with something in them that stands in. */
  listsAt(depth: number): ReadonlySet<number> {
    const paths = pathsOf(this.#length, this.#shape);
    const within = [...this.standIns.keys()].map((index) => paths[index]!.slice(0, depth).join());
    const outer = pathsOf(this.#shape[depth - 1]!.length, this.#shape.slice(0, depth - 1));
    return new Set(outer.flatMap((path, index) => (within.includes(path.join()) ? [index] : [])));
  }
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
