import { describe, expect, test } from "vitest";
import { encode } from "../../src/core/canonical.ts";
import { failureOf, type SluiceError } from "../../src/core/failure.ts";
import { Money } from "./zoo.ts";

class Parser {}
class Table extends Array {}
class Dictionary extends Map {}
class Problem extends Error {}

function refusalOf(value: unknown): { message: string; hint: string } {
  try {
    encode(value);
  } catch (error) {
    const failure = failureOf(error, "unversionable");
    if (failure?.hint) return { message: failure.message, hint: failure.hint };
    throw error;
  }
  throw new Error("it was encoded");
}

const extended = <T extends object>(value: T) => Object.assign(value, { more: 1 });
const withGetter = (target: object, key: string | number) =>
  Object.defineProperty(target, key, { get: () => 1, enumerable: true, configurable: true });
const withSetter = (target: object, key: string | number) =>
  Object.defineProperty(target, key, { set() {}, enumerable: true, configurable: true });

describe("the path to what cannot be encoded", () => {
  const bad = () => 1;
  test.each([
    ["result", bad],
    ["result.a", { a: bad }],
    ['result["a b"]', { "a b": bad }],
    ['result["0"]', { 0: bad }],
    ["result.rows[3].parser", { rows: [{}, {}, {}, { parser: bad }] }],
    ["result[2]", Object.assign(new Array(5), { 2: bad })],
    ['result.get("k")', new Map([["k", bad]])],
    ["result.get(1n).x", new Map([[1n, { x: bad }]])],
    [
      "[...result.values()][1]",
      new Map<unknown, unknown>([
        [{}, 1],
        [{}, bad],
      ]),
    ],
    ["[...result.a.keys()][0].b", { a: new Map([[{ b: bad }, 1]]) }],
    ["[...result.tags][1]", { tags: new Set([1, bad]) }],
    ["result.cause.inner", new Error("x", { cause: { inner: bad } })],
    ["result.errors[0]", new AggregateError([bad])],
    ["result.price<Money>[1].unit", { price: new Money(1n, { unit: bad }) }],
  ])("%s", (path, value) => {
    expect(refusalOf(value).message).toBe(`${path} is a function`);
  });

  test("of a value very deep inside, by its two ends", () => {
    let value: unknown = { end: bad };
    for (let i = 0; i < 100_000; i++) value = { a: value };
    const { message } = refusalOf({ start: value });
    expect(message).toMatch(/^result\.start(\.a)+ \.\.\.\d+ steps\.\.\. (\.a)+\.end is a function$/);
    expect(message.length).toBeLessThan(200);
  });
});

describe("what cannot be encoded", () => {
  test.each<[string, unknown]>([
    ["is a function", () => 1],
    ["is a function", async () => 1],
    ["is a class", Parser],
    ["is a symbol", Symbol("s")],
    ["is a symbol", Object(Symbol("s"))],
    ["is a promise", Promise.resolve(1)],
    ["is a generator", (function* () {})()],
    ["is an iterator", [1].values()],
    ["is an iterator", new Map().entries()],
    ["is a stream (ReadableStream)", new ReadableStream()],
    ["is a stream (WritableStream)", new WritableStream()],
    ["is a WeakMap", new WeakMap()],
    ["is a WeakSet", new WeakSet()],
    ["is a WeakRef", new WeakRef({})],
    ["is shared memory", new SharedArrayBuffer(1)],
    ["is a view of shared memory", new Uint8Array(new SharedArrayBuffer(1))],
    ["is a resizable ArrayBuffer", new ArrayBuffer(1, { maxByteLength: 2 })],
    ["has lost its bytes", detached().buffer],
    ["has lost its bytes", detached()],
    ["is an instance of class Parser, which is not registered", new Parser()],
    ["is an instance of class Table (a kind of Array), which is not registered", new Table()],
    ["is an instance of class Dictionary (a kind of Map), which is not registered", new Dictionary()],
    ["is an instance of class Problem (a kind of Error), which is not registered", new Problem()],
    ["is an instance of class Blob", new Blob([])],
    ["is an instance of class DOMException", new DOMException("x")],
    ["is an object with a prototype of its own", Object.create({ a: 1 })],
    ["was not made by its constructor", Object.create(Date.prototype)],
    ["was not made by its constructor", Object.create(Map.prototype)],
    ["was not made by its constructor", Object.create(Set.prototype)],
    ["was not made by its constructor", Object.create(URL.prototype)],
    ["was not made by its constructor", Object.create(URLSearchParams.prototype)],
    ["was not made by its constructor", Object.create(Uint8Array.prototype)],
    ["was not made by its constructor", Object.create(RegExp.prototype)],
    ["was not made by its constructor", Object.create(TypeError.prototype)],
    ["was not made by its constructor", Object.create(String.prototype)],
    ["was not made by its constructor", Object.setPrototypeOf(new Uint8Array(8), Float64Array.prototype)],
    ["result.a is a getter or setter", withGetter({}, "a")],
    ["result.a is a getter or setter", withSetter({}, "a")],
    ["result.a is a getter or setter", withGetter({ first: 1, second: "x" }, "a")],
    ["result.a is a getter or setter", withSetter({ first: 1, second: "x" }, "a")],
    ["result.a is a hidden", Object.defineProperty({ first: 1 }, "a", { value: 1 })],
    ["result.a is a function", { first: 1, a: () => 1, last: 2 }],
    ["result.message is a getter or setter", withGetter(new Error("x"), "message")],
    ['result["1"] is a getter or setter', withGetter([1, 2, 3], 1)],
    ['result["1"] is a getter or setter', withSetter([1, 2, 3], 1)],
    ["result[1] is a getter or setter", withGetter(new Array(3), 1)],
    ["result.a is a hidden", Object.defineProperty({}, "a", { value: 1 })],
    ["result[Symbol(Symbol.iterator)] is a property named by a symbol", arguments0()],
    ["is a property named by a symbol", { [Symbol("s")]: 1 }],
    ["is a property named by a symbol", Object.assign(new Error("x"), { [Symbol("s")]: 1 })],
    ["is an array with a property of its own", extended([1])],
    ["is an array with a property of its own", extended(new Array(3))],
    ["is an array with a property of its own", extended(new Array(1000).fill(1))],
    ["is an array with a property of its own", Object.defineProperty(new Array(1000).fill(1), "hidden", { value: 1 })],
    ["is an array with a property of its own", Object.assign(new Array(1000).fill(1), { [Symbol("s")]: 1 })],
    ["is a Uint8Array with a property of its own", extended(new Uint8Array(3))],
    ["is a Uint8Array with a property of its own", extended(new Uint8Array(1000))],
    ["is a Uint8Array with a property of its own", Object.defineProperty(new Uint8Array(9), "length", { value: 1 })],
    ["is a Float64Array with a property of its own", Object.defineProperty(new Float64Array(1000), "x", { value: 1 })],
    ["is a Buffer with a property of its own", extended(Buffer.alloc(1000))],
    ["is a Map with a property of its own", extended(new Map())],
    ["is a Set with a property of its own", extended(new Set())],
    ["is a Date with a property of its own", extended(new Date())],
    ["is a RegExp with a property of its own", extended(/a/)],
    ["is a RegExp whose lastIndex is not a number", Object.assign(/a/, { lastIndex: "1" })],
    ["is a URL with a property of its own", extended(new URL("http://a"))],
    ["is a String object with a property of its own", extended(Object("abc"))],
  ])("%s", (expected, value) => {
    const { message, hint } = refusalOf(value);
    expect(message).toContain(expected);
    expect(hint).not.toBe("");
  });

  test("no getter runs", () => {
    let ran = 0;
    const get = () => ++ran;
    for (const target of [{}, [1, 2], new Array(3), new Error("x")])
      expect(() => encode(Object.defineProperty(target, 1, { get, enumerable: true }))).toThrow();
    expect(ran).toBe(0);
  });

  test("a hint that names the class to register", () => {
    expect(refusalOf(new Parser()).hint).toContain('registerClass({ name: "Parser"');
  });

  test("a cycle, when shared objects are expanded", () => {
    const value: { a: { b?: unknown } } = { a: {} };
    value.a.b = value;
    let thrown: unknown;
    try {
      encode(value, { shared: "expand" });
    } catch (error) {
      thrown = error;
    }
    expect((thrown as SluiceError).reason).toBe("unsupported-value");
    expect((thrown as SluiceError).message).toContain("result.a.b leads back to a value that it is in");
  });
});

function detached(): Uint8Array<ArrayBuffer> {
  const view = new Uint8Array(8);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

function arguments0(): unknown {
  // biome-ignore lint/complexity/noArguments: it is the value to be tested
  return arguments;
}
