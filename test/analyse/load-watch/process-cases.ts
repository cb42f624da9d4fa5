import { type Case, fs } from "./case.ts";

/** Of what the process is given: the second load gives something else. */
export const ofProcess: readonly Case[] = [
  {
    what: "a variable of the environment",
    text: "export const all = process.env.MODE ?? null;",
    before: { env: { MODE: "a" } },
    after: { env: { MODE: "b" } },
  },
  {
    what: "a variable that was not set",
    text: "export const all = process.env.MODE ?? null;",
    after: { env: { MODE: "b" } },
  },
  {
    what: "whether a variable is set",
    text: 'export const all = "MODE" in process.env;',
    after: { env: { MODE: "" } },
  },
  {
    what: "a variable, imported by name",
    text: 'import { env } from "node:process";\nexport const all = env.MODE ?? null;',
    after: { env: { MODE: "b" } },
  },
  {
    what: "a variable that is taken out",
    text: "const { MODE = 1, ...rest } = process.env;\nexport const all = MODE;",
    after: { env: { MODE: "b" } },
  },
  {
    what: "variables by their beginning",
    text: 'export const all = Object.entries(process.env).filter(([name]) => name.startsWith("MY_"));',
    after: { env: { MY_X: "b" } },
  },
  {
    what: "variables, copied",
    text: "const copy = { ...process.env };\nexport const all = copy.MODE ?? null;",
    after: { env: { MODE: "b" } },
  },
  {
    what: "variables, cloned",
    text: "const copy = structuredClone(process.env);\nexport const all = copy.MODE ?? null;",
    after: { env: { MODE: "b" } },
  },
  {
    what: "arguments",
    text: "export const all = process.argv.includes('--fast');",
    after: { args: ["--fast"] },
  },
  {
    what: "arguments that are parsed",
    text: 'import { parseArgs } from "node:util";\nexport const all = parseArgs({ strict: false }).values;',
    after: { args: ["--fast"] },
  },
  {
    what: "the current folder",
    text: "export const all = process.cwd();",
    files: { "a/x.txt": "" },
    after: { cwd: "a" },
  },
  {
    what: "the current folder, by a path",
    text: 'import path from "node:path";\nexport const all = path.resolve("x");',
    files: { "a/x.txt": "" },
    after: { cwd: "a" },
  },
  {
    what: "the current folder, by a file",
    text: `${fs}export const all = fs.existsSync("x.txt");`,
    files: { "a/x.txt": "" },
    after: { cwd: "a" },
  },
  {
    what: "the home",
    text: 'import os from "node:os";\nexport const all = os.homedir();',
    after: { env: { HOME: "/tmp" } },
  },
  {
    what: "the folder for temporary files, by name",
    text: 'import { tmpdir } from "os";\nexport const all = tmpdir();',
    after: { env: { TMPDIR: "/var/tmp" } },
  },
  {
    what: "the time zone",
    text: "export const all = new Date(0).getHours();",
    before: { env: { TZ: "UTC" } },
    after: { env: { TZ: "Asia/Tokyo" } },
  },
  {
    what: "the name of the time zone",
    text: "export const all = Intl.DateTimeFormat().resolvedOptions().timeZone;",
    before: { env: { TZ: "Europe/Berlin" } },
    after: { env: { TZ: "Europe/Paris" } },
  },
  {
    what: "the language",
    text: "export const all = (1234.5).toLocaleString();",
    before: { env: { LC_ALL: "en_US.UTF-8" } },
    after: { env: { LC_ALL: "de_DE.UTF-8" } },
  },
  {
    what: "options of Node",
    text: 'export { x as all } from "p";',
    files: {
      "node_modules/p/package.json": '{"name":"p","type":"module","exports":{"dev":"./a.js","default":"./b.js"}}',
      "node_modules/p/a.js": "export const x = 1;",
      "node_modules/p/b.js": "export const x = 2;",
    },
    after: { execArgv: ["--conditions=dev"] },
  },
  {
    what: "options of Node from the environment",
    text: "export const all = process.execArgv.length + (process.env.NODE_OPTIONS ?? '').length;",
    after: { env: { NODE_OPTIONS: "--no-deprecation" } },
  },
];
