import { promisify } from "node:util";

// biome-ignore lint/complexity/noBannedTypes: any function at all, of whatever arguments
type AnyFunction = Function;

/** Gets, and may replace, what a call returned. */
export type AfterCall = ((result: unknown) => unknown) | undefined;

/** Told of a call before it happens, with its arguments, which it may replace. */
export type Watcher = (args: unknown[], self: unknown) => AfterCall;

/** A name of a property, and what must be put back. */
interface Patch {
  readonly owner: object;
  readonly name: PropertyKey;
  /** What was there; undefined where nothing was. */
  readonly before: PropertyDescriptor | undefined;
  readonly now: PropertyDescriptor;
}

/**
 * Functions and properties that were replaced in place, to be put back. What code has taken hold of meanwhile keeps working
 * for ever: a replacement does what the original does and nothing more once nobody listens.
 */
export class Patches {
  readonly #patches: Patch[] = [];
  readonly #done = new Map<object, Set<PropertyKey>>();
  readonly #isListening: () => boolean;

  constructor(isListening: () => boolean) {
    this.#isListening = isListening;
  }

  /** Watches the calls of a function or class that is a property. Passes over what is none, and what is watched already. */
  calls(owner: object, name: PropertyKey, watcher: Watcher): void {
    const before = descriptorOf(owner, name);
    const original: unknown = before?.value;
    if (typeof original !== "function" || !this.#isNew(owner, name)) return;
    const value = this.watched(original, watcher);
    this.#replace(owner, name, { ...before!, value });
  }

  /** Watches the reading of a property; `seen` may give something else. What is written goes where it would have gone. */
  reads(owner: object, name: PropertyKey, seen: (value: unknown) => unknown, written?: () => void): void {
    const before = descriptorOf(owner, name);
    if (!before?.configurable || !this.#isNew(owner, name)) return;
    let { value }: PropertyDescriptor = before;
    const patches = this;
    this.#replace(owner, name, {
      configurable: true,
      enumerable: before.enumerable ?? false,
      get(this: unknown) {
        const current: unknown = before.get ? Reflect.apply(before.get, this, []) : value;
        return seen(current) ?? current;
      },
      set(this: unknown, next: unknown) {
        if (patches.#isListening()) written?.();
        if (before.set) Reflect.apply(before.set, this, [next]);
        else if (before.get === undefined && before.writable) value = next;
      },
    });
    if (before.get === undefined) this.#latest.set(this.#patches.at(-1)!, () => value);
  }
  readonly #latest = new Map<Patch, () => unknown>();

  /** Puts a value in the place of a property. */
  value(owner: object, name: PropertyKey, value: unknown): void {
    const before = descriptorOf(owner, name);
    if (before && this.#isNew(owner, name)) this.#replace(owner, name, { ...before, value });
  }

  /** Puts back everything that is still as it was put, last first. What the code itself has replaced stays. */
  restore(): void {
    for (const patch of this.#patches.reverse()) {
      const { owner, name, before, now } = patch;
      const current = Object.getOwnPropertyDescriptor(owner, name);
      if (!current || current.get !== now.get || ("value" in now && current.value !== now.value)) continue;
      if (!before) Reflect.deleteProperty(owner, name);
      else {
        const latest = this.#latest.get(patch);
        Object.defineProperty(owner, name, latest ? { ...before, value: latest() } : before);
      }
    }
    this.#patches.length = 0;
  }

  /** A function that does what another does, and tells of its calls. */
  watched<F extends AnyFunction>(original: F, watcher: Watcher): F {
    const call = (self: unknown, args: unknown[]): unknown => {
      const after = this.#isListening() ? watcher(args, self) : undefined;
      const result: unknown = Reflect.apply(original, self, args);
      return after ? after(result) : result;
    };
    const own = Object.getOwnPropertyDescriptors(original) as PropertyDescriptorMap;
    const custom = Reflect.getOwnPropertyDescriptor(own, promisify.custom);
    if (custom) {
      // What promisify() gives for it does not go through the function, and cannot be replaced by a proxy. Asked for late:
      // Node loads some of it when it is read.
      Reflect.deleteProperty(own, promisify.custom);
      const forward = function (this: unknown, ...args: unknown[]): unknown {
        return call(this, args);
      };
      const promised = once(() => this.watched(Reflect.get(original, promisify.custom) as AnyFunction, watcher));
      Object.defineProperties(forward, own);
      Object.defineProperty(forward, promisify.custom, { get: promised });
      return forward as unknown as F;
    }
    return new Proxy(original, {
      apply: (_, self, args: unknown[]) => call(self, args),
      construct: (target, args: unknown[], newTarget) => {
        if (this.#isListening()) watcher(args, undefined);
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
  }

  #isNew(owner: object, name: PropertyKey): boolean {
    let names = this.#done.get(owner);
    if (!names) {
      names = new Set();
      this.#done.set(owner, names);
    }
    if (names.has(name)) return false;
    names.add(name);
    return true;
  }

  #replace(owner: object, name: PropertyKey, now: PropertyDescriptor): void {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    if (before && !before.configurable && !before.writable) return;
    Object.defineProperty(owner, name, before ? now : { ...now, configurable: true });
    this.#patches.push({ owner, name, before, now });
  }
}

/** Also of what is inherited: a replacement then stands before it. */
function descriptorOf(owner: object, name: PropertyKey): PropertyDescriptor | undefined {
  for (let at: object | null = owner; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(at, name);
    if (descriptor) return descriptor;
  }
  return undefined;
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
