import { beforeAll, describe, expect, test } from "vitest";
import { only, project, type Report, versions } from "./capturing.ts";
import type { Files } from "./project.ts";

const header = 'import { stage } from "sluice";\nimport { V } from "./value";\n';

/**
 * A way to capture a value that the source does not say; each module exports one stage, `s`. `moves` is whether the version
 * is another one where `V` is another.
 */
const ways: readonly (readonly [what: string, source: string, moves?: false])[] = [
  ["the variable of for-of", "export const s: any[] = [];\nfor (const x of [V]) s.push(stage({}, () => x));"],
  ["the counter of a loop", "export const s: any[] = [];\nfor (let i = V; i < V + 1; i++) s.push(stage({}, () => i));"],
  [
    "the variable of for-in",
    'export const s: any[] = [];\nfor (const k in { ["k" + V]: 1 }) s.push(stage({}, () => k));',
  ],
  ["the parameter of map", "export const s = [V].map((x) => stage({}, () => x));"],
  ["of forEach", "export const s: any[] = [];\n[V].forEach((x) => { s.push(stage({}, () => x)); });"],
  ["of reduce", "export const s = [V].reduce((all: any[], x) => [...all, stage({}, () => x)], []);"],
  ["of the outer of two", "export const s = [V].flatMap((x) => [1].map((y) => stage({}, () => [x, y])));"],
  ["of the inner of two", "export const s = [1].flatMap((x) => [V].map((y) => stage({}, () => [x, y])));"],
  ["an inner variable of the same name", "export const s = [7].flatMap((x) => [V].map((x) => stage({}, () => x)));"],
  ["not an outer one", "export const s = [V].flatMap((x) => [7].map((x) => stage({}, () => x)));", false],
  [
    "an inner one where the outer one is captured as well",
    "export const s = [7].flatMap((x) => { const g = () => x; return [g].flatMap(() => [V].map((x) => stage({}, () => ({ x })))); });",
  ],
  [
    "not an outer one that is captured by another",
    "export const s = [V].flatMap((x) => { const g = () => x; return [g].flatMap(() => [7].map((x) => stage({}, () => ({ x })))); });",
    false,
  ],
  [
    "not one of a name that a compiler would take",
    "export const s = [V].flatMap((x) => [8].flatMap((x2) => [7].map((x) => stage({}, () => [x, x2]))));",
    false,
  ],
  [
    "one that hides a constant",
    "const x = 7;\nexport const t = () => x;\nexport const s = [V].map((x) => stage({}, () => x));",
  ],
  [
    "one that hides a global",
    "export const t = () => fetch;\nexport const s = [V].map((fetch) => stage({}, () => fetch));",
  ],
  ["the argument of a factory", "const make = (x: any) => stage({}, () => x);\nexport const s = make(V);"],
  ["its default", "const make = (x = V) => stage({}, () => x);\nexport const s = make();"],
  [
    "what it takes apart",
    "const make = ({ rate }: any) => stage({}, () => rate);\nexport const s = make({ rate: V });",
  ],
  [
    "the rest of that",
    "const make = ({ a, ...b }: any) => stage({}, () => [a, b]);\nexport const s = make({ a: 1, b: V });",
  ],
  ["the rest of its arguments", "const make = (...x: any[]) => stage({}, () => x);\nexport const s = make(1, V);"],
  ["`arguments`", "function make(..._: any[]) { return stage({}, () => arguments[0]); }\nexport const s = make(V);"],
  [
    "the argument of a function two levels up",
    "const a = (x: any) => (y: any) => () => stage({}, () => [x, y]);\nexport const s = a(V)(2)();",
  ],
  ["a method's", "class C { make(x: any) { return stage({}, () => x); } }\nexport const s = new C().make(V);"],
  [
    "a copy of what `this` has",
    "class C { rate = V; make() { const { rate } = this; return stage({}, () => rate); } }\nexport const s = new C().make();",
  ],
  ["a generator's", "function* g(x: any) { yield stage({}, () => x); }\nexport const s = [...g(V)];"],
  [
    "an asynchronous factory's",
    "async function g(x: any) { await 1; return stage({}, () => x); }\nexport const s = await g(V);",
  ],
  [
    "what was awaited",
    "async function g(x: any) { const y = await x; return stage({}, () => y); }\nexport const s = await g(Promise.resolve(V));",
  ],
  ["what was caught", "export const s: any[] = [];\ntry { throw V; } catch (e) { s.push(stage({}, () => e)); }"],
  [
    "a local constant",
    "const make = (v: any) => { const x = v * 2; return stage({}, () => x); };\nexport const s = make(V);",
  ],
  [
    "one made of another",
    "export const s = [V].map((v) => { const x = v * 2; const y = x + 1; return stage({}, () => y); });",
  ],
  [
    "the second of two that are taken apart together",
    "const f = (x: any) => ({ a: 1, b: x });\nexport const s = [V].map((v) => { const { a, b } = f(v); return stage({}, () => [a, b]); });",
  ],
  [
    "one that is assigned again",
    "function make(v: any) { let x = 1; x = v; return stage({}, () => x); }\nexport const s = make(V);",
  ],
  [
    "one that is changed in a branch",
    "function make(v: any) { const x: any[] = []; if (v) { x.push(v); return stage({}, () => x); } }\nexport const s = make(V);",
  ],
  [
    "one that is changed after the stage is declared",
    "function make(v: any) { const x: any = {}; const s = stage({}, () => x.a); x.a = v; return s; }\nexport const s = make(V);",
  ],
  [
    "one that another function changes",
    "function make(v: any) { const x: any = {}; const s = stage({}, () => x.a); const set = () => { x.a = v; }; set(); return s; }\nexport const s = make(V);",
  ],
  ["one of a block", "export const s: any[] = [];\n{ const k = V; s.push(stage({}, () => k)); }"],
  [
    "one of a switch",
    "export const s: any[] = [];\nswitch (1) { case 1: { let k = V; k += 1; s.push(stage({}, () => k)); } }",
  ],
  [
    "of a function that is called on the spot",
    "export const s = ((v) => { const k = v; return stage({}, () => k); })(V);",
  ],
  [
    "what a local function captures",
    "export const s = [V].map((v) => { const f = () => v; return stage({}, () => f()); });",
  ],
  [
    "what one captures that is the stage's function",
    "export const s = [V].map((v) => { const f = () => v; return stage({}, f); });",
  ],
  [
    "the same of a declaration",
    "export const s = [V].map((v) => { function f() { return v; } return stage({}, f); });",
  ],
  [
    "what a function captures that a factory gets",
    "const make = (f: any) => stage({}, f);\nexport const s = [V].map((v) => make(() => v));",
  ],
  [
    "what one captures that it calls",
    "const make = (f: any) => stage({}, () => f(2));\nexport const s = [V].map((v) => make((x: any) => x + v));",
  ],
  [
    "what a function captures that another made",
    "const wrap = (x: any) => () => x;\nexport const s = [V].map((v) => stage({}, wrap(v)));",
  ],
  [
    "the same of a captured one",
    "const add = (n: any) => (x: any) => x + n;\nexport const s = [add(V)].map((f) => stage({}, () => f(1)));",
  ],
  [
    "which function it is",
    "const double = (x: any) => x * 2, triple = (x: any) => x * 3;\nexport const s = [V === 3 ? double : triple].map((f) => stage({}, () => f(2)));",
  ],
  [
    "in which order functions are",
    "const double = (x: any) => x * 2, triple = (x: any) => x * 3;\nexport const s = [V === 3 ? [double, triple] : [triple, double]].map((fs) => stage({}, () => fs[0]!(2)));",
  ],
  [
    "what a declared function captures through another",
    "export const s = ((v) => { function f() { return v; } function g() { return f(); } return stage({}, g); })(V);",
  ],
  [
    "data beside functions",
    "const specs = [{ n: V, f: (x: any) => x + 1 }];\nexport const s = specs.map((spec) => stage({}, () => spec.f(spec.n)));",
  ],
  [
    "functions in a Map",
    'export const s = [V].map((w) => new Map([["a", () => w]])).map((v) => stage({}, () => v.get("a")!()));',
  ],
  [
    "functions that capture each other",
    "const mk = (n: any) => { const o: any = { a: () => o.b(), b: () => n }; return o; };\nexport const s = [mk(V)].map((o) => stage({}, () => o.a()));",
  ],
  [
    "a function that calls itself",
    "export const s = [V].map((v) => { const f = (n: number): any => (n === 0 ? v : f(n - 1)); return stage({}, () => f(3)); });",
  ],
  [
    "which class it is",
    "class A { v() { return 1; } }\nclass B { v() { return 2; } }\nexport const s = [V === 3 ? A : B].map((K) => stage({}, () => new K().v()));",
  ],
  [
    "a class with a constructor",
    "const mk = (n: any) => class { x; constructor() { this.x = n; } };\nexport const s = [mk(V)].map((K) => stage({}, () => new K().x));",
  ],
  [
    "what a function is bound to",
    "const add = (a: any, b: any) => a + b;\nexport const s = [add.bind(null, V)].map((f) => stage({}, () => f(1)));",
  ],
  [
    "the same as the stage's function",
    "const same = (a: any) => a;\nexport const s = [V].map((v) => stage({}, same.bind(null, v) as any));",
  ],
  [
    "which built-in function it is",
    "export const s = [V === 3 ? Math.max : Math.min].map((f) => stage({}, () => f(1, 2)));",
  ],
  ["which global class", "export const s = [V === 3 ? URL : Set].map((f: any) => stage({}, () => f.name));"],
  [
    "which function of a package",
    'import * as pkg from "pkg";\nexport const s = [V === 3 ? pkg.up : pkg.down].map((f) => stage({}, () => f(1)));',
  ],
  [
    "which of a CommonJS package",
    'import old from "old";\nexport const s = [V === 3 ? old.up : old.down].map((f: any) => stage({}, () => f(1)));',
  ],
  [
    "what the stage's function captures that a call made",
    "const wrap = (x: any) => () => x;\nexport const s = stage({}, wrap(V));",
  ],
  ["the same by a name", "const wrap = (x: any) => () => x;\nconst fn = wrap(V);\nexport const s = stage({}, fn);"],
  [
    "the same in an object",
    "const wrap = (x: any) => () => x;\nconst fns = { a: wrap(V) };\nexport const s = stage({}, fns.a);",
  ],
  ["which one is chosen", "const one = () => 1, two = () => 2;\nexport const s = stage({}, V === 3 ? one : two);"],
  ["nothing of a plain function", "const help = () => 1;\nexport const s = stage({}, help);", false],
  ["nothing of a method", "const help = { f() { return 1; } };\nexport const s = stage({}, help.f);", false],
  [
    "what a check captures that a call made",
    "const below = (n: any) => (x: any) => x < n;\nexport const s = stage({}, () => 1, { check: below(V) });",
  ],
  ["a date", "export const s = [new Date(V)].map((v) => stage({}, () => v.getTime()));"],
  ["a Map with a Set", "export const s = [new Map([[1, new Set([V])]])].map((v) => stage({}, () => [...v.get(1)!]));"],
  [
    "a cycle",
    "export const s = [V].map((w) => { const o: any = { w }; o.self = o; return o; }).map((o) => stage({}, () => o.self.self.w));",
  ],
  [
    "what eval may see",
    'export const s = [V].map((v) => { const hidden = v; return stage({}, () => eval("hidden")); });',
  ],
  [
    "what a proxy of data captures",
    "const by = (n: any) => { const o: any = new Proxy({ x: 1 }, { get: (t: any, k) => t[k] * n }); return stage({}, () => o.x); };\nexport const s = by(V);",
  ],
  [
    "what a proxy that has an answer to everything captures",
    "const by = (n: any) => { const o: any = new Proxy({}, { get: () => n }); return stage({}, () => o.x); };\nexport const s = by(V);",
  ],
  ["in a check", "export const s = [V].map((v) => stage({}, () => 1, { check: (x: any) => x < v }));"],
  [
    "the level of a check",
    'export const s = [V].map((v) => stage({}, () => 1, { check: { name: "c", level: v === 3 ? "fail" : "warn", test: (x: any) => x < 9 } }));',
  ],
  [
    "in one of many checks",
    "export const s = [V].map((v) => stage({}, () => 1, { check: [(x: any) => x < 9, (x: any) => x < v] }));",
  ],
  ["nothing but constants", "const make = (x: any) => stage({}, () => x);\nexport const s = make(4);", false],
  [
    "what a wrapper of a package is given",
    'import { define } from "pkg";\nexport const s = [V].map((v) => define(() => v));',
  ],
  [
    "with a check",
    'import { define } from "pkg";\nexport const s = [V].map((v) => define(() => 1, { check: (x: any) => x < v }));',
  ],
  ["a `let` of the module", "let m = 1;\nm = 2;\nexport const s = stage({}, () => m);", false],
];

const refused: readonly (readonly [what: string, source: string, message: RegExp, hint: RegExp])[] = [
  [
    "this",
    "class C { rate = V; make() { return stage({}, () => this.rate); } }\nexport const s = new C().make();",
    /captures "this"/,
    /a constant outside/,
  ],
  [
    "an instance of a class",
    "class A { x = V; }\nexport const s = [new A()].map((k) => stage({}, () => k.x));",
    /k is an instance of class A/,
    /\{ k \}.*`version`/,
  ],
  [
    "one inside of data",
    "class A { x = V; }\nexport const s = [{ a: [new A()] }].map((k) => stage({}, () => k.a[0]!.x));",
    /k\.a\[0\] is an instance of class A/,
    /\{ k \}/,
  ],
  [
    "a node",
    "const other = stage({}, () => 1);\nexport const s = [other].map((o) => stage({}, () => String(o)));",
    /captures "o".*it is a node/,
    /stage\(\{ o \}/,
  ],
  [
    "a node inside of data",
    "const other = stage({}, () => 1);\nexport const s = [{ o: other, f() {} }].map((k) => stage({}, () => String(k)));",
    /it holds a node/,
    /name the node itself among the inputs/,
  ],
  [
    "a node that a constant holds",
    "const make = () => { const other = stage({}, () => V); return stage({}, () => String(other)); };\nexport const s = make();",
    /captures "other".*it is a node/,
    /stage\(\{ other \}/,
  ],
  [
    "a getter",
    "export const s = [{ get x() { return V; }, f() {} }].map((o) => stage({}, () => o.x));",
    /o\.x is a getter/,
    /\{ o \}/,
  ],
  [
    "an instance that hangs on a function",
    "class A { x = V; }\nexport const s = [Object.assign(() => 1, { a: new A() })].map((f) => stage({}, () => f.a.x));",
    /f\.a is an instance of class A/,
    /\{ f \}/,
  ],
  [
    "a promise",
    "export const s = [Promise.resolve(V)].map((p) => stage({}, async () => p));",
    /p is a promise/,
    /\{ p \}/,
  ],
  ["a symbol", 'export const s = [Symbol("a")].map((v) => stage({}, () => typeof v));', /v is a symbol/, /\{ v \}/],
  [
    "a function that a package made",
    'import { make } from "pkg";\nexport const s = [make(V)].map((f) => stage({}, () => f(1)));',
    /a function that a package made \(pkg\)/,
    /\{ f \}/,
  ],
  [
    "a function that came from a text",
    'export const s = [new Function("return 1")].map((f) => stage({}, () => f()));',
    /captures "f"/,
    /\{ f \}/,
  ],
  [
    "an instance behind a function",
    "class A { x = V; }\nconst wrap = (a: any) => () => a.x;\nexport const s = [wrap(new A())].map((f) => stage({}, () => f()));",
    /captures "a".*instance of class A/,
    /\{ a \}/,
  ],
  [
    "a name that another variable has too",
    "export const s = [9].flatMap((x) => [V].map((x) => { const f = () => x; return stage({}, () => f()); }));",
    /captures "x".*the same name/,
    /\{ x \}/,
  ],
];

describe("the value of a captured variable", () => {
  const files: Record<string, string> = {
    "node_modules/pkg/package.json": '{"name":"pkg","version":"1.0.0","type":"module","exports":"./index.js"}',
    "node_modules/pkg/index.js":
      "export const up = (x) => x + 1;\nexport const down = (x) => x - 1;\nexport const make = (n) => (x) => x + n;\nimport { stage } from 'sluice';\nexport const define = (fn, options) => stage({}, fn, options);",
    "node_modules/old/package.json": '{"name":"old","version":"1.0.0"}',
    "node_modules/old/index.js": "const one = 1;\nexports.up = (x) => x + one;\nexports.down = (x) => x - one;",
  };
  for (const [i, [, source]] of ways.entries()) files[`way${i}.ts`] = header + source;
  for (const [i, [, source]] of refused.entries()) files[`refused${i}.ts`] = header + source;
  const modules = Object.keys(files).filter((name) => name.endsWith(".ts"));
  let [three, four, again]: Readonly<Record<string, Report>>[] = [];
  beforeAll(async () => {
    const made = project(files);
    three = await versions(made, modules, 3);
    four = await versions(made, modules, 4);
    again = await versions(made, modules, 3);
  }, 120_000);

  for (const [i, [what, , moves = true]] of ways.entries()) {
    test(`counts: ${what}`, () => {
      const [before, after] = [only(three!, `way${i}.ts`), only(four!, `way${i}.ts`)];
      expect([before.failure, after.failure]).toEqual([undefined, undefined]);
      // The truth: what the stage gave.
      if (before.result !== after.result) expect(before.digest).not.toBe(after.digest);
      expect(before.digest !== after.digest).toBe(moves);
      expect(only(again!, `way${i}.ts`)).toEqual(before);
      expect(before.changed).toBeUndefined();
    });
  }

  for (const [i, [what, , message, hint]] of refused.entries()) {
    test(`is refused: ${what}`, () => {
      const { failure, digest } = only(three!, `refused${i}.ts`);
      expect(digest).toBeUndefined();
      expect(failure).toMatchObject({ reason: "captured-variable", where: { line: expect.any(Number) } });
      expect(failure!.message).toMatch(message);
      expect(failure!.message).toMatch(/^the code of "s[.0]*" captures/);
      expect(failure!.hint).toMatch(hint);
    });
  }
});

test("the same in CommonJS and in what compiles to it", async () => {
  const source = `const x = 7;
exports.other = () => x;
exports.loop = [V].map((v) => stage({}, () => v));
exports.hides = [V].map((x) => stage({}, () => x));
exports.outer = [V].map((v) => { const x = v; return stage({}, () => [x]); });
const make = (y) => stage({}, () => y);
exports.made = make(V);
exports.called = Object.values({ a: V === 3 ? (z) => z * 2 : (z) => z * 3 }).map((f) => stage({}, () => f(2)));
`;
  const typed = `import { stage } from "sluice";
import value = require("./value.cjs");
const x: number = 7;
export const other = () => x;
export const loop = [value.V].map((v: any) => stage({}, () => v));
export const hides = [value.V].map((x: any) => stage({}, () => x));
`;
  const made = project({
    "a.cjs": `const { stage } = require("sluice");\nconst { V } = require("./value.cjs");\n${source}`,
    "b.cts": typed,
  });
  const [before, after] = [await versions(made, ["a.cjs", "b.cts"], 3), await versions(made, ["a.cjs", "b.cts"], 4)];
  expect(Object.keys(before)).toHaveLength(7);
  for (const [name, report] of Object.entries(before)) {
    expect(report.failure).toBeUndefined();
    expect([name, report.digest === after[name]!.digest]).toEqual([name, false]);
  }
});

test("a version names the values that are small, and none that are out of the environment", async () => {
  const made = project({
    "a.ts": `import { stage } from "sluice";
const secret = JSON.parse(process.env.V_JSON!);
const make = (rate: any, url: any, list: any, who: any) => stage({}, () => [rate, url, list, who]);
export const a = make([0.2].at(0), \`https://\${secret}@host\`, Array.from({ length: 1000 }, (_, i) => i), [secret]);
export const b = [[secret, { rate: 2 }]].map(([key, options]) => stage({}, () => [key, options]));`,
  });
  const reports = await versions(made, ["a.ts"], "hunter2hunter2");
  const captured = (name: string) => reports[`a.ts ${name}`]!.parts!.filter((part) => part.startsWith("captured"));
  expect(captured("a")).toEqual(["captured list", "captured rate=0.2", "captured url", "captured who"]);
  expect(captured("b.0")).toEqual(["captured key", "captured options={ rate: 2 }"]);
});

describe("a function that is found by its value", () => {
  const files: Files = {
    "a.ts": `import { stage } from "sluice";
import { parsers } from "./parsers";
export const s = Object.entries(parsers).map(([name, parse]) => stage({}, () => parse("1"), { name }));`,
    "parsers.ts": `import { trim } from "./trim";
interface Options {
  x: number;
}
export const parsers: Record<string, (text: string) => unknown> = {
  number: (text) => Number(trim(text)),
  text(text) { return text; },
  date: function (text) { return new Date(text); },
};`,
    "trim.ts": "export const trim = (text: string) => text.trim();\nexport const other = 1;",
  };
  const edits: readonly (readonly [file: string, from: string, to: string, stages: readonly string[]])[] = [
    ["parsers.ts", "Number(", "2 * Number(", ["number"]],
    ["parsers.ts", "return text", "return text + 1", ["text"]],
    ["parsers.ts", "new Date(text)", "new Date(text + 1)", ["date"]],
    ["trim.ts", "text.trim()", "text", ["number"]],
    ["trim.ts", "other = 1", "other = 2", []],
    ["parsers.ts", "x: number;", "x: number;\n  y: number; // more", []],
  ];
  for (const [file, from, to, stages] of edits) {
    test(`is known by what it reaches: ${from} becomes ${to}`, async () => {
      const made = project(files);
      const before = await versions(made, ["a.ts"], 1);
      made.write({ [file]: files[file]!.replace(from, to) });
      const after = await versions(made, ["a.ts"], 1);
      const digests = [...Object.values(before), ...Object.values(after)].map(({ digest }) => digest);
      expect(digests).not.toContain(undefined);
      const moved = Object.keys(before).filter((name) => before[name]!.digest !== after[name]!.digest);
      expect(moved).toEqual(stages.map((name) => `a.ts ${name}`));
    });
  }
});

test("a value that was data in one run may be something else in the next", async () => {
  const made = project({
    "a.ts": `${header}class Client { rate = 1; }
const make = (x: any) => stage({}, () => x.rate);
export const a = make(V === 3 ? new Client() : { rate: V });`,
  });
  const digests = [3, 4, 5, 4, 3].map(async (v) => (await versions(made, ["a.ts"], v))["a.ts a"]!.digest);
  const [client, four, five, fourAgain, clientAgain] = await Promise.all(digests);
  expect(new Set([client, four, five]).size).toBe(3);
  expect([fourAgain, clientAgain]).toEqual([four, client]);
});
