import type { Files } from "./project.ts";

/** An edit of a project, and the stages whose code version it must change. */
export interface Edit {
  readonly what: string;
  readonly files: Files;
  /** In this file, the first text becomes the second; the first occurrence only. An empty first text: the file is new. */
  readonly edit: readonly (readonly [file: string, from: string, to: string])[];
  readonly changes: readonly string[];
}

export const header = 'import { stage } from "sluice";\n';

/** A pipeline of two stages, `a` and `b`, with declarations around them. */
export function pipeline(before: string, a: string, b = "() => 0"): string {
  return `${header}${before}\nexport const a = stage({}, ${a});\nexport const b = stage({}, ${b});\n`;
}

type Change = readonly (readonly [string, string, string])[] | readonly [string, string, string];

export function edit(what: string, changes: readonly string[], files: Files | string, change: Change): Edit {
  const list = typeof change[0] === "string" ? [change as readonly [string, string, string]] : (change as Edit["edit"]);
  return { what, files: typeof files === "string" ? { "pipeline.ts": files } : files, edit: list, changes };
}

export const p = "pipeline.ts";

/** Edits that change what a stage computes. */
export const behaviour: readonly Edit[] = [
  // the function itself
  edit("the body of a stage", ["a"], pipeline("", "() => 1"), [p, "() => 1", "() => 2"]),
  edit("a default parameter", ["a"], pipeline("", "({ x = 1 }: any) => x"), [p, "x = 1", "x = 2"]),
  edit("a string with a blank", ["a"], pipeline("", '() => "a b"'), [p, '"a b"', '"ab"']),
  edit("the white space of a template literal", ["a"], pipeline("", "() => `a  b`"), [p, "`a  b`", "`a b`"]),
  edit("a line break in a template literal", ["a"], pipeline("", "() => `a\n  b`"), [p, "`a\n  b`", "`a\n b`"]),
  edit("how a tagged template is spelt", ["a"], pipeline("", "() => String.raw`\\x41`"), [p, "\\x41", "A"]),
  edit("the flags of a regular expression", ["a"], pipeline("", "(s: any) => /x/.test(s)"), [p, "/x/", "/x/i"]),
  edit("the pattern of a regular expression", ["a"], pipeline("", "(s: any) => /x/.test(s)"), [p, "/x/", "/y/"]),
  edit("a number that becomes a bigint", ["a"], pipeline("", "() => 1"), [p, "() => 1", "() => 1n"]),
  edit("a number that becomes a string", ["a"], pipeline("", "() => 1"), [p, "() => 1", '() => "1"']),
  edit("null that becomes undefined", ["a"], pipeline("", "() => null"), [p, "=> null", "=> undefined"]),
  edit("an operator", ["a"], pipeline("", "(x: any) => x + 1"), [p, "x + 1", "x - 1"]),
  edit("== that becomes ===", ["a"], pipeline("", "(x: any) => x == 1"), [p, "==", "==="]),
  edit("?. that becomes .", ["a"], pipeline("", "(x: any) => x?.y"), [p, "x?.y", "x.y"]),
  edit("parentheses that group otherwise", ["a"], pipeline("", "(x: any) => (x + 1) * 2"), [
    p,
    "(x + 1) * 2",
    "x + (1 * 2)",
  ]),
  edit("a chain that ends earlier", ["a"], pipeline("", "(x: any) => x?.y.z"), [p, "x?.y.z", "(x?.y).z"]),
  edit("the order of keys", ["a"], pipeline("", "() => ({ x: 1, y: 2 })"), [p, "x: 1, y: 2", "y: 2, x: 1"]),
  edit("a hole in an array", ["a"], pipeline("", "() => [1, , 2]"), [p, "[1, , 2]", "[1, 2]"]),
  edit("a comma at the end of holes", ["a"], pipeline("", "() => [, ]"), [p, "[, ]", "[]"]),
  edit("async", ["a"], pipeline("", "() => 1"), [p, "() => 1", "async () => 1"]),
  edit("a generator", ["a"], pipeline("", "function () { return [1] }"), [p, "function ()", "function* ()"]),
  edit("a directive", ["a"], pipeline("", "function () { return this }"), [
    p,
    "{ return this",
    '{ "use strict"; return this',
  ]),
  edit("a label", ["a"], pipeline("", "() => { x: for (;;) { y: for (;;) break x } }"), [p, "break x", "break y"]),
  edit("a rest parameter", ["a"], pipeline("", "(...x: any[]) => x"), [p, "...x: any[]", "x: any"]),
  edit("what is taken apart", ["a"], pipeline("", "({ x: y }: any) => y"), [p, "{ x: y }", "{ z: y }"]),
  edit("a computed key", ["a"], pipeline("", "(k: any) => ({ [k]: 1 })"), [p, "[k]", "k"]),
  edit("__proto__ as a short name", ["a"], pipeline("const __proto__ = {};", "() => ({ __proto__: __proto__ })"), [
    p,
    "__proto__: __proto__",
    "__proto__",
  ]),
  edit("-0", ["a"], pipeline("", "() => 0", "() => 5"), [p, "() => 0", "() => -0"]),
  edit(
    "a check",
    ["a"],
    `${header}export const a = stage({}, () => 1, { check: (x) => x > 0 });\nexport const b = stage({}, () => 1);`,
    [p, "x > 0", "x > 1"],
  ),
  edit("a function that replaces another", ["a"], pipeline("const f = () => 1, g = () => 2;", "f"), [
    p,
    "stage({}, f)",
    "stage({}, g)",
  ]),
  edit("await in a for loop", ["a"], pipeline("", "async (x: any) => { for (const y of x) return y }"), [
    p,
    "for (",
    "for await (",
  ]),
  edit(
    "an entity in JSX",
    ["a"],
    { "pipeline.tsx": pipeline("const React = {} as any;", '() => <p title="&lt;" />') },
    ["pipeline.tsx", "&lt;", "&gt;"],
  ),
  edit("the text in JSX", ["a"], { "pipeline.tsx": pipeline("const React = {} as any;", "() => <p>a b</p>") }, [
    "pipeline.tsx",
    "a b",
    "a  b",
  ]),

  // declarations of the module
  edit("a constant", ["a"], pipeline("const limit = 1;", "() => limit"), [p, "limit = 1", "limit = 2"]),
  edit("a constant behind a constant", ["a"], pipeline("const one = 1;\nconst limit = one + 1;", "() => limit"), [
    p,
    "one = 1",
    "one = 2",
  ]),
  edit("a helper", ["a"], pipeline("function help() { return 1 }", "() => help()"), [p, "return 1", "return 2"]),
  edit("a helper that is declared later", ["a"], `${pipeline("", "() => help()")}function help() { return 1 }`, [
    p,
    "return 1",
    "return 2",
  ]),
  edit("a default parameter of a helper", ["a"], pipeline("function help(x = 1) { return x }", "() => help()"), [
    p,
    "x = 1",
    "x = 2",
  ]),
  edit(
    "a default parameter that names what the body hides",
    ["a"],
    pipeline("const x = 1;\nfunction help(y = x) { const x = 5; return [x, y]; }", "() => help()"),
    [p, "const x = 1", "const x = 2"],
  ),
  edit(
    "a helper of a helper that call each other",
    ["a"],
    pipeline(
      "function f(n: number): any { return n && g(n - 1) }\nfunction g(n: number): any { return f(n) }",
      "() => f(1)",
    ),
    [p, "n - 1", "n - 2"],
  ),
  edit("a destructured constant", ["a"], pipeline("const { x, y } = { x: 1, y: 2 };", "() => y"), [p, "y: 2", "y: 3"]),
  edit("a default in a destructuring", ["a"], pipeline("const zero = 0;\nconst { x = zero } = {} as any;", "() => x"), [
    p,
    "zero = 0",
    "zero = 1",
  ]),
  edit("a class method", ["a"], pipeline("class C { m() { return 1 } }", "() => new C().m()"), [
    p,
    "return 1",
    "return 2",
  ]),
  edit("a class field", ["a"], pipeline("class C { x = 1 }", "() => new C().x"), [p, "x = 1", "x = 2"]),
  edit("a private field", ["a"], pipeline("class C { #x = 1; m() { return this.#x } }", "() => new C().m()"), [
    p,
    "#x = 1",
    "#x = 2",
  ]),
  edit("a static field", ["a"], pipeline("class C { static x = 1 }", "() => C.x"), [p, "x = 1", "x = 2"]),
  edit("a static block", ["a"], pipeline("class C { static x: any; static { C.x = 1 } }", "() => C.x"), [
    p,
    "C.x = 1",
    "C.x = 2",
  ]),
  edit("an accessor", ["a"], pipeline("class C { get x() { return 1 } }", "() => new C().x"), [
    p,
    "return 1",
    "return 2",
  ]),
  edit(
    "a getter that becomes a method",
    ["a"],
    pipeline("class C { get x() { return 1 } }", "() => (new C() as any).x"),
    [p, "get x", "x"],
  ),
  edit("a superclass", ["a"], pipeline("class B { m() { return 1 } }\nclass C extends B {}", "() => new C().m()"), [
    p,
    "return 1",
    "return 2",
  ]),
  edit("another superclass", ["a"], pipeline("class A1 { }\nclass A2 { }\nclass C extends A1 {}", "() => new C()"), [
    p,
    "extends A1",
    "extends A2",
  ]),
  edit(
    "a mixin",
    ["a"],
    pipeline(
      "const mix = (x: any) => class extends x { m() { return 1 } };\nclass C extends mix(Object) {}",
      "() => new C()",
    ),
    [p, "return 1", "return 2"],
  ),
  edit("a decorator", ["a"], pipeline("const d = (x: any) => { x.y = 1 };\n@d class C {}", "() => C"), [
    p,
    "x.y = 1",
    "x.y = 2",
  ]),
  edit(
    "a decorator before export",
    ["a"],
    pipeline("const d = (x: any) => { x.y = 1 };\n@d export class C {}", "() => C"),
    [p, "x.y = 1", "x.y = 2"],
  ),
  edit("a parameter property", ["a"], pipeline("class C { constructor(private x = 1) {} }", "() => new C()"), [
    p,
    "private x",
    "x",
  ]),
  edit("an enum member", ["a"], pipeline("enum E { X = 1, Y }", "() => E.Y"), [p, "X = 1", "X = 2"]),
  edit("an enum member by a constant", ["a"], pipeline("const base = 1;\nenum E { X = base }", "() => E.X"), [
    p,
    "base = 1",
    "base = 2",
  ]),
  edit("a merged enum", ["a"], pipeline("enum E { X = 1 }\nenum E { Y = 2 }", "() => E.Y"), [p, "Y = 2", "Y = 3"]),
  edit("a namespace", ["a"], pipeline("namespace N { export const x = 1 }", "() => N.x"), [p, "x = 1", "x = 2"]),
  edit("what a namespace uses", ["a"], pipeline("const y = 1;\nnamespace N { export const x = y }", "() => N.x"), [
    p,
    "y = 1",
    "y = 2",
  ]),
  edit(
    "an alias of a namespace's member",
    ["a"],
    pipeline("namespace N { export const x = 1 }\nimport X = N.x;", "() => X"),
    [p, "x = 1", "x = 2"],
  ),
  edit("a variable declared in a block", ["a"], pipeline("if (true) { var x = 1 }", "() => x"), [p, "x = 1", "x = 2"]),
  edit(
    "a shadowed name that is no longer shadowed",
    ["a"],
    pipeline("const x = 1;", "() => { const x = 2; return x }"),
    [p, "const x = 2; ", ""],
  ),

  // what changes what a stage reaches
  edit("let that another function assigns", ["a"], pipeline("let x = 1;\nexport function set() { x = 2 }", "() => x"), [
    p,
    "x = 2",
    "x = 3",
  ]),
  edit("let assigned at the top", ["a"], pipeline("let x = 1;\nx = 2;", "() => x"), [p, "x = 2", "x = 3"]),
  edit("let assigned by destructuring", ["a"], pipeline("let x = 1;\n({ x } = { x: 2 });", "() => x"), [
    p,
    "x: 2",
    "x: 3",
  ]),
  edit("let counted in a loop", ["a"], pipeline("let x = 1;\nfor (let i = 0; i < 3; i++) x += i;", "() => x"), [
    p,
    "i < 3",
    "i < 4",
  ]),
  edit(
    "a call that sets let through a function",
    ["a"],
    pipeline("let x = 1;\nfunction set(y: number) { x = y }\nset(2);", "() => x"),
    [p, "set(2)", "set(3)"],
  ),
  edit("an object changed at the top", ["a"], pipeline("const t: any = {};\nt.x = 1;", "() => t.x"), [
    p,
    "t.x = 1",
    "t.x = 2",
  ]),
  edit("a property deleted at the top", ["a"], pipeline("const t: any = { x: 1, y: 1 };\ndelete t.x;", "() => t"), [
    p,
    "delete t.x",
    "delete t.y",
  ]),
  edit("a map filled at the top", ["a"], pipeline("const t = new Map();\nt.set(1, 1);", "() => t"), [
    p,
    "set(1, 1)",
    "set(1, 2)",
  ]),
  edit(
    "the order in which a map is filled",
    ["a"],
    pipeline("const t = new Map();\nt.set(1, 1);\nt.set(2, 2);", "() => t"),
    [p, "t.set(1, 1);\nt.set(2, 2);", "t.set(2, 2);\nt.set(1, 1);"],
  ),
  edit(
    "the order of calls in initialisers",
    ["a"],
    pipeline("let n = 0;\nfunction next() { return n++ }\nconst x = next();\nconst y = next();", "() => [x, y]"),
    [p, "const x = next();\nconst y = next();", "const y = next();\nconst x = next();"],
  ),
  edit(
    "a map filled in a loop over a constant",
    ["a"],
    pipeline("const t = new Map();\nconst keys = [1];\nfor (const k of keys) t.set(k, k);", "() => t"),
    [p, "keys = [1]", "keys = [1, 2]"],
  ),
  edit(
    "a map filled by forEach",
    ["a"],
    pipeline("const t = new Map();\n[1].forEach((k) => t.set(k, k));", "() => t"),
    [p, "t.set(k, k)", "t.set(k, 0)"],
  ),
  edit(
    "a map filled by a function given to forEach",
    ["a"],
    pipeline("const t = new Map();\nfunction put(k: any) { t.set(k, 1) }\n[1].forEach(put);", "() => t"),
    [p, "[1].for", "[2].for"],
  ),
  edit(
    "a map filled by a helper",
    ["a"],
    pipeline("const t = new Map();\nfunction put(k: any) { t.set(k, 1) }\nput(5);", "() => t"),
    [p, "put(5)", "put(6)"],
  ),
  edit(
    "a map filled by a helper of a helper",
    ["a"],
    pipeline(
      "const t = new Map();\nfunction put(k: any) { t.set(k, 1) }\nfunction all() { put(1) }\nall();",
      "() => t",
    ),
    [p, "put(1)", "put(2)"],
  ),
  edit(
    "an object handed to a helper",
    ["a"],
    pipeline("const t: any = {};\nfunction fill(x: any) { x.y = 1 }\nfill(t);", "() => t"),
    [p, "x.y = 1", "x.y = 2"],
  ),
  edit(
    "an object handed to a helper in an initialiser",
    ["a"],
    pipeline("const t: any = {};\nfunction fill(x: any) { x.y = 1; return 0 }\nconst done = fill(t);", "() => t"),
    [p, "x.y = 1", "x.y = 2"],
  ),
  edit(
    "an object changed through an alias",
    ["a"],
    pipeline("const t: any = {};\nconst u = t;\nu.x = 1;\nObject.assign(u, { y: 1 });", "() => t"),
    [p, "y: 1", "y: 2"],
  ),
  edit(
    "an object changed through a local alias in a helper",
    ["a"],
    pipeline("const t: any = {};\nfunction fill() { const u = t; u.x = 1 }\nfill();", "() => t"),
    [p, "u.x = 1", "u.x = 2"],
  ),
  edit(
    "an object changed through a function that gives it",
    ["a"],
    pipeline("const t: any = {};\nconst get = () => t;\nget().x = 1;", "() => t"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "an object in an object",
    ["a"],
    pipeline("const t: any = {};\nconst all = { t };\nObject.assign(all.t, { x: 1 });", "() => t"),
    [p, "x: 1", "x: 2"],
  ),
  edit("Object.assign", ["a"], pipeline("const t: any = {};\nObject.assign(t, { x: 1 });", "() => t"), [
    p,
    "x: 1",
    "x: 2",
  ]),
  edit("Object.freeze", ["a"], pipeline("const t: any = {};\nObject.freeze(t);", "() => { t.x = 1; return t }"), [
    p,
    "Object.freeze(t);",
    "",
  ]),
  edit(
    "a method added to a prototype",
    ["a"],
    pipeline("class C {}\n(C.prototype as any).m = () => 1;", "() => new C()"),
    [p, "=> 1;", "=> 2;"],
  ),
  edit("a property added to a function", ["a"], pipeline("function f() {}\nf.x = 1;", "() => f.x"), [
    p,
    "f.x = 1",
    "f.x = 2",
  ]),
  edit(
    "a mixin applied to a class",
    ["a"],
    pipeline("class C {}\nfunction mix(x: any) { x.prototype.m = () => 1 }\nmix(C);", "() => new C()"),
    [p, "=> 1 }", "=> 2 }"],
  ),
  edit(
    "a property added to a function by a helper",
    ["a"],
    pipeline("function f() {}\nfunction tag(x: any) { x.y = 1; return x }\nconst g = tag(f);", "() => (f as any).y"),
    [p, "x.y = 1", "x.y = 2"],
  ),
  edit(
    "a static list that a function fills",
    ["a"],
    pipeline("class C { static all: any[] = []; static add(x: any) { this.all.push(x) } }\nC.add(1);", "() => C.all"),
    [p, "add(1)", "add(2)"],
  ),
  edit(
    "an instance that is filled",
    ["a"],
    pipeline(
      "class C { all: any[] = []; add(x: any) { this.all.push(x) } }\nconst c = new C();\nc.add(1);",
      "() => c.all",
    ),
    [p, "add(1)", "add(2)"],
  ),
  edit("a global that is set", ["a", "b"], pipeline("globalThis.rate = 1;", "() => rate"), [p, "rate = 1", "rate = 2"]),
  edit(
    "a prototype of the language",
    ["a", "b"],
    pipeline("(Array.prototype as any).sum = () => 1;", "() => ([] as any).sum()"),
    [p, "=> 1;", "=> 2;"],
  ),
  edit(
    "a prototype of the language by defineProperty",
    ["a", "b"],
    pipeline("Object.defineProperty(Array.prototype, 'sum', { value: 1 });", "() => ([] as any).sum"),
    [p, "value: 1", "value: 2"],
  ),
  edit(
    "a global set by a helper",
    ["a", "b"],
    pipeline("function init() { globalThis.rate = 1 }\ninit();", "() => rate"),
    [p, "rate = 1", "rate = 2"],
  ),
  edit(
    "an environment variable that is set",
    ["a", "b"],
    pipeline('process.env.TZ = "UTC";', "() => new Date().getHours()"),
    [p, '"UTC"', '"CET"'],
  ),
  edit("a getter that is given to a stage", ["a"], pipeline("const t = { get x() { return 1 } };", "() => t.x"), [
    p,
    "return 1",
    "return 2",
  ]),
  edit(
    "a closure made by a function on the spot",
    ["a"],
    pipeline("const f = (() => { const n = 1; return () => n })();", "() => f()"),
    [p, "n = 1", "n = 2"],
  ),
  edit("try and catch around an assignment", ["a"], pipeline("let x: any;\ntry { x = 1 } catch { x = 2 }", "() => x"), [
    p,
    "x = 2",
    "x = 3",
  ]),
  edit(
    "a tag that is called at the top",
    ["a"],
    pipeline("const seen: any[] = [];\nfunction tag(s: any) { seen.push(s) }\ntag`x`;", "() => seen"),
    [p, "tag`x`", "tag`y`"],
  ),

  // other modules
  edit(
    "a helper three modules away",
    ["a"],
    {
      [p]: pipeline('import { f } from "./m1.ts";', "() => f()"),
      "m1.ts": 'import { g } from "./m2";\nexport const f = () => g();',
      "m2.ts": 'export { h as g } from "./m3.js";',
      "m3.ts": "export function h() { return 1 }",
    },
    ["m3.ts", "return 1", "return 2"],
  ),
  edit(
    "a constant of another module",
    ["a"],
    { [p]: pipeline('import { x } from "./m";', "() => x"), "m.ts": "export const x = 1, y = 1;" },
    ["m.ts", "x = 1", "x = 2"],
  ),
  edit(
    "a default export",
    ["a"],
    { [p]: pipeline('import f from "./m";', "() => f()"), "m.ts": "export default function () { return 1 }" },
    ["m.ts", "return 1", "return 2"],
  ),
  edit(
    "a default export of an expression",
    ["a"],
    { [p]: pipeline('import t from "./m";', "() => t.x"), "m.ts": "export default { x: 1 };" },
    ["m.ts", "x: 1", "x: 2"],
  ),
  edit(
    "a member of a namespace import",
    ["a"],
    { [p]: pipeline('import * as m from "./m";', "() => m.x", "() => m.y"), "m.ts": "export const x = 1, y = 1;" },
    ["m.ts", "x = 1", "x = 2"],
  ),
  edit(
    "any member of a namespace that is handed on",
    ["a"],
    { [p]: pipeline('import * as m from "./m";', "() => Object.values(m)"), "m.ts": "export const x = 1, y = 1;" },
    ["m.ts", "x = 1", "x = 2"],
  ),
  edit(
    "a member by a computed name",
    ["a"],
    { [p]: pipeline('import * as m from "./m";', "(k: any) => (m as any)[k]"), "m.ts": "export const x = 1, y = 1;" },
    ["m.ts", "y = 1", "y = 2"],
  ),
  edit(
    "a re-export redirected",
    ["a"],
    {
      [p]: pipeline('import { x } from "./m";', "() => x"),
      "m.ts": 'export { x } from "./m1";',
      "m1.ts": "export const x = 1;",
      "m2.ts": "export const x = 1;",
    },
    ["m.ts", "./m1", "./m2"],
  ),
  edit(
    "an import redirected",
    ["a"],
    {
      [p]: pipeline('import { x } from "./m1";', "() => x"),
      "m1.ts": "export const x = 1;",
      "m2.ts": "export const x = 1;",
    },
    [p, "./m1", "./m2"],
  ),
  edit(
    "names swapped in an import",
    ["a"],
    { [p]: pipeline('import { x, y } from "./m";', "() => [x, y]"), "m.ts": "export const x = 1, y = 2;" },
    [p, "{ x, y }", "{ x as y, y as x }"],
  ),
  edit(
    "names swapped in a re-export",
    ["a"],
    {
      [p]: pipeline('import { x, y } from "./m";', "() => [x, y]"),
      "m.ts": 'export { x, y } from "./n";',
      "n.ts": "export const x = 1, y = 2;",
    },
    ["m.ts", "{ x, y }", "{ x as y, y as x }"],
  ),
  edit(
    "an export that shadows export *",
    ["a"],
    {
      [p]: pipeline('import { x } from "./m";', "() => x"),
      "m.ts": 'export * from "./n";',
      "n.ts": "export const x = 1;",
    },
    ["m.ts", 'export * from "./n";', 'export * from "./n";\nexport const x = 1;'],
  ),
  edit(
    "what is behind export *",
    ["a"],
    {
      [p]: pipeline('import { x } from "./m";', "() => x"),
      "m.ts": 'export * from "./k";\nexport * from "./n";',
      "n.ts": "export const x = 1;",
      "k.ts": "export const z = 1;",
    },
    ["n.ts", "x = 1", "x = 2"],
  ),
  edit(
    "export * as",
    ["a"],
    {
      [p]: pipeline('import { n } from "./m";', "() => n.x"),
      "m.ts": 'export * as n from "./n";',
      "n.ts": "export const x = 1;",
    },
    ["n.ts", "x = 1", "x = 2"],
  ),
  edit(
    "modules that import each other",
    ["a"],
    {
      [p]: pipeline('import { f } from "./m";', "() => f(1)"),
      "m.ts": 'import { g } from "./n";\nexport function f(x: any): any { return x && g(x) }',
      "n.ts": 'import { f } from "./m";\nexport function g(x: any): any { return f(x - 1) }',
    },
    ["n.ts", "x - 1", "x - 2"],
  ),
  edit(
    "import()",
    ["a"],
    { [p]: pipeline("", 'async () => (await import("./m")).x'), "m.ts": "export const x = 1, y = 1;" },
    ["m.ts", "x = 1", "x = 2"],
  ),
  edit(
    "import() taken apart",
    ["a"],
    {
      [p]: pipeline("", 'async () => { const { x } = await import("./m"); return x }'),
      "m.ts": "export const x = 1, y = 1;",
    },
    ["m.ts", "x = 1", "x = 2"],
  ),
  edit(
    "import().then()",
    ["a"],
    { [p]: pipeline("", 'async () => import("./m").then((m) => m.x)'), "m.ts": "export const x = 1;" },
    ["m.ts", "x = 1", "x = 2"],
  ),
  edit(
    "require() of CommonJS",
    ["a"],
    {
      [p]: pipeline(
        'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);\nconst m = require("./m.cjs");',
        "() => m.x",
      ),
      "m.cjs": "exports.x = 1;",
    },
    ["m.cjs", "x = 1", "x = 2"],
  ),
  edit(
    "require() by another name",
    ["a"],
    {
      [p]: pipeline(
        'import { createRequire } from "node:module";\nconst load = createRequire(import.meta.url);',
        '() => load("./m.cjs").x',
      ),
      "m.cjs": "exports.x = 1;",
    },
    ["m.cjs", "x = 1", "x = 2"],
  ),
  edit(
    "what a CommonJS module requires",
    ["a"],
    {
      [p]: pipeline('import m from "./m.cjs";', "() => m.x"),
      "m.cjs": 'exports.x = require("./n.cjs");',
      "n.cjs": "module.exports = 1;",
    },
    ["n.cjs", "= 1", "= 2"],
  ),
  edit(
    "import x = require()",
    ["a"],
    { [p]: pipeline('import m = require("./m.cjs");', "() => m.x"), "m.cjs": "exports.x = 1;" },
    ["m.cjs", "x = 1", "x = 2"],
  ),
  edit(
    "export =",
    ["a"],
    { [p]: pipeline('import m = require("./m.cts");', "() => m"), "m.cts": "export = { x: 1 };" },
    ["m.cts", "x: 1", "x: 2"],
  ),
  edit(
    "JSON",
    ["a"],
    { [p]: pipeline('import d from "./d.json" with { type: "json" };', "() => d.x"), "d.json": '{"x": 1}' },
    ["d.json", "1", "2"],
  ),
  edit(
    "the order of keys in JSON",
    ["a"],
    { [p]: pipeline('import d from "./d.json";', "() => d"), "d.json": '{"x": 1, "y": 2}' },
    ["d.json", '"x": 1, "y": 2', '"y": 2, "x": 1'],
  ),
  edit(
    "JSON by require()",
    ["a"],
    {
      [p]: pipeline(
        'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
        '() => require("./d.json").x',
      ),
      "d.json": '{"x": 1}',
    },
    ["d.json", "1", "2"],
  ),
  edit(
    "a file by import.meta.url",
    ["a"],
    {
      [p]: pipeline(
        'import { readFileSync } from "node:fs";',
        '() => readFileSync(new URL("./t.txt", import.meta.url), "utf8")',
      ),
      "t.txt": "one",
    },
    ["t.txt", "one", "two"],
  ),
  edit(
    "a file by import.meta.url that appears",
    ["a"],
    {
      [p]: pipeline(
        'import { readFileSync } from "node:fs";',
        '() => readFileSync(new URL("./t.txt", import.meta.url), "utf8")',
      ),
    },
    ["t.txt", "", "two"],
  ),
  edit(
    "a worker's code",
    ["a"],
    {
      [p]: pipeline(
        'import { Worker } from "node:worker_threads";',
        '() => new Worker(new URL("./w.ts", import.meta.url))',
      ),
      "w.ts": 'import { x } from "./x";\nconsole.log(x);',
      "x.ts": "export const x = 1;",
    },
    ["x.ts", "x = 1", "x = 2"],
  ),
  edit(
    "an object of another module changed elsewhere",
    ["a"],
    {
      [p]: pipeline('import { t } from "./t";\nexport { other } from "./fill";', "() => t"),
      "t.ts": "export const t = new Map();",
      "fill.ts": 'import { t } from "./t";\nt.set(1, 1);\nexport const other = 1;',
    },
    ["fill.ts", "set(1, 1)", "set(1, 2)"],
  ),
  edit(
    "an object of another module changed by one imported for its effect",
    ["a", "b"],
    {
      [p]: pipeline('import { t } from "./t";\nimport "./fill";', "() => t"),
      "t.ts": "export const t = new Map();",
      "fill.ts": 'import { t } from "./t";\nt.set(1, 1);',
    },
    ["fill.ts", "set(1, 1)", "set(1, 2)"],
  ),
  edit(
    "an object filled by a registering function elsewhere",
    ["a"],
    {
      [p]: pipeline(
        'import { get } from "./t";\nimport { unused } from "./fill";\nconsole.log(unused);',
        "() => get(1)",
      ),
      "t.ts":
        "const t = new Map();\nexport const get = (k: any) => t.get(k);\nexport function register(k: any, v: any) { t.set(k, v) }",
      "fill.ts": 'import { register } from "./t";\nexport const unused = register(1, 1);',
    },
    ["fill.ts", "register(1, 1)", "register(1, 2)"],
  ),
  edit(
    "let of another module set by a call elsewhere",
    ["a"],
    {
      [p]: pipeline('import { rate, setRate } from "./rate";\nsetRate(2);', "() => rate"),
      "rate.ts": "export let rate = 1;\nexport function setRate(x: number) { rate = x }",
    },
    [p, "setRate(2)", "setRate(3)"],
  ),
  edit(
    "a module imported for its effect",
    ["a", "b"],
    { [p]: pipeline('import "./setup";', "() => 1"), "setup.ts": "globalThis.x = 1;" },
    ["setup.ts", "x = 1", "x = 2"],
  ),
  edit(
    "a module imported for its effect by a helper's module",
    ["a"],
    {
      [p]: pipeline('import { f } from "./m";', "() => f()"),
      "m.ts": 'import "./setup";\nexport const f = () => 1;',
      "setup.ts": 'import { t } from "./t";\nt.add(1);',
      "t.ts": "export const t = new Set();",
    },
    ["setup.ts", "add(1)", "add(2)"],
  ),
  edit(
    "a side-effect import that is added",
    ["a", "b"],
    { [p]: pipeline("", "() => 1"), "setup.ts": "console.log(globalThis.x = 1);" },
    [p, header, `${header}import "./setup";\n`],
  ),
  edit(
    "a module in a cycle of re-exports",
    ["a"],
    {
      [p]: pipeline('import { x } from "./m";', "() => x"),
      "m.ts": 'export * from "./n";',
      "n.ts": 'export * from "./m";\nexport const x = 1;',
    },
    ["n.ts", "x = 1", "x = 2"],
  ),
  edit(
    "a tsconfig alias redirected",
    ["a"],
    {
      [p]: pipeline('import { x } from "@/m";', "() => x"),
      "one/m.ts": "export const x = 1;",
      "two/m.ts": "export const x = 1;",
      "tsconfig.json": '{"compilerOptions":{"paths":{"@/*":["./one/*"]}}}',
    },
    ["tsconfig.json", "./one", "./two"],
  ),
  edit(
    "what is behind a tsconfig alias",
    ["a"],
    {
      [p]: pipeline('import { x } from "@/m";', "() => x"),
      "one/m.ts": "export const x = 1;",
      "tsconfig.json": '{"compilerOptions":{"baseUrl":".","paths":{"@/*":["one/*"]}}}',
    },
    ["one/m.ts", "x = 1", "x = 2"],
  ),
  edit(
    "an alias of package.json",
    ["a"],
    {
      [p]: pipeline('import { x } from "#m";', "() => x"),
      "one.ts": "export const x = 1;",
      "two.ts": "export const x = 1;",
      "package.json": '{"name":"p","type":"module","imports":{"#m":"./one.ts"}}',
    },
    ["package.json", "./one", "./two"],
  ),
  edit(
    "the source of a workspace package",
    ["a"],
    {
      [p]: pipeline('import { x } from "mine";', "() => x"),
      "packages/mine/package.json": '{"name":"mine","type":"module","exports":"./index.ts"}',
      "packages/mine/index.ts": "export const x = 1, y = 1;",
      "node_modules/mine": "-> packages/mine",
    },
    ["packages/mine/index.ts", "x = 1", "x = 2"],
  ),
  edit(
    "the version of a package",
    ["a"],
    {
      [p]: pipeline('import { x } from "pkg";', "() => x"),
      "node_modules/pkg/package.json": '{"name":"pkg","version":"1.0.0"}',
      "node_modules/pkg/index.js": "exports.x = 1",
    },
    ["node_modules/pkg/package.json", "1.0.0", "1.0.1"],
  ),
  edit(
    "the content of an installed package without a lockfile",
    ["a"],
    {
      [p]: pipeline('import { x } from "pkg";', "() => x"),
      "node_modules/pkg/package.json": '{"name":"pkg","version":"1.0.0"}',
      "node_modules/pkg/index.js": "exports.x = 1",
    },
    ["node_modules/pkg/index.js", "x = 1", "x = 2"],
  ),
  edit(
    "the version of a package behind a package",
    ["a"],
    {
      [p]: pipeline('import { x } from "pkg";', "() => x"),
      "node_modules/pkg/package.json": '{"name":"pkg","version":"1.0.0","dependencies":{"dep":"*"}}',
      "node_modules/dep/package.json": '{"name":"dep","version":"1.0.0"}',
    },
    ["node_modules/dep/package.json", "1.0.0", "2.0.0"],
  ),
  edit(
    "another export of a package",
    ["a"],
    {
      [p]: pipeline('import { x } from "pkg";', "() => x"),
      "node_modules/pkg/package.json": '{"name":"pkg","version":"1.0.0"}',
    },
    [p, "{ x }", "{ y as x }"],
  ),
  edit(
    "a package that is set up",
    ["a"],
    {
      [p]: pipeline(
        'import day from "pkg";\nimport { plug } from "pkg2";\nimport { helper } from "./m";\nconst plugged = day.extend(plug, 1);',
        "() => helper()",
      ),
      "m.ts": 'import day from "pkg";\nexport const helper = () => day();',
      "node_modules/pkg/package.json": '{"name":"pkg","version":"1.0.0"}',
      "node_modules/pkg2/package.json": '{"name":"pkg2","version":"1.0.0"}',
    },
    [p, "plug, 1", "plug, 2"],
  ),
  edit(
    "a package set up in a statement of the module",
    ["a", "b"],
    {
      [p]: pipeline('import { config } from "pkg";\nconfig({ path: "x" });', "() => 1"),
      "node_modules/pkg/package.json": '{"name":"pkg","version":"1.0.0"}',
    },
    [p, '"x"', '"y"'],
  ),
  edit("another built-in function", ["a"], { [p]: pipeline('import { sep as x } from "node:path";', "() => x") }, [
    p,
    "sep as x",
    "delimiter as x",
  ]),
  edit(
    "the factory of JSX",
    ["a"],
    {
      "pipeline.tsx": pipeline("const h = (...x: any[]) => x;", "() => <p />"),
      "tsconfig.json": '{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}',
    },
    ["pipeline.tsx", "=> x;", "=> x[0];"],
  ),
  edit(
    "the runtime of JSX",
    ["a"],
    {
      "pipeline.tsx": pipeline("", "() => <p />"),
      "tsconfig.json": '{"compilerOptions":{"jsx":"react-jsx","jsxImportSource":"jsx"}}',
      "node_modules/jsx/package.json": '{"name":"jsx","version":"1.0.0"}',
    },
    ["node_modules/jsx/package.json", "1.0.0", "1.0.1"],
  ),
  edit(
    "how JSX is compiled",
    ["a"],
    {
      "pipeline.tsx": pipeline("const h = 1, React = 2;", "() => <p />"),
      "tsconfig.json": '{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}',
    },
    ["tsconfig.json", '"h"', '"React"'],
  ),
  edit(
    "an element of JSX",
    ["a"],
    { "pipeline.tsx": pipeline("const React = 1 as any;\nconst Item = () => 1;", "() => <Item />") },
    ["pipeline.tsx", "Item = () => 1", "Item = () => 2"],
  ),
  edit(
    "how class fields are compiled",
    ["a"],
    {
      [p]: pipeline("class B { set x(v: any) { console.log(v) } }\nclass C extends B { x = 1 }", "() => new C()"),
      "tsconfig.json": '{"compilerOptions":{"useDefineForClassFields":true}}',
    },
    ["tsconfig.json", "true", "false"],
  ),
  edit(
    "the target where it decides how class fields are compiled",
    ["a"],
    { [p]: pipeline("class C { x = 1 }", "() => new C()"), "tsconfig.json": '{"compilerOptions":{"target":"ES2022"}}' },
    ["tsconfig.json", "ES2022", "ES2020"],
  ),
  edit(
    "a syntax error in a module that is loaded later",
    ["a"],
    { [p]: pipeline("", 'async () => (await import("./m")).x'), "m.ts": "export const x = {;" },
    ["m.ts", "{;", "{;;"],
  ),
  edit("a module that is not there yet", ["a"], { [p]: pipeline("", 'async () => (await import("./m")).x') }, [
    "m.ts",
    "",
    "export const x = 1;",
  ]),
  edit(
    "a CommonJS pipeline's helper",
    ["a"],
    {
      "pipeline.cjs":
        'const { stage } = require("sluice");\nconst help = () => 1;\nconst a = stage({}, () => help());\nconst b = stage({}, () => 2);\nmodule.exports = { a, b };',
    },
    ["pipeline.cjs", "=> 1", "=> 3"],
  ),
  edit(
    "exports read by a CommonJS pipeline",
    ["a"],
    {
      "pipeline.cjs":
        'const sluice = require("sluice");\nexports.help = () => 1;\nconst a = sluice.stage({}, () => exports.help());\nconst b = sluice.stage({}, () => 2);',
    },
    ["pipeline.cjs", "=> 1", "=> 3"],
  ),

  // wrappers and closures
  edit(
    "the function handed through a wrapper",
    ["a"],
    `${header}const my = (f: any) => /*a*//*b*/stage({}, f);\nexport const x = /*a 1*/my(() => 1);\nexport const y = /*b 1*/my(() => 2);`,
    [p, "() => 1", "() => 3"],
  ),
  edit(
    "the function handed through a wrapper of another module",
    ["a"],
    {
      [p]: 'import { my } from "./my";\nexport const x = /*a 1*/my(() => 1);\nexport const y = /*b 1*/my(() => 2);',
      "my.ts": `${header}export function my(f: any) { return /*a*//*b*/stage({}, f); }`,
    },
    [p, "() => 1", "() => 3"],
  ),
  edit(
    "the argument of a factory",
    ["a"],
    `${header}function make(year: number) { return /*a*//*b*/stage({}, () => year); }\nexport const x = /*a 1*/make(2020);\nexport const y = /*b 1*/make(2021);`,
    [p, "2020", "2019"],
  ),
  edit(
    "a constant handed to a factory",
    ["a"],
    `${header}const first = 2020;\nfunction make(year: number) { return /*a*//*b*/stage({}, () => year); }\nexport const x = /*a 1*/make(first);\nexport const y = /*b 1*/make(2021);`,
    [p, "2020", "2019"],
  ),
  edit(
    "a default of a factory",
    ["a"],
    `${header}const standard = 1;\nfunction make(year = standard) { return /*a*/stage({}, () => year); }\nexport const x = /*a 1*/make();`,
    [p, "standard = 1", "standard = 2"],
  ),
  edit(
    "an option of a factory",
    ["a"],
    `${header}function make({ year }: any) { return /*a*//*b*/stage({}, () => year); }\nexport const x = /*a 1*/make({ year: 1 });\nexport const y = /*b 1*/make({ year: 2 });`,
    [p, "year: 1", "year: 3"],
  ),
  edit(
    "a rest argument of a factory",
    ["a"],
    `${header}function make(...years: number[]) { return /*a*//*b*/stage({}, () => years); }\nexport const x = /*a 1*/make(1, 2);\nexport const y = /*b 1*/make(3);`,
    [p, "1, 2", "1, 3"],
  ),
  edit(
    "a factory called through a factory",
    ["a"],
    `${header}const inner = (f: any) => /*a*//*b*/stage({}, f);\nconst outer = (n: any) => /*a 1*//*b 1*/inner(() => n);\nexport const x = /*a 2*/outer(1);\nexport const y = /*b 2*/outer(2);`,
    [p, "outer(1)", "outer(3)"],
  ),
  edit(
    "a local constant",
    ["a"],
    `${header}function make() { const n = 1; return /*a*/stage({}, () => n); }\nexport const x = /*a 1*/make();`,
    [p, "n = 1", "n = 2"],
  ),
  edit(
    "a local constant behind a local constant",
    ["a"],
    `${header}const one = 1;\nfunction make() { const m = one; const n = m + 1; return /*a*/stage({}, () => n); }\nexport const x = /*a 1*/make();`,
    [p, "one = 1", "one = 2"],
  ),
  edit(
    "a local function",
    ["a"],
    `${header}function make() { function help() { return 1 } return /*a*/stage({}, () => help()); }\nexport const x = /*a 1*/make();`,
    [p, "return 1", "return 2"],
  ),
  edit(
    "a local list that is filled",
    ["a"],
    `${header}function make() { const list: any[] = []; list.push(1); return /*a*/stage({}, () => list); }\nexport const x = /*a 1*/make();`,
    [p, "push(1)", "push(2)"],
  ),
  edit(
    "a local list that a helper fills",
    ["a"],
    `${header}function fill(x: any) { x.push(1) }\nfunction make() { const list: any[] = []; fill(list); return /*a*/stage({}, () => list); }\nexport const x = /*a 1*/make();`,
    [p, "push(1)", "push(2)"],
  ),
  edit(
    "a constant of a block",
    ["a"],
    `${header}const out: any[] = [];\n{ const n = 1; out.push(/*a*/stage({}, () => n)); }`,
    [p, "n = 1", "n = 2"],
  ),
  edit(
    "a function that makes the function",
    ["a"],
    pipeline("const twice = (f: any) => () => [f(), f()];\nconst one = () => 1;", "twice(one)"),
    [p, "[f(), f()]", "[f()]"],
  ),
  edit(
    "a node that a function names",
    ["a"],
    `${header}export const b = stage({}, () => 1);\nexport const a = stage({}, () => b);`,
    [p, "stage({}, () => 1)", "stage({ x: 1 }, () => 1)"],
  ),
];

/** Edits that change nothing that a stage computes. */
export const noise: readonly Edit[] = [
  edit("a comment", [], pipeline("const x = 1; // one", "() => /* x */ x"), [
    [p, "// one", "/* two\n */"],
    [p, "/* x */", ""],
  ]),
  edit("a docstring", [], pipeline("/** Old. */\nfunction f() { return 1 }", "() => f()"), [p, "Old", "New"]),
  edit("white space and line breaks", [], pipeline("function f(x: any) { return [x, 1] }", "() => f(1)"), [
    p,
    "{ return [x, 1] }",
    "{\n\n\treturn [ x,\n 1 ]\n}",
  ]),
  edit("quotes", [], pipeline("", '() => "x"'), [p, '"x"', "'x'"]),
  edit("quotes of a key", [], pipeline("", '() => ({ "x": 1 })'), [p, '"x"', "x"]),
  edit("parentheses", [], pipeline("", "(x: any) => x + 1"), [p, "x + 1", "(x) + (1)"]),
  edit("a trailing comma", [], pipeline("", "(x: any) => [x, 1]"), [p, "[x, 1]", "[x, 1,]"]),
  edit("a semicolon", [], pipeline("", "() => { return 1 }"), [p, "return 1", "return 1;;"]),
  edit("how a number is written", [], pipeline("", "() => 1000"), [p, "1000", "1_000"]),
  edit("a number in another base", [], pipeline("", "() => 255"), [p, "255", "0xff"]),
  edit("how a string is escaped", [], pipeline("", '() => "A"'), [p, '"A"', '"\\x41"']),
  edit("a type annotation", [], pipeline("const x: number = 1;", "(y: number): number => x + y"), [
    [p, "x: number", "x"],
    [p, "(y: number): number", "(y: any): unknown"],
  ]),
  edit("as and satisfies", [], pipeline("const x = 1 as number;", "() => x"), [p, "as number", "satisfies unknown"]),
  edit("as const", [], pipeline("const x = [1];", "() => x"), [p, "[1]", "[1] as const"]),
  edit("an exclamation mark", [], pipeline("", "(x: any) => x.y"), [p, "x.y", "x!.y!"]),
  edit("type arguments", [], pipeline("const s = new Set();\nfunction f<T>(x: T) { return x }", "() => [s, f(1)]"), [
    [p, "new Set()", "new Set<number>()"],
    [p, "f(1)", "f<number>(1)"],
  ]),
  edit("type parameters", [], pipeline("function f(x: any) { return x }", "() => f(1)"), [
    p,
    "f(x: any)",
    "f<T extends object>(x: T)",
  ]),
  edit("overloads", [], pipeline("function f(x: any) { return x }", "() => f(1)"), [
    p,
    "function f",
    "function f(x: number): number;\nfunction f(x: string): string;\nfunction f",
  ]),
  edit("overloads of a method", [], pipeline("class C { m(x: any) { return x } }", "() => new C().m(1)"), [
    p,
    "m(x: any)",
    "m(x: number): number;\n m(x: any)",
  ]),
  edit("an interface", [], pipeline("interface I { x: number }", "(i: any) => (i as I).x"), [
    p,
    "x: number",
    "x: number; y: string",
  ]),
  edit("a type that is renamed", [], pipeline("type T = number;", "(x: T) => x"), [
    [p, "type T", "type U"],
    [p, "x: T", "x: U"],
  ]),
  edit("implements", [], pipeline("interface I {}\nclass C { x = 1 }", "() => new C()"), [
    p,
    "class C",
    "class C implements I",
  ]),
  edit("private and readonly", [], pipeline("class C { x = 1 }", "() => new C()"), [
    p,
    "x = 1",
    "private readonly x = 1",
  ]),
  edit("an index signature", [], pipeline("class C { x = 1 }", "() => new C()"), [p, "{ x", "{ [k: string]: any; x"]),
  edit("declare", [], pipeline("", "() => 1"), [
    p,
    header,
    `${header}declare const g: number;\ndeclare global { interface Window { x: 1 } }\n`,
  ]),
  edit(
    "an abstract member",
    [],
    pipeline("abstract class C { x = 1 }\nclass D extends C { m() {} }", "() => new D()"),
    [p, "{ x = 1 }", "{ x = 1; abstract m(): void }"],
  ),
  edit("a this parameter", [], pipeline("", "function () { return 1 }"), [p, "function ()", "function (this: any)"]),
  edit(
    "the order of imports",
    [],
    {
      [p]: pipeline('import { x } from "./m";\nimport { y } from "./n";', "() => [x, y]"),
      "m.ts": "export const x = 1;",
      "n.ts": "export const y = 1;",
    },
    [p, 'import { x } from "./m";\nimport { y } from "./n";', 'import { y } from "./n";\nimport { x } from "./m";'],
  ),
  edit(
    "the order of names in an import",
    [],
    { [p]: pipeline('import { x, y } from "./m";', "() => [x, y]"), "m.ts": "export const x = 1, y = 1;" },
    [p, "{ x, y }", "{ y, x }"],
  ),
  edit(
    "an import that is not used",
    [],
    { [p]: pipeline('import { x } from "./m";', "() => x"), "m.ts": "export const x = 1, y = 1;" },
    [p, "{ x }", "{ x, y }"],
  ),
  edit(
    "import type",
    [],
    {
      [p]: pipeline('import type { T } from "./m";', "(x: T) => x"),
      "m.ts": "export type T = 1;",
      "n.ts": "console.log(globalThis.x = 1);\nexport type T = 1;",
    },
    [p, "./m", "./n"],
  ),
  edit(
    "an import that is only used as a type",
    [],
    {
      [p]: pipeline('import { T } from "./m";', "(x: T) => x"),
      "m.ts": "export type T = 1;",
      "n.ts": "console.log(globalThis.x = 1);\nexport type T = 1;",
    },
    [p, "./m", "./n"],
  ),
  edit(
    "a type that moves to another module",
    [],
    {
      [p]: pipeline('import { f, type T } from "./m";', "(x: T) => f(x)"),
      "m.ts": "export type T = 1;\nexport const f = (x: any) => x;",
      "n.ts": "",
    },
    [
      [p, ", type T }", " }"],
      [p, header, `${header}import type { T } from "./n";\n`],
      ["m.ts", "export type T = 1;\n", ""],
      ["n.ts", "", "export type T = 1;"],
    ],
  ),
  edit(
    "another way to name the same file",
    [],
    { [p]: pipeline('import { x } from "./m";', "() => x"), "m.ts": "export const x = 1;" },
    [p, "./m", "./m.js"],
  ),
  edit("an unrelated function", [], pipeline("function other() { return 1 }", "() => 1"), [p, "return 1", "return 2"]),
  edit(
    "an unrelated function that reads the same table",
    [],
    pipeline("const t = new Map([[1, 1]]);\nexport function other() { return t.get(1) }", "() => t.get(2)"),
    [p, "t.get(1)", "t.get(3)"],
  ),
  edit(
    "an unrelated export of the same module",
    [],
    { [p]: pipeline('import { x } from "./m";', "() => x"), "m.ts": "export const x = 1;\nexport const y = 1;" },
    ["m.ts", "y = 1", "y = 2"],
  ),
  edit(
    "an unrelated module",
    [],
    {
      [p]: pipeline('import { x } from "./m";\nexport { y } from "./n";', "() => x"),
      "m.ts": "export const x = 1;",
      "n.ts": "export const y = 1;",
    },
    ["n.ts", "y = 1", "y = 2"],
  ),
  edit(
    "an unrelated stage",
    [],
    `${header}const t = [1];\nexport const a = stage({}, () => t);\nexport const other = sluice(() => 1);\nfunction sluice(f: any) { return f }`,
    [p, "=> 1", "=> 2"],
  ),
  edit("a sibling stage", ["b"], pipeline("const t = new Map();", "() => t.get(1)", "() => t.get(2)"), [
    p,
    "t.get(2)",
    "t.get(3)",
  ]),
  edit(
    "a sibling stage that uses the same helper",
    ["b"],
    pipeline("const help = (x: any) => x;", "() => help(1)", "() => help(2)"),
    [p, "help(2)", "help(3)"],
  ),
  edit(
    "a sibling stage made by a wrapper",
    ["b"],
    `${header}const t = new Map();\nconst my = (f: any) => /*a*//*b*/stage({}, f);\nexport const x = /*a 1*/my(() => t.get(1));\nexport const y = /*b 1*/my(() => t.get(2));`,
    [p, "t.get(2)", "t.get(3)"],
  ),
  edit(
    "a sibling stage pushed onto a list",
    ["b"],
    `${header}const t = new Map();\nconst out: any[] = [];\nout.push(/*a*/stage({}, () => t.get(1)));\nout.push(/*b*/stage({}, () => t.get(2)));`,
    [p, "t.get(2)", "t.get(3)"],
  ),
  edit(
    "a sibling stage through a namespace import",
    ["b"],
    `import * as sluice from "sluice";\nconst t = new Map();\nexport const a = sluice.stage({}, () => t.get(1));\nexport const b = sluice.stage({}, () => t.get(2));`,
    [p, "t.get(2)", "t.get(3)"],
  ),
  edit(
    "a sibling stage through a re-export of stage",
    ["b"],
    {
      [p]: 'import { stage } from "./my";\nconst t = new Map();\nexport const a = stage({}, () => t.get(1));\nexport const b = stage({}, () => t.get(2));',
      "my.ts": 'export { stage } from "sluice";',
    },
    [p, "t.get(2)", "t.get(3)"],
  ),
  edit("the inputs of a stage", [], `${header}const src = 1;\nexport const a = stage({ src }, () => 1);`, [
    p,
    "{ src }",
    "{ src, other: 2 }",
  ]),
  edit(
    "an option that is no code",
    [],
    `${header}export const a = stage({}, () => 1, { description: "x", check: () => true });`,
    [p, '"x"', '"y"'],
  ),
  edit("the name of a sibling's export", [], pipeline("const other = 1;\nexport { other as one };", "() => 1"), [
    p,
    "as one",
    "as two",
  ]),
  edit("an export that is added", [], pipeline("const x = 1;", "() => x"), [p, "const x", "export const x"]),
  edit("white space in JSON", [], { [p]: pipeline('import d from "./d.json";', "() => d"), "d.json": '{"x": 1}' }, [
    "d.json",
    '{"x": 1}',
    '{\n  "x": 1\n}\n',
  ]),
  edit("indentation in JSX", [], { "pipeline.tsx": pipeline("const React = {} as any;", "() => <p>\n  a\n</p>") }, [
    "pipeline.tsx",
    "\n  a\n",
    "\n      a\n    ",
  ]),
  edit("a comment in JSX", [], { "pipeline.tsx": pipeline("const React = {} as any;", "() => <p>{/* x */}</p>") }, [
    "pipeline.tsx",
    "{/* x */}",
    "",
  ]),
  edit(
    "an option of tsconfig that changes no code",
    [],
    { [p]: pipeline("class C { x = 1 }", "() => new C()"), "tsconfig.json": '{"compilerOptions":{"strict":true}}' },
    ["tsconfig.json", '"strict":true', '"strict":false,"noEmit":true'],
  ),
  edit(
    "an option of JSX where there is none",
    [],
    { [p]: pipeline("", "() => 1"), "tsconfig.json": '{"compilerOptions":{"jsx":"react"}}' },
    ["tsconfig.json", '"react"', '"react-jsx"'],
  ),
  edit(
    "the content of an installed package that a lockfile vouches for",
    [],
    {
      [p]: pipeline('import { x } from "pkg";', "() => x"),
      "package-lock.json":
        '{"packages":{"node_modules/pkg":{"version":"1.0.0","resolved":"https://r.test/pkg.tgz","integrity":"sha512-a"}}}',
      "node_modules/pkg/package.json": '{"name":"pkg","version":"1.0.0"}',
      "node_modules/pkg/index.js": "exports.x = 1",
    },
    ["node_modules/pkg/index.js", "x = 1", "x = 2"],
  ),
  edit(
    "a package that is not reached",
    [],
    {
      [p]: pipeline('import { x } from "pkg";\nexport const other = () => x;', "() => 1"),
      "node_modules/pkg/package.json": '{"name":"pkg","version":"1.0.0"}',
    },
    ["node_modules/pkg/package.json", "1.0.0", "2.0.0"],
  ),
  edit(
    "a constant derived from the same table",
    [],
    pipeline("const t = { x: 1 };\nconst keys = Object.keys(t).map((k) => k + 1);", "() => t.x"),
    [p, "k + 1", "k + 2"],
  ),
  edit(
    "a constant derived by a helper that changes nothing",
    [],
    pipeline(
      "const t = [3, 1];\nfunction sum(xs: number[]) { let s = 0; for (const x of xs) s += x; return s }\nconst total = sum(t);",
      "() => t",
    ),
    [p, "s = 0", "s = 1"],
  ),
  edit(
    "a constant derived by a helper that fills what it made",
    [],
    pipeline(
      "const t = [3, 1];\nfunction index(xs: number[]) { const m = new Map(); for (const x of xs) m.set(x, 1); return m }\nconst m = index(t);",
      "() => t",
    ),
    [p, "m.set(x, 1)", "m.set(x, 2)"],
  ),
  edit(
    "an instance of a class that changes only itself",
    [],
    pipeline("const t = [3, 1];\nclass C { x; constructor(y: any) { this.x = y } }\nconst c = new C(t);", "() => t"),
    [p, "this.x = y", "this.x = [y]"],
  ),
  edit(
    "a schema of a package beside another",
    ["b"],
    {
      [p]: pipeline(
        'import { z } from "zod";\nconst one = z.object({ x: z.string() });\nconst two = z.object({ x: z.number() });',
        "() => one.parse(1)",
        "() => two.parse(1)",
      ),
      "node_modules/zod/package.json": '{"name":"zod","version":"1.0.0"}',
    },
    [p, "z.number()", "z.number().min(1)"],
  ),
  edit("console.log at the top", [], pipeline('console.log("x");', "() => 1"), [p, '"x"', '"y"']),
  ...[
    "await project.run({}, { params: { x: Number(process.argv[2] ?? 1) } });",
    "await project.run({}, { params: { x: process.env.X ?? 1, y: process.platform } });",
    "await project.run({}, { params: { x: [1, process.cwd().length] } });",
    "async function main() { await project.run() }\nmain().catch(() => process.exit(1));",
    "try { await project.run() } catch { process.exitCode = 1 }",
    "process.on('SIGINT', () => project.close(1));\nawait project.run({}, { onEvent: () => process.stdout.write('.') });",
  ].map((text) =>
    edit(
      `a script that runs it: ${text}`,
      [],
      pipeline(`import { open } from "sluice";\nconst project: any = await open();\n${text}`, "() => 1"),
      [p, text, text.replaceAll("1", "2").replaceAll(".run(", ".run( /* again */ ").replace("'.'", "'-'")],
    ),
  ),
  edit(
    "a function moved down its module",
    [],
    pipeline("function f() { return 1 }\nfunction g() { return 2 }", "() => [f(), g()]"),
    [p, "function f() { return 1 }\nfunction g() { return 2 }", "function g() { return 2 }\nfunction f() { return 1 }"],
  ),
];
