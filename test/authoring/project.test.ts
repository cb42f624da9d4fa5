import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { file, param, stage } from "sluice";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LazyProject } from "../../src/authoring/project.ts";
import type { RunEvent } from "../../src/core/event.ts";
import { SluiceError } from "../../src/core/failure.ts";
import type { Workspace } from "../../src/run/workspace.ts";
import { memoryWorkspace } from "../rig/engine.ts";

let workspace: Workspace;
let opened: number;
let closed: number;
let project: LazyProject;
let calls: string[];

beforeEach(() => {
  [opened, closed, calls] = [0, 0, []];
  workspace = memoryWorkspace({
    close: async () => {
      closed += 1;
    },
  });
  project = new LazyProject(workspace.root, async () => {
    opened += 1;
    return workspace;
  });
});
afterEach(async () => {
  await project.close();
  rmSync(workspace.root, { recursive: true, force: true });
});

function called<Value>(name: string, value: Value): Value {
  calls.push(name);
  return value;
}

const topN = param(2, { name: "topN" });
const list = stage({}, () => called("list", [3, 1, 2]), { name: "list" });
const top = stage({ list, topN }, ({ list, topN }) => called("top", list.sort().slice(0, topN)));
const bad = stage({ list }, (): number => {
  throw new Error("it broke");
});
const afterBad = stage({ bad }, ({ bad }) => bad + 1);

describe("a project", () => {
  test("is not closed by a stage that it runs, and closed by what that leaves behind", async () => {
    const other = new LazyProject(workspace.root, async () => memoryWorkspace());
    const closes = stage({}, () => project.close(), { cache: "disable" });
    const nested = stage({}, () => other.run(stage({}, () => project.close(), { cache: "disable" })), {
      cache: "disable",
    });
    for (const node of [closes, nested]) {
      await expect(project.run(node)).rejects.toThrow(/a project cannot be closed by what it runs/);
    }
    const closesOther = stage({}, () => other.close().then(() => 1), { cache: "disable" });
    expect(await project.run(closesOther)).toBe(1);
    expect(await project.run(list)).toEqual([3, 1, 2]);
    const closing: Promise<void>[] = [];
    await project.run(list, { onEvent: ({ type }) => type === "run-finished" && closing.push(project.close()) });
    await Promise.all(closing);
    expect(closed).toBe(1);
  });

  test("is closed by what a stage began, once its run is over", async () => {
    const over = Promise.withResolvers<void>();
    const closing = Promise.withResolvers<void>();
    const begins = stage({}, () => void over.promise.then(() => closing.resolve(project.close())), {
      cache: "disable",
    });
    await project.run(begins);
    over.resolve();
    await closing.promise;
    expect(closed).toBe(1);
  });

  test("gives the values of targets in their shape, typed", async () => {
    const one: number[] = await project.run(top);
    expect(one).toEqual([1, 2]);
    const { a, b } = await project.run({ a: top, b: topN });
    expect([a, b]).toEqual([[1, 2], 2]);
    const [first, second] = await project.run([list, top]);
    expect([first, second]).toEqual([
      [3, 1, 2],
      [1, 2],
    ]);
  });

  test("is opened by the first call, once", async () => {
    expect(opened).toBe(0);
    await Promise.all([project.run(list), project.run(list), project.plan(list)]);
    expect(opened).toBe(1);
  });

  test("runs only what changed", async () => {
    await project.run({ top });
    await project.run({ top });
    expect(calls).toEqual(["list", "top"]);
    expect(await project.run({ top }, { params: { topN: 1 } })).toEqual({ top: [1] });
    expect(calls).toEqual(["list", "top", "top"]);
    await project.run({ top }, { recompute: [list] });
    expect(calls).toEqual(["list", "top", "top", "list"]);
    await project.run({ top }, { recompute: ["top"] });
    expect(calls).toEqual(["list", "top", "top", "list", "top"]);
    await project.run({ top }, { cache: "off" });
    expect(calls).toHaveLength(7);
  });

  test("gives each caller a value of its own", async () => {
    (await project.run(list)).push(4);
    expect(await project.run(list)).toEqual([3, 1, 2]);
  });

  test("plans without running", async () => {
    const plan = await project.plan({ top });
    expect(plan.nodes.map(({ node, status }) => [node, status])).toEqual(
      [
        ["topN", "hit"],
        ["list", "run"],
        ["top", "run"],
      ].sort(
        ([a], [b]) => plan.nodes.findIndex(({ node }) => node === a) - plan.nodes.findIndex(({ node }) => node === b),
      ),
    );
    expect(calls).toEqual([]);
    await project.run({ top });
    expect((await project.plan({ top })).nodes.every(({ status }) => status === "hit")).toBe(true);
  });

  test("throws the first failure, or gives it", async () => {
    await expect(project.run({ afterBad })).rejects.toBeInstanceOf(SluiceError);
    await expect(project.run({ afterBad })).rejects.toMatchObject({ reason: "stage-failed", message: /it broke/ });
    const result = await project.tryRun({ afterBad, top }, { keepGoing: true });
    expect(result).toMatchObject({ status: "failed", failures: [{ reason: "stage-failed" }] });
    expect(result.values).toBe(undefined);
    expect(result.nodes.get("top")?.status).toBe("executed");
    expect(result.nodes.get("afterBad")?.status).toBe("skipped");
    const fine = await project.tryRun({ top });
    expect(fine).toMatchObject({ status: "ok", values: { top: [1, 2] }, failures: [] });
    expect(fine.nodes.get("top")?.status).toBe("hit");
  });

  test("tells events, and can be cancelled", async () => {
    const events: RunEvent["type"][] = [];
    await project.run(top, { onEvent: ({ type }) => events.push(type) });
    expect([events[0], events.at(-1)]).toEqual(["run-started", "run-finished"]);
    const cancelled = { signal: AbortSignal.abort(), cache: "off" } as const;
    expect((await project.tryRun(top, cancelled)).status).toBe("cancelled");
    await expect(project.run(top, cancelled)).rejects.toMatchObject({ reason: "cancelled" });
  });

  test("remembers its runs", async () => {
    const { runId } = await project.tryRun(top);
    expect((await project.runs()).map(({ id }) => id)).toContain(runId);
    expect(await project.runs(0)).toEqual([]);
  });

  test("what is wrong with the call is thrown by all", async () => {
    const typo = { parms: {} } as object;
    await expect(project.run(top, typo)).rejects.toMatchObject({
      failure: { reason: "usage", hint: 'did you mean "params"?' },
    });
    await expect(project.plan(top, typo)).rejects.toMatchObject({ reason: "usage" });
    await expect(project.tryRun(top, { params: { topM: 1 } })).rejects.toMatchObject({ reason: "unknown-parameter" });
    await expect(project.tryRun(top, { params: { topN: "1" } })).rejects.toMatchObject({ reason: "invalid-parameter" });
    await expect(project.tryRun(top, { recompute: [bad] })).rejects.toMatchObject({ reason: "unknown-node" });
    await expect(project.tryRun({})).rejects.toMatchObject({ reason: "usage" });
    expect(calls).toEqual([]);
  });

  test("closes once, and not what was never opened", async () => {
    await project.close();
    expect([opened, closed]).toEqual([0, 0]);
    await expect(project.run(top)).rejects.toMatchObject({ reason: "usage", message: /closed/ });
    {
      await using other = new LazyProject(workspace.root, async () => workspace);
      await other.run(list);
    }
    expect(closed).toBe(1);
  });

  test("that cannot be opened can be tried again", async () => {
    let broken = true;
    const retried = new LazyProject(workspace.root, async () => {
      if (broken) throw new Error("no disk");
      return workspace;
    });
    await expect(retried.run(list)).rejects.toThrow("no disk");
    broken = false;
    expect(await retried.run(list)).toEqual([3, 1, 2]);
  });
});

test("a source can be a target", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sluice-target-"));
  writeFileSync(path.join(folder, "a.txt"), "hello");
  const handle = await project.run(file(path.join(folder, "a.txt")));
  expect(await handle.text()).toBe("hello");
  rmSync(folder, { recursive: true });
});
