/*
 * Where Hamilton gives stale or changed values (A3), crashes (A4) or runs things twice (A5): what Sluice does there. The numbers are
 * those of the list of its faults.
 */
import { existsSync, readdirSync, readFileSync, truncateSync, unlinkSync } from "node:fs";
import path from "node:path";
import { type CacheOptions, cached, Driver, MemoryMetadataStore, MemoryResultStore } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject, failing } from "./rig.ts";

const seen = { calls: [] as string[], world: 0 };
Object.assign(globalThis, { dataflowFaults: seen });

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  Object.assign(seen, { calls: [], world: 0 });
});
afterEach(() => project[Symbol.dispose]());

const head = 'import { cached, dataSaver } from "sluice/dataflow"; const seen = (globalThis as any).dataflowFaults;\n';

/** Executes one target with a driver of its own. */
async function once(
  text: string,
  target: string,
  options: { inputs?: Record<string, unknown>; cache?: CacheOptions } = {},
): Promise<unknown> {
  const file = project.write("flow.ts", head + text);
  await using driver = Driver.builder()
    .withModules(file)
    .withCache({ path: project.dir, ...options.cache })
    .build();
  return (await driver.execute([target], { inputs: options.inputs ?? {} }))[target];
}

describe("wrong answers", () => {
  test("A3.1 a renamed column is another value", async () => {
    const text = `
      import { tableFromArrays } from ${JSON.stringify(path.resolve(import.meta.dirname, "../../../node_modules/apache-arrow/Arrow.node.mjs"))};
      export const table = (name: string) => tableFromArrays({ [name]: Int32Array.of(1, 2) });
      export const columns = (table: any) => table.schema.fields.map((field: any) => field.name);
    `;
    expect(await once(text, "columns", { inputs: { name: "x" } })).toEqual(["x"]);
    expect(await once(text, "columns", { inputs: { name: "renamed" } })).toEqual(["renamed"]);
    expect(await once(text, "columns", { inputs: { name: "x" } })).toEqual(["x"]);
  });

  test("A3.2 values of different types are different values", async () => {
    const values = [
      "1",
      1,
      1n,
      true,
      "true",
      null,
      "null",
      [],
      {},
      new Map(),
      new Set(),
      "",
      0,
      -0,
      Number.NaN,
      [1],
      new Uint8Array([1]),
    ];
    const text = "export const same = (value: unknown) => { seen.calls.push('same'); return value; };";
    for (const value of values) expect(await once(text, "same", { inputs: { value } })).toEqual(value);
    expect(seen.calls).toHaveLength(values.length);
    for (const value of values) expect(await once(text, "same", { inputs: { value } })).toEqual(value);
    expect(seen.calls).toHaveLength(values.length);
  });

  test("A3.4 what is recomputed replaces what was kept", async () => {
    const text = "export const now = () => seen.world; export const next = (now: number) => now * 10;";
    seen.world = 1;
    expect(await once(text, "next")).toBe(10);
    seen.world = 2;
    expect(await once(text, "next", { cache: { recompute: ["now"] } })).toBe(20);
    expect(await once(text, "next")).toBe(20);
    expect(await once(text, "now")).toBe(2);
  });

  test("A3.5 a saver has written what the run says, each time", async () => {
    const out = path.join(project.dir, "out.txt");
    const text = `
      import { writeFileSync } from "node:fs";
      export const saved = dataSaver((n: number) => { writeFileSync(${JSON.stringify(out)}, "x".repeat(n)); return { length: n }; });
    `;
    for (const n of [1, 3, 1]) {
      expect(await once(text, "saved", { inputs: { n } })).toEqual({ length: n });
      expect(readFileSync(out, "utf8")).toHaveLength(n);
    }
  });

  test("A3.6 a hit has the order of keys that was computed", async () => {
    const text =
      "export const made = (names: string[]) => Object.fromEntries(names.map((name) => [name, 1]));\nexport const order = (made: object) => Object.keys(made);";
    for (const names of [
      ["a", "b"],
      ["b", "a"],
      ["a", "b"],
    ]) {
      expect(await once(text, "order", { inputs: { names } })).toEqual(names);
      expect(Object.keys((await once(text, "made", { inputs: { names } })) as object)).toEqual(names);
    }
  });

  test("A3.7 a format that cannot carry a value says so, and gives back what it carries", async () => {
    const text = `
      export const map = cached({ format: "json" }, () => new Map([[1, [1, 2]]]));
      export const plain = cached({ format: "json" }, () => ({ "1": [1, 2], b: null }));
    `;
    expect(await failing(() => once(text, "map"))).toMatchObject({ reason: "unsupported-value", node: "map" });
    for (let i = 0; i < 2; i++) expect(await once(text, "plain")).toEqual({ "1": [1, 2], b: null });
  });

  test.each(["disk", "memory"])(
    "A3.8 what a function does to its inputs nobody else sees, nor does the cache: %s",
    async (where) => {
      const stores =
        where === "memory" ? { metadataStore: new MemoryMetadataStore(), resultStore: new MemoryResultStore() } : {};
      const text = `
      export const list = () => [3, 1, 2];
      export const sorted = (list: number[]) => list.sort();
      export const first = (list: number[], sorted: number[]) => [list, sorted];
    `;
      for (let i = 0; i < 2; i++) {
        expect(await once(text, "first", { cache: stores })).toEqual([
          [3, 1, 2],
          [1, 2, 3],
        ]);
        expect(await once(text, "list", { cache: stores })).toEqual([3, 1, 2]);
      }
    },
  );
});

describe("code that changed (A3.3)", () => {
  const main = `
    import { Driver } from "sluice/dataflow";
    import * as flow from "./flow.ts";
    const ran = [];
    const how = process.argv[2] === "path" ? ["./flow.ts"] : [flow];
    const driver = Driver.builder().withModules(...how).withCache().build();
    const onEvent = (event) => event.type === "node-started" && ran.push(event.node);
    const values = await driver.execute(process.argv.slice(3), { inputs: { x: 1 }, onEvent });
    console.log(JSON.stringify({ values, ran }));
  `;
  const lib =
    "export function helper(x: number) { return x + 1; }\nexport const RATE = 10;\nexport const CASES = { low: { factor: 1 } };\nexport function unused() { return 1; }";
  const flow = `
    import { parameterize, pipeInput, step, type Step } from "sluice/dataflow";
    import { CASES, helper, RATE } from "./lib.ts";
    export const viaHelper = (x: number) => helper(x);
    export const viaConstant = ({ x }: { x: number }) => x * RATE;
    export const viaCases = parameterize(CASES, (x: number, factor: number) => x * factor);
    const scaled = (x: number) => helper(x) * 2;
    export const viaPipe = pipeInput("x", [step(scaled)], (x: number) => x);
    const make = (by: number) => (x: number) => x + by;
    export const viaClosure = make(5);
    export function plain(x: number) { return x; }
  `;
  const targets = ["viaHelper", "viaConstant", "low", "viaPipe", "viaClosure", "plain"];

  test.each([
    [
      "a helper function",
      "x + 1",
      "x + 100",
      { viaHelper: 101, viaPipe: 202 },
      ["viaHelper", "viaPipe.scaled", "viaPipe"],
    ],
    ["a constant of a module", "RATE = 10", "RATE = 20", { viaConstant: 20 }, ["viaConstant"]],
    ["the cases of a parameterised function", "factor: 1", "factor: 7", { low: 7 }, ["low"]],
    [
      "a comment, types, what nobody reaches",
      "unused() { return 1; }",
      "unused(): number { /* two */ return 2; }",
      {},
      [],
    ],
  ])("%s", async (_, from, to, changed, again) => {
    project.write("main.ts", main);
    project.write("lib.ts", lib);
    project.write("flow.ts", flow);
    const first = await project.run("main.ts", "namespace", ...targets);
    expect(first.values).toEqual({ viaHelper: 2, viaConstant: 10, low: 1, viaPipe: 4, viaClosure: 6, plain: 1 });
    project.write("lib.ts", lib.replace(from, to));
    const second = await project.run("main.ts", "namespace", ...targets);
    expect(second.values).toEqual({ ...first.values, ...changed });
    expect(second.ran.toSorted()).toEqual([...again].toSorted());
    // However the module is named, its results are the same.
    expect(await project.run("main.ts", "path", ...targets)).toEqual({ values: second.values, ran: [] });
  });

  test("a value that a function captures, and the function itself", async () => {
    project.write("main.ts", main);
    project.write("lib.ts", lib);
    project.write("flow.ts", flow);
    await project.run("main.ts", "path", ...targets);
    project.write("flow.ts", flow.replace("make(5)", "make(6)").replace("return x; }", "return -x; } // changed"));
    const { values, ran } = await project.run("main.ts", "path", ...targets);
    expect(values).toMatchObject({ viaClosure: 7, plain: -1 });
    expect(ran.toSorted()).toEqual(["plain", "viaClosure"]);
  });
});

describe("crashes (A4)", () => {
  const big =
    "export const big = (x: number) => { seen.calls.push('big'); return 'v'.repeat(50_000) + x; }; export const size = (big: string) => big.length;";

  function blobs(): readonly string[] {
    const folder = path.join(project.dir, "v1/blobs");
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
  }

  test.each([
    ["a truncated result", (file: string) => truncateSync(file, 10)],
    ["a deleted result", (file: string) => unlinkSync(file)],
  ])("%s is made anew", async (_, damage) => {
    const value = await once(big, "big", { inputs: { x: 1 } });
    for (const file of blobs()) damage(file);
    expect(await once(big, "big", { inputs: { x: 1 }, cache: { onWarning: () => {} } })).toBe(value);
    expect(await once(big, "size", { inputs: { x: 1 } })).toBe(50_001);
    expect(seen.calls).toEqual(["big", "big"]);
  });

  test("a result that cannot be kept is told by the place in it, and is handed on where it is not to be kept", async () => {
    const text =
      "export const client = () => ({ rows: [{ ask: () => 'answer' }] }); export const asked = (client: any) => client.rows[0].ask();";
    expect(await failing(() => once(text, "asked"))).toMatchObject({
      reason: "unversionable",
      node: "client",
      message: expect.stringContaining("rows[0].ask"),
    });
    expect(await once(text, "asked", { cache: { ignore: ["client"] } })).toBe("answer");
    expect(await once(text, "asked", { cache: { disable: ["client"] } })).toBe("answer");
    expect(await once(text, "asked", { cache: { defaultBehavior: "disable" } })).toBe("answer");
  });

  test("an input that has no version is handed on where keys do not see it", async () => {
    const text = "export const asked = (client: any) => client.ask();";
    const client = { ask: () => "answer" };
    expect(await failing(() => once(text, "asked", { inputs: { client } }))).toMatchObject({
      reason: "invalid-parameter",
      node: "client",
    });
    expect(await once(text, "asked", { inputs: { client }, cache: { ignore: ["client"] } })).toBe("answer");
    expect(await once(text, "asked", { inputs: { client }, cache: { disable: ["client"] } })).toBe("answer");
  });

  test("asynchronous functions and generators are waited for", async () => {
    const text =
      "export const later = async () => 1; export function* rows() { yield { a: 1 }; yield { a: 2 }; }\nexport const all = async (rows: any, later: number) => [later, ...(await rows.toArray())];";
    for (let i = 0; i < 2; i++) expect(await once(text, "all")).toEqual([1, { a: 1 }, { a: 2 }]);
  });

  test("a format and a log to a file work with stores in memory", async () => {
    const stores = { metadataStore: new MemoryMetadataStore(), resultStore: new MemoryResultStore() };
    const text =
      "export const rows = cached({ format: 'csv' }, () => { seen.calls.push('rows'); return [{ a: 1 }]; });";
    const log = path.join(project.dir, "caching.jsonl");
    const cache: CacheOptions = { ...stores, logToFile: log };
    for (let i = 0; i < 2; i++) expect(await once(text, "rows", { cache })).toEqual([{ a: 1 }]);
    expect(seen.calls).toEqual(["rows"]);
    expect(existsSync(path.join(project.dir, "v1"))).toBe(false);
    expect(
      readFileSync(log, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).eventType),
    ).toContain("get_result");
    expect(await failing(() => once(text, "rows", { cache: { ...stores, logToFile: true } }))).toMatchObject({
      reason: "usage",
    });
  });

  test("a chain of 3000 nodes runs, and is reused", async () => {
    const links = Array.from({ length: 2999 }, (_, i) => `export const n${i + 1} = (n${i}: number) => n${i} + 1;`);
    const text = `export const n0 = () => { seen.calls.push("n0"); return 0; };\n${links.join("\n")}`;
    for (let i = 0; i < 2; i++) expect(await once(text, "n2999")).toBe(2999);
    expect(seen.calls).toEqual(["n0"]);
  });

  test("a function that another tool has moved is refused, not taken for another", async () => {
    // this very file was compiled by the test runner
    await using driver = Driver.builder()
      .withModules({ moved: (x: number) => x })
      .withCache({ path: project.dir })
      .build();
    expect(await failing(() => driver.execute(["moved"], { inputs: { x: 1 } }))).toMatchObject({
      reason: "captured-variable",
      message: expect.stringContaining("load its module by the path"),
      hint: expect.stringMatching(/withModules\("\.\/features\.ts"\).*`version`/),
    });
    await using salted = Driver.builder()
      .withModules({ moved: cached({ version: "1" }, (x: number) => x) })
      .withCache({ path: project.dir })
      .build();
    for (let i = 0; i < 2; i++) expect(await salted.execute(["moved"], { inputs: { x: 1 } })).toEqual({ moved: 1 });
    expect(Object.values(await salted.cache!.logs())[1]!.map(({ eventType }) => eventType)).toEqual(["get_result"]);
  });
});

describe("concurrency (A5)", () => {
  test("three processes that miss the same result compute it once", async () => {
    project.write(
      "flow.ts",
      'import { appendFileSync } from "node:fs";\nexport const slow = async () => { appendFileSync("calls.txt", "x"); await new Promise((done) => setTimeout(done, 500)); return 1; };',
    );
    project.write(
      "main.ts",
      'import { Driver } from "sluice/dataflow";\nconst driver = Driver.builder().withModules("./flow.ts").withCache().build();\nconsole.log(JSON.stringify(await driver.execute(["slow"])));',
    );
    const all = await Promise.all([1, 2, 3].map(() => project.run("main.ts")));
    expect(all).toEqual([{ slow: 1 }, { slow: 1 }, { slow: 1 }]);
    expect(readFileSync(path.join(project.dir, "calls.txt"), "utf8")).toBe("x");
  });

  test("two runs of one driver that go on at once share what both miss", async () => {
    const text =
      "export const slow = async () => { seen.calls.push('slow'); await new Promise((done) => setTimeout(done, 200)); return 1; };";
    await using driver = Driver.builder()
      .withModules(project.write("flow.ts", head + text))
      .withCache({ path: project.dir })
      .build();
    expect(await Promise.all([driver.execute(["slow"]), driver.execute(["slow"])])).toEqual([{ slow: 1 }, { slow: 1 }]);
    expect(seen.calls).toEqual(["slow"]);
  });

  test("what a driver holds of its runs does not grow with their number", async () => {
    await using driver = Driver.builder()
      .withModules(project.write("flow.ts", "export const a = (x: number) => x;"))
      .withCache({ path: project.dir })
      .build();
    for (let x = 0; x < 50; x++) await driver.execute(["a"], { inputs: { x } });
    expect(driver.cache!.runIds).toHaveLength(50);
    // the first is read from the store, the last is at hand: both tell the same things
    const [first, last] = [driver.cache!.runIds[0]!, driver.cache!.lastRunId!];
    for (const runId of [first, last]) {
      const logs = await driver.cache!.logs({ runId, level: "debug" });
      expect(logs.a!.map(({ eventType }) => eventType)).toEqual([
        "resolve_behavior",
        "is_final_var",
        "set_cache_key",
        "get_data_version",
        "execute_node",
        "set_data_version",
        "set_result",
      ]);
    }
  });
});
