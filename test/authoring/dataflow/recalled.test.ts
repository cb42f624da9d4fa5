/*
 * Runs of drivers with many nodes, of which nothing has to run: they end as they did before, without a look at each node.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type CacheOptions, Driver } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunEvent } from "../../../src/core/event.ts";
import { FlowProject } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

/** A chain of so many nodes from `seed` to `last`. */
function chain(count = 60): string {
  const nodes = Array.from(
    { length: count },
    (_, i) =>
      `export const n${i} = (${i === 0 ? "seed" : `n${i - 1}`}: number) => ${i === 0 ? "seed" : `n${i - 1}`} + 1;`,
  );
  return `${nodes.join("\n")}\nexport const last = (n${count - 1}: number) => n${count - 1};\n`;
}

function build(file: string, options: CacheOptions = {}) {
  return Driver.builder()
    .withModules(file)
    .withCache({ ...cacheHere(), ...options })
    .build();
}

function cacheHere(): CacheOptions {
  return { path: path.join(project.dir, "cache") };
}

interface Ran {
  readonly values: Record<string, unknown>;
  readonly ran: readonly string[];
  readonly isRecalled: boolean;
  readonly ended: readonly string[];
  readonly warnings: readonly string[];
}

async function execute(
  driver: ReturnType<typeof build>,
  targets: readonly string[],
  inputs: Record<string, unknown> = { seed: 1 },
): Promise<Ran> {
  const events: RunEvent[] = [];
  const values = await driver.execute(targets, { inputs, onEvent: (event) => events.push(event) });
  const names = (type: RunEvent["type"]): string[] =>
    events.flatMap((event) => (event.type === type && "node" in event ? [event.node as string] : []));
  return {
    values,
    ran: names("node-started"),
    isRecalled: events.some((event) => event.type === "run-started" && event.remembered === true),
    ended: names("node-finished"),
    warnings: events.flatMap((event) => (event.type === "warning" ? [event.failure.message] : [])),
  };
}

/** Files of blobs in the store. */
function blobs(): readonly string[] {
  const folder = path.join(project.dir, "cache", "v1", "blobs");
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

describe("a run of many nodes that has nothing to do", () => {
  test("is recalled, with the values of what was asked for; and another is not, where anything differs", async () => {
    const file = project.write("flow.ts", chain());
    await using driver = build(file);
    expect(await execute(driver, ["last"])).toMatchObject({ values: { last: 61 }, isRecalled: false });
    for (let i = 0; i < 2; i++) {
      const again = await execute(driver, ["last"]);
      expect(again).toMatchObject({ values: { last: 61 }, ran: [], isRecalled: true });
      expect(again.ended).toHaveLength(62);
    }
    expect(await execute(driver, ["last"], { seed: 2 })).toMatchObject({ values: { last: 62 }, isRecalled: false });
    // What was added since takes nothing away.
    expect(await execute(driver, ["last"])).toMatchObject({ values: { last: 61 }, isRecalled: true });
    const both = ["n50", "seed", "last"];
    expect(await execute(driver, both)).toMatchObject({ ran: [], isRecalled: false });
    expect(await execute(driver, both)).toMatchObject({ values: { n50: 52, seed: 1, last: 61 }, isRecalled: true });
    await using other = build(file, { recompute: ["n59"] });
    expect(await execute(other, ["last"])).toMatchObject({ values: { last: 61 }, ran: ["n59"] });
  });

  test("gives values of every kind as they were made, each time anew", async () => {
    const kinds = {
      minus: "-0",
      none: "undefined",
      nothing: "null",
      huge: "2n ** 80n",
      text: '"\\n\\u2028"',
      long: '"x".repeat(300)',
      blob: '"y".repeat(100_000)',
      day: "new Date(0)",
      map: "new Map<unknown, unknown>([[NaN, new Set([1])]])",
      bytes: "new Uint8Array([10, 0, 10])",
      list: "[1, , { a: [] }]",
    };
    const nodes = Object.entries(kinds).map(
      ([name, value]) => `export const ${name} = (n0: number): unknown => (n0, ${value});`,
    );
    const file = project.write("flow.ts", `${chain()}\n${nodes.join("\n")}`);
    const targets = [...Object.keys(kinds), "last", "seed"];
    await using driver = build(file);
    const { values: made } = await execute(driver, targets);
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const { values, isRecalled } = await execute(driver, targets);
      expect(isRecalled).toBe(true);
      expect(values).toEqual(made);
      expect(Object.is(values.minus, -0)).toBe(true);
      expect(1 in (values.list as unknown[])).toBe(false);
      expect(seen).not.toContain(values.map);
      seen.push(values.map);
      // What was given out belongs to whoever asked.
      (values.map as Map<unknown, unknown>).clear();
      (values.bytes as Uint8Array).fill(1);
    }
  });

  test("tells of itself what a run by the long way tells", async () => {
    const file = project.write("flow.ts", chain());
    await using driver = build(file);
    const cache = driver.cache!;
    for (let i = 0; i < 2; i++) await driver.execute(["last"], { inputs: { seed: 1 } });
    // A hook is called for each node, so nothing is known before.
    await using hooked = Driver.builder()
      .withModules(file)
      .withCache(cacheHere())
      .withHooks({ afterRun: () => {} })
      .build();
    await hooked.execute(["last"], { inputs: { seed: 1 } });
    const long = await hooked.cache!.run(hooked.cache!.lastRunId!);
    const recalled = await cache.run(cache.lastRunId!);
    const { runId, ...told } = recalled!;
    expect(runId).toBe(cache.lastRunId);
    expect({ ...long, runId }).toEqual({ ...told, runId });
    expect(cache.dataVersions).toEqual(told.dataVersions);
    expect(cache.dataVersions.last).toBe(cache.versionData(61));
    expect(cache.cacheKeys).toEqual(told.cacheKeys);
    expect(Object.keys(cache.codeVersions)).toHaveLength(61);
    const untimed = async (of: typeof cache, id: string): Promise<unknown> => {
      const logs = await of.logs({ runId: id, level: "debug" });
      return Object.values(logs).map((events) => events.map(({ timestamp: _, runId: __, ...event }) => event));
    };
    expect(await untimed(cache, runId)).toEqual(await untimed(hooked.cache!, long!.runId));
    // Another driver reads of it in the store.
    await using other = build(file);
    expect(await other.cache!.run(runId)).toEqual(recalled);
    expect(await cache.viewRun({ format: "mermaid" })).toContain("last");
  });

  test("tells loggers and files of each node", async () => {
    const file = project.write("flow.ts", chain());
    const lines: string[] = [];
    const logger = { info: (line: string) => lines.push(line), debug: () => {} };
    for (let i = 0; i < 3; i++) {
      lines.length = 0;
      await using driver = build(file, { logger, logToFile: true });
      await driver.execute(["last"], { inputs: { seed: 1 } });
    }
    expect(lines.filter((line) => line.includes("result_store::get_result::hit"))).toHaveLength(61);
    const logged = readFileSync(path.join(project.dir, "cache", "v1", "caching.jsonl"), "utf8")
      .trim()
      .split("\n");
    expect(new Set(logged.map((line) => JSON.parse(line).runId))).toHaveLength(3);
  });

  test("does not end so where a result has gone, is damaged, or is too old", async () => {
    const large = "export const large = (n59: number) => String(n59).padEnd(100_000, 'x');\n";
    const file = project.write("flow.ts", chain() + large);
    const targets = ["last", "large"];
    const long = `61${"x".repeat(99_998)}`;
    const expected = { values: { last: 61, large: long } };
    const again = async (): Promise<Ran> => {
      await using driver = build(file);
      return await execute(driver, targets);
    };
    for (let i = 0; i < 2; i++) await again();
    expect(await again()).toMatchObject({ ...expected, isRecalled: true });
    for (const blob of blobs()) rmSync(blob);
    expect(await again()).toMatchObject({ ...expected, ran: ["large"], isRecalled: false });
    await again();
    expect(await again()).toMatchObject({ ...expected, isRecalled: true });
    for (const blob of blobs()) {
      const bytes = readFileSync(blob);
      bytes[10]! ^= 1;
      rmSync(blob);
      writeFileSync(blob, bytes);
    }
    const healed = await again();
    expect(healed).toMatchObject({ ...expected, ran: ["large"], isRecalled: false });
    expect(healed.warnings).toHaveLength(1);
    await again();
    await using driver = build(file);
    await execute(driver, targets);
    const key = driver.cache!.cacheKeys.n7!;
    await driver.cache!.metadataStore.delete(key);
    expect(await execute(driver, targets)).toMatchObject({ ...expected, ran: ["n7"], isRecalled: false });
  });

  test("does not end so where what was written is not as it was, or a result is too old", async () => {
    const file = project.write(
      "flow.ts",
      `import { cached, saveTo } from "sluice/dataflow";
       ${chain()}
       export const saved = saveTo("json", { path: "out.json" }, (last: number) => [{ last }]);
       export const old = cached({ maxAge: 4000 }, (last: number) => last * 2);
      `,
    );
    const targets = ["saved.saved", "old"];
    const again = async (): Promise<Ran> => {
      await using driver = build(file);
      return await execute(driver, targets);
    };
    const run = await again();
    expect(run.ran.length).toBeGreaterThan(60);
    const made = Date.now();
    await again();
    const third = await again();
    // On a busy machine it may be too old by then.
    if (Date.now() - made < 3000) expect(third.isRecalled).toBe(true);
    writeFileSync(path.join(project.dir, "out.json"), "[]");
    const rewritten = await again();
    expect(rewritten.isRecalled).toBe(false);
    expect(JSON.parse(readFileSync(path.join(project.dir, "out.json"), "utf8"))).toEqual([{ last: 61 }]);
    await new Promise((resolve) => setTimeout(resolve, 4100));
    const late = await again();
    expect(late).toMatchObject({ isRecalled: false });
    expect(late.ran).toContain("old");
  });

  test("is not known after one in which something ran, where what ran has gone since", async () => {
    const large = "export const large = (n59: number) => String(n59).padEnd(100_000, 'x');\n";
    const file = project.write("flow.ts", chain() + large);
    const targets = ["last", "large"];
    await using driver = build(file);
    expect((await execute(driver, targets)).ran).toHaveLength(62);
    for (const blob of blobs()) rmSync(blob);
    expect(await execute(driver, targets)).toMatchObject({ ran: ["large"], isRecalled: false });
    expect(await execute(driver, targets)).toMatchObject({ ran: [], isRecalled: false });
    await driver.cache!.metadataStore.delete(driver.cache!.cacheKeys.n7!);
    expect(await execute(driver, targets)).toMatchObject({ ran: ["n7"], isRecalled: false });
    await driver.cache!.metadataStore.delete(driver.cache!.cacheKeys.n8!);
    expect(await execute(driver, targets)).toMatchObject({ ran: ["n8"], isRecalled: false });
    expect(await execute(driver, targets)).toMatchObject({ ran: [], isRecalled: true });
  });

  test("says again what was warned of", async () => {
    const file = project.write(
      "flow.ts",
      `import { checkOutput } from "sluice/dataflow";
       ${chain()}
       export const checked = checkOutput({ range: [0, 1], importance: "warn" }, (last: number) => last);
      `,
    );
    await using driver = build(file);
    const first = await execute(driver, ["checked"]);
    expect(first.warnings).toHaveLength(1);
    // Of what was warned of as it was made, the next run says what its record says: that is not known before.
    const second = await execute(driver, ["checked"]);
    expect(second).toMatchObject({ isRecalled: false, ran: [], warnings: first.warnings });
    expect(await execute(driver, ["checked"])).toMatchObject({ isRecalled: true, warnings: first.warnings });
  });

  test("is another one in a process whose code was edited", async () => {
    project.write("helper.ts", "export const add = (x: number): number => x + 1;\n");
    project.write(
      "flow.ts",
      `import { add } from "./helper.ts";\n${chain()}\nexport const added = (last: number): number => add(last);\n`,
    );
    project.write(
      "run.ts",
      `import { Driver } from "sluice/dataflow";
       import * as flow from "./flow.ts";
       await using driver = Driver.builder().withModules(flow).withCache({ path: "cache" }).build();
       const ran: string[] = [];
       let isRecalled = false;
       const { added } = await driver.execute(["added"], { inputs: { seed: 1 }, onEvent: (event) => {
         if (event.type === "node-started") ran.push(event.node);
         if (event.type === "run-started") isRecalled = event.remembered === true;
       } });
       console.log(JSON.stringify({ ran: ran.length, isRecalled, added }));`,
    );
    expect(await project.run("run.ts")).toEqual({ ran: 62, isRecalled: false, added: 62 });
    await project.run("run.ts");
    expect(await project.run("run.ts")).toEqual({ ran: 0, isRecalled: true, added: 62 });
    project.write("helper.ts", "// moved\nexport const add = (x: number): number => x + 1;\n");
    expect(await project.run("run.ts")).toEqual({ ran: 0, isRecalled: true, added: 62 });
    project.write("helper.ts", "export const add = (x: number): number => x + 10;\n");
    expect(await project.run("run.ts")).toEqual({ ran: 1, isRecalled: false, added: 71 });
  });
});
