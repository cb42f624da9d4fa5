import { describe, expect, test } from "vitest";
import type { NodeDefinition } from "../../src/core/node.ts";
import type { RunRecord } from "../../src/metadata/metadata.ts";
import { compareNode, compareRuns } from "../../src/run/difference/run-difference.ts";
import { namedRun } from "../../src/run/explain/named-run.ts";
import { type RunOptions, runGraph } from "../../src/run/run.ts";
import type { Workspace } from "../../src/run/workspace.ts";
import { memoryWorkspace, testGraph, testParam, testStage } from "../rig/engine.ts";

type Nodes = Readonly<Record<string, NodeDefinition>>;

async function run(workspace: Workspace, nodes: Nodes, options: RunOptions = {}): Promise<RunRecord> {
  const { runId } = await runGraph(workspace, testGraph(nodes), { keepGoing: true, ...options });
  return (await workspace.metadata.run(runId))!;
}

/** Two pipelines that differ in a bit of everything, each run once. */
async function twoRuns() {
  const workspace = memoryWorkspace();
  const pipeline = (version: 1 | 2): Nodes => {
    const n = testParam(version);
    const same = testStage({}, () => "same");
    const list = testStage({ n }, ({ n }) => ({ items: [1, 2, n] }));
    const code = testStage({}, () => "as it was", { code: version + 10 });
    const cutOff = testStage({ list }, () => "whatever");
    const format = testStage({}, () => ({ a: 1 }), { format: version === 1 ? "auto" : "json" });
    const fails = testStage({ n }, ({ n }) => {
      if (n === 2) throw new Error("no");
      return n;
    });
    const both = { n, same, list, code, cutOff, format, fails };
    return version === 1 ? { ...both, gone: testStage({}, () => 1) } : { ...both, come: testStage({}, () => 1) };
  };
  return {
    workspace,
    before: await run(workspace, pipeline(1)),
    after: await run(workspace, pipeline(2)),
    later: await run(workspace, pipeline(1)),
  };
}

describe("two runs", () => {
  test("which nodes differ, and in what", async () => {
    const { workspace, before, after } = await twoRuns();
    const { nodes, total } = await compareRuns(workspace, before, after);
    expect(total).toBe(9);
    const list = nodes.map(({ node, change, differs }) => [node, change, ...differs].join(" "));
    expect(list.sort()).toEqual([
      "code changed code",
      "come added",
      "cutOff changed inputs",
      "fails changed status",
      "format changed settings",
      "gone removed",
      "list changed value inputs",
      "n changed value",
    ]);
  });

  test("sources are told by what read them", async () => {
    const { workspace, before, after } = await twoRuns();
    const { nodes } = await compareRuns(workspace, before, after);
    expect(nodes.find(({ node }) => node === "n")).toMatchObject({ before: { preview: "1" }, after: { preview: "2" } });
    expect(nodes.find(({ node }) => node === "list")).toMatchObject({
      inputs: [{ name: "n", before: "1", after: "2" }],
    });
  });

  test("runs of one state do not differ, whoever made the results", async () => {
    const { workspace, before, later } = await twoRuns();
    expect(await compareRuns(workspace, before, later)).toMatchObject({ nodes: [], total: 8 });
  });

  test("no value is read", async () => {
    const { workspace, before, after } = await twoRuns();
    const blind = { ...workspace, blobs: {} as Workspace["blobs"] };
    expect((await compareRuns(blind, before, after)).nodes).toHaveLength(8);
  });
});

describe("one node of two runs", () => {
  test("the difference of its values", async () => {
    const { workspace, before, after } = await twoRuns();
    expect(await compareNode(workspace, before, after, "list")).toMatchObject({
      node: { change: "changed", differs: ["value", "inputs"] },
      difference: { kind: "value", total: 1, entries: [{ path: "result.items[2]", before: "1", after: "2" }] },
    });
    expect(await compareNode(workspace, before, after, "code")).toMatchObject({
      node: { differs: ["code"] },
      difference: { equal: true },
    });
    expect(await compareNode(workspace, before, after, "same")).toMatchObject({
      node: { change: "same" },
      difference: { equal: true },
    });
  });

  test.each([
    ["n", { before: "the values of sources are not kept", after: "the values of sources are not kept" }],
    ["fails", { after: "it failed" }],
    ["come", { before: "the run does not have it" }],
    ["gone", { after: "the run does not have it" }],
  ])("says why %s has no values", async (node, missing) => {
    const { workspace, before, after } = await twoRuns();
    const compared = await compareNode(workspace, before, after, node);
    expect(compared.missing).toEqual(missing);
    expect(compared).not.toHaveProperty("difference");
  });

  test("a result that was removed, or made again with another value, is not taken for the old one", async () => {
    let value = 0;
    const workspace = memoryWorkspace();
    const nodes = { a: testStage({}, () => ++value, { cache: "recompute" }) };
    const [one, two] = [await run(workspace, nodes), await run(workspace, nodes)];
    expect(await compareNode(workspace, one, two, "a")).toMatchObject({
      node: { differs: ["value"] },
      missing: { before: "its result is not in the cache" },
    });
    const [{ key } = { key: "" }] = await workspace.metadata.resultsOf("a", 1);
    await workspace.metadata.removeResults([key]);
    expect((await compareNode(workspace, one, two, "a")).missing).toMatchObject({
      after: "its result is not in the cache",
    });
  });

  test("a value is found under another key that has it", async () => {
    const workspace = memoryWorkspace();
    const nodes = (code: number) => ({ a: testStage({}, () => "the same", { code }) });
    const one = await run(workspace, nodes(1));
    const two = await run(workspace, nodes(2));
    const { key } = (await workspace.metadata.runNodes(one.id)).get("a")!;
    await workspace.metadata.removeResults([key!]);
    expect(await compareNode(workspace, one, two, "a")).toMatchObject({ difference: { equal: true } });
  });

  test("what is damaged is said", async () => {
    const workspace = memoryWorkspace();
    const nodes = (n: number) => ({ a: testStage({}, () => `${n}`.repeat(10_000), { code: n }) });
    const [one, two] = [await run(workspace, nodes(1)), await run(workspace, nodes(2))];
    const { dataVersion } = (await workspace.metadata.runNodes(one.id)).get("a")!;
    const record = (await workspace.metadata.resultsOf("a", 5)).find((each) => each.dataVersion === dataVersion)!;
    await workspace.blobs.remove(record.artifacts[0]!.digest);
    expect((await compareNode(workspace, one, two, "a")).missing).toEqual({ before: expect.stringContaining("blob") });
  });

  test("a node that neither has is refused, with the nearest name", async () => {
    const { workspace, before, after } = await twoRuns();
    await expect(compareNode(workspace, before, after, "lsit")).rejects.toMatchObject({
      reason: "unknown-node",
      failure: { hint: "did you mean list?" },
    });
  });
});

describe("namedRun", () => {
  test("last, previous, further back, an id, the start of one", async () => {
    const { workspace, before, after, later } = await twoRuns();
    const { metadata } = workspace;
    const ids = await Promise.all(
      ["last", "previous", "last~0", "last~1", "last~2", after.id].map(
        async (name) => (await namedRun(metadata, name)).id,
      ),
    );
    expect(ids).toEqual([later.id, after.id, later.id, after.id, before.id, after.id]);
    for (const name of ["last~3", "nope", "last~-1", ""]) {
      await expect(namedRun(metadata, name)).rejects.toMatchObject({ reason: "unknown-run" });
    }
  });
});
