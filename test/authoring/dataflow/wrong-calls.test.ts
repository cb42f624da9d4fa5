import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  collect,
  Driver,
  extractFields,
  MemoryMetadataStore,
  MemoryResultStore,
  parallel,
  parameterize,
  pipeOutput,
  when,
} from "../../../src/authoring/dataflow/index.ts";
import { FlowProject, failing } from "./rig.ts";

const flow = { a: (x: number) => x, b__fast: when({ mode: "fast" }, (a: number) => a) };

function driverOf(modules: object): Driver {
  return Driver.builder()
    .withModules(modules)
    .withCache({ metadataStore: new MemoryMetadataStore(), resultStore: new MemoryResultStore() })
    .build() as unknown as Driver;
}

describe("what is wrong with a call of execute is a failure of usage", () => {
  test.each([
    ["no options", null, "options must be an object, not null"],
    ["inputs in a list", { inputs: [1] }, "`inputs` must be an object of values by name, not an array"],
    ["inputs in a Map", { inputs: new Map([["x", 1]]) }, "`inputs` must be an object of values by name, not a Map"],
    [
      "inputs that are awaited nowhere",
      { inputs: Promise.resolve({ x: 1 }) },
      "`inputs` must be an object of values by name, not a Promise",
    ],
    [
      "something that cannot be told of events",
      { inputs: { x: 1 }, onEvent: {} },
      "`onEvent` must be a function, not an empty object",
    ],
    ["a text that says no", { inputs: { x: 1 }, keepGoing: "false" }, '`keepGoing` must be true or false, not "false"'],
    ["overrides that are a text", { overrides: "a" }, '`overrides` must be an object of values by name, not "a"'],
    ["another signal", { inputs: { x: 1 }, signal: {} }, "`signal` must be an AbortSignal"],
  ])("%s", async (_, options, message) => {
    await using driver = driverOf(flow);
    expect(await failing(() => driver.execute(["a"], options as never))).toMatchObject({ reason: "usage", message });
  });

  test("a target that there is for another config", async () => {
    await using driver = driverOf(flow);
    expect(await failing(() => driver.execute(["b"], { inputs: { x: 1 } }))).toMatchObject({
      reason: "unknown-node",
      message: 'there is no node "b" for this config',
      hint: "it is a node when({ mode: 'fast' }): see withConfig()",
    });
  });

  test("what belongs into the config as an input, and a config with another name", async () => {
    await using driver = driverOf(flow);
    expect(await failing(() => driver.execute(["a"], { inputs: { x: 1, mode: "fast" } }))).toMatchObject({
      reason: "unknown-parameter",
      message: 'no node reads the input "mode": it decides which nodes there are',
      hint: 'give it to the builder: withConfig({ "mode": ... })',
    });
    const read = { a: (address: string) => address };
    await using misspelt = Driver.builder()
      .withModules(read)
      .withConfig({ adress: "here" })
      .build() as unknown as Driver;
    expect(await failing(() => misspelt.execute(["a"]))).toMatchObject({
      reason: "missing-parameter",
      hint: 'withConfig() gives "adress", which no node reads: did you mean "address"?',
    });
  });

  test("an input without a version is called by its name", async () => {
    await using driver = driverOf(flow);
    const rows = [{ parse: () => 1 }];
    expect(await failing(() => driver.execute(["a"], { inputs: { x: { rows } } }))).toMatchObject({
      message: 'parameter "x" cannot be versioned: x.rows[0].parse is a function',
    });
  });

  test("names of one letter are not taken for each other", async () => {
    await using driver = driverOf(flow);
    expect((await failing(() => driver.execute(["a"]))).hint).toMatch(/^give it/);
    expect((await failing(() => driver.execute(["A"]))).hint).toBe('did you mean "a"?');
  });
});

describe("what is wrong with a question to a driver is a failure of usage", () => {
  const { builder } = Driver;
  const driver = builder().withModules(flow).build() as unknown as Driver;
  const noOption = "there is no option";
  test.each<[string, () => unknown, string]>([
    ["names in an array", () => driver.upstreamOf(["a"] as never), "a name must be a text, not an array"],
    ["no name", () => driver.downstreamOf(undefined as never), "a name must be a text, not undefined"],
    ["one name alone", () => driver.pathBetween("a", undefined as never), "a name must be a text, not undefined"],
    [
      "a name for an array of them",
      () => driver.visualize({ upstreamOf: "a" as never }),
      'names of nodes must be in an array, not "a"',
    ],
    ["an option of execute", () => driver.validateExecution(["a"], { input: {} } as never), `${noOption} "input"`],
    ["inputs without their name", () => driver.visualizeExecution(["a"], { x: 1 } as never), `${noOption} "x"`],
    [
      "a path for options",
      () => driver.visualizeExecution(["a"], "a.svg" as never),
      'options must be an object, not "a.svg"',
    ],
    ["a tag for tags", () => driver.listAvailableVariables({ tag: "x" } as never), `${noOption} "tag"`],
    ["input for inputs", () => driver.validate({ input: ["x"] } as never), `${noOption} "input"`],
    [
      "hooks in an array",
      () =>
        builder()
          .withModules(flow)
          .withHooks([] as never)
          .build(),
      "withHooks() needs objects, and hook 1 is an empty array",
    ],
    [
      "modules for a builder",
      () => new Driver(flow as never),
      "a driver is made by Driver.builder().withModules(...).build()",
    ],
    [
      "nothing for a builder",
      () => new Driver(undefined as never),
      "a driver is made by Driver.builder().withModules(...).build()",
    ],
  ])("%s", async (_, call, message) => {
    expect(await failing(call)).toMatchObject({ reason: "usage", message });
  });
});

test("a folder is no module, and what runs afterwards does not try to read it", async () => {
  using project = new FlowProject({ "flow.js": "export const a = (x) => x;\n" });
  project.write(
    "run.js",
    `
    import { Driver } from "sluice/dataflow";
    import * as flow from "./flow.js";
    let failure;
    try { Driver.builder().withModules(".").build(); } catch (error) { failure = error.failure; }
    const values = await Driver.builder().withModules(flow).withCache().build().execute(["a"], { inputs: { x: 1 } });
    console.log(JSON.stringify({ failure, values }));
  `,
  );
  expect(await project.run("run.js")).toMatchObject({
    failure: { reason: "load-failed", message: expect.stringMatching(/ is a folder$/), hint: "name a module in it" },
    values: { a: 1 },
  });
});

test.each([
  ["data.csv", "a,b\n1,2\n"],
  ["features.py", "def f(x):\n    return x\n"],
])("what is no module of TypeScript or JavaScript says so: %s", async (name, text) => {
  using project = new FlowProject({ [name]: text });
  const file = path.join(project.dir, name);
  expect((await failing(() => Driver.builder().withModules(file).build().validate())).hint).toBe(
    `what ends with ${path.extname(name)} is read as JavaScript: name a module of TypeScript or JavaScript, such as a .ts or .js file`,
  );
});

test("Node shows what a function threw once, as an error, where nobody catches it", async () => {
  using project = new FlowProject({
    "flow.js": 'export const a = () => { throw new TypeError("no rows"); };\n',
    "run.js": `
      import { Driver } from "sluice/dataflow";
      import * as flow from "./flow.js";
      await Driver.builder().withModules(flow).build().execute(["a"]);
    `,
  });
  const shown = String(await project.run("run.js").catch((error: unknown) => error));
  expect(shown).toContain("SluiceError: a failed: TypeError: no rows\n");
  // At the start of a line, as in any stack: not in the text of one.
  expect(shown.match(/^ +at a \(.*flow\.js:1:\d+\)$/gm)).toHaveLength(1);
});

test("what a run has no key or version for is not asked of the stores", async () => {
  await using driver = driverOf(flow);
  const cache = driver.cache!;
  const none = cache.cacheKeys.none!;
  for (const call of [
    () => cache.decodeKey(none),
    () => cache.metadataStore.get(none),
    () => cache.metadataStore.delete(none),
    () => cache.resultStore.get(none),
    () => cache.resultStore.exists(none),
  ]) {
    expect(await failing(call)).toMatchObject({
      reason: "usage",
      message: expect.stringMatching(/ needs a (key|data version), not undefined$/),
      hint: "nodes that are disabled or ignored have none",
    });
  }
});

test("what is no module, no folder and no list says what it is", async () => {
  const built = (given: unknown) =>
    failing(() =>
      Driver.builder()
        .withModules(given as object)
        .build(),
    );
  expect((await built(Promise.resolve(flow))).message).toMatch(/what an import gives, not a promise$/);
  expect((await built([flow])).message).toMatch(/what an import gives, not an array$/);
  expect((await failing(() => Driver.builder().withCache({ path: "" }))).message).toBe(
    'option "path" of withCache() must be a path, not ""',
  );
  expect((await failing(() => parameterize({}, (k: number) => k))).message).toMatch(/not an empty object$/);
  expect((await failing(() => extractFields([] as never, () => ({ k: 1 })))).message).toMatch(/not an empty array$/);
  expect((await failing(() => pipeOutput([(k: number) => k] as never, () => 1))).message).toMatch(/one of a function$/);
  const collected = { a: parallel(() => [1]), c: collect("each", (each: number[]) => each) };
  expect((await built(collected)).message).toBe('"c" collects "each", which is no node');
});
