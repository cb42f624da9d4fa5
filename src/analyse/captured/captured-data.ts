import { types } from "node:util";
import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { digestParts, fingerprint } from "../../core/fingerprint.ts";
import { definitionOf } from "../../core/node.ts";

export type AnyFunction = (...args: never) => unknown;

/** What a captured value is, or why it cannot be versioned. */
export type Taken =
  | { readonly digest: Digest; readonly refused?: undefined }
  | { readonly refused: string; readonly node?: NodeInside };

/** Whether what cannot be versioned is a node, or holds one. */
export type NodeInside = "itself" | "inside";

/** Stands for a function in a copy. No property of a program's own has this name, or the value is refused. */
const markName = "\0function";

/**
 * Takes the version of a captured value: of data by content, with the functions in it by number.
 * @param numberOf gives each function its number, the same each time it is met
 */
export function take(name: string, value: unknown, numberOf: (fn: AnyFunction) => number): Taken {
  if (isPlainProxy(value)) return { refused: "it is a Proxy, and what that gives is decided by code" };
  if (definitionOf(value)) return { refused: "it is a node", node: "itself" };
  if (typeof value === "function") {
    return numbered(numberOf(value as AnyFunction));
  }
  try {
    if (!listsFunction(value)) return { digest: fingerprint(value) };
  } catch (error) {
    if (!failureOf(error)) throw error;
  }
  const copy = new MarkedCopy(numberOf);
  try {
    return { digest: digestParts("captured-functions", [fingerprint(copy.of(value))]) };
  } catch (error) {
    const found = failureOf(error);
    if (!found) throw error;
    if (copy.hasNode) return { refused: "it holds a node", node: "inside" };
    return { refused: `its value cannot be versioned: ${found.message.replace(/^result/, () => name)}` };
  }
}

/** Whether a value is a proxy that looks like plain data. Classes that are registered may be proxies, as frames of polars are. */
function isPlainProxy(value: unknown): boolean {
  if (!types.isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

/** What a function by itself is taken for. Most values are one, with the number 0. */
function numbered(number: number): Taken {
  if (number > 0) return { digest: digestParts("captured-function", [number]) };
  theFirst ??= { digest: digestParts("captured-function", [0]) };
  return theFirst;
}
let theFirst: Taken | undefined;

/**
 * What stands for data with functions in it, by the data and by where the functions are written; undefined where it takes more.
 * @param placeOf undefined for a function that its place says too little of
 */
export function describeData(value: unknown, placeOf: (fn: AnyFunction) => string | undefined): Digest | undefined {
  const functions = new Map<AnyFunction, number>();
  const taken = take("", value, (fn) => {
    const number = functions.get(fn) ?? functions.size;
    functions.set(fn, number);
    return number;
  });
  if (taken.refused !== undefined) return undefined;
  const places = [...functions.keys()].map(placeOf);
  return places.includes(undefined) ? undefined : digestParts("described", [taken.digest, ...places]);
}

/** Whether a plain array holds a function, which has no version as data: to be told so costs more than to look. */
function listsFunction(value: unknown, depth = 0): boolean {
  if (depth > 4 || !Array.isArray(value) || Object.getPrototypeOf(value) !== Array.prototype) return false;
  return value.some((item) => typeof item === "function" || listsFunction(item, depth + 1));
}

/** A copy of plain data in which a mark stands for each function. What is no plain data is left to be refused. */
class MarkedCopy {
  readonly #numberOf: (fn: AnyFunction) => number;
  readonly #copies = new Map<object, object>();
  hasNode = false;

  constructor(numberOf: (fn: AnyFunction) => number) {
    this.#numberOf = numberOf;
  }

  of(value: unknown): unknown {
    if (definitionOf(value)) {
      this.hasNode = true;
      return value;
    }
    if (typeof value === "function") return { [markName]: this.#numberOf(value as AnyFunction) };
    if (value === null || typeof value !== "object") return value;
    const known = this.#copies.get(value);
    if (known) return known;
    if (value instanceof Map && isBare(value, Map.prototype)) {
      const copy = this.#note(value, new Map<unknown, unknown>());
      for (const [key, item] of value) copy.set(this.of(key), this.of(item));
      return copy;
    }
    if (value instanceof Set && isBare(value, Set.prototype)) {
      const copy = this.#note(value, new Set<unknown>());
      for (const item of value) copy.add(this.of(item));
      return copy;
    }
    return this.#ofProperties(value);
  }

  #ofProperties(value: object): object {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (types.isModuleNamespaceObject(value)) return this.#ofProperties({ ...value });
    const isArray = Array.isArray(value) && prototype === Array.prototype;
    if (!isArray && prototype !== Object.prototype && prototype !== null) return value;
    const own = Object.getOwnPropertyDescriptors(value) as Record<PropertyKey, PropertyDescriptor>;
    const keys = Reflect.ownKeys(own).filter((key) => !(isArray && key === "length"));
    if (keys.includes(markName)) return value;
    if (keys.some((key) => typeof key === "symbol" || !own[key]!.enumerable || !("value" in own[key]!))) return value;
    const copy = this.#note(value, isArray ? new Array(value.length) : Object.create(prototype as object | null));
    for (const key of keys) Object.defineProperty(copy, key, { ...own[key], value: this.of(own[key]!.value) });
    return copy;
  }

  #note<T extends object>(value: object, copy: T): T {
    this.#copies.set(value, copy);
    return copy;
  }
}

function isBare(value: object, prototype: object): boolean {
  return Object.getPrototypeOf(value) === prototype && Reflect.ownKeys(value).length === 0;
}
