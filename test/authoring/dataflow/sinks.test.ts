import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { tableFromArrays } from "apache-arrow";
import fc from "fast-check";
import { type CacheOptions, Driver } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../../src/core/digest.ts";
import { describeReasons } from "../../../src/text/reasons.ts";
import { FlowProject, failing } from "./rig.ts";

const seen = { calls: [] as string[], given: undefined as unknown };
Object.assign(globalThis, { dataflowSinks: seen });

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  Object.assign(seen, { calls: [], given: undefined });
});
afterEach(() => project[Symbol.dispose]());

const head = `
  import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
  import { cached, checkOutput, dataLoader, dataSaver, loaded, loadFrom, saved, saveTo, source } from "sluice/dataflow";
  const seen = (globalThis as any).dataflowSinks;
`;

interface Ran {
  readonly values: Record<string, unknown>;
  /** Why each node ran that did, by its name. */
  readonly ran: Readonly<Record<string, string>>;
}

/** Executes with a driver of its own. */
async function go(
  text: string,
  targets: readonly string[],
  inputs: Record<string, unknown> = {},
  cache: CacheOptions = {},
): Promise<Ran> {
  // A process loads a module once.
  const file = project.write(`flow-${digestOf(text).slice(0, 12)}.ts`, head + text);
  const ran: Record<string, string> = {};
  await using driver = Driver.builder()
    .withModules(file)
    .withCache({ path: path.join(project.dir, "cache"), ...cache })
    .build();
  const values = await driver.execute(targets, {
    inputs,
    onEvent: (event) => {
      // The project is that of the module that makes the driver: this one.
      if (event.type === "node-started")
        ran[event.node] = describeReasons(event.reasons).replace(
          new RegExp(`\\S*${path.basename(project.dir)}/`, "g"),
          "",
        );
    },
  });
  return { values, ran };
}

/** What is said of a call that goes wrong, by whichever copy of the library: modules that are loaded by their path have another one. */
async function told(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    return String(error);
  }
  throw new Error("nothing was thrown");
}

const at = (name: string): string => path.join(project.dir, name);

describe("a data saver that says what it wrote", () => {
  const flow = (): string => `
    export const report = dataSaver((n: number) => {
      writeFileSync(${JSON.stringify(at("out.txt"))}, "x".repeat(n));
      return saved(${JSON.stringify(at("out.txt"))}, { length: n });
    });
    export const length = (report: { length: number }) => report.length;
  `;

  test("n = 1, n = 3, n = 1 ends with the file and the metadata of n = 1 (A3.5)", async () => {
    for (const n of [1, 3, 1]) {
      const { values } = await go(flow(), ["report", "length"], { n });
      expect(values).toEqual({ report: { length: n }, length: n });
      expect(readFileSync(at("out.txt"), "utf8")).toHaveLength(n);
    }
  });

  test("is reused while that is there, and says why it is not", async () => {
    await go(flow(), ["report"], { n: 2 });
    expect(await go(flow(), ["report"], { n: 2 })).toEqual({ values: { report: { length: 2 } }, ran: {} });
    appendFileSync(at("out.txt"), "!");
    expect((await go(flow(), ["report"], { n: 2 })).ran).toEqual({ report: "what it wrote was changed: out.txt" });
    rmSync(at("out.txt"));
    expect((await go(flow(), ["report"], { n: 2 })).ran).toEqual({
      report: "what it wrote is gone: out.txt",
    });
    expect(readFileSync(at("out.txt"), "utf8")).toBe("xx");
  });

  test.each<[CacheOptions, boolean]>([
    [{}, false],
    [{ default: ["report"] }, false],
    [{ defaultSaverBehavior: "default" }, false],
    [{ defaultSaverBehavior: "recompute" }, true],
    [{ defaultBehavior: "recompute" }, true],
    [{ defaultBehavior: "disable" }, true],
    [{ recompute: ["report"] }, true],
    [{ defaultSaverBehavior: "default", defaultBehavior: "disable" }, false],
  ])("runs as the driver says: %j", async (cache, runs) => {
    await go(flow(), ["report"], { n: 2 });
    expect("report" in (await go(flow(), ["report"], { n: 2 }, cache)).ran).toBe(runs);
    rmSync(at("out.txt"));
    await go(flow(), ["report"], { n: 2 }, cache);
    expect(existsSync(at("out.txt"))).toBe(true);
  });

  test("without a cache it runs each time", async () => {
    const file = project.write("flow.ts", head + flow());
    const driver = Driver.builder().withModules(file).build();
    for (const n of [1, 2])
      expect(await driver.execute(["report"], { inputs: { n } })).toEqual({ report: { length: n } });
    expect(readFileSync(at("out.txt"), "utf8")).toBe("xx");
  });

  test("one that does not say it runs each time, and says so", async () => {
    const text = "export const report = dataSaver((n: number) => ({ length: n }));";
    await go(text, ["report"], { n: 1 });
    expect((await go(text, ["report"], { n: 1 })).ran).toEqual({
      report: "always runs: it does not say what it writes",
    });
  });

  test("saying that it wrote what is not there is a failure", async () => {
    const text = `export const report = dataSaver(() => saved(${JSON.stringify(at("nowhere"))}));`;
    expect(await failing(() => go(text, ["report"]))).toMatchObject({ reason: "missing-output", node: "report" });
    const call = () => go('export const report = dataSaver(() => saved(""));', ["report"]);
    expect(await told(call)).toContain("saved() needs a path");
  });

  test("whatever is done to the file between runs, it is as the last run says", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("run" as const), n: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ kind: fc.constantFrom("edit" as const, "remove" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        for (const each of steps) {
          if (each.kind === "edit") appendFileSync(at("out.txt"), "?");
          else if (each.kind === "remove") rmSync(at("out.txt"), { force: true });
          else if ("n" in each) {
            const { values } = await go(flow(), ["report"], { n: each.n });
            expect(values.report).toEqual({ length: each.n });
            expect(readFileSync(at("out.txt"), "utf8")).toBe("x".repeat(each.n));
          }
        }
      }),
      { numRuns: 12 },
    );
  });
});

describe("a data loader", () => {
  const flow = `
    export const text = dataLoader((file: string) => { seen.calls.push("text"); return loaded(file, readFileSync(file, "utf8")); });
    export const size = (text: string) => { seen.calls.push("size"); return text.length; };
  `;

  /** A file that was written long enough ago to tell a later edit by its time. */
  async function settled(name: string, text: string): Promise<string> {
    writeFileSync(at(name), text);
    await new Promise((done) => setTimeout(done, 300));
    return at(name);
  }

  test("that says what it read is reused while that is unchanged", async () => {
    const file = await settled("in.txt", "one");
    expect((await go(flow, ["size"], { file })).values).toEqual({ size: 3 });
    expect((await go(flow, ["size"], { file })).ran).toEqual({});
    await settled("in.txt", "two");
    expect((await go(flow, ["size"], { file })).ran).toEqual({
      text: "file in.txt changed",
      size: "input text changed",
    });
    expect(seen.calls).toEqual(["text", "size", "text", "size"]);
  });

  test("whose file is just being written is not trusted the next time", async () => {
    writeFileSync(at("in.txt"), "one");
    await go(flow, ["size"], { file: at("in.txt") });
    writeFileSync(at("in.txt"), "three");
    expect((await go(flow, ["size"], { file: at("in.txt") })).values).toEqual({ size: 5 });
  });

  test("that does not say it runs each time, unless its behaviour is said", async () => {
    const text = "export const rows = dataLoader(() => { seen.calls.push('rows'); return [1]; });";
    for (let i = 0; i < 2; i++) expect((await go(text, ["rows"])).values).toEqual({ rows: [1] });
    expect(seen.calls).toHaveLength(2);
    expect((await go(text, ["rows"])).ran).toEqual({ rows: "always runs: it does not say what it reads" });
    expect((await go(text, ["rows"], {}, { defaultLoaderBehavior: "default" })).ran).toEqual({});
    const own = text.replace("dataLoader(", 'cached({ behavior: "default" }, dataLoader(').replace("; })", "; }))");
    await go(own, ["rows"]);
    expect((await go(own, ["rows"])).ran).toEqual({});
  });
});

const rows = [
  { name: "a, b", amount: 1.5, ok: true },
  { name: 'say "x"', amount: -2, ok: false },
  { name: "zwei\nZeilen", amount: 0, ok: true },
];
const table = tableFromArrays({ id: Int32Array.of(1, 2, 3), score: Float64Array.of(0.5, 1, 2) });
const columns = (value: unknown): unknown => {
  const { schema, toArray } = value as typeof table;
  return [schema.fields.map(({ name, type }) => [name, `${type}`]), toArray.call(value).map((row) => ({ ...row }))];
};

describe.each([
  ["json", { a: [1, { b: null }], c: "x" }, undefined],
  ["ndjson", rows, undefined],
  ["csv", rows, undefined],
  ["text", "a line\n", undefined],
  ["bytes", Uint8Array.of(0, 255), undefined],
  ["parquet", table, columns],
  ["arrow", table, columns],
  ["duckdb", rows, undefined],
] as const)("saveTo and loadFrom: %s", (format, value, as: ((value: unknown) => unknown) | undefined) => {
  const options = (): string =>
    JSON.stringify({ path: `data/file.${format}`, ...(format === "duckdb" ? { table: "orders" } : {}) });
  const save = (): string => `
    export const made = saveTo("${format}", ${options()}, (x: number) => { seen.calls.push("made"); return seen.given; });
  `;
  const load = (): string => `
    export const got = loadFrom("${format}", ${options()}, (read: unknown) => { seen.calls.push("got"); return read; });
  `;

  test("give back what was written, reuse it, and see edits of it", async () => {
    seen.given = value;
    const file = `data/file.${format}`;
    const { values, ran } = await go(save(), ["made.saved"], { x: 1 });
    expect(Object.keys(ran)).toEqual(["made", "made.saved"]);
    expect(values["made.saved"]).toMatchObject({ path: file, format });
    expect((await go(save(), ["made.saved"], { x: 1 })).ran).toEqual({});
    const got = await go(load(), ["got"]);
    expect(as ? as(got.values.got) : got.values.got).toEqual(as ? as(value) : value);
    expect((await go(load(), ["got"])).ran).toEqual({});

    // What is no database is not made one.
    if (format !== "duckdb") {
      const kept = readFileSync(at(file));
      writeFileSync(at(file), "");
      expect((await go(save(), ["made.saved"], { x: 1 })).ran).toEqual({
        "made.saved": `what it wrote was changed: ${file}`,
      });
      if (format !== "parquet") expect(readFileSync(at(file))).toEqual(kept);
      const again = (await go(load(), ["got"])).values.got;
      expect(as ? as(again) : again).toEqual(as ? as(value) : value);
    }
    rmSync(at(file));
    expect((await go(save(), ["made.saved"], { x: 1 })).ran["made.saved"]).toContain("what it wrote is gone");
    expect(seen.calls.filter((call) => call === "made")).toHaveLength(1);
  });

  test("a value that it cannot carry is a failure, and nothing is written", async () => {
    seen.given = new Map([[1, 2]]);
    expect(await told(() => go(save(), ["made.saved"], { x: 2 }))).toContain("made.saved failed");
    expect(existsSync(at(`data/file.${format}`))).toBe(false);
  });
});

describe("saveTo", () => {
  test("takes the path from a node or an input, and a name for the node", async () => {
    const text = `
      export const made = saveTo("json", { path: source("where"), name: "writing" }, () => [1]);
      export const where = (folder: string) => folder + "/a.json";
    `;
    for (const folder of ["one", "two"]) await go(text, ["writing"], { folder });
    for (const folder of ["one", "two"]) expect(readFileSync(at(`${folder}/a.json`), "utf8")).toBe("[\n  1\n]\n");
    expect((await go(text, ["writing"], { folder: "one" })).ran).toEqual({});
    expect(await failing(() => go(text, ["writing"], { folder: "one", where: "x" }))).toMatchObject({
      reason: "usage",
    });
  });

  test("takes a function of one's own, whose code counts", async () => {
    const text = (mark: string): string => `
      export const made = saveTo((value: string, file: string) => { writeFileSync(file, value + "${mark}"); return value.length; }, { path: "a.out" }, () => "abc");
    `;
    expect((await go(text("!"), ["made.saved"])).values).toEqual({ "made.saved": 3 });
    expect((await go(text("!"), ["made.saved"])).ran).toEqual({});
    expect(Object.keys((await go(text("?"), ["made.saved"])).ran)).toContain("made.saved");
    expect(readFileSync(at("a.out"), "utf8")).toBe("abc?");
  });

  test("rows that come one by one are written, and a file as it is", async () => {
    const text = `
      export const made = saveTo("csv", { path: "rows.csv" }, function* () { yield { a: 1 }; yield { a: 2 }; });
    `;
    expect((await go(text, ["made.saved"])).values["made.saved"]).toMatchObject({ rows: 2 });
    expect(readFileSync(at("rows.csv"), "utf8")).toBe("a\r\n1\r\n2\r\n");
  });

  test.each([
    ['saveTo("nothing", { path: "x" }, () => 1)', 'there is no format "nothing"'],
    ['saveTo("json", { path: 1 } as any, () => 1)', 'option "path" of saveTo()'],
    ['saveTo("json", { file: "x" } as any, () => 1)', '"file"'],
    ['saveTo("json", { path: "x", table: "t" }, () => 1)', 'only "duckdb" has'],
    ['saveTo("duckdb", { path: "x" }, () => 1)', 'needs a "table"'],
    ['loadFrom("json", { path: "x", query: "t" }, (x: any) => 1)', 'only "duckdb" has'],
    ['loadFrom("duckdb", { path: "x" }, (x: any) => 1)', 'needs a "table" or a "query"'],
    ['loadFrom("json", { path: "x" }, () => 1)', 'loads into ""'],
    ['loadFrom("json", { path: "x", into: "y" }, (x: any) => 1)', 'loads into "y"'],
    ['loadFrom("jsno", { path: "x" }, (x: any) => 1)', 'there is no format "jsno"'],
  ])("a wrong call is told: %s", async (call, said) => {
    expect(await told(() => go(`export const wrong = ${call};`, ["wrong"]))).toContain(said);
  });
});

describe("what is said of a value", () => {
  test("is not said of what is loaded and saved for it, however wrappers lie around each other", async () => {
    project.write("in.json", "[3, -1]");
    const text = `
      import { extractColumns, extractFields, inject, parallel, pipeInput, schema, step } from "sluice/dataflow";
      const load = (fn: any) => loadFrom("json", { path: "in.json" }, fn);
      const save = (fn: any) => saveTo("json", { path: source("out") }, fn);
      const plus = (numbers: number[]) => numbers.map((n) => n + 1);
      const positive = (numbers: number[]) => numbers.filter((n) => n > 0);
      export const checked = checkOutput({ range: [0, 9] }, save(load(positive)));
      export const stored = cached({ format: "csv" }, load((numbers: number[]) => numbers.map((n) => ({ n }))));
      export const shaped = schema({ n: "number" }, extractColumns(["n"], save(load((numbers: number[]) => numbers.map((n) => ({ n }))))));
      export const fields = extractFields(["first"], load((numbers: number[]) => ({ first: numbers[0] })));
      export const injected = inject({ by: 10 }, load((numbers: number[], by: number) => numbers.map((n) => n * by)));
      export const piped = pipeInput("numbers", [step(plus)], save(load(positive)));
      export const item = parallel(save(load(positive)));
      export const twice = (item: number) => item * 2;
    `;
    const targets = ["checked", "stored", "shaped", "n", "first", "injected", "piped", "twice", "checked.saved"];
    const { values } = await go(text, targets, { out: at("out.json") });
    expect(values).toMatchObject({
      checked: [3],
      stored: [{ n: 3 }, { n: -1 }],
      n: [3, -1],
      first: 3,
      injected: [30, -10],
      piped: [4],
      twice: [6],
      "checked.saved": { rows: 1 },
    });
  });

  test("a saver in a branch writes for each item, and runs again for those whose file is gone", async () => {
    const text = `
      import { parallel } from "sluice/dataflow";
      export const country = parallel(() => ["France", "Italy"]);
      export const where = (country: string) => ${JSON.stringify(`${project.dir}/`)} + country + ".json";
      export const report = saveTo("json", { path: source("where") }, (country: string) => { seen.calls.push(country); return [country]; });
    `;
    for (let i = 0; i < 2; i++) {
      const { values } = await go(text, ["report.saved"]);
      expect((values["report.saved"] as object[]).length).toBe(2);
      expect(JSON.parse(readFileSync(at("Italy.json"), "utf8"))).toEqual(["Italy"]);
      rmSync(at("Italy.json"));
    }
    expect(seen.calls.toSorted()).toEqual(["France", "Italy"]);
  });
});

describe("loadFrom", () => {
  test("an edit of the file re-runs what reads it, where it comes out differently", async () => {
    const text = `
      export const orders = loadFrom("csv", { path: "orders.csv", types: { zip: "string" } }, (rows: any[]) => rows.filter((row) => row.amount > 0));
      export const total = (orders: { amount: number }[]) => orders.reduce((sum, { amount }) => sum + amount, 0);
    `;
    project.write("orders.csv", "amount,zip\n5,01\n-1,02\n");
    expect((await go(text, ["total", "orders"])).values).toEqual({ total: 5, orders: [{ amount: 5, zip: "01" }] });
    expect((await go(text, ["total"])).ran).toEqual({});
    project.write("orders.csv", "amount,zip\r\n5,01\r\n-2,02\r\n");
    expect(Object.keys((await go(text, ["total"])).ran)).toEqual(["orders.rows", "orders"]);
    project.write("orders.csv", "amount,zip\n5,01\n-1,02\n");
    expect((await go(text, ["total"])).ran).toEqual({});
    rmSync(at("orders.csv"));
    expect(await failing(() => go(text, ["total"]))).toMatchObject({ reason: "missing-file" });
  });

  test("the path may be an input, and the parameter another than the first", async () => {
    const text = `
      export const settings = loadFrom("json", { path: source("where"), into: "read" }, (factor: number, read: { a: number }) => read.a * factor);
    `;
    project.write("a.json", '{ "a": 2 }');
    const inputs = { where: "a.json", factor: 10 };
    expect((await go(text, ["settings"], inputs)).values).toEqual({ settings: 20 });
    expect((await go(text, ["settings"], inputs)).ran).toEqual({});
    project.write("a.json", '{ "a": 3 }');
    expect(await go(text, ["settings"], inputs)).toEqual({
      values: { settings: 30 },
      ran: { "settings.read": "file a.json changed", settings: "input settings.read changed" },
    });
    expect(await failing(() => go(text, ["settings"], { ...inputs, where: "b.json" }))).toMatchObject({
      reason: "missing-file",
      node: "settings.read",
    });
    const call = () => go(text, ["settings"], { ...inputs, where: 1 });
    expect(await told(call)).toContain("must be a string, not 1");
  });

  test("a query of a database; another table of it changes nothing", async () => {
    const text = `
      export const one = saveTo("duckdb", { path: "db.duckdb", table: "one", name: "saveOne" }, (x: number) => [{ a: x }]);
      export const two = saveTo("duckdb", { path: "db.duckdb", table: "other.two", name: "saveTwo" }, (y: number) => [{ b: y, text: "it's" }]);
      export const sum = loadFrom("duckdb", { path: "db.duckdb", query: "SELECT sum(a)::INTEGER AS sum FROM one" }, (rows: any[]) => rows[0].sum);
      export const both = loadFrom("duckdb", { path: "db.duckdb", table: "other.two" }, (rows: any[]) => rows);
    `;
    const both = ["saveOne", "saveTwo"];
    expect((await go(text, both, { x: 1, y: 2 })).values).toEqual({
      saveOne: { path: "db.duckdb", format: "duckdb", table: "one", rows: 1 },
      saveTwo: { path: "db.duckdb", format: "duckdb", table: "other.two", rows: 1 },
    });
    expect((await go(text, both, { x: 1, y: 2 })).ran).toEqual({});
    expect((await go(text, ["sum", "both"])).values).toEqual({ sum: 1, both: [{ b: 2, text: "it's" }] });
    expect(Object.keys((await go(text, both, { x: 5, y: 2 })).ran)).toEqual(["one", "saveOne"]);
    expect((await go(text, both, { x: 5, y: 2 })).ran).toEqual({});
    expect(await go(text, ["sum", "both"])).toMatchObject({
      values: { sum: 5 },
      ran: { "sum.rows": "file db.duckdb changed", sum: "input sum.rows changed" },
    });
    // What it wrote as the first run did is not there any more.
    expect((await go(text, both, { x: 1, y: 2 })).ran).toEqual({
      saveOne: "what it wrote was changed: db.duckdb (one)",
    });
    expect((await go(text, ["sum"])).values).toEqual({ sum: 1 });
  });

  test("text that is not of the format is told with its file", async () => {
    project.write("a.json", "{");
    const call = () => go('export const a = loadFrom("json", { path: "a.json" }, (x: any) => x);', ["a"]);
    expect(await told(call)).toContain("a.json cannot be read as json: SyntaxError: Expected property name");
    project.write("b.ndjson", '{"a":1}\n\n{"a":2\n');
    const lines = () => go('export const b = loadFrom("ndjson", { path: "b.ndjson" }, (x: any) => x);', ["b"]);
    expect(await told(lines)).toContain('b.ndjson cannot be read as ndjson: line 3 is not JSON: "{\\"a\\":2"');
    project.write("c.arrow", "");
    const nothing = () => go('export const c = loadFrom("arrow", { path: "c.arrow" }, (x: any) => x);', ["c"]);
    expect(await told(nothing)).toContain("c.arrow cannot be read as arrow: it is empty");
  });

  test("text may begin with a byte order mark", async () => {
    for (const name of ["a.json", "a.ndjson"]) project.write(name, '\uFEFF{"a":1}');
    project.write("a.csv", "\uFEFFa\n1\n");
    const text = ["json", "ndjson", "csv"]
      .map((each) => `export const ${each} = loadFrom("${each}", { path: "a.${each}" }, (x: any) => x);`)
      .join("\n");
    const { values } = await go(text, ["json", "ndjson", "csv"]);
    expect(values).toEqual({ json: { a: 1 }, ndjson: [{ a: 1 }], csv: [{ a: 1 }] });
  });

  test.each([
    ['{ separator: "" }', 'option "separator" of loadFrom() must be a text without quotes and line ends'],
    [`{ separator: '"' }`, 'option "separator" of loadFrom() must be a text without quotes and line ends'],
    ['{ types: { a: "integer" } }', 'the type of the column "a" must be one of "string", "number"'],
  ])("CSV is not read with %s", async (options, message) => {
    project.write("a.csv", "a\ntrue\n");
    const call = () =>
      go(`export const a = loadFrom("csv", { path: "a.csv", ...${options} } as any, (x: any) => x);`, ["a"]);
    expect(await told(call)).toContain(message);
  });
});

test("the same words in another folder read and write other files", async () => {
  project.write(
    "shared.ts",
    "export const whole = (text: string) => text; export const first = (read: string) => read.slice(0, 1);",
  );
  const text = `${head}
    import { first, whole } from "../shared.ts";
    export const read = loadFrom("text", { path: source("where") }, whole);
    export const kept = saveTo("text", { path: "kept.txt" }, first);
  `;
  const folders = ["one", "other"].map((folder) => path.dirname(project.write(`${folder}/flow.ts`, text)));
  project.write("one/in.txt", "a of one");
  project.write("other/in.txt", "a of the other");
  for (const [i, folder] of folders.entries()) {
    await using driver = Driver.builder()
      .withModules(path.join(folder, "flow.ts"))
      .withCache({ path: path.join(project.dir, "cache") })
      .build();
    const given = { inputs: { where: "in.txt" } };
    const { read } = await driver.execute(["read", "kept.saved"], given);
    expect(read).toBe(["a of one", "a of the other"][i]);
    expect(readFileSync(path.join(folder, "kept.txt"), "utf8")).toBe("a");
  }
});
