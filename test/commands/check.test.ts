import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { type Files, rig } from "../rig/rig.ts";
import { sales } from "./pipelines.ts";

/** Two stages that share a helper two modules away, and what nothing reaches. */
const shop: Files = {
  "pipeline.ts": `import { file, stage } from "sluice";
import { render } from "./lib/render.ts";

export const sales = file("sales.csv");
export const totals = stage({ sales }, async ({ sales }) => (await sales.text()).length);
export const report = stage({ totals }, ({ totals }) => render(totals));
export const page = stage({ report }, ({ report }) => \`<h1>\${render(report.length)}</h1>\`);
`,
  "lib/render.ts": `import { stamp } from "./stamp.ts";

export function render(total: number): string {
  return \`\${total} at \${stamp()}\`;
}
export const unreached = () => Math.random();
`,
  "lib/stamp.ts": `const zone = process.env.ZONE ?? "UTC";
export const stamp = () => new Date().toISOString() + zone;
`,
  "sales.csv": "1,2,3\n",
};

describe("sluice check", () => {
  test("lists what stages reach that nobody declared, once, with the way there, and exits with 1", async () => {
    await using project = await rig.project(shop);
    const { code, stdout, stderr } = await project.sluice("check");
    expect(stderr).toBe("");
    expect(stdout).toBe(`warning: report and page read the environment: process.env.ZONE [env]
  at lib/stamp.ts:1:14
  report -> render (lib/render.ts:3) -> stamp (lib/stamp.ts:2) -> zone (lib/stamp.ts:1)
  hint: declare it as an input with env("ZONE")
warning: report and page read the clock: new Date() [clock]
  at lib/stamp.ts:2:28
  report -> render (lib/render.ts:3) -> stamp (lib/stamp.ts:2)
  hint: pass the time as a param (--set today=...), or give the stage a \`maxAge\`
3 stages checked: 2 undeclared inputs
`);
    expect(code).toBe(1);
    // The same from what is remembered, also after a run.
    expect((await project.sluice("check")).stdout).toBe(stdout);
    await project.sluice("run");
    expect((await project.sluice("check")).stdout).toBe(stdout);
    expect((await project.sluice("check", "page")).stdout).toBe(stdout);
    expect(await project.sluice("check", "totals")).toMatchObject({
      code: 0,
      stdout: "1 stage checked: no undeclared input\n",
    });
  });

  test("--json has all of it", async () => {
    await using project = await rig.project(shop);
    const checked = await project.sluice("check", "--json");
    expect(checked.code).toBe(1);
    const document = checked.json();
    expect(Object.keys(document)).toEqual(["status", "nodes", "stages", "problems", "undeclaredInputs", "packages"]);
    expect(document).toMatchObject({ status: "failed", nodes: 4, stages: 3, problems: [], packages: [] });
    expect(document.undeclaredInputs[1]).toEqual({
      kind: "clock",
      level: "warning",
      what: "new Date()",
      name: "Date",
      hint: expect.stringContaining("maxAge"),
      where: { file: "lib/stamp.ts", line: 2, column: 28 },
      stages: ["report", "page"],
      path: [
        { name: "report", file: "pipeline.ts", line: 6 },
        { name: "render", file: "lib/render.ts", line: 3 },
        { name: "stamp", file: "lib/stamp.ts", line: 2 },
      ],
    });
  });

  test("an edit is seen, and a pipeline without findings exits with 0", async () => {
    await using project = await rig.project(shop);
    await project.write("lib/stamp.ts", 'export const stamp = () => "then";\n');
    expect(await project.sluice("check")).toMatchObject({
      code: 0,
      stdout: "3 stages checked: no undeclared input\n",
      stderr: "",
    });
    await using clean = await rig.project(sales);
    expect((await clean.sluice("check", "--json")).json()).toMatchObject({ status: "ok", undeclaredInputs: [] });
  });

  test("stages that always run, or whose options look after it, are fine; --verbose says so", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { execSync } from "node:child_process";
import { stage } from "sluice";
const load = async () => (await fetch("http://127.0.0.1:1/")).text();
export const aged = stage({}, () => load(), { maxAge: "1h" });
export const fresh = stage({}, () => load(), { cache: "recompute" });
export const both = stage({}, () => load());
export const listed = stage({}, () => String(execSync("ls")), { version: "1" });
export const dated = stage({}, () => Date.now(), { maxAge: "1h" });
export const seeded = stage({}, () => Math.random(), { maxAge: "1h" });
// sluice-allow: random -- a demonstration
export const dice = stage({}, () => Math.random());
export const client = stage({}, () => process.env.TOKEN, { cache: "ignore" });
`,
    });
    const { code, stdout } = await project.sluice("check");
    expect(stdout).toBe(
      `warning: both uses the network: fetch("http://127.0.0.1:1/") [network]
  at pipeline.ts:3:33
  both -> load (pipeline.ts:3)
  hint: give the stage a \`maxAge\`, or cache: "recompute"
warning: seeded uses random numbers: Math.random() [random]
  at pipeline.ts:9:39
  hint: pass a seed as a param
8 stages checked: 2 undeclared inputs, 4 allowed
`.replace("aged ->", "both ->"),
    );
    expect(code).toBe(1);
    const verbose = await project.sluice("check", "--verbose");
    expect(verbose.stdout).toContain(`allowed: dice uses random numbers: Math.random() [random]
  at pipeline.ts:11:37
  because a demonstration
`);
    expect(verbose.stdout).toContain("because version\n");
    const { undeclaredInputs } = (await project.sluice("check", "--json", "dated", "client")).json();
    expect(
      undeclaredInputs.map(({ allowed, stages }: { allowed: string; stages: string[] }) => [allowed, stages]),
    ).toEqual([
      ["maxAge", ["dated"]],
      ['cache: "ignore"', ["client"]],
    ]);
  });

  test("what cannot be told is a note, and no reason to fail", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { readFileSync } from "node:fs";
import { file, stage } from "sluice";
export const read = (path: string) => readFileSync(path, "utf8");
export const sales = file("package.json");
export const text = stage({ sales }, ({ sales }) => read(sales.path) + new Date(0).getHours());
`,
    });
    const { code, stdout } = await project.sluice("check");
    expect(stdout).toContain("note: text may read a file: readFileSync(…) [file] at pipeline.ts:3:39\n");
    expect(stdout).toContain(
      "note: text may depend on the machine's language or time zone: getHours() [locale] at pipeline.ts:5:84\n",
    );
    expect(stdout).toContain("1 stage checked: no undeclared input, 2 notes\n");
    expect(code).toBe(0);
    expect((await project.sluice("run", "--strict")).code).toBe(0);
  });

  test("the path of an input is declared if that is a file", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { readFileSync } from "node:fs";
import { dir, file, glob, param, stage } from "sluice";
export const one = file("a.csv");
export const all = glob("*.csv");
export const folder = dir("data");
export const config = param({ path: "a.csv" }, { type: "json" });
export const made = stage({ one }, () => {}, { outputs: { x: "x.csv" }, version: "1" });
export const value = stage({ one }, () => ({ path: "a.csv" }));
const read = (path: string) => readFileSync(path, "utf8");
export const fine = stage({ one, all, folder, made }, ({ one, all, folder, made }) => [
  readFileSync(one.path), all.map((each) => readFileSync(each.path)), read(folder.file("b.csv").path), read(made.x.path),
]);
export const ofParam = stage({ config }, ({ config }) => readFileSync((config as any).path));
export const ofPlain = stage({ at: { path: "a.csv" } }, ({ at }) => readFileSync(at.path));
export const ofValue = stage({ value }, ({ value }) => readFileSync(value.path));
`,
      "a.csv": "1",
      "data/b.csv": "1",
    });
    const { code, stdout } = await project.sluice("check");
    expect(stdout).toBe(`warning: ofParam reads a file: readFileSync(…) [file]
  at pipeline.ts:13:58
  hint: the input "config" is no file: only the path counts, not what is in the file; use file()
warning: ofPlain reads a file: readFileSync(…) [file]
  at pipeline.ts:14:69
  hint: the input "at" is no file: only the path counts, not what is in the file; use file()
note: ofValue may read a file: readFileSync(…) [file] at pipeline.ts:15:56
6 stages checked: 2 undeclared inputs, 1 note
`);
    expect(code).toBe(1);
  });

  test("what the code version warns of is said once, with the way there", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { stage } from "sluice";
const load = (name: string) => import(name);
export const loaded = stage({}, () => load("./x.ts"));
`,
    });
    const { stdout } = await project.sluice("check");
    expect(stdout).toBe(`warning: loaded runs code that cannot be seen through: import() of a computed name [code]
  at pipeline.ts:2:32
  loaded -> load (pipeline.ts:2)
  hint: use a literal name, or give the stage a \`version\` that changes with that code
1 stage checked: 1 undeclared input
`);
  });

  test("packages are not looked into, and named", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { now } from "clocks";
import { stage } from "sluice";
export const at = stage({}, () => now());
`,
      "node_modules/clocks/package.json": '{ "name": "clocks", "version": "1.2.3", "exports": "./index.js" }',
      "node_modules/clocks/index.js": "export const now = () => Date.now();",
    });
    const { code, stdout } = await project.sluice("check");
    expect(stdout).toMatch(/^1 stage checked: no undeclared input\nnot looked into: 1 package \(clocks@1\.2\.3/);
    expect(code).toBe(0);
  });

  test("factories: what a captured variable was made of counts where it is", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { stage } from "sluice";
const timed = <T>(work: () => T) => stage({}, () => ({ value: work(), at: performance.now() }));
export const one = timed(() => Math.random());
export const two = timed(() => 2);
const inRegion = () => {
  const region = process.env.REGION;
  const now = () => Date.now();
  return stage({}, () => [region, now()]);
};
// What is captured counts by its value; what a captured function does is done when it is called.
export const three = inRegion();
const given = (region: string | undefined) => stage({}, () => region);
export const four = given(process.env.REGION);
`,
    });
    const { undeclaredInputs } = (await project.sluice("check", "--json")).json();
    expect(undeclaredInputs.map(({ what, stages }: { what: string; stages: string[] }) => [what, stages])).toEqual([
      ["performance.now()", ["one", "two"]],
      ["Math.random()", ["one"]],
      ["Date.now()", ["three"]],
    ]);
  });

  test("a bundle: places are those of the files that it was made of", async () => {
    await using project = await rig.project(shop);
    await build({
      absWorkingDir: project.dir,
      entryPoints: ["pipeline.ts"],
      outfile: "dist/pipeline.js",
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      sourcemap: true,
      logLevel: "silent",
    });
    await project.remove("pipeline.ts");
    await project.write("dist/sales.csv", "1,2,3\n");
    const { undeclaredInputs } = (await project.sluice("check", "-f", "dist/pipeline.js", "--json")).json();
    expect(undeclaredInputs.map(({ what, where, stages }: Record<string, unknown>) => [what, where, stages])).toEqual([
      ["process.env.ZONE", { file: "../lib/stamp.ts", line: 1, column: 14 }, ["report", "page"]],
      ["new Date()", { file: "../lib/stamp.ts", line: 2, column: 28 }, ["report", "page"]],
    ]);
    const { stdout } = await project.sluice("check", "-f", "dist/pipeline.js");
    expect(stdout).toContain("  at lib/stamp.ts:1:14\n");
  });

  test("all problems at once, and exit code 2", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { env, file, glob, param, stage } from "sluice";
export const gone = file("gone.csv");
export const none = glob("none/*.csv");
export const need = param.required ? 1 : param(undefined as never, { type: "number" });
export const token = env("SLUICE_TEST_TOKEN");
export const made = stage({ gone, token }, () => Date.now());
export const odd = stage({ call: () => 1 }, () => 1);
`.replace("param.required ? 1 : ", ""),
    });
    const { code, stdout, stderr } = await project.sluice("check", "--set", "nothing=1");
    expect(stderr).toBe("");
    for (const said of [
      "gone.csv",
      "none/*.csv",
      "SLUICE_TEST_TOKEN",
      'parameter "nothing"',
      'parameter "need"',
      'input "call"',
    ]) {
      expect(stdout).toContain(said);
    }
    expect(stdout).toContain("warning: made reads the clock: Date.now() [clock]");
    expect(stdout).toMatch(/2 stages checked: 6 problems, 1 undeclared input\n$/);
    expect(code).toBe(2);
    const document = (await project.sluice("check", "--json")).json();
    expect(document.status).toBe("failed");
    expect(document.problems.map(({ reason }: { reason: string }) => reason).toSorted()).toEqual([
      "invalid-definition",
      "missing-file",
      "missing-parameter",
      "missing-variable",
      "no-match",
    ]);
  });

  test("runs nothing, and names that do not exist are refused", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { writeFileSync } from "node:fs";
import { stage } from "sluice";
export const made = stage({}, () => writeFileSync("ran", ""));
`,
    });
    expect((await project.sluice("check")).code).toBe(0);
    expect(project.exists("ran")).toBe(false);
    const unknown = await project.sluice("check", "mad");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('did you mean "made"?');
  });
});

describe("--strict", () => {
  test("run and plan refuse undeclared inputs before anything runs, also after a run without it", async () => {
    await using project = await rig.project(shop);
    const refused = await project.sluice("run", "--strict");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toBe(`error: 2 undeclared inputs, and --strict was given:
  lib/stamp.ts:1 process.env.ZONE (report)
  lib/stamp.ts:2 new Date() (report)
  hint: sluice check says how each is reached and what to do about it
`);
    expect((await project.sluice("runs", "--json")).json().runs).toEqual([]);
    expect((await project.sluice("run")).code).toBe(0);
    expect((await project.sluice("run")).code).toBe(0);
    const again = await project.sluice("run", "--strict", "--json");
    expect(again.code).toBe(2);
    expect(again.json().failure).toMatchObject({ reason: "undeclared-input", node: "report" });
    expect((await project.sluice("plan", "--strict")).code).toBe(2);
    expect((await project.sluice("run", "--strict", "--dry-run")).code).toBe(2);
    expect((await project.sluice("run", "--strict", "totals")).code).toBe(0);
    expect((await project.sluice("plan", "--strict", "totals")).code).toBe(0);
  });
});
