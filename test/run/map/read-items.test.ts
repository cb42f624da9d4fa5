import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode, fingerprintEach } from "../../../src/core/canonical.ts";
import type { Digest } from "../../../src/core/digest.ts";
import { decodeIndex, encodeIndex } from "../../../src/run/map/index-bytes.ts";
import { endsChunk, isFull, partsOf } from "../../../src/run/map/list-chunks.ts";
import { IndexBuilder, type Stretch } from "../../../src/run/map/list-index.ts";
import type { Piece } from "../../../src/run/map/piece.ts";
import { type ReadItems, readChunks, readItems } from "../../../src/run/map/read-items.ts";
import { StoredList } from "../../../src/run/map/stored-list.ts";
import { build, graph } from "../../core/arbitrary-value.ts";
import { strictEqual } from "../../core/strict-equal.ts";

/*
 * Reading a list beside an earlier one must give what reading all of it gives: the same versions, in the same chunks, be it that
 * a chunk is taken over or read. The long way is to decode the list and to version each item by itself.
 */

/** Values that end a chunk are one in 128, so they are sought: then lists of a few hundred items have many chunks. */
const ends: unknown[] = [];
for (let n = 0; ends.length < 12; n++) {
  const item = { n, end: true };
  if (endsChunk(fingerprintEach([item])[0]!)) ends.push(item);
}

function pieceOf(version: Digest): Piece {
  return { version, createdAt: 1, durationMs: 2, files: [], warnings: [], value: async () => undefined };
}

/** Results whose versions tell what they are of. */
const resultOf = (item: Digest): Digest => [...item].reverse().join("");

/** The list that a map would store of what it read. */
function stored({ parts, versions, kept, total }: ReadItems): StoredList {
  const index = new IndexBuilder(total);
  const stretches: (Stretch | undefined)[] = [];
  const lengths: number[] = [];
  const contents: Uint8Array[] = [];
  for (const part of parts) {
    if ("kept" in part) {
      index.addStored(kept!.index, ...kept!.range(part.kept));
      stretches.push(kept!.index.source![part.kept]);
      lengths.push(kept!.index.chunks[part.kept]!);
      contents.push(kept!.content(part.kept));
      continue;
    }
    const inside = versions.slice(part.from, part.to);
    index.add(
      inside,
      inside.map((version) => pieceOf(resultOf(version))),
    );
    stretches.push(part.stretch);
    lengths.push(inside.length);
    contents.push(Buffer.from(inside.join("")));
  }
  const isDistinct = kept !== undefined || new Set(versions).size === versions.length;
  const source = isDistinct ? stretches.map((stretch) => stretch!) : undefined;
  return new StoredList(decodeIndex(encodeIndex(index, lengths, source)), contents);
}

/** All that a stored list says, without how it came about. */
function told(list: StoredList) {
  const { items, results, chunks, source } = list.index;
  return {
    items: Buffer.from(items).toString("hex"),
    results: Buffer.from(results).toString("hex"),
    chunks: [...chunks],
    contents: [...chunks.keys()].map((chunk) => Buffer.from(list.content(chunk)).toString()),
    source,
  };
}

/** Reads a list beside an earlier one and by itself, and compares. @returns what is stored, and how many items were read */
function compared(list: readonly unknown[], earlier: StoredList | undefined): [StoredList | undefined, number] {
  const bytes = encode(list);
  const long = fingerprintEach(list);
  const beside = readItems(bytes, earlier);
  const alone = readItems(bytes);
  expect(beside === undefined).toBe(alone === undefined);
  if (!alone || !beside) return [undefined, list.length];
  expect(alone.versions).toEqual(long);
  expect(alone.kept).toBeUndefined();
  expect(alone.parts.map((part) => ({ ...part, stretch: undefined }))).toEqual(
    partsOf(long).map((part) => ({ ...part, stretch: undefined })),
  );
  expect(beside.total).toBe(list.length);
  for (const [i, position] of beside.positions.entries()) {
    expect(beside.versions[i]).toBe(long[position]);
    strictEqual(beside.values[i], list[position]);
  }
  const result = stored(beside);
  expect(told(result)).toEqual(told(stored(alone)));
  return [result, beside.versions.length];
}

const item: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ id: fc.nat(1000), name: fc.string({ unit: "binary", maxLength: 5 }) }) },
  { weight: 4, arbitrary: fc.constantFrom(...ends) },
  {
    weight: 2,
    arbitrary: fc.record({
      id: fc.nat(50),
      at: fc.date({ noInvalidDate: true }),
      of: fc.array(fc.nat(9), { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom("a", "b", "c", "\ud800", "1"), fc.double(), { maxKeys: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      ...[-0, 0, Number.NaN, 1n, undefined, null, "", "\udfff", new Map([[{}, new Set([1])]]), new Uint8Array([1, 2])],
      ...[
        Object.create(null),
        Object.assign(new Array(2), { 1: 1 }),
        new Date(Number.NaN),
        /a/g,
        new Error("no"),
        new Float64Array([-0, Number.NaN]),
      ],
    ),
  },
);

type Edit =
  | { readonly at: number; readonly remove: number; readonly add: readonly unknown[] }
  | { readonly move: number };

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ at: fc.nat(), remove: fc.nat(2), add: fc.array(item, { maxLength: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ move: fc.nat() }) },
);

function apply(list: readonly unknown[], change: Edit): unknown[] {
  if ("move" in change) {
    const at = change.move % (list.length + 1);
    return [...list.slice(at), ...list.slice(0, at)];
  }
  return list.toSpliced(change.at % (list.length + 1), change.remove, ...change.add);
}

const distinct = (list: readonly unknown[]): unknown[] => {
  const versions = fingerprintEach(list);
  return list.filter((_, i) => versions.indexOf(versions[i]!) === i);
};

describe("beside an earlier list", () => {
  test("a list reads as it does by itself, whatever was edited", () => {
    let kept = 0;
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 60 }),
        fc.array(edit, { maxLength: 6 }),
        fc.boolean(),
        (first, edits, asIs) => {
          let list = asIs ? first : distinct(first);
          let earlier: StoredList | undefined;
          for (const change of [undefined, ...edits]) {
            if (change) list = apply(list, change);
            const [next, read] = compared(list, earlier);
            if (read < list.length) kept++;
            earlier = next ?? earlier;
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(kept).toBeGreaterThan(100);
  });

  test("values of any kind, that share objects or lead back to themselves, read as they do by themselves", () => {
    fc.assert(
      fc.property(fc.array(graph, { maxLength: 8 }), fc.array(edit, { maxLength: 3 }), (graphs, edits) => {
        let list: unknown[] = [...graphs.map((each) => build(each)), ...ends.slice(0, 3)];
        let earlier: StoredList | undefined;
        for (const change of [undefined, ...edits]) {
          if (change) list = apply(list, change);
          const bytes = encode(list);
          const beside = readItems(bytes, earlier);
          if (!beside) continue;
          const long = fingerprintEach(list);
          for (const [i, position] of beside.positions.entries()) expect(beside.versions[i]).toBe(long[position]);
          earlier = stored(beside);
          expect(Buffer.from(earlier.index.items).toString("hex")).toBe(long.join(""));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("of a long list", () => {
  const record = (id: number) => ({ id, name: `item ${id}`, tags: [`t${id % 7}`], at: new Date(id) });
  const list = Array.from({ length: 6000 }, (_, id) => record(id));
  const [earlier] = compared(list, undefined);

  test.each<[string, readonly unknown[], number]>([
    ["nothing was edited", list, 100],
    ["an item is added at the end", [...list, record(9000)], 1500],
    ["an item is added at the beginning", [record(9000), ...list], 1500],
    ["an item is removed", list.toSpliced(3000, 1), 1500],
    ["an item is changed", list.with(3000, record(9000)), 1500],
    ["halves change places", [...list.slice(3000), ...list.slice(0, 3000)], 3000],
    ["all is gone", [], 0],
  ])("where %s, few items are read", (_, edited, most) => {
    const [, read] = compared(edited, earlier);
    expect(read).toBeLessThanOrEqual(most);
  });

  test("items of another shape before a chunk have it read, though its bytes are the same", () => {
    const other = [{ name: "x", id: 1 }, ...list];
    const [next, read] = compared(other, earlier);
    expect(read).toBe(other.length);
    expect(compared(other.with(3000, record(9000)), next)[1]).toBeLessThan(1500);
  });

  test("equal items have all of them read", () => {
    expect(compared([...list, record(10)], earlier)[1]).toBe(list.length + 1);
    expect(compared([...list, record(9000), record(9000)], earlier)[1]).toBe(list.length + 2);
    const [twice] = compared([...list, record(10)], earlier);
    expect(twice!.index.source).toBeUndefined();
    expect(compared([...list, record(10), record(9000)], twice)[1]).toBe(list.length + 2);
  });

  test("chunks are as long as they are in a list that was read as a whole", () => {
    const plain = Array.from({ length: 9000 }, (_, id) => record(id)).filter(
      (each) => !endsChunk(fingerprintEach([each])[0]!),
    );
    const [long] = compared(plain, undefined);
    expect([...long!.index.chunks].filter(isFull).length).toBeGreaterThan(2);
    expect(compared(plain.slice(0, -1), long)[1]).toBeLessThan(2100);
    expect(compared(plain.slice(1), long)[1]).toBe(plain.length - 1);
  });

  test("a stretch that says something else of its bytes is not taken over", () => {
    for (const lie of [{ digest: "0".repeat(64) }, { before: "x" }, { bytes: 1 }, { bytes: 1 << 30 }]) {
      const source = earlier!.index.source!.map((stretch) => ({ ...stretch, ...lie }));
      const liar = new StoredList({ ...earlier!.index, source }, []);
      expect(readItems(encode(list), liar)!.kept).toBeUndefined();
    }
  });
});

/** The same of a list that is stored in chunks. */
function comparedChunks(
  chunks: readonly (readonly unknown[])[],
  earlier: StoredList | undefined,
): [StoredList | undefined, number] {
  const list = chunks.flat(1);
  const bytes = chunks.map((chunk) => encode(chunk));
  const beside = readChunks(bytes, earlier);
  const alone = readChunks(bytes);
  expect(beside === undefined).toBe(alone === undefined);
  if (!alone || !beside) return [undefined, list.length];
  const long = fingerprintEach(list);
  expect(alone.versions).toEqual(long);
  expect(alone.kept).toBeUndefined();
  for (const read of [alone, beside]) {
    expect(read.total).toBe(list.length);
    for (const [i, position] of read.positions.entries()) {
      expect(read.versions[i]).toBe(long[position]);
      strictEqual(read.values[i], list[position]);
    }
  }
  const result = stored(beside);
  expect(told(result)).toEqual(told(stored(alone)));
  expect([...result.index.chunks]).toEqual(chunks.map(({ length }) => length));
  return [result, beside.versions.length];
}

describe("a list that is stored in chunks", () => {
  const chunk = fc.array(fc.oneof({ weight: 9, arbitrary: item }, { weight: 1, arbitrary: fc.integer() }), {
    minLength: 1,
    maxLength: 5,
  });

  test("reads beside an earlier one as it does by itself, whatever was edited", () => {
    let kept = 0;
    const change = fc.record({ at: fc.nat(), remove: fc.nat(2), add: fc.array(chunk, { maxLength: 2 }) });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), fc.array(change, { maxLength: 6 }), (first, changes) => {
        let chunks = first;
        let earlier: StoredList | undefined;
        for (const each of [undefined, ...changes]) {
          if (each) chunks = chunks.toSpliced(each.at % (chunks.length + 1), each.remove, ...each.add);
          const [next, read] = comparedChunks(chunks, earlier);
          if (read < chunks.flat(1).length) kept++;
          earlier = next ?? earlier;
        }
      }),
      { numRuns: 400 },
    );
    expect(kept).toBeGreaterThan(100);
  });

  test("has only the chunks read that are new; equal items have all of them read", () => {
    const chunks = Array.from({ length: 40 }, (_, i) => Array.from({ length: 50 }, (_, j) => ({ id: 50 * i + j })));
    const [earlier] = comparedChunks(chunks, undefined);
    expect(comparedChunks(chunks, earlier)[1]).toBe(0);
    expect(comparedChunks(chunks.toReversed(), earlier)[1]).toBe(0);
    expect(comparedChunks(chunks.with(7, [{ id: -1 }]), earlier)[1]).toBe(1);
    expect(comparedChunks(chunks.with(7, chunks[6]!), earlier)[1]).toBe(2000);
    expect(comparedChunks([...chunks, [1, 2, 3]], earlier)[1]).toBe(3);
  });

  test("is not taken for one that is stored as a whole, nor the other way round", () => {
    const values = Array.from({ length: 300 }, (_, id) => ({ id, text: `item ${id}` }));
    const [whole] = compared(values, undefined);
    const [chunks] = comparedChunks([values], undefined);
    expect(comparedChunks([values], whole)[1]).toBe(300);
    expect(compared(values, chunks)[1]).toBe(300);
  });

  test("is not read item by item where items do not stand by themselves", () => {
    const shared = {};
    expect(readChunks([encode([{ a: shared, b: shared }])])).toBeUndefined();
    expect(() => readChunks([encode({})])).toThrow("no list");
  });
});

test("what is no list of values that stand by themselves is not read item by item", () => {
  const shared = {};
  for (const value of [
    {},
    "list",
    1,
    [1, 2, 3],
    [0.5],
    Object.assign(new Array(3), { 0: {}, 2: 1 }),
    [shared, shared],
    [{ a: shared, b: shared }],
    new Set([1]),
  ])
    expect(readItems(encode(value))).toBeUndefined();
  const round: unknown[] = [{}];
  round.push(round);
  expect(readItems(encode(round))).toBeUndefined();
  expect(readItems(encode([]))!.total).toBe(0);
});
