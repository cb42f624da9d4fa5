import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/core/event.ts";
import { fail } from "../../src/core/failure.ts";
import type { NodeDefinition } from "../../src/core/node.ts";
import { planGraph } from "../../src/run/plan.ts";
import { runGraph } from "../../src/run/run.ts";
import { type VerifyOptions, verifyGraph } from "../../src/run/verify/verify.ts";
import type { Workspace } from "../../src/run/workspace.ts";
import { memoryWorkspace, testGraph, testParam, testStage } from "../rig/engine.ts";

type Nodes = Readonly<Record<string, NodeDefinition>>;

/** Runs the nodes, then verifies them. */
async function verified(nodes: Nodes, options: VerifyOptions = {}, workspace: Workspace = memoryWorkspace()) {
  const graph = testGraph(nodes);
  await runGraph(workspace, graph, options.params ? { params: options.params, keepGoing: true } : { keepGoing: true });
  const events: RunEvent[] = [];
  const outcome = await verifyGraph(workspace, graph, { ...options, onEvent: (event) => void events.push(event) });
  const stages = Object.fromEntries(outcome.stages.map((stage) => [stage.node, stage]));
  const statuses = Object.fromEntries(outcome.stages.map(({ node, status }) => [node, status]));
  return { outcome, stages, statuses, events, workspace, graph };
}

/** A function that gives another number at each call. */
function counter(): () => number {
  let n = 0;
  return () => ++n;
}

/** All that a store holds that a verification must leave alone. */
async function contents({ metadata, blobs }: Workspace): Promise<unknown> {
  const results = await Array.fromAsync(metadata.allResults());
  const stored = await Array.fromAsync(blobs.list());
  const sorted = (list: readonly unknown[]): string[] => list.map((item) => JSON.stringify(item)).sort();
  return { results: sorted(results), blobs: sorted(stored), runs: await metadata.runs(100) };
}

describe("verify", () => {
  test("names the stages that give another value, and where it first differs", async () => {
    const next = counter();
    const steady = testStage({}, () => ({ a: 1 }));
    const unsteady = testStage({}, () => ({ rows: [{ n: 1 }, { n: next() }], same: "x" }));
    const { outcome, stages, statuses } = await verified({ steady, unsteady });
    expect(outcome.status).toBe("failed");
    expect(statuses).toEqual({ steady: "same", unsteady: "different" });
    expect(stages.unsteady).toMatchObject({
      difference: { kind: "value", total: 1, entries: [{ path: "result.rows[1].n", before: "1", after: "2" }] },
    });
  });

  test("results of every format are the same as they were", async () => {
    const rows = [
      { id: 1, name: "a" },
      { id: 2, name: "b" },
    ];
    const tables = ["json", "ndjson", "csv", "arrow", "parquet"].map((format) => [format, () => rows] as const);
    const others = [["text", () => "x"] as const, ["bytes", () => new Uint8Array([1])] as const];
    const nodes = Object.fromEntries(
      [...tables, ...others].map(([format, make]) => [format, testStage({}, make, { format: format as "json" })]),
    );
    const { statuses } = await verified(nodes);
    expect(Object.values(statuses)).toEqual(Array(7).fill("same"));
  });

  test("a difference upstream stays upstream: each stage reads what is cached", async () => {
    const next = counter();
    const a = testStage({}, () => next());
    const b = testStage({ a }, ({ a }) => `b${a}`);
    const seen: unknown[] = [];
    const c = testStage({ a, b }, (inputs) => {
      seen.push(inputs);
      return JSON.stringify(inputs);
    });
    const { statuses } = await verified({ a, b, c });
    expect(statuses).toEqual({ a: "different", b: "same", c: "same" });
    expect(seen).toEqual([
      { a: 1, b: "b1" },
      { a: 1, b: "b1" },
    ]);
  });

  test("changes nothing in the cache, no output and no record of a run", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "sluice-verify-"));
    const out = path.join(folder, "out.txt");
    const next = counter();
    const big = testStage({}, () => `${next()}`.repeat(10_000), { output: out });
    const files = testStage({}, (_, context) => writeFileSync(context.outputs.report!, `file ${next()}`), {
      outputs: { report: path.join(folder, "report.txt") },
    });
    const workspace = memoryWorkspace();
    const graph = testGraph({ big, files });
    await runGraph(workspace, graph);
    const before = await contents(workspace);
    const placed = readFileSync(out, "utf8");
    writeFileSync(path.join(folder, "report.txt"), "edited by hand");
    const { status, stages } = await verifyGraph(workspace, graph);
    expect(status).toBe("failed");
    expect(stages.map((stage) => stage.status)).toEqual(["different", "different"]);
    expect(await contents(workspace)).toEqual(before);
    expect(readFileSync(out, "utf8")).toBe(placed);
    expect(readFileSync(path.join(folder, "report.txt"), "utf8")).toBe("edited by hand");
    expect((await planGraph(workspace, graph)).nodes.map((node) => node.status)).toEqual(["hit", "hit"]);
  });

  test("files that a stage wrote are compared by their content", async () => {
    const next = counter();
    const files = testStage({}, (_, context) => writeFileSync(context.outputs.log!, `head\nrun ${next()}\n`), {
      outputs: { log: path.join(mkdtempSync(path.join(tmpdir(), "sluice-verify-")), "log.txt") },
    });
    const { stages } = await verified({ files });
    expect(stages.files).toMatchObject({
      status: "different",
      difference: {
        entries: [{ path: "result.log", within: { kind: "file", content: { kind: "text", first: { line: 2 } } } }],
      },
    });
  });

  test("with `record`, the new results take the place of the old ones, as a run of its own", async () => {
    const out = path.join(mkdtempSync(path.join(tmpdir(), "sluice-verify-")), "n.txt");
    const next = counter();
    const n = testStage({}, () => `n ${next()}`, { output: out });
    const m = testStage({ n }, ({ n }) => n);
    const param = testParam(1);
    const p = testStage({ param }, ({ param }) => param);
    const { outcome, workspace, graph } = await verified({ n, m, param, p }, { record: true, targets: ["n"] });
    expect(outcome.stages).toMatchObject([{ node: "n", status: "different" }]);
    expect(readFileSync(out, "utf8")).toBe("n 2");
    const [run] = await workspace.metadata.runs(1);
    expect(run).toMatchObject({ id: outcome.runId, status: "ok", cache: "wo", counts: { executed: 1 } });
    expect((await workspace.metadata.runNodes(run!.id)).get("n")).toMatchObject({ status: "executed" });
    const [record] = await workspace.metadata.resultsOf("n", 10);
    expect(record).toMatchObject({ runId: outcome.runId });
    // What read the old value has no result for the new one.
    const { nodes } = await runGraph(workspace, graph, { values: true });
    expect([nodes.get("n")!.status, nodes.get("m")!.status]).toEqual(["hit", "executed"]);
  });

  test("says what it passes over and why", async () => {
    const client = testStage({}, () => ({ call: () => 1 }), { cache: "ignore" });
    const fresh = testStage({}, () => 1, { cache: "disable" });
    const reads = testStage({ fresh }, ({ fresh }) => fresh);
    const failing = testStage({}, () => fail("stage-failed", "no"));
    const after = testStage({ failing }, () => 1);
    const old = testStage({}, () => Date.now(), { maxAge: 1e9 });
    const { stages, outcome } = await verified({ client, fresh, reads, failing, after, old });
    expect(
      Object.fromEntries(Object.entries(stages).map(([name, stage]) => [name, "why" in stage && stage.why])),
    ).toEqual({
      client: "never-cached",
      fresh: "never-cached",
      reads: "not-cached",
      failing: "not-cached",
      after: "not-cached",
      old: "max-age",
    });
    // Nothing was verified, which is no success.
    expect(outcome.status).toBe("failed");
    expect(stages.reads).toMatchObject({ detail: "it reads fresh, which has no cached result" });
  });

  test("a stage with a `maxAge` is verified when it is named, even when its result is too old", async () => {
    const next = counter();
    const old = testStage({}, () => next(), { maxAge: 1 });
    const workspace = memoryWorkspace();
    const graph = testGraph({ old });
    await runGraph(workspace, graph);
    await sleep(10);
    expect((await verifyGraph(workspace, graph, { targets: ["old"] })).stages).toMatchObject([{ status: "different" }]);
  });

  test("what is never cached is made once for all that read it", async () => {
    let made = 0;
    const client = testStage({}, () => ({ get: () => 7, number: ++made }), { cache: "ignore" });
    const get = ({ client }: Readonly<Record<string, unknown>>): number => (client as { get(): number }).get();
    const a = testStage({ client }, get);
    const b = testStage({ client }, get);
    const { statuses } = await verified({ client, a, b });
    expect(statuses).toMatchObject({ a: "same", b: "same" });
    expect(made).toBe(2);
  });

  test("`recompute` stages are compared with what they gave last", async () => {
    const next = counter();
    const again = testStage({}, () => next(), { cache: "recompute" });
    const reads = testStage({ again }, ({ again }) => again);
    expect((await verified({ again, reads })).statuses).toEqual({ again: "different", reads: "same" });
  });

  test("a stage that fails now has failed; its checks and its time limit count too", async () => {
    const next = counter();
    const second = <T>(first: T, other: () => T) => {
      const count = counter();
      return () => (count() === 1 ? first : other());
    };
    const throws = testStage(
      {},
      second(1, () => fail("stage-failed", "not again")),
    );
    const slow = testStage(
      {},
      second<unknown>(1, () => sleep(60_000, 1, { ref: false })),
      { timeout: 50 },
    );
    const check = { name: "is one", level: "fail" as const, test: (value: unknown) => value === 1 };
    const checked = testStage({}, () => next(), { checks: [check] });
    const { stages, outcome } = await verified({ throws, slow, checked });
    expect(outcome.status).toBe("failed");
    expect(stages).toMatchObject({
      throws: { status: "failed", failure: { reason: "stage-failed" } },
      slow: { status: "failed", failure: { reason: "timed-out" } },
      checked: { status: "failed", failure: { reason: "check-failed" } },
    });
  });

  test("an input that is changed meanwhile is not taken for a difference", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "sluice-verify-"));
    const at = path.join(folder, "in.txt");
    writeFileSync(at, "one");
    const source = { kind: "file", path: at, base: () => folder, site: () => [] } as unknown as NodeDefinition;
    let calls = 0;
    const reader = testStage({ source }, async ({ source }) => {
      calls++;
      const text = await (source as { text(): Promise<string> }).text();
      if (calls === 2) writeFileSync(at, "two");
      return calls === 2 ? "two" : text;
    });
    const { stages, outcome } = await verified({ source, reader, other: testStage({}, () => 1) });
    expect(stages.reader).toMatchObject({ status: "unverified", why: "input-changed" });
    expect(stages.other!.status).toBe("same");
    expect(outcome.status).toBe("ok");
  });

  test("a damaged input is said, and left for a run to heal", async () => {
    const a = testStage({}, () => "x".repeat(10_000));
    const b = testStage({ a }, ({ a }) => (a as string).length);
    const workspace = memoryWorkspace();
    const graph = testGraph({ a, b });
    await runGraph(workspace, graph);
    const [{ artifacts } = { artifacts: [] }] = await workspace.metadata.resultsOf("a", 1);
    await workspace.blobs.remove(artifacts[0]!.digest);
    const { stages } = await verifyGraph(workspace, graph);
    expect(stages).toMatchObject([
      { node: "a", status: "same" },
      { node: "b", status: "unverified", why: "input-damaged" },
    ]);
  });

  test("where the old value is gone, the difference cannot be shown, and that is said", async () => {
    const next = counter();
    const a = testStage({}, () => `${next()}`.repeat(10_000));
    const workspace = memoryWorkspace();
    const graph = testGraph({ a });
    await runGraph(workspace, graph);
    const [{ artifacts } = { artifacts: [] }] = await workspace.metadata.resultsOf("a", 1);
    await workspace.blobs.remove(artifacts[0]!.digest);
    const { stages } = await verifyGraph(workspace, graph);
    expect(stages).toMatchObject([{ status: "different", missing: expect.stringContaining("blob") }]);
    expect(stages[0]).not.toHaveProperty("difference");
  });

  test("samples repeat themselves, and other seeds choose others", async () => {
    const nodes = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`s${i}`, testStage({}, () => i)]));
    const workspace = memoryWorkspace();
    const graph = testGraph(nodes);
    await runGraph(workspace, graph);
    const chosen = async (options: VerifyOptions): Promise<readonly string[]> => {
      const { stages } = await verifyGraph(workspace, graph, options);
      return stages.filter(({ status }) => status === "same").map(({ node }) => node);
    };
    const first = await chosen({ sample: 5 });
    expect(first).toHaveLength(5);
    expect(await chosen({ sample: 5 })).toEqual(first);
    expect(await chosen({ sample: 5, seed: "other" })).not.toEqual(first);
    expect(await chosen({ sample: 500 })).toHaveLength(30);
    await expect(chosen({ sample: 0 })).rejects.toMatchObject({ reason: "usage" });
  });

  test("at most `jobs` at once, and of a pool no more than its limit", async () => {
    let [now, most, pooled, mostPooled] = [0, 0, 0, 0];
    const work = (inPool: boolean) => async () => {
      most = Math.max(most, ++now);
      if (inPool) mostPooled = Math.max(mostPooled, ++pooled);
      await sleep(5);
      now--;
      if (inPool) pooled--;
      return 1;
    };
    const nodes = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [
        `s${i}`,
        testStage({}, work(i % 2 === 0), i % 2 === 0 ? { pool: { name: "p", limit: 1 } } : {}),
      ]),
    );
    const workspace = memoryWorkspace();
    const graph = testGraph(nodes);
    await runGraph(workspace, graph);
    [most, mostPooled] = [0, 0];
    await verifyGraph(workspace, graph, { jobs: 3 });
    expect([most, mostPooled]).toEqual([3, 1]);
  });

  test("cancelled, it ends, and says what was not verified", async () => {
    const controller = new AbortController();
    let calls = 0;
    const slow = testStage({}, async () => {
      if (++calls === 1) return 1;
      controller.abort();
      await sleep(60_000, undefined, { ref: false });
      return 1;
    });
    const later = testStage({ slow }, () => 2);
    const { outcome, stages } = await verified({ slow, later }, { jobs: 1, signal: controller.signal });
    expect(outcome.status).toBe("cancelled");
    expect(stages.slow).toMatchObject({ status: "unverified", why: "cancelled" });
  });

  test("parameters choose which results are verified", async () => {
    const n = testParam(1);
    const twice = testStage({ n }, ({ n }) => (n as number) * 2);
    const { stages, workspace, graph } = await verified({ n, twice }, { params: { n: 5 } });
    expect(stages.twice!.status).toBe("same");
    expect((await verifyGraph(workspace, graph, { params: { n: 6 } })).stages).toMatchObject([{ why: "not-cached" }]);
  });

  test("only stages can be named", async () => {
    const n = testParam(1);
    await expect(verified({ n, s: testStage({ n }, () => 1) }, { targets: ["n"] })).rejects.toMatchObject({
      reason: "usage",
    });
  });
});
