import { type Edit, edit, p, pipeline } from "./edits.ts";

/** Edits that once left the version as it was: found by random programs, or by looking for what these could not make. */
export const found: readonly Edit[] = [
  edit(
    "imported.forEach callback sets",
    ["a"],
    {
      [p]: pipeline('import { keys } from "./m";\nconst t = new Map();\nkeys.forEach((k) => t.set(k, 1));', "() => t"),
      "m.ts": "export const keys = [1];",
    },
    [p, "set(k, 1)", "set(k, 2)"],
  ),
  edit(
    "imported.map callback",
    ["a"],
    {
      [p]: pipeline(
        'import { keys } from "./m";\nconst t = new Map();\nconst z = keys.map((k) => t.set(k, 1));',
        "() => t",
      ),
      "m.ts": "export const keys = [1];",
    },
    [p, "set(k, 1)", "set(k, 2)"],
  ),
  edit(
    "imported given function",
    ["a"],
    {
      [p]: pipeline(
        'import { keys } from "./m";\nconst t = new Map();\nfunction put(k: any) { t.set(k, 1) }\nkeys.forEach(put);',
        "() => t",
      ),
      "m.ts": "export const keys = [1];\nexport const more = [1, 2];",
    },
    [p, "keys.forEach(put)", "[...keys, 5].forEach(put)"],
  ),
  edit(
    "mutating get",
    ["a"],
    {
      [p]: pipeline(
        'const reg = { items: {} as any, get(k: any, v: any) { this.items[k] = v; return v; } };\nreg.get("x", 1);',
        "() => reg.items",
      ),
    },
    [p, '"x", 1', '"x", 2'],
  ),
  edit(
    "mutating get of a class",
    ["a"],
    {
      [p]: pipeline(
        'class R { items: any = {}; get(k: any, v: any) { this.items[k] = v; return v; } }\nconst reg = new R();\nconst z = reg.get("x", 1);',
        "() => reg.items",
      ),
    },
    [p, '"x", 1', '"x", 2'],
  ),
  edit(
    "mutating get of an import",
    ["a"],
    {
      [p]: pipeline('import { reg } from "./m";\nconst z = reg.get("x", 1);', "() => reg.items"),
      "m.ts":
        "class R { items: any = {}; get(k: any, v: any) { this.items[k] = v; return v; } }\nexport const reg = new R();",
    },
    [p, '"x", 1', '"x", 2'],
  ),
  edit(
    "package set up in a helper",
    ["a", "b"],
    {
      [p]: pipeline('import lib from "lib";\nfunction setup() { lib.locale("de") }\nsetup();', "() => lib(1)"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, '"de"', '"fr"'],
  ),
  edit(
    "package object handed to a helper",
    ["a"],
    {
      [p]: pipeline('import lib from "lib";\nfunction fill(x: any) { x.y = 1 }\nfill(lib.defaults);', "() => lib(1)"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "x.y = 1", "x.y = 2"],
  ),
  edit(
    "property of a built-in module",
    ["a", "b"],
    {
      [p]: pipeline(
        'import { EventEmitter } from "node:events";\nEventEmitter.defaultMaxListeners = 5;',
        "() => EventEmitter.defaultMaxListeners",
      ),
    },
    [p, "= 5", "= 6"],
  ),
  edit(
    "built-in method in helper",
    ["a", "b"],
    {
      [p]: pipeline(
        'import * as dns from "node:dns";\nfunction setup() { dns.setDefaultResultOrder("ipv4first") }\nsetup();',
        "() => dns.getDefaultResultOrder()",
      ),
    },
    [p, "ipv4first", "verbatim"],
  ),
  edit(
    "statement order across modules",
    ["a", "b"],
    {
      [p]: pipeline('import "./m1";\nimport "./m2";\nimport { t } from "./t";', "() => t"),
      "t.ts": "export const t: any[] = [];",
      "m1.ts": 'import { t } from "./t";\nt.push(1);',
      "m2.ts": 'import { t } from "./t";\nt.push(2);',
    },
    [p, 'import "./m1";\nimport "./m2";', 'import "./m2";\nimport "./m1";'],
  ),
  edit("array length", ["a"], { [p]: pipeline("const t = [1, 2];\nt.length = 1;", "() => t") }, [
    p,
    "length = 1",
    "length = 0",
  ]),
  edit(
    "named looking method on own let",
    ["a"],
    { [p]: pipeline("let out: any[] = [];\n[1].map((x) => out.push(x));", "() => out") },
    [p, "out.push(x)", "out.push(2)"],
  ),
  edit(
    "callback by member",
    ["a"],
    {
      [p]: pipeline("const t: any = {};\nconst fns = { put(k: any) { t[k] = 1 } };\n[5].forEach(fns.put);", "() => t"),
    },
    [p, "[5]", "[6]"],
  ),
  edit("callback bound", ["a"], { [p]: pipeline("const t: any[] = [];\n[5].forEach(t.push.bind(t));", "() => t") }, [
    p,
    "[5]",
    "[6]",
  ]),
  edit(
    "promise then",
    ["a"],
    { [p]: pipeline("const t: any = {};\nPromise.resolve(1).then((x) => { t.x = x });", "() => t") },
    [p, "resolve(1)", "resolve(2)"],
  ),
  edit(
    "promise then named",
    ["a"],
    { [p]: pipeline("const t: any = {};\nfunction set(x: any) { t.x = x }\nPromise.resolve(1).then(set);", "() => t") },
    [p, "resolve(1)", "resolve(2)"],
  ),
  edit(
    "setTimeout",
    ["a"],
    { [p]: pipeline("const t: any = {};\nfunction set(x: any) { t.x = x }\nsetTimeout(set, 0, 1);", "() => t") },
    [p, "0, 1", "0, 2"],
  ),
  edit(
    "new with named ctor args",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nclass Put { constructor(o: any, v: any) { o.x = v } }\nnew Put(t, 1);",
        "() => t",
      ),
    },
    [p, "t, 1", "t, 2"],
  ),
  edit(
    "super ctor mutates",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nclass Put { constructor(v: any) { t.x = v } }\nclass Sub extends Put { constructor() { super(1) } }\nconst s = new Sub();",
        "() => t",
      ),
    },
    [p, "super(1)", "super(2)"],
  ),
  edit(
    "getter that mutates",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst o = { get tick() { t.x = 1; return 1 } };\nconst z = o.tick;",
        "() => t",
      ),
    },
    [p, "const z = o.tick;", ""],
  ),
  edit(
    "spread iterates",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst o = { *[Symbol.iterator]() { t.x = 1; yield 1 } };\nconst z = [...o];",
        "() => t",
      ),
    },
    [p, "const z = [...o];", ""],
  ),
  edit(
    "template calls toString",
    ["a"],
    {
      [p]: pipeline(
        `const t: any = {};\nconst o = { toString() { t.x = 1; return '' } };\nconst z = \`\${o}\`;`,
        "() => t",
      ),
    },
    [p, `const z = \`\${o}\`;`, ""],
  ),
  edit(
    "getter statement",
    ["a"],
    { [p]: pipeline("const t: any = {};\nconst o = { get tick() { t.x = 1; return 1 } };\no.tick;", "() => t") },
    [p, "o.tick;", ""],
  ),
  edit(
    "setter with effect",
    ["a"],
    { [p]: pipeline("const t: any = {};\nconst o = { set val(v: any) { t.x = v } };\no.val = 1;", "() => t") },
    [p, "o.val = 1", "o.val = 2"],
  ),
  edit(
    "for of iterates",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst o = { *[Symbol.iterator]() { t.x = 1; yield 1 } };\nfor (const _ of o) ;",
        "() => t",
      ),
    },
    [p, "for (const _ of o) ;", ""],
  ),
  edit(
    "class getter mutates",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nclass C { get tick() { t.x = 1; return 1 } }\nconst c = new C();\nconst { tick } = c;",
        "() => t",
      ),
    },
    [p, "const { tick } = c;", ""],
  ),
  edit(
    "tagged template of a namespace",
    ["a"],
    {
      [p]: pipeline('import * as m from "./m";\nm.put`x`;', "() => m.t"),
      "m.ts": "export const t: any[] = [];\nexport const put = (s: any) => { t.push(s[0]) };",
    },
    [p, "`x`", "`y`"],
  ),
  edit(
    "instanceof",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nclass C { static [Symbol.hasInstance]() { t.x = 1; return true } }\nconst z = {} instanceof C;",
        "() => t",
      ),
    },
    [p, "const z = {} instanceof C;", ""],
  ),
  edit(
    "delete through proxy",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst p = new Proxy({} as any, { deleteProperty() { t.x = 1; return true } });\ndelete p.x;",
        "() => t",
      ),
    },
    [p, "delete p.x;", ""],
  ),
  edit(
    "proxy get",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst p = new Proxy({} as any, { get(_, k) { t.x = k; return true } });\nconst z = p.one;",
        "() => t",
      ),
    },
    [p, "p.one", "p.two"],
  ),
  edit(
    "await thenable",
    ["a"],
    { [p]: pipeline("const t: any = {};\nconst p = { then(f: any) { t.x = 1; f() } };\nawait p;", "() => t") },
    [p, "await p;", ""],
  ),
  edit(
    "local method call returns module obj",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = { inner: {} };\nfunction f() { return t }\nconst { inner } = f();\ninner.x = 1;",
        "() => t",
      ),
    },
    [p, "inner.x = 1", "inner.x = 2"],
  ),
  edit(
    "sort with mutating comparator",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nfunction cmp(a: any, b: any) { t.n = 1; return a - b }\nconst z = [2, 1].sort(cmp);",
        "() => t",
      ),
    },
    [p, "[2, 1].sort(cmp)", "[2, 1]"],
  ),
  edit(
    "JSON.stringify with replacer",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nfunction rep(k: any, v: any) { t.n = 1; return v }\nconst z = JSON.stringify({ x: 1 }, rep);",
        "() => t",
      ),
    },
    [p, ", rep)", ")"],
  ),
  edit(
    "JSON.stringify toJSON",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst o = { toJSON() { t.n = 1; return 1 } };\nconst z = JSON.stringify(o);",
        "() => t",
      ),
    },
    [p, "const z = JSON.stringify(o);", ""],
  ),
  edit(
    "reduce into an imported object",
    ["a"],
    {
      [p]: pipeline(
        'import { t } from "./m";\nconst z = [1].reduce((acc: any, x) => { acc[x] = 1; return acc }, t);',
        "() => t",
      ),
      "m.ts": "export const t: any = {};",
    },
    [p, "acc[x] = 1", "acc[x] = 2"],
  ),
  edit(
    "Object.entries forEach",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst src = { x: 1 };\nObject.entries(src).forEach(([k, v]) => { t[k] = v });",
        "() => t",
      ),
    },
    [p, "x: 1", "x: 2"],
  ),
  edit(
    "static this alias",
    ["a"],
    {
      [p]: pipeline(
        "class C { static all: any[] = []; static { const self = this; self.all.push(1) } }",
        "() => C.all",
      ),
    },
    [p, "push(1)", "push(2)"],
  ),
  edit("enum reverse and const enum", ["a"], { [p]: pipeline("const enum E { A = 1, B }", "() => E.B") }, [
    p,
    "A = 1",
    "A = 2",
  ]),
  edit(
    "cycle with let",
    ["a"],
    {
      [p]: pipeline('import { x } from "./m1";', "() => x"),
      "m1.ts":
        'import { y } from "./m2";\nexport let x = 1;\nexport function setX(v: any) { x = v }\nexport const z = y;',
      "m2.ts": 'import { setX } from "./m1";\nexport const y = 1;\nsetTimeout(() => setX(5));',
    },
    ["m2.ts", "setX(5)", "setX(6)"],
  ),
  edit(
    "export let through alias export",
    ["a"],
    {
      [p]: pipeline('import { count } from "./m";', "() => count"),
      "m.ts": "let n = 1;\nexport { n as count };\nn = 2;",
    },
    ["m.ts", "n = 2", "n = 3"],
  ),
  edit(
    "default export of an expression over a let",
    ["a"],
    { [p]: pipeline('import d from "./m";', "() => d"), "m.ts": "let n = 1;\nn = 2;\nexport default n;" },
    ["m.ts", "n = 2;\nexport default n;", "export default n;\nn = 2;"],
  ),
  edit(
    "another name of one destructuring",
    ["a"],
    { [p]: pipeline('import { x as v } from "./m";', "() => v"), "m.ts": "export const { x, y } = { x: 1, y: 2 };" },
    [p, "x as v", "y as v"],
  ),
  edit(
    "another name of a CommonJS module",
    ["a"],
    { [p]: pipeline('import { x as v } from "./m.cjs";', "() => v"), "m.cjs": "exports.x = 1;\nexports.y = 2;" },
    [p, "x as v", "y as v"],
  ),
  edit(
    "exports of a namespace that change places",
    ["a"],
    { [p]: pipeline('import * as m from "./m";', "() => ({ ...m })"), "m.ts": "const x = 1, y = 2;\nexport { x, y };" },
    ["m.ts", "{ x, y }", "{ x as y, y as x }"],
  ),
  edit(
    "default of CommonJS",
    ["a"],
    { [p]: pipeline('import v from "./m.cjs";', "() => v"), "m.cjs": "exports.x = 1;\nexports.y = 2;" },
    [p, "import v from", "import { x as v } from"],
  ),
  edit(
    "an export of a namespace that is renamed",
    ["a"],
    { [p]: pipeline('import * as m from "./m";', "() => Object.keys(m)"), "m.ts": "const x = 1;\nexport { x as y };" },
    ["m.ts", "x as y", "x as z"],
  ),
  edit(
    "namespace of re-exports",
    ["a"],
    {
      [p]: pipeline('import * as m from "./m";', "() => ({ ...m })"),
      "m.ts": 'export { x } from "./n";',
      "n.ts": "export const x = 1, y = 2;",
    },
    ["m.ts", "{ x }", "{ y as x }"],
  ),
  edit(
    "exported default swapped",
    ["a"],
    { [p]: pipeline('import v from "./m";', "() => v"), "m.ts": "const x = 1, y = 2;\nexport { x as default };" },
    ["m.ts", "x as default", "y as default"],
  ),
  edit(
    "a function kept by a wrapper, called on the spot",
    ["a"],
    { [p]: pipeline("const t: any[] = [];\nconst keep = (f: any) => f;\nkeep(() => t.push(1))();", "() => t") },
    [p, "push(1)", "push(2)"],
  ),
  edit(
    "a function kept by a wrapper, called later",
    ["a"],
    {
      [p]: pipeline(
        "const t: any[] = [];\nconst keep = (f: any) => f;\nconst g = keep((x: any) => t.push(x));\ng(1);",
        "() => t",
      ),
    },
    [p, "g(1)", "g(2)"],
  ),
  edit(
    "a function in an object kept by a wrapper",
    ["a"],
    {
      [p]: pipeline(
        "const t: any[] = [];\nconst keep = (f: any) => ({ f });\nconst g = keep((x: any) => t.push(x));\ng.f(1);",
        "() => t",
      ),
    },
    [p, "g.f(1)", "g.f(2)"],
  ),
  edit(
    "the condition of an import() at the top",
    ["a"],
    {
      [p]: pipeline('import { t } from "./t";\nif (1 > 0) await import("./m");', "() => t"),
      "t.ts": "export const t: any[] = [];",
      "m.ts": 'import { t } from "./t";\nt.push(1);',
    },
    [p, "1 > 0", "1 > 2"],
  ),
  edit(
    "where an import() at the top stands",
    ["a"],
    {
      [p]: pipeline('import { t } from "./t";\nawait import("./m");\nt.push(2);', "() => t"),
      "t.ts": "export const t: any[] = [];",
      "m.ts": 'import { t } from "./t";\nt.push(1);',
    },
    [p, 'await import("./m");\nt.push(2);', 't.push(2);\nawait import("./m");'],
  ),
  edit(
    "an event that is emitted",
    ["a"],
    {
      [p]: pipeline(
        'import { EventEmitter } from "node:events";\nconst t: any = {};\nconst e = new EventEmitter();\ne.on("x", (v) => { t.x = v; });\ne.emit("x", 1);',
        "() => t",
      ),
    },
    [p, '"x", 1', '"x", 2'],
  ),
  edit(
    "callbacks kept in a list",
    ["a"],
    {
      [p]: pipeline(
        "const t: any[] = [];\nconst hooks: any[] = [];\nhooks.push((x: any) => t.push(x));\nfor (const hook of hooks) hook(1);",
        "() => t",
      ),
    },
    [p, "hook(1)", "hook(2)"],
  ),
  edit(
    "a reader through a wrapped function, before and after",
    ["a"],
    {
      [p]: pipeline(
        "const t: any[] = [];\nconst keep = (f: any) => f;\nconst g = keep(() => t.length);\nt.push(1);\nconst n = g();",
        "() => n",
      ),
    },
    [p, "t.push(1);\nconst n = g();", "const n = g();\nt.push(1);"],
  ),
  edit(
    "a computed method",
    ["a"],
    { [p]: pipeline('const t: any[] = [];\nconst m = "push";\n(t as any)[m](1);', "() => t") },
    [p, "[m](1)", "[m](2)"],
  ),
  edit(
    "a method taken off",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = { list: [] as any[], add(x: any) { this.list.push(x) } };\nconst { add } = t;\nadd.call(t, 1);",
        "() => t.list",
      ),
    },
    [p, "call(t, 1)", "call(t, 2)"],
  ),
  edit(
    "a chain that gives itself",
    ["a"],
    {
      [p]: pipeline(
        "class B { list: any[] = []; add(x: any) { this.list.push(x); return this } }\nconst b = new B().add(1).add(2);",
        "() => b.list",
      ),
    },
    [p, "add(2)", "add(3)"],
  ),
  edit(
    "a logical assignment of a call",
    ["a"],
    { [p]: pipeline("let x: any;\nfunction make() { return 1 }\nx ??= make();", "() => x") },
    [p, "return 1", "return 2"],
  ),
  edit(
    "a class that registers its instances",
    ["a"],
    {
      [p]: pipeline(
        "const all: any[] = [];\nclass R { constructor(n: any) { all.push(n) } }\nconst one = new R(1);",
        "() => all",
      ),
    },
    [p, "new R(1)", "new R(2)"],
  ),
  edit(
    "a class that registers in a field",
    ["a"],
    { [p]: pipeline("const all: any[] = [];\nclass R { n = all.push(1) }\nconst one = new R();", "() => all") },
    [p, "const one = new R();", ""],
  ),
  edit(
    "a subclass without a constructor",
    ["a"],
    {
      [p]: pipeline(
        "const all: any[] = [];\nclass R { constructor() { all.push(1) } }\nclass S extends R {}\nconst one = new S();",
        "() => all",
      ),
    },
    [p, "const one = new S();", ""],
  ),
  edit(
    "a default parameter that acts",
    ["a"],
    { [p]: pipeline("const all: any[] = [];\nconst f = (x = all.push(1)) => x;\nconst one = f();", "() => all") },
    [p, "f();", "f(2);"],
  ),
  edit(
    "a generator that acts",
    ["a"],
    {
      [p]: pipeline(
        "const all: any[] = [];\nfunction* f() { all.push(1); yield 1 }\nconst one = [...f()];",
        "() => all",
      ),
    },
    [p, "const one = [...f()];", ""],
  ),
  edit(
    "a generator that acts, in an import",
    ["a"],
    {
      [p]: pipeline('import { all, f } from "./m";\nfor (const _ of f()) ;', "() => all"),
      "m.ts": "export const all: any[] = [];\nexport function* f() { all.push(1); yield 1 }",
    },
    [p, "for (const _ of f()) ;", ""],
  ),
  edit(
    "Reflect.construct",
    ["a"],
    {
      [p]: pipeline(
        "const all: any[] = [];\nclass R { constructor(n: any) { all.push(n) } }\nconst one = Reflect.construct(R, [1]);",
        "() => all",
      ),
    },
    [p, "[1]", "[2]"],
  ),
  edit(
    "Function.prototype.call",
    ["a"],
    { [p]: pipeline("const t: any = {};\nfunction set(this: any, v: any) { this.x = v }\nset.call(t, 1);", "() => t") },
    [p, "t, 1", "t, 2"],
  ),
  edit(
    "a using declaration",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nfunction open() { return { [Symbol.dispose]() { t.x = 1 } } }\n{ using o = open(); }",
        "() => t",
      ),
    },
    [p, "{ using o = open(); }", ""],
  ),
  edit(
    "a part of an object, changed",
    ["a"],
    pipeline("const t: any = {};\nconst { ref }: any = { ref: t };\nref.x = 1;", "() => t"),
    [p, "ref.x = 1", "ref.y = 1"],
  ),
  edit(
    "a function out of an object, handed on",
    ["a"],
    pipeline("const t: any[] = [];\nconst { put }: any = { put(x: any) { t.push(x) } };\n[1].forEach(put);", "() => t"),
    [p, "[1].", "[2]."],
  ),
  edit(
    "a function out of a list, handed on",
    ["a"],
    pipeline("const t: any[] = [];\nconst [put]: any = [(x: any) => t.push(x)];\n[1].forEach(put);", "() => t"),
    [p, "[1].", "[2]."],
  ),
  edit(
    "a reader that is moved before what changes what it reads",
    ["a"],
    pipeline("const t: any[] = [6, 4];\nt.push(1);\nconst copy = [...t];", "() => copy"),
    [p, "t.push(1);\nconst copy = [...t];", "const copy = [...t];\nt.push(1);"],
  ),
  edit(
    "a namespace that is moved behind its reader",
    ["a"],
    pipeline("namespace N { export const x = 1 }\nconst list = [5].map((y) => [y, N]);", "() => list"),
    [
      p,
      "namespace N { export const x = 1 }\nconst list = [5].map((y) => [y, N]);",
      "const list = [5].map((y) => [y, N]);\nnamespace N { export const x = 1 }",
    ],
  ),
  edit(
    "JSON that a module changes",
    ["a", "b"],
    {
      [p]: pipeline('import "./m";\nimport d from "./d.json" with { type: "json" };', "() => d"),
      "m.ts": 'import d from "./d.json" with { type: "json" };\n(d as any).x = 2;',
      "d.json": '{"x": 1}',
    },
    ["m.ts", "x = 2", "x = 3"],
  ),
  edit(
    "JSON that is changed through another import of it",
    ["a"],
    {
      [p]: pipeline(
        'import d from "./d.json" with { type: "json" };\nimport e from "./e.json" with { type: "json" };\n[1].forEach(() => { (e as any).x = 2; });',
        "() => d",
      ),
      "d.json": '{"x": 1}',
      "e.json": '{"x": 1}',
    },
    [p, "./e.json", "./d.json"],
  ),
  edit(
    "a reader in a module that is loaded later, before and after a sort",
    ["a"],
    {
      [p]: pipeline("", 'async () => (await import("./m")).last'),
      "t.ts": "export const t: any[] = [4, 9, 1];",
      "m.ts": 'import { t } from "./t";\nt.sort();\nexport let last: any = t.at(-1);',
    },
    ["m.ts", "t.sort();\nexport let last: any = t.at(-1);", "export let last: any = t.at(-1);\nt.sort();"],
  ),
];
