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
  /** Of a family: whether the instances with this prototype belong. */
  readonly includes?: (prototype: object) => boolean;
  /** Whether instances have versions and cannot be stored. */
  readonly versionOnly?: true;
  /** Of a user's class: itself, and what was said of it, by what it is for. Who gets an instance may run any of it. */
  readonly functions?: ClassFunctions;
}

type AnyFunction = (...args: never) => unknown;

/** The functions of a registered class, `type` first: a class can be called too. */
export interface ClassFunctions {
  readonly type: AnyFunction;
  readonly [role: string]: AnyFunction;
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
 * @throws TypeError when the name belongs to another class, the type is a built-in one, or what is said of the class is incomplete
 */
export function registerClass<T, P>(spec: ClassSpec<T, P>): void {
  const { type, encode, decode } = spec;
  if (![type, encode, decode].every((each) => typeof each === "function")) {
    throw new TypeError(
      "registerClass() takes one object: { name, type, encode, decode }, of which `type` is the class",
    );
  }
  register(spec.type, { ...registered(spec), functions: functionsOf(spec) });
}

/** {@link registerClass} for a class of Sluice's own, whose code counts nowhere. */
export function registerOwnClass<T, P>(spec: ClassSpec<T, P>): void {
  register(spec.type, registered(spec));
}

function registered<T, P>(spec: ClassSpec<T, P>): RegisteredClass {
  return {
    name: spec.name,
    prototype: spec.type.prototype as object,
    encode: (value) => spec.encode(value as T),
    decode: (parts) => spec.decode(parts as P),
  };
}

function functionsOf<T, P>({ type, encode, decode }: ClassSpec<T, P>): ClassFunctions {
  return { type: asFunction(type), encode, decode };
}

function asFunction(type: abstract new (...args: never) => unknown): AnyFunction {
  return type as unknown as AnyFunction;
}

/**
 * Tells by what the instances of a class count, where they cannot be stored: a client, a model in native memory. Then they can be
 * inputs, and be in other values that are only looked at. A function's result that holds one cannot be kept: with
 * {@link registerClass} it can. As with that, it holds for instances of exactly this class.
 *
 * @param fingerprint gives what the instance counts by: any value that can be encoded, equal for instances that are alike to every
 *   function and different for others. Must not change the instance
 * @param options.name what the class is called in versions; that of the class unless given. Give one where the code is minified
 *
 * ```ts
 * registerFingerprint(Model, (model) => [model.kind, model.weights]);
 * ```
 *
 * @throws TypeError when the name belongs to another class, or the type is a built-in one
 */
export function registerFingerprint<T>(
  type: abstract new (...args: never) => T,
  fingerprint: (value: T) => unknown,
  options: { readonly name?: string } = {},
): void {
  const { name = type.name } = options;
  if (typeof type !== "function") throw new TypeError("registerFingerprint() needs a class");
  if (typeof fingerprint !== "function") throw new TypeError("registerFingerprint() needs a function of an instance");
  register(type, {
    // No value of a class that is stored under this name counts the same.
    name: `fingerprint ${name}`,
    prototype: type.prototype as object,
    encode: (value) => fingerprint(value as T),
    decode: () => {
      throw new TypeError(`of instances of ${name} only fingerprints are kept`);
    },
    versionOnly: true,
    functions: { type: asFunction(type), fingerprint },
  });
}

/** The classes that users have registered. */
export function registeredClasses(): readonly RegisteredClass[] {
  return [...byName.values()].filter(({ functions }) => functions !== undefined);
}

/** Those of them that instances in a value are of. */
export function classesIn(value: unknown): ReadonlySet<RegisteredClass> {
  const found = new Set<RegisteredClass>();
  if (value === null || typeof value !== "object" || registeredClasses().length === 0) return found;
  const seen = new Set<object>([value]);
  // A set hands out what is added while it is walked.
  for (const object of seen) {
    const prototype: object | null = Object.getPrototypeOf(object);
    const registered = prototype === null ? undefined : byPrototype.get(prototype);
    if (registered?.functions) found.add(registered);
    for (const member of membersOf(object, registered)) {
      if (member !== null && typeof member === "object") seen.add(member);
    }
  }
  return found;
}

function* membersOf(object: object, registered: RegisteredClass | undefined): Generator<unknown> {
  if (registered) yield registered.encode(object);
  else if (object instanceof Map) for (const entry of object) yield* entry;
  else if (object instanceof Set) yield* object;
  else if (!ArrayBuffer.isView(object)) {
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(object))) yield value;
  }
}

function register(type: { readonly name: string }, registered: RegisteredClass): void {
  const { name, prototype } = registered;
  if (typeof name !== "string" || name === "") throw new TypeError("a class is registered under a name");
  if (isBuiltIn(prototype)) throw new TypeError(`${type.name} is built in; it needs no registration`);
  const holder = byName.get(name);
  if (holder && holder.prototype !== prototype)
    throw new TypeError(`another class is registered under the name ${JSON.stringify(name)}`);
  const before = byPrototype.get(prototype);
  if (before) byName.delete(before.name);
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
  readonly includes: (prototype: object) => boolean;
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

/** Values of a library that look like plain objects, for they are proxies: known by what they call themselves. */
export interface ProxyFamily {
  readonly name: string;
  /** Whether an object whose prototype is that of all objects belongs. */
  includes(value: object): boolean;
  encode(value: unknown): unknown;
  decode(parts: unknown): unknown;
}

const proxies: RegisteredProxies[] = [];

interface RegisteredProxies extends RegisteredClass {
  readonly isOne: (value: object) => boolean;
}

/** Registers such values. */
export function registerProxies(family: ProxyFamily): void {
  const { name } = family;
  if (byName.has(name)) throw new TypeError(`another class is registered under the name ${JSON.stringify(name)}`);
  const registered: RegisteredProxies = {
    name,
    prototype: Object.prototype,
    isOne: (value) => family.includes(value),
    encode: (value) => family.encode(value),
    decode: (parts) => family.decode(parts),
  };
  byName.set(name, registered);
  proxies.push(registered);
}

/** What a value that looks like a plain object, and calls itself something, is registered as. */
export function proxyClassOf(value: object): RegisteredClass | undefined {
  return proxies.find((family) => family.isOne(value));
}
