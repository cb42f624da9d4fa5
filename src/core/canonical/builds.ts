import type { RegisteredClass } from "../value-class.ts";
import type { Decoder } from "./decoder.ts";
import { Tag } from "./scheme.ts";

/** Stands for a value that is not finished: its container is on top of the stack. */
export const pending: unique symbol = Symbol("pending");

/** A container in the midst of being read. */
export interface Build {
  /** The number of the container; they rise along the stack. */
  readonly number: number;
  /** Reads values until one of them is a container, which is then on top of the stack (false), or none is left (true). */
  go(decoder: Decoder): boolean;
  /** Takes a value that was pending. */
  take(value: unknown, decoder: Decoder): void;
  /** The container, with all that is in it. */
  finish(decoder: Decoder): unknown;
}

/** The keys of objects that are read. */
export interface ReadShape {
  readonly keys: readonly string[];
  /** No key means something to a plain assignment on an object with the usual prototype. */
  readonly assignable: boolean;
}

/** An object, with or without a prototype. */
export class PropertyBuild implements Build {
  readonly number: number;
  readonly #target: Record<string, unknown>;
  readonly #shape: ReadShape;
  #next = 0;

  constructor(number: number, target: Record<string, unknown>, shape: ReadShape) {
    this.number = number;
    this.#target = target;
    this.#shape = shape;
  }

  go(decoder: Decoder): boolean {
    const { length } = this.#shape.keys;
    while (this.#next < length) {
      const value = decoder.value();
      if (value === pending) return false;
      this.take(value);
    }
    return true;
  }

  take(value: unknown): void {
    const key = this.#shape.keys[this.#next++]!;
    if (this.#shape.assignable) this.#target[key] = value;
    else define(this.#target, key, value, true);
  }

  finish(): unknown {
    return this.#target;
  }
}

export class ErrorBuild implements Build {
  readonly number: number;
  readonly #target: Error;
  readonly #keys: readonly string[];
  readonly #enumerable: Uint8Array;
  #next = 0;

  constructor(number: number, target: Error, keys: readonly string[], enumerable: Uint8Array) {
    this.number = number;
    this.#target = target;
    this.#keys = keys;
    this.#enumerable = enumerable;
  }

  go(decoder: Decoder): boolean {
    while (this.#next < this.#keys.length) {
      const value = decoder.value();
      if (value === pending) return false;
      this.take(value);
    }
    return true;
  }

  take(value: unknown): void {
    const index = this.#next++;
    define(this.#target, this.#keys[index]!, value, this.#enumerable[index] === 1);
  }

  /** The stack is the same on every machine: a first line, and no frames. */
  finish(): unknown {
    const message: unknown = Object.getOwnPropertyDescriptor(this.#target, "message")?.value;
    if (typeof message === "string" && message !== "") this.#target.stack += `: ${message}`;
    return this.#target;
  }
}

/** An array that is no mere list of numbers. */
export class ArrayBuild implements Build {
  readonly number: number;
  readonly #target: unknown[];
  readonly #length: number;
  #next = 0;
  #holes = false;
  #onlyNumbers = true;

  constructor(number: number, target: unknown[], length: number) {
    this.number = number;
    this.#target = target;
    this.#length = length;
  }

  go(decoder: Decoder): boolean {
    while (this.#next < this.#length) {
      if (decoder.input.peek() === Tag.Hole) this.#hole(decoder);
      else {
        const value = decoder.value();
        if (value === pending) return false;
        this.take(value);
      }
    }
    return true;
  }

  take(value: unknown): void {
    this.#onlyNumbers &&= typeof value === "number";
    this.#next = this.#target.push(value);
  }

  finish(decoder: Decoder): unknown {
    if (this.#onlyNumbers && !this.#holes && this.#length > 0)
      decoder.input.corrupt("a list of numbers in the wrong form");
    return this.#target;
  }

  #hole(decoder: Decoder): void {
    const { input } = decoder;
    input.byte();
    const size = input.varint();
    if (size === 0 || size > this.#length - this.#next) input.corrupt("a hole of the wrong size");
    if (!decoder.hasRoomFor(size)) spreadOut(this.#target);
    this.#holes = true;
    this.#next += size;
    this.#target.length = this.#next;
    if (this.#next < this.#length && input.peek() === Tag.Hole) input.corrupt("two holes in a row");
  }
}

/** Makes V8 keep an array as a dictionary, as it does with one that has a far element: then holes take no room. */
function spreadOut(target: unknown[]): void {
  const { length } = target;
  const far = 2 ** 32 - 2;
  target[far] = undefined;
  delete target[far];
  target.length = length;
}

export class EntryBuild implements Build {
  readonly number: number;
  readonly #target: Map<unknown, unknown>;
  #left: number;
  #key: unknown = pending;

  constructor(number: number, target: Map<unknown, unknown>, size: number) {
    this.number = number;
    this.#target = target;
    this.#left = size;
  }

  go(decoder: Decoder): boolean {
    while (this.#left > 0) {
      const value = decoder.value();
      if (value === pending) return false;
      this.take(value, decoder);
    }
    return true;
  }

  take(value: unknown, decoder: Decoder): void {
    if (this.#key === pending) {
      this.#key = distinct(value, this.#target, decoder);
      return;
    }
    this.#target.set(this.#key, value);
    this.#key = pending;
    this.#left--;
  }

  finish(): unknown {
    return this.#target;
  }
}

export class MemberBuild implements Build {
  readonly number: number;
  readonly #target: Set<unknown>;
  #left: number;

  constructor(number: number, target: Set<unknown>, size: number) {
    this.number = number;
    this.#target = target;
    this.#left = size;
  }

  go(decoder: Decoder): boolean {
    while (this.#left > 0) {
      const value = decoder.value();
      if (value === pending) return false;
      this.take(value, decoder);
    }
    return true;
  }

  take(value: unknown, decoder: Decoder): void {
    this.#target.add(distinct(value, this.#target, decoder));
    this.#left--;
  }

  finish(): unknown {
    return this.#target;
  }
}

/** A key or member that is not there yet. Maps and Sets turn -0 into 0. */
function distinct(value: unknown, among: { has(value: unknown): boolean }, { input }: Decoder): unknown {
  if (Object.is(value, -0)) input.corrupt("a key that is -0");
  if (among.has(value)) input.corrupt("a key that was there before");
  return value;
}

/** An instance of a registered class. */
export class InstanceBuild implements Build {
  readonly number: number;
  readonly #registered: RegisteredClass;
  #parts: unknown = pending;

  constructor(number: number, registered: RegisteredClass) {
    this.number = number;
    this.#registered = registered;
  }

  go(decoder: Decoder): boolean {
    if (this.#parts === pending) this.#parts = decoder.value();
    return this.#parts !== pending;
  }

  take(value: unknown): void {
    this.#parts = value;
  }

  finish(decoder: Decoder): unknown {
    const { name } = this.#registered;
    const parts = this.#parts;
    const value = decoder.input.attempt(`the class ${JSON.stringify(name)} refused its parts`, () =>
      this.#registered.decode(parts),
    );
    if (value === null || typeof value !== "object" || !isInstance(value, this.#registered))
      throw new TypeError(`the decode function of the class ${JSON.stringify(name)} did not give an instance of it`);
    decoder.completeInstance(this.number, value);
    return value;
  }
}

function isInstance(value: object, { prototype, includes }: RegisteredClass): boolean {
  const own: object | null = Object.getPrototypeOf(value);
  return own === prototype || (own !== null && includes?.(own) === true);
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}
