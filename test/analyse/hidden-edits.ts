import { type Edit, edit, p, pipeline } from "./edits.ts";

/** Edits of what acts without showing it: accessors, iterators, functions that keep a state, calls in odd places. */
export const hidden: readonly Edit[] = [
  edit(
    "a package called behind &&",
    ["a"],
    {
      [p]: pipeline('import lib from "lib";\nconst on = true;\non && lib.mutate(1);', "() => lib(1)"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "mutate(1)", "mutate(2)"],
  ),
  edit(
    "a package called with void",
    ["a"],
    {
      [p]: pipeline('import lib from "lib";\nvoid lib.mutate(1);', "() => lib(1)"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "mutate(1)", "mutate(2)"],
  ),
  edit(
    "a package called in a condition",
    ["a"],
    {
      [p]: pipeline('import lib from "lib";\ntrue ? lib.mutate(1) : 0;', "() => lib(1)"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "mutate(1)", "mutate(2)"],
  ),
  edit(
    "a package called with await",
    ["a", "b"],
    {
      [p]: pipeline('import lib from "lib";\nawait lib.mutate(1);', "() => lib(1)"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "mutate(1)", "mutate(2)"],
  ),
  edit(
    "a package called optionally",
    ["a", "b"],
    {
      [p]: pipeline('import lib from "lib";\nlib.mutate?.(1);', "() => lib(1)"),
      "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
      "node_modules/lib/index.js": "",
    },
    [p, "(1);", "(2);"],
  ),
  edit(
    "a global changed behind &&",
    ["a", "b"],
    {
      [p]: pipeline(
        "const on = true;\non && Reflect.defineProperty(Array.prototype, 'last', { value: 1 });",
        "() => ([] as any).last",
      ),
    },
    [p, "value: 1", "value: 2"],
  ),
  edit(
    "an accessor that Object.assign reads",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst o = { get x() { t.y = 1; return 1 } };\nconst z = Object.assign({}, o);",
        "() => t",
      ),
    },
    [p, "const z = Object.assign({}, o);", ""],
  ),
  edit(
    "for await",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst o = { async *[Symbol.asyncIterator]() { t.y = 1; yield 1 } };\nfor await (const _ of o) ;",
        "() => t",
      ),
    },
    [p, "for await (const _ of o) ;", ""],
  ),
  edit(
    "a class of an expression that acts",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst mix = (B: any) => { t.n = 1; return class extends B {} };\nclass C extends mix(Object) {}",
        "() => t",
      ),
    },
    [p, "mix(Object)", "Object"],
  ),
  edit(
    "Object.create with accessors",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst o = Object.create(null, { x: { get() { t.y = 1; return 1 } } });\nconst z = o.x;",
        "() => t",
      ),
    },
    [p, "const z = o.x;", ""],
  ),
  edit(
    "an accessor of a class in another module",
    ["a"],
    {
      [p]: pipeline('import { o, t } from "./m";\nconst z = o.x;', "() => t"),
      "m.ts": "export const t: any = {};\nclass C { get x() { t.y = 1; return 1 } }\nexport const o = new C();",
    },
    [p, "const z = o.x;", ""],
  ),
  edit(
    "an accessor read by a helper",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = {};\nconst o = { get x() { t.y = 1; return 1 } };\nfunction look(v: any) { return v.x }\nconst z = look(o);",
        "() => t",
      ),
    },
    [p, "const z = look(o);", ""],
  ),
  edit(
    "a static accessor that acts",
    ["a"],
    {
      [p]: pipeline("const t: any = {};\nclass C { static get x() { t.y = 1; return 1 } }\nconst z = C.x;", "() => t"),
    },
    [p, "const z = C.x;", ""],
  ),
  edit("a comma", ["a"], { [p]: pipeline("const t: any[] = [];\n0, t.push(1);", "() => t") }, [
    p,
    "push(1)",
    "push(2)",
  ]),
  edit(
    "a method by optional call",
    ["a"],
    {
      [p]: pipeline(
        "const t: any = { list: [] as any[], add(x: any) { this.list.push(x) } };\nt?.add?.(1);",
        "() => t.list",
      ),
    },
    [p, "?.(1)", "?.(2)"],
  ),
  edit(
    "a function out of a switch",
    ["a"],
    {
      [p]: pipeline(
        "const t: any[] = [];\nconst table: any = { one: () => t.push(1), two: () => t.push(2) };\ntable['one']();",
        "() => t",
      ),
    },
    [p, "['one']()", "['two']()"],
  ),
  edit(
    "a namespace that acts",
    ["a"],
    { [p]: pipeline("const t: any[] = [];\nnamespace N { t.push(1); export const x = 1 }", "() => t") },
    [p, "push(1)", "push(2)"],
  ),
  edit(
    "an enum whose member acts",
    ["a"],
    { [p]: pipeline("const t: any[] = [];\nenum E { A = t.push(1) }", "() => t") },
    [p, "push(1)", "push(2)"],
  ),
  edit(
    "a default export that acts",
    ["a"],
    { [p]: pipeline("const t: any[] = [];\nexport default t.push(1);", "() => t") },
    [p, "push(1)", "push(2)"],
  ),
  edit(
    "a prototype that is exchanged",
    ["a"],
    {
      [p]: pipeline(
        "class B { m() { return 1 } }\nclass C {}\nObject.setPrototypeOf(C.prototype, B.prototype);",
        "() => (new C() as any).m()",
      ),
    },
    [p, "Object.setPrototypeOf(C.prototype, B.prototype);", ""],
  ),
  edit(
    "__proto__ that is set",
    ["a"],
    { [p]: pipeline("const b = { m: 1 };\nconst o: any = {};\no.__proto__ = b;\nb.m = 2;", "() => o.m") },
    [p, "b.m = 2", "b.m = 3"],
  ),
  edit(
    "an array in a closure of another module",
    ["a"],
    {
      [p]: pipeline('import { add, all } from "./m";\nadd(1);', "() => all()"),
      "m.ts": "const list: any[] = [];\nexport const add = (x: any) => list.push(x);\nexport const all = () => list;",
    },
    [p, "add(1)", "add(2)"],
  ),
  edit(
    "a list in a closure of a function on the spot",
    ["a"],
    {
      [p]: pipeline(
        "const { add, all } = (() => { const list: any[] = []; return { add: (x: any) => list.push(x), all: () => list } })();\nadd(1);",
        "() => all()",
      ),
    },
    [p, "add(1)", "add(2)"],
  ),
  edit(
    "a counter in a closure",
    ["a"],
    { [p]: pipeline("const next = (() => { let n = 0; return () => ++n })();\nnext();", "() => next()") },
    [p, "next();", ""],
  ),
  edit(
    "a counter in a closure, read by a constant",
    ["a"],
    { [p]: pipeline("const next = (() => { let n = 0; return () => ++n })();\nconst one = next();", "() => next()") },
    [p, "const one = next();", ""],
  ),
  edit(
    "a memo in a closure",
    ["a"],
    {
      [p]: pipeline(
        "function memo(f: any) { const seen: any[] = []; return (x: any) => { seen.push(x); return f(seen.length) } }\nconst g = memo((n: any) => n);\nconst one = g(1);",
        "() => g(2)",
      ),
    },
    [p, "const one = g(1);", ""],
  ),
  edit(
    "a private static counter",
    ["a"],
    {
      [p]: pipeline(
        "class C { static #n = 0; static next() { return ++C.#n } }\nconst one = C.next();",
        "() => C.next()",
      ),
    },
    [p, "const one = C.next();", ""],
  ),
  edit(
    "a generator that is advanced",
    ["a"],
    {
      [p]: pipeline(
        "function* ids() { let n = 0; while (true) yield n++ }\nconst it = ids();\nconst one = it.next().value;",
        "() => it.next().value",
      ),
    },
    [p, "const one = it.next().value;", ""],
  ),
  edit(
    "an iterator that is used up",
    ["a"],
    { [p]: pipeline("const it = [1, 2, 3].values();\nconst [first] = it;", "() => [...it]") },
    [p, "const [first] = it;", ""],
  ),
  edit(
    "a regular expression with a state",
    ["a"],
    { [p]: pipeline("const re = /a/g;\nconst one = re.test('aa');", "() => re.lastIndex") },
    [p, "const one = re.test('aa');", ""],
  ),
  edit(
    "an iterator used up by a helper",
    ["a"],
    { [p]: pipeline("const it = new Map([[1, 2]]).keys();\nfor (const _ of it) ;", "() => [...it]") },
    [p, "for (const _ of it) ;", ""],
  ),
  edit(
    "an iterator used up by spread",
    ["a"],
    { [p]: pipeline("function* g() { yield 1; yield 2 }\nconst it = g();\nconst all = [...it];", "() => [...it]") },
    [p, "const all = [...it];", ""],
  ),
  edit(
    "a text matched with a state",
    ["a"],
    { [p]: pipeline("const re = /a/y;\nconst one = 'aa'.match(re);", "() => re.lastIndex") },
    [p, "const one = 'aa'.match(re);", ""],
  ),
  edit(
    "a date that is set",
    ["a"],
    { [p]: pipeline("const d = new Date(0);\nconst z = d.setTime(5);", "() => d.getTime()") },
    [p, "setTime(5)", "setTime(6)"],
  ),
];
