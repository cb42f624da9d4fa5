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
import { failing } from "./rig.ts";

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
    ["inputs in a Map", { inputs: new Map([["x", 1]]) }, "`inputs` must be an object of values by name, not an object"],
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
