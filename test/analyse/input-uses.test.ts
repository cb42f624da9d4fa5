import { globSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Program } from "../../src/analyse/program/program.ts";
import { InputUses } from "../../src/analyse/undeclared-inputs/input-uses.ts";
import { type Files, MemoryDerived, notLoaded, Project } from "./project.ts";

const projects: Project[] = [];
afterAll(() => {
  for (const project of projects) project.remove();
});

/** What is found in `m.ts`, in the order of the source, as `kind what`, with `?` for a note and `ok` for what is allowed. */
function usesIn(source: string, others: Files = {}): readonly string[] {
  const project = new Project({ "m.ts": source, ...others });
  projects.push(project);
  const program = new Program(project.root, notLoaded(project.path("m.ts")), new MemoryDerived());
  const module = program.module(project.path("m.ts"));
  expect(module.summary.problem).toBeUndefined();
  return new InputUses(program)
    .in(module)
    .map(
      ({ kind, level, what, allowed, handles }) =>
        `${kind}${level === "note" ? "?" : ""}${allowed === undefined ? "" : " ok"} ${what}${handles ? ` of ${handles}` : ""}`,
    );
}

type Case = readonly [source: string, ...found: string[]];

const cases: Readonly<Record<string, readonly Case[]>> = {
  environment: [
    ["process.env.REGION", "env process.env.REGION"],
    ['process.env["REGION"]', 'env process.env["REGION"]'],
    ["const name = String(1); process.env[name]", "env process.env[name]"],
    ["const value = process.env[name]; use(value, value.length);", "env process.env[name]"],
    ["process?.env?.REGION", "env process?.env?.REGION"],
    ["(process as any).env.REGION!.trim()", "env (process as any).env.REGION"],
    ["const { REGION = 'eu' } = process.env;", "env REGION"],
    ["const { env: { REGION: region } } = process;", "env region"],
    ["const { env } = process; export const f = () => env.REGION;", "env env.REGION"],
    ["const e = process.env; const home = e.HOME; use(home, home!.length);", "env e.HOME"],
    ['import { env } from "node:process"; env.REGION', "env env.REGION"],
    ['import { env as settings } from "process"; settings.REGION', "env settings.REGION"],
    ['import process from "node:process"; process.env.REGION', "env process.env.REGION"],
    ['import * as p from "node:process"; p.env.REGION', "env p.env.REGION"],
    ["globalThis.process.env.REGION", "env globalThis.process.env.REGION"],
    ['globalThis["process"]["env"].REGION', 'env globalThis["process"]["env"].REGION'],
    ["import.meta.env.MODE", "env import.meta.env.MODE"],
    ["Bun.env.REGION; Deno.env.get('REGION')", "env Bun.env.REGION", 'env Deno.env.get("REGION")'],
    ["const all = { ...process.env };", "env process.env"],
    ["Object.keys(process.env)", "env process.env"],
    ["import env = process.env; env.REGION", "env env.REGION"],
    ['(await import("node:process")).env.REGION', 'env (await import("node:process")).env.REGION'],
    ['const { env } = await import("node:process"); env.REGION', "env env.REGION"],
    ['process.env.REGION = "eu"; delete process.env.REGION;'],
    ['process.env.REGION ??= "eu"', "env process.env.REGION"],
    ["const process = { env: { A: 1 } }; process.env.A"],
    ["function f(process: any) { return process.env.REGION; }"],
    ["const config = { process: { env: 1 } }; config.process.env"],
    ["type Env = typeof process.env; let e: NodeJS.ProcessEnv;"],
    ["interface A { env: typeof process.env }"],
  ],
  process: [
    ["process.argv.slice(2)", "process process.argv"],
    ["const [, , first] = process.argv; const { argv } = process;", "process process.argv", "process argv"],
    ['import { argv, cwd } from "node:process"; argv[2]; cwd();', "process argv", "process cwd()"],
    [
      "process.cwd(); process.pid; process.umask();",
      "process process.cwd()",
      "process process.pid",
      "process process.umask()",
    ],
    ["for await (const line of process.stdin) use(line);", "process process.stdin"],
    [
      'import { createInterface } from "node:readline"; createInterface({ input: process.stdin });',
      "process process.stdin",
    ],
    ['import { readFileSync } from "node:fs"; readFileSync(0, "utf8");', "process readFileSync(…)"],
    ['import { parseArgs } from "node:util"; parseArgs(); parseArgs({ args: [] })', "process parseArgs()"],
    ["use(process)", "process? process"],
    ["function f({ env } = process) { return env; }", "process? process"],
    ["Reflect.get(process, 'env')", "process? process"],
    ["process[key as 'pid']", "process? process[key as 'pid']"],
    ["process.exit(1); process.exitCode = 2; process.on('exit', f); process.stdout.write('x'); process.nextTick(f);"],
    ["console.log(1); structuredClone(x); setTimeout(f, 1); queueMicrotask(f);"],
    ["if (typeof process !== 'undefined') f(); typeof window; typeof fetch;"],
  ],
  machine: [
    ["process.platform === 'win32'", "machine process.platform"],
    ["process.versions.node; process.arch", "machine process.versions", "machine process.arch"],
    ['import os from "node:os"; os.hostname(); os.cpus().length;', "machine os.hostname()", "machine os.cpus()"],
    ['import { EOL, tmpdir as t } from "os"; t(); const x = EOL;', "machine t()", "machine EOL"],
    ["navigator.hardwareConcurrency", "machine navigator.hardwareConcurrency"],
    ["process.memoryUsage().heapUsed", "machine process.memoryUsage()"],
    ["process.stdout.columns", "machine process.stdout.columns"],
    ["const os = { hostname: () => 'x' }; os.hostname();"],
    ['import os from "./os.ts"; os.hostname();'],
  ],
  clock: [
    ["Date.now()", "clock Date.now()"],
    ["new Date()", "clock new Date()"],
    ["new Date", "clock new Date()"],
    ["Date(); Date(5)", "clock Date()", "clock Date(…)"],
    ["new globalThis.Date()", "clock new globalThis.Date()"],
    ["const now = Date.now; export const f = () => now();", "clock now()"],
    ["const { now } = Date; now();", "clock now()"],
    ["const D = Date; new D();", "clock new D()"],
    ["rows.map(Date.now)", "clock Date.now"],
    ["const o = { now: Date.now };", "clock Date.now"],
    ["performance.now(); performance.timeOrigin;", "clock performance.now()", "clock performance.timeOrigin"],
    ['import { performance as p } from "node:perf_hooks"; p.now();', "clock p.now()"],
    [
      "process.hrtime(); process.hrtime.bigint(); process.uptime()",
      "clock process.hrtime()",
      "clock process.hrtime.bigint()",
      "clock process.uptime()",
    ],
    ["Temporal.Now.plainDateISO()", "clock Temporal.Now.plainDateISO()"],
    ["new Date(0); new Date(x); new Date(...parts); Date.parse(x); Date.UTC(2020, 1); x instanceof Date;"],
    ["class Date { static now() { return 1; } } new Date(); Date.now();"],
    ["function f(Date: any) { return new Date(); }"],
    ["const day = { now: () => 1 }; day.now();"],
  ],
  random: [
    ["Math.random()", "random Math.random()"],
    ["const { random } = Math; random();", "random random()"],
    ["rows.sort(() => Math.random() - 0.5)", "random Math.random()"],
    [
      "crypto.randomUUID(); crypto.getRandomValues(a); globalThis.crypto.randomUUID()",
      "random crypto.randomUUID()",
      "random crypto.getRandomValues(…)",
      "random globalThis.crypto.randomUUID()",
    ],
    [
      'import crypto, { randomBytes } from "node:crypto"; randomBytes(8); crypto.randomInt(3); crypto.webcrypto.randomUUID();',
      "random randomBytes(…)",
      "random crypto.randomInt(…)",
      "random crypto.webcrypto.randomUUID()",
    ],
    ['const { randomUUID } = require("crypto"); randomUUID();', "random randomUUID()"],
    [
      'import { createHash } from "node:crypto"; createHash("sha256"); Math.max(1, 2); crypto.subtle.digest("SHA-1", x);',
    ],
    ["const Math = { random: () => 4 }; Math.random();"],
  ],
  network: [
    ["await fetch('https://a.example/x')", 'network fetch("https://a.example/x")'],
    [
      "globalThis.fetch(url); window.fetch(url); global.fetch(url)",
      "network globalThis.fetch(…)",
      "network window.fetch(…)",
      "network global.fetch(…)",
    ],
    ["const get = fetch.bind(null); get(url);", "network get(…)"],
    ["function load(get = fetch) { return get(url); }", "network fetch"],
    ["new WebSocket(url)", "network new WebSocket(…)"],
    ['import http from "node:http"; http.get(url); http.STATUS_CODES[404];', "network http.get(…)"],
    ['import { request } from "https"; request(url);', "network request(…)"],
    [
      'import net from "node:net"; net.isIP(x); new net.Socket(); net.connect(1);',
      "network new net.Socket()",
      "network net.connect(…)",
    ],
    ['import { lookup } from "node:dns/promises"; await lookup(host);', "network lookup(…)"],
    ['import dns from "node:dns"; dns.promises.resolve4(host);', "network dns.promises.resolve4(…)"],
    ["const fetch = (x: string) => x; fetch('a');"],
    ["export const f = ({ fetch }: any) => fetch('a');"],
    ["import { fetch } from './mine.ts'; fetch('a');"],
    ["import fetch from 'node-fetch'; fetch('a');"],
    ["const client = { fetch: (x: string) => x }; client.fetch('a');"],
  ],
  program: [
    ['import { execFileSync as run } from "node:child_process"; run("git", ["log"]);', 'program run("git")'],
    [
      'import cp from "child_process"; cp.spawn("ls"); cp.exec("ls");',
      'program cp.spawn("ls")',
      'program cp.exec("ls")',
    ],
    [
      'import { promisify } from "node:util"; import { exec } from "node:child_process"; const run = promisify(exec); await run("ls");',
      'program run("ls")',
    ],
    ['require("child_process").execSync("ls")', 'program require("child_process").execSync("ls")'],
    [
      'process.getBuiltinModule("child_process").execSync("ls")',
      'program process.getBuiltinModule("child_process").execSync("ls")',
    ],
    [
      'import { createRequire } from "node:module"; const need = createRequire(import.meta.url); need("node:child_process").execSync("ls")',
      'program need("node:child_process").execSync("ls")',
    ],
    ['import { exec } from "./exec.ts"; exec("ls"); /x/.exec("x");'],
  ],
  "database, workers and code": [
    ['import { DatabaseSync } from "node:sqlite"; new DatabaseSync("a.db");', 'database new DatabaseSync("a.db")'],
    ['import { DatabaseSync } from "node:sqlite"; new DatabaseSync(":memory:");'],
    [
      'import { Worker, workerData } from "node:worker_threads"; new Worker("./w.js"); use(workerData);',
      'worker new Worker("./w.js")',
      "worker workerData",
    ],
    ["await import(name)", "code import() of a computed name"],
    ["require(name)", "code require() of a computed name"],
    ["eval('1'); new Function('return 1')", "code eval()", "code new Function()"],
    ['import vm from "node:vm"; vm.runInThisContext(text)', "code vm.runInThisContext(…)"],
    ["globalThis[name]", "code? globalThis[name]"],
    ["await import('./os.ts'); const f = (require: any) => require('fs');"],
  ],
  "language and time zone": [
    ["d.getHours(); d.getUTCHours(); d.toISOString()", "locale? getHours()"],
    ["new Date(2020, 1, 2)", "locale? new Date(…)"],
    ["new Date('2020-01-02T10:00')", 'locale? new Date("2020-01-02T10:00")'],
    ["new Date('2020-01-02T10:00Z'); new Date('2020-01-02'); new Date('2020-01-02T10:00+01:00')"],
    [
      "x.toLocaleString(); x.toLocaleString('en'); x.toLocaleString(undefined)",
      "locale? toLocaleString()",
      "locale? toLocaleString()",
    ],
    ["d.toLocaleDateString('en'); d.toLocaleDateString('en', { timeZone: 'UTC' })", "locale? toLocaleDateString()"],
    ["a.localeCompare(b); a.localeCompare(b, 'en')", "locale? localeCompare()"],
    [
      "new Intl.NumberFormat(); new Intl.NumberFormat('en'); new Intl.DateTimeFormat('en')",
      "locale? new Intl.NumberFormat()",
      'locale? new Intl.DateTimeFormat("en")',
    ],
    ["Intl.DateTimeFormat('en', { timeZone: 'UTC' }); new Intl.Locale(x)"],
  ],
  "less usual forms": [
    ['import("node:fs").then((fs) => fs.readFileSync("a"))', 'file fs.readFileSync("a")'],
    [
      'const p = import("node:fs"); p.then((fs) => fs.readFileSync("a")); x.then((fs) => fs.readFileSync("a"))',
      'file fs.readFileSync("a")',
    ],
    ['import("node:fs").then(({ readFileSync: r }) => r("a"))', 'file r("a")'],
    ['await Promise.all([import("node:os"), import("./os.ts")])', 'machine? import("node:os")'],
    ['import fs = require("fs"); fs.readFileSync("a")', 'file fs.readFileSync("a")'],
    ['var fs_1 = __importStar(require("fs")); (0, fs_1.readFileSync)("a")', 'file fs_1.readFileSync("a")'],
    [
      'var fs_1 = _interopRequireDefault(require("fs")); fs_1.default.readFileSync("a")',
      'file fs_1.default.readFileSync("a")',
    ],
    [
      "(0, Date.now)(); fetch?.('a'); Reflect.apply(fetch, null, [])",
      "clock Date.now()",
      'network fetch("a")',
      "network fetch",
    ],
    [
      "process.cwd.bind(process)(); fetch.call(null, 'a')",
      "process process.cwd.bind(process)()",
      "network fetch.call(…)",
    ],
    ["const process2 = globalThis.process; process2.env.A", "env process2.env.A"],
    ["const { env: { ...rest } } = process; rest.A", "env rest.A"],
    [
      "class A { env = process.env; static at = Date.now(); #x = Math.random(); get y() { return fetch; } }",
      "env process.env",
      "clock Date.now()",
      "random Math.random()",
      "network fetch",
    ],
    [
      "enum A { X = Date.now() } namespace N { export const y = Math.random(); }",
      "clock Date.now()",
      "random Math.random()",
    ],
    ["@deco(Date.now()) class A { @deco(Math.random()) m() {} }", "clock Date.now()", "random Math.random()"],
    [
      "const o = { [Date.now()]: 1, get a() { return Math.random(); }, fetch };",
      "clock Date.now()",
      "random Math.random()",
      "network fetch",
    ],
    [
      "const f = ({ at = Date.now() } = {}, [x = Math.random()] = []) => 1;",
      "clock Date.now()",
      "random Math.random()",
    ],
    [
      "try { f(); } catch ({ at = Date.now() }) {} label: for (;;) { Math.random(); break label; }",
      "clock Date.now()",
      "random Math.random()",
    ],
    ["const now = globalThis.performance?.now ?? Date.now;", "clock globalThis.performance?.now", "clock Date.now"],
    ["export default async () => fetch('a');", 'network fetch("a")'],
    ["export default Date.now;", "clock Date.now"],
    ["declare const process: any; process.env.A", "env process.env.A"],
    ["let e; e = process.env; ({ A: e } = process.env);", "env process.env", "env process.env"],
    ["import type fs from 'node:fs'; let x: typeof import('node:fs'); type T = ReturnType<typeof Date.now>;"],
    ["const process = { env: {} as any }; { const fetch = 1; } process.env.A; class X { fetch() { this.fetch(); } }"],
    ["label: { break label; } ({ process: 1, fetch: 2 }); x.fetch(); x.process.env.A; x?.Date.now();"],
  ],
};

describe("what code depends on", () => {
  for (const [title, list] of Object.entries(cases)) {
    describe(title, () => {
      test.each(list.map(([source, ...found]) => [source, found] as const))("%s", (source, found) => {
        expect(usesIn(source, { "os.ts": "export default { hostname: () => 'x' };\nexport const exec = 1;" })).toEqual(
          found,
        );
      });
    });
  }
});

/** A stage's function around code that reads files; `fs`, `path` and `url` are imported. */
function inStage(code: string, before = ""): string {
  return `import fs, { promises, readFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import path, { join } from "node:path";
import { fileURLToPath } from "node:url";
import { file, stage } from "sluice";
${before}
export const made = stage({ sales: file("sales.csv") }, async (inputs, context) => { const { sales } = inputs as any; ${code} });`;
}

describe("reading files", () => {
  const names: readonly Case[] = [
    ['readFileSync("a.csv")', 'file readFileSync("a.csv")'],
    ['await readFile("a.csv")', 'file readFile("a.csv")'],
    [
      'fs.createReadStream("a.csv"); fs.promises.readFile("a"); promises.stat("a")',
      'file fs.createReadStream("a.csv")',
      'file fs.promises.readFile("a")',
      'file promises.stat("a")',
    ],
    [
      'fs.existsSync("a"); fs.readdirSync("d"); fs.globSync("*.csv")',
      'file fs.existsSync("a")',
      'file fs.readdirSync("d")',
      'file fs.globSync("*.csv")',
    ],
    ['(await import("node:fs")).readFileSync("a")', 'file (await import("node:fs")).readFileSync("a")'],
    ['require("fs").readFileSync("a")', 'file require("fs").readFileSync("a")'],
    ['await open("a"); await open("a", "w")', 'file open("a")'],
    ["const f = path.join('data', sales.name); readFileSync(f)", "file readFileSync(…)"],
    ["readFileSync(join(process.cwd(), 'a'))", "file readFileSync(…)", "process process.cwd()"],
    ["readFileSync(join(import.meta.dirname, 'a'))", "file readFileSync(…)"],
    [`readFileSync(\`data/\${sales.name}\`)`, "file readFileSync(…)"],
    ["for (const name of ['a', 'b']) readFileSync(name)", "file readFileSync(…)"],
    ["['a', 'b'].map((name) => readFileSync(name))", "file readFileSync(…)"],
    ["readFileSync(new URL('gone.csv', import.meta.url))", "file readFileSync(…)"],
    ["fs.readdirSync(new URL('.', import.meta.url))", "file fs.readdirSync(…)"],
    [
      "readFileSync(new URL('there.csv', import.meta.url)); readFileSync(fileURLToPath(new URL('there.csv', import.meta.url)))",
    ],
    [
      "readFileSync(sales.path); fs.createReadStream(inputs.sales.path); const { path: p } = sales; readFileSync(p)",
      "file? readFileSync(…) of sales",
      "file? fs.createReadStream(…) of sales",
      "file? readFileSync(…) of sales",
    ],
    ["readFileSync(context.outputs.a); readFileSync(join(context.tmp, 'x'))"],
    [`const { tmp, outputs: { a } } = context; readFileSync(\`\${tmp}/x\`); readFileSync(a)`],
    ["const dir = await fs.promises.mkdtemp(join(context.tmp, 'x')); fs.readdirSync(dir)"],
    ["for (const f of (inputs as any).files) readFileSync(f.path)", "file? readFileSync(…) of files"],
    ["(inputs as any).files.map((f: any) => readFileSync(f.path))", "file? readFileSync(…) of files"],
    ["(inputs as any).files.map(({ path }: any) => readFileSync(path))", "file? readFileSync(…) of files"],
    ["readFileSync((inputs as any).folder.file('a.csv').path)", "file? readFileSync(…) of folder"],
    ["using handle = await open(sales.path) as any; readFileSync(handle)", "file? open(…) of sales"],
    ["readFileSync(join(sales.path, '..', 'other.csv'))", "file? readFileSync(…)"],
    ["readFileSync(sales.path.replace('.csv', '.txt'))", "file? readFileSync(…)"],
    ["readFileSync(sales)", "file? readFileSync(…)"],
    ["readFileSync(context.run.id)", "file? readFileSync(…)"],
    ["let p = sales.path; p = 'b'; readFileSync(p)", "file? readFileSync(…)"],
    ["sales.list.map(readFileSync)", "file? readFileSync"],
    ["use(fs)", "file? fs"],
    ["fs.writeFileSync('a', 'b'); fs.mkdirSync('d'); await fs.promises.rm('a'); fs.createWriteStream('a');"],
    ["const fs = { readFileSync: (x: string) => x }; fs.readFileSync('a')"],
  ];

  test.each(names.map(([code, ...found]) => [code, found] as const))("%s", (code, found) => {
    expect(usesIn(inStage(code), { "there.csv": "1" })).toEqual(found);
  });

  const load = "function load(p: string) { return readFileSync(p); }";
  test.each<readonly [what: string, code: string, before: string, ...found: string[]]>([
    [
      "all calls of a helper give what is declared",
      "load(sales.path); load(context.tmp)",
      load,
      "file? readFileSync(…) of sales",
    ],
    ["all calls give what stands in the code", "load('a'); load('b')", load, "file readFileSync(…)"],
    ["calls differ", "load('a'); load(sales.path)", load, "file? readFileSync(…)"],
    ["calls are not all known", "load(sales.path); rows.map(load)", load, "file? readFileSync(…)"],
    ["other modules may call it", "load(sales.path)", `export ${load}`, "file? readFileSync(…)"],
    [
      "other modules may call it by another name",
      "load(sales.path)",
      `${load} export { load as l };`,
      "file? readFileSync(…)",
    ],
    ["nobody calls it", "", load, "file? readFileSync(…)"],
    [
      "a helper of helpers",
      "outer(sales)",
      `${load} const outer = ({ path: p }: any) => load(p);`,
      "file? readFileSync(…) of sales",
    ],
    [
      "paths of several inputs",
      "load(sales.path); load((inputs as any).b.path)",
      load,
      "file? readFileSync(…) of sales,b",
    ],
    [
      "a function that calls itself",
      "again(sales.path)",
      "const again = (p: string): any => again(p) + readFileSync(p);",
      "file? readFileSync(…)",
    ],
  ])("%s", (_, code, before, ...found) => {
    expect(usesIn(inStage(code, before))).toEqual(found);
  });

  test("a function declared by itself is a stage's if it is handed to stage()", () => {
    const source = `import { readFileSync } from "node:fs";
import { file, stage } from "sluice";
function load({ sales }: any, { tmp }: any) { return readFileSync(sales.path) + readFileSync(tmp + "/x"); }
export const loaded = stage({ sales: file("sales.csv") }, load);`;
    expect(usesIn(source)).toEqual(["file? readFileSync(…) of sales"]);
  });
});

describe("across modules", () => {
  const lib: Files = {
    "lib.ts": `export { readFile as load, default as fs } from "node:fs/promises";
export * from "./more.ts";
export * as system from "node:os";
export const home = process.env.HOME;
export default fetch;`,
    "more.ts": `export const now = Date.now;
export const { random, max } = Math;
export const env = process.env;
export { argv } from "node:process";
export * from "node:crypto";`,
  };

  test.each<Case>([
    ['import { load } from "./lib.ts"; load("a.csv")', 'file load("a.csv")'],
    ['import { now } from "./lib.ts"; now()', "clock now()"],
    ['import * as lib from "./lib.ts"; lib.now(); lib.random(); lib.max(1)', "clock lib.now()", "random lib.random()"],
    ['import { env, argv } from "./lib.ts"; env.X; argv[1]', "env env.X", "process argv"],
    ['import { system } from "./lib.ts"; system.hostname()', "machine system.hostname()"],
    ['import { randomBytes, createHash } from "./lib.ts"; randomBytes(1); createHash("x")', "random randomBytes(…)"],
    ['const { now } = await import("./lib.ts"); now()', "clock now()"],
    // Where it is declared, it is read.
    ['import { home } from "./lib.ts"; use(home)'],
    ['export { now } from "./lib.ts"; import type { load } from "./lib.ts";'],
    ['import { missing } from "./lib.ts"; missing()'],
  ])("%s", (source, ...found) => {
    expect(usesIn(source, lib)).toEqual(found);
  });

  test("modules that import each other", () => {
    const other = { "b.ts": 'import { now } from "./m.ts";\nexport const later = now;' };
    expect(usesIn('import { later } from "./b.ts";\nexport const now = Date.now;\nlater();', other)).toEqual([
      "clock later()",
    ]);
  });
});

describe("comments that allow", () => {
  test.each<Case>([
    ["const t = Date.now(); // sluice-allow: clock -- only for the log", "clock ok Date.now()"],
    ["// sluice-allow: clock -- only for the log\nconst t = Date.now();", "clock ok Date.now()"],
    [
      "/* sluice-allow: clock, random -- a demo */\nfunction f() {\n  Date.now();\n  Math.random();\n}",
      "clock ok Date.now()",
      "random ok Math.random()",
    ],
    [
      "// sluice-allow: clock -- a demo\n// more words\nexport const f = () => {\n  Date.now();\n};\nDate.now();",
      "clock ok Date.now()",
      "clock Date.now()",
    ],
    [
      "const o = {\n  // sluice-allow: clock -- a demo\n  a: () => Date.now(),\n  b: () => Date.now(),\n};",
      "clock ok Date.now()",
      "clock Date.now()",
    ],
    ["class A {\n  // sluice-allow: clock -- a demo\n  a() {\n    return Date.now();\n  }\n}", "clock ok Date.now()"],
    ["f(\n  // sluice-allow: clock -- a demo\n  Date.now(),\n  Date.now);", "clock ok Date.now()", "clock Date.now"],
    ["// sluice-allow: random -- a demo\nDate.now();", "clock Date.now()"],
    ["// sluice-allow: clock\nDate.now();", "code sluice-allow: clock", "clock Date.now()"],
    ["// sluice-allow: clok -- a demo\nDate.now();", "code sluice-allow: clok -- a demo", "clock Date.now()"],
    ["// sluice-allow -- a demo\nDate.now();", "code sluice-allow -- a demo", "clock Date.now()"],
    ["const s = '// sluice-allow: clock -- no';\nDate.now();", "clock Date.now()"],
  ])("%s", (source, ...found) => {
    expect(usesIn(source).toSorted()).toEqual(found.toSorted());
  });
});

test("hints name the variable or the file, and places are those of the source", () => {
  const project = new Project({
    "m.ts": '/* é */\nimport fs from "fs";\nf(process.env.REGION, fs.readFileSync("a/b.csv"));',
  });
  projects.push(project);
  const program = new Program(project.root, notLoaded(project.path("m.ts")), new MemoryDerived());
  const uses = new InputUses(program).in(program.module(project.path("m.ts")));
  expect(uses).toMatchObject([
    { kind: "env", name: "process.env.REGION", line: 3, column: 3, hint: 'declare it as an input with env("REGION")' },
    { kind: "file", name: "fs.readFileSync", line: 3, column: 23, hint: expect.stringContaining('file("a/b.csv")') },
  ]);
});

test("a room that has no inputs of its own: the core of Sluice", () => {
  const core = path.resolve(import.meta.dirname, "../../src/core");
  const program = new Program(core, notLoaded(), new MemoryDerived());
  const uses = new InputUses(program);
  // But for the one that asks which machine this is, to load the library for it.
  const files = globSync("**/*.ts", { cwd: core }).filter((file) => file !== "blake3.ts");
  expect(files.length).toBeGreaterThan(20);
  expect(files.flatMap((file) => uses.in(program.module(path.join(core, file))))).toEqual([]);
});

test("code that is nested too deeply is said to be", () => {
  const calls = (times: number) =>
    `export const x = ${"f(".repeat(times)}Date.now()${")".repeat(times)};\nconst y = 1;`;
  expect(usesIn(calls(50))).toEqual(["clock Date.now()"]);
  const told = [200, 400, 600, 800, 1000, 1200].map((times) => {
    const project = new Project({ "m.ts": calls(times) });
    projects.push(project);
    const program = new Program(project.root, notLoaded(project.path("m.ts")), new MemoryDerived());
    const module = program.module(project.path("m.ts"));
    // What could not be summed up at all is said with the code version.
    if (module.summary.problem !== undefined) return "problem";
    return new InputUses(program).in(module).map(({ kind, what }) => `${kind} ${what.slice(0, 11)}`)[0];
  });
  expect(["clock Date.now()", "code code that i", "problem"]).toEqual(expect.arrayContaining([...new Set(told)]));
  expect(told).not.toContain(undefined);
});
