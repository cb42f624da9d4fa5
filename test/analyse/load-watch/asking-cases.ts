import { appendFileSync, chmodSync, mkdirSync, rmSync, symlinkSync, unlinkSync, utimesSync } from "node:fs";
import { type Case, fs, remove, touch, write } from "./case.ts";

/** Of what the file system is asked besides: the second load gives something else. */
export const ofAsking: readonly Case[] = [
  {
    what: "whether a file is there",
    text: `${fs}export const all = fs.existsSync("x.txt");`,
    change: write({ "x.txt": "" }),
  },
  {
    what: "whether a file is there, with a promisified function",
    text: `${fs}import { promisify } from "node:util";\nexport const all = await promisify(fs.exists)("x.txt");`,
    change: write({ "x.txt": "" }),
  },
  {
    what: "whether a folder is there",
    text: `${fs}export const all = fs.statSync("a", { throwIfNoEntry: false })?.isDirectory() ?? null;`,
    change: (project) => void mkdirSync(project.path("a")),
  },
  {
    what: "whether a file may be reached",
    text: 'import { access } from "node:fs/promises";\nexport const all = await access("x.txt").then(() => 1, () => 0);',
    change: write({ "x.txt": "" }),
  },
  {
    what: "whether a file may be executed",
    text: `${fs}export let all = 1;\ntry { fs.accessSync("x.txt", fs.constants.X_OK) } catch { all = 0 }`,
    files: { "x.txt": "" },
    change: (project) => chmodSync(project.path("x.txt"), 0o755),
  },
  {
    what: "a file that became a folder",
    text: `${fs}export const all = fs.statSync("x").isFile();`,
    files: { x: "" },
    change: (project) => {
      unlinkSync(project.path("x"));
      mkdirSync(project.path("x"));
    },
  },
  {
    what: "the size of a file",
    text: `${fs}export const all = fs.statSync("x.txt").size;`,
    files: { "x.txt": "1" },
    change: (project) => appendFileSync(project.path("x.txt"), "2"),
  },
  {
    what: "the time of a file",
    text: `${fs}export const all = fs.statSync("x.txt").mtime.getFullYear();`,
    files: { "x.txt": "1" },
    prepare: (project) => utimesSync(project.path("x.txt"), 5e8, 5e8),
    change: touch("x.txt"),
  },
  {
    what: "the time of a file, with a callback",
    text: `${fs}export const all = await new Promise((done) => fs.stat("x.txt", (_, stats) => done(stats.mtimeMs)));`,
    files: { "x.txt": "1" },
    change: touch("x.txt"),
  },
  {
    what: "the time of a file as a big number",
    text: `${fs}export const all = String((await fs.promises.lstat("x.txt", { bigint: true })).mtimeNs);`,
    files: { "x.txt": "1" },
    change: touch("x.txt"),
  },
  {
    what: "the time of a file, by its handle",
    text: 'import { open } from "node:fs/promises";\nconst file = await open("x.txt");\nexport const all = (await file.stat()).mtimeMs;\nawait file.close();',
    files: { "x.txt": "1" },
    change: touch("x.txt"),
  },
  {
    what: "the size of a file, by its descriptor",
    text: `${fs}const fd = fs.openSync("x.txt", "r");\nexport const all = fs.fstatSync(fd).size;\nfs.closeSync(fd);`,
    files: { "x.txt": "1" },
    change: write({ "x.txt": "12" }),
  },
  {
    what: "the permissions of a file",
    text: `${fs}export const all = fs.statSync("x.txt").mode & 0o777;`,
    files: { "x.txt": "1" },
    change: (project) => chmodSync(project.path("x.txt"), 0o600),
  },
  {
    what: "the files of a folder",
    text: `${fs}export const all = fs.readdirSync("data").map((name) => name.toUpperCase()).sort();`,
    files: { "data/a.csv": "1" },
    change: write({ "data/b.csv": "2" }),
  },
  {
    what: "the files of a folder, one less",
    text: `${fs}export const all = fs.readdirSync("data").sort();`,
    files: { "data/a.csv": "1", "data/b.csv": "2" },
    change: remove("data/b.csv"),
  },
  {
    what: "the kinds of entries of a folder",
    text: `${fs}export const all = fs.readdirSync("data", { withFileTypes: true }).map((entry) => entry.isDirectory());`,
    files: { "data/a": "1" },
    change: (project) => {
      rmSync(project.path("data/a"));
      mkdirSync(project.path("data/a"));
    },
  },
  {
    what: "the files of a folder and those within",
    text: `${fs}export const all = fs.readdirSync("data", { recursive: true }).sort();`,
    files: { "data/x/a.csv": "1" },
    change: write({ "data/x/b.csv": "2" }),
  },
  {
    what: "the files of a folder, one by one",
    text: `${fs}export const all = [];\nfor await (const entry of await fs.promises.opendir("data")) all.push(entry.name);\nall.sort();`,
    files: { "data/a.csv": "1" },
    change: write({ "data/b.csv": "2" }),
  },
  {
    what: "the files of folders, one folder after the other",
    text: `${fs}const walk = (dir) => fs.readdirSync(dir, { withFileTypes: true }).flatMap((e) => e.isDirectory() ? walk(dir + "/" + e.name) : [dir + "/" + e.name]);\nexport const all = walk("data").sort();`,
    files: { "data/x/y/a.csv": "1" },
    change: write({ "data/x/y/b.csv": "2" }),
  },
  {
    what: "the files of a folder that was not there",
    text: `${fs}export let all = [];\ntry { all = fs.readdirSync("data") } catch {}`,
    change: write({ "data/a.csv": "1" }),
  },
  {
    what: "the files that a pattern finds",
    text: `${fs}export const all = fs.globSync("data/*.csv").sort();`,
    files: { "data/a.csv": "1" },
    change: write({ "data/b.csv": "2" }),
  },
  {
    what: "the files that a pattern finds, with a promise",
    text: 'import { glob } from "node:fs/promises";\nexport const all = (await Array.fromAsync(glob("**/*.csv"))).sort();',
    files: { "data/a.csv": "1" },
    change: write({ "data/b/c.csv": "2" }),
  },
  {
    what: "where a link leads",
    text: `${fs}export const all = fs.readlinkSync("link");`,
    prepare: (project) => symlinkSync("a", project.path("link")),
    change: (project) => {
      unlinkSync(project.path("link"));
      symlinkSync("b", project.path("link"));
    },
  },
  {
    what: "a path without links",
    text: `${fs}import path from "node:path";\nexport const all = path.basename(fs.realpathSync.native("link"));`,
    files: { a: "", b: "" },
    prepare: (project) => symlinkSync("a", project.path("link")),
    change: (project) => {
      unlinkSync(project.path("link"));
      symlinkSync("b", project.path("link"));
    },
  },
];
