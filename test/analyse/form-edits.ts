import { type Edit, edit, p, pipeline } from "./edits.ts";

/** Edits of modules that are named, written or found in ways that are less common. */
export const forms: readonly Edit[] = [
  ...["ts", "mts", "tsx", "js", "mjs", "jsx"].map((extension) =>
    edit(
      `a module in .${extension}`,
      ["a"],
      {
        [p]: pipeline(`import { x } from "./m.${extension}";`, "() => x()"),
        [`m.${extension}`]: "export const x = () => 1;\nexport const y = () => 1;",
      },
      [`m.${extension}`, "=> 1", "=> 2"],
    ),
  ),
  ...["cjs", "cts"].map((extension) =>
    edit(
      `a module in .${extension}`,
      ["a"],
      { [p]: pipeline(`import m from "./m.${extension}";`, "() => m.x"), [`m.${extension}`]: "module.exports.x = 1;" },
      [`m.${extension}`, "x = 1", "x = 2"],
    ),
  ),
  ...(["mts", "tsx", "js", "mjs", "jsx"] as const).map((extension) =>
    edit(
      `a pipeline in .${extension}`,
      ["a"],
      { [`pipeline.${extension}`]: pipeline("const x = 1;", "() => x", "() => 5") },
      [`pipeline.${extension}`, "x = 1", "x = 2"],
    ),
  ),
  edit(
    "a text that is imported",
    ["a"],
    { [p]: pipeline('import text from "./t.txt" with { type: "text" };', "() => text"), "t.txt": "one" },
    ["t.txt", "one", "two"],
  ),
  edit(
    "a file by import.meta.url in a helper's module",
    ["a"],
    {
      [p]: pipeline('import { where } from "./lib/m";', "() => where"),
      "lib/m.ts": 'export const where = new URL("./data/t.txt", import.meta.url);',
      "lib/data/t.txt": "one",
    },
    ["lib/data/t.txt", "one", "two"],
  ),
  edit(
    "a subpath of package.json's imports",
    ["a"],
    {
      [p]: pipeline('import { x } from "#lib/m";', "() => x"),
      "package.json": '{"type":"module","imports":{"#lib/*":"./src/*.ts"}}',
      "src/m.ts": "export const x = 1;",
      "other/m.ts": "export const x = 1, other = 1;",
    },
    ["src/m.ts", "x = 1", "x = 2"],
  ),
  edit(
    "a subpath of package.json's imports that leads elsewhere",
    ["a"],
    {
      [p]: pipeline('import { x } from "#lib/m";', "() => x"),
      "package.json": '{"type":"module","imports":{"#lib/*":"./src/*.ts"}}',
      "src/m.ts": "export const x = 1;",
      "other/m.ts": "export const x = 2;",
    },
    ["package.json", "./src/*.ts", "./other/*.ts"],
  ),
  edit(
    "the exports of a workspace package",
    ["a"],
    {
      [p]: pipeline('import { x } from "lib/sub";', "() => x"),
      "packages/lib/package.json": '{"name":"lib","type":"module","exports":{"./sub":"./one.ts"}}',
      "packages/lib/one.ts": "export const x = 1;",
      "packages/lib/two.ts": "export const x = 2;",
      "node_modules/lib": "-> packages/lib",
    },
    ["packages/lib/package.json", "./one.ts", "./two.ts"],
  ),
  edit(
    "a helper of a workspace package",
    ["a"],
    {
      [p]: pipeline('import { x } from "lib";', "() => x()"),
      "packages/lib/package.json": '{"name":"lib","type":"module","exports":{".":{"import":"./index.ts"}}}',
      "packages/lib/index.ts": 'import { y } from "./deep.ts";\nexport const x = () => y;',
      "packages/lib/deep.ts": "export const y = 1;",
      "node_modules/lib": "-> packages/lib",
    },
    ["packages/lib/deep.ts", "y = 1", "y = 2"],
  ),
  edit(
    "an alias of a tsconfig that another extends",
    ["a"],
    {
      [p]: pipeline('import { x } from "@/m";', "() => x"),
      "tsconfig.json": '{"extends":"./tsconfig.base.json"}',
      "tsconfig.base.json": '{"compilerOptions":{"paths":{"@/*":["./src/*"]}}}',
      "src/m.ts": "export const x = 1;",
      "lib/m.ts": "export const x = 2;",
    },
    ["tsconfig.base.json", "./src/*", "./lib/*"],
  ),
  edit(
    "baseUrl of a tsconfig",
    ["a"],
    {
      [p]: pipeline('import { x } from "m";', "() => x"),
      "tsconfig.json": '{"compilerOptions":{"baseUrl":"./src"}}',
      "src/m.ts": "export const x = 1;",
      "lib/m.ts": "export const x = 2;",
    },
    ["tsconfig.json", "./src", "./lib"],
  ),
  edit(
    "a decorator of a method",
    ["a"],
    pipeline(
      "const twice = (m: any, _: any) => () => [m(), 2];\nclass C { @twice m() { return 1 } }",
      "() => new C().m()",
    ),
    [p, "m(), 2", "m(), 3"],
  ),
  edit(
    "a decorator of a field with an argument",
    ["a"],
    pipeline(
      "const by = (n: number) => (_: any, __: any) => (v: any) => v * n;\nclass C { @by(2) x = 1 }",
      "() => new C().x",
    ),
    [p, "@by(2)", "@by(3)"],
  ),
  edit("an auto-accessor", ["a"], pipeline("class C { accessor x = 1 }", "() => new C().x"), [p, "x = 1", "x = 2"]),
  edit("a static accessor", ["a"], pipeline("class C { static get x() { return 1 } }", "() => C.x"), [
    p,
    "return 1",
    "return 2",
  ]),
  edit(
    "a class of a class of a class",
    ["a"],
    pipeline("class A1 { x = 1 }\nclass A2 extends A1 {}\nclass A3 extends A2 {}", "() => new A3().x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "a namespace that a function is merged with",
    ["a"],
    pipeline("function f() { return f.x }\nnamespace f { export let x = 1 }", "() => f()"),
    [p, "x = 1", "x = 2"],
  ),
  edit("a nested namespace", ["a"], pipeline("namespace A.B { export const x = 1 }", "() => A.B.x"), [
    p,
    "x = 1",
    "x = 2",
  ]),
  edit("var declared twice", ["a"], pipeline("var x = 1;\nvar x = 2;", "() => x"), [p, "x = 2", "x = 3"]),
  edit("a rest in a destructuring", ["a"], pipeline("const { x, ...rest } = { x: 1, y: 2 } as any;", "() => rest"), [
    p,
    "y: 2",
    "y: 3",
  ]),
  edit("a nested destructuring", ["a"], pipeline("const { x: [, { y }] } = { x: [0, { y: 1 }] } as any;", "() => y"), [
    p,
    "y: 1",
    "y: 2",
  ]),
  edit(
    "a setter that a class has",
    ["a"],
    pipeline("class C { y = 0; set x(v: any) { this.y = v } }", "() => { const c = new C(); c.x = 1; return c.y }"),
    [p, "this.y = v", "this.y = v + 1"],
  ),
  edit("an iterator", ["a"], pipeline("const o = { *[Symbol.iterator]() { yield 1 } };", "() => [...o]"), [
    p,
    "yield 1",
    "yield 2",
  ]),
  edit(
    "export * as behind export *",
    ["a"],
    {
      [p]: pipeline('import { n } from "./m";', "() => n.x"),
      "m.ts": 'export * from "./o";',
      "o.ts": 'export * as n from "./q";',
      "q.ts": "export const x = 1;",
    },
    ["q.ts", "x = 1", "x = 2"],
  ),
  edit(
    "import type that becomes an import",
    ["a"],
    {
      [p]: pipeline('import { type T, x } from "./m";', "() => [x]"),
      "m.ts": "export type T = 1;\nexport const x = 1;",
    },
    [p, "() => [x]", "() => [x, 1]"],
  ),
  edit(
    "a dynamic import that is computed of constants",
    ["a"],
    {
      [p]: pipeline("", "async () => (await import(`./m`)).x"),
      "m.ts": "export const x = 1;",
    },
    ["m.ts", "x = 1", "x = 2"],
  ),
  edit(
    "a default export that is renamed on the way",
    ["a"],
    {
      [p]: pipeline('import { y } from "./m";', "() => y"),
      "m.ts": 'export { default as y } from "./n";',
      "n.ts": "export default [1];",
    },
    ["n.ts", "[1]", "[2]"],
  ),
];
