import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { type BuildOptions, build } from "esbuild";
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

async function bundle(options: Pick<BuildOptions, "minify" | "sourcemap" | "sourcesContent">): Promise<void> {
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

  test("says to build with a map where a bundler has changed the names", async () => {
    await bundle({ minify: false, sourcemap: false });
    expect(await project.run("out/main.js", "doubled")).toMatchObject({
      reason: "missing-parameter",
      hint: expect.stringMatching(/for "words2", did you mean the node "words"\? \(a bundler .* source map\)/),
    });
  });

  test("says what to set where a minifier has taken the names away", async () => {
    await bundle({ minify: true, sourcemap: false });
    expect(await project.run("out/main.js", "doubled")).toMatchObject({
      reason: "unknown-parameter",
      hint: expect.stringContaining('inputs(["first", "second"], fn)'),
    });
  });

  describe("whose source was edited, or is not there", () => {
    const pair = (parameters: string): string => `
      export const words = (text: string) => text.split(" ");
      export const first = (words: string[]) => words[0]!;
      export const pair = (${parameters}) => [first, text];`;
    const written = "first: string, text: string";
    const right = { pair: ["to", "to be or a"] };
    const edits: readonly (readonly [string, () => void])[] = [
      ["edited", () => project.write("flow.ts", pair("text: string, first: string"))],
      ["gone", () => rmSync(path.join(project.dir, "flow.ts"))],
    ];

    test.each(edits)("has the names that it was built with: %s", async (_, edit) => {
      for (const minify of [false, true]) {
        project.write("flow.ts", pair(written));
        await bundle({ minify, sourcemap: true });
        edit();
        expect((await project.run("out/main.js", "pair")).values).toEqual(right);
      }
    });

    test.each(edits)("never has those of the edited source where the map holds none: %s", async (_, edit) => {
      for (const minify of [false, true]) {
        project.write("flow.ts", pair(written));
        await bundle({ minify, sourcemap: true, sourcesContent: false });
        edit();
        const { values, reason } = await project.run("out/main.js", "pair");
        if (values) expect(values).toEqual(right);
        else expect(["missing-parameter", "unknown-parameter"]).toContain(reason);
      }
    });

    test.each([
      ["a node", (names: string) => `export const out = (${names}) => [${names}];`],
      [
        "a step",
        (names: string) => `
          import { pipeOutput, step } from "sluice/dataflow";
          export const out = pipeOutput([step((given, ${names}) => [${names}], {}, { name: "mixed" })], (text) => text);`,
      ],
    ])("counts by them where a minifier has made the same code of both: %s", async (_, of) => {
      const give = async (names: string): Promise<unknown> => {
        project.write("flow.ts", `${of(names)} export const a = (text) => text && "a"; export const b = () => "b";`);
        await bundle({ minify: true, sourcemap: true });
        return (await project.run("out/main.js", "out")).values;
      };
      expect(await give("a, b")).toEqual({ out: ["a", "b"] });
      expect(await give("b, a")).toEqual({ out: ["b", "a"] });
    });

    test("has names that a folder of another alphabet does not hide", async () => {
      project.write("größe/数 据/flow.ts", pair(written));
      project.write("flow.ts", 'export * from "./größe/数 据/flow.ts";');
      await bundle({ minify: true, sourcemap: true });
      expect((await project.run("out/main.js", "pair")).values).toEqual(right);
    });
  });

  test("what its compiler leaves as it is has names without a map that holds sources", async () => {
    const compiled = (parameters: string): string => `export const a = (${parameters}) => [x, y];\n`;
    const map = { version: 3, file: "a.js", sources: ["../a.ts"], names: [], mappings: "AAAA,OAAO,MAAM,CAAC,GAAG" };
    project.write("a.ts", compiled("x: number, y: number"));
    project.write("out/a.js", `${compiled("x, y")}//# sourceMappingURL=a.js.map`);
    project.write("out/a.js.map", JSON.stringify(map));
    project.write(
      "out/main.js",
      `import { Driver } from "sluice/dataflow";
       import * as flow from "./a.js";
       const driver = Driver.builder().withModules(flow).build();
       console.log(JSON.stringify(await driver.execute(["a"], { inputs: { x: 1, y: 2 } })));`,
    );
    expect(await project.run("out/main.js")).toEqual({ a: [1, 2] });
    project.write("a.ts", compiled("y: number, x: number"));
    expect(await project.run("out/main.js")).toEqual({ a: [1, 2] });
  });
});
