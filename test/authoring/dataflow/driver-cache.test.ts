import { readFileSync } from "node:fs";
import path from "node:path";
import { type CacheOptions, Driver, eventLine, MemoryMetadataStore, MemoryResultStore } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject, failing } from "./rig.ts";

let project: FlowProject;
let file: string;
beforeEach(() => {
  project = new FlowProject();
  file = project.write(
    "flow.ts",
    `export const words = (text: string) => text.split(" ");
     export const count = (words: string[]) => words.length;
     export const client = () => ({ ask: () => 1 });
     export const asked = (client: any, count: number) => client.ask() + count;
     export const bad = (count: number) => { throw new Error("broke"); };`,
  );
});
afterEach(() => project[Symbol.dispose]());

function driverWith(options: CacheOptions = {}) {
  return Driver.builder()
    .withModules(file)
    .withCache({ path: project.dir, ignore: ["client"], ...options })
    .build();
}

const text = { inputs: { text: "to be or" } };

describe("driver.cache", () => {
  test("tells of the last run, and of every other by its id", async () => {
    await using driver = driverWith();
    const cache = driver.cache!;
    expect([cache.runIds, cache.lastRunId, cache.dataVersions]).toEqual([[], undefined, {}]);
    await driver.execute(["asked"], text);
    expect(cache.runIds).toEqual([cache.lastRunId]);
    expect(cache.behaviors).toEqual({
      text: "default",
      words: "default",
      count: "default",
      client: "ignore",
      asked: "default",
    });
    expect(cache.dataVersions).toEqual({
      text: cache.versionData("to be or"),
      words: cache.versionData(["to", "be", "or"]),
      count: cache.versionData(3),
      asked: cache.versionData(4),
    });
    expect(Object.keys(cache.cacheKeys).toSorted()).toEqual(["asked", "count", "words"]);
    expect(cache.codeVersions.words).toBe(await cache.versionCode("words"));
    const first = await cache.run(cache.lastRunId!);
    await driver.execute(["count"], { inputs: { text: "a" } });
    expect(await cache.run(cache.runIds[0]!)).toEqual(first);
    expect(cache.dataVersions.count).toBe(cache.versionData(1));
    expect(await failing(() => cache.run("nothing"))).toMatchObject({ reason: "unknown-run" });
    expect(await failing(() => cache.versionData({ f: () => 1 }))).toMatchObject({
      reason: "unversionable",
      message: expect.stringContaining("the value.f is a function"),
    });
  });

  test("says why a node ran or was reused, in this process and of others", async () => {
    await using driver = driverWith();
    const cache = driver.cache!;
    expect(await failing(() => cache.why("count"))).toMatchObject({ reason: "unknown-run" });
    await driver.execute(["asked"], text);
    const [first] = cache.runIds;
    expect(await cache.why("count")).toMatchObject({ status: "executed", reasons: [{ kind: "first-run" }] });
    await driver.execute(["asked"], { inputs: { text: "not to be" } });
    expect(await cache.why("words")).toMatchObject({
      status: "executed",
      reasons: [{ kind: "param", name: "text" }],
      inputs: [{ name: "text", changed: true, before: "'to be or'", after: "'not to be'" }],
      code: [],
    });
    expect(await cache.why("count")).toMatchObject({ status: "executed", reasons: [{ kind: "input", name: "words" }] });
    expect(await cache.why("asked")).toMatchObject({ status: "hit" });
    expect(await cache.why("words", { runId: first! })).toMatchObject({ reasons: [{ kind: "first-run" }] });
    file = project.write("edited.ts", readFileSync(file, "utf8").replace('split(" ")', 'split("o")'));
    await using later = driverWith();
    await later.execute(["count"], text);
    expect(await later.cache!.why("words")).toMatchObject({ code: [{ name: "words", change: "changed" }] });
    expect(await later.cache!.why("words", { runId: "last", against: first! })).toMatchObject({
      comparedWith: { runId: first },
    });
    expect(await failing(() => cache.why("wrods"))).toMatchObject({
      reason: "unknown-node",
      hint: "did you mean words?",
    });
    expect(await failing(() => cache.why("words", { run: first } as never))).toMatchObject({ reason: "usage" });
  });

  test("decodes keys to node, code version and what was read", async () => {
    await using driver = driverWith();
    const cache = driver.cache!;
    await driver.execute(["asked"], text);
    expect(await cache.decodeKey(cache.cacheKeys.count!)).toEqual({
      nodeName: "count",
      codeVersion: cache.codeVersions.count,
      dependenciesDataVersions: { words: cache.dataVersions.words },
      dependencies: { words: "words" },
    });
    expect(await cache.decodeKey("0".repeat(64))).toBeUndefined();
    // from the keys alone comes the graph of the run, but for what is not cached
    const wires = [];
    for (const key of Object.values(cache.cacheKeys)) {
      const { nodeName, dependencies } = (await cache.decodeKey(key))!;
      wires.push(...Object.values(dependencies).map((from) => `${from} -> ${nodeName}`));
    }
    expect(wires.toSorted()).toEqual(["client -> asked", "count -> asked", "text -> words", "words -> count"]);
  });

  test("answers for the runs of other processes, from the store", async () => {
    let id: string;
    let details: unknown;
    let logs: unknown;
    {
      await using driver = driverWith();
      await driver.execute(["asked"], { overrides: { words: ["x"] } });
      id = driver.cache!.lastRunId!;
      details = await driver.cache!.run(id);
      logs = untimed(await driver.cache!.logs({ runId: id, level: "debug" }));
    }
    await using later = driverWith();
    expect(later.cache!.runIds).toEqual([]);
    expect(await later.cache!.metadataStore.runIds()).toContain(id);
    expect(await later.cache!.run(id)).toEqual(details);
    expect(untimed(await later.cache!.logs({ runId: id, level: "debug" }))).toEqual(logs);
    expect((await later.cache!.metadataStore.lastRun())?.id).toBe(id);
  });

  test("has records and values at hand", async () => {
    await using driver = driverWith();
    const { metadataStore, resultStore } = driver.cache!;
    await driver.execute(["asked"], text);
    const { cacheKeys, dataVersions } = driver.cache!;
    expect(await metadataStore.get(cacheKeys.words!)).toBe(dataVersions.words);
    expect(await metadataStore.size()).toBe(3);
    expect(await resultStore.get(dataVersions.words!)).toEqual(["to", "be", "or"]);
    expect([await resultStore.exists(dataVersions.count!), await resultStore.exists("0".repeat(64))]).toEqual([
      true,
      false,
    ]);
    expect(await failing(() => resultStore.get("0".repeat(64)))).toMatchObject({ reason: "missing-blob" });
    await metadataStore.delete(cacheKeys.words!);
    expect(await metadataStore.exists(cacheKeys.words!)).toBe(false);
    await metadataStore.deleteAll();
    expect([await metadataStore.size(), await metadataStore.runs()]).toEqual([0, []]);
  });

  test("drivers of one process can share stores in memory", async () => {
    const stores = { metadataStore: new MemoryMetadataStore(), resultStore: new MemoryResultStore() };
    for (const expected of ["execute_node", "get_result"]) {
      await using driver = driverWith(stores);
      await driver.execute(["count"], text);
      const logs = await driver.cache!.logs({ runId: driver.cache!.lastRunId! });
      expect(logs.count!.map(({ eventType }) => eventType)).toEqual([expected]);
    }
  });

  test("drivers over shared modules, with scripts of their own, reuse each other's results", async () => {
    project.write("features.ts", "export const feature = (x: number) => x + 1;");
    const script = (name: string): string => `
      import { Driver } from "sluice/dataflow";
      import * as features from "./features.ts";
      import * as ${name} from "./${name}.ts";
      console.error("${name}");
      const driver = Driver.builder().withModules(features, ${name}).withCache().build();
      await driver.execute(["${name}"], { inputs: { x: 1 } });
      console.log(JSON.stringify(await driver.cache.logs({ runId: driver.cache.lastRunId })));
    `;
    for (const name of ["training", "inference"]) {
      project.write(`${name}.ts`, `export const ${name} = (feature: number) => [feature, "${name}"];`);
      project.write(`${name}-script.ts`, script(name));
    }
    const training = await project.run("training-script.ts");
    const inference = await project.run("inference-script.ts");
    expect(training.feature[0].eventType).toBe("execute_node");
    expect(inference.feature[0].eventType).toBe("get_result");
    expect(inference.inference[0].eventType).toBe("execute_node");
  });
});

describe("logs", () => {
  test("come by run, or of one run by node, at two levels", async () => {
    await using driver = driverWith();
    await driver.execute(["count"], text);
    await driver.execute(["count"], text);
    const [first, second] = driver.cache!.runIds;
    const byRun = await driver.cache!.logs();
    expect(Object.keys(byRun)).toEqual([first, second]);
    expect(byRun[first!]!.map(eventLine)).toEqual(["words::adapter::execute_node", "count::adapter::execute_node"]);
    expect(byRun[second!]!.map(eventLine)).toEqual([
      "words::result_store::get_result::hit",
      "count::result_store::get_result::hit",
    ]);
    const byNode = await driver.cache!.logs({ runId: second!, level: "debug" });
    expect(byNode.text!.map(eventLine)).toEqual([
      "text::adapter::resolve_behavior::default",
      "text::adapter::is_input",
      "text::adapter::set_data_version",
    ]);
    expect(byNode.count!.map(({ eventType, value }) => [eventType, value])).toEqual([
      ["resolve_behavior", "default"],
      ["is_final_var", undefined],
      ["set_cache_key", driver.cache!.cacheKeys.count],
      ["get_data_version", driver.cache!.dataVersions.count],
      ["get_result", driver.cache!.dataVersions.count],
    ]);
  });

  test("tell of failures and of what was skipped", async () => {
    await using driver = driverWith();
    await failing(() => driver.execute(["bad"], text));
    const logs = await driver.cache!.logs({ runId: driver.cache!.lastRunId! });
    expect(logs.bad!.map(eventLine)).toEqual([
      "bad::adapter::execute_node",
      "bad::adapter::failed_execution::bad failed: Error: broke",
    ]);
  });

  test("go to a logger as lines, as they happen", async () => {
    const lines: string[] = [];
    const logger = {
      info: (line: string) => lines.push(`info ${line}`),
      debug: (line: string) => lines.push(`debug ${line}`),
    };
    await using driver = driverWith({ logger });
    await driver.execute(["count"], text);
    expect(lines).toEqual(["info words::adapter::execute_node", "info count::adapter::execute_node"]);
    lines.length = 0;
    await using chatty = driverWith({ logger, logLevel: "debug" });
    await chatty.execute(["count"], text);
    expect(lines).toContain("debug count::metadata_store::get_data_version::hit");
    expect(lines).toContain("info count::result_store::get_result::hit");
  });

  test("go to a file as lines of JSON, whole ones, from runs that go on at once", async () => {
    const log = path.join(project.dir, "logs/caching.jsonl");
    await using driver = driverWith({ logToFile: log });
    const all = Array.from({ length: 10 }, (_, i) => driver.execute(["count"], { inputs: { text: "a ".repeat(i) } }));
    await Promise.all(all);
    const lines = readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(lines.map(({ runId }) => runId))).toEqual(new Set(driver.cache!.runIds));
    expect(lines[0]).toMatchObject({
      nodeName: expect.any(String),
      actor: "adapter",
      eventType: "resolve_behavior",
      timestamp: expect.any(String),
    });
  });

  test("a name that would move the cursor is shown as a code", () => {
    const line = eventLine({
      runId: "r",
      nodeName: "a\u001b[2J",
      actor: "adapter",
      eventType: "execute_node",
      timestamp: 0,
    });
    expect(line).toBe("a\\u001b[2J::adapter::execute_node");
  });
});

function untimed(logs: Readonly<Record<string, readonly { readonly timestamp: number }[]>>): unknown {
  return Object.fromEntries(
    Object.entries(logs).map(([node, events]) => [node, events.map(({ timestamp: _, ...event }) => event)]),
  );
}
