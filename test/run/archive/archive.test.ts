import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/core/digest.ts";
import type { Artifact, ResultRecord } from "../../../src/core/record.ts";
import type { Store } from "../../../src/run/workspace.ts";
import { listOf, noise, reasonOf } from "../../conformance/blob-store.ts";
import { blob, exported, imported, inline, record, resultsIn, tempStore } from "./archives.ts";

function blobPath({ cacheDir }: Store, digest: string): string {
  return path.join(cacheDir!, "v1/blobs", digest.slice(0, 2), digest.slice(2));
}

/** Contents of all sizes that matter. */
const contents: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from("small"),
  noise(5000),
  Buffer.alloc(1 << 20, "exactly one piece, "),
  noise((1 << 20) + 1),
  Buffer.alloc(3_500_000, "line after line\n"),
  Buffer.concat([noise(1 << 20), Buffer.alloc(2 << 20)]),
];

async function filled(store: Store): Promise<readonly ResultRecord[]> {
  const artifacts: Artifact[] = [];
  for (const [i, content] of contents.entries()) artifacts.push(await blob(store, `outputs.${i}`, content));
  const records = [
    record("inline", [inline("value", "tiny")]),
    record("empty", []),
    record("all", artifacts),
    record("shared", [inline("value", "x"), { ...artifacts[3]!, name: "outputs.again", executable: true }]),
    record("odd names \ud800 ü 日本", [{ ...artifacts[2]!, name: "outputs.a/b ü" }]),
    ...Array.from({ length: 1200 }, (_, i) => record(`many ${i}`, [inline("value", String(i))])),
  ];
  await store.metadata.putResults(records);
  return records.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

describe("export and import", () => {
  test("give all results and their blobs to another store", async () => {
    await using store = await tempStore();
    const records = await filled(store);
    const [bytes, what] = await exported(store);
    const totalBytes = contents.reduce((sum, { length }) => sum + length, 0);
    expect(what).toEqual({
      results: records.length,
      blobs: contents.length,
      bytes: totalBytes,
      size: bytes.length,
      leftOut: 0,
    });
    expect(bytes.length).toBeLessThan(totalBytes);
    for (const chunk of [7 << 10, 64 << 10, bytes.length]) {
      await using other = await tempStore();
      expect(await imported(other, bytes, { chunk })).toEqual({
        results: records.length,
        blobs: contents.length,
        bytes: totalBytes,
        added: records.length,
        known: 0,
      });
      expect(await resultsIn(other)).toEqual(records);
      for (const content of contents)
        expect(Buffer.from(await other.blobs.read(digestOf(content))).equals(content)).toBe(true);
      expect(await listOf(other.blobs)).toHaveLength(contents.length);
      expect(await other.blobs.clean()).toMatchObject({ files: 0, bytes: 0 });
      expect((await exported(other))[0].equals(bytes), "equal stores give equal archives").toBe(true);
    }
  });

  test("take only what is asked for, by key and by node", async () => {
    await using store = await tempStore();
    const records = await filled(store);
    const [first, second] = records;
    await using other = await tempStore();
    await imported(other, (await exported(store, { keys: [second!.key, first!.key, digestOf("none")] }))[0]);
    expect(await resultsIn(other)).toEqual([first, second]);
    await using third = await tempStore();
    await imported(third, (await exported(store, { nodes: ["shared", "inline"] }))[0]);
    expect((await resultsIn(third)).map(({ node }) => node).toSorted()).toEqual(["inline", "shared"]);
    expect(await listOf(third.blobs)).toHaveLength(1);
    const [nothing, what] = await exported(store, { keys: [] });
    expect(what).toMatchObject({ results: 0, blobs: 0 });
    expect(await imported(third, nothing)).toMatchObject({ results: 0, added: 0 });
  });

  test("a result that is there stays as it is; one whose blobs are gone is mended", async () => {
    await using store = await tempStore();
    const records = await filled(store);
    const [bytes] = await exported(store);
    await using other = await tempStore();
    const own = record("inline", [inline("value", "another")], { meta: { own: true } });
    const hollow = record("shared", [await blob(other, "value", Buffer.from("gone"))]);
    await other.metadata.putResults([own, hollow]);
    await other.blobs.remove(digestOf("gone"));
    expect(await imported(other, bytes)).toMatchObject({ added: records.length - 1, known: 1 });
    const after = new Map((await resultsIn(other)).map((each) => [each.node, each]));
    expect(after.get("inline")).toEqual(own);
    expect(after.get("shared")!.artifacts).toHaveLength(2);
    expect(await imported(other, bytes)).toMatchObject({ added: 0, known: records.length });
  });

  test("a damaged blob of the store is replaced by the good one of the archive", async () => {
    await using store = await tempStore();
    const kept = await blob(store, "value", noise(5000));
    await store.metadata.putResults([record("a", [kept])]);
    const [bytes] = await exported(store);
    await using other = await tempStore();
    await blob(other, "value", noise(5000));
    writeFileSync(blobPath(other, kept.digest), "damage");
    expect(await imported(other, bytes)).toMatchObject({ added: 1 });
    expect(await other.blobs.verify(kept.digest)).toBe("ok");
  });

  test("a dry run says what would come and leaves nothing", async () => {
    await using store = await tempStore();
    const records = await filled(store);
    const [bytes] = await exported(store);
    await using other = await tempStore();
    await other.metadata.putResults([records[0]!]);
    expect(await imported(other, bytes, { dryRun: true })).toMatchObject({ added: records.length - 1, known: 1 });
    expect(await resultsIn(other)).toHaveLength(1);
    expect(await listOf(other.blobs)).toEqual([]);
    expect(await other.blobs.clean()).toMatchObject({ files: 0, bytes: 0 });
  });

  test("damaged and missing content is left out with the results that need it, and said", async () => {
    await using store = await tempStore();
    const good = await blob(store, "value", noise(5000, 1));
    const gone = await blob(store, "value", noise(5000, 2));
    const early = await blob(store, "value", Buffer.alloc(3 << 20, "early "));
    const late = await blob(store, "value", noise(3 << 20, 3));
    await store.metadata.putResults([
      record("good", [good]),
      record("gone", [good, gone]),
      record("early", [early]),
      record("late", [late, good]),
      record("inline", [{ ...inline("value", "12345"), digest: digestOf("other") }]),
    ]);
    await store.blobs.remove(gone.digest);
    for (const [{ digest }, at] of [
      [early, 100],
      [late, (2 << 20) + 100],
    ] as const) {
      const bytes = readFileSync(blobPath(store, digest));
      bytes[at]! ^= 1;
      writeFileSync(blobPath(store, digest), bytes);
    }
    const [bytes, what] = await exported(store);
    expect(what).toMatchObject({ results: 1, blobs: 1, leftOut: 4 });
    await using other = await tempStore();
    expect(await imported(other, bytes)).toMatchObject({ results: 1, blobs: 1, added: 1 });
    expect((await resultsIn(other)).map(({ node }) => node)).toEqual(["good"]);
  });

  test("what is written and removed meanwhile does not show: an archive is of the moment when it began", async () => {
    await using store = await tempStore();
    const kept = [1, 2, 3].map((seed) => blob(store, "value", noise(2 << 20, seed)));
    const before = await Promise.all(kept.map(async (each, i) => record(`before ${i}`, [await each])));
    await store.metadata.putResults(before);
    let steps = 0;
    const [bytes, what] = await exported(store, {
      onProgress: () => {
        steps++;
        void store.metadata.putResults([
          record(`later ${steps}`, [inline("value", "x")]),
          { ...before[0]!, meta: { replaced: steps } },
        ]);
        void store.metadata.removeResults([before[1]!.key]);
      },
    });
    expect(steps).toBe(6);
    expect(what).toMatchObject({ results: 3, leftOut: 0 });
    await using other = await tempStore();
    await imported(other, bytes);
    expect(await resultsIn(other)).toEqual(before.toSorted((a, b) => (a.key < b.key ? -1 : 1)));
  });

  test("both can be cancelled, and leave nothing", async () => {
    await using store = await tempStore();
    await filled(store);
    const [bytes] = await exported(store);
    const leaving = new AbortController();
    const reason = new Error("enough");
    await expect(
      exported(store, { signal: leaving.signal, onProgress: () => leaving.abort(reason) }),
    ).rejects.toMatchObject({ name: "AbortError" });
    await using other = await tempStore();
    const coming = new AbortController();
    await expect(
      imported(other, bytes, {
        signal: coming.signal,
        onProgress: ({ read }) => void (read > 1e5 && coming.abort(reason)),
      }),
    ).rejects.toBe(reason);
    expect(await resultsIn(other)).toEqual([]);
    expect(await listOf(other.blobs)).toEqual([]);
    for (const { cacheDir, scratch } of [store, other]) {
      expect(existsSync(scratch) ? readdirSync(scratch) : []).toEqual([]);
      expect(readdirSync(path.join(cacheDir!, "v1/tmp")).filter((name) => name !== path.basename(scratch))).toEqual([]);
    }
  });

  test("a cache that cannot be changed takes nothing", async () => {
    await using store = await tempStore();
    await filled(store);
    const [bytes] = await exported(store);
    const readOnly: Store = { ...store, metadata: { ...store.metadata, readOnly: true } };
    expect(await reasonOf(imported(readOnly, bytes))).toBe("read-only");
  });

  test("a result from the future comes from now", async () => {
    await using store = await tempStore();
    await store.metadata.putResults([record("late", [inline("value", "1")], { createdAt: 9e15 })]);
    await using other = await tempStore();
    await imported(other, (await exported(store))[0], { clock: { now: () => 123 } });
    expect((await resultsIn(other))[0]!.createdAt).toBe(123);
  });

  test("whatever a store holds comes out as it went in", async () => {
    const content = fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ minLength: 4000, maxLength: 9000 }));
    const result = fc.record({
      name: fc.string({ unit: "binary", maxLength: 20 }),
      meta: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }),
      artifacts: fc.array(fc.tuple(fc.string({ unit: "binary", maxLength: 10 }), content, fc.boolean()), {
        maxLength: 4,
      }),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(result, { selector: ({ name }) => name, maxLength: 8 }), async (results) => {
        await using store = await tempStore();
        const records: ResultRecord[] = [];
        for (const { name, meta, artifacts } of results) {
          const kept: Artifact[] = [];
          for (const [each, bytes, isInline] of artifacts)
            kept.push(isInline ? inline(each, bytes) : await blob(store, each, bytes));
          records.push(record(name, kept, { meta: JSON.parse(JSON.stringify(meta)) as ResultRecord["meta"] }));
        }
        await store.metadata.putResults(records);
        const before = await resultsIn(store);
        await using other = await tempStore();
        await imported(other, (await exported(store))[0], { chunk: 100 });
        expect(await resultsIn(other)).toEqual(before);
        for (const { digest } of await listOf(store.blobs))
          expect(await other.blobs.read(digest)).toEqual(await store.blobs.read(digest));
      }),
      { numRuns: 25 },
    );
  });
});

describe("an archive that is given to import", () => {
  test("is private while it is on its way", async () => {
    await using store = await tempStore();
    await filled(store);
    const [bytes] = await exported(store);
    await using other = await tempStore();
    const modes = new Set<number>();
    const { statSync } = await import("node:fs");
    chmodSync(other.cacheDir!, 0o755);
    await imported(other, bytes, {
      chunk: 1 << 20,
      onProgress: () => {
        for (const entry of readdirSync(path.join(other.cacheDir!, "v1/tmp"), { recursive: true, withFileTypes: true }))
          modes.add(statSync(path.join(entry.parentPath, entry.name)).mode & 0o777);
      },
    });
    expect([...modes].toSorted()).toEqual([0o600, 0o700]);
  });
});
