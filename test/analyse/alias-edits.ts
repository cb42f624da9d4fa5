import { type Edit, edit, p, pipeline } from "./edits.ts";

/** Edits of what changes a function, a class, an object or a global by another name, or in a function that is called. */
export const aliased: readonly Edit[] = [
  edit(
    "a function that gets a property in a helper of a helper",
    ["a"],
    pipeline(
      "function f() {}\nfunction decorate(x: any) { x.y = 1 }\nfunction setup() { decorate(f) }\nsetup();",
      "() => (f as any).y",
    ),
    [p, "x.y = 1", "x.y = 2"],
  ),
  edit(
    "a mixin that a helper applies",
    ["a"],
    pipeline(
      "class C {}\nfunction mix(x: any) { x.prototype.m = () => 1 }\nfunction setup() { mix(C) }\nsetup();",
      "() => (new C() as any).m()",
    ),
    [p, "=> 1 }", "=> 2 }"],
  ),
  edit(
    "Object.assign to a class's prototype in a function",
    ["a"],
    pipeline(
      "class C {}\nfunction setup() { Object.assign(C.prototype, { m: 1 }) }\nsetup();",
      "() => (new C() as any).m",
    ),
    [p, "m: 1", "m: 2"],
  ),
  edit(
    "Object.defineProperty of a class's prototype in a function",
    ["a"],
    pipeline(
      "class C {}\nfunction setup() { Object.defineProperty(C.prototype, 'm', { value: 1 }) }\nsetup();",
      "() => (new C() as any).m",
    ),
    [p, "value: 1", "value: 2"],
  ),
  edit(
    "a prototype by another name",
    ["a"],
    pipeline("class C {}\nconst proto: any = C.prototype;\nproto.m = 1;", "() => (new C() as any).m"),
    [p, "m = 1", "m = 2"],
  ),
  edit(
    "a prototype taken out of its class",
    ["a"],
    pipeline("class C {}\nconst { prototype }: any = C;\nprototype.m = 1;", "() => (new C() as any).m"),
    [p, "m = 1", "m = 2"],
  ),
  edit(
    "a function by another name",
    ["a"],
    pipeline("function f() {}\nconst g: any = f;\ng.x = 1;", "() => (f as any).x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "an arrow function by another name",
    ["a"],
    pipeline("const f: any = () => 1;\nconst g: any = f;\ng.x = 1;", "() => (f as any).x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "an enum by another name",
    ["a"],
    pipeline("enum E { A = 1 }\nconst g: any = E;\ng.x = 1;", "() => (E as any).x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "a class in a list",
    ["a"],
    pipeline("class C {}\nconst all: any[] = [C];\nall[0].x = 1;", "() => (C as any).x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "the classes of a list, in a loop",
    ["a"],
    pipeline("class C {}\nconst all: any[] = [C];\nfor (const c of all) c.x = 1;", "() => (C as any).x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "the classes of a list, by forEach",
    ["a"],
    pipeline("class C {}\nconst all: any[] = [C];\nall.forEach((c) => { c.x = 1; });", "() => (C as any).x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "the classes of an object",
    ["a"],
    pipeline(
      "class C {}\nconst all: any = { C };\nfor (const c of Object.values(all) as any[]) c.prototype.x = 1;",
      "() => (C as any).x",
    ),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "a function in a map",
    ["a"],
    pipeline("function f() {}\nconst all = new Map<any, any>([['f', f]]);\nall.get('f').x = 1;", "() => (f as any).x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "globalThis by another name",
    ["a", "b"],
    pipeline("const g: any = globalThis;\ng.rate = 1;", "() => (globalThis as any).rate"),
    [p, "rate = 1", "rate = 2"],
  ),
  edit(
    "a prototype of the language by another name",
    ["a", "b"],
    pipeline("const q: any = Array.prototype;\nq.sum = 1;", "() => ([] as any).sum"),
    [p, "sum = 1", "sum = 2"],
  ),
  edit(
    "a prototype of the language taken out of its class",
    ["a", "b"],
    pipeline("const { prototype: q }: any = Array;\nq.sum = 1;", "() => ([] as any).sum"),
    [p, "sum = 1", "sum = 2"],
  ),
  edit(
    "a class of the language by another name",
    ["a", "b"],
    pipeline("const q: any = Array;\nq.prototype.sum = 1;", "() => ([] as any).sum"),
    [p, "sum = 1", "sum = 2"],
  ),
  edit(
    "process.env by another name",
    ["a", "b"],
    pipeline("const env: any = process.env;\nenv.RATE = '1';", "() => process.env.RATE"),
    [p, "'1'", "'2'"],
  ),
  ...[
    "queueMicrotask(() => { (globalThis as any).RATE = 1 });",
    "process.nextTick(() => { (globalThis as any).RATE = 1 });",
    "setTimeout(() => { (globalThis as any).RATE = 1 }, 0);",
    "await Promise.resolve().then(() => { (globalThis as any).RATE = 1 });",
    "['RATE'].forEach((name) => { (globalThis as any)[name] = 1 });",
    "const done = ['RATE'].map((name) => { (globalThis as any)[name] = 1 });",
    "const set = () => { (globalThis as any).RATE = 1 };\n[0].forEach(set);",
    "const all: any = globalThis;\n['RATE'].forEach((name) => { all[name] = 1 });",
    "Object.entries({ RATE: 1 }).forEach(([name, value]) => { (globalThis as any)[name] ??= value });",
  ].map((text) =>
    edit(
      `a global that a function sets which is called as the module loads: ${text}`,
      ["a", "b"],
      pipeline(text, "() => (globalThis as any).RATE"),
      [p, text, text.replace("1", "2")],
    ),
  ),
  edit(
    "a built-in module that is got by its name",
    ["a", "b"],
    pipeline("const fs: any = process.getBuiltinModule('fs');\nfs.rate = 1;", "() => (globalThis as any).RATE"),
    [p, "rate = 1", "rate = 2"],
  ),
  ...["process", "process.env", "{ env: process.env }"].map((given) =>
    edit(
      `${given} handed to what may change it`,
      ["a", "b"],
      {
        [p]: pipeline(`import lib from "lib";\nlib.load(${given}, 1);`, "() => process.env.RATE"),
        "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      },
      [p, ", 1)", ", 2)"],
    ),
  ),
  edit(
    "process.env taken out of process",
    ["a", "b"],
    pipeline("const { env }: any = process;\nenv.RATE = '1';", "() => process.env.RATE"),
    [p, "'1'", "'2'"],
  ),
  edit(
    "Object.assign to process.env in an initialiser",
    ["a", "b"],
    pipeline("const e = Object.assign(process.env, { RATE: '1' });", "() => process.env.RATE"),
    [p, "'1'", "'2'"],
  ),
  edit(
    "Object.assign to process.env in a function",
    ["a", "b"],
    pipeline("function load() { Object.assign(process.env, { RATE: '1' }) }\nload();", "() => process.env.RATE"),
    [p, "'1'", "'2'"],
  ),
  edit(
    "Object.assign to env of node:process",
    ["a", "b"],
    pipeline("import { env } from 'node:process';\nObject.assign(env, { RATE: '1' });", "() => process.env.RATE"),
    [p, "'1'", "'2'"],
  ),
  edit("__proto__ of a literal", ["a", "b"], pipeline("([] as any).__proto__.sum = 1;", "() => ([] as any).sum"), [
    p,
    "sum = 1",
    "sum = 2",
  ]),
  edit(
    "the prototype that a literal has",
    ["a", "b"],
    pipeline("(Object.getPrototypeOf([]) as any).sum = 1;", "() => ([] as any).sum"),
    [p, "sum = 1", "sum = 2"],
  ),
  edit(
    "the prototype that a literal has, by a name",
    ["a", "b"],
    pipeline("const q: any = Object.getPrototypeOf([]);\nq.sum = 1;", "() => ([] as any).sum"),
    [p, "sum = 1", "sum = 2"],
  ),
  edit(
    "the prototype of a literal's constructor",
    ["a", "b"],
    pipeline("([] as any).constructor.prototype.sum = 1;", "() => ([] as any).sum"),
    [p, "sum = 1", "sum = 2"],
  ),
  edit(
    "a list that a function has, filled in a function",
    ["a"],
    pipeline("function f() {}\nf.list = [] as any[];\nfunction setup() { f.list.push(1) }\nsetup();", "() => f.list"),
    [p, "push(1)", "push(2)"],
  ),
  edit(
    "Object.assign to a prototype of the language in a function",
    ["a", "b"],
    pipeline("function setup() { Object.assign(Array.prototype, { s: 1 }) }\nsetup();", "() => ([] as any).s"),
    [p, "s: 1", "s: 2"],
  ),
  edit(
    "globalThis by a local name",
    ["a", "b"],
    pipeline("function setup() { const g: any = globalThis; g.rate = 1 }\nsetup();", "() => (globalThis as any).rate"),
    [p, "rate = 1", "rate = 2"],
  ),
  edit(
    "globalThis handed to a helper by a function",
    ["a", "b"],
    pipeline(
      "function set(o: any, k: any, v: any) { o[k] = v }\nfunction setup() { set(globalThis, 'rate', 1) }\nsetup();",
      "() => (globalThis as any).rate",
    ),
    [p, "'rate', 1", "'rate', 2"],
  ),
  edit(
    "get, assigned later",
    ["a"],
    pipeline(
      "const reg: any = { items: [] };\nreg.get = function (k: any) { this.items.push(k) };\nreg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get, assigned to a prototype",
    ["a"],
    pipeline(
      "class R { items: any[] = [] }\n(R.prototype as any).get = function (k: any) { this.items.push(k) };\nconst reg: any = new R();\nreg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "a view of a buffer",
    ["a"],
    pipeline("const buf = new ArrayBuffer(8);\nconst s = new Uint8Array(buf);\ns[0] = 1;", "() => buf"),
    [p, "= 1;", "= 2;"],
  ),
  edit(
    "new Object of an object",
    ["a"],
    pipeline("const t: any = {};\nconst q: any = new Object(t);\nq.y = 1;", "() => t"),
    [p, "y = 1", "y = 2"],
  ),
  edit(
    "a name that is assigned later",
    ["a"],
    pipeline("const t: any = {};\nlet q: any;\nq = t;\nq.y = 1;", "() => t"),
    [p, "y = 1", "y = 2"],
  ),
  edit(
    "a property that is assigned later",
    ["a"],
    pipeline("const t: any = {};\nconst q: any = {};\nq.t = t;\nq.t.y = 1;", "() => t"),
    [p, "y = 1", "y = 2"],
  ),
  edit(
    "a property that is assigned later and taken out",
    ["a"],
    pipeline("const t: any = {};\nconst q: any = {};\nq.t = t;\nconst { t: u } = q;\nu.y = 1;", "() => t"),
    [p, "y = 1", "y = 2"],
  ),
  edit(
    "a property of an instance that is assigned later",
    ["a"],
    pipeline(
      "const t: any = {};\nclass H { ref: any; touch() { this.ref.y = 1 } }\nconst h = new H();\nh.ref = t;\nh.touch();",
      "() => t",
    ),
    [p, "y = 1", "y = 2"],
  ),
  edit(
    "get that is inherited and calls another method",
    ["a"],
    {
      [p]: pipeline("import { reg } from './r';\nconst z = reg.get(1);", "() => reg.items"),
      "r.ts": "import { B } from './b';\nexport class R extends B { }\nexport const reg: any = new R();",
      "b.ts": "export class B { items: any[] = []; get(k: any) { this.add(k) } add(k: any) { this.items.push(k) } }",
    },
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "a view of a buffer in a function",
    ["a"],
    pipeline(
      "const buf = new ArrayBuffer(8);\nfunction setup() { const v = new Uint8Array(buf); v[0] = 1 }\nsetup();",
      "() => buf",
    ),
    [p, "= 1 }", "= 2 }"],
  ),
  edit(
    "a DataView of a buffer in a function",
    ["a"],
    pipeline(
      "const buf = new ArrayBuffer(8);\nfunction setup() { const v = new DataView(buf); v.setUint8(0, 1) }\nsetup();",
      "() => buf",
    ),
    [p, "0, 1", "0, 2"],
  ),
  edit(
    "the class of an instance",
    ["a", "b"],
    pipeline("class C { }\nconst c: any = new C();\nc.constructor.x = 1;", "() => (C as any).x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "the prototype of an instance's class",
    ["a", "b"],
    pipeline("class C { }\nconst c: any = new C();\nc.constructor.prototype.x = 1;", "() => (new C() as any).x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "the prototype that an instance has",
    ["a", "b"],
    pipeline("class C { }\nconst c: any = new C();\nObject.getPrototypeOf(c).x = 1;", "() => (new C() as any).x"),
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "Object.assign to the prototype that an instance has",
    ["a", "b"],
    pipeline(
      "class C { }\nconst c: any = new C();\nObject.assign(Object.getPrototypeOf(c), { x: 1 });",
      "() => (new C() as any).x",
    ),
    [p, "x: 1", "x: 2"],
  ),
  edit(
    "this.constructor",
    ["a", "b"],
    pipeline(
      "class C { constructor() { (this.constructor as any).x = 1 } }\nconst c: any = new C();",
      "() => (C as any).x",
    ),
    [p, "const c: any = new C();", ""],
  ),
  edit(
    "new.target",
    ["a", "b"],
    pipeline("class C { constructor() { (new.target as any).x = 1 } }\nconst c: any = new C();", "() => (C as any).x"),
    [p, "const c: any = new C();", ""],
  ),
  edit(
    "a built-in module by another name",
    ["a", "b"],
    pipeline("import fs from 'node:fs';\nconst f: any = fs;\nf.existsSync = () => true;", "() => fs.existsSync('q')"),
    [p, "=> true", "=> false"],
  ),
  edit(
    "a built-in module handed to a helper",
    ["a", "b"],
    pipeline(
      "import fs from 'node:fs';\nfunction put(o: any) { o.existsSync = () => true }\nput(fs);",
      "() => fs.existsSync('q')",
    ),
    [p, "=> true", "=> false"],
  ),
  edit(
    "a package by another name",
    ["a"],
    {
      [p]: pipeline("import lib from 'lib';\nconst l: any = lib;\nl.opts.x = 1;", "() => lib.opts"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "what was taken out of a package",
    ["a"],
    {
      [p]: pipeline("import lib from 'lib';\nconst { opts }: any = lib;\nopts.x = 1;", "() => lib.opts"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "the prototype of a package's class",
    ["a"],
    {
      [p]: pipeline("import { C } from 'lib';\nconst q: any = C.prototype;\nq.x = 1;", "() => new C().x"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "x = 1", "x = 2"],
  ),
  edit(
    "JSON by another name",
    ["a"],
    { [p]: pipeline("import d from './d.json';\nconst q: any = d;\nq.x = 1;", "() => d"), "d.json": "{}" },
    [p, "x = 1", "x = 2"],
  ),
];
