import { deepStrictEqual } from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { decodeCode, decodePart, encodeAlone, encodeCode, encodePart } from "../../src/metadata/code-row.ts";
import { decodeInput, encodeInput } from "../../src/metadata/input-row.ts";
import { packJson } from "../../src/metadata/packed-json.ts";
import { decodeResult, encodeResult } from "../../src/metadata/result-row.ts";
import { decodeOutcomes, decodeRun, encodeOutcomes, encodeRun } from "../../src/metadata/run-row.ts";
import { comparable, sampleOutcomes, sampleParts, sampleResult, sampleRun } from "./samples.ts";

const { key } = sampleResult("a");

/** A value with one of its parts, however deep, replaced by another. */
function changed(value: unknown): fc.Arbitrary<unknown> {
  const any = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1.5, 2 ** 60, "stage", "0".repeat(64)));
  if (value === null || typeof value !== "object") return any;
  const parts = Object.entries(value);
  if (parts.length === 0) return any;
  const inner = fc.nat({ max: parts.length - 1 }).chain((index) => {
    const [name, part] = parts[index]!;
    const put = (next: unknown) => (Array.isArray(value) ? value.with(index, next) : { ...value, [name]: next });
    return changed(part).map(put);
  });
  const dropped = fc.nat({ max: parts.length - 1 }).map((index) => {
    return Array.isArray(value) ? value.toSpliced(index, 1) : Object.fromEntries(parts.toSpliced(index, 1));
  });
  const added = fc.constant(Array.isArray(value) ? [...value, null] : { ...value, extra: null });
  return fc.oneof({ weight: 1, arbitrary: any }, { weight: 8, arbitrary: inner }, dropped, added);
}

describe("rows with a right checksum and wrong content never throw, and what is read is whole", () => {
  test("results", () => {
    const sound = encodeResult(sampleResult("a"));
    const body = fc.oneof(changed(JSON.parse(sound.body)), fc.jsonValue()).map((value) => JSON.stringify(value));
    const inline = fc.constantFrom(sound.inline, null, new Uint8Array(), new Uint8Array(3));
    let read = 0;
    fc.assert(
      fc.property(body, inline, (text, bytes) => {
        const record = decodeResult(key, text, crc32(key + text), bytes);
        if (!record) return;
        read += 1;
        const row = encodeResult(record);
        deepStrictEqual(comparable(decodeResult(key, row.body, row.check, row.inline)), comparable(record));
        for (const each of [record.node, record.runId, record.format]) expect(each).toBeTypeOf("string");
        expect(record.durationMs).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 3_000 },
    );
    expect(read).toBeGreaterThan(0);
  });

  test("runs", () => {
    const sound = JSON.parse(encodeRun(sampleRun("run-1", { finishedAt: 5, status: "ok", counts: { hit: 1 } })).body);
    fc.assert(
      fc.property(changed(sound), (value) => {
        const body = JSON.stringify(value);
        const run = decodeRun("run-1", body, crc32(`run-1${body}`));
        if (run) deepStrictEqual(run, JSON.parse(body));
      }),
      { numRuns: 1_000 },
    );
  });

  test("how nodes ended", () => {
    fc.assert(
      fc.property(changed([...sampleOutcomes]), (value) => {
        const nodes = decodeOutcomes(packJson(value));
        if (nodes) deepStrictEqual(decodeOutcomes(encodeOutcomes(nodes)), nodes);
      }),
      { numRuns: 1_000 },
    );
  });

  test("code", () => {
    fc.assert(
      fc.property(changed([1, 12, 2, 0]), (value) => {
        const parts = decodeCode(packJson(value));
        if (parts && !("parts" in parts)) deepStrictEqual(decodeCode(encodeCode(parts)), parts);
      }),
      { numRuns: 1_000 },
    );
  });

  test("code as older databases have it", () => {
    expect(decodeCode(packJson(sampleParts))).toStrictEqual({ parts: sampleParts });
    fc.assert(
      fc.property(changed(sampleParts), (value) => {
        const code = decodeCode(packJson(value));
        if (code && "parts" in code)
          for (const { name, digest } of code.parts) expect(name + digest).toBeTypeOf("string");
      }),
      { numRuns: 1_000 },
    );
  });

  test("code that is one part", () => {
    const part = fc.record(
      {
        kind: fc.constant("declaration" as const),
        name: fc.string({ unit: "binary" }),
        digest: fc.constant(sampleParts[0]!.digest),
        own: fc.constant(true as const),
        file: fc.string(),
        line: fc.nat(),
        uses: fc.array(fc.string({ unit: "binary" })),
        span: fc.array(fc.nat()),
      },
      { requiredKeys: ["kind", "name", "digest", "own"] },
    );
    fc.assert(
      fc.property(part, fc.option(fc.string({ unit: "binary" }), { nil: undefined }), (whole, text) => {
        const { span: _, ...kept } = whole;
        const parts = [{ ...kept, ...(text === undefined ? {} : { text }) }];
        expect(decodeCode(encodeAlone(whole, text))).toStrictEqual({ parts });
        // The same as by way of a row of its own.
        const row = encodePart(whole, text);
        expect(decodePart(row.name, row.body, whole.line)).toStrictEqual(parts[0]);
      }),
    );
  });

  test("parts of code", () => {
    const sound = JSON.parse(encodePart(sampleParts[0]!, undefined).body);
    fc.assert(
      fc.property(changed(sound), (value) => {
        const body = JSON.stringify(value);
        const part = decodePart(digestOf(body), body, undefined);
        if (part) deepStrictEqual(decodePart(encodePart(part).name, encodePart(part).body, undefined), part);
        expect(decodePart(digestOf("another"), body, undefined)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test("what inputs were made of", () => {
    const files = { kind: "files", files: [["a.csv", "00"]] } as const;
    fc.assert(
      fc.property(fc.oneof(changed(files), changed({ kind: "value", encoded: "AA==" })), (value) => {
        const detail = decodeInput(packJson(value));
        if (detail) deepStrictEqual(decodeInput(encodeInput(detail)), detail);
      }),
      { numRuns: 1_000 },
    );
  });
});

test("packed bytes that are cut, or claim to be endless, count as damaged", () => {
  const bytes = encodeCode([[1, 12]]);
  for (let length = 0; length < bytes.length; length++) expect(decodeCode(bytes.subarray(0, length))).toBeUndefined();
  expect(decodeCode(null)).toBeUndefined();
  expect(decodeCode("text")).toBeUndefined();
});

test("no property of an object's prototype passes for a field", () => {
  const text = '[["a",{"status":"hit","kind":"stage","durationMs":1,"savedMs":0,"reasons":[],"__proto__":{"x":1}}]]';
  expect(decodeOutcomes(packJson(JSON.parse(text)))).toBeUndefined();
  const words = ["constructor", "toString", "hasOwnProperty"];
  for (const kind of words) {
    const body = JSON.stringify(JSON.parse(encodeResult(sampleResult("a")).body).with(1, kind));
    expect(decodeResult(key, body, crc32(key + body), encodeResult(sampleResult("a")).inline)).toBeUndefined();
  }
});
