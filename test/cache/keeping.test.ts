import { writeFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { blobsIn, cacheIn, failing, folder, textKey } from "./support.ts";

/** Bytes that cannot be compressed. */
function noise(seed: string, size = 20_000): Buffer {
  const pieces = Array.from({ length: Math.ceil(size / 32) }, (_, n) => Buffer.from(digestOf(`${seed} ${n}`), "hex"));
  return Buffer.concat(pieces).subarray(0, size);
}

describe("limits", () => {
  test("keep the cache below its size: what cost least for its size goes first", async () => {
    const { cache, root, told } = await cacheIn(folder(), { maxSize: 150_000 });
    for (let i = 0; i < 20; i++) {
      await cache
        .put(textKey(cache, `cheap ${i}`, "cheap"))
        .bytes("b", noise(`cheap ${i}`))
        .commit({ durationMs: 1 });
      if (i === 0)
        await cache
          .put(textKey(cache, "dear", "dear"))
          .bytes("b", noise("dear"))
          .commit({ durationMs: 60_000 });
    }
    expect((await cache.stats()).bytes).toBeLessThanOrEqual(150_000);
    expect(await cache.has(textKey(cache, "dear", "dear"))).toBe(true);
    expect(await cache.has(textKey(cache, "cheap 19", "cheap"))).toBe(true);
    expect(told.filter((each) => each === "evict cheap evicted").length).toBeGreaterThan(10);
    expect(blobsIn(root).length).toBeLessThan(9);
  });

  test("never take what is being read", async () => {
    const { cache } = await cacheIn(folder(), { maxSize: 50_000 });
    const first = textKey(cache, "first");
    await cache.put(first).bytes("b", noise("first")).commit({ durationMs: 0 });
    {
      using result = (await cache.get(first))!;
      for (let i = 0; i < 10; i++)
        await cache
          .put(textKey(cache, `${i}`))
          .bytes("b", noise(`${i}`))
          .commit({ durationMs: 100 });
      expect(Buffer.compare(await result.bytes("b"), noise("first"))).toBe(0);
    }
    for (let i = 10; i < 20; i++)
      await cache
        .put(textKey(cache, `${i}`))
        .bytes("b", noise(`${i}`))
        .commit({ durationMs: 100 });
    expect(await cache.has(first)).toBe(false);
  });

  test("never take what is pinned", async () => {
    const { cache } = await cacheIn(folder(), { maxSize: 50_000 });
    const key = textKey(cache, "pinned");
    await cache.pin(key);
    await cache.put(key).bytes("b", noise("pinned")).commit({ durationMs: 0 });
    const fill = async (from: number) => {
      for (let i = from; i < from + 8; i++)
        await cache
          .put(textKey(cache, `${i}`))
          .bytes("b", noise(`${i}`))
          .commit({ durationMs: 100 });
    };
    await fill(0);
    expect(await cache.has(key)).toBe(true);
    expect([await cache.unpin(key), await cache.unpin(key)]).toEqual([true, false]);
    await fill(10);
    expect(await cache.has(key)).toBe(false);
  });

  test("come from sluice.json where they are not given", async () => {
    const root = folder();
    writeFileSync(path.join(root, "sluice.json"), '{ "cache": { "maxSize": "50kB" } }');
    const { cache } = await cacheIn(root);
    for (let i = 0; i < 10; i++)
      await cache
        .put(textKey(cache, `${i}`))
        .bytes("b", noise(`${i}`))
        .commit();
    expect((await cache.stats()).bytes).toBeLessThanOrEqual(50_000);
  });

  test("are checked", async () => {
    const failure = await failing(() => cacheIn(folder(), { maxSize: "20 gigs" as never }));
    expect(failure.message).toContain('must be a size, like "20GB"');
  });
});

describe("cleaning", () => {
  test("prunes by age and use, and says what would go", async () => {
    let now = Date.now();
    const day = 86_400_000;
    const { cache, told } = await cacheIn(folder(), { now: () => now });
    const [used, unused, young] = ["used", "unused", "young"].map((text) => textKey(cache, text, text)) as [
      never,
      never,
      never,
    ];
    await cache.put(used).bytes("b", "1").commit();
    await cache.put(unused).bytes("b", "2").commit();
    now += 40 * day;
    (await cache.get(used))!.close();
    await cache.put(young).bytes("b", "3").commit();
    now += day;
    expect(await cache.prune({ unusedFor: "30d", dryRun: true })).toMatchObject({ results: 1 });
    expect(await cache.has(unused)).toBe(true);
    expect(await cache.prune({ unusedFor: "30d" })).toMatchObject({ results: 1 });
    expect([await cache.has(used), await cache.has(unused), await cache.has(young)]).toEqual([true, false, true]);
    expect(await cache.prune({ olderThan: "30d" })).toMatchObject({ results: 1 });
    expect([await cache.has(used), await cache.has(young)]).toEqual([false, true]);
    expect(told.filter((each) => each.startsWith("evict"))).toEqual(["evict unused pruned", "evict used pruned"]);
    expect((await failing(() => cache.prune({}))).reason).toBe("usage");
    expect((await failing(() => (cache.prune as () => Promise<unknown>)())).reason).toBe("usage");
  });

  test("frees the blobs of what was deleted, replaced or cleared, and those alone", async () => {
    const { cache, root } = await cacheIn();
    const kept = textKey(cache, "kept");
    await cache.put(kept).bytes("b", noise("kept")).commit();
    await cache.put(textKey(cache, "gone")).bytes("b", noise("gone")).bytes("same", noise("kept")).commit();
    await cache.delete(textKey(cache, "gone"));
    await cache.put(textKey(cache, "replaced")).bytes("b", noise("old")).commit();
    await cache.put(textKey(cache, "replaced")).bytes("b", noise("new")).commit();
    // What was stored a moment ago may be about to get its record.
    const { collectGarbage } = await import("../../src/run/keeping/collect-garbage.ts");
    const { openStore } = await import("../../src/run/open-store.ts");
    const store = await openStore({ root });
    await collectGarbage(store, { grace: 0 });
    await store.close();
    expect(blobsIn(root)).toHaveLength(2);
    expect(await cache.gc({ dryRun: true })).toMatchObject({ results: 0, blobs: { count: 0 } });
    using result = (await cache.get(kept))!;
    expect(Buffer.compare(await result.bytes("b"), noise("kept"))).toBe(0);
  });

  test("counts what is kept, and the time that it has saved", async () => {
    const { cache } = await cacheIn();
    const key = textKey(cache, "x");
    await cache.put(key).bytes("b", noise("x")).commit({ durationMs: 500 });
    for (let i = 0; i < 3; i++) (await cache.get(key))!.close();
    expect(await cache.stats()).toMatchObject({ results: 1, blobs: 1, savedMs: 1500 });
  });
});

describe("an archive", () => {
  test("takes entries to another cache, where they are found for the same inputs", async () => {
    const one = await cacheIn();
    const two = await cacheIn();
    const inputs = "a,b\n1,2\n";
    for (const { root } of [one, two]) writeFileSync(path.join(root, "in.csv"), inputs);
    const key = ({ cache }: typeof one) => cache.key("made").file("in.csv").build();
    await one.cache.put(key(one)).bytes("big", noise("big", 3_000_000)).value("v", { n: 1 }).meta("m", "x").commit();
    await one.cache
      .put(textKey(one.cache, "other", "other"))
      .bytes("b", "1")
      .commit();
    const to = new PassThrough();
    const [exported, archive] = await Promise.all([one.cache.export(to, { labels: ["made"] }), buffer(to)]);
    expect(exported).toMatchObject({ results: 1, blobs: 1, leftOut: 0 });
    const read = async function* () {
      for (let at = 0; at < archive.length; at += 65_536) yield archive.subarray(at, at + 65_536);
    };
    expect(await two.cache.import(read(), { dryRun: true })).toMatchObject({ added: 1 });
    expect(await two.cache.has(key(two))).toBe(false);
    expect(await two.cache.import(read())).toMatchObject({ added: 1, known: 0 });
    using result = (await two.cache.get(key(two)))!;
    expect(Buffer.compare(await result.bytes("big"), noise("big", 3_000_000))).toBe(0);
    expect([await result.value("v"), result.meta]).toEqual([{ n: 1 }, { m: "x" }]);
  });
});
