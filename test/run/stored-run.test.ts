/*
 * What is kept of a run in which every stage was reused: the values of its targets, as far as they are small, and how it ended.
 */
import { array, assert, constant, nat, oneof, property, record, string, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { type Digest, digestOf } from "../../src/core/digest.ts";
import type { ResultRecord } from "../../src/core/record.ts";
import { decodeStoredRun, encodeStoredRun, type StoredRun, storedTarget } from "../../src/run/memory/stored-run.ts";

const digest = string().map((text) => digestOf(Buffer.from(text)));
const target = oneof(digest, uint8Array({ maxLength: 64 }), constant(null));
const end = record({
  generation: nat(),
  blobs: constant([]),
  placed: constant([]),
  warnings: array(record({ reason: constant("check-failed" as const), message: string(), retryable: constant(false) })),
  outcomes: digest,
  nodes: nat(),
  stages: nat(),
  savedMs: nat(),
});

const plain: StoredRun = {
  generation: 0,
  blobs: [],
  placed: [],
  warnings: [],
  outcomes: "",
  nodes: 1,
  stages: 1,
  savedMs: 0,
  targets: [],
};

describe("a stored run", () => {
  test("is read as it was written, whatever the bytes of values and the texts of warnings are", () => {
    assert(
      property(end, array(target), nat(40), (known, targets, offset) => {
        const run: StoredRun = { ...known, targets };
        const bytes = encodeStoredRun(run)!;
        // Bytes of a database may lie anywhere in their buffer.
        const moved = new Uint8Array(bytes.length + offset).fill(0x0a);
        moved.set(bytes, offset);
        const read = decodeStoredRun(moved.subarray(offset))!;
        expect(read).toEqual({
          ...run,
          targets: targets.map((each) => (each instanceof Uint8Array ? expect.anything() : each)),
        });
        for (const [i, each] of targets.entries()) {
          if (each instanceof Uint8Array) expect([...(read.targets[i] as Uint8Array)]).toEqual([...each]);
        }
      }),
    );
  });

  test("of which any byte has changed, or is missing, is none", () => {
    const bytes = encodeStoredRun({ ...plain, targets: [Buffer.from([1, 2, 3]), digestOf(Buffer.from("key"))] })!;
    expect(decodeStoredRun(bytes)).toBeDefined();
    for (let i = 0; i < bytes.length; i++) {
      const changed = new Uint8Array(bytes);
      changed[i]! ^= 1;
      expect(decodeStoredRun(changed), `byte ${i}`).toBeUndefined();
      expect(decodeStoredRun(bytes.subarray(0, i)), `the first ${i}`).toBeUndefined();
    }
  });

  test("holds as many targets as large graphs have, but not without end", () => {
    const key = digestOf(Buffer.from("key"));
    expect(encodeStoredRun({ ...plain, targets: Array<Digest>(100_000).fill(key) })).toBeDefined();
    expect(encodeStoredRun({ ...plain, targets: Array<Digest>(200_000).fill(key) })).toBeUndefined();
  });

  test("has the value of a target only where that is small, whole, and all there is of the result", () => {
    const inline = Buffer.from("bytes");
    const value = { name: "value", digest: digestOf(inline), size: inline.length, inline };
    const key = digestOf(Buffer.from("key"));
    const result = { key, format: "auto", artifacts: [value] } as unknown as ResultRecord;
    expect(storedTarget(result)).toBe(inline);
    expect(storedTarget(undefined)).toBeNull();
    const long = Buffer.alloc(65);
    const others: Partial<ResultRecord>[] = [
      { format: "json" },
      { params: [] },
      { artifacts: [] },
      { artifacts: [value, { ...value, name: "files.0" }] },
      { artifacts: [{ ...value, name: "output" }] },
      { artifacts: [{ name: "value", digest: value.digest, size: inline.length }] },
      { artifacts: [{ ...value, inline: Buffer.from("bytez") }] },
      { artifacts: [{ name: "value", digest: digestOf(long), size: 65, inline: long }] },
    ];
    for (const other of others) expect(storedTarget({ ...result, ...other })).toBe(key);
  });
});
