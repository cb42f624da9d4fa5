import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { littleEndian } from "../../src/core/canonical/binary.ts";
import { decode, encode, encodeByteArrays } from "../../src/core/canonical.ts";
import { build, graph, neighbours, primitive } from "./arbitrary-value.ts";
import { strictEqual } from "./strict-equal.ts";
import { Handle, zoo } from "./zoo.ts";

const reviveFile = (ref: Handle[keyof Handle]) => new Handle(ref);
const hex = (value: unknown) => Buffer.from(encode(value)).toString("hex");
const copy = (value: unknown) => decode(encode(value), { reviveFile });

describe("round trip", () => {
  test("any graph comes back as it was", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(graph, (description) => {
        const value = build(description);
        const back = copy(value);
        expect(strictEqual(back, value)).toBe(true);
        expect(hex(back)).toBe(hex(value));
      }),
      { numRuns: 40_000 },
    );
  });

  test("any primitive comes back as it was", () => {
    fc.assert(
      fc.property(primitive, (value) => Object.is(copy(value), value)),
      { numRuns: 20_000 },
    );
  });

  test.each(zoo)("%s", (_name, value) => {
    expect(strictEqual(copy(value), value)).toBe(true);
  });

  test.each([
    ["objects", () => nest((inner) => ({ inner }))],
    ["arrays", () => nest((inner) => [inner])],
    ["sparse arrays", () => nest((inner) => Object.assign(new Array(2), [inner]))],
    ["Map values", () => nest((inner) => new Map([[1, inner]]))],
    ["Map keys", () => nest((inner) => new Map([[inner, 1]]))],
    ["Sets", () => nest((inner) => new Set([inner]))],
    ["causes", () => nest((inner) => new Error("x", { cause: inner }))],
  ])("100,000 nested %s", (_name, make) => {
    const value = make();
    expect(strictEqual(copy(value), value)).toBe(true);
  });

  test("a large text, across the pieces in which it is written", () => {
    for (const text of ["é😀".repeat(50_000), `${"a".repeat(16 * 1024 - 1)}😀b`, `${"é".repeat(40_000)}\ud800`])
      expect(copy(text)).toBe(text);
  });

  test("views are equal by content, and do not share it afterwards", () => {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    const [whole, part] = copy([bytes, bytes.subarray(1, 3)]) as [Uint8Array, Uint8Array];
    whole[1] = 9;
    expect([...part]).toEqual([2, 3]);
    expect(part.buffer.byteLength).toBe(2);
    expect(hex(bytes.subarray(1, 3))).toBe(hex(new Uint8Array([2, 3])));
  });

  test("a decoded value shares nothing with the bytes", () => {
    const bytes = encode(Buffer.from("abc"));
    const value = decode(bytes) as Buffer;
    bytes.fill(0);
    expect(value.toString()).toBe("abc");
  });

  test("an error comes back without the frames of a stack", () => {
    const back = copy(new RangeError("out")) as RangeError;
    expect(back).toBeInstanceOf(RangeError);
    expect(back.stack).toBe("RangeError: out");
    expect(Object.keys(back)).toEqual([]);
  });

  test("an own __proto__ is a property and pollutes nothing", () => {
    const value = JSON.parse('{ "__proto__": { "polluted": true } }');
    const back = copy(value) as object;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.keys(back)).toEqual(["__proto__"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("objects with more keys than shapes are kept for", () => {
    const dictionary = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key ${i}`, i]));
    const value = [dictionary, { a: 1 }, { ...dictionary }, { a: 2 }];
    expect(strictEqual(copy(value), value)).toBe(true);
  });
});

describe("injective", () => {
  test("graphs have equal encodings exactly if they are equal", { timeout: 120_000 }, () => {
    let different = 0;
    fc.assert(
      fc.property(neighbours, ([left, right]) => {
        const [a, b] = [build(left), build(right)];
        const equal = strictEqual(a, b);
        if (!equal) different++;
        expect(hex(a) === hex(b)).toBe(equal);
      }),
      { numRuns: 40_000 },
    );
    expect(different).toBeGreaterThan(10_000);
  });

  test("unrelated graphs have equal encodings exactly if they are equal", () => {
    fc.assert(
      fc.property(graph, graph, (left, right) => {
        const [a, b] = [build(left), build(right)];
        expect(hex(a) === hex(b)).toBe(strictEqual(a, b));
      }),
      { numRuns: 10_000 },
    );
  });

  test("lists of texts are told apart wherever they are cut", () => {
    const list = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(list, list, (a, b) => (hex(a) === hex(b)) === (JSON.stringify(a) === JSON.stringify(b))),
      { numRuns: 20_000 },
    );
  });

  test("no two of the awkward values collide", () => {
    const byBytes = new Map<string, string>();
    for (const [name, value] of zoo) {
      for (const [wrapping, wrapped] of Object.entries({
        "": value,
        "in a list": [value, 0],
        "in a Map": new Map([[0, value]]),
      })) {
        const key = hex(wrapped);
        expect(`${byBytes.get(key) ?? name} ${wrapping}`).toBe(`${name} ${wrapping}`);
        byBytes.set(key, name);
      }
    }
    expect(byBytes.size).toBe(zoo.length * 3);
  });
});

describe("the bytes", () => {
  // a change here moves all data versions and keys: raise `schemeVersion`
  test.each([
    ["an integer", 300, "06ac02"],
    ["a double", 0.5, "08000000000000e03f"],
    ["a text", "é", "0b02c3a9"],
    ["objects of one shape", [{ a: 1 }, { a: null }], "1302110001" + "0b0161" + "0601" + "1100" + "02"],
    ["a list of integers", [1, -1], "15020201"],
    ["a list of doubles", [0.5], "1601000000000000e03f"],
    ["holes", new Array(3), "13031403"],
    ["16-bit elements", new Uint16Array([0x0102]), "37010201"],
  ])("%s", (_name, value, expected) => {
    expect(hex(value)).toBe(`${Buffer.from("sluice:value\x01").toString("hex")}${expected}`);
  });

  test("a NaN is the same whatever its bits", () => {
    for (const bits of [0x7ff8000000000001n, 0xfff8000000000000n, 0x7ff0000000000001n]) {
      const nan = new Float64Array(new BigUint64Array([bits]).buffer)[0];
      expect(hex(nan)).toBe(hex(Number.NaN));
      expect(hex([nan, 0.5])).toBe(hex([Number.NaN, 0.5]));
    }
  });

  test("elements are swapped where the machine's order is the other one", () => {
    const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...littleEndian(bytes, 2, false)]).toEqual([2, 1, 4, 3, 6, 5, 8, 7]);
    expect([...littleEndian(bytes, 8, false)]).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(littleEndian(bytes, 4, true)).toBe(bytes);
  });
});

function nest(wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = "core";
  for (let i = 0; i < 100_000; i++) value = wrap(value);
  return value;
}

test("of byte arrays are the same when nobody asks what else they are", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (list) => {
      expect(Buffer.from(encodeByteArrays(list)).equals(encode(list))).toBe(true);
    }),
  );
});

test("of a proxy counts what it says of its properties, wherever they stand", () => {
  const honest = { a: 1, b: { c: 2 }, d: "x" };
  const proxy = new Proxy(honest, { get: () => "something else" });
  expect(encode(proxy)).toEqual(encode(honest));
});

test("a long list keeps what its objects share with each other and with what is around it", () => {
  const place = fc.nat({ max: 99 });
  const links = fc.array(fc.tuple(place, place), { maxLength: 3 });
  const around = fc.constantFrom(
    (list: unknown[]) => list,
    (list: unknown[]) => [{ before: 1 }, list, list[3]],
    (list: unknown[]) => ({ first: list[0], list, last: list.at(-1) }),
    (list: unknown[]) => [list, [...list]],
  );
  fc.assert(
    fc.property(fc.integer({ min: 60, max: 100 }), links, links, around, (length, twice, inside, around) => {
      const list: Record<string, unknown>[] = Array.from({ length }, (_, id) => ({ id }));
      for (const [at, other] of twice) list[at % length] = list[other % length]!;
      for (const [at, other] of inside) list[at % length]!.other = list[other % length];
      const value = around(list);
      expect(strictEqual(copy(value), value)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
