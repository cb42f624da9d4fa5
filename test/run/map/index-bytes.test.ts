import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "../../../src/core/digest.ts";
import { failureOf } from "../../../src/core/failure.ts";
import { decodeIndex, encodeIndex } from "../../../src/run/map/index-bytes.ts";
import { IndexBuilder, type Stretch } from "../../../src/run/map/list-index.ts";
import type { Piece } from "../../../src/run/map/piece.ts";

const digest = fc.nat().map((n) => digestOf(`${n}`));
const piece: fc.Arbitrary<Piece> = fc.record({
  version: digest,
  createdAt: fc.nat(),
  durationMs: fc.double({ min: 0, noNaN: true }),
  files: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    fc.array(fc.record({ name: fc.constant("files.0"), digest, size: fc.nat(), executable: fc.boolean() })),
  ),
  warnings: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, fc.array(fc.string())),
  value: fc.constant(async () => undefined),
});
const stretch: fc.Arbitrary<Stretch> = fc.record({
  bytes: fc.nat(),
  digest,
  before: fc.oneof(fc.constant(""), digest),
  shapes: fc.array(fc.array(fc.string())),
});
const list = fc
  .array(fc.array(fc.tuple(digest, piece), { minLength: 1, maxLength: 8 }), { maxLength: 8 })
  .chain((chunks) =>
    fc.record({
      chunks: fc.constant(chunks),
      source: fc.option(fc.array(stretch, { minLength: chunks.length, maxLength: chunks.length }), { nil: undefined }),
    }),
  );

function encoded({ chunks, source }: typeof list extends fc.Arbitrary<infer T> ? T : never): Uint8Array {
  const builder = new IndexBuilder(chunks.flat().length);
  for (const chunk of chunks) {
    builder.add(
      chunk.map(([item]) => item),
      chunk.map(([, result]) => result),
    );
  }
  return encodeIndex(
    builder,
    chunks.map((chunk) => chunk.length),
    source,
  );
}

test("what an index says is what it was made of, wherever its bytes lie", () => {
  fc.assert(
    fc.property(list, fc.nat({ max: 9 }), (given, offset) => {
      const bytes = encoded(given);
      const elsewhere = Buffer.alloc(bytes.length + offset);
      elsewhere.set(bytes, offset);
      const index = decodeIndex(elsewhere.subarray(offset));
      const all = given.chunks.flat();
      expect(Buffer.from(index.items).toString("hex")).toBe(all.map(([item]) => item).join(""));
      expect(Buffer.from(index.results).toString("hex")).toBe(all.map(([, { version }]) => version).join(""));
      expect([...index.created]).toStrictEqual(all.map(([, { createdAt }]) => createdAt));
      expect([...index.took]).toStrictEqual(all.map(([, { durationMs }]) => durationMs));
      expect(index.chunks).toStrictEqual(given.chunks.map((chunk) => chunk.length));
      expect(index.source).toEqual(given.source);
      const more = all.flatMap(([, { files, warnings }], at) =>
        files.length + warnings.length === 0
          ? []
          : [[at, [files.map(({ digest: of, size, executable }) => [of, size, executable]), warnings]] as const],
      );
      expect(index.more).toStrictEqual(new Map(more));
    }),
  );
});

test("bytes that are no index are refused", () => {
  fc.assert(
    fc.property(list, fc.nat(), fc.integer({ min: -12, max: 12 }), (given, at, by) => {
      const bytes = encoded(given);
      const length = Math.max(0, bytes.length + (by === 0 ? -1 : by));
      const other = new Uint8Array(length);
      other.set(bytes.subarray(0, length));
      expect(() => decodeIndex(other)).toThrow();
      const tail = bytes.slice();
      tail[bytes.length - 1 - (at % 8)]! ^= 1;
      expect(() => decodeIndex(tail)).toThrow();
    }),
  );
  for (const bytes of [new Uint8Array(0), new Uint8Array(8), Buffer.from("sluice:value")]) {
    const thrown = (() => {
      try {
        return decodeIndex(bytes);
      } catch (error) {
        return failureOf(error)?.reason;
      }
    })();
    expect(thrown).toBe("corrupt-value");
  }
});
