import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RowSequenceDecoder, RowSequenceEncoder } from "../../src/core/canonical/row-sequence.ts";
import { decode, encode } from "../../src/core/canonical.ts";
import { digestOf } from "../../src/core/digest.ts";
import { failureOf } from "../../src/core/failure.ts";
import { fingerprint } from "../../src/core/fingerprint.ts";
import { rowsRef } from "../../src/core/rows-ref.ts";
import { build, graph } from "./arbitrary-value.ts";
import { strictEqual } from "./strict-equal.ts";

function sequenceOf(rows: readonly unknown[]): Buffer {
  const encoder = new RowSequenceEncoder();
  const parts: Uint8Array[] = [];
  for (const row of rows) {
    encoder.add(row);
    if (encoder.isFull) parts.push(encoder.take());
  }
  parts.push(encoder.end());
  return Buffer.concat(parts);
}

function rowsOf(bytes: Uint8Array, cuts: readonly number[] = []): unknown[] {
  const decoder = new RowSequenceDecoder();
  const rows: unknown[] = [];
  const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  for (const [i, end] of at.slice(1).entries())
    for (const block of decoder.push(bytes.subarray(at[i]!, end))) rows.push(...block.rows());
  expect(decoder.end()).toBe(rows.length);
  return rows;
}

function reason(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return failureOf(error)?.reason ?? `not a failure: ${error}`;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("a sequence of rows", () => {
  test("reads back, each row as it was, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(graph, { maxLength: 6 }), fc.array(fc.nat(3000), { maxLength: 6 }), (graphs, cuts) => {
        const bytes = sequenceOf(graphs.map(build));
        const rows = rowsOf(bytes, cuts);
        expect(rows.every((row, i) => strictEqual(row, build(graphs[i]!)))).toBe(true);
        expect(rows).toHaveLength(graphs.length);
      }),
      { numRuns: 300 },
    );
  });

  test("differs for different rows, orders and numbers of rows, and from a list of them", () => {
    const one = { a: 1 };
    const all = [
      [],
      [undefined],
      [[]],
      [one],
      [one, one],
      [[one, one]],
      [one, { a: 2 }],
      [{ a: 2 }, one],
      [{ a: 1, b: 1 }],
    ];
    expect(new Set(all.map((rows) => digestOf(sequenceOf(rows)))).size).toBe(all.length);
    for (const rows of all) expect(all.map((other) => hex(encode(other)))).not.toContain(hex(sequenceOf(rows)));
    const shared = { a: 1 };
    expect(sequenceOf([shared, shared])).toEqual(sequenceOf([{ a: 1 }, { a: 1 }]));
    expect(sequenceOf([[shared, shared]])).not.toEqual(sequenceOf([[{ a: 1 }, { a: 1 }]]));
  });

  test("is, byte by byte, what docs/keys.md says", () => {
    const start = Buffer.from("sluice:rows\x01").toString("hex");
    expect(hex(sequenceOf([]))).toBe(`${start}0000`);
    expect(hex(sequenceOf([{ a: 1 }, { a: 2 }]))).toBe(`${start}0c02${"1100010b016106"}01${"11000602"}0002`);
    const large = "x".repeat(65_536);
    const blocks = sequenceOf([large, 1]);
    expect(hex(blocks.subarray(-5))).toBe("02010601".concat("0002").slice(-10));
    expect(rowsOf(blocks)).toEqual([large, 1]);
  });

  test("stands in a value by its digest and number of rows", () => {
    const version = digestOf("rows");
    const stored = { format: "auto", digest: version, size: 1, files: [] };
    const handle = { [rowsRef]: { version, count: 300, stored } };
    const bytes = encode(handle);
    expect(hex(bytes)).toBe(`${Buffer.from("sluice:value\x01").toString("hex")}1c${version}ac02`);
    const elsewhere = { [rowsRef]: { version, count: 300, stored: { ...stored, format: "csv", size: 9 } } };
    expect(fingerprint(elsewhere)).toBe(digestOf(bytes));
    const [a, b] = decode(encode([handle, handle]), { reviveRows: (ref) => ({ ...ref }) }) as [object, object];
    expect(a).toEqual({ version, count: 300 });
    expect(a).toBe(b);
    expect(reason(() => decode(bytes))).toBe("unsupported-value");
  });

  test("is refused when it is damaged: another sequence, or a failure", () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({ i, text: `row ${i}`, list: [i, { i }] }));
    const bytes = sequenceOf(rows);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= flip;
        const found = reason(() => expect(sequenceOf(rowsOf(damaged))).toEqual(damaged));
        // What was a number may have become a class that is not registered.
        expect(["corrupt-value", "unsupported-value", undefined]).toContain(found);
      }),
      { numRuns: 1000 },
    );
    for (let end = 0; end < bytes.length; end++)
      expect(reason(() => rowsOf(bytes.subarray(0, end)))).toBe("corrupt-value");
    expect(reason(() => rowsOf(Buffer.concat([bytes, Buffer.from([0])])))).toBe("corrupt-value");
  });

  test("is refused when its rows are in other blocks than they must be", () => {
    const start = Buffer.from("sluice:rows\x01");
    const block = (...values: number[]) => [values.length * 2, values.length, ...values.flatMap((value) => [6, value])];
    const sequence = (...bytes: number[]) => Buffer.concat([start, Buffer.from(bytes)]);
    expect(rowsOf(sequence(...block(1, 2), 0, 2))).toEqual([1, 2]);
    expect(reason(() => rowsOf(sequence(...block(1), ...block(2), 0, 2)))).toBe("corrupt-value");
    expect(reason(() => rowsOf(sequence(...block(1, 2), 0, 3)))).toBe("corrupt-value");
    expect(reason(() => rowsOf(sequence(2, 0, 6, 1, 0, 0)))).toBe("corrupt-value");
    expect(reason(() => rowsOf(Buffer.from("sluice:value\x01\x00\x00", "latin1")))).toBe("corrupt-value");
  });
});
