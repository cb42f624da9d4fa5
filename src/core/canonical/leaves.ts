import { types } from "node:util";
import { binaryLeaves } from "./binary.ts";
import { extraProperty, impostor, type Leaf, plainData, type Refusal } from "./leaf.ts";
import { extraKey } from "./own-keys.ts";
import type { Reader } from "./reader.ts";
import { Tag } from "./scheme.ts";

/** The largest time value of a Date, in milliseconds from 1970 (ECMA-262, "Time Values and Time Range"). */
const lastDate = 8.64e15;

const date: Leaf<Date> = {
  tag: Tag.Date,
  prototype: Date.prototype,
  refuse: (value) => (types.isDate(value) ? extraProperty(extraKey(value, 0), "a Date") : impostor("Date")),
  write: (out, value) => out.double(Date.prototype.getTime.call(value)),
  read(input) {
    const time = input.double();
    const valid = Number.isInteger(time) && Math.abs(time) <= lastDate && !Object.is(time, -0);
    if (!valid && !Number.isNaN(time)) input.corrupt("an impossible date");
    return new Date(time);
  },
};

const regExp: Leaf<RegExp> = {
  tag: Tag.RegExp,
  prototype: RegExp.prototype,
  refuse(value) {
    if (!types.isRegExp(value)) return impostor("RegExp");
    if (typeof value.lastIndex !== "number")
      return { what: "is a RegExp whose lastIndex is not a number", hint: "set lastIndex to 0" };
    return extraProperty(extraKey(value, 1), "a RegExp");
  },
  write(out, value) {
    out.text(value.source);
    out.text(value.flags);
    out.number(value.lastIndex);
  },
  read(input) {
    const source = input.text();
    const flags = input.text();
    const value = input.attempt("an invalid RegExp", () => new RegExp(source, flags));
    if (value.source !== source || value.flags !== flags) input.corrupt("a RegExp in another form");
    value.lastIndex = input.number(input.byte()) ?? input.corrupt("a lastIndex that is not a number");
    return value;
  },
};

const url: Leaf<URL> = {
  tag: Tag.URL,
  prototype: URL.prototype,
  refuse(value) {
    const extra = extraProperty(extraKey(value, 0), "a URL");
    if (extra) return extra;
    const href = attempt(() => (value as URL).href);
    if (href === undefined) return impostor("URL");
    const same = URL.parse(href)?.href === href;
    return same ? undefined : { what: "is a URL that does not read back as itself", hint: plainData };
  },
  write: (out, value) => out.text(value.href),
  read(input: Reader) {
    const href = input.text();
    const value = URL.parse(href);
    if (value === null || value.href !== href) input.corrupt("an invalid URL");
    return value;
  },
};

const urlSearchParams: Leaf<URLSearchParams> = {
  tag: Tag.URLSearchParams,
  prototype: URLSearchParams.prototype,
  refuse(value) {
    const extra = extraProperty(extraKey(value, 0), "a URLSearchParams");
    if (extra) return extra;
    return attempt(() => (value as URLSearchParams).size) === undefined ? impostor("URLSearchParams") : undefined;
  },
  write(out, value) {
    out.varint(value.size);
    for (const [name, content] of value) {
      out.text(name);
      out.text(content);
    }
  },
  read(input) {
    const value = new URLSearchParams();
    for (let count = input.count(4); count > 0; count--) value.append(wellFormed(input), wellFormed(input));
    return value;
  },
};

/** What a getter gives that throws for objects its constructor did not make; then undefined. */
function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

function wellFormed(input: Reader): string {
  const text = input.text();
  if (!text.isWellFormed()) input.corrupt("a lone surrogate");
  return text;
}

const booleanObject: Leaf<object> = {
  tag: Tag.BooleanObject,
  prototype: Boolean.prototype,
  refuse: (value) => boxed(types.isBooleanObject(value), value, "Boolean", 0),
  write: (out, value) => out.byte(Boolean.prototype.valueOf.call(value) ? 1 : 0),
  read: (input) => Object(input.flag()),
};

const numberObject: Leaf<object> = {
  tag: Tag.NumberObject,
  prototype: Number.prototype,
  refuse: (value) => boxed(types.isNumberObject(value), value, "Number", 0),
  write: (out, value) => out.number(Number.prototype.valueOf.call(value)),
  read: (input) => Object(input.number(input.byte()) ?? input.corrupt("no number where one must be")),
};

const stringObject: Leaf<object> = {
  tag: Tag.StringObject,
  prototype: String.prototype,
  refuse: (value) =>
    boxed(types.isStringObject(value), value, "String", types.isStringObject(value) ? value.length + 1 : 0),
  write: (out, value) => out.text(String.prototype.valueOf.call(value)),
  read: (input) => Object(input.text()),
};

const bigIntObject: Leaf<object> = {
  tag: Tag.BigIntObject,
  prototype: BigInt.prototype,
  refuse: (value) => boxed(types.isBigIntObject(value), value, "BigInt", 0),
  write: (out, value) => out.bigint(BigInt.prototype.valueOf.call(value)),
  read(input) {
    const tag = input.byte();
    if (tag !== Tag.BigIntPositive && tag !== Tag.BigIntNegative) input.corrupt("no BigInt where one must be");
    return Object(input.bigint(tag));
  },
};

function boxed(genuine: boolean, value: object, type: string, keys: number): Refusal | undefined {
  return genuine ? extraProperty(extraKey(value, keys), `a ${type} object`) : impostor(type);
}

const leaves: readonly Leaf[] = [
  ...[date, regExp, url, urlSearchParams, booleanObject, numberObject, stringObject, bigIntObject],
  ...binaryLeaves,
] as Leaf[];

const byPrototype = new Map(leaves.map((leaf) => [leaf.prototype, leaf]));
const byTag = new Map(leaves.map((leaf) => [leaf.tag, leaf]));

/** How objects with this prototype are written, if they are a built-in type that holds no other values. */
export function leafOf(prototype: object): Leaf | undefined {
  return byPrototype.get(prototype);
}

export function leafTagged(tag: number): Leaf | undefined {
  return byTag.get(tag);
}
