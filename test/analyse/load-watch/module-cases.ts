import { renameSync, symlinkSync, unlinkSync } from "node:fs";
import { type Case, installed, remove, write } from "./case.ts";

/** Of modules and of where they are found: the second load gives something else. */
export const ofModules: readonly Case[] = [
  {
    what: "the module itself",
    text: "export const all = 1;",
    change: write({ "pipeline.js": "export const all = 2;" }),
  },
  {
    what: "a module that it imports",
    text: 'export { x as all } from "./a/b.js";',
    files: { "a/b.js": "export const x = 1;" },
    change: write({ "a/b.js": "export const x = 2;" }),
  },
  {
    what: "a TypeScript module",
    text: 'export { x as all } from "./b.ts";',
    files: { "b.ts": "export const x: number = 1;" },
    change: write({ "b.ts": "export const x: number = 2;" }),
  },
  {
    what: "JSON that is imported",
    text: 'import x from "./x.json" with { type: "json" };\nexport const all = x;',
    files: { "x.json": "[1]" },
    change: write({ "x.json": "[2]" }),
  },
  {
    what: "a package",
    text: 'export { x as all } from "p";',
    files: installed("p", "exports.x = 1;"),
    change: write({ "node_modules/p/index.js": "exports.x = 2;" }),
  },
  {
    what: "a package of a package",
    text: 'export { x as all } from "p";',
    files: { ...installed("p", 'exports.x = require("q").x;'), ...installed("q", "exports.x = 1;") },
    change: write({ "node_modules/q/index.js": "exports.x = 2;" }),
  },
  {
    what: "the main file of a package",
    text: 'export { x as all } from "p";',
    files: { ...installed("p", "exports.x = 1;"), "node_modules/p/other.js": "exports.x = 2;" },
    change: write({ "node_modules/p/package.json": '{"name":"p","main":"other.js"}' }),
  },
  {
    what: "a nearer package",
    text: 'export { x as all } from "./a/b.js";',
    files: { ...installed("p", "exports.x = 1;"), "a/b.js": 'export { x } from "p";' },
    change: write({ "a/node_modules/p/package.json": "{}", "a/node_modules/p/index.js": "exports.x = 2;" }),
  },
  {
    what: "a package inside a package",
    text: 'export { x as all } from "p";',
    files: { ...installed("p", 'exports.x = require("q").x;'), ...installed("q", "exports.x = 1;") },
    change: write({ "node_modules/p/node_modules/q/index.js": "exports.x = 2;" }),
  },
  {
    what: "a package that is a file, nearer",
    text: 'import { createRequire } from "node:module";\nexport const all = createRequire(import.meta.url)("./a/b.cjs").x;',
    files: {
      ...installed("p", "exports.x = 1;"),
      "a/b.cjs": 'exports.x = require("p").x;',
      "a/node_modules/z/index.js": "",
    },
    change: write({ "a/node_modules/p.js": "exports.x = 2;" }),
  },
  {
    what: "a link to a package",
    text: 'export { x as all } from "p";',
    files: { ...installed("p1", "exports.x = 1;"), ...installed("p2", "exports.x = 2;") },
    prepare: (project) => symlinkSync("p1", project.path("node_modules/p")),
    change: (project) => {
      unlinkSync(project.path("node_modules/p"));
      symlinkSync("p2", project.path("node_modules/p"));
    },
  },
  {
    what: "a package that was not there",
    text: "export let all = 0;\ntry { all = (await import('p')).x } catch {}",
    change: write(installed("p", "exports.x = 2;")),
  },
  {
    what: "a package that is not there any more",
    text: "export let all = 0;\ntry { all = (await import('p')).x } catch {}",
    files: installed("p", "exports.x = 2;"),
    change: remove("node_modules/p"),
  },
  {
    what: "a module that was not there",
    text: "export let all = 0;\ntry { all = (await import('./local.js')).x } catch {}",
    change: write({ "local.js": "export const x = 2;" }),
  },
  {
    what: "a module that was not there, under another ending",
    text: "export let all = 0;\ntry { all = (await import('./local')).x } catch {}",
    change: write({ "local.ts": "export const x = 2;" }),
  },
  {
    what: "a required module that was not there",
    text: 'import { createRequire } from "node:module";\nexport let all = 0;\ntry { all = createRequire(import.meta.url)("./local") } catch {}',
    change: write({ "local.json": "2" }),
  },
  {
    what: "a package that require finds in a folder of the home",
    text: 'import { createRequire } from "node:module";\nexport let all = 0;\ntry { all = createRequire(import.meta.url)("p") } catch {}',
    change: write({ ".node_modules/p/index.json": "2" }),
  },
  {
    what: "a file that wins over the source behind its name",
    text: 'export { x as all } from "./b.js";',
    files: { "b.ts": "export const x = 1;" },
    change: write({ "b.js": "export const x = 2;" }),
  },
  {
    what: "a file that wins over a guess",
    text: 'export { x as all } from "./b";',
    files: { "b.js": "export const x = 1;" },
    change: write({ "b.ts": "export const x = 2;" }),
  },
  {
    what: "a file that wins over a folder",
    text: 'export { x as all } from "./b";',
    files: { "b/index.js": "export const x = 1;" },
    change: write({ "b.js": "export const x = 2;" }),
  },
  {
    what: "a file that wins in CommonJS",
    text: 'export { x as all } from "p";',
    files: { ...installed("p", 'exports.x = require("./y").x;'), "node_modules/p/y/index.js": "exports.x = 1;" },
    change: write({ "node_modules/p/y.js": "exports.x = 2;" }),
  },
  {
    what: "a file that wins over a package in CommonJS",
    text: 'export { x as all } from "p";',
    files: { ...installed("p", 'exports.x = require("q").x;'), ...installed("q", "exports.x = 1;") },
    change: write({ "node_modules/q.js": "exports.x = 2;" }),
  },
  {
    what: "a file without an ending that wins in CommonJS",
    text: 'export { x as all } from "p";',
    files: { ...installed("p", 'exports.x = require("./y").x;'), "node_modules/p/y.js": "exports.x = 1;" },
    change: write({ "node_modules/p/y": "exports.x = 2;" }),
  },
  {
    what: "an alias of tsconfig",
    text: 'export { x as all } from "~/x.js";',
    files: {
      "tsconfig.json": '{"compilerOptions":{"paths":{"~/*":["./a/*"]}}}',
      "a/x.js": "export const x = 1;",
      "b/x.js": "export const x = 2;",
    },
    change: write({ "tsconfig.json": '{"compilerOptions":{"paths":{"~/*":["./b/*"]}}}' }),
  },
  {
    what: "an alias of a tsconfig that is extended",
    text: 'export { x as all } from "~/x.js";',
    files: {
      "tsconfig.json": '{"extends":"./base.json"}',
      "base.json": '{"compilerOptions":{"paths":{"~/*":["./a/*"]}}}',
      "a/x.js": "export const x = 1;",
      "b/x.js": "export const x = 2;",
    },
    change: write({ "base.json": '{"compilerOptions":{"paths":{"~/*":["./b/*"]}}}' }),
  },
  {
    what: "a tsconfig where there was none",
    text: 'export { x as all } from "p";',
    files: { ...installed("p", "exports.x = 1;"), "p.js": "export const x = 2;" },
    change: write({ "tsconfig.json": '{"compilerOptions":{"paths":{"p":["./p.js"]}}}' }),
  },
  {
    what: "an earlier target of an alias",
    text: 'export { x as all } from "~/x.js";',
    files: {
      "tsconfig.json": '{"compilerOptions":{"paths":{"~/*":["./b/*", "./a/*"]}}}',
      "a/x.js": "export const x = 1;",
    },
    change: write({ "b/x.js": "export const x = 2;" }),
  },
  {
    what: "imports of package.json",
    text: 'export { x as all } from "#x";',
    files: {
      "package.json": '{"type":"module","imports":{"#x":"./a.js"}}',
      "a.js": "export const x = 1;",
      "b.js": "export const x = 2;",
    },
    change: write({ "package.json": '{"type":"module","imports":{"#x":"./b.js"}}' }),
  },
  {
    what: "what the source that imports of package.json led to compiles to",
    text: 'export { x as all } from "#x";',
    files: { "package.json": '{"type":"module","imports":{"#x":"./a.js"}}', "a.ts": "export const x = 1;" },
    change: write({ "a.js": "export const x = 2;" }),
  },
  {
    what: "what a package says it has, and has later",
    text: "export let all = 0;\ntry { all = (await import('p')).x } catch {}",
    files: { "node_modules/p/package.json": '{"name":"p","type":"module","exports":"./dist/x.js"}' },
    change: write({ "node_modules/p/dist/x.js": "export const x = 2;" }),
  },
  {
    what: "what a package says it has, required, and has later",
    text: 'import { createRequire } from "node:module";\nexport let all = 0;\ntry { all = createRequire(import.meta.url)("p").x } catch {}',
    files: { "node_modules/p/package.json": '{"name":"p","exports":"./dist/x.js"}' },
    change: write({ "node_modules/p/dist/x.js": "exports.x = 2;" }),
  },
  {
    what: "a main file that a package has later",
    text: 'import { createRequire } from "node:module";\nexport let all = 0;\ntry { all = createRequire(import.meta.url)("p").x } catch {}',
    files: { "node_modules/p/package.json": '{"name":"p","main":"dist"}' },
    change: write({ "node_modules/p/dist/index.js": "exports.x = 2;" }),
  },
  {
    what: "a workspace package",
    text: 'export { x as all } from "p";',
    files: {
      "packages/p/package.json": '{"name":"p","type":"module","exports":"./src/index.ts"}',
      "packages/p/src/index.ts": 'export { x } from "./x.ts";',
      "packages/p/src/x.ts": "export const x = 1;",
      "node_modules/q/index.js": "",
    },
    prepare: (project) => symlinkSync("../packages/p", project.path("node_modules/p")),
    change: write({ "packages/p/src/x.ts": "export const x = 2;" }),
  },
  {
    what: "a package.json nearer to a module",
    text: 'import { createRequire } from "node:module";\nexport const all = typeof createRequire(import.meta.url)("./a/b.js").x;',
    files: { "a/b.js": "globalThis.x = typeof module;\nif (typeof module === 'object') module.exports.x = 1;" },
    change: write({ "a/package.json": '{"type":"commonjs"}' }),
  },
  {
    what: "a folder of modules that became a link",
    text: 'import { x } from "./a/m/x.js";\nexport const all = x;',
    files: {
      "a/m/x.js": 'export { y as x } from "../y.js";',
      "a/y.js": "export const y = 1;",
      "b/y.js": "export const y = 2;",
    },
    change: (project) => {
      renameSync(project.path("a/m"), project.path("b/m"));
      symlinkSync("../b/m", project.path("a/m"));
    },
  },
  {
    what: "modules loaded by a computed name",
    text: 'export const all = (await import("./" + (process.env.WHICH ?? "a") + ".js")).x;',
    files: { "a.js": "export const x = 1;", "b.js": "export const x = 2;" },
    after: { env: { WHICH: "b" } },
  },
];
