import { afterAll, describe, expect, test } from "vitest";
import { load, type VersionReport } from "./loading.ts";
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

async function versions(made: Project, entry?: string): Promise<Readonly<Record<string, VersionReport>>> {
  const { versions: found, failure } = await load(made, entry, "--versions");
  expect(failure).toBeUndefined();
  for (const version of Object.values(found!)) expect(version).toHaveProperty("digest");
  return found!;
}

function changed(
  before: Readonly<Record<string, VersionReport>>,
  after: Readonly<Record<string, VersionReport>>,
): string[] {
  return Object.keys(before).filter((name) => before[name]!.digest !== after[name]!.digest);
}

/** A pipeline with types in the way, so that no line is where it was once it is compiled. */
const pipeline = `interface Row {
  x: number;
}
import { stage } from "sluice";
import { clean, type Clean } from "./clean";
import * as my from "./my";

type Rows =
  | Row[]
  | undefined;

enum Limit { Low = 1, High = 2 }
const table = new Map<string, number>();
table.set("a", 1);

export const plain = stage({ x: 1 }, ({ x }: { x: number }): number => x + Limit.High);
export const cleaned = stage({ plain }, ({ plain }) => clean(plain) as Clean);
export const looked = stage({ plain }, () => table.get("a"), {
  check: (value: unknown): boolean => value !== Limit.Low,
});
export const wrapped = my.myStage(() => 1);
export const other = my.myStage(() => 2);
export const years = [2020, 2021].map((year) => my.made({ year: 1, name: String(year) }));
export const looped: unknown[] = [];
for (const name of ["p", "q"]) looped.push(stage({ name }, ({ name }: { name: string }) => name, { name }));
export const later = await my.later(() => 3);
`;

const files: Files = {
  "pipeline.ts": pipeline,
  "clean.ts":
    'import { deep } from "./deep";\nexport type Clean = string;\nexport const clean = (x: number): Clean => deep(x);\nexport const unused = 1;',
  "deep.ts": `type T = 1;\n\nexport function deep(x: number): string {\n  return \`\${x}\`;\n}`,
  "my.ts": `import { stage } from "sluice";
type Fn =
  () => number;
export function myStage(fn: Fn) {
  return stage({}, fn);
}
export const made = ({ year, name }: { year: number; name: string }) => stage({}, () => year, { name });
export async function later(fn: Fn) {
  await Promise.resolve();
  return stage({}, fn);
}`,
};

describe("versions of a pipeline that was loaded", () => {
  const made = project(files);
  let before: Readonly<Record<string, VersionReport>>;

  test("say what each stage reaches, and where it is", async () => {
    before = await versions(made);
    const parts = (name: string): readonly string[] => before[name]!.parts;
    expect(parts("plain")).toEqual(["pipeline.ts#Limit", "pipeline.ts#plain"]);
    expect(parts("cleaned")).toEqual(["clean.ts#clean", "deep.ts#deep", "pipeline.ts#cleaned"]);
    expect(parts("looked")).toEqual([
      "pipeline.ts#Limit",
      "pipeline.ts#looked",
      "pipeline.ts#looked.check",
      "pipeline.ts#table",
      "pipeline.ts#table.set()",
    ]);
    expect(parts("wrapped")).toEqual(["my.ts#myStage", "pipeline.ts#wrapped"]);
    expect(parts("looped[0]")).toEqual(["pipeline.ts#stage()"]);
    expect(before["looped[0]"]!.digest).toBe(before["looped[1]"]!.digest);
    expect(before.plain!.place).toBe("16:22");
    expect(before.wrapped!.place).toBe("5:10");
    expect(Object.values(before).flatMap(({ warnings }) => warnings)).toEqual([]);
  });

  test("are the same in the next process, which parses and compiles nothing", async () => {
    const { versions: again, heavy } = await load(made, "pipeline.ts", "--versions");
    expect(again).toEqual(before);
    expect(heavy).toEqual([]);
  });

  const edits: readonly (readonly [file: string, from: string, to: string, stages: readonly string[]])[] = [
    ["pipeline.ts", "x + Limit.High", "x - Limit.High", ["plain"]],
    ["pipeline.ts", "High = 2", "High = 3", ["plain", "looked"]],
    ["pipeline.ts", 'set("a", 1)', 'set("a", 2)', ["looked"]],
    ["pipeline.ts", "value !== Limit.Low", "value === Limit.Low", ["looked"]],
    ["pipeline.ts", "() => 1", "() => 5", ["wrapped"]],
    ["pipeline.ts", "() => 3", "() => 5", ["later"]],
    ["pipeline.ts", "year: 1", "year: 2", ["years[0]", "years[1]"]],
    ["pipeline.ts", "=> name, { name }", "=> name + name, { name }", ["looped[0]", "looped[1]"]],
    ["pipeline.ts", "x: number;\n}", "x: number;\n  y: string; // more\n}", []],
    ["deep.ts", `\`\${x}\``, `\`\${x} \``, ["cleaned"]],
    ["deep.ts", "type T = 1;", "type T = 2;\n/** deep */", []],
    ["clean.ts", "unused = 1", "unused = 2", []],
    ["my.ts", "() => year", "() => year + 1", ["years[0]", "years[1]"]],
  ];
  for (const [file, from, to, stages] of edits) {
    test(`an edit of ${from} changes ${stages.join(", ") || "nothing"}`, async () => {
      before ??= await versions(made);
      made.write({ [file]: files[file]!.replace(from, to) });
      try {
        expect(changed(before, await versions(made)).sort()).toEqual([...stages].sort());
      } finally {
        made.write({ [file]: files[file]! });
      }
    });
  }
});

test("a module that is loaded only when a stage runs", async () => {
  const made = project({
    "pipeline.ts": 'import { stage } from "sluice";\nexport const a = stage({}, async () => (await import("./m")).x);',
    "m.ts": 'import { helper } from "pkg";\nexport const x = () => helper();\nexport const y = 1;',
    "node_modules/pkg/package.json": '{"name":"pkg","version":"1.2.3"}',
  });
  const { a } = await versions(made);
  expect(a!.parts).toEqual(["#pkg@1.2.3", "m.ts#x", "pipeline.ts#a"]);
  const warm = await load(made, "pipeline.ts", "--versions");
  expect(warm.heavy).toEqual([]);
  expect(warm.versions).toEqual({ a });
});

test("CommonJS and JavaScript pipelines", async () => {
  const made = project({
    "pipeline.cjs":
      'const { stage } = require("sluice");\nconst help = () => 1;\nconst other = () => 2;\nmodule.exports = { a: stage({}, () => help()), b: stage({}, () => other()) };',
    "pipeline.js":
      'import * as sluice from "sluice";\nimport { a as x } from "./pipeline.cjs";\nconst help = () => [1, x];\nexport const a = sluice.stage({}, () => help());',
  });
  const before = await versions(made, "pipeline.cjs");
  expect(before.a!.parts).toEqual(["pipeline.cjs#help", "pipeline.cjs#module.exports ="]);
  made.write({
    "pipeline.cjs":
      'const { stage } = require("sluice");\nconst help = () => 3;\nconst other = () => 2;\nmodule.exports = { a: stage({}, () => help()), b: stage({}, () => other()) };',
  });
  expect(changed(before, await versions(made, "pipeline.cjs"))).toEqual(["a"]);
  expect((await versions(made, "pipeline.js")).a!.parts).toContain("pipeline.js#help");
});

test("a package that declares stages for its callers", async () => {
  const made = project({
    "pipeline.ts":
      'import { define } from "define";\nconst one = 1;\nexport const a = define("x", () => one);\nexport const b = define("y", () => 2);',
    "node_modules/define/package.json": '{"name":"define","version":"1.0.0","type":"module","exports":"./index.js"}',
    "node_modules/define/index.js":
      'import { stage } from "sluice";\nexport const define = (name, fn) => stage({}, fn, { name });',
  });
  const { a, b } = await versions(made);
  expect(a!.parts).toContain("pipeline.ts#one");
  expect(a!.parts).toContain("#define@1.0.0");
  expect(b!.parts).not.toContain("pipeline.ts#one");
});
