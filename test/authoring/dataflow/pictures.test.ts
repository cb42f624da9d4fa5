import { readFileSync } from "node:fs";
import path from "node:path";
import { Driver, to } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject, failing } from "./rig.ts";

let project: FlowProject;
let file: string;
beforeEach(() => {
  project = new FlowProject();
  file = project.write(
    "flow.ts",
    `export const words = (text: string) => text.split(" ");
     export const count = (words: string[]) => words.length;
     export const client = () => ({ ask: () => 1 });
     export const asked = (client: any, count: number) => client.ask() + count;
     export const bad = (asked: number) => { throw new Error("broke"); };
     export const after = (bad: never, words: string[]) => 1;`,
  );
});
afterEach(() => project[Symbol.dispose]());

function driverWith(options: object = {}) {
  return Driver.builder()
    .withModules(file)
    .withCache({ path: path.join(project.dir, ".sluice"), ignore: ["client"], ...options })
    .build();
}

const text = { inputs: { text: "to be or" } };

/** A picture in Mermaid, which is easy to read: nodes with what is said of them, wires, classes. */
function read(mermaid: string): { nodes: Record<string, string>; wires: string[]; classes: Record<string, string> } {
  const names = new Map<string, string>();
  const nodes: Record<string, string> = {};
  const classes: Record<string, string> = {};
  for (const [, id, label] of mermaid.matchAll(/^ +(n\d+)\(?\["([^"]*)"/gm)) {
    const [name, remark = ""] = label!.split("<br>");
    names.set(id!, name!);
    nodes[name!] = remark;
  }
  const wires = [...mermaid.matchAll(/^ +(n\d+) -->(?:\|.*\|)? (n\d+)$/gm)].map(
    ([, from, to]) => `${names.get(from!)} ${names.get(to!)}`,
  );
  for (const [, ids, name] of mermaid.matchAll(/^ +class (\S+) state_(\w+)$/gm)) {
    for (const id of ids!.split(",")) classes[names.get(id)!] = name!;
  }
  return { nodes, wires: wires.toSorted(), classes };
}

describe("viewRun", () => {
  test("shows what ran and what was reused, by outlines and fills", async () => {
    await using driver = driverWith();
    await driver.execute(["asked"], text);
    await driver.execute(["asked"], text);
    const [first, second] = driver.cache!.runIds;
    const before = read(await driver.cache!.viewRun({ runId: first!, format: "mermaid" }));
    expect(before.classes).toEqual({ words: "ran", count: "ran", client: "ran", asked: "ran" });
    expect(before.nodes.text).toBe("input");
    const { classes, wires } = read(await driver.cache!.viewRun({ runId: second!, format: "mermaid" }));
    expect(classes).toEqual({ words: "reused", count: "reused", client: "ran", asked: "reused" });
    expect(wires).toEqual(["client asked", "count asked", "text words", "words count"]);
    const svg = await driver.cache!.viewRun();
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain(second);
    expect(svg).toContain("input · &#39;to be or&#39;");
    expect(svg).toMatch(/\.sluice \.hit \.box\{fill:#ffffff;stroke:#1a7f37\}/);
  });

  test("knows all wires of a run that failed, and of what was never recorded", async () => {
    await using driver = driverWith({ disable: ["words"] });
    await driver.execute(["after"], text).catch(() => {});
    const { nodes, classes, wires } = read(await driver.cache!.viewRun({ format: "mermaid" }));
    expect(classes).toEqual({
      words: "ran",
      count: "ran",
      client: "ran",
      asked: "ran",
      bad: "failed",
      after: "skipped",
    });
    expect(nodes.bad).toMatch(/^failed after /);
    expect(wires).toEqual([
      "asked bad",
      "bad after",
      "client asked",
      "count asked",
      "text words",
      "words after",
      "words count",
    ]);
  });

  test("tells overrides from inputs, and shows what was given", async () => {
    await using driver = driverWith();
    await driver.execute(["asked"], { overrides: { words: ["a"] } });
    const svg = await driver.cache!.viewRun();
    expect(svg).toContain("override · [ &#39;a&#39; ]");
    expect(svg).toContain('class="card override"');
    expect(read(await driver.cache!.viewRun({ format: "mermaid" })).nodes.words).toBe("override");
  });

  test("shows runs of earlier processes, of this driver or another", async () => {
    project.write(
      "main.ts",
      `import { Driver, to } from "sluice/dataflow";
       await using driver = Driver.builder().withModules("./flow.ts").withCache({ ignore: ["client"] }).build();
       await driver.execute(["asked"], { inputs: { text: "to be or" } });
       console.log(JSON.stringify(driver.cache.lastRunId));`,
    );
    const runId = await project.run("main.ts");
    await using same = driverWith();
    const picture = read(await same.cache!.viewRun({ runId, format: "mermaid" }));
    expect(picture.classes).toEqual({ words: "ran", count: "ran", client: "ran", asked: "ran" });
    expect(picture.wires).toHaveLength(4);
    await using other = Driver.builder()
      .withModules(project.write("other.ts", "export const other = (x: number) => x;"))
      .withCache({ path: path.join(project.dir, ".sluice") })
      .build();
    expect(read(await other.cache!.viewRun({ runId, format: "mermaid" }))).toEqual(picture);
  });

  test("collapses what runs once for each item, and says how many were reused", async () => {
    const flow = project.write(
      "items.ts",
      `import { collect, parallel } from "sluice/dataflow";
       export const item = parallel((n: number) => Array.from({ length: n }, (_, i) => i));
       export const size = (item: number) => item * 2;
       export const total = collect("size", (size: number[]) => size.reduce((a, b) => a + b, 0));`,
    );
    await using driver = Driver.builder().withModules(flow).withCache({ path: project.dir }).build();
    await driver.execute(["total"], { inputs: { n: 3 } });
    await driver.execute(["total"], { inputs: { n: 10 } });
    const svg = await driver.cache!.viewRun();
    expect(svg).toContain("3 of 10 reused");
    expect(svg.match(/class="card /g)).toHaveLength(4);
    expect(svg.match(/class="bar /g)).toHaveLength(2);
    const { nodes, wires } = read(await driver.cache!.viewRun({ format: "mermaid" }));
    expect(nodes.size).toMatch(/ran in .* · 3 of 10 reused$/);
    expect(wires).toEqual(["item size", "n item", "size total"]);
  });

  test("says what is gone with evicted records", async () => {
    await using driver = driverWith();
    await driver.execute(["asked"], text);
    const { count } = driver.cache!.cacheKeys;
    await driver.cache!.metadataStore.delete(count!);
    const svg = await driver.cache!.viewRun();
    expect(svg).toContain("wires of 1 node gone with evicted keys");
    expect(svg).toContain("what it read is not all known any more");
    expect(read(await driver.cache!.viewRun({ format: "mermaid" })).wires).toEqual([
      "client asked",
      "count asked",
      "text words",
    ]);
  });

  test("writes files by their ending, and gives what it wrote", async () => {
    await using driver = driverWith();
    await driver.execute(["count"], text);
    const cache = driver.cache!;
    const at = (name: string) => path.join(project.dir, "out", name);
    const png: Uint8Array = await cache.viewRun({ path: at("run.png") as `${string}.png` });
    expect(Buffer.from(png).subarray(1, 4).toString()).toBe("PNG");
    expect(readFileSync(at("run.png")).equals(png)).toBe(true);
    const html: string = await cache.viewRun({ path: at("run.html"), format: "html" });
    expect(readFileSync(at("run.html"), "utf8")).toBe(html);
    expect(html).toMatch(/^<!doctype html>/);
    expect(await failing(() => cache.viewRun({ path: at("run.gif") }))).toMatchObject({ reason: "usage" });
    expect(await failing(() => cache.viewRun({ format: "gif" as "svg" }))).toMatchObject({ reason: "usage" });
    expect(await failing(() => cache.viewRun({ runID: "x" } as object))).toMatchObject({ reason: "usage" });
  });

  test("says what run it cannot show", async () => {
    await using driver = driverWith();
    expect(await failing(() => driver.cache!.viewRun())).toMatchObject({
      reason: "unknown-run",
      message: expect.stringContaining("not run anything yet"),
    });
    expect(await failing(() => driver.cache!.viewRun({ runId: "nothing" }))).toMatchObject({ reason: "unknown-run" });
  });

  test("names of nodes and values can only be text in it", async () => {
    const evil = '<img src=x onerror="alert(1)">';
    await using driver = Driver.builder()
      .withModules(
        project.write("evil.ts", `const fn = (text: string) => text; export { fn as ${JSON.stringify(evil)} };`),
      )
      .withCache({ path: project.dir })
      .build();
    await driver.execute([evil], { inputs: { text: "</script>\u001b[31m" } });
    for (const format of ["svg", "html", "mermaid", "dot"] as const) {
      const drawn = await driver.cache!.viewRun({ format });
      // of DOT it is a text in quotes, as any other
      if (format !== "dot") expect(drawn).not.toContain("<img");
      expect(drawn).not.toContain("\u001b");
      expect(drawn.split("</script>").length).toBe(format === "html" ? 3 : 1);
    }
  });
});

describe("visualize", () => {
  test("draws all, what is upstream, what is downstream, and ways", async () => {
    await using driver = driverWith();
    const names = async (options: object) =>
      Object.keys(read(await driver.visualize({ ...options, format: "mermaid" })).nodes).toSorted();
    expect(await names({})).toEqual(["after", "asked", "bad", "client", "count", "text", "words"]);
    expect(await names({ upstreamOf: ["count"] })).toEqual(["count", "text", "words"]);
    expect(await names({ downstreamOf: ["asked"] })).toEqual(["after", "asked", "bad"]);
    expect(await names({ upstreamOf: ["words"], downstreamOf: ["bad"] })).toEqual(["after", "bad", "text", "words"]);
    const between = await driver.visualizePathBetween("text", "asked", { format: "mermaid" });
    expect(read(between).wires).toEqual(["count asked", "text words", "words count"]);
    expect(await failing(() => driver.visualizePathBetween("asked", "text"))).toMatchObject({ reason: "usage" });
    expect(await failing(() => driver.visualize({ upstreamOf: ["cuont"] }))).toMatchObject({ reason: "unknown-node" });
    expect(await driver.visualize()).toBe(await driver.visualize());
  });

  test("marks roles, and frames modules where there are several", async () => {
    const other = project.write("other.ts", "export const more = (count: number, extra = 1) => count;");
    await using driver = Driver.builder().withModules(file, other).build();
    const mermaid = await driver.visualize({ format: "mermaid" });
    expect(mermaid).toMatch(/subgraph g\d+ \["flow"\]/);
    expect(mermaid).toMatch(/subgraph g\d+ \["other"\]/);
    const svg = await driver.visualize();
    expect(svg).toContain("flow, other");
    expect(svg).toContain("input · optional");
  });

  const framesIn = (svg: string): string[] =>
    [...svg.matchAll(/class="frame(?: within)?"[^>]*><title>([^<]*)</g)].map(([, name]) => name!).toSorted();

  test("frames modules and subdags in SVG, and a module alone not at all", async () => {
    project.write(
      "inner.ts",
      "export const recent = (rows: number[], days: number) => rows.slice(-days);\nexport const mean = (recent: number[]) => recent.length;",
    );
    const outer = project.write(
      "outer.ts",
      `import { source, subdag } from "sluice/dataflow";
       export const week = subdag({ modules: ["./inner.ts"], inputs: { rows: source("words"), days: 7 } }, (mean: number) => mean);
       export const month = subdag({ modules: ["./inner.ts"], inputs: { rows: source("words"), days: 30 } }, (mean: number) => mean);
       export const deep = subdag({ modules: [{ inside: month }], inputs: {} }, (inside: number) => inside);
       export const both = (week: number, month: number, deep: number) => week + month + deep;`,
    );
    project.write(
      "draw.ts",
      `import { Driver } from "sluice/dataflow";
       console.log(JSON.stringify(await Driver.builder().withModules(...process.argv.slice(2)).build().visualize()));`,
    );
    const drawn = (...modules: string[]): Promise<string> => project.run("draw.ts", ...modules);
    expect(framesIn(await drawn(file))).toEqual([]);
    expect(framesIn(await drawn(outer))).toEqual(["deep", "deep.inside", "month", "week"]);
    expect(framesIn(await drawn(file, outer))).toEqual(["deep", "deep.inside", "flow", "month", "outer", "week"]);
  });

  test("draws many nodes that one function makes as one", async () => {
    const flow = project.write(
      "many.ts",
      `import { parameterize } from "sluice/dataflow";
       export const size = parameterize(Object.fromEntries(Array.from({ length: 9 }, (_, i) => ["size_" + i, { k: i }])), (x: number, k: number) => x * k);`,
    );
    await using driver = Driver.builder().withModules(flow).build();
    expect((await driver.visualize()).match(/class="card /g)).toHaveLength(2);
    expect(await driver.visualize()).toContain("size_*");
    expect((await driver.visualize({ expand: true })).match(/class="card /g)).toHaveLength(10);
  });

  test("of an execution says what would run, and runs nothing", async () => {
    await using driver = driverWith();
    const draw = async (options: object = text) =>
      read(await driver.visualizeExecution(["asked"], { ...options, format: "mermaid" }));
    expect((await draw()).classes).toMatchObject({ words: "would_run", asked: "would_run" });
    await driver.execute(["asked"], text);
    expect((await draw()).classes).toEqual({ words: "reused", count: "reused", client: "would_run", asked: "reused" });
    expect(driver.cache!.runIds).toHaveLength(1);
    expect((await draw({ ...text, plan: false })).classes).toEqual({});
    expect((await draw({ overrides: { count: 1 } })).nodes).toMatchObject({ count: "override" });
    expect(await failing(() => driver.visualizeExecution(["asked"]))).toMatchObject({ reason: "missing-parameter" });
    const wrong = { ...text, pah: "x" } as object;
    expect(await failing(() => driver.visualizeExecution(["asked"], wrong))).toMatchObject({ reason: "usage" });
  });

  test("of a materialisation has what is written", async () => {
    await using driver = driverWith();
    const json = to.json({ id: "kept", dependencies: ["count"], path: path.join(project.dir, "kept.json") });
    const draw = async () =>
      read(await driver.visualizeMaterialization([json], { ...text, additionalTargets: ["words"], format: "mermaid" }));
    expect((await draw()).classes).toEqual({ words: "would_run", count: "would_run", kept: "would_run" });
    await driver.materialize([json], text);
    expect((await draw()).classes).toEqual({ words: "reused", count: "reused", kept: "reused" });
    expect(Object.keys(read(await driver.visualize({ format: "mermaid" })).nodes)).not.toContain("kept");
  });

  test("needs no cache", async () => {
    await using driver = Driver.builder().withModules(file).build();
    expect(read(await driver.visualizeExecution(["count"], { ...text, format: "mermaid" })).classes).toEqual({});
  });
});
