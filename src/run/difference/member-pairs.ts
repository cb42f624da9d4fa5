import { types } from "node:util";
import { keyText, propertyStep, type Step } from "../../core/canonical/unversionable.ts";
import { align } from "./alignment.ts";
import { brief } from "./contrast.ts";
import { valueId } from "./identity.ts";

/** The parts of two containers of one kind. */
export interface Pairing {
  /** Parts that are the same part of both. */
  readonly pairs: readonly { readonly step: Step; readonly before: unknown; readonly after: unknown }[];
  /** Parts that only one of them has. */
  readonly left: readonly PartLeft[];
  /** How many more parts differ, that are in neither list. */
  readonly further?: number;
  /** Present where the parts of both come in another order. */
  readonly reordered?: { readonly before: string; readonly after: string };
}

interface PartLeft {
  readonly step: Step;
  readonly change: "added" | "removed";
  readonly before?: string;
  readonly after?: string;
}

interface PairingOptions {
  /** Whether parts that are equal by themselves may be passed over. */
  readonly skipEqual: boolean;
  /** How many lists the containers are in. */
  readonly depth: number;
  /** The most differences that are wanted. */
  readonly limit: number;
}

/** Lists that are in so many others are compared by position: to fingerprint the items of each would take too long. */
const deepest = 3;
/** Lists with more items are compared by position. */
const longest = 1_000_000;

export function memberPairs(before: object, after: object, options: PairingOptions): Promise<Pairing> | Pairing {
  if (Array.isArray(before)) return listPairs(before, after as readonly unknown[], options);
  if (types.isMap(before)) return mapPairs(before, after as ReadonlyMap<unknown, unknown>);
  if (types.isSet(before)) return setPairs(before, after as ReadonlySet<unknown>);
  if (types.isTypedArray(before)) {
    const list = new ByPosition(options);
    list.compare(before, after as ArrayLike<unknown>, [0, before.length], [0, (after as ArrayLike<unknown>).length]);
    return list;
  }
  return propertyPairs(before, after);
}

function removed(step: Step, value: unknown): PartLeft {
  return { step, change: "removed", before: brief(value) };
}

function added(step: Step, value: unknown): PartLeft {
  return { step, change: "added", after: brief(value) };
}

function propertyPairs(before: object, after: object, stepOf: (key: string) => Step = propertyStep): Pairing {
  const [was, is] = [keysOf(before), keysOf(after)];
  const matched = matchById(was, is);
  const pairs = matched.pairs.map(([i]) => {
    const key = was[i]!;
    return { step: stepOf(key), before: valueAt(before, key), after: valueAt(after, key) };
  });
  const left = [
    ...matched.removed.map((i) => removed(stepOf(was[i]!), valueAt(before, was[i]!))),
    ...matched.added.map((j) => added(stepOf(is[j]!), valueAt(after, is[j]!))),
  ];
  return { pairs, left, ...matched.order((i) => was[i]) };
}

/** The stack of an error does not count. */
function keysOf(value: object): string[] {
  const keys = Object.getOwnPropertyNames(value);
  return types.isNativeError(value) ? keys.filter((key) => key !== "stack") : keys;
}

function valueAt(value: object, key: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[key];
}

function indexStep(i: number): Step {
  return (outer) => `${outer}[${i}]`;
}

async function listPairs(
  before: readonly unknown[],
  after: readonly unknown[],
  options: PairingOptions,
): Promise<Pairing> {
  if (hasHoles(before) || hasHoles(after)) return sparsePairs(before, after);
  const list = new ByPosition(options);
  const byPosition = !options.skipEqual || options.depth >= deepest || Math.max(before.length, after.length) > longest;
  if (byPosition) list.compare(before, after, [0, before.length], [0, after.length]);
  else {
    const { stretches } = await align(before.map(valueId), after.map(valueId));
    for (const { same, before: was, after: is } of stretches) if (!same) list.compare(before, after, was, is);
  }
  return list;
}

function hasHoles(list: readonly unknown[]): boolean {
  for (let i = 0; i < list.length; i++) if (list[i] === undefined && !Object.hasOwn(list, i)) return true;
  return false;
}

/** By the indexes that are there, and the length. */
function sparsePairs(before: readonly unknown[], after: readonly unknown[]): Pairing {
  return propertyPairs(before, after, (key) => (key === "length" ? propertyStep(key) : indexStep(Number(key))));
}

/** The items of lists that are in the same place. */
class ByPosition implements Pairing {
  readonly pairs: Pairing["pairs"][number][] = [];
  readonly left: PartLeft[] = [];
  further = 0;
  readonly #options: PairingOptions;
  #plain = 0;

  constructor(options: PairingOptions) {
    this.#options = options;
  }

  /** Compares items from one up to another. */
  compare(before: ArrayLike<unknown>, after: ArrayLike<unknown>, was: Range, is: Range): void {
    const both = Math.min(was[1] - was[0], is[1] - is[0]);
    for (let i = 0; i < both; i++) this.#pair(is[0] + i, before[was[0] + i], after[is[0] + i]);
    for (let i = was[0] + both; i < was[1]; i++) this.#leave(() => removed(indexStep(i), before[i]));
    for (let i = is[0] + both; i < is[1]; i++) this.#leave(() => added(indexStep(i), after[i]));
  }

  #pair(index: number, before: unknown, after: unknown): void {
    const plain = !isObject(before) && !isObject(after);
    if (plain && Object.is(before, after)) return;
    if (plain && ++this.#plain > this.#options.limit) this.further++;
    else this.pairs.push({ step: indexStep(index), before, after });
  }

  #leave(make: () => PartLeft): void {
    if (this.left.length < this.#options.limit) this.left.push(make());
    else this.further++;
  }
}

type Range = readonly [from: number, to: number];

function mapPairs(before: ReadonlyMap<unknown, unknown>, after: ReadonlyMap<unknown, unknown>): Pairing {
  const [was, is] = [before.entries().toArray(), after.entries().toArray()];
  const matched = matchById(
    was.map(([key]) => valueId(key)),
    is.map(([key]) => valueId(key)),
  );
  const pairs: Pairing["pairs"][number][] = [];
  for (const [i, j] of matched.pairs) {
    const [[key, value], [otherKey, other]] = [was[i]!, is[j]!];
    if (typeof key === "object" && key !== null) {
      pairs.push({ step: (outer) => `[...${outer}.keys()][${j}]`, before: key, after: otherKey });
    }
    pairs.push({ step: entryStep(key, j), before: value, after: other });
  }
  const left = [
    ...matched.removed.map((i) => removed(entryStep(was[i]![0], i), was[i]![1])),
    ...matched.added.map((j) => added(entryStep(is[j]![0], j), is[j]![1])),
  ];
  return { pairs, left, ...matched.order((i) => was[i]![0]) };
}

function entryStep(key: unknown, position: number): Step {
  const text = keyText(key);
  return (outer) => (text === undefined ? `[...${outer}.values()][${position}]` : `${outer}.get(${text})`);
}

function setPairs(before: ReadonlySet<unknown>, after: ReadonlySet<unknown>): Pairing {
  const [was, is] = [[...before], [...after]];
  const matched = matchById(was.map(valueId), is.map(valueId));
  const step =
    (position: number): Step =>
    (outer) =>
      `[...${outer}][${position}]`;
  const pairs = matched.pairs.map(([i, j]) => ({ step: step(j), before: was[i], after: is[j] }));
  const left = [
    ...matched.removed.map((i) => removed(step(i), was[i])),
    ...matched.added.map((j) => added(step(j), is[j])),
  ];
  return { pairs, left, ...matched.order((i) => was[i]) };
}

interface Matched {
  readonly pairs: readonly (readonly [before: number, after: number])[];
  readonly removed: readonly number[];
  readonly added: readonly number[];
  order(shown: (before: number) => unknown): Pick<Pairing, "reordered">;
}

/** Pairs equal texts; of those that are there several times the first with the first, the second with the second. */
function matchById(before: readonly string[], after: readonly string[]): Matched {
  const places = new Map<string, number[]>();
  for (let j = after.length - 1; j >= 0; j--) {
    const known = places.get(after[j]!);
    if (known) known.push(j);
    else places.set(after[j]!, [j]);
  }
  const pairs: [number, number][] = [];
  const removed: number[] = [];
  for (const [i, id] of before.entries()) {
    const j = places.get(id)?.pop();
    if (j === undefined) removed.push(i);
    else pairs.push([i, j]);
  }
  const added = [...places.values()].flat().sort((a, b) => a - b);
  const order = (shown: (before: number) => unknown): Pick<Pairing, "reordered"> => {
    const sorted = pairs.toSorted(([, a], [, b]) => a - b);
    if (sorted.every(([i], at) => i === pairs[at]![0])) return {};
    return {
      reordered: { before: brief(pairs.map(([i]) => shown(i))), after: brief(sorted.map(([i]) => shown(i))) },
    };
  };
  return { pairs, removed, added, order };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
