import { isBuiltIn } from "./canonical/built-in.ts";

/** How the instances of a user's class are taken apart and put together again. */
export interface ClassSpec<T, P> {
  /** What the class is called in stored values; keep it when the class is renamed or moved. */
  readonly name: string;
  readonly type: abstract new (...args: never) => T;
  /** The parts that make up an instance; any value that can be encoded. Must not change the instance. */
  encode(value: T): P;
  /** A new instance, of exactly this class. */
  decode(parts: P): T;
}

/** A registered class, its type forgotten. */
export interface RegisteredClass {
  readonly name: string;
  readonly prototype: object;
  encode(value: unknown): unknown;
  decode(parts: unknown): unknown;
}

const byName = new Map<string, RegisteredClass>();
const byPrototype = new Map<object, RegisteredClass>();

/**
 * Tells how the instances of a class are versioned and stored. It holds for instances of exactly this class: a subclass is
 * registered by itself. Registering a class again replaces what was said before. An instance cannot be part of a cycle,
 * since its parts must be complete before it is made.
 *
 * ```ts
 * registerClass({ name: "Money", type: Money, encode: (m) => [m.amount, m.currency], decode: ([a, c]) => new Money(a, c) });
 * ```
 *
 * @throws TypeError when the name belongs to another class, or the type is a built-in one
 */
export function registerClass<T, P>(spec: ClassSpec<T, P>): void {
  const { name, type } = spec;
  const prototype = type.prototype as object;
  if (typeof name !== "string" || name === "") throw new TypeError("a class is registered under a name");
  if (isBuiltIn(prototype)) throw new TypeError(`${type.name} is built in; it needs no registration`);
  const holder = byName.get(name);
  if (holder && holder.prototype !== prototype)
    throw new TypeError(`another class is registered under the name ${JSON.stringify(name)}`);
  const before = byPrototype.get(prototype);
  if (before) byName.delete(before.name);
  const registered: RegisteredClass = {
    name,
    prototype,
    encode: (value) => spec.encode(value as T),
    decode: (parts) => spec.decode(parts as P),
  };
  byName.set(name, registered);
  byPrototype.set(prototype, registered);
}

/** The class whose instances have this prototype. */
export function classOf(prototype: object): RegisteredClass | undefined {
  return byPrototype.get(prototype) ?? families.find((family) => family.includes(prototype));
}

export function classNamed(name: string): RegisteredClass | undefined {
  return byName.get(name);
}

/** A class of which there may be several, or which may never be loaded: one that comes from a library. */
export interface ClassFamily {
  readonly name: string;
  /** Whether the instances with this prototype belong. */
  includes(prototype: object): boolean;
  encode(value: unknown): unknown;
  decode(parts: unknown): unknown;
  /** Of the instances that `decode` makes. */
  readonly prototype: object;
}

const families: ClassFamily[] = [];

/** Registers all classes that a test of their prototype knows; a class that is registered by itself comes first. */
export function registerFamily(family: ClassFamily): void {
  if (byName.has(family.name))
    throw new TypeError(`another class is registered under the name ${JSON.stringify(family.name)}`);
  byName.set(family.name, family);
  families.push(family);
}
