import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { CodePart } from "../../src/core/code-part.ts";
import { digestOf } from "../../src/core/digest.ts";
import type { NodeOutcome } from "../../src/core/event.ts";
import { failure } from "../../src/core/failure.ts";
import { inlineContent, type ResultRecord } from "../../src/core/record.ts";
import type { FileIndexEntry, Metadata } from "../../src/metadata/metadata.ts";
import {
  anyName,
  anyResult,
  comparable,
  sampleArtifact,
  sampleOutcomes,
  sampleParts,
  sampleResult,
  sampleRun,
} from "../metadata/samples.ts";

/** What every implementation of metadata must do. `open` gives an empty one. */
export function metadataConformance(name: string, open: (options?: { readonly maxRuns?: number }) => Metadata): void {
  describe(`metadata: ${name}`, () => {
    const opened: Metadata[] = [];
    const fresh = (options?: { readonly maxRuns?: number }) => {
      const metadata = open(options);
      opened.push(metadata);
      return metadata;
    };
    afterEach(() => {
      for (const metadata of opened.splice(0)) metadata.close();
    });

    describe("results", () => {
      test("are given back as they were put, whatever they hold", async () => {
        const metadata = fresh();
        await fc.assert(
          fc.asyncProperty(anyResult, async (record) => {
            await metadata.putResults([record]);
            // `expect` takes a property named `constructor` for the object's class.
            deepStrictEqual(comparable(await metadata.getResult(record.key)), comparable(record));
          }),
          { numRuns: 200 },
        );
      });

      test("behave as a map of keys does", async () => {
        const metadata = fresh();
        const model = new Map<string, ResultRecord>();
        const key = fc.integer({ min: 0, max: 5 }).map((number) => digestOf(`${number}`));
        const step = fc.oneof(
          fc.record({ put: fc.array(fc.tuple(anyResult, key), { minLength: 1, maxLength: 4 }) }),
          fc.record({ remove: fc.array(key, { maxLength: 3 }) }),
        );
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
            for (const change of steps) {
              if ("put" in change) {
                const records = change.put.map(([record, itsKey]) => ({ ...record, key: itsKey }));
                await metadata.putResults(records);
                for (const record of records) model.set(record.key, record);
              } else {
                await metadata.removeResults(change.remove);
                for (const removed of change.remove) model.delete(removed);
              }
            }
            const all = new Map<string, unknown>();
            for await (const record of metadata.allResults()) all.set(record.key, comparable(record));
            deepStrictEqual(all, new Map([...model].map(([itsKey, record]) => [itsKey, comparable(record)])));
          }),
          { numRuns: 50 },
        );
      });

      test("that are not there are undefined", async () => {
        expect(await fresh().getResult(digestOf("nothing"))).toBeUndefined();
      });

      test("replace those with the same key", async () => {
        const metadata = fresh();
        await metadata.putResults([sampleResult("clean")]);
        await metadata.putResults([sampleResult("clean", { dataVersion: digestOf("new"), artifacts: [] })]);
        expect(await metadata.getResult(sampleResult("clean").key)).toMatchObject({
          dataVersion: digestOf("new"),
          artifacts: [],
        });
      });

      test("are put all or none", async () => {
        const metadata = fresh();
        const broken = sampleResult("b", { artifacts: [{ ...sampleArtifact("four"), size: 5 }] });
        await expect(metadata.putResults([sampleResult("a"), broken])).rejects.toThrow("not 5");
        expect(await metadata.getResult(sampleResult("a").key)).toBeUndefined();
        expect(await metadata.durations(["a"])).toStrictEqual(new Map());
      });

      test("keep nothing of the objects that were put or got", async () => {
        const metadata = fresh();
        const artifact = sampleArtifact("bytes");
        const record = sampleResult("clean", { artifacts: [artifact], meta: { list: [1] } });
        const expected = comparable(structuredClone(record));
        await metadata.putResults([record]);
        artifact.inline?.fill(0);
        (record.meta.list as number[]).push(2);
        const got = await metadata.getResult(record.key);
        expect(comparable(got)).toStrictEqual(expected);
        got?.artifacts[0]?.inline?.fill(0);
        expect(comparable(await metadata.getResult(record.key))).toStrictEqual(expected);
      });

      test("whose inline bytes are not what their digest says show it when the bytes are asked for", async () => {
        const metadata = fresh();
        const artifact = { ...sampleArtifact("bytes"), digest: digestOf("other bytes") };
        const record = sampleResult("clean", { artifacts: [artifact] });
        await metadata.putResults([record, sampleResult("fine", { artifacts: [sampleArtifact("fine")] })]);
        const [damaged] = (await metadata.getResult(record.key))!.artifacts;
        expect(() => inlineContent(damaged!)).toThrow(expect.objectContaining({ reason: "corrupt-blob" }));
        const [fine] = (await metadata.getResult(sampleResult("fine").key))!.artifacts;
        expect(Buffer.from(inlineContent(fine!)!).toString()).toBe("fine");
      });

      test("are read ahead: the newest of each node", async () => {
        const metadata = fresh();
        const at = (node: string, createdAt: number) =>
          sampleResult(node, { key: digestOf(`${node} ${createdAt}`), createdAt });
        const records = [at("a", 2), at("a", 3), at("a", 1), at("b", 7), at("c", 1), at("c", 1)];
        await metadata.putResults(records);
        const ahead = await metadata.readAhead(["a", "c", "unknown", "a"]);
        expect(comparable(ahead.get(records[1]!.key))).toStrictEqual(comparable(records[1]));
        expect(comparable(ahead.get(records[4]!.key))).toStrictEqual(comparable(records[4]));
        for (const other of [records[0]!, records[2]!, records[3]!]) expect(ahead.get(other.key)).toBeUndefined();
        expect((await metadata.readAhead([])).get(records[0]!.key)).toBeUndefined();
        for (const name of ["a", "c"]) {
          expect(ahead.newestOf(name)).toEqual((await metadata.resultsOf(name, 1))[0]);
        }
        for (const name of ["b", "unknown"]) expect(ahead.newestOf(name)).toBeUndefined();
        for (const [name, none] of [
          ["a", false],
          ["c", false],
          ["unknown", true],
        ] as const) {
          expect(ahead.hasNone(name)).toBe(none);
          expect(ahead.ranBefore(name)).toBe(!none);
        }
      });

      test("are known to have been there when they were removed", async () => {
        const metadata = fresh();
        const removed = sampleResult("a");
        await metadata.putResults([removed]);
        await metadata.removeResults([removed.key]);
        const ahead = await metadata.readAhead(["a"]);
        expect([ahead.hasNone("a"), ahead.ranBefore("a")]).toEqual([true, true]);
      });

      test("under names that a database cannot hold are never taken to be none", async () => {
        const metadata = fresh();
        for (const name of ["a\0b", "a\ud800"]) {
          await metadata.putResults([sampleResult(name)]);
          expect((await metadata.readAhead([name])).hasNone(name)).toBe(false);
        }
      });

      test("are read by their keys in one go", async () => {
        const metadata = fresh();
        const records = ["a", "b", "c"].map((name) => sampleResult(name));
        await metadata.putResults(records);
        const [a, b, c] = records.map(({ key }) => key);
        const read = await metadata.readKeys([a!, digestOf("nothing"), c!, a!]);
        expect(comparable(read.get(a!))).toStrictEqual(comparable(records[0]));
        expect(comparable(read.get(c!))).toStrictEqual(comparable(records[2]));
        for (const key of [b!, digestOf("nothing")]) expect(read.get(key)).toBeUndefined();
      });

      test("that a run reused count as used when it started", async () => {
        const metadata = fresh();
        const [reused, made] = [sampleResult("reused", { createdAt: 1 }), sampleResult("made", { createdAt: 1 })];
        await metadata.putResults([reused, made]);
        const outcome = { kind: "stage", durationMs: 0, savedMs: 1, reasons: [] } as const;
        const outcomes = new Map<string, NodeOutcome>([
          ["reused", { ...outcome, status: "hit", key: reused.key }],
          ["made", { ...outcome, status: "executed", key: made.key }],
        ]);
        await metadata.finishRun(sampleRun("run-1", { startedAt: 5000 }), outcomes);
        expect(await metadata.lastUsed(reused.key)).toBe(5000);
        expect(await metadata.lastUsed(made.key)).toBe(1);
      });

      test("of a node come newest first, as many as asked for", async () => {
        const metadata = fresh();
        const at = (createdAt: number) => sampleResult("clean", { key: digestOf(`${createdAt}`), createdAt });
        await metadata.putResults([at(2), at(4), at(1), at(3), sampleResult("other", { createdAt: 9 })]);
        const times = async (limit: number) =>
          (await metadata.resultsOf("clean", limit)).map(({ createdAt }) => createdAt);
        expect(await times(3)).toStrictEqual([4, 3, 2]);
        expect(await times(100)).toStrictEqual([4, 3, 2, 1]);
        expect(await times(0)).toStrictEqual([]);
        expect(await metadata.resultsOf("clea_", 5)).toStrictEqual([]);
      });

      test("those of nodes and entries of the same name are kept apart", async () => {
        const metadata = fresh();
        const entry = (createdAt: number) =>
          sampleResult("clean", { key: digestOf(`entry ${createdAt}`), createdAt, kind: "entry" });
        await metadata.putResults([sampleResult("clean"), entry(1), entry(3), entry(2)]);
        expect((await metadata.resultsOf("clean", 9)).map(({ kind }) => kind)).toStrictEqual(["stage"]);
        const entries = await metadata.entriesOf("clean", 2);
        expect(entries.map(({ kind, createdAt }) => [kind, createdAt])).toStrictEqual([
          ["entry", 3],
          ["entry", 2],
        ]);
        expect(await metadata.entriesOf("other", 2)).toStrictEqual([]);
      });

      test("are found by exactly the name of their node", async () => {
        const metadata = fresh();
        await fc.assert(
          fc.asyncProperty(fc.uniqueArray(anyName, { minLength: 1, maxLength: 5 }), async (names) => {
            await metadata.clear();
            await metadata.putResults(names.map((node) => sampleResult(node, { key: digestOf(JSON.stringify(node)) })));
            for (const node of names) {
              expect((await metadata.resultsOf(node, 10)).map((record) => record.node)).toStrictEqual([node]);
            }
          }),
          { numRuns: 50 },
        );
      });

      test("are all listed, even many, and may be removed meanwhile", async () => {
        const metadata = fresh();
        const names = Array.from({ length: 1_234 }, (_, index) => `node ${index}`);
        await metadata.putResults(names.map((name) => sampleResult(name)));
        const seen = new Set<string>();
        for await (const record of metadata.allResults()) {
          seen.add(record.node);
          await metadata.removeResults([record.key]);
        }
        expect(seen).toStrictEqual(new Set(names));
        for await (const record of metadata.allResults()) expect.unreachable(record.node);
      });

      test("remember when they were last used", async () => {
        const metadata = fresh();
        const [a, b] = [sampleResult("a", { createdAt: 1000 }), sampleResult("b", { createdAt: 1000 })];
        await metadata.putResults([a, b]);
        expect(await metadata.lastUsed(a.key)).toBe(1000);
        await metadata.touchResults([a.key, digestOf("unknown")], 5000);
        expect(await metadata.lastUsed(a.key)).toBe(5000);
        expect(await metadata.lastUsed(b.key)).toBe(1000);
        expect(await metadata.lastUsed(digestOf("unknown"))).toBeUndefined();
        await metadata.touchResults([a.key], 4000);
        expect(await metadata.lastUsed(a.key)).toBe(5000);
        await metadata.removeResults([a.key]);
        await metadata.putResults([{ ...a, createdAt: 2000 }]);
        expect(await metadata.lastUsed(a.key)).toBe(2000);
      });
    });

    test("durations are the last of each node", async () => {
      const metadata = fresh();
      await metadata.putResults([sampleResult("a", { durationMs: 5 }), sampleResult("b'%\0🙂", { durationMs: 0.25 })]);
      await metadata.putResults([sampleResult("a", { key: digestOf("later"), durationMs: 7 })]);
      expect(await metadata.durations(["a", "b'%\0🙂", "c"])).toStrictEqual(
        new Map([
          ["a", 7],
          ["b'%\0🙂", 0.25],
        ]),
      );
      expect(await metadata.durations([])).toStrictEqual(new Map());
    });

    test("code is kept by its version", async () => {
      const metadata = fresh();
      await metadata.putResults([], { code: [{ version: digestOf("v1"), parts: sampleParts }] });
      await metadata.putResults([], { code: [{ version: digestOf("v1"), parts: sampleParts }] });
      await metadata.putResults([], { code: [{ version: digestOf("empty"), parts: [] }] });
      expect(await metadata.getCode(digestOf("v1"))).toStrictEqual(sampleParts);
      expect(await metadata.getCode(digestOf("empty"))).toStrictEqual([]);
      expect(await metadata.getCode(digestOf("v2"))).toBeUndefined();
    });

    test("a part of code is asked for its text once, whatever versions share it; its line is each version's own", async () => {
      const metadata = fresh();
      const [part] = sampleParts.map(({ text, ...rest }) => rest);
      const asked: string[] = [];
      const textOf = ({ name }: CodePart): string => `text of ${asked.push(name)}`;
      const moved = { ...part!, line: 99 };
      await metadata.putResults([], { code: [{ version: digestOf("v1"), parts: [part!], textOf }] });
      await metadata.putResults([], {
        code: [{ version: digestOf("v2"), parts: [part!, moved], textOf: () => "text of 1" }],
      });
      expect(await metadata.getCode(digestOf("v1"))).toStrictEqual([{ ...part, text: "text of 1" }]);
      expect(await metadata.getCode(digestOf("v2"))).toStrictEqual([
        { ...part, text: "text of 1" },
        { ...moved, text: "text of 1" },
      ]);
      expect(asked).toHaveLength(1);
    });

    test("of a part that is too long only the length is kept, and where it lies is not", async () => {
      const metadata = fresh();
      const { text, ...part } = sampleParts[0]!;
      await metadata.putResults([], {
        code: [
          { version: digestOf("v1"), parts: [{ ...part, span: [0, 100_001] }], textOf: () => "x".repeat(100_001) },
        ],
      });
      expect(await metadata.getCode(digestOf("v1"))).toStrictEqual([{ ...part, textLength: 100_001 }]);
    });

    test("what inputs were made of is kept by their version", async () => {
      const metadata = fresh();
      const files = { kind: "files", files: [["a.csv", "00ff"]] } as const;
      await metadata.putResults([], { inputs: new Map([[digestOf("a"), files]]) });
      await metadata.putResults([], { inputs: new Map() });
      expect(await metadata.getInput(digestOf("a"))).toStrictEqual(files);
      expect(await metadata.getInput(digestOf("b"))).toBeUndefined();
    });

    describe("runs", () => {
      test("are remembered from their start to their end", async () => {
        const metadata = fresh();
        const started = sampleRun("run-1", { targets: ["__proto__", "b"] });
        await metadata.startRun(started);
        expect(await metadata.run("run-1")).toStrictEqual(started);
        expect(await metadata.runNodes("run-1")).toStrictEqual(new Map());
        const finished = {
          ...started,
          finishedAt: started.startedAt + 5,
          status: "failed" as const,
          counts: { hit: 1, failed: 1 },
        };
        await metadata.finishRun(finished, sampleOutcomes);
        expect(await metadata.run("run-1")).toStrictEqual(finished);
        expect(await metadata.runs(10)).toStrictEqual([finished]);
        expect(await metadata.runNodes("run-1")).toStrictEqual(sampleOutcomes);
        expect(await metadata.runNodes("run-2")).toStrictEqual(new Map());
      });

      test("drop the errors underneath failures, which need not be data", async () => {
        const metadata = fresh();
        const cause: { self?: unknown } = {};
        cause.self = cause;
        const failed = {
          status: "failed" as const,
          kind: "stage" as const,
          durationMs: 1,
          savedMs: 0,
          reasons: [],
          failure: failure("stage-failed", "it broke", { cause }),
        };
        await metadata.finishRun(sampleRun("run-1"), new Map([["a", failed]]));
        expect((await metadata.runNodes("run-1")).get("a")?.failure).toStrictEqual({
          reason: "stage-failed",
          message: "it broke",
          retryable: false,
        });
      });

      test("come newest first", async () => {
        const metadata = fresh();
        for (const startedAt of [2, 3, 1]) await metadata.startRun(sampleRun(`run-${startedAt}`, { startedAt }));
        await metadata.startRun(sampleRun("run-3b", { startedAt: 3 }));
        expect((await metadata.runs(10)).map(({ id }) => id)).toStrictEqual(["run-3b", "run-3", "run-2", "run-1"]);
        expect((await metadata.runs(1)).map(({ id }) => id)).toStrictEqual(["run-3b"]);
        expect(await metadata.runs(0)).toStrictEqual([]);
      });

      test("are found by an unambiguous start of their id, taken literally", async () => {
        const metadata = fresh();
        for (const id of ["abc", "abd", "ab", "%_x", "Q1"]) await metadata.startRun(sampleRun(id));
        const found = async (start: string) => (await metadata.run(start))?.id;
        expect(await found("abc")).toBe("abc");
        expect(await found("ab")).toBe("ab");
        expect(await found("a")).toBeUndefined();
        expect(await found("%")).toBe("%_x");
        expect(await found("%_")).toBe("%_x");
        expect(await found("_")).toBeUndefined();
        expect(await found("q")).toBeUndefined();
        expect(await found("Q")).toBe("Q1");
        expect(await found("")).toBeUndefined();
        expect(await found("abcd")).toBeUndefined();
      });

      test("are forgotten when there are too many", async () => {
        const metadata = fresh({ maxRuns: 3 });
        for (let startedAt = 1; startedAt <= 6; startedAt++) {
          await metadata.startRun(sampleRun(`run-${startedAt}`, { startedAt }));
          await metadata.finishRun(sampleRun(`run-${startedAt}`, { startedAt }), sampleOutcomes);
        }
        expect((await metadata.runs(10)).map(({ id }) => id)).toStrictEqual(["run-6", "run-5", "run-4"]);
        expect(await metadata.runNodes("run-1")).toStrictEqual(new Map());
      });

      test("may end in a way that was kept beforehand", async () => {
        const metadata = fresh();
        const record = sampleResult("a", { createdAt: 500 });
        await metadata.putResults([record]);
        const made = { key: record.key, dataVersion: record.dataVersion, madeBy: "run-0" };
        const hit: NodeOutcome = { status: "hit", kind: "stage", durationMs: 0, savedMs: 1, reasons: [], ...made };
        const outcomes = await metadata.keepOutcomes(new Map([["a", hit]]), 500);
        expect((await metadata.outcomes(outcomes))?.()).toStrictEqual(new Map([["a", hit]]));
        expect(await metadata.runs(10)).toEqual([]);
        const hours = 7_200_000;
        await metadata.finishRunAs(sampleRun("run-1", { startedAt: hours }), outcomes);
        expect(await metadata.runNodes("run-1")).toStrictEqual(new Map([["a", hit]]));
        expect(await metadata.lastUsed(record.key)).toBe(hours);
        expect(await metadata.finishRun(sampleRun("run-2"), new Map([["a", hit]]))).toBe(outcomes);
      });

      test("may end as an earlier one did, which is then kept as long as one of them", async () => {
        const metadata = fresh({ maxRuns: 2 });
        const record = sampleResult("a", { createdAt: 500 });
        await metadata.putResults([record]);
        const made = { key: record.key, dataVersion: record.dataVersion, madeBy: "run-0" };
        const hit: NodeOutcome = { status: "hit", kind: "stage", durationMs: 0, savedMs: 1, reasons: [], ...made };
        const outcomes = await metadata.finishRun(sampleRun("run-1", { startedAt: 1_000 }), new Map([["a", hit]]));
        expect(await metadata.hasOutcomes(outcomes)).toBe(true);
        expect((await metadata.outcomes(outcomes))?.()).toStrictEqual(new Map([["a", hit]]));
        expect(await metadata.hasOutcomes("other")).toBe(false);
        expect(await metadata.outcomes("other")).toBeUndefined();
        const hours = 7_200_000;
        for (const [id, startedAt] of [
          ["run-2", 2_000],
          ["run-3", hours],
        ] as const) {
          await metadata.finishRunAs(sampleRun(id, { startedAt }), outcomes);
          expect(await metadata.runNodes(id)).toStrictEqual(new Map([["a", hit]]));
        }
        expect(await metadata.lastUsed(record.key)).toBe(hours);
        for (const startedAt of [hours + 1, hours + 2]) {
          await metadata.startRun(sampleRun(`run-${startedAt}`, { startedAt }));
        }
        expect(await metadata.runs(10)).toHaveLength(2);
        expect(await metadata.runNodes("run-3")).toStrictEqual(new Map());
      });
    });

    test("a generation stands still as long as no result is replaced or removed", async () => {
      const metadata = fresh();
      const [a, b] = [sampleResult("a"), sampleResult("b")];
      let last = await metadata.generation();
      const moved = async (work: Promise<unknown>): Promise<boolean> => {
        await work;
        const before = last;
        last = await metadata.generation();
        return last !== before;
      };
      expect(await moved(metadata.putResults([a, b]))).toBe(false);
      expect(await moved(metadata.touchResults([a.key], 5))).toBe(false);
      expect(await moved(metadata.finishRun(sampleRun("run-1"), sampleOutcomes))).toBe(false);
      expect(await moved(metadata.putResults([{ ...a, dataVersion: digestOf("other") }]))).toBe(true);
      expect(await moved(metadata.removeResults([b.key]))).toBe(true);
      expect(await moved(metadata.putResults([b]))).toBe(false);
      expect(await moved(metadata.clear())).toBe(true);
    });

    test("what was derived is kept by kind and key", () => {
      const { derived, files } = fresh();
      const value = Buffer.from([1, 2, 3]);
      derived.put("analysis", "a", value);
      derived.put("module", "a", new Uint8Array());
      value.fill(0);
      const check = () => {
        expect([...(derived.get("analysis", "a") ?? [])]).toStrictEqual([1, 2, 3]);
        expect([...(derived.get("module", "a") ?? [9])]).toStrictEqual([]);
        expect(derived.get("analysis", "b")).toBeUndefined();
        expect(derived.get("analysi", "sa")).toBeUndefined();
      };
      check();
      files.flush();
      check();
      derived.get("analysis", "a")?.fill(7);
      check();
      derived.put("analysis", "a", new Uint8Array([4]));
      files.flush();
      expect([...(derived.get("analysis", "a") ?? [])]).toStrictEqual([4]);
    });

    test("the file index keeps what the kernel says, up to the last bit", () => {
      const { files } = fresh();
      const entry: FileIndexEntry = {
        path: "data/'%\0🙂.csv",
        size: 2n ** 53n + 1n,
        mtimeNs: -5n,
        ctimeNs: 1_700_000_000_123_456_789n,
        inode: 2n ** 64n - 1n,
        device: 2n ** 63n,
        executable: true,
        digest: digestOf("content"),
        hashedAtNs: 1_700_000_000_323_456_789n,
      };
      files.put(entry);
      expect(files.get(entry.path)).toStrictEqual(entry);
      files.flush();
      expect(files.get(entry.path)).toStrictEqual(entry);
      files.put({ ...entry, executable: false });
      files.flush();
      expect(files.get(entry.path)).toStrictEqual({ ...entry, executable: false });
      expect(files.get("data")).toBeUndefined();
    });

    test("clear leaves the file index and what was derived", async () => {
      const metadata = fresh();
      await metadata.putResults([sampleResult("a")]);
      await metadata.putResults([], { code: [{ version: digestOf("v1"), parts: sampleParts }] });
      await metadata.startRun(sampleRun("run-1"));
      metadata.derived.put("analysis", "a", new Uint8Array([1]));
      await metadata.clear();
      expect(await metadata.getResult(sampleResult("a").key)).toBeUndefined();
      expect(await metadata.lastUsed(sampleResult("a").key)).toBeUndefined();
      expect(await metadata.resultsOf("a", 1)).toStrictEqual([]);
      expect(await metadata.durations(["a"])).toStrictEqual(new Map());
      expect(await metadata.getCode(digestOf("v1"))).toBeUndefined();
      expect(await metadata.runs(5)).toStrictEqual([]);
      expect(metadata.derived.get("analysis", "a")).toBeDefined();
    });

    test("a sound one has nothing to complain of, and can be written", async () => {
      const metadata = fresh();
      await metadata.putResults([sampleResult("a")]);
      await metadata.finishRun(sampleRun("run-1"), sampleOutcomes);
      await metadata.putResults([], { code: [{ version: digestOf("v1"), parts: sampleParts }] });
      expect(await metadata.check()).toStrictEqual([]);
      expect(await metadata.check({ repair: true })).toStrictEqual([]);
      expect(metadata.readOnly).toBe(false);
    });
  });
}
