import {
  cached,
  checkOutput,
  Driver,
  extractFields,
  group,
  inject,
  parameterize,
  pipeInput,
  pipeOutput,
  source,
  step,
  tag,
  unpackFields,
  value,
  when,
  whenIn,
  whenNot,
  whenNotIn,
} from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject, failing } from "./rig.ts";

const seen = { calls: [] as string[], warned: [] as string[] };
Object.assign(globalThis, { dataflowWrapped: seen });

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  seen.calls = [];
});
afterEach(() => project[Symbol.dispose]());

async function values(module: object, targets: readonly string[], inputs: Record<string, unknown> = {}, config = {}) {
  await using driver = Driver.builder()
    .withModules(module as Record<string, () => unknown>)
    .withConfig(config)
    .build();
  return (await driver.execute(targets, { inputs })) as Record<string, unknown>;
}

describe("wrappers", () => {
  test("leave a function what it is, with its name and arity", () => {
    const add = (a: number, b: number): number => a + b;
    const wrapped = tag({ a: "b" }, cached({ format: "json" }, checkOutput({ range: [0, 9] }, add)));
    expect(wrapped(1, 2)).toBe(3);
    expect([wrapped.name, wrapped.length]).toEqual(["add", 2]);
  });

  test("can be put around each other in any order", async () => {
    const fn = (x: number): { a: number } => ({ a: x });
    const module = {
      one: tag({ k: "1" }, extractFields(["a"], cached({ format: "json" }, fn))),
    };
    expect(await values(module, ["one", "a"], { x: 1 })).toEqual({ one: { a: 1 }, a: 1 });
    const driver = Driver.builder().withModules(module).build();
    expect(driver.listAvailableVariables({ tags: { k: ["0", "1"] } }).map(({ name }) => name)).toEqual(["one", "a"]);
    expect(driver.listAvailableVariables({ tags: { k: "2" } })).toEqual([]);
  });

  test.each([
    ["linear", "linear: 1"],
    ["tree", "tree: 1"],
    ["forest", "other: 1"],
  ])("when and its like choose a variant by the config: %s", async (model, expected) => {
    const module = {
      model__linear: when({ model: "linear" }, (x: number) => `linear: ${x}`),
      model__tree: whenIn({ model: ["tree", "bush"] }, (x: number) => `tree: ${x}`),
      model__other: whenNotIn({ model: ["linear", "tree", "bush"] }, (x: number) => `other: ${x}`),
      extra: whenNot({ model: "linear" }, () => "extra"),
    };
    expect(await values(module, ["model"], { x: 1 }, { model })).toEqual({ model: expected });
    const driver = Driver.builder().withModules(module).withConfig({ model }).build();
    expect(driver.listAvailableVariables().some(({ name }) => name === "extra")).toBe(model !== "linear");
  });

  test("a node that no variant of is there for the config is told of as such", async () => {
    const module = {
      scaled__metric: when({ unit: "metric", tidy: true }, (total: number) => total),
      scaled__imperial: whenNot(
        { tidy: true },
        whenIn({ unit: ["imperial", "us"] }, (total: number) => total),
      ),
      report: (scaled: number) => scaled,
    };
    for (const config of [{}, { unit: "furlong" }]) {
      const driver = Driver.builder().withModules(module).withConfig(config).build();
      const failure = await failing(() => driver.execute(["report"], { inputs: { total: 1 } }));
      expect(failure).toMatchObject({ reason: "unknown-parameter" });
      expect(await failing(() => driver.execute(["report"]))).toMatchObject({
        reason: "missing-parameter",
        message: 'an input is missing: "scaled" (read by "report")',
        hint:
          "\"scaled\" is a node when({ unit: 'metric', tidy: true }), or " +
          "whenNot({ tidy: true }) and whenIn({ unit: [ 'imperial', 'us' ] }): see withConfig()",
      });
    }
  });

  test("two variants that both hold are a clash", async () => {
    const module = { m__a: when({ x: 1 }, () => 1), m__b: when({ x: 1 }, () => 2) };
    expect(await failing(() => Driver.builder().withModules(module).withConfig({ x: 1 }).build())).toMatchObject({
      reason: "duplicate-name",
    });
  });

  test("parameterize makes nodes with values and sources of their own", async () => {
    const module = {
      sales: () => [1, 2, 3, 4],
      averages: parameterize(
        { last: { rows: source("sales"), days: 1 }, all: { rows: source("sales"), days: value(4) } },
        (rows: number[], days: number) => rows.slice(-days).reduce((sum, row) => sum + row, 0) / days,
      ),
    };
    expect(await values(module, ["last", "all"])).toEqual({ last: 4, all: 2.5 });
    const wrong = { p: parameterize({ a: { nothing: 1 } }, (x: number) => x) };
    expect(await failing(() => Driver.builder().withModules(wrong).build())).toMatchObject({
      reason: "usage",
      hint: "it takes x",
    });
  });

  test("inject wires sources, values and groups", async () => {
    const module = {
      a: () => 1,
      b: () => 2,
      sum: inject(
        { list: group([source("a"), source("b"), value(3)]), by: group({ x: source("b"), y: group([value(1)]) }) },
        (list: number[], by: { x: number; y: number[] }) => [list, by],
      ),
    };
    expect(await values(module, ["sum"])).toEqual({ sum: [[1, 2, 3], { x: 2, y: [1] }] });
  });

  test("a source that is named must be there, even for what has a default", async () => {
    const module = { a: () => 1, b: inject({ x: source("aa") }, (x = 5) => x) };
    expect(await failing(() => values(module, ["b"]))).toMatchObject({
      reason: "missing-parameter",
      hint: 'for "aa", did you mean the node "a"?',
    });
  });

  test("extractFields and unpackFields make nodes of what is inside; a field that is not there is said", async () => {
    const module = {
      split: extractFields(["train"], () => ({ train: [1], test: [2] })),
      bounds: unpackFields(["low", "high"], (): [number, number] => [1, 2]),
      size: (train: number[], high: number) => train.length + high,
    };
    expect(await values(module, ["size", "low"])).toEqual({ size: 3, low: 1 });
    const short = { bounds: unpackFields(["low", "high"], () => [1]) };
    expect(await failing(() => values(short, ["high"]))).toMatchObject({
      message: 'what "bounds" gives has no member 1',
    });
  });

  test("pipes send a parameter, or a result, through steps that are nodes", async () => {
    const trimmed = (text: string): string => text.trim();
    const cut = (text: string, length: number): string => text.slice(0, length);
    const loud = (text: string): string => text.toUpperCase();
    const module = {
      title: pipeInput(
        "raw",
        [step(trimmed), step(cut, { length: 3 }), step(cut, { length: 2 })],
        (raw: string) => `# ${raw}`,
      ),
      shout: pipeOutput([step(trimmed), step(loud, {}, { name: "louder" })], (raw: string) => `${raw}!`),
    };
    expect(
      await values(module, ["title", "title.trimmed", "title.cut_2", "shout", "shout.raw"], { raw: " abcd " }),
    ).toEqual({
      title: "# ab",
      "title.trimmed": "abcd",
      "title.cut_2": "ab",
      shout: "ABCD !",
      "shout.raw": " abcd !",
    });
  });

  test.each([
    ["a range", { range: [0, 1] }, [0.5, [0, 1, null]], [2, [0, -1], ["a"]]],
    ["values", { values: ["a", "b"] }, ["a", ["a", "b"]], ["c", ["a", "c"]]],
    ["a type", { type: "string" }, ["a", ["b"]], [1, ["a", 1]]],
    ["no nulls", { allowNulls: false }, [[1]], [[1, Number.NaN], [null]]],
    ["few nulls", { maxFractionNulls: 0.5 }, [[1, null]], [[null, null, 1]]],
    ["a mean", { meanInRange: [1, 2] }, [[1, 2], 1.5], [[5], []]],
    ["a deviation", { maxStandardDeviation: 1 }, [[1, 2, 3]], [[0, 100]]],
    ["something inside", { contains: "x" }, ["axb", ["x"]], ["ab", ["y"]]],
    ["not nothing", { allowNone: false }, [1], [null]],
  ] as const)("checkOutput: %s", async (_, checks, good, bad) => {
    const module = { checked: checkOutput(checks as object, (x: unknown) => x) };
    for (const x of good) expect(await values(module, ["checked"], { x })).toEqual({ checked: x });
    for (const x of bad) {
      const given = x === null ? { overrides: {}, inputs: { x: null } } : { inputs: { x } };
      expect(await failing(() => values(module, ["checked"], given.inputs))).toMatchObject({ reason: "check-failed" });
    }
  });

  test("checkOutput takes schemas and functions, and says what is wrong at the call", async () => {
    const schema = {
      "~standard": {
        validate: (x: unknown) =>
          x === 1 ? { value: x } : { issues: [{ message: "is not one", path: ["a", { key: 0 }] }] },
      },
    };
    const module = { checked: checkOutput({ schema: () => schema, test: (x) => x === 1 || "no" }, (x: number) => x) };
    expect(await values(module, ["checked"], { x: 1 })).toEqual({ checked: 1 });
    expect(await failing(() => values(module, ["checked"], { x: 2 }))).toMatchObject({
      message: 'checked did not pass the check "schema": a.0: is not one',
    });
    const none = checkOutput({ schema: () => undefined as never }, (x: number) => x);
    expect((await failing(() => values({ none }, ["none"], { x: 1 }))).message).toBe(
      "the function that is to give a schema gave undefined",
    );
    expect(await failing(() => checkOutput({}, () => 1))).toMatchObject({ reason: "usage" });
    expect(await failing(() => checkOutput({ range: [2, 1] }, () => 1))).toMatchObject({ reason: "usage" });
    expect(await failing(() => cached({ behaviour: "default" } as never, () => 1))).toMatchObject({ reason: "usage" });
  });

  test("a check that only warns is said again on a hit, and a changed check is a change of code", async () => {
    const text = (most: number): string => `
      import { checkOutput } from "sluice/dataflow";
      export const n = checkOutput({ range: [0, ${most}], importance: "warn" }, (x: number) => { (globalThis as any).dataflowWrapped.calls.push("n"); return x; });
    `;
    const run = async (file: string): Promise<readonly string[]> => {
      const warned: string[] = [];
      await using driver = Driver.builder().withModules(file).withCache({ path: project.dir }).build();
      await driver.execute(["n"], {
        inputs: { x: 5 },
        onEvent: (event) => event.type === "warning" && warned.push(event.failure.message),
      });
      return warned;
    };
    const first = project.write("one/flow.ts", text(1));
    const warning = 'n did not pass the check "range": 5 is not from 0 to 1';
    expect(await run(first)).toEqual([warning]);
    expect(await run(first)).toEqual([warning]);
    expect(seen.calls).toEqual(["n"]);
    expect(await run(project.write("two/flow.ts", text(9)))).toEqual([]);
    expect(seen.calls).toEqual(["n", "n"]);
  });
});
