import { symlinkSync } from "node:fs";
import path from "node:path";
import { Driver, type WiringProblem, type WiringReport } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FlowProject } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  const compiler = path.resolve(import.meta.dirname, "../../../node_modules/typescript");
  symlinkSync(compiler, path.join(project.dir, "node_modules/typescript"));
});
afterEach(() => project[Symbol.dispose]());

// TypeScript reads all that Sluice's types are made of, and the machine may be busy.
vi.setConfig({ testTimeout: 180_000 });

/** What a person would read of the problems, with places relative to the project. */
function told({ problems }: WiringReport): string[] {
  const at = (where: WiringProblem["where"]): string =>
    where ? `${path.relative(project.dir, where.file)}:${where.line}:${where.column}` : "nowhere";
  return problems.map(
    ({ message, where, giver }) => `${message} @ ${at(where)}${giver?.where ? ` <- ${at(giver.where)}` : ""}`,
  );
}

const wrappers =
  "cached, checkOutput, collect, dataLoader, each, extractFields, group, inject, inputs, loadFrom, parallel, parameterize, pipeInput, pipeOutput, source, step, tag, unpackFields, when, whenNot";

const wrong = `import { ${wrappers} } from "sluice/dataflow";
export interface Order { country: string; amount: { value: string } }
interface Sale { country: string; amount: { value: number } }
export async function orders(raw: string): Promise<Order[]> { return []; }
export const totals = ({ orders, least = 0 }: { orders: Sale[]; least?: number }) => orders.length + least;
export function* rows(totals: number) { yield { a: totals }; }
export const all = async (rows: Iterable<number>, least: string) => rows;
export const split = extractFields(["train", "test"], (totals: number) => ({ train: [totals], test: "x" }));
export const model = (train: string[], test: string) => 1;
export const first = <T,>(train: T[]): T => train[0]!;
export const usesFirst = (first: string) => first;
export const second = <T extends string>(train: T[]): T => train[1]!;
const trim = (x: number) => x;
export const piped = pipeInput("test", [step(trim)], (test: string) => test);
export const weeks = parameterize({
  week: { days: 7, rows: source("train") }, bad: { days: "7", rows: source("train") },
}, (rows: number[], days: number) => 1);
export const grouped = inject({ parts: group([source("totals"), source("test")]) }, (parts: number[]) => 1);
export const named = inputs(["totals", "x?"], (a: boolean, b = 2) => 1);
export const variant__a = when({ mode: "a" }, (mode: "b") => 1);
export const variant__b = whenNot({ mode: "a" }, () => "not this one");
export const table = cached({ format: "csv" }, (mode: string) => [{ a: 1 }]);
export const page = cached({ format: "file" }, () => "page.html");
export const deep = tag({ a: "b" }, checkOutput({ test: () => true }, (table: { a: string }[], page: string, variant: string) => 1));
export const pair = unpackFields(["low", "high"], (): [number, string] => [1, "a"]);
export const between = ({ low, high }: { low: number; high: number }) => high - low;
export const item = parallel((totals: number) => [String(totals)]);
export const perItem = (item: number) => [item];
export const joined = collect("perItem", (perItem: number[]) => perItem.length);
export const many = (low: { a: { b: Map<string, number[]> } }) => 1;
`;

const expected = [
  '"totals" takes "orders" as Sale[], and gets Order[] @ flow.ts:5:26 <- flow.ts:4:23',
  '"all" takes "rows" as Iterable<number>, and gets RowsHandle<{ a: number; }> @ flow.ts:7:27 <- flow.ts:6:18',
  '"model" takes "train" as string[], and gets number[] @ flow.ts:9:23 <- flow.ts:8:14',
  '"usesFirst" takes "first" as string, and gets number @ flow.ts:11:27 <- flow.ts:10:14',
  '"second" takes "train" as string[], and gets number[] @ flow.ts:12:42 <- flow.ts:8:14',
  '"piped.trim" takes "x" as number, and gets string from "test" @ flow.ts:13:15 <- flow.ts:8:14',
  '"piped" takes "test" as string, and gets number from "piped.trim" @ flow.ts:14:55 <- flow.ts:13:7',
  '"bad" takes "days" as number, and gets "7" from a plain value @ flow.ts:17:21',
  '"grouped" takes "parts" as number[], and gets [number, string] from the group of totals, test @ flow.ts:18:86',
  '"named" takes "totals" as boolean, and gets number @ flow.ts:19:48 <- flow.ts:5:14',
  '"variant" takes "mode" as "b", and gets "a" @ flow.ts:20:48',
  '"deep" takes "table" as { a: string; }[], and gets { a: number; }[] @ flow.ts:24:72 <- flow.ts:22:14',
  '"deep" takes "page" as string, and gets FileHandle @ flow.ts:24:96 <- flow.ts:23:14',
  '"deep" takes "variant" as string, and gets number @ flow.ts:24:110 <- flow.ts:20:14',
  '"between" takes "high" as number, and gets string @ flow.ts:26:32 <- flow.ts:25:14',
  '"perItem" takes "item" as number, and gets string @ flow.ts:28:25 <- flow.ts:27:14',
  '"joined" takes "perItem" as number[], and gets number[][] @ flow.ts:29:43 <- flow.ts:28:14',
  '"many" takes "low" as { a: { b: Map<string, number[]>; }; }, and gets number @ flow.ts:30:22 <- flow.ts:25:14',
  'no value suits all who read the input "least": it is taken as number | undefined by "totals", as string by "all" @ flow.ts:5:34',
];

describe("wrong wires are told with both places", () => {
  test.each([
    ["a module by its path", 'withModules("./flow.ts")'],
    ["what nothing in the source tells", "withModules(...[features])"],
  ])("of %s", async (_, call) => {
    project.write("flow.ts", wrong);
    project.write(
      "main.ts",
      `import { Driver } from "sluice/dataflow";
       import * as features from "./flow.ts";
       const driver = Driver.builder().${call}.withConfig({ mode: "a" }).build();
       console.log(JSON.stringify(await driver.validate()));`,
    );
    const report = await project.run("main.ts");
    expect(told(report).toSorted()).toEqual(expected.toSorted());
    expect(report.nodes).toBe(29);
    expect(report.inputs.toSorted()).toEqual(["least", "mode", "raw", "x"]);
    expect(report.typed).toBe(report.wires);
    const deep = report.problems.find(({ node }: WiringProblem) => node === "totals");
    expect(deep).toMatchObject({
      reason: "invalid-definition",
      parameter: "orders",
      takes: "Sale[]",
      gives: "Order[]",
      explanation: [
        "Type 'Order[]' is not assignable to type 'Sale[]'.",
        "  Type 'Order' is not assignable to type 'Sale'.",
        "    The types of 'amount.value' are incompatible between these types.",
        "      Type 'string' is not assignable to type 'number'.",
      ].join("\n"),
    });
  });

  test("of objects of functions, functions that others made, and inputs of known types", async () => {
    project.write(
      "main.ts",
      `import { Driver } from "sluice/dataflow";
const make = (by: number) => (x: number) => x + by;
const flow = {
  words: ({ text }: { text: string }) => text.split(" "),
  count(words: number[], limit: number) { return words.length; },
  more: make(5),
  odd: (count: string) => count,
};
const driver = Driver.builder().withModules(flow)
  .withInputs<{ text: string; limit: "all"; x: number | string; nobody?: 1 }>().build();
console.log(JSON.stringify(await driver.validate()));`,
    );
    expect(told(await project.run("main.ts")).toSorted()).toEqual([
      '"count" takes "limit" as number, and gets "all" @ main.ts:5:26',
      '"count" takes "words" as number[], and gets string[] @ main.ts:5:9 <- main.ts:4:3',
      '"more" takes "x" as number, and gets string | number @ main.ts:2:31',
      '"odd" takes "count" as string, and gets number @ main.ts:7:9 <- main.ts:5:3',
      'no node reads the input "nobody" @ nowhere',
    ]);
  });

  test("of nodes of a pipeline, and modules that know of each other", async () => {
    const base = project.write(
      "base.ts",
      `import { file, param, stage } from "sluice";
       export const limit = param(5);
       export const source = file("a.txt");
       export const lines = stage({ source }, async ({ source }) => (await source.text()).split("\\n"));`,
    );
    const more = project.write(
      "more.ts",
      "export const cut = (lines: string[], limit: string) => lines.slice(0, Number(limit));\nexport const size = (source: string, cut: string[]) => source;",
    );
    await using driver = Driver.builder().withModules(base, more).build();
    expect(told(await driver.validate()).map((line) => line.replace(/ <-.*/, ""))).toEqual([
      '"cut" takes "limit" as string, and gets number @ more.ts:1:38',
      '"size" takes "source" as string, and gets FileHandle @ more.ts:2:22',
    ]);
  });
});

describe("what is right passes", () => {
  test("wrappers, generics, overloads, defaults, destructuring, config", async () => {
    project.write(
      "flow.ts",
      `import { ${wrappers} } from "sluice/dataflow";
interface All { raw: string; unused: number }
export async function text(raw: string) { return raw; }
export const words = ({ text }: { text: string; others: number }) => text.split(" ");
export const wide = ({ raw }: All) => raw;
export const count = (words: readonly string[], min = 1, { top = 3 }: { top?: number } = {}) => words.length + min + top;
export const same = <T,>(words: T): T => words;
export const firstOf = <K extends string, V>(pairs: ReadonlyMap<K, V>): [K, V] => [...pairs][0]!;
export const pairs = () => new Map<"a", 1>([["a", 1]]);
export const checked = (same: string[], firstOf: ["a", 1]) => 1;
export function over(count: number): string;
export function over(count: string): number;
export function over(count: unknown): unknown { return count; }
export const afterOver = (over: string) => over;
export function* rows(count: number) { yield { count }; }
export const list = async (rows: { toArray(): Promise<{ count: number }[]> }) => rows.toArray();
export const loaded = dataLoader(async (raw: string) => ({ raw }));
export const model__a = when({ mode: "a" }, (mode: "a" | "b", sizes: number[], options: { deep: boolean }) => 1);
export const model__b = whenNot({ mode: "a" }, () => "b");
export const useModel = (model: number) => model;
export const both = inject({ words: source("count"), by: 2 }, (words: number, by: number) => words * by);
export const parts = inject({ all: group({ a: source("count"), b: source("text") }) }, (all: { a: number; b: string }) => all);
export const shout = pipeOutput([step((x: string) => x.length, {}, { name: "length" })], (text: string) => text);
export const loud = (shout: number) => shout;
export const clean = pipeInput("text", [step((x: string, count: number) => x.slice(count), {}, { name: "cut" })], (text: string) => text);
export const cases = parameterize({ low: { x: source("count") }, high: { x: 3 } }, (x: number) => x);
export const sum = (low: number, high: number) => low + high;
export const word = parallel(async function* (words: string[]) { yield* words; });
export const size = each((word: string) => word.length);
export const pairOf = (word: string, size: number) => ({ word, size });
export const longest = collect({ sizes: "size", pairOf: "pairOf" }, (sizes: number[], pairOf: { word: string }[]) => pairOf[0]);
export const file = loadFrom("csv", { path: "a.csv" }, (rows: { amount: number }[]) => rows);
export const made = loadFrom((path: string) => path.length, { path: "a.csv" }, (length: number) => length);
export const any = (text: any, words: unknown) => text;
export const afterAny = (any: number) => any;
`,
    );
    project.write(
      "main.ts",
      `import { Driver } from "sluice/dataflow";
       const config = { mode: "a", sizes: [1, 2], options: { deep: true } };
       const driver = Driver.builder().withModules("./flow.ts").withConfig(config).build();
       console.log(JSON.stringify(await driver.validate()));`,
    );
    const report = await project.run("main.ts");
    expect(told(report)).toEqual([]);
    expect(report.notes).toEqual([]);
  });

  test("modules in JavaScript count by their JSDoc, and what has no types passes", async () => {
    const file = project.write(
      "flow.mjs",
      `/** @param {string} raw @returns {number} */
export function size(raw) { return raw.length; }
/** @param {string} size */
export const wrong = (size) => size;
export const untyped = (size, wrong) => size + wrong;
export const after = (untyped) => untyped.anything;`,
    );
    await using driver = Driver.builder().withModules(file).build();
    expect(told(await driver.validate())).toEqual([
      '"wrong" takes "size" as string, and gets number @ flow.mjs:4:23 <- flow.mjs:2:17',
    ]);
  });

  test("the settings of the project count", async () => {
    project.write(
      "flow.ts",
      "export const maybe = (): number | undefined => 1;\nexport const sure = (maybe: number) => maybe;\nexport const aliased = (sure: import('#types').Count) => sure;",
    );
    project.write("types.ts", "export type Count = string;");
    project.write(
      "main.ts",
      `import { Driver } from "sluice/dataflow";
       const driver = Driver.builder().withModules(new URL("./flow.ts", import.meta.url)).build();
       console.log(JSON.stringify(await driver.validate().catch(({ failure }) => failure)));`,
    );
    const validate = async (options: object): Promise<string[]> => {
      project.write("tsconfig.json", JSON.stringify({ compilerOptions: options }));
      return told(await project.run("main.ts")).map((line) => line.split(",")[0]!);
    };
    const paths = { module: "nodenext", paths: { "#types": ["./types.ts"] } };
    expect(await validate({ ...paths, strict: false })).toEqual(['"aliased" takes "sure" as string']);
    expect(await validate({ ...paths, strict: true })).toEqual([
      '"sure" takes "maybe" as number',
      '"aliased" takes "sure" as string',
    ]);
    project.write("tsconfig.json", "{ wrong");
    expect(await project.run("main.ts")).toMatchObject({
      reason: "usage",
      where: { file: path.join(project.dir, "tsconfig.json") },
    });
  });
});

test("missing and unused inputs are told at once with wrong types", async () => {
  const file = project.write(
    "flow.ts",
    "export const total = (prices: number[]) => 1;\nexport const report = (totl: number, total: string, rate = 1) => totl;",
  );
  await using driver = Driver.builder().withModules(file).build();
  expect((await driver.validate()).notes).toEqual([
    '"totl" is no node, so it is an input; did you mean the node "total"?',
  ]);
  const { problems } = await driver.validate({ inputs: { prices: [1], rat: 2, total: 3 } });
  expect(problems.map(({ reason, message, hint }) => ({ reason, message, hint }))).toEqual([
    {
      reason: "missing-parameter",
      message: 'an input is missing: "totl" (read by "report")',
      hint: 'did you mean the node "total"?',
    },
    { reason: "unknown-parameter", message: 'no node reads the input "rat"', hint: 'did you mean "rate"?' },
    { reason: "usage", message: '"total" is a node, and is among the inputs', hint: "take it out of the inputs" },
    {
      reason: "invalid-definition",
      message: '"report" takes "total" as string, and gets number',
      hint: undefined,
    },
  ]);
});
