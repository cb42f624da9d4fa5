import { type Case, fs, touch, write } from "./case.ts";

/** Nothing that matters changed: the record must hold. */
export const holding: readonly Case[] = [
  { what: "nothing", text: "export const all = 1;" },
  {
    what: "touch",
    text: `${fs}import { x } from "./a.js";\nexport const all = [x, fs.readFileSync("x.txt", "utf8")];`,
    files: { "a.js": "export const x = 1;", "x.txt": "1" },
    change: (project) => {
      for (const name of ["pipeline.js", "a.js", "x.txt", "package.json"]) touch(name)(project);
    },
  },
  {
    what: "an unrelated file",
    text: 'export { x as all } from "./a.js";',
    files: { "a.js": "export const x = 1;" },
    change: write({ "b.js": "", "data/x": "", "node_modules/q/index.js": "" }),
  },
  {
    what: "an unrelated variable",
    text: "export const all = process.env.MODE ?? null;",
    before: { env: { MODE: "a" } },
    after: { env: { MODE: "a", OTHER: "b" } },
  },
  { what: "arguments that nobody reads", text: "export const all = 1;", after: { args: ["--fast"] } },
  {
    what: "a current folder that nobody asks for",
    text: "export const all = 1;",
    files: { "a/x": "" },
    after: { cwd: "a" },
  },
  {
    what: "a file in a folder of which only another is read",
    text: `${fs}export const all = fs.readFileSync(import.meta.dirname + "/data/a", "utf8");`,
    files: { "data/a": "1" },
    change: write({ "data/b": "" }),
  },
  {
    what: "the content of a file of which only the name counts",
    text: `${fs}export const all = [fs.readdirSync("data"), fs.existsSync("data/a"), fs.statSync("data/a").isFile()];`,
    files: { "data/a": "1" },
    change: write({ "data/a": "234" }),
  },
  {
    what: "a date that is fixed",
    text: "export const all = [new Date(0), new Date(2020, 1, 1).getTime(), new Date('2021-01-01').toISOString()];",
  },
  { what: "the date of a stage, later", text: "export const all = () => new Date().getFullYear() + Date.now();" },
  {
    what: "a hash, a buffer, a url, zlib and events",
    text: 'import { createHash } from "node:crypto";\nimport { gzipSync } from "node:zlib";\nimport { EventEmitter } from "node:events";\nnew EventEmitter().on("x", () => {});\nexport const all = [createHash("sha256").update("x").digest("hex"), gzipSync("x").length, new URL("https://x.y").host];',
  },
  {
    what: "how many processors there are",
    text: 'import os from "node:os";\nexport const all = [os.cpus().length, os.availableParallelism(), os.platform(), os.EOL];',
  },
  {
    what: "whether there is a terminal, a browser, a network",
    text: "export const all = [!!process.stdout.isTTY, typeof window, typeof fetch, typeof WebSocket, typeof crypto?.subtle, navigator.userAgent, typeof performance.now];",
  },
  {
    what: "modules that reach outside, not used",
    text: 'import http from "node:http";\nimport cp from "node:child_process";\nimport { Worker, isMainThread } from "node:worker_threads";\nclass A extends http.Agent {}\nnew A();\nexport const all = [typeof cp.spawn, typeof Worker, isMainThread];',
  },
  {
    what: "context that follows calls",
    text: 'import { AsyncLocalStorage } from "node:async_hooks";\nconst s = new AsyncLocalStorage();\nexport const all = s.run(1, () => s.getStore());',
  },
  {
    what: "promises, microtasks and immediates",
    text: "export const all = [];\nqueueMicrotask(() => all.push(1));\nprocess.nextTick(() => all.push(2));\nawait new Promise((done) => setImmediate(done));",
  },
];
