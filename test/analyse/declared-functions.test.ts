import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { DeclaredFunctions } from "../../src/analyse/calls/declared-functions.ts";
import type { CompilerSettings } from "../../src/analyse/load/compiler-settings.ts";
import { type AnalysedModule, analyseModule } from "../../src/analyse/syntax/analysed-module.ts";
import { functionAt } from "../../src/analyse/syntax/function-syntax.ts";
import type { ModuleSummary } from "../../src/analyse/syntax/module-summary.ts";
import { summarise } from "../../src/analyse/syntax/summarise.ts";
import { generateProgram } from "./random/generator.ts";

/* What the summary of a module says of a function that it declares is what the syntax says of it, and is said of no other. */

const settings: CompilerSettings = { options: {}, aliases: () => [], digest: "" };

function analysed(file: string, source: string): AnalysedModule | undefined {
  const module = analyseModule(file, source, settings);
  return "problem" in module ? undefined : module;
}

/** How many places are answered, each as by the syntax; classes are looked for in another way. */
function answered(file: string, source: string): number {
  const module = analysed(file, source);
  if (!module) return 0;
  const summary = JSON.parse(JSON.stringify(summarise(module, settings))) as ModuleSummary;
  const declared = new DeclaredFunctions(summary, source);
  let count = 0;
  for (let offset = 0; offset <= source.length; offset++) {
    const { line, column } = module.lines.place(offset);
    const found = declared.at(line, column);
    if (!found) continue;
    count++;
    const expected = functionAt(module, offset, false);
    expect([file, offset, found]).toEqual([file, offset, JSON.parse(JSON.stringify(expected))]);
  }
  return count;
}

/** Where V8 says that functions begin: at their parameters. */
function isAnswered(file: string, source: string): boolean {
  const module = analysed(file, source)!;
  const { line, column } = module.lines.place(source.indexOf("("));
  return new DeclaredFunctions(summarise(module, settings), source).at(line, column) !== undefined;
}

describe("functions that a module declares", () => {
  test.each([
    ["m.js", "function a(b) { return b + c; }"],
    ["m.js", "export function a () { return this.x; }"],
    ["m.js", "export default async function* a\n(b = () => 1, { c } = function () {}) { yield* b(c); }"],
    ["m.cjs", "function a() { return arguments; }\nmodule.exports = a;"],
    ["m.ts", "import { d } from './d.ts';\nexport function a<T>(b: T): T { class E { f = d; } return d.g(b) as T; }"],
  ])("%s: %s", (file, source) => {
    expect(isAnswered(file, source)).toBe(true);
    answered(file, source);
  });

  test.each([
    ["no name", "m.js", "export default function () {}"],
    ["a comment before its parameters", "m.js", "function a /* ( */ () {}"],
    ["an expression", "m.js", "const a = function b() {};"],
    ["settings that count for it alone", "m.js", "function a() { return class { b = 1; }; }"],
    ["settings that count for all of a module that has no imports", "m.cts", "function a() {}"],
    ["no place at the top", "m.js", "{ function a() {} }"],
  ])("are left to the syntax with %s", (_, file, source) => {
    expect(isAnswered(file, source)).toBe(false);
  });

  test("of random programs", () => {
    let count = 0;
    for (let seed = 1; seed <= 150; seed++)
      for (const [file, source] of Object.entries(generateProgram(seed)))
        if (!file.endsWith(".json")) count += answered(file, source);
    expect(count).toBeGreaterThan(150);
  });

  test("of the analyser itself", () => {
    const folder = path.join(import.meta.dirname, "../../src/analyse");
    let count = 0;
    for (const name of globSync("*/*.ts", { cwd: folder }))
      count += answered(name, readFileSync(path.join(folder, name), "utf8"));
    expect(count).toBeGreaterThan(1000);
  });
});
