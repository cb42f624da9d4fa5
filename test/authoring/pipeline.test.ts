import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadPipeline } from "../../src/authoring/pipeline.ts";
import { failureOf } from "../../src/core/failure.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "sluice-pipeline-")));
  const source = pathToFileURL(path.resolve(import.meta.dirname, "../../src/index.ts")).href;
  write("package.json", '{ "type": "module" }');
  write("node_modules/sluice/package.json", '{ "name": "sluice", "type": "module", "exports": "./index.js" }');
  write("node_modules/sluice/index.js", `export * from ${JSON.stringify(source)};`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(name: string, content: string): string {
  const at = path.join(root, name);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, content);
  return at;
}

const derived = { get: () => undefined, put: () => {} };

async function failing(text: string) {
  try {
    await loadPipeline(write("pipeline.ts", text), { derived });
  } catch (error) {
    return failureOf(error);
  }
  return undefined;
}

describe("loadPipeline", () => {
  test("gives the graph of the exports", async () => {
    const file = write(
      "flows/pipeline.ts",
      `import { param, stage } from "sluice";
       enum Kind { Small = 3 }
       const hidden = param(Kind.Small);
       export const first = stage({ hidden }, ({ hidden }) => hidden);
       export const years = [2020, 2021].map((year) => stage({ first, year }, ({ first, year }) => first + year));
       export const helper = () => 1;
       export default { last: stage({ first }, ({ first }) => first) };`,
    );
    const pipeline = await loadPipeline(file, { derived });
    expect(pipeline).toMatchObject({ file, root: path.join(root, "flows") });
    expect(pipeline.graph.nodes.map(({ name }) => name).sort()).toEqual([
      "first",
      "first.hidden",
      "last",
      "years.0",
      "years.1",
    ]);
    expect([...pipeline.definitions.keys()]).toEqual(["first", "last", "years.0", "years.1"]);
    expect(pipeline.graph.resolve("years").map(({ name }) => name)).toEqual(["years.0", "years.1"]);
  });

  test("CommonJS modules are pipelines too", async () => {
    const file = write(
      "pipeline.cjs",
      `const { stage } = require("sluice");
       const one = stage({}, () => 1);
       module.exports = { one, more: { two: stage({ one }, ({ one }) => one + 1) } };`,
    );
    const { graph } = await loadPipeline(file, { derived });
    expect(graph.nodes.map(({ name }) => name)).toEqual(["one", "more.two"]);
  });

  test("a module without nodes is no pipeline", async () => {
    expect(await failing("export const one = 1;")).toMatchObject({
      reason: "no-pipeline",
      where: { file: path.join(root, "pipeline.ts") },
      hint: expect.stringContaining("stage("),
    });
  });

  test("one that throws or does not parse cannot be loaded", async () => {
    expect(await failing('throw new Error("no such day");')).toMatchObject({
      reason: "load-failed",
      message: expect.stringContaining("no such day"),
    });
    expect(await failing("export const = 1;")).toMatchObject({ reason: "load-failed" });
  });

  test("a wrong definition keeps its reason and its place", async () => {
    const found = await failing(
      'import { stage } from "sluice";\nexport const one = stage({}, () => 1, { timout: 1 });',
    );
    expect(found).toMatchObject({
      reason: "invalid-definition",
      where: { file: path.join(root, "pipeline.ts"), line: 2 },
    });
  });
});
