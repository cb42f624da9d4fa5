import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { parseSync } from "oxc-parser";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rig } from "../rig/rig.ts";

const root = path.resolve(import.meta.dirname, "../..");
const dist = path.join(root, "dist");
const scripts = readdirSync(path.join(dist, "scripts")).filter((file) => file.endsWith(".js"));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "sluice-built-"));
  await mkdir(path.join(dir, "node_modules"));
  await symlink(root, path.join(dir, "node_modules", "sluice"));
  await writeFile(path.join(dir, "package.json"), `{ "type": "module" }\n`);
});
afterEach(() => rm(dir, { recursive: true }));

/** What a process of the built package prints; what it compiles is kept in a folder of its own. */
async function output(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const compiled = { NODE_COMPILE_CACHE: path.join(dir, "compiled"), ...env };
  const { finished } = rig.startProcess(process.execPath, [...args], { cwd: dir, env: compiled });
  const { code, stdout, stderr } = await finished;
  if (code !== 0) throw new Error(`it ended with ${code}: ${stderr}`);
  return stdout + stderr;
}

/** By what name the loader exports the function that loads a script. */
function scriptOf(loader: string): string {
  return /(?:\{|, )scriptOf as (\w+)/.exec(readFileSync(path.join(dist, loader), "utf8"))![1]!;
}

const sluice = path.join(root, "bin/sluice.js");

const pipeline = `import { map, stage } from "sluice";
export const items = stage({}, () => [1, 2, 3]);
export const squares = map(items, (item) => item * item);
export const sum = stage({ squares }, ({ squares }) => squares.reduce((a, b) => a + b, 0));
`;

describe("the built package", () => {
  test("is mostly scripts, which import nothing themselves", () => {
    expect(scripts.length).toBeGreaterThan(50);
    for (const file of scripts) {
      const text = readFileSync(path.join(dist, "scripts", file), "utf8");
      const { errors, program, module } = parseSync(file, text, { sourceType: "script" });
      expect({ file, errors }).toEqual({ file, errors: [] });
      expect(program.body.map(({ type }) => type)).toEqual(["ExpressionStatement"]);
      expect({ file, imports: module.dynamicImports.length }).toEqual({ file, imports: 0 });
    }
  });

  test("has no file that cannot be loaded", async () => {
    const files = readdirSync(dist).filter(
      (file) => file.endsWith(".js") && !["cli.js", "thread-start.js"].includes(file),
    );
    const loader = files.find((file) => file.startsWith("loader-"))!;
    await writeFile(
      path.join(dir, "all.js"),
      `const { ${scriptOf(loader)}: scriptOf } = await import(${JSON.stringify(pathToFileURL(path.join(dist, loader)))});
       for (const file of ${JSON.stringify(scripts.filter((file) => file !== "cli.js"))}) scriptOf(file);
       for (const file of ${JSON.stringify(files)}) await import(${JSON.stringify(`${pathToFileURL(dist)}/`)} + file);
       console.log("loaded");
      `,
    );
    expect(await output(["all.js"])).toBe("loaded\n");
  });

  test("is ASCII only", () => {
    const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
    const other = files.filter((file) => /[^\0-\x7f]/.test(readFileSync(path.join(dist, file), "utf8")));
    expect(other).toEqual([]);
  });

  test.each([
    ["index.js", "src/index.ts"],
    ["cache.js", "src/cache/index.ts"],
    ["dataflow.js", "src/authoring/dataflow/index.ts"],
  ])("%s exports what its source exports", async (built, source) => {
    const list = (file: string) => `console.log(Object.keys(await import("${pathToFileURL(file)}")).sort().join())`;
    const names = async (file: string) => await output(["--input-type=module", "-e", list(file)]);
    expect(await names(path.join(dist, built))).toBe(await names(path.join(root, source)));
  });

  test("has types in which the compiler finds nothing wrong, whoever looks into libraries as well", async () => {
    const entries = ["index", "cache", "dataflow"].map((name) => path.join(dist, `${name}.d.ts`));
    const settings = "--noEmit --ignoreConfig --strict --module nodenext --target es2024 --lib esnext --types node";
    const tsc = path.join(root, "node_modules/typescript/bin/tsc");
    expect(
      await output([tsc, ...settings.split(" "), "--typeRoots", path.join(root, "node_modules/@types"), ...entries]),
    ).toBe("");
  });

  test("can be installed beside its peers, of which one has no versions but prereleases", async () => {
    const manifest = async (folder: string) => JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    for (const [name, range] of Object.entries<string>((await manifest(root)).peerDependencies)) {
      const { version } = await manifest(path.join(root, "node_modules", name));
      expect([name, range === "*"]).toEqual([name, version.includes("-")]);
    }
  });

  test.each(["esm", "cjs"] as const)("says what is wrong where it was put into a bundle (%s)", async (format) => {
    const contents = 'import { stage } from "sluice"; export const one = stage({}, () => 1);';
    const file = path.join(dir, `bundle.${format === "esm" ? "mjs" : "cjs"}`);
    const settings = {
      bundle: true,
      platform: "node",
      logLevel: "error",
      logOverride: { "empty-import-meta": "silent" },
    } as const;
    await build({ stdin: { contents, resolveDir: dir }, outfile: file, format, ...settings });
    await expect(output([file])).rejects.toThrow(/Sluice cannot find its own files.*--external:sluice/);
  });

  test("runs the same with what it has kept of itself, without it, and where that is damaged", async () => {
    await writeFile(path.join(dir, "pipeline.js"), pipeline);
    const first = await output([sluice, "run"]);
    expect(first).toContain("3 items, 3 made: first run");
    for (let i = 0; i < 4; i++) expect(await output([sluice, "run"])).toContain("nothing to do");

    const kept = path.join(dir, "compiled");
    const files = (await readdir(kept, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.parentPath.includes("sluice-compiled"))
      .map((entry) => path.join(entry.parentPath, entry.name));
    const names = files.map((file) => path.basename(file).replace(/-.*/, ""));
    expect(names).toEqual(expect.arrayContaining(["start", "engine", "map", "uses"]));
    for (const file of files) {
      const content = await readFile(file);
      for (let at = 100; at < content.length; at += 1000) content[at]! ^= 0xff;
      await writeFile(file, content);
    }
    expect(await output([sluice, "show", "sum"])).toContain("14");
    expect(await output([sluice, "run", "--recompute", "sum"])).toContain("ran      sum");
    await rm(path.join(dir, ".sluice"), { recursive: true });
    expect(await output([sluice, "run"], { NODE_DISABLE_COMPILE_CACHE: "1" })).toContain("3 items, 3 made: first run");
  });

  test("loads what finds versions of code only where some are not known", async () => {
    await writeFile(
      path.join(dir, "pipeline.js"),
      `import { file, stage } from "sluice";
const text = file("text");
export const size = stage({ text }, async ({ text }) => (await text.text()).length);
`,
    );
    const run = async (text: string): Promise<readonly string[]> => {
      await writeFile(path.join(dir, "text"), text);
      const coverage = path.join(dir, `coverage ${text}`);
      expect(await output([sluice, "run"], { NODE_V8_COVERAGE: coverage })).toContain("ran      size");
      const found = await Promise.all(
        (await readdir(coverage)).map((file) => readFile(path.join(coverage, file), "utf8")),
      );
      return scripts.filter((script) => found.some((each) => each.includes(`/dist/scripts/${script}`)));
    };
    const analysis = scripts.find((script) => script.startsWith("analysis-"));
    expect(await run("new")).toContain(analysis);
    // what it is asked is known by then, but not how the load went
    await run("other text");
    expect(await run("another text")).not.toContain(analysis);
  });

  test("is no part of what a load of a pipeline is seen to read", async () => {
    await writeFile(path.join(dir, "pipeline.js"), pipeline);
    for (let i = 0; i < 3; i++) await output([sluice, "run"]);
    expect(await output([sluice, "run", "--verbose"])).toContain("as remembered, nothing has changed");
    await rm(path.join(dir, "compiled"), { recursive: true });
    expect(await output([sluice, "run", "--verbose"])).toContain("as remembered, nothing has changed");
  });

  test("is of the realm that it is loaded into, as by a test runner", async () => {
    await writeFile(
      path.join(dir, "realm.js"),
      `import { readFileSync } from "node:fs";
       import { createContext, SourceTextModule } from "node:vm";
       // what is of Node, and not of the language, is shared
       const names = Object.getOwnPropertyNames(globalThis).filter((name) => /^(?:process|console|Buffer|URL.*|Text.*|Abort.*|set[A-Z].*)$/.test(name));
       const context = createContext(Object.fromEntries(names.map((name) => [name, globalThis[name]])));
       const modules = new Map();
       const load = (url) => {
         if (!modules.has(url)) {
           const source = readFileSync(new URL(url), "utf8");
           const initializeImportMeta = (meta) => Object.assign(meta, { url, dirname: ${JSON.stringify(dist)} });
           modules.set(url, new SourceTextModule(source, { context, identifier: url, initializeImportMeta }));
         }
         return modules.get(url);
       };
       const code = \`import { stage, SluiceError } from "./index.js";
         try { stage({}, 5); } catch (error) { console.log(error instanceof SluiceError, error instanceof Error); }
         console.log(stage({ plain: { a: [1, 2] } }, ({ plain }) => plain) instanceof Function);\`;
       const main = new SourceTextModule(code, { context, identifier: "main" });
       await main.link((name) => load(new URL(name, ${JSON.stringify(`${pathToFileURL(dist)}/`)}).href));
       await main.evaluate();
      `,
    );
    expect(await output(["--no-warnings", "--experimental-vm-modules", "realm.js"])).toBe("true true\ntrue\n");
  });

  test("runs stages in threads, and drivers", async () => {
    await writeFile(
      path.join(dir, "pipeline.js"),
      `import { stage } from "sluice";
       import { isMainThread } from "node:worker_threads";
       export const where = stage({}, () => (isMainThread ? "here" : "in a thread"), { executor: "thread" });
      `,
    );
    for (let i = 0; i < 2; i++) {
      await output([sluice, "run"]);
      expect(await output([sluice, "show", "where"])).toContain("in a thread");
      await rm(path.join(dir, ".sluice"), { recursive: true });
    }
    await writeFile(path.join(dir, "flow.js"), "export const double = (seed) => seed * 2;\n");
    await writeFile(
      path.join(dir, "driver.js"),
      `import { Driver } from "sluice/dataflow";
       const driver = Driver.builder().withModules("./flow.js").withCache({ path: "cache" }).build();
       const { double } = await driver.execute(["double"], { inputs: { seed: 21 } });
       console.log(double, JSON.stringify(await driver.cache.logs({ level: "debug" })));
       await driver.close();
      `,
    );
    expect(await output(["driver.js"])).toContain("42");
    expect(await output(["driver.js"])).toContain("get_result");
  });
});
