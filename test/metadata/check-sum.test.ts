import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkSum } from "../../src/metadata/check-sum.ts";

test("the loop of our own and zlib give the same sums, of texts and of bytes after them", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.uint8Array({ maxLength: 2_000, size: "max" }), (text, bytes) => {
      expect(checkSum(text)).toBe(crc32(text));
      expect(checkSum(text, bytes)).toBe(crc32(bytes, crc32(text)));
    }),
  );
});

test("a lone surrogate counts as zlib counts it", () => {
  for (const text of ["\ud800", "a\udc00b", "é…\u{1f600}", ""]) expect(checkSum(text)).toBe(crc32(text));
});

test("sums do not change where zlib takes over", () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7919) >> 3);
  const text = "row ".repeat(1000);
  // more than a process sums up by itself
  for (let i = 0; i < 50; i++) expect(checkSum(text, bytes.subarray(i))).toBe(crc32(bytes.subarray(i), crc32(text)));
});
