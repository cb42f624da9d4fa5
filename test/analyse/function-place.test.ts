import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { runInThisContext, Script } from "node:vm";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { AnyFunction } from "../../src/analyse/captured/captured-data.ts";
import { FunctionInspector } from "../../src/analyse/captured/captured-scopes.ts";
import { isNative, placeOfFunction } from "../../src/analyse/captured/function-place.ts";
import { namedParameters } from "../../src/analyse/captured/named-parameters.ts";
import { parametersOfText } from "../../src/analyse/syntax/function-parameters.ts";
import { isBlankedFrom, PlainSource } from "../../src/analyse/syntax/plain-parameters.ts";
import { LineIndex } from "../../src/analyse/syntax/syntax.ts";

const kinds = `[
  function plain(a, b) { return a + b; },
  function () {}, async function named() {}, function* many() {}, async function* both() {},
  (a) => a, a => a, async (a) => a, async a => a,
  class {}, class Named { constructor(a) { this.a = a; } }, class Fields { x = 1; static y = 2; }, class Sub extends Array {},
  { method(a) {} }.method, { async method(a) {} }.method, { *method() {} }.method, { "quoted name"() {} }["quoted name"],
  Object.getOwnPropertyDescriptor({ get read() { return 1; } }, "read").get,
  Object.getOwnPropertyDescriptor({ set write(v) {} }, "write").set,
  (() => { const captured = Math.random(); return () => captured; })(),
  new Function("a", "b", "return a + b"), (0, eval)("(function evaluated(x) { return x; })"),
  (\u00e9, s = "\u{1F600}") => \u00e9 + s,
]`;

describe("the place of a function", () => {
  const dir = mkdtempSync(path.join(tmpdir(), "sluice-place-"));
  afterAll(() => rmSync(dir, { recursive: true }));

  const scripts: Record<string, () => Promise<readonly AnyFunction[]>> = {
    "in a script": async () => runInThisContext(kinds) as AnyFunction[],
    "in a script with carriage returns and separators": async () =>
      runInThisContext(`\r\n\r/* \u2028 x \u2029 */\n${kinds.replaceAll("\n", "\r\n")}`) as AnyFunction[],
    "in a script that begins elsewhere": async () =>
      new Script(kinds, { lineOffset: 40, columnOffset: 7 }).runInThisContext() as AnyFunction[],
    "in a module": async () => {
      const file = path.join(dir, "module.mjs");
      writeFileSync(file, `\uFEFF// first\nexport default ${kinds};\n`);
      return ((await import(pathToFileURL(file).href)) as { default: AnyFunction[] }).default;
    },
    "in CommonJS": async () => {
      const file = path.join(dir, "module.cjs");
      writeFileSync(file, `#!/usr/bin/env node\nmodule.exports = ${kinds};\n`);
      return ((await import(pathToFileURL(file).href)) as { default: AnyFunction[] }).default;
    },
  };

  test.each(Object.entries(scripts))("%s is as the inspector tells it, for every kind", async (_, functions) => {
    const all = await functions();
    expect(all.length).toBeGreaterThan(20);
    for (const fn of [...all, ...all.toReversed()]) {
      // One that has looked at other functions of the script before, and one that has not.
      for (const inspector of [shared, new FunctionInspector()]) {
        expect(inspector.locationOf(fn), String(fn)).toEqual(new FunctionInspector().view(fn).location);
        await undefined;
      }
    }
  });
  const shared = new FunctionInspector();

  test("is there without the inspector, and is where the text is", async () => {
    const text = "\n\n  (function here(a) { return a; })";
    const fn = runInThisContext(text) as AnyFunction;
    expect(placeOfFunction(fn)?.offset).toBe(text.indexOf("(a)"));
    const { line, column } = new LineIndex(text).place(text.indexOf("(a)"));
    expect(new FunctionInspector().view(fn).location).toMatchObject({ line, column });
  });

  test("is none for what is not written in JavaScript", () => {
    const proxy = new Proxy(() => 1, {});
    for (const fn of [Math.max, (() => 1).bind(null), proxy, Array] as AnyFunction[]) {
      expect(isNative(fn)).toBe(true);
      expect(placeOfFunction(fn)).toBeUndefined();
    }
  });

  test("leaves the engine's own syntax as closed as it was", () => {
    placeOfFunction(() => 1);
    expect(() => runInThisContext("%DebugPrint(1)")).toThrow(SyntaxError);
  });

  test("is told again after the engine has dropped what tells it", async () => {
    const fn = (): number => 1;
    const first = placeOfFunction(fn);
    await new Promise(setImmediate);
    expect(placeOfFunction(fn)).toEqual(first);
  });
});

describe("the parameters of a function in a file", () => {
  const dir = mkdtempSync(path.join(tmpdir(), "sluice-parameters-"));
  afterAll(() => rmSync(dir, { recursive: true }));

  const space = fc.constantFrom("", " ", "\n", "\r\n", "\t", " /* (x) */ ", "// (y)\n");
  const name = fc.constantFrom("a", "$b", "_c1", "\u00e9", "async", "constructor");
  const parameter = fc.oneof(
    { weight: 4, arbitrary: name },
    name.map((each) => `${each} = (1, 2)`),
    name.map((each) => `{ ${each}, other: { x } = {} }`),
    name.map((each) => `[${each}]`),
  );
  const list = fc
    .tuple(
      fc.uniqueArray(parameter, { maxLength: 3, selector: (each) => /[a-z$_\u00e9]\w*/.exec(each)?.[0] }),
      space,
      space,
      fc.constantFrom("", ","),
    )
    .filter(([each]) => each.filter((one) => one.includes("x")).length < 2)
    .map(
      ([each, before, between, last]) =>
        `(${before}${each.join(`${between},${before}`)}${each[0] ? last : ""}${between})`,
    );
  const written = fc.oneof(
    list.map((each) => `function ${each} { return (a) => a; }`),
    list.map((each) => `function* named${each} {}`),
    list.map((each) => `async function${each} {}`),
    list.map((each) => `${each} => ((p, q) => p)`),
    list.map((each) => `async ${each} => 1`),
    name.map((each) => `${each} => (${each})`),
    list.map((each) => `({ method${each} {} }).method`),
    list.map((each) => `({ async *["(n" + ")"]${each} {} })["(n)"]`),
    list.map((each) => `({ "quoted (n)" ${each} {} })["quoted (n)"]`),
    list.map((each) => `class { constructor${each} {} }`),
    fc.constant("class { field = (a) => a; }"),
  );

  test("are those that a parser finds in its text, whatever is around it", () => {
    const load = createRequire(import.meta.url);
    let number = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(space, written), { minLength: 1, maxLength: 8 }),
        fc.constantFrom("", "\uFEFF", "#!/usr/bin/env node\n"),
        fc.constantFrom("mjs", "cjs"),
        (functions, before, extension) => {
          number += 1;
          const file = path.join(dir, `${number}.${extension}`);
          const texts = functions.map(([between, text]) => `${between}(${text})`).join(",\n");
          const start = extension === "mjs" ? "export default" : "module.exports =";
          writeFileSync(file, `${before}${start} [${texts}];\n`);
          // Node's own, which runs a module as it is written.
          const loaded = load(file) as AnyFunction[] & { default?: AnyFunction[] };
          for (const fn of loaded.default ?? loaded)
            expect(namedParameters(fn)?.parameters, String(fn)).toEqual(parametersOfText(String(fn)));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("plain parameters", () => {
  const at = (source: string, name: string): number => source.indexOf("(", source.indexOf(name));

  test.each([
    ["function f(a: number, b?: string) {}", "function f(a        , b         ) {}", ["a", "b?"]],
    ["function f(\n  a,\n  b,\n) {}", undefined, ["a", "b"]],
    ["function f() {}", undefined, []],
    ["function f(this: Foo, $a1: { b?: 1 }) {}", "function f(           $a1           ) {}", ["$a1"]],
    ["async function f(a) {}", undefined, ["a"]],
    ["function f(a                ?: 1) {}", "function f(a                    ) {}", ["a?"]],
    ["function* f(a ? : number) {}", "function* f(a           ) {}", ["a?"]],
  ])("of %j", (source, running = source, expected) => {
    expect(isBlankedFrom(running, source)).toBe(true);
    const found = new PlainSource(running, source).plainParameters(at(source, " f"));
    expect(found?.map((each) => ("name" in each ? each.name + (each.optional ? "?" : "") : each))).toEqual(expected);
  });

  test.each([
    "function f(a = 1) {}",
    "function f({ a }) {}",
    "function f([a]) {}",
    "function f(...a) {}",
    "function f(a /* , b */) {}",
    "function f(/* a */) {}",
    "function f(\u00e9) {}",
    "function f(\\u0061) {}",
  ])("are not those of %j", (source) => {
    expect(new PlainSource(source, source).plainParameters(at(source, " f"))).toBeUndefined();
  });

  test.each([
    ["a = 1", "b = 1"],
    ["a", "a "],
    ["a b", "a\nb"],
    ["a  ", "a\t\n"],
  ])("%j is or is not %j with parts made blank, character by character", (text, source) => {
    const blank = [...text].every((each, i) => each === source[i] || each === " ") && text.length === source.length;
    expect(isBlankedFrom(text, source)).toBe(blank);
  });
});
