import { afterAll, describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { load } from "./loading.ts";
import { type Files, Project } from "./project.ts";

const projects: Project[] = [];
afterAll(() => {
  for (const project of projects) project.remove();
});

function project(files: Files): Project {
  const made = new Project({ "package.json": '{"type":"module"}', ...files });
  projects.push(made);
  return made;
}

const react = {
  "node_modules/react/package.json":
    '{"name":"react","version":"1.0.0","type":"module","exports":{"./jsx-runtime":"./jsx.js"}}',
  "node_modules/react/jsx.js":
    "export const jsx = (type, props) => [type, props]; export const jsxs = jsx; export const Fragment = 'F';",
};

type Case = readonly [what: string, files: Files, exports: Readonly<Record<string, unknown>>, entry?: string];

const cases: readonly Case[] = [
  [
    "enums and const enums",
    { "pipeline.ts": "enum E { A = 1, B }\nconst enum C { X = 'x' }\nexport const all = [E.B, E[2], C.X];" },
    { all: [2, "B", "x"] },
  ],
  [
    "namespaces",
    {
      "pipeline.ts":
        "namespace N { export const x = 1; export namespace M { export const y = x + 1 } }\nexport const all = [N.x, N.M.y];",
    },
    { all: [1, 2] },
  ],
  [
    "parameter properties",
    {
      "pipeline.ts":
        "class C { constructor(private readonly x: number, public y = 2) {} get z() { return this.x } }\nconst c = new C(1);\nexport const all = [c.y, c.z];",
    },
    { all: [2, 1] },
  ],
  [
    "types of all sorts",
    {
      "pipeline.ts":
        "interface I { x: number }\ntype T<A> = A extends infer B ? B : never;\nabstract class A { abstract m(): void; declare y: number; x!: number }\nfunction f(x: number): number;\nfunction f(x: any) { return x as T<any> satisfies unknown }\nexport const all = [f(1)!, <I>{ x: 1 }];\nexport type { I };",
    },
    { all: [1, { x: 1 }] },
  ],
  [
    "legacy decorators",
    {
      "pipeline.ts":
        "const seen: string[] = [];\nfunction d(_: any, name?: string) { seen.push(String(name)) }\n@d class C { @d m() {} }\nexport const all = [seen, C.name];",
      "tsconfig.json": '{"compilerOptions":{"experimentalDecorators":true}}',
    },
    { all: [["m", "undefined"], "C"] },
  ],
  [
    "standard decorators",
    {
      "pipeline.ts":
        "const seen: string[] = [];\nfunction d(_: any, context: any) { seen.push(context.kind) }\n@d class C { @d m() {} @d accessor x = 1 }\nexport const all = [seen, new C().x];",
    },
    { all: [["method", "accessor", "class"], 1] },
  ],
  [
    "decorators in JavaScript",
    {
      "pipeline.js":
        "const seen = [];\nfunction d(_, context) { seen.push(context.kind) }\n@d\nclass C {}\nexport const all = [seen, C.name];",
    },
    { all: [["class"], "C"] },
    "pipeline.js",
  ],
  [
    "JSX with a factory",
    {
      "pipeline.tsx": 'const h = (...x: any[]) => x;\nexport const all = <p id="x">a {1}</p>;',
      "tsconfig.json": '{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}',
    },
    { all: ["p", { id: "x" }, "a ", 1] },
    "pipeline.tsx",
  ],
  [
    "JSX with a runtime",
    {
      "pipeline.jsx": "export const all = <p>a</p>;",
      "tsconfig.json": '{"compilerOptions":{"jsx":"react-jsx"}}',
      ...react,
    },
    { all: ["p", { children: "a" }] },
    "pipeline.jsx",
  ],
  [
    "JSX that is to be preserved",
    {
      "pipeline.tsx": "export const all = <p>a</p>;",
      "tsconfig.json": '{"compilerOptions":{"jsx":"preserve"}}',
      ...react,
    },
    { all: ["p", { children: "a" }] },
    "pipeline.tsx",
  ],
  [
    "imports that are only types",
    {
      "pipeline.ts":
        'import { T } from "./no-such-module";\nimport type { U } from "./no-such-module";\nimport { type V } from "./no-such-module";\nexport const all: T | U | V = 1 as any;',
    },
    { all: 1 },
  ],
  [
    "verbatimModuleSyntax",
    {
      "pipeline.ts": 'import { x } from "./m.ts";\nexport const all = (globalThis as any).seen;',
      "m.ts": "globalThis.seen = 1;\nexport const x = 1;",
      "tsconfig.json": '{"compilerOptions":{"verbatimModuleSyntax":true}}',
    },
    { all: 1 },
  ],
  [
    "aliases of tsconfig, extended",
    {
      "app/pipeline.ts": 'import { x } from "@/m";\nimport { y } from "exactly";\nexport const all = [x, y];',
      "app/tsconfig.json": '{"extends":"../base.json"}',
      "base.json": '{/* jsonc */"compilerOptions":{"paths":{"@/*":["./src/*"],"exactly":["./src/y.ts"],},}}',
      "src/m.ts": "export const x = 1;",
      "src/y.ts": "export const y = 2;",
    },
    { all: [1, 2] },
    "app/pipeline.ts",
  ],
  [
    "baseUrl",
    {
      "pipeline.ts":
        'import { x } from "lib/m";\nimport { sep } from "node:path";\nexport const all = [x, typeof sep];',
      "tsconfig.json": '{"compilerOptions":{"baseUrl":"./src"}}',
      "src/lib/m.ts": "export const x = 1;",
    },
    { all: [1, "string"] },
  ],
  [
    "the longest alias",
    {
      "pipeline.ts": 'import { x } from "@/deep/m";\nexport const all = x;',
      "tsconfig.json": '{"compilerOptions":{"paths":{"@/*":["./wrong/*"],"@/deep/*":["./none/*","./right/*"]}}}',
      "wrong/deep/m.ts": "export const x = 0;",
      "right/m.ts": "export const x = 1;",
    },
    { all: 1 },
  ],
  [
    "useDefineForClassFields",
    {
      "pipeline.ts":
        "class B { set x(_: number) { seen.push(1) } }\nconst seen: number[] = [];\nclass C extends B { x = 2 }\nnew C();\nexport const all = seen;",
      "tsconfig.json": '{"compilerOptions":{"useDefineForClassFields":false}}',
    },
    { all: [1] },
  ],
  [
    "names without and with other endings",
    {
      "pipeline.ts":
        'import { a } from "./a";\nimport { b } from "./b.js";\nimport { c } from "./c.mjs";\nimport { d } from "./d.jsx";\nimport { e } from "./e";\nexport const all = [a, b, c, d, e];',
      "a.ts": "export const a: number = 1;",
      "b.ts": "export const b: number = 2;",
      "c.mts": "export const c: number = 3;",
      "d.tsx": "export const d: number = 4;",
      "e/index.ts": "export const e: number = 5;",
    },
    { all: [1, 2, 3, 4, 5] },
  ],
  [
    "an exact file before any guess",
    {
      "pipeline.ts": 'import { x } from "./m.js";\nexport const all = x;',
      "m.js": "export const x = 1;",
      "m.ts": "export const x = 2;",
    },
    { all: 1 },
  ],
  [
    "JSON with and without an attribute",
    {
      "pipeline.ts":
        'import a from "./d.json" with { type: "json" };\nimport b from "./d.json";\nexport const all = [a, b];\nexport const lazy = async () => (await import("./d.json", { with: { type: "json" } })).default;',
      "d.json": '{"x":1}',
    },
    { all: [{ x: 1 }, { x: 1 }], lazy: { x: 1 } },
  ],
  [
    "CommonJS in TypeScript",
    {
      "pipeline.cts":
        'import path from "node:path";\nimport { z } from "./z.cjs";\nconst y: number = require("./y").y;\nexport const all = [typeof path.sep, y, z, require("./d.json").x, __filename.endsWith("pipeline.cts")];',
      "y.cts": "exports.y = 2 as number;",
      "z.cts": "export const z: number = 3;",
      "d.json": '{"x":4}',
    },
    { all: ["string", 2, 3, 4, true] },
    "pipeline.cts",
  ],
  [
    "import and export with =",
    {
      "pipeline.ts": 'import m = require("./m.cjs");\nimport n = require("./n.cts");\nexport const all = [m.x, n.y];',
      "m.cjs": "exports.x = 1;",
      "n.cts": "const n = { y: 2 as number };\nexport = n;",
    },
    { all: [1, 2] },
  ],
  [
    "plain CommonJS",
    {
      "pipeline.cjs": 'const { x } = require("./m");\nmodule.exports = { all: [x, module.id === __filename] };',
      "m.ts": "export const x: number = 1;",
    },
    { all: [1, true] },
    "pipeline.cjs",
  ],
  [
    "no type in package.json",
    {
      "package.json": "{}",
      "pipeline.ts": 'import { x } from "./m";\nexport const all: number = x;',
      "m.ts": "const x: number = 1;\nmodule.exports = { x };",
    },
    { all: 1 },
  ],
  [
    "a package that says commonjs",
    {
      "package.json": '{"type":"commonjs"}',
      "pipeline.ts": 'import { x } from "./m";\nexport const all: number[] = [x, typeof require as any];',
      "m.ts": "export const x: number = 1;",
    },
    { all: [1, "function"] },
  ],
  ["top-level await", { "pipeline.ts": "export const all: number = await Promise.resolve(1);" }, { all: 1 }],
  [
    "using",
    {
      "pipeline.ts":
        "const seen: number[] = [];\n{ using x = { [Symbol.dispose]() { seen.push(1) } } as Disposable; void x }\nexport const all = seen;",
    },
    { all: [1] },
  ],
  [
    "imports of package.json that name compiled files",
    {
      "package.json": '{"type":"module","imports":{"#lib/*":"./lib/*.js"}}',
      "pipeline.ts": 'import { x } from "#lib/m";\nexport const all = x;',
      "lib/m.ts": "export const x: number = 1;",
    },
    { all: 1 },
  ],
  [
    "a query",
    {
      "pipeline.ts": 'import { x } from "./m?a";\nimport { x as y } from "./m?b";\nexport const all = x === y;',
      "m.ts": "export const x: object = {};",
    },
    { all: false },
  ],
  [
    "a module loaded later",
    {
      "pipeline.ts": 'export const lazy = async () => (await import("./m")).x;',
      "m.ts": "export const x: number = 1;",
    },
    { lazy: 1 },
  ],
  [
    "sluice, where it is not installed",
    { "pipeline.ts": 'import { stage } from "sluice";\nexport const a = stage({}, () => 1);' },
    { a: "node" },
  ],
  [
    "sluice from CommonJS",
    { "pipeline.cjs": 'const { stage } = require("sluice");\nexports.a = stage({}, () => 1);' },
    { a: "node" },
    "pipeline.cjs",
  ],
];

describe("loads", () => {
  for (const [what, files, exports, entry] of cases)
    test(what, async () => {
      const made = project(files);
      const cold = await load(made, entry);
      expect(cold.failure).toBeUndefined();
      expect(cold.exports).toMatchObject(exports);
      const warm = await load(made, entry);
      expect(warm.exports).toEqual(cold.exports);
      expect(warm.heavy).toEqual([]);
    });
});

type Failing = readonly [what: string, files: Files, message: RegExp, place: string, entry?: string];

const failures: readonly Failing[] = [
  [
    "a syntax error in TypeScript",
    { "pipeline.ts": "type T = 1;\n\nexport const ä = {;\n" },
    /syntax error/,
    "pipeline.ts:3:19",
  ],
  [
    "a syntax error in a module",
    { "pipeline.mjs": "export const a = 1;\nexport const b = {;\n" },
    /syntax error/,
    "pipeline.mjs:2:19",
    "pipeline.mjs",
  ],
  [
    "a syntax error in CommonJS",
    { "pipeline.cjs": "exports.a = 1;\nexports.b = {;\n" },
    /syntax error/,
    "pipeline.cjs:2:14",
    "pipeline.cjs",
  ],
  [
    "a name that is not exported",
    { "pipeline.ts": 'type T = 1;\nimport { b } from "./m";\nexport const a = b;\n', "m.ts": "export const c = 1;" },
    /does not provide an export named 'b'/,
    "pipeline.ts:2:10",
  ],
  [
    "a file that is not there",
    { "pipeline.ts": 'type T = 1;\n\nimport { b } from "./none";\nexport const a = b;\n' },
    /cannot find ".\/none"/,
    "pipeline.ts:3:19",
  ],
  [
    "a package that is not there",
    {
      "pipeline.ts": 'import { b } from "./m";\nexport const a = b;',
      "m.ts": 'import z from "not-there";\nexport const b = z;',
    },
    /cannot find "not-there"/,
    "m.ts:1:15",
  ],
  [
    "an exception",
    {
      "pipeline.ts": 'interface I {\n  x: 1;\n}\nimport { f } from "./m";\nexport const a = f();',
      "m.ts": "type T =\n  | 1\n  | 2;\nexport function f(): T {\n  throw new TypeError('bad');\n}",
    },
    /threw as it loaded: TypeError: bad/,
    "m.ts:5:9",
  ],
  ["an exception that is no error", { "pipeline.ts": "throw 5;" }, /threw 5/, "pipeline.ts::"],
  ["no such pipeline", {}, /there is no file none.ts/, "none.ts::", "none.ts"],
  [
    "a tsconfig that extends nothing",
    { "pipeline.ts": "export const a = 1;", "tsconfig.json": '{"extends":"./none.json"}' },
    /tsconfig.json cannot be read/,
    "tsconfig.json::",
  ],
  [
    "a package.json that is no JSON",
    { "package.json": "{,}", "pipeline.ts": "export const a = 1;" },
    /package.json/,
    "",
  ],
];

describe("fails with the place in the source", () => {
  for (const [what, files, message, place, entry] of failures)
    test(what, async () => {
      const made = project(files);
      const { failure } = await load(made, entry);
      expect(failure).toMatchObject({ reason: "load-failed" });
      expect(failure!.message).toMatch(message);
      expect(failure!.hint ?? "").not.toBe("");
      if (place === "") return;
      const { file = "", line = "", column = "" } = failure!.where ?? {};
      expect(`${file}:${line}:${column}`).toBe(`${made.root}/${place}`);
    });
});

test("stacks show the source", async () => {
  const made = project({
    "pipeline.ts":
      "interface I {\n  x: 1;\n}\nexport function lazyStack(this: unknown): string {\n  return String(new Error('x').stack);\n}",
  });
  for (const _ of ["cold", "warm"]) {
    const { exports } = await load(made);
    expect(exports!.lazyStack).toContain(`${made.path("pipeline.ts")}:5:17`);
  }
});

test("errors that a pipeline catches stay what they are", async () => {
  const made = project({
    "pipeline.ts":
      'export const all: any[] = [];\ntry { await import("./none") } catch (e: any) { all.push(e.code) }\ntry { await import("nowhere") } catch (e: any) { all.push(e.code) }',
  });
  expect((await load(made)).exports).toEqual({ all: ["ERR_MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"] });
});

test("a module that is not what was analysed does not load", async () => {
  const made = project({
    "pipeline.ts": 'export const lazy = async () => (await import("./m")).x;',
    "m.ts": "export const x = 1;",
  });
  const fine = await load(made, "pipeline.ts", "--expect", made.path("m.ts"), digestOf("export const x = 1;"));
  expect(fine.exports).toEqual({ lazy: 1 });
  const { failure } = await load(made, "pipeline.ts", "--expect", made.path("m.ts"), digestOf("export const x = 2;"));
  expect(failure).toMatchObject({ reason: "load-failed", retryable: true, where: { file: made.path("m.ts") } });
  expect(failure!.message).toContain("changed while the run was going");
});

test("a pipeline shares the running Sluice, and one of another version stays another", async () => {
  const probe =
    'import * as sluice from "sluice";\nexport const all = [typeof sluice.stage, (sluice as any).version ?? null];';
  const other = { "node_modules/sluice/index.js": "export const version = 'other';" };
  const installed = (version: string): Files => ({
    "pipeline.ts": probe,
    ...other,
    "node_modules/sluice/package.json": JSON.stringify({
      name: "sluice",
      version,
      type: "module",
      exports: "./index.js",
    }),
  });
  const { version } = (await import("../../package.json", { with: { type: "json" } })).default;
  expect((await load(project(installed("99.0.0")))).exports).toEqual({ all: ["undefined", "other"] });
  expect((await load(project(installed(version)))).exports).toEqual({ all: ["function", null] });
});

test("an edit of the source, of tsconfig or of what it extends compiles anew", async () => {
  const made = project({
    "pipeline.ts": 'import { x } from "@/m";\nexport const all = x;',
    "tsconfig.json": '{"extends":"./base.json"}',
    "base.json": '{"compilerOptions":{"paths":{"@/*":["./one/*"]}}}',
    "one/m.ts": "export const x: number = 1;",
    "two/m.ts": "export const x: number = 2;",
  });
  expect((await load(made)).exports).toEqual({ all: 1 });
  made.write({ "base.json": '{"compilerOptions":{"paths":{"@/*":["./two/*"]}}}' });
  expect((await load(made)).exports).toEqual({ all: 2 });
  made.write({ "two/m.ts": "export const x: number = 3;" });
  expect((await load(made)).exports).toEqual({ all: 3 });
});
