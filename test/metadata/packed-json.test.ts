import fc from "fast-check";
import { expect, test } from "vitest";
import { packJson, unpackJson } from "../../src/metadata/packed-json.ts";

const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "binary", minLength: 5000, maxLength: 6000 }));
const value = fc.array(fc.oneof(fc.jsonValue(), text));

test("what was packed comes back, short or long, whatever language it is in", () => {
  fc.assert(
    fc.property(value, (given) => {
      expect(unpackJson(packJson(given))).toStrictEqual(JSON.parse(JSON.stringify(given)));
    }),
  );
});

test("nothing else comes back of it when a bit is flipped, and nothing when it is cut", () => {
  fc.assert(
    fc.property(value, fc.nat(), fc.nat({ max: 7 }), (given, at, bit) => {
      const packed = packJson(given);
      const flipped = packed.slice();
      flipped[at % packed.length]! ^= 1 << bit;
      // Some bits of a frame of zstd say nothing: with them flipped it is still the same text.
      expect([undefined, JSON.stringify(given)]).toContain(JSON.stringify(unpackJson(flipped)));
      expect(unpackJson(packed.subarray(0, at % packed.length))).toBeUndefined();
    }),
  );
});

test("what was never packed is nothing", () => {
  for (const bytes of ["[]", "00000000[]", "", undefined, null]) {
    expect(unpackJson(typeof bytes === "string" ? Buffer.from(bytes) : bytes)).toBeUndefined();
  }
});
