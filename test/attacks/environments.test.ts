import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Files, type Finished, type RigProject, rig } from "../rig/rig.ts";
import { cli } from "../rig/tested.ts";
import { clockOff, tenYears } from "./shifted-clock.ts";

/*
 * Equal inputs have equal keys, wherever, whenever and as whoever they are run: a cache that was filled elsewhere gives nothing but
 * hits, and a run without one makes the same versions.
 */

const isLong = process.env.SLUICE_LONG !== undefined;

const names = ["b.csv", "a.csv", "ä.csv", "Z.csv", "10.csv", "9.csv", "i.csv", "I.csv", "ı.csv", "_.csv", "sub/x.csv"];
const data: Files = Object.fromEntries(names.map((name, i) => [`data/${name}`, `name,amount\n${name},${i * 100}\n`]));
const pipeline: Files = {
  ...data,
  "pipeline.ts": `import { readdirSync, writeFileSync } from "node:fs";
import { command, dir, file, glob, map, param, stage } from "sluice";
import { total } from "./lib/total.ts";
export const top = param(3);
export const all = glob("data/*.csv");
export const folder = dir("data");
export const texts = map(all, {}, async (each) => (await each.text()).toUpperCase());
export const sum = stage({ all, top }, async ({ all, top }) => total(await Promise.all(all.map((each) => each.text()))) + top);
export const listed = stage({ folder }, ({ folder }) => folder.files.map(({ name }) => name));
export const large = stage({ sum }, ({ sum }) => (sum + " line\\n").repeat(5000), { output: "out/large.txt", format: "text" });
export const written = stage({ sum }, ({ sum }, { outputs }) => writeFileSync(outputs.report, "sum " + sum), { outputs: { report: "out/report.txt" } });
export const sorted = command({ all, one: file("data/ä.csv") }, "sort {all} {one} > {out}; date +%Z >> {out}; umask >&2", { shell: true, outputs: { out: "out/sorted.txt" } });
`,
  "lib/total.ts": `export const total = (texts: string[]) => texts.map((text) => Number(text.trim().split(",").at(-1))).reduce((a, b) => a + b, 0);
`,
};

interface Condition {
  /** What is called in place of Node, with it as the first argument. */
  readonly by?: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What is done to a copy of the project before it runs. */
  readonly before?: (dir: string) => void;
  /** Where the copies are. */
  readonly parent?: string;
  readonly skip?: boolean;
}

const sh = (line: string): readonly string[] => ["/bin/sh", "-c", `${line}; exec "$0" "$@"`];
const inMemory = existsSync("/dev/shm") ? "/dev/shm" : undefined;
const isRoot = process.getuid?.() === 0;
const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
const canBeNobody =
  isRoot && spawnSync(nobody[0]!, [...nobody.slice(1), process.execPath, cli, "--version"]).status === 0;

const clocks: Readonly<Record<string, Record<string, string> | undefined>> = {
  "a clock that is ten years ahead": clockOff(tenYears),
  "a clock that is ten years behind": clockOff(-tenYears),
  "a clock that is set back ten years during the run": clockOff(0, tenYears, 250),
  "a clock that is set forward ten years during the run": clockOff(0, -tenYears, 250),
};

const conditions: Readonly<Record<string, Condition>> = {
  "another path": {},
  "a path with spaces and more": { parent: "a b'c/ä%20\"#$" },
  "umask 000": { by: sh("umask 000") },
  "umask 077": { by: sh("umask 077") },
  "another language": { env: { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", LANGUAGE: "tr" } },
  "no language": { env: { LANG: "C", LC_ALL: "POSIX" } },
  "a time zone far east": { env: { TZ: "Pacific/Kiritimati" } },
  "a time zone of half hours": { env: { TZ: "America/St_Johns" } },
  "another user": {
    by: nobody,
    skip: !canBeNobody,
    before: (dir) => void spawnSync("chown", ["-R", "65534:65534", dir]),
  },
  "another order of the folder": { before: (dir) => recreate(dir, [...names].reverse()) },
  "another file system": {
    ...(inMemory === undefined ? {} : { parent: inMemory }),
    skip: inMemory === undefined,
    before: (dir) =>
      recreate(
        dir,
        [...names].sort(() => 0.5 - Math.random()),
      ),
  },
  "files from the future": { before: (dir) => setTimes(dir, Date.now() / 1000 + tenYears) },
  "files from 1970": { before: (dir) => setTimes(dir, 1) },
  ...Object.fromEntries(Object.entries(clocks).map(([name, env]) => [name, { env, skip: env === undefined }])),
};

function recreate(dir: string, order: readonly string[]): void {
  rmSync(path.join(dir, "data"), { recursive: true });
  for (const name of order) {
    mkdirSync(path.dirname(path.join(dir, "data", name)), { recursive: true });
    writeFileSync(path.join(dir, "data", name), data[`data/${name}`]!);
  }
}

function setTimes(dir: string, seconds: number): void {
  for (const name of Object.keys(pipeline)) utimesSync(path.join(dir, name), seconds, seconds);
}

interface Told {
  readonly versions: Readonly<Record<string, readonly (string | undefined)[]>>;
  readonly statuses: ReadonlySet<string>;
}

function told(end: Finished): Told {
  expect(end.code, end.stderr).toBe(0);
  const nodes = Object.entries(
    end.json().nodes as Record<string, { key?: string; dataVersion: string; status: string }>,
  );
  return {
    versions: Object.fromEntries(nodes.map(([name, { key, dataVersion }]) => [name, [key, dataVersion]])),
    statuses: new Set(nodes.map(([, { status }]) => status)),
  };
}

const made: string[] = [];
let base: RigProject;
let expected: Told;

beforeAll(async () => {
  base = await rig.project(pipeline);
  expected = told(await base.sluice("run", "--json"));
  expect(expected.statuses).toContain("executed");
});
afterAll(async () => {
  await base[Symbol.asyncDispose]();
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

/** A copy of the project, with its cache or without. */
function copy({ parent = "", before }: Condition, withCache: boolean): string {
  const top = mkdtempSync(path.join(path.isAbsolute(parent) ? parent : tmpdir(), "sluice-environment-"));
  made.push(top);
  const dir = path.join(top, path.isAbsolute(parent) ? "" : parent, "project");
  const filter = (from: string): boolean =>
    (withCache || !from.startsWith(path.join(base.dir, ".sluice"))) && !from.startsWith(path.join(base.dir, "out"));
  cpSync(base.dir, dir, { recursive: true, filter, verbatimSymlinks: true });
  spawnSync("chmod", ["755", top]);
  before?.(dir);
  return dir;
}

function run(dir: string, { by = [], env = {} }: Condition, ...args: string[]): Promise<Finished> {
  const [program, ...more] = [...by, process.execPath, cli, "run", "--json", ...args];
  return rig.startProcess(program!, more, { cwd: dir, env }).finished;
}

describe("keys and versions are the same", () => {
  for (const [name, condition] of Object.entries(conditions)) {
    test.skipIf(condition.skip)(`with ${name}`, { timeout: 60_000 }, async () => {
      const [warm, cold] = [copy(condition, true), copy(condition, false)];
      const [hits, anew] = await Promise.all([run(warm, condition), run(cold, condition)]);
      expect(told(hits)).toEqual({ versions: expected.versions, statuses: new Set(["hit"]) });
      expect(told(anew).versions).toEqual(expected.versions);
      expect(told(anew).statuses).toContain("executed");
      if (!isLong) return;
      // Remembered now, where it can be; and as somebody with nothing unusual.
      expect(told(await run(warm, condition))).toEqual(told(hits));
      expect(told(await run(cold, {})).statuses).toEqual(new Set(["hit"]));
    });
  }
});

describe("an edit is seen, whatever the clock and the times of the file say", () => {
  for (const [name, env] of Object.entries({ "the right clock": {}, ...clocks })) {
    test.skipIf(env === undefined)(`with ${name}`, { timeout: 60_000 }, async () => {
      const dir = copy({}, true);
      const file = path.join(dir, "data/b.csv");
      const turns = isLong ? [{ env }, {}, { env }, {}] : [{ env }, {}];
      for (const condition of turns) {
        // Twice, so that what can be remembered is.
        if (isLong || condition.env) await run(dir, condition);
        const before = told(await run(dir, condition));
        expect(before.statuses).toEqual(new Set(["hit"]));
        const { atime, mtime } = statSync(file);
        const amount = Math.floor(Math.random() * 900) + 100;
        writeFileSync(file, `name,amount\nb.csv,${amount}\n`);
        utimesSync(file, atime, mtime);
        const after = told(await run(dir, condition));
        expect(after.versions.all).not.toEqual(before.versions.all);
        expect(after.statuses).toContain("executed");
        const other = path.join(dir, "lib/total.ts");
        writeFileSync(other, `${pipeline["lib/total.ts"]}// ${amount}\nexport const more = ${amount};\n`);
      }
    });
  }
});
