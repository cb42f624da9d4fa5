import { appendFile, cp, mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

/** A run says so when it went by what it remembers and did not load the pipeline. */
const asRemembered = "as remembered, nothing has changed";

const files = {
  "pipeline.ts": `
    import { dir, env, file, glob, param, stage } from "sluice";
    import { scale } from "./lib/scale.ts";
    export const topN = param(2);
    export const region = env("REGION", { default: "north" });
    export const rows = stage({ sales: file("data/sales.csv") }, async ({ sales }) => (await sales.text()).split("\\n"));
    export const notes = stage({ notes: glob("notes/*.txt") }, ({ notes }) => notes.map((note) => note.path));
    export const assets = stage({ assets: dir("assets", { exclude: ["*.tmp"] }) }, ({ assets }) => assets.files.size);
    export const top = stage({ rows, topN, region }, ({ rows, topN, region }) => region + rows.slice(0, topN).map(scale));
    export const report = stage({ top }, ({ top }) => "top: " + top, { output: "out/report.txt" });
    export const big = stage({}, () => "x".repeat(20_000));
  `,
  "lib/scale.ts": "export const scale = (row: string) => row.length * 2;\nexport const unused = 1;\n",
  "data/sales.csv": "a\nbb\nccc",
  "notes/one.txt": "1",
  "assets/logo.svg": "<svg/>",
  "other/readme.md": "nothing to do with it",
};

interface Ran {
  readonly remembered: boolean;
  /** The stages that ran. */
  readonly ran: readonly string[];
}

async function runIn(
  project: RigProject,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Ran> {
  const { code, stderr } = await project.sluiceWith({ env }, "run", "--verbose", ...args);
  expect(code, stderr).toBe(0);
  const ran = [...stderr.matchAll(/^ran +(\S+)/gm)].map(([, name]) => name!).sort();
  return { remembered: stderr.includes(asRemembered), ran };
}

const again: Ran = { remembered: true, ran: [] };
const loaded = (...ran: string[]): Ran => ({ remembered: false, ran: ran.sort() });

/** A project of which a run is remembered. */
async function settled(over: Record<string, string> = {}, env: Record<string, string> = {}): Promise<RigProject> {
  const project = await rig.project({ ...files, ...over });
  expect(await runIn(project, [], env)).toMatchObject({ remembered: false });
  for (let i = 0; i < 2; i++) expect(await runIn(project, [], env)).toEqual(again);
  return project;
}

describe("a run in which nothing has changed goes by memory", () => {
  const same: Record<string, (project: RigProject) => Promise<unknown>> = {
    "nothing is done": async () => {},
    "a module is touched": (project) => project.touch("pipeline.ts"),
    "data is touched": (project) => project.touch("data/sales.csv"),
    "an output is touched": (project) => project.touch("out/report.txt"),
    "a file that is no input changes": (project) => project.append("other/readme.md", "more"),
    "a file appears that is excluded": (project) => project.write("assets/x.tmp", "1"),
    "a file changes and changes back": async (project) => {
      await project.write("data/sales.csv", "other");
      await project.write("data/sales.csv", files["data/sales.csv"]);
    },
    "another run adds results": async (project) => {
      await project.sluice("run", "--set", "topN=1");
      await project.sluice("run", "top");
      await project.sluice("run");
    },
  };
  test.for(Object.keys(same))("%s", async (name) => {
    await using project = await settled();
    await same[name]!(project);
    expect(await runIn(project)).toEqual(again);
  });

  const edits: Record<string, readonly [(project: RigProject) => Promise<unknown>, string[]]> = {
    "a comment is added": [(project) => project.append("pipeline.ts", "// a comment\n"), []],
    "a helper changes": [
      (project) => project.write("lib/scale.ts", "export const scale = (row: string) => row.length * 3;"),
      ["top", "report"],
    ],
    "a default changes": [(project) => replace(project, "pipeline.ts", "param(2)", "param(1)"), ["top", "report"]],
    "data changes": [(project) => project.append("data/sales.csv", "\ndddd"), ["rows", "top"]],
    "data is gone and back with other content": [
      async (project) => {
        await project.remove("data/sales.csv");
        await project.write("data/sales.csv", "z\nz\nz");
      },
      ["rows", "top", "report"],
    ],
    "data becomes executable": [(project) => project.chmod("data/sales.csv", 0o755), ["rows"]],
    "a file appears that a pattern matches": [(project) => project.write("notes/two.txt", "2"), ["notes"]],
    "a file of a pattern is gone": [
      async (project) => {
        await project.write("notes/zero.txt", "0");
        await project.remove("notes/one.txt");
      },
      ["notes"],
    ],
    "a file appears in a folder": [(project) => project.write("assets/sub/new.svg", "<svg/>"), ["assets"]],
    "an output is gone": [(project) => project.remove("out/report.txt"), []],
    "an output is edited": [(project) => project.append("out/report.txt", "by hand"), []],
    "a blob is gone": [(project) => project.remove(".sluice/v1/blobs"), ["big"]],
    "all results are removed": [
      (project) => project.sluice("cache", "clear", "--yes"),
      ["assets", "big", "notes", "report", "rows", "top"],
    ],
    "the database is gone": [
      async (project) => {
        for (const ending of ["", "-wal", "-shm"])
          await rm(path.join(project.dir, `.sluice/v1/metadata.db${ending}`), { force: true });
      },
      ["assets", "big", "notes", "report", "rows", "top"],
    ],
  };
  test.for(Object.keys(edits))("but not when %s", async (name) => {
    const [edit, ran] = edits[name]!;
    await using project = await settled();
    await edit(project);
    expect(await runIn(project)).toEqual(loaded(...ran));
    expect(await project.read("out/report.txt")).toMatch(/^top: [^b]*$/);
    // What is made in the place of a result that is there moves the generation on.
    if (name === "a blob is gone") expect(await runIn(project)).toEqual(loaded());
    expect(await runIn(project)).toEqual(again);
  });
});

async function replace(project: RigProject, file: string, from: string, to: string): Promise<void> {
  const text = await project.read(file);
  expect(text).toContain(from);
  await project.write(file, text.replace(from, to));
}

describe("what was asked for counts", () => {
  test("parameters, targets and cache modes have memories of their own", async () => {
    await using project = await settled();
    expect(await runIn(project, ["--set", "topN=3"])).toEqual(loaded("top", "report"));
    expect(await runIn(project, ["--set", "topN=3"])).toEqual(again);
    // what was placed by the run before is not what belongs there
    expect(await runIn(project)).toEqual(loaded());
    expect(await project.read("out/report.txt")).toBe("top: north2,4");
    expect(await runIn(project)).toEqual(again);
    expect(await runIn(project, ["top"])).toEqual(loaded());
    expect(await runIn(project, ["top"])).toEqual(again);
    expect(await runIn(project, ["--cache", "ro"])).toEqual(loaded());
    expect(await runIn(project, ["--cache", "wo"])).toMatchObject({ remembered: false });
    expect((await runIn(project, ["--cache", "off"])).ran).toHaveLength(6);
    expect((await runIn(project, ["--recompute", "big"])).ran).toEqual(["big"]);
  });

  test("variables that the pipeline declares count, others do not", async () => {
    await using project = await settled({}, { OTHER: "1" });
    expect(await runIn(project, [], { OTHER: "2" })).toEqual(again);
    expect(await runIn(project, [], { REGION: "north" })).toEqual(again);
    expect(await runIn(project, [], { REGION: "south" })).toEqual(loaded("top", "report"));
    expect(await runIn(project, [], { REGION: "south" })).toEqual(again);
    expect(await runIn(project)).toEqual(loaded());
  });

  test("a wrong call is wrong all the same", async () => {
    await using project = await settled();
    expect((await project.sluice("run", "nothing")).code).toBe(2);
    expect((await project.sluice("run", "--set", "topN=many")).code).toBe(2);
    expect((await project.sluice("run", "--set", "none=1")).code).toBe(2);
    await project.remove("data/sales.csv");
    const { code, stderr } = await project.sluice("run");
    expect(code).toBe(2);
    expect(stderr).toContain("there is no file data/sales.csv");
  });
});

describe("the run after one in which something ran is known only where that is certain", () => {
  const cases: Record<string, readonly [pipeline: string, second: Ran]> = {
    "not where a stage changed what the pipeline looks at as it is loaded": [
      `import { readFileSync, writeFileSync } from "node:fs";
       import { stage } from "sluice";
       const seen = readFileSync(new URL("seen.txt", import.meta.url), "utf8");
       export const first = stage({}, () => (writeFileSync(new URL("seen.txt", import.meta.url), "after"), 1));
       export const second = stage({ seen, first }, ({ seen }) => seen);`,
      loaded("first", "second"),
    ],
    "not where a stage changed a file that another had read": [
      `import { appendFileSync } from "node:fs";
       import { file, stage } from "sluice";
       export const text = stage({ seen: file("seen.txt") }, ({ seen }) => seen.text());
       export const writer = stage({ text }, () => void appendFileSync(new URL("seen.txt", import.meta.url), "more"));`,
      loaded("text", "writer"),
    ],
    "not where a stage changed the code of one that had run": [
      `import { writeFileSync } from "node:fs";
       import { stage } from "sluice";
       import { scale } from "./scale.ts";
       export const scaled = stage({}, () => scale(2));
       export const writer = stage({ scaled }, () =>
         writeFileSync(new URL("scale.ts", import.meta.url), "export const scale = (n: number) => n * 3;"));`,
      loaded("scaled", "writer"),
    ],
    "not after a map": [
      `import { map, stage } from "sluice";
       export const list = stage({}, () => [1, 2]);
       export const doubled = map(list, (n: number) => n * 2);`,
      loaded(),
    ],
    "not where a stage named what it reads outside": [
      `import { stage } from "sluice";
       export const looks = stage({}, async (_, context) => void (await context.read("seen.txt")));`,
      loaded(),
    ],
    "not where a stage warned": [
      `import { stage } from "sluice";
       export const value = stage({}, () => 3, { check: { name: "small", level: "warn", test: (v) => v < 2 || "too big" } });`,
      loaded(),
    ],
    "but where the code alone is warned of, and an output was placed": [
      `import { stage } from "sluice";
       export const odd = stage({}, async () => { const name = "./" + "x.js"; return typeof (() => import(name)); }, { output: "odd.txt" });`,
      again,
    ],
    "and after a program": [
      `import { command, file } from "sluice";
       export const copy = command({ seen: file("seen.txt") }, ["cp", "{seen}", "{out}"], { outputs: { out: "copy.txt" } });`,
      again,
    ],
  };
  test.for(Object.keys(cases))("%s", async (name) => {
    const [pipeline, second] = cases[name]!;
    await using project = await rig.project({
      "pipeline.ts": pipeline,
      "seen.txt": "before",
      "scale.ts": "export const scale = (n: number) => n * 2;\n",
    });
    const first = await runIn(project);
    expect(first.remembered).toBe(false);
    expect(first.ran.length).toBeGreaterThan(0);
    expect(await runIn(project)).toEqual(second);
  });
});

describe("what is shown is what a run would have shown", () => {
  test("documents, lines, and the record of the run", async () => {
    await using project = await settled();
    const plain = (text: string): string => text.replaceAll(/\d{8}-\d{6}-\d{6}/g, "ID").replaceAll(/[\d.]+ m?s/g, "T");
    await project.append("pipeline.ts", "// so that it is loaded again\n");
    const first = await project.sluice("run", "--json");
    const second = await project.sluice("run", "--json");
    const document = (text: string) => ({ ...JSON.parse(text), runId: "", durationMs: 0 });
    expect(document(second.stdout)).toEqual(document(first.stdout));
    expect(second.stderr.replaceAll(/[\d.]+ m?s/g, "T")).toBe(first.stderr.replaceAll(/[\d.]+ m?s/g, "T"));
    const runs = (await project.sluice("runs", "--json")).json();
    const listed = Array.isArray(runs) ? runs : runs.runs;
    expect(listed[0].id ?? listed[0].runId).toBe(JSON.parse(second.stdout).runId);
    expect(plain((await project.sluice("why", "top", "--run", "last")).stdout)).toContain("top");
  });

  test("warnings are said again", async () => {
    const over = {
      "pipeline.ts": `
        import { stage } from "sluice";
        export const value = stage({}, () => 3, { check: { name: "small", level: "warn", test: (v) => v < 2 || "too big" } });
        export const odd = stage({}, async () => { const name = "./" + "x.js"; return typeof (() => import(name)); });
      `,
    };
    await using project = await rig.project(over);
    await project.sluice("run");
    const loaded = await project.sluice("run");
    const remembered = await project.sluice("run");
    expect(loaded.stderr).toContain("too big");
    expect(loaded.stderr.match(/warning/g)!.length).toBeGreaterThan(1);
    const plain = (text: string): string => text.replaceAll(/[\d.]+ m?s/g, "T");
    expect(plain(remembered.stderr)).toBe(plain(loaded.stderr));
  });
});

describe("memory does not outlive what it depends on", () => {
  test("results that are too old run again", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { stage } from "sluice";
        export const now = stage({}, () => process.hrtime.bigint(), { maxAge: "3s" });
      `,
    });
    await runIn(project);
    const made = Date.now();
    await runIn(project);
    const third = await runIn(project);
    // On a busy machine it may be too old by then.
    if (Date.now() - made < 2_000) expect(third).toEqual(again);
    await new Promise((resolve) => setTimeout(resolve, 3_100));
    expect(await runIn(project)).toEqual(loaded("now"));
  });

  test("a result that was made anew replaces the one that is remembered", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { stage } from "sluice";
        export const value = stage({}, () => String(process.hrtime.bigint()));
        export const next = stage({ value }, ({ value }) => value + "!");
      `,
    });
    for (let i = 0; i < 3; i++) await project.sluice("run");
    await project.sluice("run", "value", "--recompute", "value");
    expect(await runIn(project)).toEqual(loaded("next"));
    const [value, next] = [await project.sluice("show", "value"), await project.sluice("show", "next")];
    expect(next.stdout.trim()).toBe(`${value.stdout.trim()}!`);
  });

  test("stages that always run are not remembered to be reused", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { stage } from "sluice";
        export const client = stage({}, () => 1, { cache: "disable" });
        export const calm = stage({}, () => 2);
      `,
    });
    for (let i = 0; i < 4; i++) expect((await runIn(project)).ran).toContain("client");
    expect(await runIn(project, ["calm"])).toEqual(loaded());
    expect(await runIn(project, ["calm"])).toEqual(again);
  });

  test("a project that moved is the same project", async () => {
    await using project = await settled();
    const away = await mkdtemp(path.join(tmpdir(), "sluice-moved-"));
    try {
      await cp(project.dir, path.join(away, "copy"), { recursive: true, preserveTimestamps: true });
      await using moved = await rig.project({});
      await rm(moved.dir, { recursive: true });
      await rename(path.join(away, "copy"), moved.dir);
      // where it lies is something that code can see
      expect(await runIn(moved)).toEqual(loaded());
      expect(await runIn(moved)).toEqual(again);
      await appendFile(path.join(moved.dir, "data/sales.csv"), "\nmore");
      expect(await runIn(moved)).toEqual(loaded("rows", "top"));
      expect(await runIn(project)).toEqual(again);
    } finally {
      await rm(away, { recursive: true, force: true });
    }
  });

  test("a cache that cannot be written is read all the same", async ({ skip }) => {
    skip(process.getuid?.() === 0, "nothing is read-only to root");
    await using project = await settled();
    await project.chmod(".sluice/v1/metadata.db", 0o444);
    expect((await runIn(project)).ran).toEqual([]);
  });
});

test("a link that leads nowhere is looked at again: its folder does not tell when what it leads to comes", async () => {
  await using project = await rig.project({
    "pipeline.ts": `
      import { existsSync } from "node:fs";
      import { stage } from "sluice";
      const isThere = existsSync(new URL("settings/local.json", import.meta.url));
      export const found = stage({ isThere }, ({ isThere }) => isThere);
    `,
    "settings/readme.md": "what is local is linked here",
    "elsewhere/readme.md": "",
  });
  await symlink("../elsewhere/local.json", path.join(project.dir, "settings/local.json"));
  // Older than the clock's tick, or nothing would be taken from the folders.
  await new Promise((done) => setTimeout(done, 2300));
  await runIn(project);
  expect(await runIn(project)).toEqual(again);
  await project.write("elsewhere/local.json", "{}");
  expect(await runIn(project)).toEqual(loaded("found"));
});

test("a package that was a link to nowhere is found when what it leads to comes", async () => {
  const dep = (what: string) => ({
    "package.json": JSON.stringify({
      name: "dep",
      version: what === "outer" ? "1.0.0" : "2.0.0",
      type: "module",
      main: "index.js",
    }),
    "index.js": `export const what = ${JSON.stringify(what)};\n`,
  });
  const at = (folder: string, files: Record<string, string>) =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
  await using project = await rig.project({
    "app/pipeline.ts": `
      import { what } from "dep";
      import { stage } from "sluice";
      export const found = stage({}, () => what);
    `,
    "app/node_modules/other/package.json": "{}",
    "packages/readme.md": "",
    ...at("node_modules/dep", dep("outer")),
  });
  await symlink("../../packages/dep", path.join(project.dir, "app/node_modules/dep"));
  await new Promise((done) => setTimeout(done, 2300));
  const run = async () =>
    (await project.sluice("run", "-f", "app/pipeline.ts", "--json", "--verbose")).json().nodes.found.status;
  expect([await run(), await run(), await run()]).toEqual(["executed", "hit", "hit"]);
  for (const [name, text] of Object.entries(at("packages/dep", dep("inner")))) await project.write(name, text);
  expect(await run()).toBe("executed");
  expect((await project.sluice("show", "-f", "app/pipeline.ts", "found")).stdout).toContain("inner");
});
