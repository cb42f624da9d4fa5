import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/core/event.ts";
import { fingerprint } from "../../src/core/fingerprint.ts";
import type { NodeDefinition, StageNode } from "../../src/core/node.ts";
import { rowsRefOf } from "../../src/core/rows-ref.ts";
import type { FileHandle } from "../../src/platform/file-handle.ts";
import type { RowsHandle } from "../../src/platform/rows-handle.ts";
import { type RunOptions, runGraph } from "../../src/run/run.ts";
import type { Workspace } from "../../src/run/workspace.ts";
import { LocalBlobStore } from "../../src/store/local-blob-store.ts";
import { build, graph as valueGraph } from "../core/arbitrary-value.ts";
import { strictEqual } from "../core/strict-equal.ts";
import { memoryWorkspace, testGraph, testParam, testStage } from "../rig/engine.ts";

type Nodes = Readonly<Record<string, NodeDefinition>>;

async function run(workspace: Workspace, nodes: Nodes, options: RunOptions = {}) {
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent) => void events.push(event);
  const outcome = await runGraph(workspace, testGraph(nodes), { values: true, ...options, onEvent });
  const statuses = Object.fromEntries([...outcome.nodes].map(([name, { status }]) => [name, status]));
  return { outcome, events, statuses, failure: (name: string) => outcome.nodes.get(name)?.failure };
}

/** What one stage gives, and how it ended. */
async function give(value: StageNode["run"] | unknown, more: Partial<StageNode> = {}, workspace = memoryWorkspace()) {
  const fn = (typeof value === "function" ? value : () => value) as StageNode["run"];
  const { outcome, failure } = await run(workspace, { a: testStage({}, fn, more) });
  const { dataVersion } = outcome.nodes.get("a")!;
  return { value: outcome.value("a"), failure: failure("a"), dataVersion };
}

/** A store on the disk, whose files can be damaged. */
function diskWorkspace(): Workspace & { readonly blobDir: string; readonly tmp: string } {
  const memory = memoryWorkspace();
  const [blobDir, tmp] = [path.join(memory.root, "blobs"), path.join(memory.root, "tmp")];
  return { ...memory, blobs: new LocalBlobStore({ dir: blobDir, tmpDir: tmp }), blobDir, tmp };
}

async function* items(...list: unknown[]): AsyncGenerator<unknown> {
  yield* list;
}

const rowsOf = async (value: unknown): Promise<unknown[]> => (value as RowsHandle).toArray();
const textOf = async (value: unknown): Promise<string> => (value as FileHandle).text();

describe("bytes that come bit by bit", () => {
  const sources: Readonly<Record<string, () => unknown>> = {
    "an async generator": () => items("ab", Buffer.from("c"), new Uint8Array([100])),
    "a generator": function* () {
      yield "ab";
      yield Buffer.from("cd");
    },
    "a Node stream": () => Readable.from([Buffer.from("ab"), Buffer.from("cd")], { objectMode: false }),
    "a Node stream of objects": () => Readable.from(["ab", "cd"]),
    "a web stream": () => new Blob(["abcd"]).stream(),
    "a Response": () => new Response("abcd"),
    "a promise of one": async () => items("abcd"),
  };

  test.each(Object.keys(sources))("from %s are kept as a file", async (name) => {
    const { value, failure, dataVersion } = await give(sources[name]);
    expect(failure).toBeUndefined();
    expect(await textOf(value)).toBe("abcd");
    expect(value).toMatchObject({ size: 4, name: "stream", executable: false });
    expect(readFileSync((value as FileHandle).path, "utf8")).toBe("abcd");
    expect(dataVersion).toBe(fingerprint(value));
  });

  test.each(["text", "bytes", "file"])("by the format %s too, placed as they are", async (format) => {
    const workspace = memoryWorkspace();
    const output = path.join(workspace.root, "out/x.csv");
    const { value, failure } = await give(() => items("a,b\r\n", "1,2\r\n"), { format, output }, workspace);
    expect(failure).toBeUndefined();
    expect(await textOf(value)).toBe("a,b\r\n1,2\r\n");
    expect((value as FileHandle).name).toBe("stream.csv");
    expect(readFileSync(output, "utf8")).toBe("a,b\r\n1,2\r\n");
  });

  test("count by their content, however they are cut", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(40), { maxLength: 5 }), fc.boolean(), async (whole, cuts, asBytes) => {
        fc.pre(whole !== "" && whole.isWellFormed());
        const content = asBytes ? Buffer.from(whole) : whole;
        const at = [0, ...cuts.map((cut) => Math.min(cut, content.length)).sort((a, b) => a - b), content.length];
        const chunks = at.slice(1).map((end, i) => content.slice(at[i], end));
        const cut = await give(() => items(...chunks));
        expect(await textOf(cut.value)).toBe(whole);
        expect(cut.dataVersion).toBe((await give(() => items(Buffer.from(whole)))).dataVersion);
      }),
      { numRuns: 60 },
    );
  });

  test("must be whole characters where they are text", async () => {
    expect(await textOf((await give(() => items("\ud83d", "\ude00"))).value)).toBe("😀");
    const split = Buffer.from("😀");
    const good = await give(() => items(split.subarray(0, 2), split.subarray(2)), { format: "text" });
    expect(await textOf(good.value)).toBe("😀");
    const message = async (format: string, ...chunks: unknown[]) =>
      (await give(() => items(...chunks), { format })).failure?.message;
    expect(await message("auto", "a", "b\ud83d")).toContain("result[1] holds half a surrogate pair");
    expect(await message("auto", "\ud83d", "b")).toContain("half a surrogate pair");
    expect(await message("auto", "\ud83d", Buffer.from("b"))).toContain("result[0] holds half a surrogate pair");
    expect(await message("text", split.subarray(0, 2))).toContain("holds bytes that are not UTF-8");
    expect(await message("text", Buffer.from([0xff]))).toContain("result[0] holds bytes that are not UTF-8");
    expect(await message("bytes", "a", { b: 1 })).toContain("result[1] is an object, and neither bytes nor a string");
  });
});

describe("rows that come one by one", () => {
  test("come back as each was, whatever they are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(valueGraph, { maxLength: 6 }), async (graphs) => {
        const made = () => graphs.map((one) => ({ row: build(one) }));
        const { value, failure } = await give(() => items(...made()));
        expect(failure).toBeUndefined();
        const rows = await rowsOf(value);
        expect(rows).toHaveLength(graphs.length);
        for (const [i, row] of made().entries()) expect(strictEqual(rows[i], row)).toBe(true);
        expect((value as RowsHandle).count).toBe(graphs.length);
      }),
      { numRuns: 100 },
    );
  });

  test("are as many as there are, in blocks of any number", async () => {
    const big = "x".repeat(70_000);
    const list = Array.from({ length: 20_000 }, (_, i) => (i % 4000 === 3999 ? { i, big } : { i, name: `row ${i}` }));
    const { value } = await give(() => items(...list));
    const rows = value as RowsHandle<{ i: number }>;
    expect(await rows.toArray()).toEqual(list);
    expect(await rows.first(3)).toEqual(list.slice(0, 3));
    expect(await rows.first(0)).toEqual([]);
    expect(await rows.first(1e9)).toHaveLength(list.length);
    let next = 0;
    for await (const { i } of rows) expect(i).toBe(next++);
    expect(next).toBe(list.length);
    const lengths: number[] = [];
    for await (const batch of rows.batches()) lengths.push(batch.length);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(list.length);
    expect(lengths.length).toBeGreaterThan(5);
  });

  test("have one version in every format; csv, ndjson and json are what an array of them becomes", async () => {
    const list = Array.from({ length: 3000 }, (_, i) => ({
      id: i,
      name: i % 3 ? `a "${i}",\r\nb` : "é",
      n: i % 2 ? -0 + i : null,
    }));
    const versions = new Set<string>();
    const workspace = memoryWorkspace();
    for (const format of ["auto", "csv", "ndjson", "json"]) {
      const { value, failure, dataVersion } = await give(() => items(...list), { format }, workspace);
      expect(failure).toBeUndefined();
      expect(await rowsOf(value)).toEqual(list);
      expect((value as RowsHandle).format).toBe(format);
      versions.add(dataVersion!).add(fingerprint(value));
      if (format === "auto") continue;
      const file = (value as RowsHandle).file();
      expect(file.name).toBe(`rows.${format}`);
      expect(JSON.stringify(await textOf(file)).length).toBeGreaterThan(1000);
      if (format === "json") expect(await file.json()).toEqual(list);
      else {
        const output = path.join(workspace.root, `array.${format}`);
        await give(() => list, { format, output }, workspace);
        expect(await textOf(file)).toBe(readFileSync(output, "utf8"));
      }
    }
    expect(versions.size).toBe(1);
    expect((await give(() => items(...list.toReversed()))).dataVersion).not.toBe([...versions][0]);
  });

  test("of small random tables read back from csv, ndjson and json", async () => {
    const cell = fc.oneof(
      fc.string(),
      fc.string({ unit: "grapheme" }),
      fc.double(),
      fc.boolean(),
      fc.constant('"\r\n,'),
    );
    const row = fc.record({ a: cell, b: cell });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 8 }),
        fc.constantFrom("csv", "ndjson", "json"),
        async (list, format) => {
          const { value, failure } = await give(() => items(...list), { format });
          if (failure) expect(failure.reason).toBe("unsupported-value");
          else expect(await rowsOf(value)).toStrictEqual(list);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("are placed in the format of the path, or as they are stored", async () => {
    const workspace = memoryWorkspace();
    const at = (name: string): string => path.join(workspace.root, name);
    for (const [name, format] of [
      ["r.csv", "auto"],
      ["r.ndjson", "auto"],
      ["r.json", "auto"],
      ["r.txt", "csv"],
    ] as const) {
      const { failure } = await give(() => items({ a: 1 }, { a: 2 }), { format, output: at(name) }, workspace);
      expect(failure).toBeUndefined();
    }
    expect(readFileSync(at("r.csv"), "utf8")).toBe("a\r\n1\r\n2\r\n");
    expect(readFileSync(at("r.txt"), "utf8")).toBe("a\r\n1\r\n2\r\n");
    expect(readFileSync(at("r.ndjson"), "utf8")).toBe('{"a":1}\n{"a":2}\n');
    expect(readFileSync(at("r.json"), "utf8")).toBe('[\n{"a":1},\n{"a":2}\n]\n');
    const { failure } = await give(() => items({ a: 1 }), { output: at("r.parquet") }, workspace);
    expect(failure).toMatchObject({ reason: "unsupported-format", hint: expect.stringContaining(".csv") });
  });

  test("refuse what cannot be stored, and name the row", async () => {
    const message = async (format: string, ...list: unknown[]) =>
      (await give(() => items(...list), { format })).failure?.message;
    expect(await message("auto", { a: 1 }, { parser: { fn: () => {} } })).toContain(
      "result[1].parser.fn is a function",
    );
    expect(await message("ndjson", { a: 1 }, { a: 1n })).toContain("result[1].a is a BigInt");
    expect(await message("csv", { a: 1 }, { a: { b: 1 } })).toContain("result[1].a is an object");
    expect(await message("csv", { a: 1 }, 5)).toContain("result[1] is 5, not a plain object");
    expect(await message("auto", { a: 1 }, "text")).toContain(
      "result[1] is a string, where the stream began with rows",
    );
    expect(await message("auto", "text", { a: 1 })).toContain("result[1] is an object, and neither bytes nor a string");
    expect(await message("parquet", { a: 1 })).toContain('"parquet" cannot take rows that come one by one');
    expect(await message("ndjson", "a", "b")).toBeUndefined();
  });

  test("can be handed on, alone and within values, and are kept as long", async () => {
    const workspace = diskWorkspace();
    const a = testStage({}, () => items({ i: 1 }, { i: 2 }));
    const b = testStage({ a }, ({ a }) => a, { code: 2 });
    const c = testStage({ a }, ({ a }) => ({ a, again: [a] }), { code: 3 });
    const d = testStage({ c }, async ({ c }) => rowsOf((c as { again: RowsHandle[] }).again[0]), { code: 4 });
    const e = testStage({ b }, ({ b }) => b, { code: 5, format: "csv" });
    const { outcome } = await run(workspace, { a, b, c, d, e });
    expect(outcome.value("d")).toEqual([{ i: 1 }, { i: 2 }]);
    expect(outcome.nodes.get("b")!.dataVersion).toBe(outcome.nodes.get("a")!.dataVersion);
    expect((outcome.value("e") as RowsHandle).format).toBe("csv");
    expect(outcome.nodes.get("e")!.dataVersion).toBe(outcome.nodes.get("a")!.dataVersion);
    const [record] = await workspace.metadata.resultsOf("c", 1);
    expect(record!.artifacts.map(({ digest }) => digest)).toContain(rowsRefOf(outcome.value("a"))!.stored.digest);
  });

  test("may hold handles of files, whose content is kept", async () => {
    const workspace = diskWorkspace();
    const files = testStage({}, () => items("content"));
    const a = testStage(
      { files },
      async function* ({ files }) {
        yield { name: "x", file: files };
        yield { name: "y", file: files };
      },
      { code: 2 },
    );
    const b = testStage(
      { a },
      async ({ a }) => {
        const texts: string[] = [];
        for await (const { file } of a as RowsHandle<{ file: FileHandle }>) texts.push(await file.text());
        return texts;
      },
      { code: 3 },
    );
    expect((await run(workspace, { files, a, b })).outcome.value("b")).toEqual(["content", "content"]);
    const [record] = await workspace.metadata.resultsOf("a", 1);
    expect(record!.artifacts.filter(({ name }) => name.startsWith("files."))).toHaveLength(2);
    const nested = await give(async function* () {
      yield { rows: (await give(() => items(1))).value };
    });
    expect(nested.failure?.message).toContain("result[0] holds a handle of rows");
  });
});

describe("a stream that gives nothing", () => {
  test("reads as no rows and as no bytes", async () => {
    const { value, failure } = await give(() => items());
    expect(failure).toBeUndefined();
    expect(await rowsOf(value)).toEqual([]);
    expect(await textOf(value)).toBe("");
    expect(await (value as FileHandle).bytes()).toHaveLength(0);
    expect(readFileSync((value as FileHandle).path, "utf8")).toBe("");
  });

  test.each([
    ["csv", ""],
    ["ndjson", ""],
    ["json", "[]\n"],
  ])("as %s is no rows", async (format, text) => {
    const { value } = await give(() => items(), { format });
    expect(await rowsOf(value)).toEqual([]);
    expect(await textOf((value as RowsHandle).file())).toBe(text);
  });

  test("is bytes where it can be nothing else", async () => {
    for (const source of [() => new Response(null), () => Readable.from([], { objectMode: false })]) {
      expect((await give(source)).value).toMatchObject({ name: "stream", size: 0 });
    }
  });
});

describe("a stream that does not come to its end", () => {
  test("fails the stage; nothing is recorded, nothing is left", async () => {
    const workspace = diskWorkspace();
    const a = testStage({}, async function* () {
      for (let i = 0; i < 3; i++) yield Buffer.alloc(700_000, i);
      throw new Error("the line was cut");
    });
    const { failure } = await run(workspace, { a });
    expect(failure("a")).toMatchObject({ reason: "stage-failed", message: "a failed: Error: the line was cut" });
    expect(readdirSync(workspace.tmp)).toEqual([]);
    expect(await workspace.metadata.resultsOf("a", 1)).toEqual([]);
    const stream = () =>
      new Readable({
        read() {
          this.destroy(new Error("gone"));
        },
      });
    expect((await give(stream)).failure?.message).toBe("a failed: Error: gone");
  });

  test("is tried again as `retries` says", async () => {
    let calls = 0;
    const retries = { times: 1, delay: 1, factor: 1, maxDelay: 1 };
    const { value } = await give(
      async function* () {
        yield { i: 1 };
        if (++calls === 1) throw new Error("once");
      },
      { retries },
    );
    expect(await rowsOf(value)).toEqual([{ i: 1 }]);
  });

  test.each(["async", "sync", "stuck"])("is ended by the time limit, %s or not", async (kind) => {
    const workspace = diskWorkspace();
    let ended = false;
    const async = async function* () {
      try {
        for (let i = 0; ; i++) {
          await sleep(1);
          yield { i };
        }
      } finally {
        ended = true;
      }
    };
    const sync = function* () {
      try {
        for (let i = 0; ; i++) yield { i };
      } finally {
        ended = true;
      }
    };
    const stuck = async function* () {
      yield { i: 0 };
      await new Promise(() => {});
    };
    const fn = { async, sync, stuck }[kind]!;
    const { failure } = await run(workspace, { a: testStage({}, fn, { timeout: 200 }) });
    expect(failure("a")?.reason).toBe("timed-out");
    expect(ended).toBe(kind !== "stuck");
    expect(readdirSync(workspace.tmp)).toEqual([]);
  });

  test("is ended when the run is cancelled; its folder stays until its `finally` is done", async () => {
    const workspace = diskWorkspace();
    const cancel = new AbortController();
    let left: string | undefined;
    const a = testStage({}, async function* (_, { tmp }) {
      const file = path.join(tmp, "x");
      writeFileSync(file, "kept");
      try {
        for (let i = 0; ; i++) {
          if (i === 5) cancel.abort();
          await sleep(1);
          yield Buffer.alloc(100_000);
        }
      } finally {
        await sleep(20);
        left = readFileSync(file, "utf8");
      }
    });
    const { statuses } = await run(workspace, { a }, { signal: cancel.signal });
    expect(statuses).toEqual({ a: "cancelled" });
    expect(left).toBe("kept");
    expect(readdirSync(workspace.tmp)).toEqual([]);
  });

  test("of a web or Node stream is closed", async () => {
    const closed: string[] = [];
    const web = () => new ReadableStream({ pull: () => sleep(1e6), cancel: () => void closed.push("web") });
    const node = () =>
      new Readable({
        read() {},
        destroy(error, done) {
          closed.push("node");
          done(error);
        },
      });
    for (const fn of [web, node]) expect((await give(fn, { timeout: 50 })).failure?.reason).toBe("timed-out");
    expect(closed).toEqual(["web", "node"]);
  });

  test("is closed when what it gave cannot be stored", async () => {
    let ended = false;
    const { failure } = await give(async function* () {
      try {
        yield { a: () => {} };
        yield { a: 1 };
      } finally {
        ended = true;
      }
    });
    expect(failure?.reason).toBe("unversionable");
    expect(ended).toBe(true);
  });

  test("takes as long as it streams", async () => {
    const { outcome } = await run(memoryWorkspace(), {
      a: testStage({}, async function* () {
        await sleep(60);
        yield 1;
      }),
    });
    expect(outcome.nodes.get("a")!.durationMs).toBeGreaterThan(50);
  });
});

describe("a Response", () => {
  test("that failed, was read or was cut fails the stage", async () => {
    const failed = await give(() => new Response("no", { status: 503, statusText: "Service Unavailable" }));
    expect(failed.failure).toMatchObject({
      reason: "stage-failed",
      message: "the response from the server is 503 Service Unavailable",
      retryable: true,
    });
    expect((await give(() => new Response("", { status: 404 }))).failure).toMatchObject({ retryable: false });
    const read = await give(async () => {
      const response = new Response("x");
      await response.text();
      return response;
    });
    expect(read.failure?.message).toContain("was read already");
    const cut = await give(() => new Response("abc", { headers: { "content-length": "5" } }));
    expect(cut.failure?.message).toContain("ended after 3 of 5 bytes");
  });

  test("tells its progress, in bytes and of how many", async () => {
    const size = 8 << 20;
    const body = async function* () {
      for (let sent = 0; sent < size; sent += 1 << 18) {
        await sleep(4);
        yield new Uint8Array(1 << 18);
      }
    };
    const headers = { "content-length": String(size) };
    const a = testStage({}, () => new Response(ReadableStream.from(body()), { headers }));
    const progress = (await run(diskWorkspace(), { a })).events.filter(({ type }) => type === "node-progress");
    expect(progress.length).toBeGreaterThan(1);
    expect(progress.length).toBeLessThan(33);
    expect(progress.at(-1)).toMatchObject({ node: "a", done: size, total: size, unit: "bytes" });
    const packed = { "content-length": "3", "content-encoding": "gzip" };
    expect((await give(() => new Response("longer", { headers: packed }))).failure).toBeUndefined();
  });

  test("rows are counted too, unless the stage tells how far it is", async () => {
    const rows = testStage({}, () => items(1, 2, 3));
    const own = testStage(
      {},
      async function* (_, { progress }) {
        progress(1, 2);
        yield 1;
        progress(2, 2);
      },
      { code: 2 },
    );
    const { events } = await run(memoryWorkspace(), { rows, own });
    const told = events.filter((event) => event.type === "node-progress");
    expect(told.filter(({ node }) => node === "rows")).toMatchObject([{ done: 3, total: 3, unit: "rows" }]);
    expect(told.filter(({ node }) => node === "own").every((event) => !("unit" in event))).toBe(true);
  });
});

describe("who reads", () => {
  test("gets rows of his own, at his own pace, however many read at once", async () => {
    const list = Array.from({ length: 9000 }, (_, i) => ({ i, name: `row ${i}` }));
    const { value } = await give(() => items(...list));
    const rows = value as RowsHandle<{ i: number; name: string }>;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.nat(9000), { minLength: 2, maxLength: 4 }), async (s, ends) => {
        const readers = ends.map(async (end) => {
          const seen: unknown[] = [];
          for await (const batch of rows.batches()) {
            await s.schedule(Promise.resolve());
            for (const row of batch) {
              if (seen.length === end) return seen;
              seen.push({ ...row });
              row.name = "changed";
            }
          }
          return seen;
        });
        const all = Promise.all(readers);
        await s.waitFor(all);
        for (const [i, seen] of (await all).entries()) expect(seen).toEqual(list.slice(0, ends[i]));
      }),
      { numRuns: 10 },
    );
  });

  test("checks get the handle", async () => {
    const seen: number[] = [];
    const test = (rows: unknown) => {
      seen.push((rows as RowsHandle).count);
      return (rows as RowsHandle).count > 5;
    };
    const { failure } = await give(() => items(1, 2), { checks: [{ name: "many", level: "fail", test }] });
    expect(failure?.reason).toBe("check-failed");
    expect(seen).toEqual([2]);
  });

  test("the same stream again is a hit downstream; a longer one is not", async () => {
    const workspace = memoryWorkspace();
    const nodes = (count: number, code: number) => {
      const p = testParam(count);
      const a = testStage(
        { p },
        async function* ({ p }) {
          for (let i = 0; i < (p as number); i++) yield { i };
        },
        { code },
      );
      return { p, a, b: testStage({ a }, ({ a }) => (a as RowsHandle).count, { code: 9 }) };
    };
    await run(workspace, nodes(3, 1));
    expect((await run(workspace, nodes(3, 1))).statuses).toEqual({ p: "hit", a: "hit", b: "hit" });
    expect((await run(workspace, nodes(3, 2))).statuses).toEqual({ p: "hit", a: "executed", b: "hit" });
    expect((await run(workspace, nodes(4, 2))).statuses).toEqual({ p: "hit", a: "executed", b: "executed" });
  });

  test("of stages that are not cached, too", async () => {
    for (const cache of ["disable", "recompute"] as const) {
      const workspace = memoryWorkspace();
      const a = testStage({}, () => items({ i: 1 }), { cache });
      const b = testStage({ a }, async ({ a }) => rowsOf(a), { code: 2 });
      for (const mode of ["rw", "off", "ro"] as const) {
        expect((await run(workspace, { a, b }, { cache: mode })).outcome.value("b")).toEqual([{ i: 1 }]);
      }
    }
    const { value } = await give(() => items(1), { cache: "ignore" });
    expect(await Array.fromAsync(value as AsyncIterable<unknown>)).toEqual([1]);
  });
});

describe("a blob that is removed as its result is kept", () => {
  /** Somebody removes what was stored, as often as this, before it is recorded. */
  const robbed = (times: number): Workspace => {
    const workspace = memoryWorkspace();
    let left = times;
    const blobs = new Proxy(workspace.blobs, {
      get(store, name) {
        if (name !== "stat") {
          const member: unknown = Reflect.get(store, name, store);
          return typeof member === "function" ? member.bind(store) : member;
        }
        return async (digest: string) => {
          if (left > 0) await store.remove(digest);
          left -= 1;
          return store.stat(digest);
        };
      },
    });
    return { ...workspace, blobs };
  };

  test.each([1, 3])("has the function called again, %i times", async (times) => {
    let calls = 0;
    const stream = () => {
      calls += 1;
      return items("x".repeat(100_000));
    };
    const { value, failure } = await give(stream, {}, robbed(times));
    expect(failure).toBeUndefined();
    expect((await textOf(value)).length).toBe(100_000);
    expect(calls).toBe(times + 1);
  });

  test("is told of when it goes on and on", async () => {
    const { failure } = await give(() => items("x".repeat(100_000)), {}, robbed(100));
    expect(failure).toMatchObject({ reason: "missing-blob", retryable: true });
  });
});

describe("damage that shows while a stage reads", () => {
  const list = Array.from({ length: 60_000 }, (_, i) => ({ i, noise: Math.imul(i, 2_654_435_761) / 7 }));

  function nodes(read: (rows: RowsHandle) => unknown) {
    let made = 0;
    const a = testStage({}, () => {
      made++;
      return items(...list);
    });
    const b = testStage({ a }, ({ a }) => read(a as RowsHandle), { code: 2 });
    return { all: { a, b }, made: () => made };
  }

  /** Flips a bit of the largest blob. */
  function damage(workspace: { blobDir: string }, place: (size: number) => number): void {
    const files = readdirSync(workspace.blobDir, { recursive: true, encoding: "utf8" }).map((name) =>
      path.join(workspace.blobDir, name),
    );
    const sizes = files.map((file) => [file, statSize(file)] as const).sort((x, y) => y[1] - x[1]);
    const [file, size] = sizes[0]!;
    const bytes = readFileSync(file);
    bytes[place(size)]! ^= 1;
    writeFileSync(file, bytes);
  }

  const readers: Readonly<Record<string, (rows: RowsHandle) => unknown>> = {
    "one that reads all": async (rows) => (await rows.toArray()).length,
    "one that reads the beginning": async (rows) => (await rows.first(10)).length,
    "one that catches what is thrown": async (rows) => {
      let count = 0;
      try {
        for await (const _ of rows) count++;
      } catch {
        return count;
      }
      return count;
    },
    "one that fails in another guise": async (rows) => {
      try {
        for await (const row of rows) if ((row as { i: number }).i > 1e9) throw new Error("what is this?");
      } catch {
        throw new Error("cannot be");
      }
      return "fine";
    },
    "one that streams on": (rows) => rows[Symbol.asyncIterator](),
    "one that hands on": (rows) => rows,
  };

  test.each(
    Object.keys(readers).flatMap(
      (name) =>
        [
          [name, "in the middle"],
          [name, "near the end"],
        ] as const,
    ),
  )("is healed for %s, damaged %s", async (name, where) => {
    const workspace = diskWorkspace();
    const { all, made } = nodes(readers[name]!);
    const first = await run(workspace, { a: all.a });
    expect(first.failure("a")).toBeUndefined();
    damage(workspace, (size) => (where === "in the middle" ? size >> 1 : size - 100));
    const { outcome, failure, events } = await run(workspace, all, { targets: ["b"] });
    expect(failure("b")).toBeUndefined();
    if (name !== "one that hands on") {
      expect(made()).toBe(2);
      expect(outcome.nodes.get("a")).toMatchObject({ status: "executed", reasons: [{ kind: "corrupt-result" }] });
      expect(events.find((event) => event.type === "warning")).toMatchObject({
        failure: { reason: "corrupt-blob", node: "a" },
      });
    }
    const fresh = await run(memoryWorkspace(), nodes(readers[name]!).all);
    expect(outcome.nodes.get("b")!.dataVersion).toBe(fresh.outcome.nodes.get("b")!.dataVersion);
  });

  test("is healed for a stage that hands on rows that are gone", async () => {
    const workspace = diskWorkspace();
    const { all, made } = nodes((rows) => rows);
    const c = testStage({ b: all.b }, async ({ b }) => (await rowsOf(b)).length, { code: 3 });
    await run(workspace, all);
    damage(workspace, (size) => size >> 1);
    const { outcome, failure } = await run(workspace, { ...all, c }, { targets: ["c"] });
    expect(failure("c")).toBeUndefined();
    expect(outcome.value("c")).toBe(list.length);
    expect(made()).toBe(2);
  });
});

function statSize(file: string): number {
  try {
    return readFileSync(file).length;
  } catch {
    return 0;
  }
}
