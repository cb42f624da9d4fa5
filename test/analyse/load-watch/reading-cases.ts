import { symlinkSync, unlinkSync } from "node:fs";
import { type Case, fs, installed, write } from "./case.ts";

/** Of files that are read: the second load gives something else. */
export const ofReading: readonly Case[] = [
  {
    what: "a file that is read",
    text: `${fs}export const all = fs.readFileSync(new URL("x.txt", import.meta.url), "utf8");`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a JSON config that is read",
    text: 'import { readFileSync } from "fs";\nexport const all = JSON.parse(readFileSync(import.meta.dirname + "/x.json")).n;',
    files: { "x.json": '{"n":1}' },
    change: write({ "x.json": '{"n":2}' }),
  },
  {
    what: "a file that is read by require of fs",
    text: 'import { createRequire } from "node:module";\nexport const all = createRequire(import.meta.url)("./x.cjs");',
    files: { "x.cjs": 'module.exports = require("fs").readFileSync(__dirname + "/x.txt", "utf8");', "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read by getBuiltinModule",
    text: 'export const all = process.getBuiltinModule("fs").readFileSync("x.txt", "utf8");',
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read with a promise",
    text: 'import { readFile } from "node:fs/promises";\nexport const all = await readFile("x.txt", "utf8");',
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read with a callback",
    text: `${fs}export const all = await new Promise((done) => fs.readFile("x.txt", "utf8", (_, text) => done(text)));`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read with a promisified function",
    text: `${fs}import { promisify } from "node:util";\nexport const all = await promisify(fs.readFile)("x.txt", "utf8");`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read as a stream",
    text: `${fs}import { text } from "node:stream/consumers";\nexport const all = await text(fs.createReadStream("x.txt"));`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read line by line",
    text: `${fs}import { createInterface } from "node:readline";\nexport const all = [];\nfor await (const line of createInterface({ input: fs.createReadStream("x.txt") })) all.push(line);`,
    files: { "x.txt": "1\n2\n" },
    change: write({ "x.txt": "1\n3\n" }),
  },
  {
    what: "a file that is read by its descriptor",
    text: `${fs}const fd = fs.openSync("x.txt");\nconst bytes = Buffer.alloc(1);\nfs.readSync(fd, bytes);\nexport const all = bytes.toString();`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read by its descriptor, with callbacks",
    text: `${fs}export const all = await new Promise((done) => fs.open("x.txt", (_, fd) => fs.read(fd, (_, n, bytes) => done(bytes.toString("utf8", 0, n)))));`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read by a handle",
    text: 'import { open } from "node:fs/promises";\nconst file = await open("x.txt");\nexport const all = await file.readFile("utf8");\nawait file.close();',
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read as a blob",
    text: `${fs}export const all = await (await fs.openAsBlob("x.txt")).text();`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read through a link",
    text: `${fs}export const all = fs.readFileSync("link", "utf8");`,
    files: { a: "1", b: "2" },
    prepare: (project) => symlinkSync("a", project.path("link")),
    change: (project) => {
      unlinkSync(project.path("link"));
      symlinkSync("b", project.path("link"));
    },
  },
  {
    what: "a file that was not there",
    text: `${fs}export let all = 0;\ntry { all = fs.readFileSync("x.txt", "utf8") } catch {}`,
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read as bytes of its name",
    text: `${fs}export const all = fs.readFileSync(Buffer.from("x.txt"), "utf8");`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read with another class of streams",
    text: `${fs}import { text } from "node:stream/consumers";\nexport const all = await text(new fs.ReadStream("x.txt"));`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that a copy of fs reads",
    text: `${fs}const copy = Object.create(Object.getPrototypeOf(fs), Object.getOwnPropertyDescriptors(fs));\nexport const all = copy.readFileSync("x.txt", "utf8");`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "2" }),
  },
  {
    what: "a file that is read by a required package",
    text: 'export { x as all } from "p";',
    files: {
      ...installed("p", 'const { readFileSync: r } = require("fs"); exports.x = r(__dirname + "/x.txt", "utf8");'),
      "node_modules/p/x.txt": "1",
    },
    change: write({ "node_modules/p/x.txt": "2" }),
  },
  {
    what: "JSON that a TypeScript module imports",
    text: 'export { all } from "./a.ts";',
    files: { "a.ts": 'import x from "./x.json";\nexport const all: number[] = x;', "x.json": "[1]" },
    change: write({ "x.json": "[2]" }),
  },
  {
    what: "code that is evaluated",
    text: "export const all = new Function('return process.env.MODE')() ?? null;",
    after: { env: { MODE: "b" } },
  },
];
