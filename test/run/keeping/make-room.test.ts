import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { Digest } from "../../../src/core/digest.ts";
import { MemoryMetadata } from "../../../src/metadata/memory-metadata.ts";
import { collectGarbage } from "../../../src/run/keeping/collect-garbage.ts";
import { type Evicted, makeRoom } from "../../../src/run/keeping/make-room.ts";
import { pinResult, unpinResult } from "../../../src/run/keeping/pins.ts";
import { prune } from "../../../src/run/keeping/prune.ts";
import { openReaderPins } from "../../../src/run/keeping/reader-pins.ts";
import { verifyStore } from "../../../src/run/keeping/verify-store.ts";
import type { Store } from "../../../src/run/workspace.ts";
import { digestsIn, keyOf, namesIn, newStore, putResult } from "./support.ts";

const opened: Store[] = [];
async function fresh(): Promise<Store> {
  const store = await newStore();
  opened.push(store);
  return store;
}
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

const day = 86_400_000;

describe("eviction", () => {
  test("does nothing within the limit", async () => {
    const store = await fresh();
    await putResult(store, "a");
    const { bytes } = await store.metadata.keeping.totals();
    expect(await makeRoom(store, { maxSize: bytes })).toMatchObject({
      forSize: 0,
      forAge: 0,
      before: bytes,
      after: bytes,
    });
    expect(await makeRoom(store, {})).toMatchObject({ forSize: 0, forAge: 0 });
    expect(await namesIn(store)).toEqual(["a"]);
  });

  test("takes what is cheapest to make again per byte first, and its blob", async () => {
    const store = await fresh();
    await putResult(store, "dear", { durationMs: 60_000 });
    await putResult(store, "cheap", { durationMs: 5 });
    await putResult(store, "small", { durationMs: 5, size: 100 });
    const evicted: Evicted[] = [];
    const made = await makeRoom(store, { maxSize: 8000 }, { onEvicted: (each) => evicted.push(each) });
    expect(await namesIn(store)).toEqual(["dear", "small"]);
    expect(evicted).toMatchObject([{ node: "cheap", key: keyOf("cheap"), why: "size" }]);
    expect(made.forSize).toBe(1);
    expect(made.after).toBeLessThanOrEqual(8000);
    expect(await digestsIn(store)).toHaveLength(2);
  });

  test("a result whose blob another evictor takes before it is put back takes no other with it", async () => {
    const store = await fresh();
    const a = await putResult(store, "a");
    await putResult(store, "b");
    const reader = openReaderPins(store);
    const { keeping } = store.metadata;
    const evict = keeping.evict.bind(keeping);
    keeping.evict = async (...given) => {
      await evict(...given);
      reader.pin(keyOf("a"));
      reader.pin(keyOf("b"));
      const blob = a.artifacts.find(({ inline }) => !inline)!;
      await store.blobs.remove(blob.digest);
    };
    const evicted: Evicted[] = [];
    await makeRoom(store, { maxSize: 1 }, { onEvicted: (each) => evicted.push(each) });
    reader.close();
    expect(evicted.map(({ node }) => node)).toEqual(["a"]);
    expect(await namesIn(store)).toEqual(["b"]);
    expect(await digestsIn(store)).toHaveLength(1);
  });

  test("what is used often stays longer, and what was dear once does not stay for ever", async () => {
    const store = await fresh();
    for (const name of ["a", "b", "c"]) await putResult(store, name);
    for (let at = 1; at <= 3; at++) await store.metadata.touchResults([keyOf("a")], Date.now() + at);
    await makeRoom(store, { maxSize: 12_000 });
    expect(await namesIn(store)).toEqual(["a", "c"]);
    // Each newcomer is worth as much as what has just gone, and then some: after a while that is more than "a" ever was.
    for (let round = 0; round < 12; round++) {
      await putResult(store, `new ${round}`);
      await makeRoom(store, { maxSize: 12_000 });
    }
    expect(await namesIn(store)).not.toContain("a");
  });

  test("says on a dry run what would go, and leaves it", async () => {
    const store = await fresh();
    for (const name of ["a", "b", "c"]) await putResult(store, name);
    const before = await store.metadata.keeping.bytes();
    const said: string[] = [];
    const onEvicted = ({ node }: Evicted) => said.push(node);
    const dry = await makeRoom(store, { maxSize: 6000 }, { dryRun: true, onEvicted });
    expect(said).toEqual(["a", "b"]);
    expect(await namesIn(store)).toEqual(["a", "b", "c"]);
    expect(await store.metadata.keeping.bytes()).toBe(before);
    const real = await makeRoom(store, { maxSize: 6000 });
    expect(real).toEqual(dry);
  });

  test("takes what was not used for too long, however dear", async () => {
    const store = await fresh();
    const now = Date.now();
    await putResult(store, "old", { durationMs: 1e9, createdAt: now - 40 * day });
    await putResult(store, "old but used", { createdAt: now - 40 * day });
    await putResult(store, "young", { createdAt: now - day });
    await store.metadata.touchResults([keyOf("old but used")], now - 2 * day);
    expect(await makeRoom(store, { maxAge: 30 * day })).toMatchObject({ forAge: 1, forSize: 0 });
    expect(await namesIn(store)).toEqual(["old but used", "young"]);
  });

  test("leaves what is pinned: by key, by name, by a pattern of the settings", async () => {
    const store = await fresh();
    for (const name of ["by-key", "by-name", "train-1", "train-2", "free"]) await putResult(store, name);
    await pinResult(store, keyOf("by-key").slice(0, 12));
    await pinResult(store, "by-name");
    const made = await makeRoom(store, { maxSize: 0, pins: ["train-*"] });
    expect(await namesIn(store)).toEqual(["by-key", "by-name", "train-1", "train-2"]);
    expect(made.isOver).toBe(true);
    await unpinResult(store, "by-name");
    await unpinResult(store, keyOf("by-key"));
    await makeRoom(store, { maxSize: 0 });
    expect(await namesIn(store)).toEqual([]);
  });

  test("leaves what was used by the run that it follows", async () => {
    const store = await fresh();
    const started = Date.now() - 1000;
    await putResult(store, "before", { createdAt: started - day });
    await putResult(store, "made", { createdAt: started + 10 });
    await putResult(store, "used", { createdAt: started - day });
    await store.metadata.touchResults([keyOf("used")], started);
    await putResult(store, "from the future", { createdAt: started + 1000 * day });
    await makeRoom(store, { maxSize: 0 }, { usedSince: started });
    expect(await namesIn(store)).toEqual(["made", "used"]);
  });

  test("counts a blob that several share once, and keeps it as long as one of them is there", async () => {
    const store = await fresh();
    for (const name of ["a", "b"]) await putResult(store, name, { content: "same", size: 50_000 });
    const { bytes } = await store.metadata.keeping.totals();
    expect(bytes).toBeLessThan(60_000);
    await store.metadata.keeping.evict([keyOf("a")]);
    expect(await verifyStore(store)).toMatchObject({ results: 1, blobs: 1, damage: [] });
    await makeRoom(store, { maxSize: 10 });
    expect(await digestsIn(store)).toEqual([]);
  });

  test("removes what an evictor that was killed did not come to", async () => {
    const store = await fresh();
    await putResult(store, "a");
    await store.metadata.keeping.evict([keyOf("a")]);
    expect(await digestsIn(store)).toHaveLength(1);
    await makeRoom(store, { maxSize: 1e9 });
    expect(await digestsIn(store)).toEqual([]);
  });

  test("what a live reader has pinned stays, also if it was pinned while its record went", async () => {
    const store = await fresh();
    await putResult(store, "read");
    await putResult(store, "raced");
    const reader = openReaderPins(store);
    reader.pin(keyOf("read"));
    const { keeping } = store.metadata;
    const evict = keeping.evict.bind(keeping);
    keeping.evict = async (keys, floor) => {
      await evict(keys, floor);
      // A reader that had read the record before, and pinned it before that.
      reader.pin(keyOf("raced"));
    };
    const made = await makeRoom(store, { maxSize: 0 });
    expect(made).toMatchObject({ forSize: 0, isOver: true });
    expect(await namesIn(store)).toEqual(["raced", "read"]);
    expect(await verifyStore(store)).toMatchObject({ results: 2, blobs: 2, damage: [] });
    reader.unpin(keyOf("read"));
    reader.unpin(keyOf("raced"));
    keeping.evict = evict;
    await makeRoom(store, { maxSize: 0 });
    expect(await namesIn(store)).toEqual([]);
    reader.close();
  });

  test("pins of a reader are slots that are used again", async () => {
    const store = await fresh();
    const reader = openReaderPins(store);
    for (let round = 0; round < 100; round++) {
      const keys = Array.from({ length: 3 }, (_, i) => keyOf(`${round} ${i}`));
      for (const key of [...keys, ...keys]) reader.pin(key);
      for (const key of keys) reader.unpin(key);
      for (const key of keys) reader.unpin(key);
      reader.unpin(keyOf("never pinned"));
    }
    const { readdirSync } = await import("node:fs");
    const folder = path.join(store.cacheDir!, "v1/readers");
    const [file] = readdirSync(folder);
    expect(readFileSync(path.join(folder, file!))).toEqual(Buffer.alloc(96));
    reader.close();
  });
});

describe("prune", () => {
  test("by when results were made, by when they were last used, by both", async () => {
    const now = Date.now();
    const cases = [
      [{ olderThan: 10 * day }, ["new", "new and used"]],
      [{ unusedFor: 10 * day }, ["new", "new and used", "old but used"]],
      [{ olderThan: 10 * day, unusedFor: 10 * day }, ["new", "new and used", "old but used"]],
      [{ olderThan: 100 * day }, ["new", "new and used", "old", "old but used"]],
      [{}, ["new", "new and used", "old", "old but used"]],
    ] as const;
    for (const [options, left] of cases) {
      const store = await fresh();
      await putResult(store, "old", { createdAt: now - 20 * day });
      await putResult(store, "old but used", { createdAt: now - 20 * day });
      await putResult(store, "new", { createdAt: now - day });
      await putResult(store, "new and used", { createdAt: now - day });
      await store.metadata.touchResults([keyOf("old but used"), keyOf("new and used")], now - 1000);
      const dry = await prune(store, { ...options, dryRun: true });
      expect(await namesIn(store)).toHaveLength(4);
      const pruned = await prune(store, options);
      expect(pruned).toEqual(dry);
      expect(pruned.results).toBe(4 - left.length);
      expect(await namesIn(store)).toEqual(left);
      expect(await digestsIn(store)).toHaveLength(left.length);
    }
  });

  test("leaves what is pinned, and says how many", async () => {
    const store = await fresh();
    for (const name of ["a", "b"]) await putResult(store, name, { createdAt: 1 });
    expect(await prune(store, { olderThan: day, pins: ["a"] })).toMatchObject({ results: 1, spared: 1 });
    expect(await namesIn(store)).toEqual(["a"]);
  });
});

describe("whatever is done to a store", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
  const action = fc.oneof(
    fc.record({ put: name, size: fc.constantFrom(0, 100, 5000, 40_000), content: name, durationMs: fc.nat(10_000) }),
    fc.record({ use: name }),
    fc.record({ pin: name }),
    fc.record({ unpin: name }),
    fc.record({ read: name }),
    fc.record({ readEnds: name }),
    fc.record({ limit: fc.integer({ min: 0, max: 100_000 }) }),
    fc.record({ prune: fc.nat(30) }),
    fc.constant({ gc: true }),
  );

  type Step = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

  async function play(store: Store, steps: readonly Step[]): Promise<void> {
    const present = new Map<Digest, { readonly name: string; usedAt: number }>();
    const pins = new Set<string>();
    const reading = new Set<string>();
    const reader = openReaderPins(store);
    let now = 1_000_000;
    const protectedNames = () => new Set([...pins, ...(store.cacheDir === undefined ? [] : reading)]);
    for (const step of steps) {
      now += 1000;
      if ("put" in step) {
        const { put, ...given } = step;
        await putResult(store, put, { ...given, createdAt: now });
        present.set(keyOf(put), { name: put, usedAt: now });
      } else if ("use" in step) {
        await store.metadata.touchResults([keyOf(step.use)], now);
        const known = present.get(keyOf(step.use));
        if (known) known.usedAt = now;
      } else if ("pin" in step) {
        await store.metadata.keeping.pin({ kind: "node", name: step.pin });
        pins.add(step.pin);
      } else if ("unpin" in step) {
        expect(await store.metadata.keeping.unpin({ kind: "node", name: step.unpin })).toBe(pins.delete(step.unpin));
      } else if ("read" in step) {
        if (!reading.has(step.read)) reader.pin(keyOf(step.read));
        reading.add(step.read);
      } else if ("readEnds" in step) {
        if (reading.delete(step.readEnds)) reader.unpin(keyOf(step.readEnds));
      } else if ("limit" in step) {
        const spared = protectedNames();
        const made = await makeRoom(store, { maxSize: step.limit }, { now });
        const left = new Set(await namesIn(store));
        const isFreeLeft = [...left].some((each) => !spared.has(each));
        // Either all fits, or nothing is left that may go.
        expect(made.after <= step.limit || !isFreeLeft).toBe(true);
        expect(made.isOver).toBe(made.after > step.limit);
        for (const [key, known] of present) {
          if (left.has(known.name)) continue;
          expect(spared.has(known.name)).toBe(false);
          present.delete(key);
        }
      } else if ("prune" in step) {
        const spared = protectedNames();
        await prune(store, { unusedFor: step.prune * 1000, now });
        for (const [key, { name: each, usedAt }] of present) {
          if (usedAt < now - step.prune * 1000 && !spared.has(each)) present.delete(key);
        }
      } else {
        await collectGarbage(store, { grace: 0 });
        const referred = new Set<Digest>();
        for await (const { artifacts } of store.metadata.allResults())
          for (const { digest, inline } of artifacts) if (!inline) referred.add(digest);
        expect(await digestsIn(store)).toEqual([...referred].sort());
      }
      expect(await namesIn(store)).toEqual([...present.values()].map((each) => each.name).sort());
      let blobBytes = 0;
      const counted = new Set<Digest>();
      for await (const { artifacts } of store.metadata.allResults()) {
        for (const { digest, inline } of artifacts) {
          const stat = inline ? undefined : await store.blobs.stat(digest);
          if (!inline) expect(stat).toBeDefined();
          if (stat && counted.size !== counted.add(digest).size) blobBytes += stat.storedSize;
        }
      }
      const totals = await store.metadata.keeping.totals();
      expect(totals).toMatchObject({ results: present.size, blobs: counted.size, stored: blobBytes });
      expect(totals.bytes).toBeGreaterThanOrEqual(blobBytes);
      if (present.size === 0) expect(totals.bytes).toBe(0);
    }
    expect(await store.metadata.check()).toEqual([]);
    reader.close();
  }

  test.each(["sqlite", "memory"])(
    "no record lacks its blobs, and limits hold: %s",
    { timeout: 120_000 },
    async (kind) => {
      const numRuns = process.env.SLUICE_LONG ? 600 : 40;
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (steps) => {
          const disk = await newStore();
          try {
            const storedSize = (digest: Digest) => disk.blobs.entrySync(digest)?.storedSize;
            await play(kind === "sqlite" ? disk : { ...disk, metadata: new MemoryMetadata({ storedSize }) }, steps);
          } finally {
            await disk.close();
          }
        }),
        { numRuns },
      );
    },
  );
});
