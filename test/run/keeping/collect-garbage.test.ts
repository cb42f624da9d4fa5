import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../../src/core/digest.ts";
import { collectGarbage } from "../../../src/run/keeping/collect-garbage.ts";
import { openReaderPins } from "../../../src/run/keeping/reader-pins.ts";
import type { Store } from "../../../src/run/workspace.ts";
import { contentOf, digestsIn, namesIn, newStore, putResult } from "./support.ts";

let store: Store;
beforeEach(async () => {
  store = await newStore();
});
afterEach(() => store.close());

const fileOf = (digest: string) => path.join(store.cacheDir!, "v1/blobs", digest.slice(0, 2), digest.slice(2));

describe("gc", () => {
  test("leaves a sound store as it is", async () => {
    await putResult(store, "a");
    await putResult(store, "b", { size: 0 });
    const before = await digestsIn(store);
    expect(await collectGarbage(store, { grace: 0 })).toMatchObject({
      results: 0,
      blobs: { count: 0, bytes: 0 },
      leftovers: { files: 0 },
    });
    expect(await digestsIn(store)).toEqual(before);
    expect(await namesIn(store)).toEqual(["a", "b"]);
  });

  test("removes blobs that nothing refers to, but not those of the last minute", async () => {
    await putResult(store, "a");
    const stray = await store.blobs.put(contentOf("stray", 3000));
    const young = await collectGarbage(store);
    expect(young).toMatchObject({ blobs: { count: 0 }, recent: { count: 1 } });
    const later = { now: Date.now() + 61_000 };
    expect(await collectGarbage(store, { ...later, dryRun: true })).toMatchObject({ blobs: { count: 1 } });
    expect(existsSync(fileOf(stray.digest))).toBe(true);
    const { blobs } = await collectGarbage(store, later);
    expect(blobs.count).toBe(1);
    expect(blobs.bytes).toBeGreaterThan(3000);
    expect(existsSync(fileOf(stray.digest))).toBe(false);
  });

  test("a blob that was found by who wanted to store the same counts as new", async () => {
    const { digest } = await store.blobs.put(contentOf("stray", 3000));
    utimesSync(fileOf(digest), 1, 1);
    await store.blobs.put(contentOf("stray", 3000));
    expect(await collectGarbage(store)).toMatchObject({ blobs: { count: 0 }, recent: { count: 1 } });
  });

  test("a time in the future protects nothing for ever", async () => {
    const { digest } = await store.blobs.put(contentOf("stray", 3000));
    utimesSync(fileOf(digest), 4e9, 4e9);
    expect(await collectGarbage(store)).toMatchObject({ blobs: { count: 1 } });
  });

  test("forgets results whose blobs are gone, and says which", async () => {
    const { artifacts, key } = await putResult(store, "a", { content: "shared" });
    await putResult(store, "b", { content: "shared" });
    await putResult(store, "c");
    rmSync(fileOf(artifacts[0]!.digest));
    for (const dryRun of [true, false]) {
      const { results, incomplete } = await collectGarbage(store, { dryRun });
      expect(results).toBe(2);
      expect(incomplete).toContainEqual({ key, node: "a", missing: artifacts[0]!.digest });
    }
    expect(await namesIn(store)).toEqual(["c"]);
    expect(await store.metadata.check()).toEqual([]);
  });

  test.each(["a folder", "nothing that could be a blob"])("%s in the place of a blob counts as gone", async (what) => {
    const { artifacts } = await putResult(store, "a");
    const file = fileOf(artifacts[0]!.digest);
    rmSync(file);
    if (what === "a folder") mkdirSync(file);
    else writeFileSync(file, "x");
    expect((await collectGarbage(store)).results).toBe(1);
    expect(await namesIn(store)).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });

  test("says what dead processes and readers left, and removes it", async () => {
    const { markText, ownMark } = await import("../../../src/platform/process-mark.ts");
    const dead = `${markText({ ...ownMark(), pid: 4_194_300, started: "1" })}-0123456789ab`;
    for (const folder of ["tmp", "readers", "quarantine"]) {
      mkdirSync(path.join(store.cacheDir!, "v1", folder), { recursive: true });
      writeFileSync(path.join(store.cacheDir!, "v1", folder, dead), "12345");
    }
    const pins = openReaderPins(store);
    pins.pin(digestOf("read"));
    const five = { files: 1, bytes: 5 };
    for (const dryRun of [true, false]) {
      const found = await collectGarbage(store, { dryRun });
      expect(found).toMatchObject({
        temporary: five,
        setAside: five,
        readers: five,
        leftovers: { files: 3, bytes: 15 },
      });
    }
    expect(readdirSync(path.join(store.cacheDir!, "v1/readers"))).toHaveLength(1);
    pins.close();
    expect(readdirSync(path.join(store.cacheDir!, "v1/readers"))).toHaveLength(0);
  });

  test("a blob that goes as its record is written keeps the record out", async () => {
    const { digest, size } = await store.blobs.put(contentOf("a", 5000));
    await collectGarbage(store, { grace: 0 });
    const record = { name: "value", digest, size };
    await expect(putResult(store, "other", { artifacts: [record] })).rejects.toMatchObject({ reason: "missing-blob" });
    expect(await namesIn(store)).toEqual([]);
    expect(await store.metadata.keeping.bytes()).toBe(0);
  });

  test("ends when it is told to", async () => {
    await expect(collectGarbage(store, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});
