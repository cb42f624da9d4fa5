import { type FileRef, fileRef } from "../../src/core/file-ref.ts";
import { registerClass } from "../../src/core/value-class.ts";

/** A registered class. */
export class Money {
  readonly amount: bigint;
  readonly currency: unknown;

  constructor(amount: bigint, currency: unknown) {
    this.amount = amount;
    this.currency = currency;
  }
}

registerClass({
  name: "Money",
  type: Money,
  encode: (money: Money) => [money.amount, money.currency] as const,
  decode: ([amount, currency]) => new Money(amount, currency),
});

/** Another one with the same parts. */
export class Weight extends Money {}

registerClass({
  name: "Weight",
  type: Weight,
  encode: (weight: Weight) => [weight.amount, weight.currency] as const,
  decode: ([amount, unit]) => new Weight(amount, unit),
});

/** A file handle, as far as the encoding is concerned. */
export class Handle {
  readonly [fileRef]: FileRef;

  constructor(ref: FileRef) {
    this[fileRef] = ref;
  }
}

const digest = "0123456789abcdef".repeat(4);
const ref: FileRef = { origin: "project", name: "a.csv", size: 3, digest, executable: false };
const sample = new Uint8Array([0, 0, 0, 0, 0, 0, 240, 63, 0, 0, 0, 0, 0, 0, 240, 191]).buffer;

function tap<T>(value: T, change: (value: T) => void): T {
  change(value);
  return value;
}

function own(target: object, key: string, value: unknown, enumerable = true): object {
  return Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

const shared = (): object => ({ n: 1 });

/**
 * Values that are easily taken for one another; no two may be equal. The first rows are the collisions that were found in
 * other systems: numbers and their texts, empty collections, lists and sets and tuples, mappings and objects with equal
 * fields, instances of two classes with equal fields, arrays of other types or shapes with equal bytes.
 */
export const zoo: readonly (readonly [string, unknown])[] = Object.entries({
  one: 1,
  "one as text": "1",
  "one as BigInt": 1n,
  "one as Number object": Object(1),
  "one as BigInt object": Object(1n),
  "one as text object": Object("1"),
  "one in a list": [1],
  "one in a Set": new Set([1]),
  "one as a byte": new Uint8Array([1]),
  "one and a half": 1.5,
  "one point zero as text": "1.0",
  true: true,
  "true as text": "true",
  "true as an object": Object(true),
  false: false,
  zero: 0,
  "minus zero": -0,
  "zero as BigInt": 0n,
  "minus zero in a list": [-0],
  "zero in a list": [0],
  "zero and a half in a list": [0, 0.5],
  "minus zero and a half in a list": [-0, 0.5],
  NaN: Number.NaN,
  "NaN as text": "NaN",
  "NaN in a list": [Number.NaN],
  Infinity: Number.POSITIVE_INFINITY,
  "minus Infinity": Number.NEGATIVE_INFINITY,
  "2^53": 2 ** 53,
  "2^53 - 1": 2 ** 53 - 1,
  "-2^53": -(2 ** 53),
  undefined: undefined,
  null: null,
  "undefined as text": "undefined",
  "null as text": "null",
  "": "",
  "empty list": [],
  "empty object": {},
  "empty Map": new Map(),
  "empty Set": new Set(),
  "empty null object": Object.create(null),
  "empty Buffer": Buffer.alloc(0),
  "empty Uint8Array": new Uint8Array(),
  "empty Int8Array": new Int8Array(),
  "empty Float64Array": new Float64Array(),
  "empty ArrayBuffer": new ArrayBuffer(0),
  "empty DataView": new DataView(new ArrayBuffer(0)),
  "empty URLSearchParams": new URLSearchParams(),
  "empty text object": Object(""),
  "empty RegExp": /(?:)/,
  "empty Error": new Error(),
  "empty TypeError": new TypeError(),
  "list a b": ["a", "b"],
  "list b a": ["b", "a"],
  "list ab": ["ab"],
  "list a+bc": ["a", "bc"],
  "list ab+c": ["ab", "c"],
  "list of lists": [["a"], ["b"]],
  "list of a list": [["a", "b"]],
  "Set a b": new Set(["a", "b"]),
  "Set b a": new Set(["b", "a"]),
  "Map a b": new Map([["a", "b"]]),
  "Map b a": new Map([["b", "a"]]),
  "object a b": { a: "b" },
  "null object a b": Object.assign(Object.create(null), { a: "b" }),
  "object 0 a 1 b": { 0: "a", 1: "b" },
  "list of the pair a b": [["a", "b"]].concat([]).concat([["c"]]),
  "object x y": { x: 1, y: 2 },
  "object y x": { y: 2, x: 1 },
  "object x y nested": { x: { y: 2 } },
  "object with undefined": { a: undefined },
  "object with null": { a: null },
  "object with __proto__": own({}, "__proto__", { polluted: true }),
  "object with __proto__ null": own({}, "__proto__", null),
  "object with constructor": { constructor: 1 },
  "list of undefined": [undefined],
  "list of a hole": new Array(1),
  "list of two holes": new Array(2),
  "list of 2^32 - 1 holes": new Array(2 ** 32 - 1),
  "list with a far element": tap([] as number[], (list) => {
    list[2 ** 32 - 2] = 1;
  }),
  "hole before": tap([1, 1], (list) => {
    delete list[0];
  }),
  "hole after": tap([1, 1], (list) => {
    delete list[1];
  }),
  "instance of a class": new Money(1n, "x"),
  "instance of another class": new Weight(1n, "x"),
  "its parts": [1n, "x"],
  "its fields": { amount: 1n, currency: "x" },
  "Buffer of bytes": Buffer.from(sample),
  "ArrayBuffer of bytes": sample,
  "DataView of bytes": new DataView(sample),
  Int8Array: new Int8Array(sample),
  Uint8Array: new Uint8Array(sample),
  Uint8ClampedArray: new Uint8ClampedArray(sample),
  Int16Array: new Int16Array(sample),
  Uint16Array: new Uint16Array(sample),
  Int32Array: new Int32Array(sample),
  Uint32Array: new Uint32Array(sample),
  Float32Array: new Float32Array(sample),
  Float64Array: new Float64Array(sample),
  BigInt64Array: new BigInt64Array(sample),
  BigUint64Array: new BigUint64Array(sample),
  "list of its doubles": [1, -1],
  "rows of two": [new Uint8Array([1, 2]), new Uint8Array([3, 4])],
  "row of four": [new Uint8Array([1, 2, 3, 4])],
  "Float64Array of NaN": new Float64Array(new BigUint64Array([0x7ff8000000000000n]).buffer),
  "Float64Array of another NaN": new Float64Array(new BigUint64Array([0x7ff8000000000001n]).buffer),
  date: new Date(0),
  "invalid date": new Date(Number.NaN),
  "date as text": "1970-01-01T00:00:00.000Z",
  "RegExp a": /a/,
  "RegExp a g": /a/g,
  "RegExp a at 1": Object.assign(/a/, { lastIndex: 1 }),
  "RegExp as text": "/a/",
  url: new URL("https://example.org/?a=1"),
  "url as text": "https://example.org/?a=1",
  params: new URLSearchParams("a=1"),
  "params twice": new URLSearchParams("a=1&a=1"),
  "Error x": new Error("x"),
  "RangeError x": new RangeError("x"),
  "Error with cause": new Error("x", { cause: undefined }),
  "Error with name": Object.assign(new Error("x"), { name: "Error" }),
  "Error with hidden name": own(new Error("x"), "name", "Error", false),
  "Error as an object": { message: "x" },
  AggregateError: new AggregateError([1], "x"),
  "AggregateError of 2": new AggregateError([2], "x"),
  "high surrogate": "\ud800",
  "low surrogate": "\udc00",
  "replacement character": "\ufffd",
  "surrogate pair": "\ud800\udc00",
  "surrogates in wrong order": "\udc00\ud800",
  "composed é": "\u00e9",
  "decomposed é": "e\u0301",
  "byte order mark": "\ufeff",
  "zero character": "\0",
  "two objects": [shared(), shared()],
  "one object twice": tap([] as object[], (list) => {
    list[0] = list[1] = shared();
  }),
  "list in itself": tap([] as unknown[], (list) => list.push(list)),
  "list in a list in itself": tap([] as unknown[], (list) => list.push([list])),
  "Map that is its own key": tap(new Map(), (map) => map.set(map, 1)),
  "Map that is its own value": tap(new Map(), (map) => map.set(1, map)),
  "Set in itself": tap(new Set(), (set) => set.add(set)),
  "Error that is its own cause": tap(new Error("x"), (error) => {
    error.cause = error;
  }),
  file: new Handle(ref),
  "stored file": new Handle({ ...ref, origin: "store" }),
  "executable file": new Handle({ ...ref, executable: true }),
  "file of another name": new Handle({ ...ref, name: "b.csv" }),
  "file of another content": new Handle({ ...ref, digest: digest.replace("0", "1") }),
  "file as an object": { ...ref },
});
