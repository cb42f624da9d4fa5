import { readFile, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import path from "node:path";
import { build } from "esbuild";
import { rolldown } from "rolldown";
import { describe, expect, test } from "vitest";
import { type Files, type RigProject, rig } from "../rig/rig.ts";

const sources: Files = {
  "data.txt": "a\nb\nc\n",
  "src/pipeline.ts": `import { file, stage } from "sluice";
import { clean, limit } from "./lib/clean.ts";
import { total } from "./lib/total.ts";

/** A row, as its line in the file has it. */
interface Row {
  name: string;
  value: number;
}

export const data = file("data.txt");

export const rows = stage({ data }, async ({ data }): Promise<Row[]> => clean(await data.text()));

export const sum = stage({ rows }, ({ rows }) => total(rows));

export const top = stage({ rows }, ({ rows }) => rows.slice(0, limit));
`,
  "src/lib/clean.ts": `import { split } from "./split.ts";

export const limit = 2;

export function clean(text: string): { name: string; value: number }[] {
  return split(text).map((line, value) => ({ name: line, value }));
}
`,
  "src/lib/split.ts": `/** Line by line. */
const separator = /\\n/;

export function split(text: string): string[] {
  if (text === "broken") throw new TypeError("it is broken");
  return text.split(separator).filter((line) => line !== "");
}

export function unused(): number {
  return 1;
}
`,
  "src/lib/total.ts": `enum Start {
  zero,
}

class Sum {
  value: number = Start.zero;
  add(value: number): void {
    this.value += value;
  }
}

export function total(rows: readonly { value: number }[]): number {
  const sum = new Sum();
  for (const { value } of rows) sum.add(value);
  return sum.value;
}
`,
};

interface Bundler {
  /** The bundle; beside the data, because paths are relative to the module that declares them. */
  readonly file: string;
  readonly bundle: (dir: string) => Promise<unknown>;
  /** Whether code that a stage does not reach may run it: names change with those of others, or all is one object. */
  readonly coarse?: true;
  /** Whether it says where its code came from. */
  readonly mapless?: true;
  /** Whether its code is that of another bundler here: only what it says of places is its own. */
  readonly sameCode?: true;
}

function esbuild(name: string, options: Parameters<typeof build>[0]): Bundler["bundle"] {
  return (dir) =>
    build({
      entryPoints: [path.join(dir, "src/pipeline.ts")],
      outfile: path.join(dir, name),
      absWorkingDir: dir,
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["sluice"],
      logLevel: "error",
      sourcemap: true,
      ...options,
    });
}

function rolled(name: string, output: { readonly minify?: boolean; readonly sourcemap: boolean | "inline" }) {
  return async (dir: string): Promise<void> => {
    const bundle = await rolldown({ input: path.join(dir, "src/pipeline.ts"), platform: "node", external: ["sluice"] });
    await bundle.write({ file: path.join(dir, name), format: "esm", ...output });
    await bundle.close();
  };
}

const bundlers: Readonly<Record<string, Bundler>> = {
  esbuild: { file: "pipeline.mjs", bundle: esbuild("pipeline.mjs", {}) },
  "esbuild, with the map inside": {
    file: "pipeline.mjs",
    bundle: esbuild("pipeline.mjs", { sourcemap: "inline" }),
    sameCode: true,
  },
  "esbuild, with a root of sources": {
    file: "pipeline.mjs",
    bundle: esbuild("pipeline.mjs", { sourceRoot: "./", sourcesContent: false }),
    sameCode: true,
  },
  "esbuild, minified": { file: "pipeline.mjs", bundle: esbuild("pipeline.mjs", { minify: true }), coarse: true },
  "esbuild, CommonJS": { file: "pipeline.cjs", bundle: esbuild("pipeline.cjs", { format: "cjs" }), coarse: true },
  "esbuild, without a map": {
    file: "pipeline.mjs",
    bundle: esbuild("pipeline.mjs", { sourcemap: false }),
    mapless: true,
    sameCode: true,
  },
  rolldown: { file: "pipeline.mjs", bundle: rolled("pipeline.mjs", { sourcemap: true }) },
  "rolldown, minified, with the map inside": {
    file: "pipeline.mjs",
    bundle: rolled("pipeline.mjs", { sourcemap: "inline", minify: true }),
    coarse: true,
  },
};

/** Edits of the sources, none of which changes a value, and the stages that must run. */
const edits: readonly (readonly [what: string, file: string, from: string, to: string, stages: readonly string[]])[] = [
  ["a comment and a type", "src/lib/split.ts", "/** Line by line. */", "/** One by one. */\ntype Line = string;", []],
  ["what nobody reaches", "src/lib/split.ts", "return 1;", "return 2;", []],
  ["a helper two modules away", "src/lib/split.ts", 'line !== ""', "line.length > 0", ["rows"]],
  ["a class", "src/lib/total.ts", "this.value += value;", "this.value = value + this.value;", ["sum"]],
  ["a stage", "src/pipeline.ts", "rows.slice(0, limit)", "rows.slice(0, limit).concat([])", ["top"]],
];

async function replace(project: RigProject, file: string, from: string, to: string): Promise<void> {
  const text = await project.read(file);
  expect(text).toContain(from);
  await project.write(
    file,
    text.replace(from, () => to),
  );
}

/** What a run made anew. */
/** By name: two that do not need each other end in any order. */
async function executed(project: RigProject, file: string): Promise<readonly string[]> {
  const run = await project.sluice("run", "-f", file, "--json");
  expect(run.stderr).not.toMatch(/warning|failed/);
  const { nodes } = run.json() as { nodes: Record<string, { kind: string; status: string }> };
  return Object.entries(nodes)
    .flatMap(([name, { status }]) => (status === "executed" ? [name] : []))
    .toSorted();
}

for (const [name, { file, bundle, coarse, mapless, sameCode }] of Object.entries(bundlers)) {
  describe(name, () => {
    if (!sameCode)
      test("an edit of the source runs the stages that reach it", async () => {
        await using project = await rig.project(sources);
        await bundle(project.dir);
        expect(await executed(project, file)).toEqual(["rows", "sum", "top"]);
        expect(await executed(project, file)).toEqual([]);
        for (const [what, source, from, to, stages] of edits) {
          await replace(project, source, from, to);
          await bundle(project.dir);
          const ran = await executed(project, file);
          if (coarse) expect(ran, what).toEqual(expect.arrayContaining([...stages]));
          else expect(ran, what).toEqual(stages);
        }
        expect(await executed(project, file)).toEqual([]);
        await replace(project, "src/lib/clean.ts", "limit = 2", "limit = 1");
        await bundle(project.dir);
        const changed = await executed(project, file);
        if (coarse) expect(changed).toContain("top");
        else expect(changed).toEqual(["top"]);
        expect(JSON.parse((await project.sluice("show", "-f", file, "top", "--json")).stdout).value).toEqual([
          { name: "a", value: 0 },
        ]);
      });

    test("reasons, nodes and errors are where the author wrote them", async () => {
      await using project = await rig.project(sources);
      await bundle(project.dir);
      await executed(project, file);
      await replace(project, "src/lib/split.ts", 'line !== ""', "line.length > 0");
      await bundle(project.dir);
      const plan = (await project.sluice("plan", "-f", file, "--json")).json();
      const [reason] = plan.nodes.rows.reasons.filter((each: { file?: string }) => mapless || each.file !== file);
      if (mapless) expect(reason).toMatchObject({ kind: "code", name: "split", file: "pipeline.mjs" });
      else expect(reason).toMatchObject({ kind: "code", file: "src/lib/split.ts", line: 4 });
      const why = await project.sluice("why", "-f", file, "rows");
      if (!mapless && !coarse) {
        expect(why.stdout).toContain("rows -> clean (src/lib/clean.ts:5) -> split (src/lib/split.ts:4)");
        expect(why.stdout).toMatch(/^ *-.*line !== "".*\n *\+.*line\.length > 0/m);
      }
      const nodes = (await project.sluice("ls", "-f", file, "--json")).json().nodes;
      if (!mapless)
        expect(nodes.rows.where).toMatchObject({ file: path.join(project.dir, "src/pipeline.ts"), line: 13 });

      await project.write("data.txt", "broken");
      const failed = await project.sluice("run", "-f", file);
      expect(failed.code).toBe(1);
      expect(failed.stderr).toContain("TypeError: it is broken");
      if (mapless) expect(failed.stderr).toMatch(/at pipeline\.mjs:\d+/);
      else expect(failed.stderr).toContain("at src/lib/split.ts:5");
    });
  });
}

describe("without a bundler", () => {
  test("types that were stripped leave the versions as they are", async () => {
    const erasable = {
      ...sources,
      "src/lib/total.ts": sources["src/lib/total.ts"]!.toString().replace(/enum[^}]*}/, "const Start = { zero: 0 };"),
    };
    await using typed = await rig.project({ ...erasable, "pipeline.ts": 'export * from "./src/pipeline.ts";\n' });
    await using plain = await rig.project(
      Object.fromEntries(
        Object.entries(erasable).map(([name, text]) =>
          name.endsWith(".ts")
            ? [name.replace(/ts$/, "js"), stripTypeScriptTypes(text.toString()).replaceAll('.ts"', '.js"')]
            : [name, text],
        ),
      ),
    );
    await typed.write("src/data.txt", sources["data.txt"]!);
    await plain.write("src/data.txt", sources["data.txt"]!);
    expect(await executed(typed, "src/pipeline.ts")).toEqual(["rows", "sum", "top"]);
    expect(await executed(plain, "src/pipeline.js")).toEqual(["rows", "sum", "top"]);
    for (const [project, file, line] of [
      [typed, "src/pipeline.ts", 13],
      [plain, "src/pipeline.js", 13],
    ] as const) {
      const { nodes } = (await project.sluice("ls", "-f", file, "--json")).json();
      expect(nodes.rows.where).toMatchObject({ file: path.join(project.dir, file), line });
    }
    await replace(plain, "src/lib/split.js", 'line !== ""', "line.length > 0");
    expect(await executed(plain, "src/pipeline.js")).toEqual(["rows"]);
  });
});

describe("a source map", () => {
  const broken: Readonly<Record<string, (file: string) => Promise<void>>> = {
    "that is gone": (file) => rm(file),
    "that is no JSON": (file) => writeFile(file, "{"),
    "that is of another kind": (file) => writeFile(file, "[1]"),
    "with nonsense in it": (file) => writeFile(file, '{"version":3,"sources":["\\u0000x"],"mappings":"AAAA;!!"}'),
  };
  for (const [what, spoil] of Object.entries(broken)) {
    test(`${what} changes nothing but places`, async () => {
      await using project = await rig.project(sources);
      await bundlers.esbuild!.bundle(project.dir);
      await spoil(path.join(project.dir, "pipeline.mjs.map"));
      expect(await executed(project, "pipeline.mjs")).toEqual(["rows", "sum", "top"]);
      expect(await executed(project, "pipeline.mjs")).toEqual([]);
      await project.write("data.txt", "broken");
      expect((await project.sluice("run", "-f", "pipeline.mjs")).stderr).toMatch(/at pipeline\.mjs:\d+/);
    });
  }

  test("that says other lines is read again, though no code has changed", async () => {
    await using project = await rig.project(sources);
    const { bundle } = bundlers.esbuild!;
    await bundle(project.dir);
    await executed(project, "pipeline.mjs");
    const code = await readFile(path.join(project.dir, "pipeline.mjs"), "utf8");
    await replace(project, "src/pipeline.ts", "/** A row", "\n\n\n/** A row");
    await bundle(project.dir);
    expect(await readFile(path.join(project.dir, "pipeline.mjs"), "utf8")).toBe(code);
    expect(await executed(project, "pipeline.mjs")).toEqual([]);
    const why = (await project.sluice("why", "-f", "pipeline.mjs", "top", "--json")).json();
    expect(why.declared).toEqual({ file: "src/pipeline.ts", line: 20 });
  });
});
