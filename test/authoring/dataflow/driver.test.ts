import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { runInThisContext } from "node:vm";
import { type CacheOptions, Driver, inputs, when } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodesOf } from "../../../src/authoring/dataflow/graph/exported.ts";
import type { AnyFunction } from "../../../src/authoring/dataflow/graph/flow-node.ts";
import { FlowProject, failing } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

const features = `
  export const FACTOR = 3;
  export function words(text: string): string[] { return text.split(" "); }
  export const count = ({ words, min = 2 }: { words: string[]; min?: number }) => words.filter((w) => w.length >= min).length * FACTOR;
  export async function report(count: number, words: string[]) { return \`\${count} of \${words.length}\`; }
  export function _helper(nobody: string) { return nobody; }
  export class Thing { constructor(readonly nobody: string) {} }
  export default function main(nobody: string) { return nobody; }
`;

function driverOf(text: string, build = (builder: ReturnType<typeof Driver.builder>) => builder) {
  return build(Driver.builder()).withModules(project.write("features.ts", text)).build();
}

function namesOf(fn: unknown): readonly string[] {
  return nodesOf({ name: "node", module: "m.ts", fn: fn as AnyFunction }, {})[0]!.inputs.map(
    ({ name, optional }) => name + (optional ? "?" : ""),
  );
}

describe("the parameters of a function", () => {
  test.each<[string, unknown, readonly string[]]>([
    [
      "a declaration",
      function f(a: number, b: string) {
        return a + b;
      },
      ["a", "b"],
    ],
    ["an arrow", (a: number, b = 2) => a + b, ["a", "b?"]],
    ["an arrow without parentheses", Function("return a => a")(), ["a"]],
    ["an asynchronous function", async (a: number) => a, ["a"]],
    [
      "a generator",
      function* f(a: number) {
        yield a;
      },
      ["a"],
    ],
    [
      "an asynchronous generator",
      async function* f(a: number) {
        yield a;
      },
      ["a"],
    ],
    [
      "a method",
      {
        f(a: number) {
          return a;
        },
      }.f,
      ["a"],
    ],
    [
      "an asynchronous method with a name that is no identifier",
      {
        async "f g"(a: number) {
          return a;
        },
      }["f g"],
      ["a"],
    ],
    ["an object", ({ a, b = 1, c: d, "e f": g }: Record<string, number>) => [a, b, d, g], ["a", "b?", "c", "e f"]],
    ["an object with a default", ({ a }: { a?: number } = {}) => a, ["a?"]],
    ["names and an object", (x: number, { a }: { a: number }, y: number) => x + a + y, ["x", "a", "y"]],
    ["nothing", () => 1, []],
    ["comments and strings", (a /* (b, c) */: number, d = "(e, f) => {") => [a, d], ["a", "d?"]],
    ["defaults with commas", (a = [1, 2], b = ((x: number, y: number) => x + y)(1, 2)) => [a, b], ["a?", "b?"]],
  ])("of %s", (_, fn, expected) => expect(namesOf(fn)).toEqual(expected));

  test.each<[string, unknown, RegExp]>([
    ["rest", (...all: number[]) => all, /takes `\.\.\.`/],
    ["the rest of an object", ({ a, ...others }: Record<string, number>) => [a, others], /the rest of an object/],
    ["an array pattern", ([a]: number[]) => a, /takes an array apart/],
    ["a bound function", ((a: number) => a).bind(null), /bound, or the engine's own/],
    ["a function of the engine's", Math.max, /bound, or the engine's own/],
  ])("cannot be told of %s, and the failure says what to do", async (_, fn, message) => {
    const failed = await failing(() => namesOf(fn));
    expect(failed).toMatchObject({ reason: "invalid-definition", message: expect.stringMatching(message) });
    expect(failed.hint).toContain('inputs(["first", "second"], fn)');
  });

  test("are named by hand where the text does not", () => {
    expect(namesOf(inputs(["a", "b?"], Math.max))).toEqual(["a", "b?"]);
    expect(namesOf(inputs(["a"], ((x: number) => x).bind(null)))).toEqual(["a"]);
  });

  test("get their values in their places", async () => {
    const text = `
      import { inputs } from "sluice/dataflow";
      export const mixed = (x: number, { a, b: renamed = 10, c = 5 }: any, y = 7) => [x, a, renamed, c, y];
      export const named = inputs(["y", "x"], (first: number, second: number) => [first, second]);
      export const none = ({ z = 1 }: { z?: number } = {}) => z;
    `;
    await using driver = driverOf(text);
    const values = await driver.execute(["mixed", "named", "none"], { inputs: { x: 1, a: 2, b: 3, y: 4 } });
    expect(values).toEqual({ mixed: [1, 2, 3, 5, 4], named: [4, 1], none: 1 });
  });
});

test("a function has its own parameters where somebody else has changed the text of its file", async () => {
  // A test runner, or a loader with hooks of its own: at the place of the one function there is another in the file.
  const file = project.write("module.js", "const other = (wrong) => wrong;\n");
  const text = "const other = (right) => right + 1; other";
  const fn = runInThisContext(text, { filename: file }) as (right: number) => number;
  await using driver = Driver.builder().withModules({ fn }).build();
  expect(await driver.execute(["fn"], { inputs: { right: 1 } })).toEqual({ fn: 2 });
});

describe("a driver", () => {
  test("executes what is asked for, of functions by name", async () => {
    await using driver = driverOf(features);
    expect(await driver.execute(["report"], { inputs: { text: "to be or not" } })).toEqual({ report: "12 of 4" });
    expect(await driver.execute(["count", "text"], { inputs: { text: "to be a", min: 1 } })).toEqual({
      count: 9,
      text: "to be a",
    });
  });

  test("takes modules as paths, URLs and namespaces", async () => {
    const file = project.write("a.ts", "export const a = (x: number) => x + 1;");
    const url = pathToFileURL(project.write("b.ts", "export const b = (a: number) => a * 2;"));
    const namespace = { c: (b: number) => -b };
    await using driver = Driver.builder().withModules(file, url).withModules(namespace).build();
    expect(await driver.execute(["c"], { inputs: { x: 1 } })).toEqual({ c: -4 });
  });

  test("writes nothing anywhere without withCache", async () => {
    const text = `${features}\nexport const big = () => "x".repeat(100_000);\nexport function* rows() { for (let i = 0; i < 10_000; i++) yield { i }; }`;
    await using driver = driverOf(text);
    const before = readdirSync(project.dir, { recursive: true }).length;
    const temp = process.env.TMPDIR;
    process.env.TMPDIR = path.join(project.dir, "no-such-folder");
    try {
      const { big, rows } = await driver.execute(["report", "big", "rows"], { inputs: { text: "a b" } });
      expect(big).toHaveLength(100_000);
      let count = 0;
      for await (const _ of rows as AsyncIterable<unknown>) count += 1;
      expect(count).toBe(10_000);
    } finally {
      if (temp === undefined) Reflect.deleteProperty(process.env, "TMPDIR");
      else process.env.TMPDIR = temp;
    }
    expect(driver.cache).toBeUndefined();
    expect(readdirSync(project.dir, { recursive: true })).toHaveLength(before);
    expect(existsSync(path.join(project.dir, ".sluice"))).toBe(false);
  });

  test("runs concurrently what does not wait for each other", async () => {
    // each of the five waits for all the others: serially it would never end
    const names = ["a", "b", "c", "d", "e"];
    let arrived = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const meet = async (): Promise<number> => {
      arrived += 1;
      if (arrived === names.length) resolve();
      await promise;
      return arrived;
    };
    const module = Object.fromEntries(names.map((name) => [name, () => meet()]));
    await using driver = Driver.builder().withModules(module).build();
    const values: Record<string, unknown> = await driver.execute(names);
    expect(values).toEqual({ a: 5, b: 5, c: 5, d: 5, e: 5 });
  });

  test("hands values on that have no version when nothing is cached, and copies the others", async () => {
    class Client {
      ask() {
        return "answer";
      }
    }
    const module = {
      client: () => new Client(),
      answer: (client: Client) => client.ask(),
      list: () => [1],
      spoilt: (list: number[]) => list.push(2),
      whole: (list: number[], spoilt: number) => [list, spoilt],
    };
    await using driver = Driver.builder().withModules(module).build();
    expect(await driver.execute(["answer", "whole"])).toEqual({ answer: "answer", whole: [[1], 2] });
  });

  test("uses overrides in place of nodes, and does not run what only they need", async () => {
    await using driver = driverOf(features);
    expect(await driver.execute(["report"], { overrides: { words: ["abc"] } })).toEqual({ report: "3 of 1" });
    expect(await driver.execute(["words"], { overrides: { words: ["abc"] } })).toEqual({ words: ["abc"] });
  });

  test("gives config values as inputs", async () => {
    await using driver = driverOf(features, (builder) => builder.withConfig({ text: "some text", unused: 1 }));
    expect(await driver.execute(["report"])).toEqual({ report: "6 of 2" });
  });

  test("uses config values in place of nodes, and keeps results for each", async () => {
    const file = project.write("features.ts", features);
    const ran: string[] = [];
    const hook = {
      afterNode: ({ node, status }: { node: { name: string }; status: string }) =>
        void ran.push(`${node.name} ${status}`),
    };
    const end = async (config: Record<string, unknown>) => {
      ran.length = 0;
      const builder = Driver.builder().withModules(file).withConfig(config).withHooks(hook);
      await using driver = builder.withCache({ path: path.join(project.dir, "cache") }).build();
      const inputs = "words" in config && config.words ? {} : { inputs: { text: "some text" } };
      return [(await driver.execute(["report"], inputs)).report, ...ran];
    };
    expect(await end({ words: ["abc"] })).toEqual(["3 of 1", "count executed", "report executed"]);
    expect(await end({ words: ["abc"] })).toEqual(["3 of 1", "count hit", "report hit"]);
    expect(await end({ words: ["abcd", "e"] })).toEqual(["3 of 2", "count executed", "report executed"]);
    expect(await end({ words: undefined })).toEqual(["6 of 2", "words executed", "count executed", "report executed"]);
    expect(await end({ words: ["some", "text"] })).toEqual(["6 of 2", "count hit", "report hit"]);

    await using driver = Driver.builder()
      .withModules(file)
      .withConfig({ words: ["abc"], report: "given" })
      .build();
    expect(driver.listAvailableVariables().map(({ name, kind }) => [name, kind])).toContainEqual(["words", "input"]);
    expect(await failing(() => driver.execute(["count"], { overrides: { words: [] } }))).toMatchObject({
      message: '"words" is given twice: as an override, and by withConfig()',
    });
    expect(await failing(() => driver.execute(["report"]))).toMatchObject({
      message: '"report" is given by withConfig(), and no node reads it',
    });
    expect((await driver.validate()).problems).toEqual([]);
  });

  test("takes config values that a condition asks for as nothing else", async () => {
    const module = {
      size__small: when({ size: "small" }, () => 1),
      size__large: when({ size: "large" }, () => 100),
      twice: (size: number) => size * 2,
    };
    await using driver = Driver.builder().withModules(module).withConfig({ size: "large" }).build();
    expect(await driver.execute(["twice"])).toEqual({ twice: 200 });
  });

  test("fails with the failure of the node", async () => {
    await using driver = driverOf(
      "export const bad = () => { throw new RangeError('broke'); }; export const next = (bad: number) => bad;",
    );
    expect(await failing(() => driver.execute(["next"]))).toMatchObject({
      reason: "stage-failed",
      node: "bad",
      message: "bad failed: RangeError: broke",
      where: { file: path.join(project.dir, "features.ts") },
    });
  });

  test("joins nodes of pipelines that a module exports", async () => {
    project.write("numbers.txt", "1 2 3");
    const text = `
      import { file, stage } from "sluice";
      export const numbers = file("numbers.txt");
      export const parsed = stage({ numbers }, async ({ numbers }) => (await numbers.text()).split(" ").map(Number));
      export const sum = (parsed: number[]) => parsed.reduce((a, b) => a + b, 0);
    `;
    await using driver = driverOf(text);
    expect(await driver.execute(["sum"])).toEqual({ sum: 6 });
  });

  test("lets nodes of pipelines use the cache as they say, and recomputes them where it is told to", async () => {
    const joined = { calls: 0 };
    Object.assign(globalThis, { dataflowJoined: joined });
    const text = `
      import { stage } from "sluice";
      export const one = stage({}, () => { (globalThis as any).dataflowJoined.calls += 1; return 1; });
      export const two = (one: number) => one + 1;
    `;
    const file = project.write("features.ts", text);
    const run = async (cache?: CacheOptions): Promise<number> => {
      const builder = Driver.builder().withModules(file);
      await using driver = (cache ? builder.withCache({ path: project.dir, ...cache }) : builder).build();
      const before = joined.calls;
      for (let i = 0; i < 2; i++) expect(await driver.execute(["two"])).toEqual({ two: 2 });
      return joined.calls - before;
    };
    expect([await run(), await run({}), await run({})]).toEqual([2, 1, 0]);
    expect([await run({ recompute: ["one"] }), await run({ recompute: true }), await run({ disable: true })]).toEqual([
      2, 2, 2,
    ]);
    expect(await failing(() => run({ ignore: ["one"] }))).toMatchObject({ reason: "usage", node: "one" });
  });

  test("says no after it is closed", async () => {
    const driver = driverOf(features);
    await driver.close();
    await driver.close();
    expect(await failing(() => driver.execute(["words"], { inputs: { text: "a" } }))).toMatchObject({
      reason: "usage",
    });
  });

  test("waits for what is under way before it is closed", async () => {
    const driver = driverOf(features);
    const running = driver.execute(["words"], { inputs: { text: "a b" } });
    await driver.close();
    expect(await running).toEqual({ words: ["a", "b"] });
  });

  test("is not closed by a node that it runs, which would wait for itself", async () => {
    let close = (): Promise<void> => Promise.resolve();
    const module = { closes: () => close(), after: (closes: unknown) => closes, plain: () => 1 };
    await using driver = Driver.builder().withModules(module).build();
    close = () => driver.close();
    expect(await failing(() => driver.execute(["after"]))).toMatchObject({
      node: "closes",
      message: expect.stringContaining("a driver cannot be closed by what it runs"),
    });
    expect(await driver.execute(["plain"])).toEqual({ plain: 1 });
  });

  test("can be cancelled", async () => {
    const controller = new AbortController();
    const module = { forever: () => new Promise(() => controller.abort()) };
    await using driver = Driver.builder().withModules(module).build();
    expect(await failing(() => driver.execute(["forever"], { signal: controller.signal }))).toMatchObject({
      reason: "cancelled",
    });
  });
});

describe("what is wrong is said before anything runs", () => {
  const calls: string[] = [];
  const module = {
    first: (path: string) => calls.push(path),
    second: (first: number, limit: number, also = 1) => first + limit + also,
    third: (limit: number) => limit,
  };
  const driver = Driver.builder().withModules(module).build();
  const loose = Driver.builder()
    .withModules(module as object as Record<string, () => unknown>)
    .build();
  afterEach(() => expect(calls).toEqual([]));

  test("all missing inputs at once, with who reads them", async () => {
    expect(await failing(() => driver.execute(["second", "third"]))).toMatchObject({
      reason: "missing-parameter",
      message: 'inputs are missing: "path" (read by "first"), "limit" (read by "second", "third")',
    });
  });

  test("a missing input that is nearly the name of a node", async () => {
    const typo = Driver.builder()
      .withModules({ clean: () => 1, stats: (claen: number) => claen })
      .build();
    expect(await failing(() => typo.execute(["stats"]))).toMatchObject({
      hint: 'for "claen", did you mean the node "clean"?',
    });
  });

  test("an input that nothing reads", async () => {
    expect(await failing(() => driver.execute(["third"], { inputs: { limt: 1 } }))).toMatchObject({
      reason: "unknown-parameter",
      message: 'no node reads the input "limt"',
      hint: 'did you mean "limit"?',
    });
  });

  test("an input that another target reads is fine", async () => {
    expect(await driver.execute(["third"], { inputs: { limit: 1, path: "x" } })).toEqual({ third: 1 });
  });

  test("a node that is given as an input, and an input as an override", async () => {
    expect(await failing(() => driver.execute(["third"], { inputs: { limit: 1, first: 1 } }))).toMatchObject({
      reason: "usage",
    });
    expect(await failing(() => loose.execute(["third"], { overrides: { limit: 1 } as never }))).toMatchObject({
      reason: "usage",
    });
  });

  test("a target or an override that does not exist", async () => {
    expect(await failing(() => loose.execute(["secnd"]))).toMatchObject({
      reason: "unknown-node",
      hint: 'did you mean "second"?',
    });
    expect(
      await failing(() => loose.execute(["third"], { inputs: { limit: 1 }, overrides: { thrd: 1 } as never })),
    ).toMatchObject({
      reason: "unknown-node",
      hint: 'did you mean "third"?',
    });
  });

  test("an option that does not exist, no targets", async () => {
    expect(await failing(() => driver.execute(["third"], { input: {} } as never))).toMatchObject({ reason: "usage" });
    expect(await failing(() => driver.execute([]))).toMatchObject({ reason: "usage" });
  });

  test("the same by validateExecution", async () => {
    expect(() => driver.validateExecution(["third"], { inputs: { limit: 1 } })).not.toThrow();
    expect(await failing(() => driver.validateExecution(["third"]))).toMatchObject({ reason: "missing-parameter" });
  });

  test("an input that config gives as well", async () => {
    const both = Driver.builder().withModules(module).withConfig({ limit: 1 }).build();
    expect(await failing(() => both.execute(["third"], { inputs: { limit: 1 } }))).toMatchObject({ reason: "usage" });
  });

  test("a cycle, when the driver is built", async () => {
    const cyclic = { a: (c: number) => c, b: (a: number) => a, c: (b: number) => b };
    expect(await failing(() => Driver.builder().withModules(cyclic).build())).toMatchObject({
      reason: "cycle",
      message: expect.stringContaining("->"),
    });
  });

  test("a name that two modules have, unless overrides are allowed", async () => {
    const modules = [{ a: () => 1, b: (a: number) => a }, { a: () => 2 }] as const;
    expect(
      await failing(() =>
        Driver.builder()
          .withModules(...modules)
          .build(),
      ),
    ).toMatchObject({
      reason: "duplicate-name",
      message: 'two nodes are called "a": module 1 and module 2 both have it',
    });
    await using allowed = Driver.builder()
      .withModules(...modules)
      .allowOverrides()
      .build();
    expect(await allowed.execute(["b"])).toEqual({ b: 2 });
  });

  test("a module without functions, no modules, and what is no module", async () => {
    expect(await failing(() => Driver.builder().withModules({ a: 1 }).build())).toMatchObject({
      reason: "no-pipeline",
    });
    expect(await failing(() => Driver.builder().build())).toMatchObject({ reason: "no-pipeline" });
    expect(await failing(() => Driver.builder().withModules(5 as never))).toMatchObject({ reason: "usage" });
    expect(await failing(() => Driver.builder().withModules("/no/such/file.ts"))).toMatchObject({
      reason: "load-failed",
    });
    const broken = project.write("broken.ts", "export const a = (x) => ;");
    expect(await failing(() => Driver.builder().withModules(broken))).toMatchObject({ reason: "load-failed" });
    const waits = project.write("waits.ts", "await 1; export const a = () => 1;");
    expect(await failing(() => Driver.builder().withModules(waits))).toMatchObject({
      reason: "load-failed",
      hint: "import it, and pass on what the import gives",
    });
  });
});

describe("looking at a driver", () => {
  const module = {
    a: (x: number) => x,
    b: (a: number, y = 1) => a + y,
    c: (b: number) => b,
    d: (b: number) => b,
    e: (c: number, d: number) => c + d,
    apart: () => 1,
  };
  const driver = Driver.builder().withModules(module).build();
  const names = (found: readonly { readonly name: string }[]): readonly string[] => found.map(({ name }) => name);

  test("lists nodes and inputs in topological order", () => {
    const all = driver.listAvailableVariables();
    expect(names(all).toSorted()).toEqual(["a", "apart", "b", "c", "d", "e", "x", "y"]);
    for (const { name, inputs } of all)
      for (const read of inputs) expect(names(all).indexOf(read)).toBeLessThan(names(all).indexOf(name));
    expect(all.find(({ name }) => name === "y")).toEqual({
      name: "y",
      kind: "input",
      optional: true,
      tags: {},
      inputs: [],
    });
    expect(all.find(({ name }) => name === "b")).toMatchObject({
      kind: "node",
      inputs: ["a", "y"],
      module: "module 1",
    });
  });

  test("tells what is upstream, downstream and between", async () => {
    expect(names(driver.upstreamOf("c")).toSorted()).toEqual(["a", "b", "c", "x", "y"]);
    expect(names(driver.downstreamOf("b")).toSorted()).toEqual(["b", "c", "d", "e"]);
    expect(names(driver.downstreamOf("c", "apart")).toSorted()).toEqual(["apart", "c", "e"]);
    expect(names(driver.pathBetween("b", "e")).toSorted()).toEqual(["b", "c", "d", "e"]);
    expect(names(driver.pathBetween("x", "c"))).toEqual(["x", "a", "b", "c"]);
    expect(await failing(() => driver.pathBetween("e", "b"))).toMatchObject({
      hint: "the way leads in the other direction",
    });
    expect(await failing(() => driver.pathBetween("apart", "b"))).toMatchObject({ hint: "neither needs the other" });
    expect(await failing(() => driver.upstreamOf("bb"))).toMatchObject({ reason: "unknown-node" });
  });

  test("exports an execution as data", () => {
    const exported = driver.exportExecution(["c"], { inputs: { x: 1 }, overrides: { a: 1 } });
    expect(JSON.parse(JSON.stringify(exported))).toEqual({
      targets: ["c"],
      nodes: [
        { name: "a", kind: "override", inputs: {}, tags: {} },
        { name: "b", kind: "node", inputs: { a: "a" }, tags: {}, module: "module 1" },
        { name: "c", kind: "node", inputs: { b: "b" }, tags: {}, module: "module 1" },
      ],
    });
  });

  test("a builder is left as it was, by every call", async () => {
    const start = Driver.builder().withModules(module);
    const cached = start.copy().withCache();
    expect(start.build().cache).toBeUndefined();
    expect(cached.build().cache).toBeDefined();
    expect(await failing(() => cached.withCache())).toMatchObject({ reason: "usage" });
  });
});

test("a chain of 20000 nodes needs no deep recursion", async () => {
  const module: Record<string, AnyFunction> = { n0: () => 0 };
  for (let i = 1; i < 20_000; i++)
    module[`n${i}`] = inputs([`n${i - 1}`], (x: number) => x + 1) as unknown as AnyFunction;
  const driver = Driver.builder().withModules(module).build();
  expect(driver.upstreamOf("n19999")).toHaveLength(20_000);
  expect(driver.pathBetween("n0", "n19999")).toHaveLength(20_000);
  await driver.close();
});
