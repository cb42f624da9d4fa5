import { type Edit, edit, p, pipeline } from "./edits.ts";

/** Edits of calls that look as if they changed nothing, and of the order in which modules do what they do. */
export const acting: readonly Edit[] = [
  edit(
    "a looking method of a package's instance, called for what it does",
    ["a"],
    {
      [p]: pipeline("import { Router } from 'lib';\nconst r = new Router();\nr.get('/x', 1);", "() => r.list()"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "'/x', 1", "'/x', 2"],
  ),
  edit(
    "the same of a subclass",
    ["a"],
    {
      [p]: pipeline(
        "import { Router } from 'lib';\nclass R extends Router {}\nconst r = new R();\nr.get('/x', 1);",
        "() => r.list()",
      ),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "'/x', 1", "'/x', 2"],
  ),
  edit(
    "an await in a module before its effect",
    ["a", "b"],
    {
      [p]: pipeline("import './m1';\nimport './m2';\nimport { t } from './t';", "() => t"),
      "t.ts": "export const t: any[] = [];",
      "m1.ts": "import { t } from './t';\nconst x = 0;\nt.push(1);",
      "m2.ts": "import { t } from './t';\nt.push(2);",
    },
    ["m1.ts", "x = 0", "x = await 0"],
  ),
  edit(
    "an await in a module that is imported before an effect",
    ["a", "b"],
    {
      [p]: pipeline("import './m1';\nimport './m2';\nimport { t } from './t';", "() => t"),
      "t.ts": "export const t: any[] = [];",
      "m1.ts": "import { t } from './t';\nimport './deep';\nt.push(1);",
      "deep.ts": "export const d = 1;",
      "m2.ts": "import { t } from './t';\nt.push(2);",
    },
    ["deep.ts", "d = 1", "d = await 1"],
  ),
  edit(
    "the order in which modules change a global",
    ["a", "b"],
    {
      [p]: pipeline("import './m1';\nimport './m2';", "() => (globalThis as any).x"),
      "m1.ts": "(globalThis as any).x = 1;",
      "m2.ts": "(globalThis as any).x = 2;",
    },
    [p, "import './m1';\nimport './m2';", "import './m2';\nimport './m1';"],
  ),
  edit(
    "the order in which packages are imported for what they do",
    ["a", "b"],
    {
      [p]: pipeline("import 'lib';\nimport 'lob';", "() => (globalThis as any).x"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "globalThis.x = 1",
      "node_modules/lob/package.json": '{"name":"lob","version":"1.0.0"}',
      "node_modules/lob/index.js": "globalThis.x = 2",
    },
    [p, "import 'lib';\nimport 'lob';", "import 'lob';\nimport 'lib';"],
  ),
  edit(
    "an await between a microtask and what is done after it",
    ["a"],
    pipeline("const t: any[] = [];\nqueueMicrotask(() => t.push(1));\nt.push(2);", "() => t"),
    [p, "t.push(2);", "await 0;\nt.push(2);"],
  ),
  edit(
    "a global that is read before it is changed",
    ["a"],
    pipeline("(globalThis as any).rate = 1;\nconst r = (globalThis as any).rate;", "() => r"),
    [
      p,
      "(globalThis as any).rate = 1;\nconst r = (globalThis as any).rate;",
      "const r = (globalThis as any).rate;\n(globalThis as any).rate = 1;",
    ],
  ),
  edit(
    "a global that another module reads before it is changed",
    ["a"],
    {
      [p]: pipeline("import './w';\nimport { r } from './r';", "() => r"),
      "w.ts": "(globalThis as any).rate = 1;",
      "r.ts": "export const r = (globalThis as any).rate;",
    },
    [p, "import './w';\nimport { r } from './r';", "import { r } from './r';\nimport './w';"],
  ),
  edit(
    "a variable of the environment that another module reads before it is set",
    ["a"],
    {
      [p]: pipeline("import './w';\nimport { r } from './r';", "() => r"),
      "w.ts": "process.env.RATE = '1';",
      "r.ts": "export const r = process.env.RATE;",
    },
    [p, "import './w';\nimport { r } from './r';", "import { r } from './r';\nimport './w';"],
  ),
  edit(
    "get, given by a wrapper",
    ["a"],
    pipeline(
      "const wrap = (f: any) => f;\nconst reg: any = { items: [], get: wrap(function (this: any, k: any) { this.items.push(k) }) };\nreg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get, a function of the module",
    ["a"],
    pipeline(
      "function put(this: any, k: any) { this.items.push(k) }\nconst reg: any = { items: [], get: put };\nreg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get by its short name",
    ["a"],
    pipeline(
      "function get(this: any, k: any) { this.items.push(k) }\nconst reg: any = { items: [], get };\nreg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get, a function of the module, in an initialiser",
    ["a"],
    pipeline(
      "function put(this: any, k: any) { this.items.push(k) }\nconst reg: any = { items: [], get: put };\nconst z = reg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get by its short name, in an initialiser",
    ["a"],
    pipeline(
      "function get(this: any, k: any) { this.items.push(k) }\nconst reg: any = { items: [], get };\nconst z = reg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get of what a function made",
    ["a"],
    pipeline(
      "function make() { const items: any[] = []; return { items, get: (k: any) => items.push(k) } }\nconst reg = make();\nconst z = reg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get of what a function made, called in a function",
    ["a"],
    pipeline(
      "function make() { const items: any[] = []; return { items, get: (k: any) => items.push(k) } }\nconst reg = make();\nfunction setup() { reg.get(1) }\nsetup();",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get, a function of the module, called in a function",
    ["a"],
    pipeline(
      "function put(this: any, k: any) { this.items.push(k) }\nconst reg: any = { items: [], get: put };\nfunction setup() { reg.get(1) }\nsetup();",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get of an argument",
    ["a"],
    pipeline(
      "function put(this: any, k: any) { this.items.push(k) }\nconst reg: any = { items: [], get: put };\nfunction setup(r: any) { r.get(1) }\nsetup(reg);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "map of an argument",
    ["a"],
    pipeline(
      "class R { items: any[] = []; map(k: any) { this.items.push(k) } }\nconst reg = new R();\nfunction setup(r: R) { r.map(1) }\nsetup(reg);",
      "() => reg.items",
    ),
    [p, "map(1)", "map(2)"],
  ),
  edit(
    "map of an argument, in an initialiser",
    ["a"],
    pipeline(
      "class R { items: any[] = []; map(k: any) { this.items.push(k) } }\nconst reg = new R();\nfunction setup(r: R) { return r.map(1) }\nconst z = setup(reg);",
      "() => reg.items",
    ),
    [p, "map(1)", "map(2)"],
  ),
  edit(
    "map of the variable of a loop",
    ["a"],
    pipeline(
      "class R { items: any[] = []; map(k: any) { this.items.push(k) } }\nconst reg = new R();\nfor (const r of [reg]) r.map(1);",
      "() => reg.items",
    ),
    [p, "map(1)", "map(2)"],
  ),
  edit(
    "an event of the process",
    ["a", "b"],
    pipeline(
      "const t: any = {};\nprocess.on('x' as any, (v: any) => { t.x = v });\nprocess.emit('x' as any, 5 as any);",
      "() => t",
    ),
    [p, "5 as", "6 as"],
  ),
  edit(
    "get, assigned later, in an initialiser",
    ["a"],
    pipeline(
      "const reg: any = { items: [] };\nreg.get = function (k: any) { this.items.push(k) };\nconst z = reg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get, assigned to a prototype, in an initialiser",
    ["a"],
    pipeline(
      "class R { items: any[] = [] }\n(R.prototype as any).get = function (k: any) { this.items.push(k) };\nconst reg: any = new R();\nconst z = reg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get, assigned to a prototype by Object.assign",
    ["a"],
    pipeline(
      "class R { items: any[] = [] }\nObject.assign(R.prototype, { get(this: any, k: any) { this.items.push(k) } });\nconst reg: any = new R();\nconst z = reg.get(1);",
      "() => reg.items",
    ),
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "get, assigned to a prototype in another module",
    ["a", "b"],
    {
      [p]: pipeline("import { reg } from './r';\nimport './w';\nconst z = reg.get(1);", "() => reg.items"),
      "r.ts": "export class R { items: any[] = [] }\nexport const reg: any = new R();",
      "w.ts":
        "import { R } from './r';\nObject.assign(R.prototype, { get(this: any, k: any) { this.items.push(k) } });",
    },
    [p, "get(1)", "get(2)"],
  ),
  edit(
    "toString, a function of the module",
    ["a"],
    pipeline(
      "const t: any = {};\nfunction put() { t.x = 1; return '' }\nconst o = { toString: put };\nconst z = o + '';",
      "() => t",
    ),
    [p, "const z = o + '';", ""],
  ),
  edit(
    "an iterator, a function of the module",
    ["a"],
    pipeline(
      "const t: any = {};\nfunction* put() { t.x = 1; yield '' }\nconst o = { [Symbol.iterator]: put };\nconst z = [...o];",
      "() => t",
    ),
    [p, "const z = [...o];", ""],
  ),
  edit(
    "a conversion that is assigned later",
    ["a"],
    pipeline(
      "const t: any = {};\nconst o: any = {};\no[Symbol.toPrimitive] = () => { t.x = 1; return '' };\nconst z = o + '';",
      "() => t",
    ),
    [p, "const z = o + '';", ""],
  ),
  edit(
    "an accessor that another module defines",
    ["a", "b"],
    {
      [p]: pipeline("import { o } from './o';\nimport './w';\nimport { t } from './t';\nconst z = o.x;", "() => t"),
      "o.ts": "export const o: any = {};",
      "t.ts": "export const t: any = {};",
      "w.ts":
        "import { o } from './o';\nimport { t } from './t';\nObject.defineProperty(o, 'x', { get() { t.y = 1; return 1 } });",
    },
    [p, "const z = o.x;", ""],
  ),
  edit(
    "a getter that fills a list of its instance",
    ["a"],
    pipeline(
      "class C { list: any[] = []; get x() { this.list.push(1); return 1 } }\nconst o = new C();\nconst z = o.x;",
      "() => o",
    ),
    [p, "const z = o.x;", ""],
  ),
  edit(
    "get that numbers what it is asked for",
    ["a"],
    pipeline(
      "function make() { const m = new Map(); return { get: (k: any) => { if (!m.has(k)) m.set(k, m.size); return m.get(k) } } }\nconst c = make();\nconst z = c.get('a');",
      "() => c.get('b')",
    ),
    [p, "c.get('a')", "c.get('b')"],
  ),
];
