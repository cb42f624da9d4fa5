import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/core/event.ts";
import { fail } from "../../src/core/failure.ts";
import type { NodeDefinition } from "../../src/core/node.ts";
import type { FileHandle } from "../../src/platform/file-handle.ts";
import { planGraph } from "../../src/run/plan.ts";
import { type RunOptions, runGraph } from "../../src/run/run.ts";
import type { Workspace } from "../../src/run/workspace.ts";
import { memoryWorkspace, testGraph, testParam, testStage } from "../rig/engine.ts";

type Nodes = Readonly<Record<string, NodeDefinition>>;

async function run(workspace: Workspace, nodes: Nodes, options: RunOptions = {}) {
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent) => void events.push(event);
  const outcome = await runGraph(workspace, testGraph(nodes), { values: true, ...options, onEvent });
  const statuses = Object.fromEntries([...outcome.nodes].map(([name, { status }]) => [name, status]));
  return { outcome, events, statuses, failure: (name: string) => outcome.nodes.get(name)?.failure };
}

/** A file source at an absolute path. */
function fileAt(file: string): NodeDefinition {
  return { kind: "file", path: file, base: () => path.dirname(file), site: () => [] } as NodeDefinition;
}

describe("what runs", () => {
  test("cold runs all, warm runs nothing and loads nothing that is not asked for", async () => {
    const workspace = memoryWorkspace();
    const nodes = { a: testStage({}, () => "x".repeat(9000)), b: testStage({}, () => 2) };
    const chain = {
      ...nodes,
      c: testStage({ a: nodes.a, b: nodes.b }, ({ a, b }) => `${(a as string).length}${b}`.repeat(5000)),
    };
    expect((await run(workspace, chain)).statuses).toEqual({ a: "executed", b: "executed", c: "executed" });
    const reads: string[] = [];
    const { blobs } = workspace;
    const counting = {
      ...workspace,
      blobs: new Proxy(blobs, {
        get: (target, name) => {
          const member = Reflect.get(target, name) as unknown;
          if (typeof member !== "function") return member;
          return (...args: unknown[]) => {
            if (name === "read" || name === "stream") reads.push(String(args[0]));
            return member.apply(target, args);
          };
        },
      }),
    };
    const warm = await run(counting, chain, { targets: ["c"] });
    expect(warm.statuses).toEqual({ a: "hit", b: "hit", c: "hit" });
    expect(warm.outcome.value("c")).toBe("90002".repeat(5000));
    expect(reads).toHaveLength(1);
    expect(warm.outcome.savedMs).toBeGreaterThan(0);
    await run(counting, chain, { values: false });
    expect(reads).toHaveLength(1);
  });

  test("only what the targets need", async () => {
    const a = testStage({}, () => 1);
    const { statuses } = await run(
      memoryWorkspace(),
      { a, b: testStage({ a }, () => 2), c: testStage({}, () => 3) },
      { targets: ["b"] },
    );
    expect(statuses).toEqual({ a: "executed", b: "executed" });
  });

  test("early cutoff: equal output, nothing downstream; reasons name what changed", async () => {
    const workspace = memoryWorkspace();
    const nodes = (limit: number, code: number) => {
      const p = testParam(limit);
      const a = testStage({ p }, ({ p }) => Math.min(p as number, 10), { code });
      return { p, a, b: testStage({ a }, ({ a }) => (a as number) + 1, { code: 9 }) };
    };
    await run(workspace, nodes(20, 1));
    const other = await run(workspace, nodes(30, 1));
    expect(other.statuses).toEqual({ p: "hit", a: "executed", b: "hit" });
    expect(other.outcome.nodes.get("a")!.reasons).toEqual([{ kind: "param", name: "p", before: "20", after: "30" }]);
    const edited = await run(workspace, nodes(30, 2));
    expect(edited.outcome.nodes.get("a")!.reasons).toMatchObject([{ kind: "code", name: "fn", file: "p.ts", line: 2 }]);
    const smaller = await run(workspace, nodes(3, 2));
    expect(smaller.outcome.nodes.get("b")!.reasons).toEqual([{ kind: "input", name: "a" }]);
  });

  test("a result older than maxAge, or from the future, is made anew", async () => {
    const workspace = memoryWorkspace();
    const nodes = { a: testStage({}, () => 1, { maxAge: 60_000 }) };
    await run(workspace, nodes);
    expect((await run(workspace, nodes)).statuses).toEqual({ a: "hit" });
    for (const shift of [-61_000, 61_000]) {
      const [record] = await workspace.metadata.resultsOf("a", 1);
      await workspace.metadata.putResults([{ ...record!, createdAt: Date.now() + shift }]);
      const late = await run(workspace, nodes);
      expect(late.outcome.nodes.get("a")!).toMatchObject({ status: "executed", reasons: [{ kind: "expired" }] });
    }
  });

  test("a setting that changes the result is in the key, one that does not is not", async () => {
    const workspace = memoryWorkspace();
    await run(workspace, { a: testStage({}, () => ({ x: 1 })) });
    const same = {
      timeout: 9999,
      retries: { times: 3, delay: 1, factor: 1, maxDelay: 1 },
      pool: { name: "p" },
      description: "d",
    };
    expect((await run(workspace, { a: testStage({}, () => ({ x: 1 }), same) })).statuses).toEqual({ a: "hit" });
    const json = await run(workspace, { a: testStage({}, () => ({ x: 1 }), { format: "json" }) });
    expect(json.outcome.nodes.get("a")).toMatchObject({
      status: "executed",
      reasons: [{ kind: "setting", name: "format" }],
    });
  });
});

describe("behaviours and modes", () => {
  test.each([
    ["default", { a: "hit", b: "hit" }],
    ["recompute", { a: "executed", b: "hit" }],
    ["disable", { a: "executed", b: "executed" }],
    ["ignore", { a: "executed", b: "hit" }],
  ] as const)("%s on a warm run", async (cache, expected) => {
    const workspace = memoryWorkspace();
    const a = testStage({}, () => ({ value: 1 }), { cache });
    const nodes = { a, b: testStage({ a }, ({ a }) => (a as { value: number }).value) };
    const plan = async () =>
      Object.fromEntries((await planGraph(workspace, testGraph(nodes))).nodes.map((n) => [n.node, n.status]));
    await run(workspace, nodes);
    const planned = await plan();
    const { statuses, outcome } = await run(workspace, nodes);
    expect(statuses).toEqual(expected);
    expect(outcome.value("b")).toBe(1);
    for (const [name, status] of Object.entries(planned)) {
      if (status !== "maybe") expect([name, status === "hit" ? "hit" : "executed"]).toEqual([name, statuses[name]]);
    }
  });

  test("an ignored value is handed on as it is and never stored; a disabled one is not stored either", async () => {
    const workspace = memoryWorkspace();
    class Client {
      readonly call = () => 7;
    }
    const client = testStage({}, () => new Client(), { cache: "ignore" });
    const secret = testStage({}, () => new Client(), { cache: "disable" });
    const nodes = {
      client,
      secret,
      use: testStage({ client, secret }, ({ client, secret }) => (client as Client).call() + (secret as Client).call()),
    };
    expect((await run(workspace, nodes)).outcome.value("use")).toBe(14);
    expect(await workspace.metadata.resultsOf("client", 9)).toEqual([]);
    expect(await workspace.metadata.resultsOf("secret", 9)).toEqual([]);
  });

  test.each(["ro", "wo", "off"] as const)("mode %s", async (cache) => {
    const workspace = memoryWorkspace();
    const nodes = { a: testStage({}, () => 1), b: testStage({}, () => "b".repeat(9000)) };
    await run(workspace, { a: nodes.a });
    const first = await run(workspace, nodes, { cache });
    expect(first.statuses).toEqual({ a: cache === "ro" ? "hit" : "executed", b: "executed" });
    expect(first.outcome.value("b")).toBe("b".repeat(9000));
    expect(await workspace.metadata.resultsOf("b", 9)).toHaveLength(cache === "wo" ? 1 : 0);
  });

  test("--recompute replaces what the cache holds", async () => {
    const workspace = memoryWorkspace();
    let world = "old";
    const nodes = { a: testStage({}, () => world) };
    await run(workspace, nodes);
    world = "new";
    expect((await run(workspace, nodes)).outcome.value("a")).toBe("old");
    expect((await run(workspace, nodes, { recompute: ["a"] })).outcome.value("a")).toBe("new");
    expect((await run(workspace, nodes)).outcome.value("a")).toBe("new");
  });
});

describe("failure", () => {
  const boom = () => {
    throw new Error("boom");
  };

  test("stops what is not started, or with keepGoing only what depends on it; nothing of it is recorded", async () => {
    const bad = testStage({}, boom);
    const after = testStage({ bad }, () => 1);
    const nodes = { bad, after, last: testStage({ after }, () => 1), other: testStage({}, () => 2) };
    const stopped = await run(memoryWorkspace(), nodes, { jobs: 1 });
    expect(stopped.outcome.status).toBe("failed");
    expect(stopped.statuses).toMatchObject({ bad: "failed", after: "skipped", last: "skipped" });
    expect(stopped.failure("bad")).toMatchObject({ reason: "stage-failed", message: "bad failed: Error: boom" });
    expect(stopped.failure("last")).toMatchObject({ reason: "upstream-failed", message: "bad failed" });
    const workspace = memoryWorkspace();
    const going = await run(workspace, nodes, { keepGoing: true });
    expect(going.statuses).toEqual({ bad: "failed", after: "skipped", last: "skipped", other: "executed" });
    expect(await workspace.metadata.resultsOf("bad", 1)).toEqual([]);
    expect((await run(workspace, nodes, { keepGoing: true })).statuses.other).toBe("hit");
  });

  test("says how long it took until then", async () => {
    const late = async () => {
      await sleep(20);
      boom();
    };
    const { outcome } = await run(memoryWorkspace(), { bad: testStage({}, late) });
    expect(outcome.nodes.get("bad")!.durationMs).toBeGreaterThan(10);
  });

  test("retries with fresh inputs, and says so", async () => {
    const p = testParam({ list: [1] });
    let calls = 0;
    const flaky = testStage(
      { p },
      ({ p }, context) => {
        calls += 1;
        (p as { list: number[] }).list.push(9);
        if (calls < 3) fail("stage-failed", "not yet");
        return [(p as { list: number[] }).list.length, context.run.attempt];
      },
      { retries: { times: 2, delay: 1, factor: 2, maxDelay: 5 } },
    );
    const { outcome, events } = await run(memoryWorkspace(), { p, flaky });
    expect(outcome.value("flaky")).toEqual([2, 3]);
    expect(events.filter(({ type }) => type === "node-retrying")).toMatchObject([
      { attempt: 2, delayMs: 1 },
      { attempt: 3, delayMs: 2 },
    ]);
  });

  test("a time limit aborts the signal and records nothing, even if the work ends later", async () => {
    const workspace = memoryWorkspace();
    let aborted = false;
    const slow = testStage(
      {},
      async (_, { signal }) => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        await sleep(120);
        return 1;
      },
      { timeout: 20 },
    );
    const { failure } = await run(workspace, { slow });
    expect(failure("slow")).toMatchObject({ reason: "timed-out" });
    expect(aborted).toBe(true);
    await sleep(150);
    expect(await workspace.metadata.resultsOf("slow", 1)).toEqual([]);
  });

  test("cancelling records nothing of what was running and keeps what was done", async () => {
    const workspace = memoryWorkspace();
    const controller = new AbortController();
    const a = testStage({}, () => 1);
    const slow = testStage({ a }, async () => {
      controller.abort();
      await sleep(50);
      return 2;
    });
    const nodes = { a, slow, after: testStage({ slow }, () => 3) };
    const { outcome, statuses } = await run(workspace, nodes, { signal: controller.signal });
    expect(outcome.status).toBe("cancelled");
    expect(statuses).toEqual({ a: "executed", slow: "cancelled", after: "cancelled" });
    await sleep(80);
    expect(await workspace.metadata.resultsOf("slow", 1)).toEqual([]);
    expect(await workspace.metadata.resultsOf("a", 1)).toHaveLength(1);
  });

  test("what cannot be versioned fails with the path to it", async () => {
    const { failure } = await run(memoryWorkspace(), { a: testStage({}, () => ({ rows: [{ parse: () => 1 }] })) });
    expect(failure("a")).toMatchObject({ reason: "unversionable", node: "a" });
    expect(failure("a")!.message).toContain("result.rows[0].parse");
    const plain = await run(memoryWorkspace(), { a: testStage({ parsers: [() => 1] }, () => 1) });
    expect(plain.failure("a")).toMatchObject({
      message: 'input "parsers" of "a" cannot be versioned: parsers[0] is a function',
      hint: "use plain data; pass functions by importing them",
    });
    const json = await run(memoryWorkspace(), { a: testStage({}, () => ({ m: new Map() }), { format: "json" }) });
    expect(json.failure("a")).toMatchObject({ reason: "unsupported-value" });
    expect(json.failure("a")!.message).toContain("result.m");
  });

  test("checks fail or warn, and a warning is said again on a hit", async () => {
    const workspace = memoryWorkspace();
    const check = (level: "fail" | "warn") => [
      { name: "positive", level, test: (value: unknown) => (value as number) > 0 || "it is not" },
    ];
    const bad = await run(workspace, { a: testStage({}, () => -1, { checks: check("fail") }) });
    expect(bad.failure("a")).toMatchObject({
      reason: "check-failed",
      message: 'a did not pass the check "positive": it is not',
    });
    const warned = { a: testStage({}, () => -1, { checks: check("warn"), code: 2 }) };
    for (const status of ["executed", "hit"]) {
      const { events, statuses } = await run(workspace, warned);
      expect(statuses.a).toBe(status);
      expect(events.filter(({ type }) => type === "warning")).toMatchObject([
        { failure: { reason: "check-failed", node: "a" } },
      ]);
    }
  });

  test("a result that is lost while its output is placed makes its node fail, once and with the reason", async () => {
    const workspace = memoryWorkspace();
    const metadata = new Proxy(workspace.metadata, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (name === "putResults") return async () => fail("io", "the disk is broken");
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const a = testStage({}, () => "text", { output: path.join(workspace.root, "a.txt") });
    const nodes = { a, b: testStage({ a }, () => 1) };
    const { outcome, events, failure, statuses } = await run({ ...workspace, metadata }, nodes, { values: false });
    expect(outcome.status).toBe("failed");
    expect(statuses).toEqual({ a: "failed", b: "skipped" });
    expect(failure("a")).toMatchObject({ reason: "io", message: "the disk is broken" });
    expect(events.filter((event) => event.type === "node-finished" && event.node === "a")).toHaveLength(1);
  });
});

describe("values", () => {
  test("no consumer sees what another did, and cold and warm runs hand on equal values", async () => {
    const workspace = memoryWorkspace();
    const shared = { list: [1], when: new Date(0), map: new Map([["k", [2]]]) };
    const a = testStage({}, () => shared);
    const wreck = testStage({ a, plain: { n: 1 } }, ({ a, plain }) => {
      (a as typeof shared).list.push(99);
      (a as typeof shared).map.get("k")!.push(99);
      (plain as { n: number }).n = 99;
      return (a as typeof shared).list.length;
    });
    const look = testStage({ a, wreck }, ({ a }) => a);
    const nodes = { a, wreck, look };
    const cold = await run(workspace, nodes, { jobs: 1 });
    const warm = await run(workspace, nodes, { jobs: 1 });
    for (const { outcome } of [cold, warm]) {
      expect(outcome.value("look")).toEqual({ list: [1], when: new Date(0), map: new Map([["k", [2]]]) });
      expect(outcome.value("wreck")).toBe(2);
    }
    expect(shared.list).toEqual([1]);
  });

  test("outputs are placed, restored when they are gone or changed, and left alone when they are right", async () => {
    const workspace = memoryWorkspace();
    const out = path.join(workspace.root, "out/report.txt");
    const table = path.join(workspace.root, "out/deep/table.csv");
    const nodes = {
      report: testStage({}, () => "hello", { output: out }),
      files: testStage({}, (_, { outputs }) => writeFileSync(outputs.table!, "a,b\n1,2\n"), { outputs: { table } }),
    };
    const read = testStage({ files: nodes.files }, async ({ files }) => {
      const { table } = files as { table: FileHandle };
      return [table.name, await table.text(), readFileSync(table.path, "utf8")];
    });
    const first = await run(workspace, { ...nodes, read });
    expect(first.outcome.value("read")).toEqual(["table.csv", "a,b\n1,2\n", "a,b\n1,2\n"]);
    expect(readFileSync(out, "utf8")).toBe("hello");
    const before = statSync(out).mtimeMs;
    await run(workspace, nodes);
    expect(statSync(out).mtimeMs).toBe(before);
    writeFileSync(out, "edited");
    rmSync(table);
    const again = await run(workspace, nodes);
    expect(again.statuses).toEqual({ report: "hit", files: "hit" });
    expect([readFileSync(out, "utf8"), readFileSync(table, "utf8")]).toEqual(["hello", "a,b\n1,2\n"]);
    expect(again.events.filter(({ type }) => type === "output-placed")).toHaveLength(2);
  });

  test("a stage that does not write its output, or returns a value beside it, fails", async () => {
    const target = path.join(mkdtempSync(path.join(tmpdir(), "sluice-")), "x");
    const none = await run(memoryWorkspace(), { a: testStage({}, () => undefined, { outputs: { x: target } }) });
    expect(none.failure("a")).toMatchObject({ reason: "missing-output" });
    const both = await run(memoryWorkspace(), {
      a: testStage(
        {},
        (_, { outputs }) => {
          writeFileSync(outputs.x!, "");
          return 1;
        },
        { outputs: { x: target } },
      ),
    });
    expect(both.failure("a")).toMatchObject({ reason: "unsupported-value" });
  });

  test("format file: the value is a handle of the file the stage wrote", async () => {
    const workspace = memoryWorkspace();
    const a = testStage(
      {},
      (_, { tmp }) => {
        writeFileSync(path.join(tmp, "data.bin"), "content");
        return "data.bin";
      },
      { format: "file" },
    );
    const nodes = { a, b: testStage({ a }, ({ a }) => (a as FileHandle).text()) };
    for (const status of ["executed", "hit"]) {
      const { outcome, statuses } = await run(workspace, nodes);
      expect(statuses.a).toBe(status);
      expect(outcome.value("b")).toBe("content");
      expect((outcome.value("a") as FileHandle).name).toBe("data.bin");
    }
  });

  test("a file handle of a result that is not cached reaches a result that is", async () => {
    const workspace = memoryWorkspace();
    const a = testStage(
      {},
      (_, { tmp }) => {
        writeFileSync(path.join(tmp, "f"), "x".repeat(10_000));
        return path.join(tmp, "f");
      },
      { format: "file", cache: "disable" },
    );
    const nodes = { a, b: testStage({ a }, ({ a }) => ({ kept: a }), { cache: "default" }), c: testStage({}, () => 1) };
    const { outcome } = await run(workspace, nodes);
    expect(await (outcome.value("b") as { kept: FileHandle }).kept.text()).toHaveLength(10_000);
    const [record] = await workspace.metadata.resultsOf("b", 1);
    const artifact = record!.artifacts.find(({ name }) => name === "files.0")!;
    expect(await workspace.blobs.stat(artifact.digest)).toMatchObject({ size: 10_000 });
  });
});

describe("keys are taken once", () => {
  test("an input that changes while a stage runs is not recorded under the old key", async () => {
    const workspace = memoryWorkspace();
    const file = path.join(workspace.root, "in.txt");
    writeFileSync(file, "one");
    const input = fileAt(file);
    const nodes = {
      input,
      a: testStage({ input }, async ({ input }) => {
        const text = await (input as FileHandle).text();
        writeFileSync(file, `${text}, then more`);
        return text;
      }),
    };
    const { outcome, events } = await run(workspace, nodes);
    expect(outcome.value("a")).toBe("one");
    expect(outcome.nodes.get("a")!.unrecorded).toContain("input changed");
    expect(events.some((event) => event.type === "warning" && event.failure.reason === "input-changed")).toBe(true);
    expect(await workspace.metadata.resultsOf("a", 1)).toEqual([]);
  });
});

test("a plain value that other code changes after the key was taken is an error, not a result under the old key", async () => {
  const workspace = memoryWorkspace();
  const config = { limit: 1 };
  const slow = testStage({}, async () => {
    await sleep(20);
    config.limit = 2;
  });
  // Tried again after the other stage has changed the object that both know.
  let calls = 0;
  const reader = testStage(
    { config },
    async ({ config }) => {
      calls += 1;
      if (calls === 1) fail("stage-failed", "once");
      return (config as { limit: number }).limit;
    },
    { retries: { times: 1, delay: 60, factor: 1, maxDelay: 60 } },
  );
  const { failure } = await run(workspace, { slow, reader }, { jobs: 2, keepGoing: true });
  expect(failure("reader")).toMatchObject({ reason: "input-changed", node: "reader" });
  expect(await workspace.metadata.resultsOf("reader", 9)).toEqual([]);
});

describe("damage", () => {
  test.each(["read by a consumer", "asked for as a target", "placed as an output"])(
    "a blob %s that is gone or wrong is made anew",
    async (how) => {
      const workspace = memoryWorkspace();
      const out = path.join(workspace.root, "out.txt");
      const damaged = how === "placed as an output" ? "output" : "value";
      let calls = 0;
      const a = testStage(
        {},
        () => {
          calls += 1;
          return "x".repeat(10_000);
        },
        how === "placed as an output" ? { output: out } : {},
      );
      const nodes = (code: number) => ({ a, b: testStage({ a }, ({ a }) => (a as string).length, { code }) });
      await run(workspace, nodes(1));
      for (const [round, damage] of ["remove", "corrupt"].entries()) {
        const [record] = await workspace.metadata.resultsOf("a", 1);
        const { digest } = record!.artifacts[0]!;
        if (damage === "remove") {
          for (const { digest } of record!.artifacts) await workspace.blobs.remove(digest);
        } else
          corruptOnce(
            workspace,
            record!.artifacts.filter(({ name }) => name === damaged).map(({ digest }) => digest),
          );
        rmSync(out, { force: true });
        const code = how === "read by a consumer" ? 2 + round : 1;
        const { outcome, statuses } = await run(workspace, nodes(code), { targets: ["a", "b"] });
        expect(outcome.status).toBe("ok");
        expect(statuses.a).toBe("executed");
        expect(outcome.value("a")).toBe("x".repeat(10_000));
        if (how === "placed as an output") expect(readFileSync(out, "utf8")).toHaveLength(10_000);
        expect(calls).toBe(2 + round);
        expect(await workspace.blobs.verify(digest)).toBe("ok");
      }
    },
  );

  test.each(["read by a consumer", "asked for as a target", "placed as an output"])(
    "content inside a record %s that is wrong is made anew",
    async (how) => {
      const workspace = memoryWorkspace();
      const out = path.join(workspace.root, "out.txt");
      let calls = 0;
      const give = () => {
        calls += 1;
        return "small";
      };
      const a = testStage({}, give, how === "placed as an output" ? { output: out } : {});
      const nodes = (code: number) => ({ a, b: testStage({ a }, ({ a }) => (a as string).length, { code }) });
      await run(workspace, nodes(1));
      const [record] = await workspace.metadata.resultsOf("a", 1);
      const artifacts = record!.artifacts.map((artifact) => {
        const inline = new Uint8Array(artifact.inline!);
        inline[0]! ^= 1;
        return { ...artifact, inline };
      });
      await workspace.metadata.putResults([{ ...record!, artifacts }]);
      rmSync(out, { force: true });
      const code = how === "read by a consumer" ? 2 : 1;
      const { outcome, statuses, events } = await run(workspace, nodes(code), { targets: ["a", "b"] });
      expect(outcome.status).toBe("ok");
      expect(statuses.a).toBe("executed");
      expect(outcome.value("a")).toBe("small");
      expect(events.some((event) => event.type === "warning" && event.failure.reason === "corrupt-blob")).toBe(true);
      if (how === "placed as an output") expect(readFileSync(out, "utf8")).toBe("small");
      expect(calls).toBe(2);
      const after = await run(workspace, nodes(code), { targets: ["a", "b"] });
      expect([after.statuses.a, after.outcome.value("a"), calls]).toEqual(["hit", "small", 2]);
    },
  );

  test("a damaged result that comes out differently takes its consumers with it", async () => {
    const workspace = memoryWorkspace();
    let world = "a";
    const a = testStage({}, () => world.repeat(10_000));
    const nodes = (code: number) => ({ a, b: testStage({ a }, ({ a }) => (a as string)[0], { code }) });
    await run(workspace, nodes(1));
    const [record] = await workspace.metadata.resultsOf("a", 1);
    corruptOnce(workspace, [record!.artifacts[0]!.digest]);
    world = "b";
    const { outcome } = await run(workspace, nodes(2));
    expect(outcome.value("b")).toBe("b");
    expect((await run(workspace, nodes(2))).outcome.value("b")).toBe("b");
  });

  test.each([1, 2])(
    "a run is cancelled while it waits for another that makes a damaged result anew (%i)",
    async (code) => {
      const workspace = memoryWorkspace();
      const a = testStage({}, () => "x".repeat(10_000));
      const nodes = (code: number) => ({ a, b: testStage({ a }, ({ a }) => (a as string)[0], { code }) });
      await run(workspace, nodes(1));
      const [record] = await workspace.metadata.resultsOf("a", 1);
      corruptOnce(workspace, [record!.artifacts[0]!.digest]);
      await workspace.leases.tryAcquire(record!.key);
      const stop = new AbortController();
      const { leases } = workspace;
      const waitFor: typeof leases.waitFor = (key, signal) => {
        setImmediate(() => stop.abort());
        return leases.waitFor(key, signal);
      };
      const watched = {
        ...workspace,
        leases: { ...leases, tryAcquire: (key) => leases.tryAcquire(key), waitFor },
      } as Workspace;
      const { outcome } = await run(watched, nodes(code), { targets: ["a", "b"], signal: stop.signal });
      expect(outcome.status).toBe("cancelled");
      expect((await workspace.metadata.runs(1))[0]?.status).toBe("cancelled");
    },
  );
});

/** The next read of these blobs finds them damaged, and sets them aside as a store does. */
function corruptOnce(workspace: Workspace, digests: readonly string[]): void {
  const left = new Set(digests);
  const { blobs } = workspace;
  for (const method of ["read", "place"] as const) {
    const original = blobs[method].bind(blobs) as (digest: string, ...rest: never[]) => Promise<never>;
    Object.defineProperty(blobs, method, {
      configurable: true,
      value: async (digest: string, ...rest: never[]) => {
        if (left.delete(digest)) {
          await blobs.remove(digest);
          fail("corrupt-blob", `blob ${digest} is damaged`, { retryable: true });
        }
        return original(digest, ...rest);
      },
    });
  }
}

describe("at once", () => {
  test("`jobs` and pools limit what runs, and one run shares with another", async () => {
    const workspace = memoryWorkspace();
    let now = 0;
    let most = 0;
    const busy = async () => {
      now += 1;
      most = Math.max(most, now);
      await sleep(10);
      now -= 1;
      return 1;
    };
    const many = (pool?: { name: string; limit?: number }) =>
      Object.fromEntries(
        Array.from({ length: 6 }, (_, i) => [`${pool?.name}${i}`, testStage({}, busy, pool ? { pool } : {})]),
      );
    await run(workspace, many(), { jobs: 3 });
    expect(most).toBe(3);
    most = 0;
    await run(workspace, many({ name: "p", limit: 2 }), { jobs: 6 });
    expect(most).toBe(2);
    most = 0;
    await run(workspace, many({ name: "q" }), { jobs: 6, pools: { q: 4 } });
    expect(most).toBe(4);
  });

  test("two runs that miss the same key compute it once", async () => {
    const workspace = memoryWorkspace();
    let calls = 0;
    const nodes = {
      a: testStage({}, async () => {
        calls += 1;
        await sleep(30);
        return "shared";
      }),
    };
    const both = await Promise.all([run(workspace, nodes), run(workspace, nodes)]);
    expect(calls).toBe(1);
    expect(both.map(({ outcome }) => outcome.value("a"))).toEqual(["shared", "shared"]);
    expect(both.map(({ outcome }) => outcome.nodes.get("a")!.shared ?? false).sort()).toEqual([false, true]);
  });

  test("a chain of 3,000 and a fan of 3,000 are run without recursion", async () => {
    const workspace = memoryWorkspace();
    const chain: Record<string, NodeDefinition> = { n0: testStage({}, () => 0) };
    for (let i = 1; i < 3000; i++)
      chain[`n${i}`] = testStage({ before: chain[`n${i - 1}`]! }, ({ before }) => (before as number) + 1);
    expect((await run(workspace, chain, { targets: ["n2999"] })).outcome.value("n2999")).toBe(2999);
    const fan = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, testStage({ i }, ({ i }) => i)]));
    const all = testStage(fan, (values) => Object.keys(values).length);
    expect((await run(workspace, { ...fan, all }, { targets: ["all"] })).outcome.value("all")).toBe(3000);
  });
});
