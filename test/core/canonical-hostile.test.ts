import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Tag } from "../../src/core/canonical/scheme.ts";
import { decode, encode } from "../../src/core/canonical.ts";
import { failureOf } from "../../src/core/failure.ts";
import { type RowsRef, rowsRef } from "../../src/core/rows-ref.ts";
import { build, graph } from "./arbitrary-value.ts";
import { Handle, Money, zoo } from "./zoo.ts";

const header = Buffer.from("sluice:value\x01");
const document = (...body: (number | string)[]) =>
  Buffer.concat([
    header,
    ...body.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part, "hex"))),
  ]);
const stored = { format: "auto", digest: "00".repeat(32), size: 0, files: [] };
const options = {
  reviveFile: (ref: Handle[keyof Handle]) => new Handle(ref),
  reviveRows: (ref: Pick<RowsRef, "version" | "count">) => ({ [rowsRef]: { ...ref, stored } }),
};

/** Decodes what may be damaged: either it is refused, or it is the one encoding of a value. */
function judge(bytes: Uint8Array): "refused" | "accepted" {
  let value: unknown;
  try {
    value = decode(bytes, options);
  } catch (error) {
    const failure = failureOf(error);
    if (failure?.reason === "unsupported-value") expect(failure.message).toMatch(/class .* is not registered here/s);
    else if (failure?.reason !== "corrupt-value") throw error;
    return "refused";
  }
  expect(Buffer.from(encode(value)).toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
  return "accepted";
}

const verdicts = (): Record<ReturnType<typeof judge>, number> => ({ refused: 0, accepted: 0 });

describe("any bytes are refused, or are the one encoding of what they decode to", () => {
  test("random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        judge(bytes);
        judge(Buffer.concat([header, bytes]));
      }),
      { numRuns: 10_000 },
    );
  });

  test("random tags and small numbers", () => {
    const seen = verdicts();
    const piece = fc.oneof(
      fc.constantFrom(...Object.values(Tag)).map((tag) => [tag]),
      fc.nat(3).map((number) => [number]),
      fc.constantFrom(
        [Tag.String, 1, 97],
        [Tag.String, 1, 98],
        [Tag.Object, 0, 1, Tag.String, 1, 97],
        [Tag.Reference, 0],
      ),
      fc.nat(255).map((byte) => [byte]),
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 10 }), (pieces) => {
        seen[judge(Buffer.concat([header, Buffer.from(pieces.flat())]))]++;
      }),
      { numRuns: 30_000 },
    );
    expect(seen.accepted).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(1000);
  });

  test("encodings with a few bytes changed, removed, added or moved", { timeout: 120_000 }, () => {
    const seen = verdicts();
    const change = fc.record({
      what: fc.nat(4),
      at: fc.nat(),
      to: fc.nat(),
      byte: fc.oneof(fc.nat(4), fc.nat(63), fc.nat(255)),
    });
    fc.assert(
      fc.property(graph, fc.array(change, { minLength: 1, maxLength: 3 }), (description, changes) => {
        const bytes = [...encode(build(description))];
        for (const { what, at, to, byte } of changes) {
          const from = header.length + (at % Math.max(1, bytes.length - header.length));
          const target = header.length + (to % Math.max(1, bytes.length - header.length));
          if (what === 0) bytes[from] = byte;
          else if (what === 1) bytes.splice(from, 1 + (byte % 3));
          else if (what === 2) bytes.splice(from, 0, byte);
          else if (what === 3) bytes.splice(target, 0, ...bytes.slice(from, from + byte));
          else bytes.length = from;
        }
        seen[judge(Uint8Array.from(bytes))]++;
      }),
      { numRuns: 30_000 },
    );
    expect(seen.accepted).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(1000);
  });

  test("every single byte of the awkward values changed, and every cut", () => {
    for (const [, value] of zoo) {
      const bytes = encode(value);
      for (let at = 0; at < bytes.length; at++) {
        expect(judge(bytes.subarray(0, at))).toBe("refused");
        for (const change of [1, 2, 0x80, 0xff]) judge(bytes.with(at, bytes[at]! ^ change));
      }
      expect(judge(Buffer.concat([bytes, Buffer.of(0)]))).toBe("refused");
    }
  });
});

describe("refused", () => {
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["another domain", Buffer.from("sluice:parts\x01\x02")],
    ["another scheme", Buffer.from("sluice:value\x02\x02")],
    ["no value", header],
    ["two values", document(Tag.Null, Tag.Null)],
    ["tag 0", document(0)],
    ["a hole outside an array", document(Tag.Hole, 1)],
    ["a number with leading zeros", document(Tag.Natural, 0x80, 0)],
    ["a number above 2^53 - 1", document(Tag.Natural, "8080808080808010")],
    ["-0 as an integer", document(Tag.Negative, 0)],
    ["an integer as a double", document(Tag.Double, "000000000000f03f")],
    ["NaN as a double", document(Tag.Double, "000000000000f87f")],
    ["another NaN in a list", document(Tag.Doubles, 1, "010000000000f87f")],
    ["a BigInt with leading zeros", document(Tag.BigIntPositive, 2, "0100")],
    ["a negative BigInt zero", document(Tag.BigIntNegative, 0)],
    ["invalid UTF-8", document(Tag.String, 1, "ff")],
    ["overlong UTF-8", document(Tag.String, 2, "c080")],
    ["a surrogate in UTF-8", document(Tag.String, 3, "eda080")],
    ["a well-formed text as UTF-16", document(Tag.String16, 1, "6100")],
    ["a reference to nothing", document(Tag.Reference, 0)],
    ["a reference ahead", document(Tag.Array, 1, Tag.Reference, 1)],
    ["a shape that is not there", document(Tag.Object, 1, 0)],
    ["a shape twice", document(Tag.Array, 2, Tag.Object, 0, 0, Tag.Object, 1, 0)],
    ["a key twice", document(Tag.Object, 0, 2, "0b0161", "0b0161", 2, 2)],
    ["indexes that do not ascend", document(Tag.Object, 0, 2, "0b0131", "0b0130", 2, 2)],
    ["an index after a name", document(Tag.Object, 0, 2, "0b0161", "0b0130", 2, 2)],
    ["a list of numbers as values", document(Tag.Array, 1, Tag.Natural, 1)],
    ["a list of integers as doubles", document(Tag.Doubles, 1, "000000000000f03f")],
    ["an empty list of integers", document(Tag.Integers, 0)],
    ["an integer above 32 bits", document(Tag.Integers, 1, "8080808010")],
    ["a hole of nothing", document(Tag.Array, 1, Tag.Hole, 0, Tag.Null)],
    ["a hole beyond the end", document(Tag.Array, 1, Tag.Hole, 2)],
    ["two holes in a row", document(Tag.Array, 2, Tag.Hole, 1, Tag.Hole, 1)],
    ["an array longer than arrays are", document(Tag.Array, "8080808010", Tag.Hole, "8080808010")],
    ["a Map key twice", document(Tag.Map, 2, Tag.Null, Tag.Null, Tag.Null, Tag.Null)],
    ["a Map key -0", document(Tag.Map, 1, Tag.Double, "0000000000000080", Tag.Null)],
    ["a Set member twice", document(Tag.Set, 2, Tag.NaN, Tag.NaN)],
    ["an unknown kind of error", document(Tag.Error, 8, 0, 0)],
    ["an error with a stack", document(Tag.Error, 0, 0, 1, "0b05737461636b", 0, Tag.Null)],
    ["neither hidden nor not", document(Tag.Error, 0, 0, 1, "0b0161", 2, Tag.Null)],
    ["a date out of range", document(Tag.Date, "ffffffffffffef7f")],
    ["a date of -0", document(Tag.Date, "0000000000000080")],
    ["half a millisecond", document(Tag.Date, "000000000000e03f")],
    ["a RegExp that is none", document(Tag.RegExp, "0b0128", "0b00", Tag.Natural, 0)],
    ["flags in another order", document(Tag.RegExp, "0b0161", "0b026967", Tag.Natural, 0)],
    ["no URL", document(Tag.URL, "0b0161")],
    ["a URL in another form", document(Tag.URL, "0b08687474703a2f2f61")],
    ["params with a lone surrogate", document(Tag.URLSearchParams, 1, "0c0100d8", "0b00")],
    ["a Boolean object of 2", document(Tag.BooleanObject, 2)],
    ["a Number object of a text", document(Tag.NumberObject, "0b00")],
    ["a cycle through an instance", document(Tag.Class, "0b054d6f6e6579", Tag.Array, 2, 9, 0, Tag.Reference, 0)],
    [
      "parts that lead out of an instance",
      document(Tag.Array, 1, Tag.Class, "0b054d6f6e6579", Tag.Array, 2, 9, 0, Tag.Reference, 0),
    ],
  ])("%s", (_name, bytes) => {
    expect(() => decode(bytes, options)).toThrow(expect.objectContaining({ reason: "corrupt-value" }));
  });

  test("what a registered class's decode throws", () => {
    const bytes = document(Tag.Class, "0b054d6f6e6579", Tag.Null);
    expect(() => decode(bytes)).toThrow(/the class "Money" refused its parts/);
    expect(new Money(1n, null)).toBeInstanceOf(Money);
  });
});

describe("memory is bounded by the bytes", () => {
  const huge = "ffffffffffffff07"; // 2^52 - 1 and then some, as a varint
  test.each([
    ["a text", document(Tag.String, huge)],
    ["a UTF-16 text", document(Tag.String16, huge)],
    ["a BigInt", document(Tag.BigIntPositive, huge)],
    ["keys", document(Tag.Object, 0, huge)],
    ["integers", document(Tag.Integers, huge)],
    ["doubles", document(Tag.Doubles, huge)],
    ["a Map", document(Tag.Map, huge)],
    ["a Set", document(Tag.Set, huge)],
    ["bytes", document(Tag.ArrayBuffer, huge)],
    ["elements", document(Tag.BigInt64Array, huge)],
    ["params", document(Tag.URLSearchParams, huge)],
  ])("%s announced and not there", (_name, bytes) => {
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ reason: "corrupt-value" }));
  });

  test("20,000 arrays of 10,000,000 holes each", () => {
    const value = Array.from({ length: 20_000 }, () => {
      const list: string[] = [];
      list[2 ** 32 - 2] = "";
      delete list[2 ** 32 - 2];
      list.length = 10_000_000;
      return list;
    });
    const back = decode(encode(value)) as unknown[][];
    expect(back.length).toBe(20_000);
    expect(back.every((list) => list.length === 10_000_000 && !(5 in list))).toBe(true);
  });
});
