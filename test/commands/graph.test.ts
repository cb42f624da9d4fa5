import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { rig } from "../rig/rig.ts";
import { sales } from "./pipelines.ts";

const many = {
  "pipeline.ts": `import { file, stage } from "sluice";
export const all = file("all.csv");
export const years = Array.from({ length: 20 }, (_, i) => stage({ all, i }, ({ i }) => i));
export const total = stage(Object.fromEntries(years.map((year, i) => [\`y\${i}\`, year])), (inputs) => Object.keys(inputs).length);
`,
  "all.csv": "a\n",
};

describe("sluice graph", () => {
  test("writes what the file's ending says", { timeout: 90_000 }, async () => {
    await using project = await rig.project(sales);
    const starts = {
      svg: "<svg ",
      html: "<!doctype html>",
      json: "{",
      dot: "digraph",
      mmd: "flowchart",
      txt: "report",
    };
    for (const [ending, start] of Object.entries(starts)) {
      const { code, stdout, stderr } = await project.sluice("graph", "-o", `out/graph.${ending}`);
      expect([code, stdout]).toEqual([0, ""]);
      expect(stderr).toBe(`wrote out/graph.${ending}\n`);
      expect((await project.read(`out/graph.${ending}`)).startsWith(start)).toBe(true);
    }
    const wrong = await project.sluice("graph", "-o", "graph.gif");
    expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
    expect(wrong.stderr).toContain("give --format: text, svg, png, html, mermaid, dot, json");
    expect((await project.sluice("graph", "-o", "graph", "--format", "svg")).code).toBe(0);
    expect(await project.read("graph")).toMatch(/^<svg /);
    expect((await project.sluice("graph", "--json", "--format", "svg")).code).toBe(2);
  });

  test("draws what a run would do, and how a run ended", { timeout: 90_000 }, async () => {
    await using project = await rig.project(sales);
    const before = (await project.sluice("graph", "--json")).json();
    expect(before.states).toMatchObject({ of: "plan" });
    expect(before.nodes.clean).toMatchObject({
      kind: "stage",
      description: "rows that count",
      inputs: { sales: "sales" },
      where: { file: expect.stringMatching(/pipeline\.ts$/), line: 6 },
      state: { status: "run", reasons: ["first run"] },
    });
    expect(before.wires).toContainEqual({ from: "topN", to: "stats", input: "topN" });
    await project.sluice("run");
    const after = (await project.sluice("graph", "--json", "--set", "topN=1")).json();
    const statuses = (document: { nodes: Record<string, { state?: { status: string } }> }) =>
      Object.fromEntries(Object.entries(document.nodes).map(([name, { state }]) => [name, state?.status]));
    expect(statuses(after)).toEqual({ sales: "hit", topN: "hit", clean: "hit", stats: "run", report: "maybe" });
    expect(after.nodes.stats.state.reasons).toEqual(["param topN: 2 -> 1"]);
    const ran = (await project.sluice("graph", "--json", "--run", "last")).json();
    expect(ran.states).toMatchObject({ of: "run", status: "ok" });
    expect(statuses(ran)).toMatchObject({ clean: "executed", report: "executed" });
    const plain = (await project.sluice("graph", "--json", "--no-state")).json();
    expect(plain.states).toBeNull();
    expect(new Set(Object.values(statuses(plain)))).toEqual(new Set([undefined]));
    const unknown = await project.sluice("graph", "--json", "--run", "nonsense");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("there is no run nonsense");
    expect((await project.sluice("graph", "--run", "last")).stdout).toMatch(/n\d\["clean<br>ran in [^"]+"\]/);
  });

  test("makes no cache where no state is asked for, and gives the same bytes each time", async () => {
    await using project = await rig.project(sales);
    const [first, second] = [
      await project.sluice("graph", "--format", "svg", "--no-state"),
      await project.sluice("graph", "--format", "svg", "--no-state"),
    ];
    expect(second.stdout).toBe(first.stdout);
    expect(first.stdout).not.toContain(project.dir);
    expect(project.exists(".sluice")).toBe(false);
  });

  test("a page tells nothing of the machine", async () => {
    await using project = await rig.project(sales);
    await project.sluice("run");
    const { stdout } = await project.sluice("graph", "--format", "html");
    expect(stdout.includes(project.dir)).toBe(false);
    expect(stdout.includes("pipeline.ts:6")).toBe(true);
  });

  test("draws a run as it was, whatever has become of the pipeline", { timeout: 90_000 }, async () => {
    await using project = await rig.project(sales);
    await project.sluice("run");
    const drawn = async (...args: string[]) => (await project.sluice("graph", "--run", "last", ...args)).stdout;
    const [before, svg] = [JSON.parse(await drawn("--json")), await drawn("--format", "svg", "--theme", "dark")];
    await project.write("pipeline.ts", "this is no code any more");
    expect(JSON.parse(await drawn("--json"))).toEqual(before);
    expect(await drawn("--format", "svg", "--theme", "dark")).toBe(svg);
    await project.remove("pipeline.ts");
    expect(JSON.parse(await drawn("--json")).wires).toEqual(before.wires);
    expect(await drawn("--format", "text", "clean")).toMatch(
      /^clean {2}stage: ran in .*\n└─ sales {2}file data\/sales.csv .*\n$/,
    );
    expect((await project.sluice("graph", "--run", "last", "cleen")).stderr).toContain('did you mean "clean"?');
  });

  test("draws the names that nodes had in a run, whichever run made the result", { timeout: 90_000 }, async () => {
    const flow = (name: string) => `import { param, stage } from "sluice";
export const ${name} = param(1);
export const double = stage({ x: ${name} }, ({ x }) => x * 2);
`;
    await using project = await rig.project({ "pipeline.ts": flow("first") });
    await project.sluice("run");
    await project.write("pipeline.ts", flow("second"));
    await project.sluice("run");
    const drawn = async (run: string) => (await project.sluice("graph", "--json", "--run", run)).json();
    const last = await drawn("last");
    expect(last.nodes.double.state.status).toBe("hit");
    expect(last.wires).toEqual([{ from: "second", to: "double", input: "x" }]);
    expect((await drawn("previous")).wires).toEqual([{ from: "first", to: "double", input: "x" }]);
    // a run that is not even loaded for, since nothing changed, ended as the one before it
    await project.sluice("run");
    expect((await drawn("last")).wires).toEqual(last.wires);
    expect((await drawn("last~2")).wires).toEqual([{ from: "first", to: "double", input: "x" }]);
  });

  test("says what is not known any more of a run, and draws the rest", { timeout: 90_000 }, async () => {
    await using project = await rig.project(sales);
    await project.sluice("run");
    await project.sluice("cache", "clear", "--yes");
    const gone = await project.sluice("graph", "--run", "last");
    expect([gone.code, gone.stdout]).toEqual([2, ""]);
    await project.sluice("run");
    await project.sluice("cache", "prune", "--older-than", "0s");
    const { code, stdout, stderr } = await project.sluice("graph", "--run", "last", "--format", "svg");
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: what \d nodes of run \S+ read is not known any more: clean/);
    expect(stdout).toContain("gone with evicted keys");
    expect(stdout.match(/class="card /g)).toHaveLength(5);
  });

  test("draws all wires of a run that failed", { timeout: 90_000 }, async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { param, stage } from "sluice";
export const n = param(1);
export const bad = stage({ n }, ({ n }) => { throw new Error("broke"); });
export const free = stage({ n }, ({ n }) => n, { cache: "disable" });
export const after = stage({ bad, free, extra: 5 }, () => 1);
`,
    });
    expect((await project.sluice("run", "--keep-going")).code).toBe(1);
    const { wires, nodes } = (await project.sluice("graph", "--json", "--run", "last")).json();
    expect(wires.map(({ from, to }: { from: string; to: string }) => `${from} ${to}`).toSorted()).toEqual([
      "bad after",
      "free after",
      "n bad",
      "n free",
    ]);
    expect(nodes.after).toMatchObject({
      state: { status: "skipped" },
      inputs: { bad: "bad", free: "free", extra: null },
    });
    expect(nodes.bad.state).toMatchObject({ status: "failed", note: expect.stringContaining("broke") });
  });

  test("makes PNGs, for files and pipes", { timeout: 90_000 }, async () => {
    await using project = await rig.project(sales);
    const { code, stderr } = await project.sluice("graph", "-o", "out/graph.png", "--no-state");
    expect([code, stderr]).toEqual([0, "wrote out/graph.png\n"]);
    const bytes = readFileSync(path.join(project.dir, "out/graph.png"));
    expect(bytes.subarray(1, 4).toString()).toBe("PNG");
  });

  test("takes a part: what targets need, or what is near a node", { timeout: 90_000 }, async () => {
    await using project = await rig.project(sales);
    const names = async (...args: string[]) =>
      Object.keys((await project.sluice("graph", "--json", ...args)).json().nodes);
    expect((await names("clean")).sort()).toEqual(["clean", "sales"]);
    expect((await names("--around", "stats", "--depth", "1")).sort()).toEqual(["clean", "report", "stats", "topN"]);
    expect((await names("--around", "clean")).sort()).toEqual(["clean", "report", "sales", "stats"]);
    expect(await names("--around", "clean", "--depth", "0")).toEqual(["clean"]);
    expect((await project.sluice("graph", "--depth", "1")).code).toBe(2);
    expect((await project.sluice("graph", "--around", "cleen")).stderr).toContain('did you mean "clean"?');
  });

  test("folds many nodes that are alike, unless told otherwise", async () => {
    await using project = await rig.project(many);
    const cards = async (...args: string[]) =>
      (await project.sluice("graph", "--format", "svg", ...args)).stdout.match(/class="card /g);
    expect(await cards()).toHaveLength(3);
    expect(await cards("--expand")).toHaveLength(22);
  });

  test("draws a pipeline that cannot be planned, and says why there are no states", async () => {
    await using project = await rig.project(sales);
    await project.remove("data/sales.csv");
    const { code, stdout, stderr } = await project.sluice("graph", "--format", "svg");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^<svg /);
    expect(stdout).not.toContain("would run");
    expect(stderr).toContain("warning: the graph is drawn without states: ");
  });

  test("as text is a tree of what reads what", async () => {
    await using project = await rig.project(sales);
    const { stdout } = await project.sluice("graph", "--format", "text", "--no-state");
    expect(stdout).toBe(`report  stage
└─ stats  stage
   ├─ clean  stage
   │  └─ sales  file data/sales.csv
   └─ topN  param default 2
`);
  });
});
