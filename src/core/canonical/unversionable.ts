import { types } from "node:util";
import { fail } from "../failure.ts";
import { plainData, type Refusal } from "./leaf.ts";

/** A step on the way to a value: makes an expression for the inner value from one for the outer value. */
export type Step = (outer: string) => string;

/** Paths may be 100,000 steps long; a person reads the two ends. */
const shownSteps = 16;
const longestKey = 60;

/** @throws SluiceError `unversionable` with the path to the value */
export function refuse(path: readonly Step[], { what, hint }: Refusal, cause?: unknown): never {
  fail("unversionable", `${pathText(path)} ${what}`, { hint, ...(cause === undefined ? {} : { cause }) });
}

/** The path as a JavaScript expression that leads from the result to the value. */
export function pathText(path: readonly Step[]): string {
  let text = "result";
  for (const [i, step] of path.entries()) {
    const fromEnd = path.length - i;
    if (i >= shownSteps && fromEnd > shownSteps) {
      if (i === shownSteps) text += ` ...${path.length - 2 * shownSteps} steps... `;
    } else text = step(text);
  }
  return text;
}

export function propertyStep(key: string | symbol): Step {
  if (typeof key === "symbol") return (outer) => `${outer}[${String(key)}]`;
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) && key.length <= longestKey)
    return (outer) => `${outer}.${key}`;
  return (outer) => `${outer}[${keyText(key)}]`;
}

/** A key that is a primitive value, as one would write it; undefined for objects. */
export function keyText(key: unknown): string | undefined {
  switch (typeof key) {
    case "string":
      return JSON.stringify(key.length > longestKey ? `${key.slice(0, longestKey)}...` : key);
    case "bigint":
      return `${key}n`;
    case "number":
    case "boolean":
    case "undefined":
      return String(key);
    default:
      return key === null ? "null" : undefined;
  }
}

/** Says what a value is that nothing knows how to encode. */
export function refusalOf(value: unknown): Refusal {
  if (typeof value === "function") {
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    return { what: `is a ${isClass ? "class" : "function"}`, hint: `${plainData}; pass functions by importing them` };
  }
  if (typeof value === "symbol") return { what: "is a symbol", hint: `${plainData}, such as the symbol's name` };
  const object = value as object;
  if (types.isPromise(object)) return { what: "is a promise", hint: "await it first" };
  if (types.isGeneratorObject(object)) return { what: "is a generator", hint: "collect what it gives: [...generator]" };
  if (types.isSharedArrayBuffer(object)) return { what: "is shared memory", hint: "return a copy of its bytes" };
  if (types.isSymbolObject(object)) return { what: "is a symbol", hint: `${plainData}, such as the symbol's name` };
  if (types.isWeakMap(object) || types.isWeakSet(object) || object instanceof WeakRef)
    return { what: `is a ${className(object)}`, hint: "return a Map, a Set or the object itself" };
  if ("pipe" in object || "getReader" in object || "getWriter" in object)
    return {
      what: `is a stream (${className(object)})`,
      hint: "read it to its end, or write it to a file and return that",
    };
  if (object instanceof Iterator) return { what: "is an iterator", hint: "collect what it gives: [...iterator]" };
  return instanceRefusal(object);
}

function instanceRefusal(value: object): Refusal {
  const name = className(value);
  if (name === undefined)
    return { what: "is an object with a prototype of its own", hint: `${plainData}, such as { ...value }` };
  const base = builtInBase(value);
  const kind = base === undefined ? "" : ` (a kind of ${base})`;
  return {
    what: `is an instance of class ${name}${kind}, which is not registered`,
    hint: `${plainData}, or say how it is stored: registerClass({ name: ${JSON.stringify(name)}, type: ${name}, encode, decode })`,
  };
}

function className(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null) return undefined;
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof type === "function" && type.name !== "" ? type.name : undefined;
}

function builtInBase(value: object): string | undefined {
  if (Array.isArray(value)) return "Array";
  if (types.isMap(value)) return "Map";
  if (types.isSet(value)) return "Set";
  if (types.isDate(value)) return "Date";
  if (types.isRegExp(value)) return "RegExp";
  if (types.isNativeError(value)) return "Error";
  return types.isTypedArray(value) ? value[Symbol.toStringTag] : undefined;
}
