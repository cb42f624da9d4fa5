import type { Encoder } from "./encoder.ts";
import type { Refusal } from "./leaf.ts";
import { plainData } from "./leaf.ts";
import { Tag } from "./scheme.ts";
import { keyText, propertyStep, type Step } from "./unversionable.ts";

/** A container in the midst of being written. */
export interface Walk {
  readonly target: object;
  /** The number of the container; they rise along the stack. */
  readonly number: number;
  /** Writes values until one of them is a container, which is then on top of the stack (false), or none is left (true). */
  go(encoder: Encoder): boolean;
  /** The way from the container to the value that was written last. */
  step(): Step;
}

/** Values that are the properties of an object. */
export class PropertyWalk implements Walk {
  readonly target: object;
  readonly number: number;
  readonly #keys: readonly string[];
  readonly #hidden: boolean;
  #next: number;

  /**
   * @param hidden properties that are not enumerable are allowed, since the container tells them from the others
   * @param next how many of them were written already
   */
  constructor(target: object, number: number, keys: readonly string[], hidden: boolean, next = 0) {
    this.target = target;
    this.number = number;
    this.#keys = keys;
    this.#hidden = hidden;
    this.#next = next;
  }

  go(encoder: Encoder): boolean {
    const keys = this.#keys;
    while (this.#next < keys.length) {
      const property = Reflect.getOwnPropertyDescriptor(this.target, keys[this.#next++]!);
      if (property === undefined) throw changed();
      if (property.get !== undefined || property.set !== undefined) encoder.refuse(accessor);
      if (!property.enumerable && !this.#hidden) encoder.refuse(hiddenProperty);
      if (encoder.value(property.value)) return false;
    }
    return true;
  }

  step(): Step {
    return propertyStep(this.#keys[this.#next - 1]!);
  }
}

/** The elements of an array that has no holes. */
export class ElementWalk implements Walk {
  readonly target: readonly unknown[];
  readonly number: number;
  readonly length: number;
  /** The index of the element that is written next. */
  next = 0;

  constructor(target: readonly unknown[], number: number) {
    this.target = target;
    this.number = number;
    this.length = target.length;
  }

  go(encoder: Encoder): boolean {
    if (!encoder.elements(this)) return false;
    if (this.target.length !== this.length) throw changed();
    return true;
  }

  step(): Step {
    const index = this.next - 1;
    return (outer) => `${outer}[${index}]`;
  }
}

/** The elements of an array with holes, by the indexes that are there. */
export class SparseWalk implements Walk {
  readonly target: readonly unknown[];
  readonly number: number;
  readonly #indexes: readonly string[];
  readonly #length: number;
  #next = 0;
  #position = 0;

  constructor(target: readonly unknown[], number: number, indexes: readonly string[]) {
    this.target = target;
    this.number = number;
    this.#indexes = indexes;
    this.#length = target.length;
  }

  go(encoder: Encoder): boolean {
    while (this.#next < this.#indexes.length) {
      const key = this.#indexes[this.#next++]!;
      this.#skipTo(encoder, Number(key));
      this.#position++;
      const property = Reflect.getOwnPropertyDescriptor(this.target, key);
      if (property === undefined) throw changed();
      if (property.get !== undefined || property.set !== undefined) encoder.refuse(accessor);
      if (encoder.value(property.value)) return false;
    }
    this.#skipTo(encoder, this.#length);
    return true;
  }

  step(): Step {
    const index = this.#indexes[this.#next - 1]!;
    return (outer) => `${outer}[${index}]`;
  }

  #skipTo(encoder: Encoder, index: number): void {
    if (index === this.#position) return;
    encoder.out.byte(Tag.Hole);
    encoder.out.varint(index - this.#position);
    this.#position = index;
  }
}

/** The keys and values of a Map, in turn. */
export class EntryWalk implements Walk {
  readonly target: ReadonlyMap<unknown, unknown>;
  readonly number: number;
  readonly #entries: MapIterator<[unknown, unknown]>;
  readonly #size: number;
  #done = 0;
  #entry: [unknown, unknown] | undefined;
  #atKey = false;

  constructor(target: Map<unknown, unknown>, number: number) {
    this.target = target;
    this.number = number;
    this.#size = target.size;
    this.#entries = Map.prototype.entries.call(target);
  }

  go(encoder: Encoder): boolean {
    for (;;) {
      if (this.#atKey) {
        this.#atKey = false;
        if (encoder.value(this.#entry![1])) return false;
      }
      const next = this.#entries.next();
      if (next.done) break;
      if (++this.#done > this.#size) break;
      this.#entry = next.value;
      this.#atKey = true;
      if (encoder.value(next.value[0])) return false;
    }
    if (this.#done !== this.#size) throw changed();
    return true;
  }

  step(): Step {
    const position = this.#done - 1;
    if (this.#atKey) return (outer) => `[...${outer}.keys()][${position}]`;
    const key = keyText(this.#entry![0]);
    return (outer) => (key === undefined ? `[...${outer}.values()][${position}]` : `${outer}.get(${key})`);
  }
}

/** The members of a Set. */
export class MemberWalk implements Walk {
  readonly target: ReadonlySet<unknown>;
  readonly number: number;
  readonly #members: SetIterator<unknown>;
  readonly #size: number;
  #done = 0;

  constructor(target: Set<unknown>, number: number) {
    this.target = target;
    this.number = number;
    this.#size = target.size;
    this.#members = Set.prototype.values.call(target);
  }

  go(encoder: Encoder): boolean {
    for (;;) {
      const next = this.#members.next();
      if (next.done) break;
      if (++this.#done > this.#size) break;
      if (encoder.value(next.value)) return false;
    }
    if (this.#done !== this.#size) throw changed();
    return true;
  }

  step(): Step {
    const position = this.#done - 1;
    return (outer) => `[...${outer}][${position}]`;
  }
}

/** The parts of an instance of a registered class. */
export class PartsWalk implements Walk {
  readonly target: object;
  readonly number: number;
  readonly #parts: unknown;
  readonly #name: string;
  #done = false;

  constructor(target: object, number: number, name: string, parts: unknown) {
    this.target = target;
    this.number = number;
    this.#name = name;
    this.#parts = parts;
  }

  go(encoder: Encoder): boolean {
    if (!this.#done) {
      this.#done = true;
      if (encoder.value(this.#parts)) return false;
    }
    encoder.leaveClass();
    return true;
  }

  step(): Step {
    return (outer) => `${outer}<${this.#name}>`;
  }
}

/** Only a registered class's `encode` runs while a value is written. */
function changed(): Error {
  return new Error("the value changed while it was encoded; an encode function of a registered class must not do that");
}

export const accessor: Refusal = { what: "is a getter or setter", hint: `${plainData}: compute the value first` };

export const hiddenProperty: Refusal = {
  what: "is a hidden (non-enumerable) property",
  hint: `${plainData}: remove it or make it enumerable`,
};
