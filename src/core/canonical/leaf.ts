import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Why a value cannot be encoded: `what` follows the path to it, `hint` says what to do. */
export interface Refusal {
  readonly what: string;
  readonly hint: string;
}

/** How the objects of one built-in type that hold no other values are written and read. */
export interface Leaf<T extends object = object> {
  readonly tag: number;
  readonly prototype: object;
  /** Nothing when the value is one of the type and has nothing that `write` would lose. */
  refuse(value: object): Refusal | undefined;
  write(out: Writer, value: T): void;
  read(input: Reader): T;
}

export const plainData = "use plain data";

/** A refusal for a property that has no place in the encoding. */
export function extraProperty(key: string | symbol | undefined, kind: string): Refusal | undefined {
  if (key === undefined) return undefined;
  const name = typeof key === "symbol" ? String(key) : JSON.stringify(key);
  return {
    what: `is ${kind} with a property of its own, ${name}`,
    hint: `put the property beside it: { value, ${typeof key === "string" && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? key : "other"} }`,
  };
}

/** A refusal for an object that has the prototype of a type and was not made by its constructor. */
export function impostor(type: string): Refusal {
  return { what: `has the prototype of ${type}, but was not made by its constructor`, hint: plainData };
}
