import { types } from "node:util";
import { fileRefOf } from "../../core/file-ref.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import { rowsRefOf } from "../../core/rows-ref.ts";
import { classOf } from "../../core/value-class.ts";
import { isTable } from "../../store/tables/arrow-shape.ts";
import { brief, contrast } from "./contrast.ts";
import { memberPairs, type Pairing } from "./member-pairs.ts";
import { Sharing } from "./sharing.ts";
import type { Difference, ValueChange, ValueDifference } from "./types.ts";
import { textOfPath, type ValuePath } from "./value-path.ts";

/** Two parts that are compared. */
interface Pair {
  readonly path: ValuePath | undefined;
  readonly before: unknown;
  readonly after: unknown;
  /** How many lists they are in. */
  readonly depth: number;
}

type Compare = (before: unknown, after: unknown) => Promise<Difference>;

/**
 * Two values that are not equal, part by part.
 * @param within how parts that are tables, texts, bytes or files differ
 */
export async function valueDifference(
  before: unknown,
  after: unknown,
  limit: number,
  within: Compare,
): Promise<ValueDifference> {
  const quick = new Walk(limit, within, true);
  await quick.compare(before, after);
  if (quick.found) return quick.result();
  // What is equal by itself may still be one object in one of the values, and two in the other.
  const thorough = new Walk(limit, within, false);
  await thorough.compare(before, after);
  return thorough.result();
}

/** Goes through two values at once. What is still to be compared is on a stack of its own, so that no depth is too deep. */
class Walk {
  readonly #limit: number;
  readonly #within: Compare;
  /** Whether parts of lists, Maps and Sets that are equal by themselves are passed over. */
  readonly #skipEqual: boolean;
  readonly #entries: ValueChange[] = [];
  readonly #open: Pair[] = [];
  readonly #sharing = new Sharing();
  #total = 0;

  constructor(limit: number, within: Compare, skipEqual: boolean) {
    this.#limit = limit;
    this.#within = within;
    this.#skipEqual = skipEqual;
  }

  get found(): boolean {
    return this.#total > 0;
  }

  result(): ValueDifference {
    if (!this.found) this.#add(undefined, "hidden");
    return { kind: "value", equal: false, total: this.#total, entries: this.#entries };
  }

  async compare(before: unknown, after: unknown): Promise<void> {
    this.#open.push({ path: undefined, before, after, depth: 0 });
    for (let pair = this.#open.pop(); pair; pair = this.#open.pop()) await this.#pair(pair);
  }

  #add(path: ValuePath | undefined, change: ValueChange["change"], more: Partial<ValueChange> = {}): void {
    this.#total++;
    if (this.#entries.length < this.#limit) this.#entries.push({ path: textOfPath(path), change, ...more });
  }

  async #pair(pair: Pair): Promise<void> {
    const { before, after, path } = pair;
    const [kindBefore, kindAfter] = [kindOf(before), kindOf(after)];
    if (kindBefore !== kindAfter) {
      const change = typeof before === typeof after && !isObject(before) ? "changed" : "type";
      return this.#add(path, change, { before: labelled(before), after: labelled(after) });
    }
    if (!isObject(before) || !isObject(after)) return this.#primitives(pair);
    const met = this.#sharing.meet(before, after);
    if (met.differs) {
      const told = (shared: boolean): string =>
        shared ? "the same object as in another place" : "an object of its own";
      this.#add(path, "sharing", { before: told(met.metBefore), after: told(met.metAfter) });
    }
    if (!met.first) return;
    if (isWhole(before)) return this.#wholes(path, before, after);
    const pairing = await this.#pairing(pair, before, after);
    if (pairing.reordered) this.#add(path, "order", pairing.reordered);
    for (const { step, ...texts } of pairing.left) this.#add({ parent: path, step }, texts.change, texts);
    this.#total += pairing.further ?? 0;
    const depth = pair.depth + (Array.isArray(before) ? 1 : 0);
    for (const { step, before: was, after: is } of pairing.pairs.toReversed())
      this.#open.push({ path: { parent: path, step }, before: was, after: is, depth });
  }

  async #primitives({ path, before, after }: Pair): Promise<void> {
    if (Object.is(before, after)) return;
    const long = typeof before === "string" && typeof after === "string" && isLong(before) && isLong(after);
    await this.#changed(path, before, after, long);
  }

  /** Objects that are compared as a whole: by what is versioned of them. */
  async #wholes(path: ValuePath | undefined, before: object, after: object): Promise<void> {
    if (fingerprint(before, { shared: "expand" }) === fingerprint(after, { shared: "expand" })) return;
    const further = isTable(before) || isHandle(before) || bytesOf(before) !== undefined;
    await this.#changed(path, before, after, further);
  }

  /** @param further whether there is more to say than two short texts */
  async #changed(path: ValuePath | undefined, before: unknown, after: unknown, further: boolean): Promise<void> {
    if (this.#entries.length >= this.#limit) this.#total++;
    else if (further) this.#add(path, "changed", { within: await this.#within(before, after) });
    else {
      const [was, is] = contrast(before, after);
      this.#add(path, was === is ? "hidden" : "changed", { before: was, after: is });
    }
  }

  #pairing(pair: Pair, before: object, after: object): Promise<Pairing> | Pairing {
    const prototype: object | null = Object.getPrototypeOf(before);
    const registered = prototype === null ? undefined : classOf(prototype);
    if (registered) {
      const step = (outer: string): string => `${outer}<${registered.name}>`;
      return { pairs: [{ step, before: registered.encode(before), after: registered.encode(after) }], left: [] };
    }
    return memberPairs(before, after, { skipEqual: this.#skipEqual, depth: pair.depth, limit: this.#limit });
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Texts of several lines are compared line by line. */
function isLong(text: string): boolean {
  return text.includes("\n");
}

/** The content of bytes; undefined for everything else. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (types.isUint8Array(value)) return value;
  if (types.isArrayBuffer(value)) return new Uint8Array(value);
  return types.isDataView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined;
}

function isHandle(value: object): boolean {
  return fileRefOf(value) !== undefined || rowsRefOf(value) !== undefined;
}

/** Whether an object has no parts that could be compared one by one. */
function isWhole(value: object): boolean {
  if (Array.isArray(value) || types.isMap(value) || types.isSet(value) || types.isNativeError(value)) return false;
  if (isHandle(value) || isTable(value) || bytesOf(value)) return true;
  if (types.isTypedArray(value)) return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype && !classOf(prototype);
}

/** Values of one kind are compared part by part, others are just different. */
function kindOf(value: unknown): unknown {
  if (!isObject(value)) return value === null ? "null" : typeof value;
  if (isTable(value)) return "table";
  if (rowsRefOf(value)) return "rows";
  return fileRefOf(value) ? "file" : Object.getPrototypeOf(value);
}

/** A value whose kind matters, as a short text. */
function labelled(value: unknown): string {
  const text = brief(value);
  return typeof value === "object" || typeof value === "undefined" ? text : `${text} (${typeof value})`;
}
