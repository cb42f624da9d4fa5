import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { ofAsking } from "./load-watch/asking-cases.ts";
import { holding } from "./load-watch/holding-cases.ts";
import { ofModules } from "./load-watch/module-cases.ts";
import { ofProcess } from "./load-watch/process-cases.ts";
import { ofReading } from "./load-watch/reading-cases.ts";
import { unrepeatable } from "./load-watch/unrepeatable-cases.ts";
import { type Files, Project } from "./project.ts";
import { compiled, type Surroundings, type Watching, watch } from "./watching.ts";

const folders: string[] = [compiled];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const installed = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** A project within a folder of its own, so that nothing above it is anybody else's. */
function project(text: string, files: Files = {}): Project {
  const made = new Project();
  folders.push(made.root);
  const root = made.path("project");
  Object.defineProperty(made, "root", { value: root });
  return made.write({ "package.json": '{"type":"module"}', "pipeline.js": text, ...files });
}

/** Real packages, for code that imports them. */
function withPackages(made: Project, ...names: string[]): Project {
  for (const name of names) {
    mkdirSync(path.dirname(made.path(`node_modules/${name}`)), { recursive: true });
    symlinkSync(path.join(installed, name), made.path(`node_modules/${name}`));
  }
  return made;
}

async function first(made: Project, around?: Surroundings): Promise<Watching & Required<Pick<Watching, "record">>> {
  const seen = await watch(made, undefined, around);
  expect(seen.failure).toBeUndefined();
  expect(seen.unrepeatable).toBeUndefined();
  return seen as Watching & Required<Pick<Watching, "record">>;
}

describe.concurrent("a record does not hold when the load gives something else", () => {
  test.each([...ofModules, ...ofReading, ...ofAsking, ...ofProcess])(
    "$what",
    async ({ text, files, prepare, before, change, after }) => {
      const made = project(text, files);
      prepare?.(made);
      const { record, exports } = await first(made, before);
      change?.(made);
      const second = await watch(made, record, after ?? before);
      // else the case shows nothing
      expect(second.exports ?? second.failure).not.toEqual(exports);
      expect(second.holds).toBe(false);
      expect(second.change).toEqual(expect.any(String));
    },
  );
});

describe.concurrent("a record holds when nothing that matters changed", () => {
  test.each(holding)("$what", async ({ text, files, prepare, before, change, after }) => {
    const made = project(text, files);
    prepare?.(made);
    const { record, exports } = await first(made, before);
    change?.(made);
    const second = await watch(made, record, after ?? before);
    expect(second.change).toBeUndefined();
    expect(second.holds).toBe(true);
    expect(second.exports).toEqual(exports);
  });
});

describe.concurrent("a load that nobody can check is not remembered", () => {
  for (const [what, text, reason, files] of unrepeatable) {
    test(what, async () => {
      const made = withPackages(project(text, files), "lodash-es", "date-fns");
      if (files?.["a/b/c.txt"] !== undefined) symlinkSync("a/b", made.path("link"));
      const seen = await watch(made);
      expect(seen.failure).toBeUndefined();
      expect(seen.record).toBeUndefined();
      expect(seen.unrepeatable?.what).toContain(reason);
    });
  }

  test("the place is that in the source", async () => {
    const made = project('import "./a.ts";\nexport const all = 1;', {
      "a.ts": "interface Long {\n  x: number;\n}\n\nexport const at: Long = { x: Date.now() };",
    });
    const { unrepeatable } = await watch(made);
    expect(unrepeatable).toEqual({
      what: "reads the clock",
      where: { file: made.path("a.ts"), line: 5, column: 35 },
    });
  });
});

describe.concurrent("real packages can be remembered", () => {
  const names = ["@duckdb/node-api", "apache-arrow", "zod", "lodash-es", "date-fns", "papaparse", "tinyglobby"];
  test.each(names)("%s", async (name) => {
    const text = `import * as it from "${name}";\nexport const all = Object.keys(it).length;`;
    const made = withPackages(project(text), name);
    const { record } = await first(made);
    const second = await watch(made, record);
    expect(second.change).toBeUndefined();
    expect(second.holds).toBe(true);
  });

  test("globSync of tinyglobby counts what it finds", async () => {
    const text = 'import { globSync } from "tinyglobby";\nexport const all = globSync("data/**/*.csv").sort();';
    const made = withPackages(project(text, { "data/x/a.csv": "1" }), "tinyglobby");
    const { record } = await first(made);
    made.write({ "data/x/a.csv": "2", "other/b.csv": "" });
    expect((await watch(made, record)).change).toBeUndefined();
    made.write({ "data/x/b.csv": "" });
    const second = await watch(made, record);
    expect(second.exports).toEqual({ all: ["data/x/a.csv", "data/x/b.csv"] });
    expect(second.holds).toBe(false);
  });
});

describe.concurrent("the watch", () => {
  test("leaves everything as it was", async () => {
    const text = `
      import fs, { readFileSync } from "node:fs";
      import { pid } from "node:process";
      const describeAll = () => [fs, fs.promises, process, console, globalThis, Date, Date.prototype, Math, Intl.DateTimeFormat.prototype,
        Object.getPrototypeOf(performance), Object.getPrototypeOf(crypto), process.stdout].map((owner) =>
        Reflect.ownKeys(owner).map((name) => {
          const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(owner, name);
          const kind = (part) => typeof part === "function" ? Function.prototype.toString.call(part) + part.name + part.length : typeof part;
          return [String(name), kind(value), kind(get), kind(set), flags];
        }).sort());
      export const during = describeAll();
      const taken = readFileSync;
      const { env } = process;
      const sameDate = new Date(0) instanceof Date && new Date(0).constructor === Date;
      export const after = () => ({
        all: describeAll(), same: readFileSync === fs.readFileSync, taken: taken !== readFileSync && taken(import.meta.filename, "utf8").length > 9,
        env: env.HOME === process.env.HOME && env !== process.env, sameDate, now: Math.abs(Date.now() - new Date()) < 1e4, pid: pid === process.pid,
      });`;
    const made = project(text);
    const seen = await watch(made);
    const { all, ...rest } = seen.after as Readonly<Record<string, unknown>>;
    const plain = project(`${text}\nexport const all = after().all;`);
    const unwatched = await watch(plain, undefined, { env: { UNWATCHED: "1" } });
    expect(unwatched.exports?.all).toEqual(all);
    expect(rest).toEqual({ same: true, taken: true, env: true, sameDate: true, now: true, pid: true });
  });

  test("throws what the load throws, and is over", async () => {
    const made = project('throw new Error("no");');
    const { failure } = await watch(made);
    expect(failure?.reason).toBe("load-failed");
  });

  test("keeps no values in the record", async () => {
    const made = project("export const all = [process.env.TOKEN, process.argv.length, { ...process.env }.TOKEN];");
    const { record } = await first(made, { env: { TOKEN: "very-secret" } });
    expect(JSON.stringify(record)).not.toContain("very-secret");
  });

  test("a project that was moved is loaded again", async () => {
    const made = project("export const all = import.meta.dirname;");
    const { record } = await first(made);
    const other = realpathSync(mkdtempSync(path.join(tmpdir(), "sluice-moved-")));
    folders.push(other);
    const moved = new Project();
    folders.push(moved.root);
    moved.write({ "package.json": '{"type":"module"}', "pipeline.js": "export const all = import.meta.dirname;" });
    expect((await watch(moved, record)).holds).toBe(false);
  });

  test("what was loaded after other modules is not remembered", async () => {
    const made = project("export const all = 1;", { "first.js": "export {};" });
    const { unrepeatable } = await watch(made, undefined, { execArgv: ["--import", made.path("first.js")] });
    expect(unrepeatable?.what).toContain("told to load first");
  });
});
