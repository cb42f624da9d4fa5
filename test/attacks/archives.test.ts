import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { crc32, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { failureOf } from "../../src/core/failure.ts";
import type { ResultRecord } from "../../src/core/record.ts";
import { importArchive } from "../../src/run/archive/import.ts";
import { encodeBlobHead, encodeCounts, encodeResultFrame, magic, takenBackMark } from "../../src/run/archive/layout.ts";
import type { Store } from "../../src/run/workspace.ts";
import { listOf, noise } from "../conformance/blob-store.ts";
import { blob, exported, imported, inline, record, resultsIn, tempStore } from "../run/archive/archives.ts";

const isLong = process.env.SLUICE_LONG !== undefined && process.env.SLUICE_LONG !== "";

/** How many archives were given to an import, and how many of them were refused with all that is in them. */
const figures = { tried: 0, refused: 0 };

/** Parts of an archive that somebody made by hand: with a right end, whatever stands before it. */
function archive(parts: readonly Uint8Array[], counts = [0, 0], end = true): Buffer {
  const body = Buffer.concat([magic, ...parts, ...(end ? [encodeCounts(counts[0]!, counts[1]!)] : [])]);
  return end ? Buffer.concat([body, Buffer.from(digestOf(body), "hex")]) : body;
}

function length(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(bytes.length);
  return head;
}

/** A blob of one raw piece, or of pieces that are given. */
function blobFrame(content: Uint8Array, over: { digest?: string; size?: number; pieces?: readonly Uint8Array[] } = {}) {
  const head = { digest: over.digest ?? digestOf(content), size: over.size ?? content.length };
  const pieces = over.pieces ?? [content];
  const codec = over.pieces ? "zstd" : "raw";
  return Buffer.concat([encodeBlobHead({ ...head, codec }), ...pieces.flatMap((piece) => [length(piece), piece])]);
}

function resultFrame(name: string, over: Partial<ResultRecord> = {}): Buffer {
  return encodeResultFrame(record(name, [inline("value", name)], over))!;
}

/** A result's frame whose text is what a test says; with the checksum that belongs to it. */
function textFrame(key: string, body: string | Uint8Array, contents = Buffer.alloc(0)): Buffer {
  const text = Buffer.from(body as string);
  const head = Buffer.alloc(45);
  head[0] = 0x52;
  head.write(key, 1, "hex");
  head.writeUInt32LE(crc32(text.toString("utf8"), crc32(key)), 33);
  head.writeUInt32LE(text.length, 37);
  head.writeUInt32LE(contents.length, 41);
  return Buffer.concat([head, text, contents]);
}

/** Imports what should be refused; gives why it was. What is in the store stays what it was, and nothing lies about. */
async function refused(store: Store, bytes: Uint8Array, options: { readonly maxBytes?: number } = {}): Promise<string> {
  figures.tried++;
  let why = "it was taken";
  try {
    await imported(store, bytes, { chunk: 1 << 20, ...options });
  } catch (error) {
    const failure = failureOf(error);
    if (!failure) throw error;
    if (failure.reason === "bad-archive" || failure.reason === "unsupported-format") figures.refused++;
    why = `${failure.reason}: ${failure.message}`;
  }
  expect(await resultsIn(store)).toEqual([]);
  expect(await listOf(store.blobs)).toEqual([]);
  expect(filesBelow(store)).toEqual([]);
  return why;
}

/** Files of a cache beside the databases. */
function filesBelow({ cacheDir }: Store): string[] {
  return readdirSync(path.join(cacheDir!, "v1"), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !/^(metadata|leases)\.db|^\.gitignore$/.test(entry.name))
    .map((entry) => entry.name);
}

/** Two blobs in the order of their digests. */
const [first, second] = [Buffer.from("one"), Buffer.from("two")].sort((a, b) =>
  digestOf(a) < digestOf(b) ? -1 : 1,
) as [Buffer, Buffer];
const [early, late] = ["a", "b"].sort((a, b) => (digestOf(`key of ${a}`) < digestOf(`key of ${b}`) ? -1 : 1)) as [
  string,
  string,
];
const deep = 200_000;

/** What each hazard must be refused for. */
const hazards: Readonly<Record<string, readonly [archive: () => Uint8Array, why: RegExp]>> = {
  "nothing at all": [() => Buffer.alloc(0), /ends too early/],
  "another kind of file": [() => Buffer.from("PK\x03\x04 some zip archive"), /not an archive of Sluice/],
  "a tar archive with a path that leads out": [
    () => Buffer.from("../../etc/passwd".padEnd(512, "\0")),
    /not an archive/,
  ],
  "a version that is to come": [() => Buffer.from("SLUA\x02\0\0\0", "latin1"), /newer version/],
  "no end": [() => archive([blobFrame(first)], [], false), /ends too early/],
  "a tag that does not exist": [() => archive([Buffer.from("X")]), /out of place/],
  "something behind its end": [() => Buffer.concat([archive([]), Buffer.from("x")]), /behind its end/],
  "another archive behind its end": [() => Buffer.concat([archive([]), archive([])]), /behind its end/],
  "a wrong number of blobs": [() => archive([blobFrame(first)], [2, 0]), /not what was written/],
  "a wrong number of results": [() => archive([resultFrame("a")], [0, 0]), /not what was written/],
  "a blob twice": [() => archive([blobFrame(first), blobFrame(first)], [2, 0]), /twice or out of order/],
  "blobs out of order": [() => archive([blobFrame(second), blobFrame(first)], [2, 0]), /twice or out of order/],
  "a blob behind the results": [() => archive([resultFrame("a"), blobFrame(first)], [1, 1]), /out of place/],
  "a result twice": [() => archive([resultFrame("a"), resultFrame("a")], [0, 2]), /twice or out of order/],
  "results out of order": [() => archive([resultFrame(late), resultFrame(early)], [0, 2]), /twice or out of order/],
  "a blob under another's digest": [
    () => archive([blobFrame(first, { digest: digestOf("other") })], [1, 0]),
    /blob .* is damaged/,
  ],
  "a blob that is longer than it says": [() => archive([blobFrame(first, { size: 2 })], [1, 0]), /damaged/],
  "a blob that is shorter than it says": [() => archive([blobFrame(first, { size: 4 })], [1, 0]), /damaged/],
  "a blob of more bytes than there are numbers": [
    () => {
      const bytes = blobFrame(first);
      bytes.writeBigUInt64LE(2n ** 64n - 1n, 33);
      return archive([bytes], [1, 0]);
    },
    /makes no sense/,
  ],
  "a frame that is none": [
    () => archive([blobFrame(first, { pieces: [Buffer.from("no frame")] })], [1, 0]),
    /blob .* is damaged/,
  ],
  "a frame that unpacks to more than a piece": [
    () => archive([blobFrame(first, { pieces: [zstdCompressSync(Buffer.alloc(64 << 20))] })], [1, 0]),
    /damaged/,
  ],
  "a frame that is longer than any frame of a piece": [
    () => archive([blobFrame(noise(2 << 20), { pieces: [noise(2 << 20)] })], [1, 0]),
    /damaged/,
  ],
  "a blob that was taken back and a result that needs it": [
    () => {
      const needs = record("a", [{ name: "value", digest: digestOf(first), size: first.length }]);
      const head = encodeBlobHead({ digest: digestOf(first), size: first.length, codec: "raw" });
      return archive([head, takenBackMark, encodeResultFrame(needs)!], [0, 1]);
    },
    /lacks the content/,
  ],
  "a result whose blob is not in it": [
    () => {
      const needs = record("a", [{ name: "value", digest: digestOf("elsewhere"), size: 9 }]);
      return archive([encodeResultFrame(needs)!], [0, 1]);
    },
    /lacks the content/,
  ],
  "a result that takes its blob for longer than it is": [
    () => {
      const needs = record("a", [{ name: "value", digest: digestOf(first), size: 99 }]);
      return archive([blobFrame(first), encodeResultFrame(needs)!], [1, 1]);
    },
    /lacks the content/,
  ],
  "a result whose inline content is another's": [
    () => archive([resultFrame("a", { artifacts: [{ ...inline("value", "x"), digest: digestOf("y") }] })], [0, 1]),
    /lacks the content/,
  ],
  "a result of more bytes than anyone has": [
    () => {
      const bytes = resultFrame("a");
      bytes.writeUInt32LE(0xffff_fff0, 37);
      return archive([bytes], [0, 1]);
    },
    /too large/,
  ],
  "a result that says it is 256 MiB and is not": [
    () => {
      const bytes = resultFrame("a");
      bytes.writeUInt32LE(256 << 20, 37);
      return archive([bytes], [0, 1]);
    },
    /ends too early/,
  ],
  "a result with a wrong checksum": [
    () => {
      const bytes = resultFrame("a");
      bytes[33]! ^= 1;
      return archive([bytes], [0, 1]);
    },
    /is not one/,
  ],
  "a text that is not UTF-8": [
    () => archive([textFrame(digestOf("k"), Buffer.from([0x5b, 0xff, 0x5d]))], [0, 1]),
    /is not one/,
  ],
  "a text that is not JSON": [() => archive([textFrame(digestOf("k"), "[1,")], [0, 1]), /is not one/],
  "JSON that is no result": [
    () => archive([textFrame(digestOf("k"), '{"__proto__":{"polluted":1}}')], [0, 1]),
    /is not one/,
  ],
  "JSON that is nested deeper than anything can write": [
    () => {
      const nested = `${"[".repeat(deep)}${"]".repeat(deep)}`;
      return archive([textFrame(digestOf("k"), bodyOf("a").replace('{"name":"a"}', `{"name":${nested}}`))], [0, 1]);
    },
    /is not one/,
  ],
  "a field that is said twice": [
    () => archive([textFrame(digestOf("k"), bodyOf("a").replace('{"name":"a"}', '{"name":"b","name":"a"}'))], [0, 1]),
    /is not one/,
  ],
  "spaces in the text": [() => archive([textFrame(digestOf("k"), ` ${bodyOf("a")}`)], [0, 1]), /is not one/],
  "inline content that no artifact has": [
    () => archive([textFrame(digestOf("k"), bodyOf("a"), Buffer.from("more"))], [0, 1]),
    /is not one/,
  ],
};

/** The text of a result without artifacts. */
function bodyOf(name: string): string {
  return encodeResultFrame(record(name, []))!.toString("utf8", 45);
}

describe("a hostile archive is refused, and nothing of it is taken", () => {
  test.each(Object.entries(hazards))("%s", async (_, [make, why]) => {
    await using store = await tempStore();
    expect(await refused(store, make())).toMatch(why);
  });

  test("the hazards are what is refused: the same without them is taken", async () => {
    await using store = await tempStore();
    const parts = [blobFrame(first), blobFrame(second), resultFrame(early), resultFrame(late)];
    expect(await imported(store, archive(parts, [2, 2]))).toMatchObject({ results: 2, blobs: 2, added: 2 });
    expect(await imported(store, archive([textFrame(digestOf("k"), bodyOf("a"))], [0, 1]))).toMatchObject({ added: 1 });
    // nothing refers to them, so nothing is kept
    expect(await listOf(store.blobs)).toEqual([]);
  });
});

/** A small store of everything. */
async function small(): Promise<Buffer> {
  await using store = await tempStore();
  await store.metadata.putResults([
    record("a", [inline("value", "inline"), await blob(store, "outputs.x", Buffer.alloc(3000, "text "))]),
    record("b", [await blob(store, "outputs.y", noise(300)), await blob(store, "outputs.z", noise(300))]),
    record("c", [], { meta: { deep: [{ x: [1, 2, { y: null }] }] }, warnings: ["careful"] }),
  ]);
  return (await exported(store))[0];
}

describe("an archive that was damaged on its way is refused, and nothing of it is taken", () => {
  test("cut off anywhere", async () => {
    const bytes = await small();
    await using store = await tempStore();
    for (let end = 0; end < bytes.length; end += isLong ? 1 : 37)
      expect(await refused(store, bytes.subarray(0, end)), `cut at ${end}`).toMatch(/ends too early/);
  });

  test("a bit flipped anywhere", async () => {
    const bytes = await small();
    await using store = await tempStore();
    for (let bit = 0; bit < bytes.length * 8; bit += isLong ? 1 : 251) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(await refused(store, bytes), `bit ${bit}`).toMatch(/^(bad-archive|unsupported-format)/);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(await imported(store, bytes)).toMatchObject({ added: 3 });
  });

  test("pieces of it swapped, doubled, removed, or others put in", async () => {
    const bytes = await small();
    await using store = await tempStore();
    const at = fc.nat(bytes.length);
    const change = fc.oneof(
      fc.tuple(at, at, at).map((cuts) => {
        const [a, b, c] = cuts.sort((x, y) => x - y) as [number, number, number];
        return [bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c)];
      }),
      fc.tuple(at, at).map(([a, b]) => [bytes.subarray(0, Math.max(a, b)), bytes.subarray(Math.min(a, b))]),
      fc.tuple(at, fc.nat(40)).map(([a, count]) => [bytes.subarray(0, a), bytes.subarray(a + count)]),
      fc
        .tuple(at, fc.uint8Array({ maxLength: 40 }))
        .map(([a, more]) => [bytes.subarray(0, a), more, bytes.subarray(a)]),
      fc
        .tuple(at, fc.uint8Array({ maxLength: 40 }))
        .map(([a, x]) => [bytes.subarray(0, a), x, bytes.subarray(a + x.length)]),
    );
    await fc.assert(
      fc.asyncProperty(change, async (parts) => {
        const changed = Buffer.concat(parts);
        fc.pre(!changed.equals(bytes));
        expect(await refused(store, changed)).toMatch(/^(bad-archive|unsupported-format)/);
      }),
      { numRuns: isLong ? 20_000 : 100 },
    );
  });

  test("changed by somebody who made the end right again: refused, or taken with all that belongs to it", async () => {
    const bytes = await small();
    const body = bytes.subarray(0, -32);
    const change = fc.tuple(fc.nat(body.length - 1), fc.uint8Array({ minLength: 1, maxLength: 9 }));
    await using store = await tempStore();
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const copy = Buffer.from(body);
        for (const [at, patch] of changes) copy.set(patch.subarray(0, copy.length - at), at);
        await takenOrRefused(store, Buffer.concat([copy, Buffer.from(digestOf(copy), "hex")]));
      }),
      { numRuns: isLong ? 20_000 : 150 },
    );
    await expectSound(store);
  });
});

describe("results with fields of any kind", () => {
  /** All places in JSON, by the way that leads there. */
  function* places(value: unknown, way: readonly string[] = []): Generator<readonly string[]> {
    yield way;
    if (value !== null && typeof value === "object")
      for (const [name, member] of Object.entries(value)) yield* places(member, [...way, name]);
  }

  test("are refused, or taken as the data that they are", async () => {
    const whole = JSON.parse(
      encodeResultFrame(record("a", [], { warnings: ["w"], params: { p: [1] } }))!.toString("utf8", 45),
    ) as unknown;
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(-1, 2 ** 53, 1e300, "", "\0", "../..", "\u001b[2J", "entry", "stage", null, {}, []),
    );
    let taken = 0;
    await using store = await tempStore();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places(whole)), odd, async (way, value) => {
        const copy = structuredClone(whole);
        const last = way.at(-1);
        let at = copy as Record<string, unknown>;
        for (const name of way.slice(0, -1)) at = at[name] as Record<string, unknown>;
        if (last !== undefined) at[last] = value;
        const text = JSON.stringify(last === undefined ? value : copy);
        if (await takenOrRefused(store, archive([textFrame(digestOf(text), text)], [0, 1]))) taken++;
      }),
      { numRuns: isLong ? 20_000 : 400 },
    );
    expect(taken).toBeGreaterThan(10);
    await expectSound(store);
    expect((await exported(store))[1].results).toBe((await resultsIn(store)).length);
  });

  test("pollute nothing by their names", async () => {
    await using store = await tempStore();
    const text = bodyOf("a").replace(
      '{"name":"a"}',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    );
    expect(await takenOrRefused(store, archive([textFrame(digestOf("k"), text)], [0, 1]))).toBe(true);
    expect(Object.keys((await resultsIn(store))[0]!.meta)).toEqual(["__proto__", "constructor"]);
    expect("polluted" in {}).toBe(false);
  });
});

/** Imports what may be sound. */
async function takenOrRefused(store: Store, bytes: Uint8Array): Promise<boolean> {
  figures.tried++;
  try {
    await imported(store, bytes);
    return true;
  } catch (error) {
    expect(failureOf(error)?.reason, String(error)).toMatch(/^(bad-archive|unsupported-format)$/);
    figures.refused++;
    return false;
  }
}

/** Whether all that was taken has the content that it says. */
async function expectSound(store: Store): Promise<void> {
  for (const { artifacts } of await resultsIn(store)) {
    for (const { digest, inline: content } of artifacts) {
      if (content) expect(digestOf(content)).toBe(digest);
      else expect(await store.blobs.verify(digest)).toBe("ok");
    }
  }
}

describe("a bomb is refused before it goes off", () => {
  /** An archive of one blob of zeros, bit by bit, some tens of bytes for each MiB; before them what is given. */
  async function* bomb(start: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    const size = 2 ** 40;
    const framed = (piece: Uint8Array): Buffer => Buffer.concat([length(piece), piece]);
    const head = encodeBlobHead({ digest: digestOf("what it is"), size, codec: "zstd" });
    yield Buffer.concat([magic, head, ...start.map((piece) => framed(zstdCompressSync(piece)))]);
    const many = Buffer.concat(Array.from({ length: 8 }, () => framed(zstdCompressSync(Buffer.alloc(1 << 20)))));
    for (let at = 0; at < size; at += 8 << 20) yield many;
  }

  /** Bytes that a cache takes beside its databases. */
  function diskUse({ cacheDir }: Store): number {
    return readdirSync(path.join(cacheDir!, "v1/tmp"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
  }

  const noisy = [noise(1 << 20)];
  test.each<readonly [string, readonly Uint8Array[], number | undefined, number]>([
    ["a terabyte of zeros, where 16 MiB are allowed", [], 16 << 20, 1 << 20],
    ["the same, begun with what does not compress, so that it is kept as it is", noisy, 16 << 20, 17 << 20],
    ...(isLong
      ? ([
          ["a terabyte of zeros, with the limit that there is by itself", noisy, undefined, 2 ** 30 + (1 << 20)],
        ] as const)
      : []),
  ])("%s", async (_, start, maxBytes, mostDisk) => {
    await using store = await tempStore();
    const before = process.memoryUsage().rss;
    let [memory, disk] = [0, 0];
    figures.tried++;
    const importing = importArchive(store, bomb(start), {
      ...(maxBytes === undefined ? {} : { maxBytes }),
      onProgress: () => {
        memory = Math.max(memory, process.memoryUsage().rss - before);
        disk = Math.max(disk, diskUse(store));
      },
    });
    await expect(importing).rejects.toMatchObject({ failure: { reason: "bad-archive" } });
    figures.refused++;
    expect(disk).toBeLessThan(mostDisk);
    expect(memory).toBeLessThan(256 << 20);
    expect(await listOf(store.blobs)).toEqual([]);
    expect(filesBelow(store)).toEqual([]);
    expect(existsSync(store.scratch) ? readdirSync(store.scratch) : []).toEqual([]);
  });
});

afterAll(() => {
  if (!isLong) return;
  const { tried, refused: count } = figures;
  process.stdout.write(`\nhostile archives: ${tried} tried, ${count} refused with all that is in them, 0 half taken\n`);
});
