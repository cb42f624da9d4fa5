import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type Digest, digestOf } from "../../src/core/digest.ts";
import type { Candidate } from "../../src/metadata/keeping.ts";
import type { Metadata } from "../../src/metadata/metadata.ts";
import { sampleArtifact, sampleOutcomes, sampleResult, sampleRun } from "../metadata/samples.ts";

interface Options {
  readonly storedSize?: (digest: Digest) => number | undefined;
}

/** What every implementation of metadata must know of what is kept. `open` gives an empty one. */
export function keepingConformance(name: string, open: (options?: Options) => Metadata): void {
  describe(`keeping: ${name}`, () => {
    const opened: Metadata[] = [];
    const fresh = (options?: Options) => {
      const metadata = open(options);
      opened.push(metadata);
      return metadata;
    };
    afterEach(() => {
      for (const metadata of opened.splice(0)) metadata.close();
    });

    const blob = (content: string, size = 1000) => ({ name: content, digest: digestOf(content), size });
    const names = (found: readonly { readonly node: string }[]) => found.map(({ node }) => node);
    async function all(metadata: Metadata, order: "worth" | "use", page = 2): Promise<Candidate[]> {
      const found: Candidate[] = [];
      for (;;) {
        const some = await metadata.keeping.candidates(order, page, found.at(-1));
        if (some.length === 0) return found;
        found.push(...some);
      }
    }

    test("what is kept is counted as results come, are replaced and go; a shared blob once", async () => {
      const { keeping, ...metadata } = bound(fresh({ storedSize: () => 600 }));
      expect(await keeping.totals()).toEqual({ results: 0, blobs: 0, content: 0, stored: 0, bytes: 0, savedMs: 0 });
      await metadata.putResults([sampleResult("a", { artifacts: [blob("x"), blob("x"), blob("y")] })]);
      await metadata.putResults([sampleResult("b", { artifacts: [blob("x"), sampleArtifact("inline")] })]);
      expect(await keeping.totals()).toMatchObject({ results: 2, blobs: 2, content: 2000, stored: 1200 });
      const both = await keeping.bytes();
      await metadata.putResults([sampleResult("a", { artifacts: [blob("z")] })]);
      expect(await keeping.totals()).toMatchObject({ results: 2, blobs: 2, stored: 1200 });
      expect(await keeping.loose(10)).toEqual([digestOf("y")]);
      expect(await keeping.bytes()).toBeLessThan(both);
      await metadata.removeResults([sampleResult("a").key, digestOf("unknown")]);
      await keeping.evict([sampleResult("b").key]);
      expect(await keeping.totals()).toMatchObject({ results: 0, blobs: 0, bytes: 0 });
      expect(new Set(await keeping.loose(10))).toEqual(new Set(["x", "y", "z"].map((each) => digestOf(each))));
      expect(await metadata.check()).toEqual([]);
    });

    test("a result whose blob is gone is not put, and neither is any other of its batch", async () => {
      const there = new Set([digestOf("x")]);
      const metadata = fresh({ storedSize: (digest) => (there.has(digest) ? 1 : undefined) });
      const whole = sampleResult("whole", { artifacts: [blob("x")] });
      const hollow = sampleResult("hollow", { artifacts: [blob("y")] });
      await expect(metadata.putResults([whole, hollow])).rejects.toMatchObject({ reason: "missing-blob" });
      expect(await metadata.getResult(whole.key)).toBeUndefined();
      expect(await metadata.keeping.bytes()).toBe(0);
      there.add(digestOf("y"));
      await metadata.putResults([whole, hollow]);
      expect(await metadata.getResult(hollow.key)).toBeDefined();
    });

    test("blobs go only when nothing refers to them", async () => {
      const metadata = fresh();
      const { keeping } = metadata;
      const a = sampleResult("a", { artifacts: [blob("x")] });
      await metadata.putResults([a, sampleResult("b", { artifacts: [blob("x"), blob("y")] })]);
      const removed: Digest[] = [];
      const remove = (digest: Digest) => void removed.push(digest);
      const [x, y, z] = ["x", "y", "z"].map((each) => digestOf(each)) as [Digest, Digest, Digest];
      expect(await keeping.removeUnreferenced([x, y, z], remove)).toEqual([z]);
      await keeping.evict([sampleResult("b").key]);
      expect(await keeping.removeUnreferenced([x, y, z], remove)).toEqual([y, z]);
      expect(await keeping.removeUnreferenced([x], remove, new Set([digestOf("other")]))).toEqual([]);
      expect(await keeping.removeUnreferenced([x], remove, new Set([a.key]))).toEqual([x]);
      expect(removed).toEqual([z, y, z, x]);
      expect(await keeping.loose(10)).toEqual([]);
    });

    test("references are told in order, by how they begin, with the results that have them", async () => {
      const metadata = fresh();
      const contents = Array.from({ length: 40 }, (_, i) => `content ${i}`);
      await metadata.putResults(
        contents.map((each) => sampleResult(each, { artifacts: [blob(each), blob("shared")] })),
      );
      const digests = [...contents, "shared"].map((each) => digestOf(each)).sort();
      const found = await metadata.keeping.references("");
      expect(found.map(({ digest }) => digest)).toEqual(digests);
      const start = digests[7]!.slice(0, 2);
      const some = (await metadata.keeping.references(start)).map(({ digest }) => digest);
      expect(some).toEqual(digests.filter((digest) => digest.startsWith(start)));
      expect(await metadata.keeping.resultsWith(digestOf("content 3"))).toEqual([sampleResult("content 3").key]);
      expect(await metadata.keeping.resultsWith(digestOf("shared"))).toHaveLength(40);
      expect(await metadata.keeping.resultsWith(digestOf("shared"), 5)).toHaveLength(5);
      expect(await metadata.keeping.resultsWith(digestOf("nothing"))).toEqual([]);
      const before = await metadata.keeping.bytes();
      await metadata.keeping.resize([{ digest: digestOf("shared"), storedSize: 10 }]);
      expect(await metadata.keeping.bytes()).toBe(before - 990);
      const { key } = sampleResult("content 5");
      expect(await metadata.keeping.keysFrom(key.slice(0, 10), 2)).toEqual([key]);
    });

    test("candidates come by worth: time per byte, times uses, above a floor", async () => {
      const metadata = fresh();
      const { keeping } = metadata;
      const of = (node: string, durationMs: number, size: number, createdAt: number) =>
        sampleResult(node, { durationMs, createdAt, artifacts: [blob(node, size)] });
      const [cheap, dear, large] = [of("cheap", 10, 1e6, 3), of("dear", 1e6, 1e6, 1), of("large", 10, 1e9, 2)];
      await metadata.putResults([cheap, dear, large]);
      expect(names(await all(metadata, "worth"))).toEqual(["large", "cheap", "dear"]);
      expect(names(await all(metadata, "use"))).toEqual(["dear", "large", "cheap"]);
      for (let at = 10; at < 2000; at += 10) await metadata.touchResults([large.key], at);
      expect(names(await all(metadata, "worth"))).toEqual(["large", "cheap", "dear"]);
      for (let uses = 0; uses < 1000; uses++) await metadata.touchResults([large.key], 5000);
      expect(names(await all(metadata, "worth"))).toEqual(["cheap", "large", "dear"]);
      expect(names(await all(metadata, "use"))).toEqual(["dear", "cheap", "large"]);
      const [first] = await keeping.candidates("worth", 1);
      expect(first).toMatchObject({ node: "cheap", durationMs: 10, usedAt: 3, createdAt: 3 });
      expect(first!.bytes).toBeGreaterThan(1e6);
      await keeping.evict([first!.key], 1e9);
      await metadata.putResults([of("new", 0, 1e6, 4)]);
      await metadata.touchResults([large.key], 1);
      expect(names(await all(metadata, "worth"))).toEqual(["dear", "new", "large"]);
    });

    test("candidates are every result once, in the order that they really have, whatever was done before", async () => {
      const step = fc.record({
        at: fc.nat(8),
        what: fc.constantFrom("put", "touch", "evict", "look"),
        durationMs: fc.nat(1000),
        size: fc.nat(100_000),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          const metadata = fresh();
          let now = 1000;
          for (const { at, what, durationMs, size } of steps) {
            const record = sampleResult(`${at}`, { durationMs, createdAt: now++, artifacts: [blob(`${at}`, size)] });
            if (what === "put") await metadata.putResults([record]);
            else if (what === "touch") await metadata.touchResults([record.key], now++);
            else if (what === "evict") await metadata.keeping.evict([record.key], durationMs / 1000);
            else await all(metadata, size % 2 ? "worth" : "use");
          }
          const { results } = await metadata.keeping.totals();
          for (const order of ["worth", "use"] as const) {
            const found = await all(metadata, order, 3);
            expect(new Set(names(found)).size).toBe(results);
            expect(found).toHaveLength(results);
            const ranks = found.map((each) => (order === "worth" ? each.worth : each.usedAt));
            // What was replaced by less may come later than it should.
            const wasReplaced = steps.some(
              ({ what, at }, i) => what === "put" && steps.some((s, j) => j < i && s.at === at),
            );
            if (!wasReplaced) expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
          }
          metadata.close();
          opened.splice(opened.indexOf(metadata), 1);
        }),
        { numRuns: 40 },
      );
    });

    test("what was evicted is put back, unless there is another by now", async () => {
      const metadata = fresh();
      const [a, b] = [sampleResult("a", { artifacts: [blob("x")] }), sampleResult("b", { artifacts: [blob("x")] })];
      await metadata.putResults([a, b]);
      await metadata.keeping.evict([a.key, b.key]);
      await metadata.putResults([{ ...b, createdAt: 7 }]);
      await metadata.keeping.restore([a, b]);
      expect(await metadata.getResult(a.key)).toMatchObject({ node: "a" });
      expect(await metadata.getResult(b.key)).toMatchObject({ createdAt: 7 });
      expect(await metadata.keeping.totals()).toMatchObject({ results: 2, blobs: 1 });
      expect(await metadata.check()).toEqual([]);
    });

    test("evicted results move the generation on; what explains them stays until it is swept", async () => {
      const metadata = fresh();
      await metadata.putResults([sampleResult("a"), sampleResult("b")]);
      const before = await metadata.generation();
      await metadata.keeping.evict([sampleResult("a").key]);
      expect(await metadata.generation()).not.toBe(before);
      expect(await metadata.keeping.unswept()).toBe(1);
      await metadata.keeping.sweep();
      expect(await metadata.keeping.unswept()).toBe(0);
    });

    test("pins are kept until they are undone, also when all is cleared", async () => {
      const metadata = fresh();
      const { keeping } = metadata;
      await keeping.pin({ kind: "node", name: "b*" });
      await keeping.pin({ kind: "node", name: "a" });
      await keeping.pin({ kind: "node", name: "a" });
      await keeping.pin({ kind: "result", name: digestOf("key") });
      await metadata.clear();
      expect(await keeping.pins()).toEqual([
        { kind: "node", name: "a" },
        { kind: "node", name: "b*" },
        { kind: "result", name: digestOf("key") },
      ]);
      expect(await keeping.unpin({ kind: "node", name: "a" })).toBe(true);
      expect(await keeping.unpin({ kind: "node", name: "a" })).toBe(false);
      expect(await keeping.pins()).toHaveLength(2);
    });

    test("time that was saved adds up, of runs and otherwise", async () => {
      const metadata = fresh();
      await metadata.finishRun(sampleRun("run-1", { savedMs: 100 }), sampleOutcomes);
      const outcomes = await metadata.finishRun(sampleRun("run-2", { savedMs: 20 }), sampleOutcomes);
      await metadata.finishRunAs(sampleRun("run-3", { savedMs: 3 }), outcomes);
      await metadata.keeping.noteSaved(0.5);
      expect((await metadata.keeping.totals()).savedMs).toBe(123.5);
    });

    test("results are listed newest first, in pages, with their uses", async () => {
      const metadata = fresh();
      const at = (node: string, createdAt: number) =>
        sampleResult(node, { key: digestOf(`${node} ${createdAt}`), createdAt });
      await metadata.putResults([at("a", 5), at("b", 9), at("a", 9), at("c", 1), at("a", 7)]);
      await metadata.touchResults([at("c", 1).key], 30);
      const list = async (limit: number, node?: string) => {
        const found: string[] = [];
        let after: Awaited<ReturnType<typeof metadata.keeping.newest>>[number] | undefined;
        for (;;) {
          const page = await metadata.keeping.newest({ limit, node, after });
          after = page.at(-1);
          if (!after) return found;
          found.push(...page.map(({ record, usedAt, uses }) => `${record.node} ${record.createdAt} ${usedAt} ${uses}`));
        }
      };
      const whole = ["a 9 9 0", "b 9 9 0", "a 7 7 0", "a 5 5 0", "c 1 30 1"];
      for (const limit of [1, 2, 3, 100]) {
        expect(await list(limit)).toEqual(whole);
        expect(await list(limit, "a")).toEqual(["a 9 9 0", "a 7 7 0", "a 5 5 0"]);
      }
      expect(await list(10, "unknown")).toEqual([]);
    });

    test("nodes are summed up, the largest first, and so is what is not worth its place", async () => {
      const metadata = fresh();
      const of = (node: string, i: number, size: number, durationMs: number, createdAt = 1) =>
        sampleResult(node, {
          key: digestOf(`${node} ${i}`),
          durationMs,
          createdAt,
          artifacts: [blob(`${node} ${i}`, size)],
        });
      await metadata.putResults([of("a", 1, 10_000, 0.1), of("a", 2, 20_000, 500), of("b", 1, 2_000_000, 0.5)]);
      await metadata.putResults([of("used", 1, 5_000_000, 9000), of("young", 1, 5_000_000, 9000, 100)]);
      await metadata.touchResults([of("used", 1, 0, 0).key], 5);
      const { keeping } = metadata;
      expect(await keeping.nodes(2)).toEqual([
        { node: "used", results: 1, bytes: 5_000_000, durationMs: 9000 },
        { node: "young", results: 1, bytes: 5_000_000, durationMs: 9000 },
      ]);
      expect(names(await keeping.nodes(10))).toEqual(["used", "young", "b", "a"]);
      expect(await keeping.doubtful({ kind: "cheap", bytesPerMs: 1e6, baseMs: 0.1, atLeast: 4097 }, 1)).toEqual({
        results: 2,
        bytes: 2_010_000,
        nodes: [{ node: "b", results: 1, bytes: 2_000_000, durationMs: 0.5 }],
      });
      const unused = await keeping.doubtful({ kind: "unused", atLeast: 1_000_000, madeBefore: 50 }, 10);
      expect(unused).toMatchObject({ results: 1, nodes: [{ node: "b" }] });
    });
  });
}

/** Methods that can be taken off the object. */
function bound(metadata: Metadata): Pick<Metadata, "keeping" | "putResults" | "removeResults" | "check"> {
  return {
    keeping: metadata.keeping,
    putResults: metadata.putResults.bind(metadata),
    removeResults: metadata.removeResults.bind(metadata),
    check: metadata.check.bind(metadata),
  };
}
