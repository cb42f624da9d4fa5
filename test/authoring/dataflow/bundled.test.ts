import { mkdirSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject({
    "lib.ts": "export const rate = (by: number) => by * 2;",
    "flow.ts": `
      import { inputs } from "sluice/dataflow";
      import { rate } from "./lib.ts";
      export function words(text: string): string[] { return text.split(" "); }
      export const count = ({ words, least = 1 }: { words: string[]; least?: number }) => words.filter((word) => word.length > least).length;
      export const doubled = (count: number, words: string[]) => [rate(count), words.length];
      export const named = inputs(["count", "words"], (a: number, b: string[]) => [a, b.length]);
    `,
    "main.ts": `
      import { Driver } from "sluice/dataflow";
      import * as flow from "./flow.ts";
      const driver = Driver.builder().withModules(flow).withCache({ path: "cache" }).build();
      try {
        const values = await driver.execute(process.argv.slice(2), { inputs: { text: "to be or a" } });
        const logs = await driver.cache.logs({ runId: driver.cache.lastRunId });
        console.log(JSON.stringify({ values, did: Object.values(logs).flat().map(({ eventType }) => eventType) }));
      } catch (error) {
        console.log(JSON.stringify(error.failure));
      }
    `,
  });
});
afterEach(() => project[Symbol.dispose]());

async function bundle(options: { minify: boolean; sourcemap: boolean }): Promise<void> {
  mkdirSync(path.join(project.dir, "out"), { recursive: true });
  await build({
    entryPoints: [path.join(project.dir, "main.ts")],
    outfile: path.join(project.dir, "out/main.js"),
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["sluice"],
    ...options,
  });
}

describe("a driver in a bundle", () => {
  test.each([false, true])("knows the names of parameters by the source map; minified: %s", async (minify) => {
    await bundle({ minify, sourcemap: true });
    const values = { doubled: [6, 4], named: [3, 4] };
    const ran = ["execute_node", "execute_node", "execute_node", "execute_node"];
    expect(await project.run("out/main.js", "doubled", "named")).toEqual({ values, did: ran });
    const reused = ran.map(() => "get_result");
    expect(await project.run("out/main.js", "doubled", "named")).toEqual({ values, did: reused });
  });

  test("says what to set where a minifier has taken the names away", async () => {
    await bundle({ minify: true, sourcemap: false });
    expect(await project.run("out/main.js", "doubled")).toMatchObject({
      reason: "unknown-parameter",
      hint: expect.stringContaining('inputs(["first", "second"], fn)'),
    });
  });
});
