import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import { buildGraph, nearest } from "../../src/core/graph.ts";
import { definition, type NodeDefinition, type StageNode } from "../../src/core/node.ts";

function stageNode(inputs: Record<string, unknown> = {}, more: Partial<StageNode> = {}): StageNode {
  return {
    kind: "stage",
    inputs,
    run: () => 1,
    cache: "default",
    format: "auto",
    formatOptions: null,
    retries: { times: 0, delay: 0, factor: 1, maxDelay: 0 },
    checks: [],
    site: () => [{ file: "/project/pipeline.ts", line: 3, column: 7 }],
    ...more,
  };
}

const handle = (node: NodeDefinition) => ({ [definition]: node });

function failureOfBuild(named: Map<string, NodeDefinition>) {
  try {
    buildGraph(named);
  } catch (error) {
    return failureOf(error);
  }
  return undefined;
}

describe("a graph", () => {
  test("is in topological order, and names what has no name after its reader", () => {
    const template = stageNode();
    const clean = stageNode();
    const report = stageNode({ clean: handle(clean), template: handle(template), topN: 5 });
    const graph = buildGraph(
      new Map([
        ["report", report],
        ["clean", clean],
      ]),
    );
    expect(graph.nodes.map(({ name }) => name)).toEqual(["clean", "report.template", "report"]);
    expect(
      graph.get("report")!.inputs.map((input) => [input.name, input.node ? input.node.name : input.value]),
    ).toEqual([
      ["clean", "clean"],
      ["template", "report.template"],
      ["topN", 5],
    ]);
    expect(graph.get("clean")!.consumers.map(({ name }) => name)).toEqual(["report"]);
  });

  test("names a cycle by its members, in order", () => {
    const [a, b, c] = [{}, {}, {}] as Record<string, unknown>[];
    const nodes = { a: stageNode(a), b: stageNode(b), c: stageNode(c) };
    a!.c = handle(nodes.c);
    b!.a = handle(nodes.a);
    c!.b = handle(nodes.b);
    const found = failureOfBuild(new Map(Object.entries(nodes)));
    expect(found).toMatchObject({ reason: "cycle", where: { file: "/project/pipeline.ts", line: 3 } });
    expect(found!.message).toMatch(/(a -> b -> c -> a|b -> c -> a -> b|c -> a -> b -> c)/);
  });

  test("refuses a node that reads itself", () => {
    const inputs: Record<string, unknown> = {};
    const self = stageNode(inputs);
    inputs.me = handle(self);
    expect(failureOfBuild(new Map([["self", self]]))?.message).toContain("self -> self");
  });

  test("refuses two nodes of one name, an undefined input, a name with control characters", () => {
    const twins = new Map([
      ["a", stageNode({}, { name: "x" })],
      ["b", stageNode({}, { name: "x" })],
    ]);
    expect(failureOfBuild(twins)).toMatchObject({ reason: "duplicate-name", node: "x" });
    expect(failureOfBuild(new Map([["a", stageNode({ b: undefined })]]))?.message).toContain('input "b" of "a"');
    expect(failureOfBuild(new Map([["a", stageNode({}, { name: "\u001b[31m" })]]))?.reason).toBe("invalid-definition");
  });

  test.each([
    ["the same path", "/p/out/a.txt", "/p/out/a.txt"],
    ["a path inside the other's file", "/p/out", "/p/out/a.txt"],
  ])("refuses two stages that write %s", (_, first, second) => {
    const named = new Map([
      ["a", stageNode({}, { output: first })],
      ["b", stageNode({}, { outputs: { x: second } })],
    ]);
    expect(failureOfBuild(named)).toMatchObject({ reason: "duplicate-output", node: "b" });
  });

  test("resolves an exported array to its members, and suggests the nearest name", () => {
    const graph = buildGraph(
      new Map([
        ["years.0", stageNode()],
        ["years.1", stageNode()],
        ["clean", stageNode()],
      ]),
    );
    expect(graph.resolve("years").map(({ name }) => name)).toEqual(["years.0", "years.1"]);
    expect(() => graph.resolve("claen")).toThrow('there is no node "claen"');
    expect(nearest("claen", ["clean", "report"])).toBe("clean");
    expect(nearest("zzz", ["clean", "report"])).toBeUndefined();
  });

  test("is built of 100,000 nodes, deep or wide, without recursion", () => {
    const deep: StageNode[] = [stageNode()];
    for (let i = 1; i < 100_000; i++) deep.push(stageNode({ before: handle(deep[i - 1]!) }));
    const chain = buildGraph(new Map(deep.map((node, i) => [`n${i}`, node])));
    expect(chain.nodes).toHaveLength(100_000);
    expect(chain.needed(chain.resolve("n99999"))).toHaveLength(100_000);
    const hub = stageNode(Object.fromEntries(deep.slice(0, 1).map((node, i) => [`i${i}`, handle(node)])));
    const leaves = Array.from({ length: 100_000 }, () => stageNode({ hub: handle(hub) }));
    const all = stageNode(Object.fromEntries(leaves.map((leaf, i) => [`i${i}`, handle(leaf)])));
    expect(buildGraph(new Map([["all", all]])).nodes).toHaveLength(100_003);
  });

  test("random graphs: inputs come first, and what a target needs is exactly its ancestors", () => {
    const arbitrary = fc.array(fc.array(fc.nat(1000), { maxLength: 4 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(arbitrary, fc.nat(1000), fc.boolean(), (wires, pick, reverse) => {
        const nodes: StageNode[] = [];
        for (const [i, reads] of wires.entries()) {
          const inputs = i === 0 ? [] : [...new Set(reads.map((read) => read % i))];
          nodes.push(stageNode(Object.fromEntries(inputs.map((input) => [`i${input}`, handle(nodes[input]!)]))));
        }
        const named = nodes.map((node, i): [string, StageNode] => [`n${i}`, node]);
        const graph = buildGraph(new Map(reverse ? named.reverse() : named));
        for (const node of graph.nodes) {
          for (const input of node.inputs) expect(input.node!.index).toBeLessThan(node.index);
        }
        const target = graph.nodes[pick % graph.nodes.length]!;
        const ancestors = new Set([target]);
        for (const node of ancestors) for (const input of node.inputs) ancestors.add(input.node!);
        expect(new Set(graph.needed([target]))).toEqual(ancestors);
      }),
      { numRuns: 300 },
    );
  });
});
