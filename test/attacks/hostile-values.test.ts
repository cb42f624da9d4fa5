import { expect, test } from "vitest";
import { RowSequenceDecoder, RowSequenceEncoder } from "../../src/core/canonical/row-sequence.ts";
import { Tag } from "../../src/core/canonical/scheme.ts";
import { decode, encode } from "../../src/core/canonical.ts";
import { failureOf } from "../../src/core/failure.ts";
import { type RowsRef, rowsRef } from "../../src/core/rows-ref.ts";
import { Handle, zoo } from "../core/zoo.ts";
import { Random } from "./mutations.ts";

/*
 * Encoded values and rows that somebody has changed: each is refused, or is the one encoding of what it decodes to. Nothing is polluted,
 * and what is refused takes no memory. (`test/core/canonical-hostile.test.ts` has the cases that are known by name.)
 */

const tries = process.env.SLUICE_LONG ? 100_000 : 6_000;

const stored = { format: "auto", digest: "00".repeat(32), size: 0, files: [] };
const options = {
  reviveFile: (ref: Handle[keyof Handle]) => new Handle(ref),
  reviveRows: (ref: Pick<RowsRef, "version" | "count">) => ({ [rowsRef]: { ...ref, stored } }),
};

function sequenceOf(rows: readonly unknown[]): Uint8Array {
  const encoder = new RowSequenceEncoder();
  const parts: Uint8Array[] = [];
  for (const row of rows) {
    encoder.add(row);
    if (encoder.isFull) parts.push(encoder.take());
  }
  return Buffer.concat([...parts, encoder.end()]);
}

function rowsIn(bytes: Uint8Array, cut: number): unknown[] {
  const decoder = new RowSequenceDecoder(options);
  const rows: unknown[] = [];
  for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
    for (const block of decoder.push(piece)) rows.push(...block.rows());
  }
  expect(decoder.end()).toBe(rows.length);
  return rows;
}

const names = ["__proto__", "constructor", "prototype", "toString", "then", "valueOf", "hasOwnProperty"];
const tags = Object.values(Tag);

/** Changes what encodings live by: tags, lengths, references, names. */
function changed(bytes: Uint8Array, random: Random, from: number): Uint8Array {
  const own = [...bytes];
  for (let i = random.next(3); i >= 0; i--) {
    const at = from + random.next(Math.max(1, own.length - from));
    const kind = random.next(7);
    if (kind === 0) own[at] = random.next(256);
    else if (kind === 1) own[at] = random.pick(tags);
    else if (kind === 2) own.splice(at, 1 + random.next(4));
    else if (kind === 3) own.splice(at, 0, ...random.bytes(1 + random.next(4)));
    else if (kind === 4)
      own.splice(at, random.next(3), ...[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07].slice(random.next(8)));
    else if (kind === 5) {
      const name = Buffer.from(random.pick(names));
      own.splice(at, random.next(3), Tag.String, name.length, ...name);
    } else own.length = at;
  }
  return Uint8Array.from(own);
}

test(`${tries} changed encodings of values and of rows are refused, or are what they decode to`, {
  timeout: 900_000,
}, () => {
  const samples = zoo.map(([, value]) => value);
  const values = samples.map((value) => encode(value));
  const sequences = samples.flatMap((value, i) => {
    try {
      return [sequenceOf([{ a: 1 }, value, samples[(i * 7) % samples.length], value])];
    } catch (error) {
      if (!failureOf(error)) throw error;
      return [];
    }
  });
  const untouched = JSON.stringify([
    Object.getOwnPropertyNames(Object.prototype),
    Object.getOwnPropertyNames(Array.prototype),
  ]);
  const before = process.memoryUsage();
  const tally = { refused: 0, accepted: 0 };
  for (let seed = 1; seed <= tries; seed++) {
    const random = new Random(seed);
    const isRows = seed % 3 === 0;
    const base = random.pick(isRows ? sequences : values);
    const bytes = changed(base, random, random.next(4) === 0 ? 0 : 13);
    try {
      const again = isRows ? sequenceOf(rowsIn(bytes, random.next(bytes.length + 1))) : encode(decode(bytes, options));
      expect(Buffer.from(again).toString("hex"), `seed ${seed}`).toBe(Buffer.from(bytes).toString("hex"));
      tally.accepted += 1;
    } catch (error) {
      const reason = failureOf(error)?.reason;
      expect(
        ["corrupt-value", "unsupported-value", "unversionable"],
        `seed ${seed}: ${(error as Error).stack}`,
      ).toContain(reason);
      tally.refused += 1;
    }
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(
    JSON.stringify([Object.getOwnPropertyNames(Object.prototype), Object.getOwnPropertyNames(Array.prototype)]),
  ).toBe(untouched);
  const after = process.memoryUsage();
  expect(after.rss - before.rss).toBeLessThan(500 << 20);
  expect(tally.accepted).toBeGreaterThan(tries / 100);
  expect(tally.refused).toBeGreaterThan(tries / 3);
  console.log(
    `changed encodings: ${tries} tried, ${tally.refused} refused, ${tally.accepted} were other values, nothing polluted`,
  );
});
