/*
 * What people reported of Hamilton, and the crashes and races that hamilton.test.ts does not have: what Sluice does there. What data
 * versions tell apart (A2, #1715, #1616, #1242) is in test/store/value-classes.test.ts as well, opt-in caching (A3.9) in behaviors.test.ts.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import pl from "nodejs-polars";
import { type CacheOptions, Driver, MemoryMetadataStore, MemoryResultStore } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject, failing } from "./rig.ts";

const seen = { calls: [] as string[] };
Object.assign(globalThis, { dataflowIssues: seen });

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  seen.calls = [];
});
afterEach(() => project[Symbol.dispose]());

const head = `import { cached, collect, dataLoader, parallel } from "sluice/dataflow";
  const seen = (globalThis as any).dataflowIssues;\n`;

function driverOf(text: string, cache: CacheOptions = {}) {
  return Driver.builder()
    .withModules(project.write("flow.ts", head + text))
    .withCache({ path: project.dir, ...cache })
    .build();
}

/** Executes one target with a driver of its own; gives its value, and which functions ran. */
async function run(
  text: string,
  target: string,
  { inputs = {}, cache = {} }: { inputs?: Record<string, unknown>; cache?: CacheOptions } = {},
): Promise<[value: unknown, calls: string]> {
  seen.calls = [];
  await using driver = driverOf(text, cache);
  const values = await driver.execute([target], { inputs });
  return [values[target], seen.calls.join(" ")];
}

describe("crashes (A4)", () => {
  test("a run that is killed while it writes leaves nothing that a later one falls over", async () => {
    project.write(
      "flow.ts",
      `export const first = () => "f".repeat(100_000);
       export const big = (first: string) => { process.send?.("writing"); return first + "v".repeat(30_000_000); };
       export const size = (big: string) => big.length;`,
    );
    const main = project.write(
      "main.ts",
      `import { Driver } from "sluice/dataflow";
       const driver = Driver.builder().withModules("./flow.ts").withCache().build();
       console.log(JSON.stringify(await driver.execute(["size"])));`,
    );
    for (let delay = 0; delay < 3; delay++) {
      const child = spawn(process.execPath, [main], { cwd: project.dir, stdio: ["ignore", "ignore", "ignore", "ipc"] });
      const closed = once(child, "close");
      await Promise.race([once(child, "message"), closed]);
      for (let i = 0; i < delay * 3; i++) await new Promise((next) => setImmediate(next));
      child.kill("SIGKILL");
      await closed;
    }
    expect(await project.run("main.ts")).toEqual({ size: 30_100_000 });
  });

  test("what is too old is made anew, in the default folder too", async () => {
    const text = 'export const now = cached({ maxAge: "1ms" }, () => { seen.calls.push("now"); return 1; });';
    expect(await run(text, "now")).toEqual([1, "now"]);
    await new Promise((done) => setTimeout(done, 20));
    expect(await run(text, "now")).toEqual([1, "now"]);
  });

  test("a cyclic input has a version", async () => {
    const text = "export const length = (list: unknown[]) => { seen.calls.push('length'); return list.length; };";
    const list: unknown[] = [1];
    list.push(list);
    expect(await run(text, "length", { inputs: { list } })).toEqual([2, "length"]);
    expect(await run(text, "length", { inputs: { list } })).toEqual([2, ""]);
  });
});

describe("concurrency (A5)", () => {
  test("what does not wait for each other runs at once", async () => {
    const text = `let started = 0;
      let open = () => {};
      const all = new Promise<void>((resolve) => (open = resolve));
      const wait = async () => { if (++started === 5) open(); await all; return started; };
      export const a = () => wait(); export const b = () => wait(); export const c = () => wait();
      export const d = () => wait(); export const e = () => wait();
      export const sum = (a: number, b: number, c: number, d: number, e: number) => a + b + c + d + e;`;
    expect((await run(text, "sum"))[0]).toBe(25);
  });

  test("many processes with many runs share one cache", async () => {
    project.write(
      "flow.ts",
      Array.from(
        { length: 50 },
        (_, i) => `export const n${i} = (${i ? `n${i - 1}` : "x"}: number) => ${i ? `n${i - 1}` : "x"} + 1;`,
      ).join("\n"),
    );
    project.write(
      "main.ts",
      `import { Driver } from "sluice/dataflow";
       const sums = [];
       for (let x = 0; x < 6; x++) {
         await using driver = Driver.builder().withModules("./flow.ts").withCache().build();
         sums.push((await driver.execute(["n49"], { inputs: { x } })).n49);
       }
       console.log(JSON.stringify(sums));`,
    );
    const all = await Promise.all(Array.from({ length: 4 }, () => project.run("main.ts")));
    for (const sums of all) expect(sums).toEqual([50, 51, 52, 53, 54, 55]);
  }, 120_000);
});

describe("issues (B)", () => {
  test("#1715: a change at any depth is a change", async () => {
    const text =
      "export const seenAs = (model: unknown) => { seen.calls.push('seenAs'); return JSON.stringify(model).length; };";
    const model = (weight: number): unknown => {
      let value: unknown = { weight };
      for (let i = 0; i < 40; i++) value = { layer: [value] };
      return value;
    };
    expect((await run(text, "seenAs", { inputs: { model: model(1) } }))[1]).toBe("seenAs");
    expect((await run(text, "seenAs", { inputs: { model: model(2) } }))[1]).toBe("seenAs");
    expect((await run(text, "seenAs", { inputs: { model: model(1) } }))[1]).toBe("");
  });

  test("#1616: names and types of columns count", async () => {
    const text =
      "export const columns = (frame: any) => { seen.calls.push('columns'); return String(frame.dtypes) + frame.columns; };";
    for (const type of [pl.Int64, pl.Int32]) {
      for (const name of ["a", "b"]) {
        const inputs = { frame: pl.DataFrame({ x: [1] }).select(pl.col("x").cast(type).alias(name)) };
        const [value, calls] = await run(text, "columns", { inputs });
        expect(calls).toBe("columns");
        expect(await run(text, "columns", { inputs })).toEqual([value, ""]);
      }
    }
  });

  test("#1242, #1243: times that differ are different", async () => {
    const text = "export const ms = (at: Date) => { seen.calls.push('ms'); return at.getTime(); };";
    for (const at of [0, 1, 86_400_000]) {
      expect(await run(text, "ms", { inputs: { at: new Date(at) } })).toEqual([at, "ms"]);
    }
    expect(await run(text, "ms", { inputs: { at: new Date(1) } })).toEqual([1, ""]);
  });

  test("#1204: ids of runs are told, oldest first, by other drivers and processes too", async () => {
    const text = "export const a = (x: number) => x;";
    const ids: string[] = [];
    for (const x of [1, 2, 3]) {
      await using driver = driverOf(text);
      await driver.execute(["a"], { inputs: { x } });
      ids.push(driver.cache!.lastRunId!);
    }
    await using driver = driverOf(text);
    expect(await driver.cache!.metadataStore.runIds()).toEqual(ids);
    expect((await driver.cache!.metadataStore.lastRun())!.id).toBe(ids[2]);
    expect(await failing(() => driver.cache!.run("nothing"))).toMatchObject({ reason: "unknown-run" });
  });

  test("#1250: what only reads differently keeps its results; a renamed node runs once", async () => {
    const first = "export const total = (a: number, b: number) => { const sum = a + b; return sum; };";
    const again = `/** Says more. */
      export const total = (
        a: number, b: number): number => {
        const sum = a + b; // and why
        return sum;
      };`;
    project.write(
      "main.ts",
      `import { Driver } from "sluice/dataflow";
       const driver = Driver.builder().withModules("./flow.ts").withCache().build();
       let ran = 0;
       const onEvent = ({ type }) => (ran += type === "node-started" ? 1 : 0);
       const values = await driver.execute([process.argv[2]], { inputs: { a: 1, b: 2 }, onEvent });
       console.log(JSON.stringify([values, ran]));`,
    );
    const execute = async (text: string, target: string): Promise<unknown> => {
      project.write("flow.ts", text);
      return project.run("main.ts", target);
    };
    expect(await execute(first, "total")).toEqual([{ total: 3 }, 1]);
    expect(await execute(again, "total")).toEqual([{ total: 3 }, 0]);
    const renamed = again.replace("const total", "const all");
    expect(await execute(renamed, "all")).toEqual([{ all: 3 }, 1]);
    expect(await execute(renamed, "all")).toEqual([{ all: 3 }, 0]);
  });

  test("#1263: asynchronous functions are cached", async () => {
    const text = "export const later = async (x: number) => { await null; seen.calls.push('later'); return { x }; };";
    expect(await run(text, "later", { inputs: { x: 1 } })).toEqual([{ x: 1 }, "later"]);
    expect(await run(text, "later", { inputs: { x: 1 } })).toEqual([{ x: 1 }, ""]);
  });

  test("#1388, #1062: what went well is kept though something else failed", async () => {
    const text = `export const good = () => { seen.calls.push("good"); return 1; };
      export const bad = (fails: boolean) => { if (fails) throw new Error("no"); return 1; };`;
    await using driver = driverOf(text);
    const both = (fails: boolean) => driver.execute(["good", "bad"], { inputs: { fails }, keepGoing: true });
    expect(await failing(() => both(true))).toMatchObject({ reason: "stage-failed", node: "bad" });
    expect(await both(false)).toEqual({ good: 1, bad: 1 });
    expect(seen.calls).toEqual(["good"]);
  });

  test("#1207: a cache in memory caches", async () => {
    const stores = { metadataStore: new MemoryMetadataStore(), resultStore: new MemoryResultStore() };
    const text = "export const a = () => { seen.calls.push('a'); return 'x'.repeat(9000); };";
    expect((await run(text, "a", { cache: stores }))[1]).toBe("a");
    expect((await run(text, "a", { cache: stores }))[1]).toBe("");
  });

  test("#461: what loads runs when the driver says so, and nothing that follows while it gives the same", async () => {
    const text = `export const rows = dataLoader(() => { seen.calls.push("rows"); return [1, 2]; });
      export const size = (rows: number[]) => { seen.calls.push("size"); return rows.length; };`;
    expect((await run(text, "size"))[1]).toBe("rows size");
    expect((await run(text, "size", { cache: { defaultLoaderBehavior: "recompute" } }))[1]).toBe("rows");
    expect((await run(text, "size", { cache: { defaultLoaderBehavior: "default" } }))[1]).toBe("");
  });

  test("#1029: a node inside of a branch can be asked for", async () => {
    const text = `export const item = parallel((n: number) => Array.from({ length: n }, (_, i) => i));
      export const square = (item: number) => { seen.calls.push("s" + item); return item * item; };`;
    expect(await run(text, "square", { inputs: { n: 3 } })).toEqual([[0, 1, 4], "s0 s1 s2"]);
    expect(await run(text, "square", { inputs: { n: 4 } })).toEqual([[0, 1, 4, 9], "s3"]);
  });

  test("#1104: a run of the past is known by its id, and what it made is found by its versions", async () => {
    const text = "export const a = (x: number) => ({ x });";
    await using driver = driverOf(text);
    await driver.execute(["a"], { inputs: { x: 1 } });
    const past = await driver.cache!.run(driver.cache!.lastRunId!);
    await driver.execute(["a"], { inputs: { x: 2 } });
    expect(await driver.cache!.resultStore.get(past.dataVersions.a as string)).toEqual({ x: 1 });
  });
});
