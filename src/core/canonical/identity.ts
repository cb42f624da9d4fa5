/** Of a shorter list each object is met by itself, and of more objects it is asked one by one whether a list has them. */
const few = 64;

/** Numbers objects in the order in which they are met. */
export class Identity {
  readonly #full: number;
  /** By itself: most of many small documents hold no other object. */
  #first: object | undefined;
  /** The others, in their order, until one is met again: to be in a set takes half of what a number takes. */
  #seen: Set<object> | undefined = new Set();
  #current = new Map<object, number>();
  #earlier: Map<object, number>[] = [];
  #size = 0;
  /** A list whose objects are met one after the other: up to this index they were, and are in no set yet. */
  #row: readonly unknown[] | undefined;
  #rowStart = 0;
  #rowEnd = 0;

  /** `full`: after how many objects another Map is begun; one holds 2^24 entries at most. */
  constructor(full = 2 ** 23) {
    this.#full = full;
  }

  /** The number of an object that was met before; else undefined, and it has the next number from now on. */
  meet(value: object): number | undefined {
    if (this.#row) this.#settleRow(this.#row);
    if (this.#size === 0) {
      this.#first = value;
      this.#size = 1;
      return undefined;
    }
    if (value === this.#first) return 0;
    const seen = this.#seen;
    if (seen === undefined) return this.#meetNumbered(value);
    if (seen.size < this.#full) {
      seen.add(value);
      if (seen.size === this.#size) {
        this.#size++;
        return undefined;
      }
    }
    this.#giveNumbers(seen);
    return this.#meetNumbered(value);
  }

  /**
   * Whether the objects of a list from an index on were not met before, and none of them is there twice. Then each may be met by
   * {@link meetNext}, for as long as nothing else is. One set of them all is made in a fraction of the time that adding each takes.
   */
  beginRow(list: readonly unknown[], from: number): boolean {
    const seen = this.#seen;
    if (list.length - from < few || this.#size === 0 || this.#row) return false;
    if (!seen || seen.size > few || seen.size + list.length > this.#full) return false;
    const all = new Set(list);
    if (all.size < list.length || all.has(this.#first)) return false;
    const met = list.slice(0, from);
    for (const object of seen) if (all.has(object) && !met.includes(object)) return false;
    this.#row = list;
    this.#rowStart = from;
    this.#rowEnd = from;
    return true;
  }

  /** An object of the row has the next number from now on. @param index where in the list it is */
  meetNext(index: number): void {
    this.#rowEnd = index + 1;
    this.#size++;
  }

  #settleRow(row: readonly unknown[]): void {
    this.#row = undefined;
    for (let i = this.#rowStart; i < this.#rowEnd; i++) {
      const value = row[i];
      if (typeof value === "object" && value !== null) this.#seen!.add(value);
    }
  }

  #giveNumbers(seen: ReadonlySet<object>): void {
    let number = 1;
    for (const object of seen) this.#current.set(object, number++);
    this.#seen = undefined;
  }

  #meetNumbered(value: object): number | undefined {
    const known = this.#current.get(value);
    if (known !== undefined) return known;
    if (this.#earlier.length > 0) {
      const earlier = this.#find(value);
      if (earlier !== undefined) return earlier;
    }
    if (this.#current.size === this.#full) {
      this.#earlier.push(this.#current);
      this.#current = new Map();
    }
    this.#current.set(value, this.#size++);
    return undefined;
  }

  /** Begins again, from 0. */
  clear(): void {
    if (this.#size === 0) return;
    this.#row = undefined;
    if (this.#size > 1) {
      this.#seen = new Set();
      if (this.#current.size > 0) this.#current = new Map();
    }
    this.#earlier = [];
    this.#first = undefined;
    this.#size = 0;
  }

  /** The number that was given last. */
  get last(): number {
    return this.#size - 1;
  }

  #find(value: object): number | undefined {
    for (const map of this.#earlier) {
      const known = map.get(value);
      if (known !== undefined) return known;
    }
    return undefined;
  }
}

/** Whether the object of this number is one of those on the stack. Numbers on a stack always rise. */
export function isOpen(stack: readonly { readonly number: number }[], number: number): boolean {
  let low = 0;
  let high = stack.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = stack[middle]!.number;
    if (found === number) return true;
    if (found < number) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}
