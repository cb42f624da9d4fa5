import { describe, expect, test } from "vitest";
import { decode, encode, registerClass } from "../../src/core/canonical.ts";

describe("registerClass", () => {
  test("gives back an instance, the same one where it was the same", () => {
    class Point {
      x = 0;
      static at(x: number): Point {
        return Object.assign(new Point(), { x });
      }
    }
    registerClass({ name: "Point", type: Point, encode: ({ x }) => x, decode: Point.at });
    const point = Point.at(3);
    const [a, b, c] = decode(encode([point, point, Point.at(3)])) as [Point, Point, Point];
    expect(a).toBeInstanceOf(Point);
    expect(a.x).toBe(3);
    expect(a).toBe(b);
    expect(a).not.toBe(c);
  });

  test("keeps what instances share with the rest of the value", () => {
    class Box {
      content: unknown;
      constructor(content: unknown) {
        this.content = content;
      }
    }
    registerClass({ name: "Box", type: Box, encode: (box) => ({ it: box.content }), decode: ({ it }) => new Box(it) });
    const shared = { list: [] as unknown[] };
    shared.list.push(shared);
    const [plain, box, nested] = decode(encode([shared, new Box(shared), new Box(new Box(shared))])) as [
      typeof shared,
      Box,
      Box,
    ];
    expect(box.content).toBe(plain);
    expect((nested.content as Box).content).toBe(plain);
    expect(plain.list[0]).toBe(plain);

    const selfish = new Box(undefined);
    selfish.content = { back: selfish };
    expect(() => encode(selfish)).toThrow(/^result<Box>\.it\.back leads back to a value that it is in/);
    const around = { list: [new Box(undefined)] };
    around.list[0]!.content = around;
    expect(() => encode(around)).toThrow(/^result\.list\[0\]<Box>\.it leads back/);
  });

  test("holds for exactly the class", () => {
    class Animal {}
    class Dog extends Animal {}
    registerClass({ name: "Animal", type: Animal, encode: () => null, decode: () => new Animal() });
    expect(() => encode(new Dog())).toThrow(/instance of class Dog, which is not registered/);
  });

  test("a name belongs to one class; the class may be registered again", () => {
    class One {}
    class Two {}
    const as = (name: string, parts: unknown) => ({ name, type: One, encode: () => parts, decode: () => new One() });
    registerClass(as("One", 1));
    registerClass(as("One", 2));
    expect(Buffer.from(encode(new One())).subarray(-2)).toEqual(Buffer.of(6, 2));
    expect(() => registerClass({ name: "One", type: Two, encode: () => 1, decode: () => new Two() })).toThrow(
      TypeError,
    );
    registerClass(as("Uno", 3));
    registerClass({ name: "One", type: Two, encode: () => 1, decode: () => new Two() });
    expect(decode(encode([new One(), new Two()]))).toEqual([new One(), new Two()]);
  });

  test.each([Object, Array, Map, Set, Date, Error, RangeError, URL, Uint8Array, Buffer])("%o needs none", (type) => {
    const spec = { name: "mine", type: type as new () => object, encode: () => 1, decode: () => ({}) };
    expect(() => registerClass(spec)).toThrow(/built in/);
  });

  test("a wrong call is told what is missing", () => {
    class Point {}
    const spec = { name: "Point", type: Point, encode: () => 1, decode: () => new Point() };
    for (const wrong of [Point, {}, { ...spec, type: undefined }, { ...spec, type: {} }, { ...spec, encode: 1 }]) {
      expect(() => registerClass(wrong as never)).toThrow(/takes one object: \{ name, type, encode, decode \}/);
    }
    expect(() => encode(new Point())).toThrow(/not registered/);
  });

  test("a class that is not registered where the value is read is named", () => {
    class Gone {}
    registerClass({ name: "Gone", type: Gone, encode: () => null, decode: () => new Gone() });
    const bytes = encode(new Gone());
    registerClass({ name: "Gone by another name", type: Gone, encode: () => null, decode: () => new Gone() });
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ reason: "unsupported-value" }));
    expect(() => decode(bytes)).toThrow(/"Gone"/);
  });

  test("an encode that throws or changes the value, and a decode that gives something else", () => {
    class Broken {}
    const broken = (encodeIt: (value: Broken) => unknown, decodeIt: () => unknown = () => new Broken()) =>
      registerClass({ name: "Broken", type: Broken, encode: encodeIt, decode: decodeIt as () => Broken });
    broken(() => {
      throw new Error("no");
    });
    expect(() => encode({ a: new Broken() })).toThrow(/^result\.a cannot be taken apart.*Error: no/);
    const list: unknown[] = [new Broken(), "b"];
    broken(() => list.pop());
    expect(() => encode(list)).toThrow(/changed while it was encoded/);
    const map = new Map<unknown, unknown>([[1, new Broken()]]);
    broken(() => map.set(2, 2).size);
    expect(() => encode(map)).toThrow(/changed while it was encoded/);
    broken(
      () => 1,
      () => ({}),
    );
    expect(() => decode(encode(new Broken()))).toThrow(/did not give an instance/);
  });
});
