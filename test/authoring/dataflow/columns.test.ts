import { Field, List, Table, tableFromArrays, Utf8, vectorFromArray } from "apache-arrow";
import fc from "fast-check";
import { stage } from "sluice";
import {
  checkOutput,
  Driver,
  extractColumns,
  inject,
  parameterize,
  schema,
  source,
  subdag,
  tag,
  value,
  when,
} from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { FlowProject, failing } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

async function values(module: object, targets: readonly string[], inputs: Record<string, unknown> = {}, config = {}) {
  await using driver = Driver.builder()
    .withModules(module as Record<string, () => unknown>)
    .withConfig(config)
    .build();
  return (await driver.execute(targets, { inputs })) as Record<string, unknown>;
}

const words = new Table({
  name: vectorFromArray(["a", null], new Utf8()),
  tags: vectorFromArray([["x"], ["y", "z"]], new List(new Field("item", new Utf8()))),
});

describe("extractColumns", () => {
  test.each([
    [
      "rows",
      [
        { id: 1, name: "a" },
        { id: 2, name: "b" },
      ],
      { id: [1, 2], name: ["a", "b"] },
    ],
    ["a table", tableFromArrays({ id: Int32Array.of(1, 2), name: ["a", "b"] }), { id: [1, 2], name: ["a", "b"] }],
    ["nulls and lists of a table", words, { name: ["a", null], tags: [["x"], ["y", "z"]] }],
    ["no rows of a table", tableFromArrays({ id: Int32Array.of() }), { id: [] }],
  ])("of %s", async (_, given, expected) => {
    const names = Object.keys(expected);
    const module = { data: extractColumns(names as never[], (given: object) => given) };
    expect(await values(module, names, { given })).toEqual(expected);
  });

  test("of whatever has getColumn(name), and of rows that come one by one", async () => {
    const frame = { getColumn: (name: string) => ({ toArray: () => [name, 1] }) };
    const module = {
      frame: extractColumns(["a"], () => frame),
      rows: extractColumns(["b"] as never[], function* () {
        yield { b: 1 };
        yield { b: 2 };
      }),
    };
    expect(await values(module, ["a", "b"])).toEqual({ a: ["a", 1], b: [1, 2] });
  });

  test("what is not there is told", async () => {
    const module = (given: unknown) => ({ data: extractColumns(["a"] as never[], () => given) });
    for (const [given, message] of [
      [[{ a: 1 }, { b: 1 }], 'what "data" gives has no column "a" in row 1'],
      [tableFromArrays({ b: [1] }), 'what "data" gives has no column "a"'],
      [5, 'what "data" gives is 5, not rows or a table'],
    ]) {
      expect(await failing(() => values(module(given), ["a"]))).toMatchObject({ reason: "stage-failed", message });
    }
    expect(await failing(() => extractColumns([] as never[], () => []))).toMatchObject({ reason: "usage" });
  });

  test("what reads one column is reused while that is the same", async () => {
    project.write(
      "flow.ts",
      `import { extractColumns } from "sluice/dataflow";
       export const data = extractColumns(["a", "b"], (n: number) => [{ a: 1, b: n }]);
       export const ofA = (a: number[]) => a[0];
       export const ofB = (b: number[]) => b[0];`,
    );
    const ran = async (n: number): Promise<string[]> => {
      const names: string[] = [];
      await using driver = Driver.builder()
        .withModules(`${project.dir}/flow.ts`)
        .withCache({ path: project.dir })
        .build();
      const onEvent = (event: { type: string; node?: string }) =>
        event.type === "node-started" && names.push(event.node!);
      await driver.execute(["ofA", "ofB"], { inputs: { n }, onEvent });
      return names.toSorted();
    };
    await ran(1);
    expect(await ran(2)).toEqual(["a", "b", "data", "ofB"]);
    expect(await ran(2)).toEqual([]);
  });

  test("columns of rows are the rows again", async () => {
    const rows = fc.array(fc.record({ a: fc.integer(), b: fc.option(fc.string()) }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        const module = { data: extractColumns(["a", "b"], () => given) };
        const { a, b } = await values(module, ["a", "b"]);
        expect((a as unknown[]).map((each, i) => ({ a: each, b: (b as unknown[])[i] }))).toEqual(given);
      }),
      { numRuns: 20 },
    );
  });
});

test("a table that is wired as a plain value reaches the function", async () => {
  const module = { count: inject({ table: words }, (table: Table) => table.numRows) };
  expect(await values(module, ["count"])).toEqual({ count: 2 });
});

describe("schema", () => {
  const rows = [{ id: 1, at: new Date(0), note: null }];
  test.each<[string, unknown, Record<string, string>, string | undefined]>([
    ["rows that fit", rows, { id: "number", at: "date", note: "string?" }, undefined],
    ["any", [{ id: Symbol.iterator.toString() }], { id: "any" }, undefined],
    ["a column that is missing and may be", rows, { more: "string?" }, undefined],
    ["a column that is missing", rows, { more: "string" }, 'row 0 has no column "more"'],
    ["null where none may be", rows, { note: "string" }, '"note" of row 0 is null, not string'],
    ["another type", rows, { id: "string" }, '"id" of row 0 is 1, not string'],
    ["no rows at all", 5, { id: "string" }, "it is 5, not an array of rows or an Arrow table"],
    ["a row that is none", [5], { id: "string" }, "row 0 is 5"],
    ["a table", tableFromArrays({ id: Int32Array.of(1) }), { id: "number" }, undefined],
    ["a table by names of Arrow", tableFromArrays({ id: Int32Array.of(1) }), { id: "Int32" }, undefined],
    [
      "a table of another type",
      tableFromArrays({ id: Int32Array.of(1) }),
      { id: "Float64" },
      'the column "id" is of Int32, not Float64',
    ],
    [
      "a table of another kind",
      tableFromArrays({ id: Int32Array.of(1) }),
      { id: "bigint" },
      'the column "id" is of Int32, not bigint',
    ],
    [
      "a table without the column",
      tableFromArrays({ id: Int32Array.of(1) }),
      { name: "string" },
      'it has no column "name"',
    ],
    ["nulls in a table", words, { name: "string" }, 'the column "name" has 1 nulls, and is string'],
    ["nulls in a table that may be", words, { name: "Utf8?" }, undefined],
  ])("%s", async (_, given, columns, wrong) => {
    const module = { data: schema(columns, () => given) };
    if (wrong === undefined) return void (await values(module, ["data"]));
    const failure = await failing(() => values(module, ["data"]));
    expect(failure).toMatchObject({ reason: "check-failed", message: expect.stringContaining(wrong) });
  });

  test("of a library, checked as well", async () => {
    const module = {
      data: schema(
        () => z.array(z.object({ id: z.number() })),
        (id: unknown) => [{ id }],
      ),
    };
    expect(await values(module, ["data"], { id: 1 })).toEqual({ data: [{ id: 1 }] });
    expect(await failing(() => values(module, ["data"], { id: "x" }))).toMatchObject({ reason: "check-failed" });
  });

  test("is shown, beside tags and checks", () => {
    const module = {
      data: tag(
        { a: "b" },
        schema(
          { id: "number" },
          checkOutput({ allowNone: false }, () => [{ id: 1 }]),
        ),
      ),
    };
    const [data] = Driver.builder().withModules(module).build().listAvailableVariables();
    expect(data).toMatchObject({ name: "data", schema: { id: "number" }, tags: { a: "b" } });
  });

  test.each([[{}], [{ id: "nubmer" }], [{ id: 1 }], [5]])("%j is none", async (columns) => {
    expect(await failing(() => schema(columns as never, () => []))).toMatchObject({ reason: "usage" });
  });

  test("what was kept under another schema is not reused", async () => {
    const flow = (type: string): string =>
      `import { schema } from "sluice/dataflow";\nexport const data = schema({ id: "${type}" }, () => [{ id: 1 }]);`;
    const go = async (name: string, type: string): Promise<unknown> => {
      await using driver = Driver.builder()
        .withModules(project.write(name, flow(type)))
        .withCache({ path: project.dir })
        .build();
      return await driver.execute(["data"]);
    };
    await go("one.ts", "number");
    expect(await failing(() => go("two.ts", "string"))).toMatchObject({ reason: "check-failed" });
  });
});

describe("subdag", () => {
  const features = {
    recent: (sales: number[], days: number) => sales.slice(-days),
    mean: (recent: number[], unit = "") => `${recent.reduce((sum, each) => sum + each, 0) / recent.length}${unit}`,
  };
  const sales = { france: () => [1, 2, 3, 4], italy: () => [10, 20] };

  test("has nodes of its own, wired to what is around it", async () => {
    const module = {
      ...sales,
      week: subdag(
        { modules: [features], inputs: { sales: source("france"), days: value(2) } },
        (mean: string) => `week ${mean}`,
      ),
      year: subdag(
        { modules: [features], inputs: { sales: source("italy"), days: 9 }, namespace: "long" },
        (mean: string, week: string) => [mean, week],
      ),
    };
    const targets = ["week", "year", "week.recent", "long.recent", "long.mean"];
    expect(await values(module, targets, { unit: " EUR" })).toEqual({
      week: "week 3.5 EUR",
      year: ["15 EUR", "week 3.5 EUR"],
      "week.recent": [3, 4],
      "long.recent": [10, 20],
      "long.mean": "15 EUR",
    });
    const driver = Driver.builder().withModules(module).build();
    expect(driver.upstreamOf("week.recent").map(({ name }) => name)).toEqual(["france", "week.recent"]);
  });

  test("two of the same modules share nothing wrongly, in the cache either", async () => {
    project.write(
      "features.ts",
      "export const recent = (sales: number[], days: number) => sales.slice(-days);\nexport const size = (recent: number[], scale = 1) => recent.length * scale;",
    );
    project.write(
      "flow.ts",
      `import { source, subdag } from "sluice/dataflow";
       export const sales = () => [1, 2, 3, 4];
       const of = (days: number, config: object) => subdag({ modules: ["./features.ts"], inputs: { sales: source("sales"), days }, config: { ...config } }, (size: number) => size);
       export const short = of(1, {});
       export const long = of(3, { scale: 10 });`,
    );
    project.write(
      "main.ts",
      `import { Driver } from "sluice/dataflow";
       const driver = Driver.builder().withModules("./flow.ts").withCache().build();
       const ran: string[] = [];
       const onEvent = (event: any) => event.type === "node-started" && ran.push(event.node);
       const values = await driver.execute(process.argv.slice(2), { onEvent });
       console.log(JSON.stringify({ values, ran: ran.length }));`,
    );
    expect(await project.run("main.ts", "short", "long")).toEqual({ values: { short: 1, long: 30 }, ran: 7 });
    expect(await project.run("main.ts", "long", "short")).toEqual({ values: { short: 1, long: 30 }, ran: 0 });
  });

  test("a config of its own decides which functions are in it; nested ones work, and parameterised functions", async () => {
    const inner = {
      twice: (x: number) => x * 2,
      cases: parameterize({ low: { by: 1 }, high: { by: 5 } }, (twice: number, by: number) => twice + by),
    };
    const middle = {
      deep: subdag({ modules: [inner], inputs: { x: source("y") } }, (low: number, high: number) => [low, high]),
      y: (start: number) => start + 1,
    };
    const module = { all: subdag({ modules: [middle], inputs: { start: value(1) } }, (deep: number[]) => deep) };
    expect(await values(module, ["all", "all.deep.twice", "all.y"])).toEqual({
      all: [5, 9],
      "all.deep.twice": 4,
      "all.y": 2,
    });
  });

  test("a config of its own gives values in the place of its nodes, but for those that a condition asks for", async () => {
    const kinds = {
      kind: () => "a node",
      ...features,
      label__plain: when({ kind: "plain" }, (mean: string, kind: string) => `${kind} ${mean}`),
    };
    const of = (config: object) =>
      subdag(
        { modules: [kinds], inputs: { sales: [1, 3], days: 9 }, config: { kind: "plain", ...config } },
        (label: string, recent: number[]) => [label, recent.length],
      );
    const module = { recent: () => "around", as: of({}), other: of({ recent: [7, 7, 7] }) };
    expect(await values(module, ["as", "other", "other.mean"])).toEqual({
      as: ["a node 2", 2],
      other: ["a node 7", 3],
      "other.mean": "7",
    });
    const driver = Driver.builder().withModules(module).build();
    expect(driver.listAvailableVariables().map(({ name }) => name)).not.toContain("other.recent");
  });

  test.each([
    [{ modules: [] }, 'needs "modules"'],
    [{ modules: [features], inputs: { slaes: 1 } }, 'reads the input "slaes"'],
    [{ modules: [features], inputs: { recent: [1] } }, "is a node of the subdag"],
    [{ modules: [features], namespace: "" }, "namespace"],
    [{ modules: [{ ...features, joined: stage({}, () => 1) }] }, '"joined" is a node of a pipeline'],
    [{ modules: [features], input: {} }, "input"],
  ])("a wrong one is told: %j", async (options, message) => {
    const build = () =>
      Driver.builder()
        .withModules({ a: subdag(options as never, (mean: string) => mean) })
        .build();
    expect(await failing(build)).toMatchObject({ reason: "usage", message: expect.stringContaining(message) });
  });
});
