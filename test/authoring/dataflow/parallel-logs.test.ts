import { readFileSync } from "node:fs";
import path from "node:path";
import type { CachingEvent, TaskRun } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BranchProject } from "./parallel-rig.ts";
import { failing } from "./rig.ts";

let project: BranchProject;
beforeEach(() => {
  project = new BranchProject();
});
afterEach(() => project[Symbol.dispose]());

const flow = `
  export const row = parallel((rows: number[][]) => rows);
  export const cell = parallel((row: number[]) => row);
  export const name = (row: number[]) => "r" + row.length;
  export const half = (cell: number, name: string) => { if (cell === 13) throw new Error("unlucky"); return name + cell / 2; };
  export const line = collect("half", (half: string[]) => half.join());
  export const all = collect("line", (line: string[]) => line.join(";"));
`;
const rows = (...rows: number[][]) => ({ inputs: { rows } });

/** Lines of a logger. */
function lines() {
  const told: string[] = [];
  const logger = { info: (line: string) => told.push(line), debug: (line: string) => told.push(line) };
  return { logger, take: () => told.splice(0).toSorted() };
}

describe("the log", () => {
  test("tells of each task, as it happens", async () => {
    const { logger, take } = lines();
    await using driver = project.driver(flow, { logger });
    await driver.execute(["all"], rows([2, 4], [6]));
    expect(take()).toEqual([
      "all::adapter::execute_node",
      "cell::row.0::adapter::execute_node",
      "cell::row.1::adapter::execute_node",
      "half::row.0.cell.0::adapter::execute_node",
      "half::row.0.cell.1::adapter::execute_node",
      "half::row.1.cell.0::adapter::execute_node",
      "line::row.0::adapter::execute_node",
      "line::row.1::adapter::execute_node",
      "name::row.0::adapter::execute_node",
      "name::row.1::adapter::execute_node",
      "row::adapter::execute_node",
    ]);
    await driver.execute(["line"], rows([2, 4], [8]));
    expect(take()).toEqual([
      "cell::row.0::result_store::get_result::hit",
      "cell::row.1::adapter::execute_node",
      "half::row.0.cell.0::result_store::get_result::hit",
      "half::row.0.cell.1::result_store::get_result::hit",
      "half::row.1.cell.0::adapter::execute_node",
      "line::row.0::result_store::get_result::hit",
      "line::row.1::adapter::execute_node",
      "name::row.0::result_store::get_result::hit",
      "name::row.1::adapter::execute_node",
      "row::adapter::execute_node",
    ]);
    // a list that is reused as a whole, too
    await driver.execute(["line"], rows([2, 4], [8]));
    expect(take()).toEqual([
      "cell::row.0::result_store::get_result::hit",
      "cell::row.1::result_store::get_result::hit",
      "half::row.0.cell.0::result_store::get_result::hit",
      "half::row.0.cell.1::result_store::get_result::hit",
      "half::row.1.cell.0::result_store::get_result::hit",
      "line::row.0::result_store::get_result::hit",
      "line::row.1::result_store::get_result::hit",
      "name::row.0::result_store::get_result::hit",
      "name::row.1::result_store::get_result::hit",
      "row::result_store::get_result::hit",
    ]);
  });

  test("has every step of a task at debug, in the file of events too", async () => {
    await using driver = project.driver(flow, { logToFile: true });
    await driver.execute(["half"], rows([2, 2]));
    const runId = driver.cache!.lastRunId!;
    const events = await driver.cache!.logs({ runId, level: "debug" });
    const told = events.half!.filter(({ taskId }) => taskId === "row.0.cell.0").map(({ eventType }) => eventType);
    expect(told).toEqual(["set_cache_key", "get_data_version", "execute_node", "set_data_version", "set_result"]);
    // the second is equal to the first, so it is there when that has run
    const second = events.half!.filter(({ taskId }) => taskId === "row.0.cell.1").map(({ eventType }) => eventType);
    expect(second).toEqual(["set_cache_key", "get_data_version", "get_result"]);
    expect(events.half!.filter(({ taskId }) => !taskId).map(({ eventType }) => eventType)).toEqual([
      "resolve_behavior",
      "is_final_var",
      "set_cache_key",
      "get_data_version",
      "set_data_version",
      "set_result",
    ]);
    const file = readFileSync(path.join(project.dir, "cache", "v1", "caching.jsonl"), "utf8");
    const written = file
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as CachingEvent);
    expect(written.filter(({ nodeName, taskId }) => nodeName === "half" && taskId === "row.0.cell.1")).toHaveLength(3);
  });

  test("comes by task where it is wanted so", async () => {
    await using driver = project.driver(flow);
    await driver.execute(["line"], rows([2], []));
    const runId = driver.cache!.lastRunId!;
    const byTask = await driver.cache!.logs({ runId, byTask: true });
    const types = (events: unknown) => (events as CachingEvent[]).map(({ eventType }) => eventType);
    expect(types(byTask.row)).toEqual(["execute_node"]);
    expect(Object.keys(byTask.half!)).toEqual(["row.0.cell.0"]);
    expect(Object.keys(byTask.line!).toSorted()).toEqual(["row.0", "row.1"]);
    expect(types((byTask.half as Record<string, unknown>)["row.0.cell.0"])).toEqual(["execute_node"]);
  });
});

describe("tasks", () => {
  test("have versions and keys that decode; the keys of equal tasks of any position are the same", async () => {
    await using driver = project.driver(flow);
    const cache = driver.cache!;
    await driver.execute(["line"], rows([2, 4], [4, 6]));
    const tasks = await cache.tasks();
    expect(Object.keys(tasks).toSorted()).toEqual(["cell", "half", "line", "name"]);
    const half = tasks.half!["row.0.cell.1"]!;
    expect(half).toMatchObject({ status: "executed", dataVersion: cache.versionData("r22") });
    expect(tasks.half!["row.1.cell.0"]!.cacheKey).toBe(half.cacheKey);
    expect(await cache.decodeKey(half.cacheKey!)).toEqual({
      nodeName: "half",
      codeVersion: cache.codeVersions.half,
      dependenciesDataVersions: { cell: cache.versionData(4), name: cache.versionData("r2") },
      dependencies: { cell: "cell", name: "name" },
    });
    expect(await cache.resultStore.get(half.dataVersion!)).toBe("r22");
    expect(await cache.metadataStore.get(half.cacheKey!)).toBe(half.dataVersion);
  });

  test("of earlier processes are told from the store as they were told then", async () => {
    const told: { id: string; tasks: unknown; debug: unknown }[] = [];
    {
      await using driver = project.driver(flow);
      const runs = [rows([2, 4], [6]), rows([2, 4], [8, 8], []), rows([2, 4], [8, 8], []), rows([13], [2])];
      for (const inputs of runs) {
        await driver.execute(["all"], inputs).catch(() => {});
        const id = driver.cache!.lastRunId!;
        told.push({
          id,
          tasks: await driver.cache!.tasks(id),
          debug: types(await driver.cache!.logs({ runId: id, level: "debug" })),
        });
      }
    }
    expect(statuses(told[1]!.tasks)).toMatchObject({ half: { hit: 3, executed: 1 }, name: { hit: 1, executed: 2 } });
    expect(statuses(told[2]!.tasks)).toMatchObject({ half: { hit: 4 }, line: { hit: 3 } });
    expect(statuses(told[3]!.tasks)).toMatchObject({ half: { failed: 1, executed: 1 }, name: { executed: 2 } });
    await using later = project.driver(flow);
    for (const { id, tasks, debug } of told) {
      expect(await later.cache!.tasks(id)).toEqual(tasks);
      expect(types(await later.cache!.logs({ runId: id, level: "debug" }))).toEqual(debug);
    }
    expect(await failing(() => later.cache!.tasks("nothing"))).toMatchObject({ reason: "unknown-run" });
    expect(await later.cache!.tasks()).toEqual({});
  });

  test.each(["recompute", "disable", "ignore"] as const)("that %s are told too, then and later", async (behavior) => {
    let tasks: unknown;
    let id = "";
    {
      await using driver = project.driver(flow, { [behavior]: ["name"] });
      for (let time = 0; time < 2; time++) await driver.execute(["all"], rows([2], [4, 6]));
      id = driver.cache!.lastRunId!;
      tasks = await driver.cache!.tasks(id);
      expect(driver.cache!.behaviors.name).toBe(behavior);
    }
    expect(statuses(tasks)).toMatchObject({
      name: { executed: 2 },
      half: behavior === "disable" ? { executed: 3 } : { hit: 3 },
    });
    await using later = project.driver(flow);
    expect(await later.cache!.tasks(id)).toEqual(tasks);
  });
});

/** How many tasks of each node ended in which way. */
function statuses(tasks: unknown): Record<string, Record<string, number>> {
  const counted: Record<string, Record<string, number>> = {};
  for (const [node, byTask] of Object.entries(tasks as Record<string, Record<string, TaskRun>>)) {
    counted[node] = {};
    for (const { status } of Object.values(byTask)) counted[node][status] = (counted[node][status] ?? 0) + 1;
  }
  return counted;
}

/** What is told of each task, without the times. */
function types(logs: Readonly<Record<string, readonly CachingEvent[]>>): unknown {
  return Object.fromEntries(
    Object.entries(logs).map(([node, events]) => [
      node,
      events
        .map(({ taskId = "", actor, eventType, message = "", value = "" }) =>
          [taskId, actor, eventType, message, value].join("::"),
        )
        .toSorted(),
    ]),
  );
}
