import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Table, tableFromArrays, vectorFromArray } from "apache-arrow";
import { arrowTable, Driver, saveTo, source, to } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeReasons } from "../../../src/text/reasons.ts";
import { FlowProject, failing } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

const at = (name: string): string => path.join(project.dir, name);
const text = (name: string): string => readFileSync(at(name), "utf8");

const flow = `
  export const rows = (n: number) => Array.from({ length: n }, (_, i) => ({ i, square: i * i }));
  export const total = (rows: { square: number }[]) => rows.reduce((sum, { square }) => sum + square, 0);
  export const where = (folder: string) => folder + "/where.json";
`;

function driverOf(isCached = true): Driver {
  const builder = Driver.builder().withModules(project.write("flow.ts", flow));
  return (isCached ? builder.withCache({ path: at("cache") }) : builder).build() as Driver;
}

describe("materialize", () => {
  test("writes in each format, and gives what it wrote and what else was asked for", async () => {
    await using driver = driverOf(false);
    const dependencies = ["rows"];
    const { saved, values } = await driver.materialize(
      [
        to.json({ id: "json", dependencies, path: at("a.json") }),
        to.ndjson({ id: "ndjson", dependencies, path: at("a.ndjson") }),
        to.csv({ id: "csv", dependencies, path: at("deep/er/a.csv") }),
        to.parquet({ id: "parquet", dependencies, path: at("a.parquet") }),
        to.arrow({ id: "arrow", dependencies, path: at("a.arrow") }),
        to.duckdb({ id: "table", dependencies, path: at("a.duckdb"), table: "squares" }),
        to.text({ id: "text", dependencies, combine: ({ rows }) => JSON.stringify(rows), path: at("a.txt") }),
        to.bytes({
          id: "bytes",
          dependencies: ["total"],
          combine: ({ total }) => Uint8Array.of(Number(total)),
          path: at("a.bin"),
        }),
        to.by((value: object[], file) => writeFileSync(file, `${value.length}`), {
          id: "own",
          dependencies,
          path: at("a.own"),
        }),
      ],
      { inputs: { n: 3 }, additionalTargets: ["total"] },
    );
    expect(values).toEqual({ total: 5 });
    expect(saved).toMatchObject({
      csv: { path: at("deep/er/a.csv"), format: "csv", bytes: 25, rows: 3 },
      table: { table: "squares", rows: 3 },
      bytes: { bytes: 1 },
      own: undefined,
    });
    expect(text("deep/er/a.csv")).toBe("i,square\r\n0,0\r\n1,1\r\n2,4\r\n");
    expect(JSON.parse(text("a.json"))).toEqual(JSON.parse(text("a.txt")));
    expect([text("a.own"), readFileSync(at("a.bin"))]).toEqual(["3", Buffer.of(5)]);
    for (const name of ["a.parquet", "a.arrow", "a.duckdb", "a.ndjson"]) expect(existsSync(at(name))).toBe(true);
  });

  test("is reused while what it wrote is there, in one driver and in the next", async () => {
    const go = async (n: number): Promise<Record<string, string>> => {
      const ran: Record<string, string> = {};
      await using driver = driverOf();
      await driver.materialize([to.json({ id: "out", dependencies: ["total"], path: at("out.json") })], {
        inputs: { n },
        onEvent: (event) => {
          if (event.type === "node-started")
            ran[event.node] = describeReasons(event.reasons).replace(`${project.dir}/`, "");
        },
      });
      expect(JSON.parse(text("out.json"))).toBe([0, 0, 1, 5][n]);
      expect((await driver.cache!.logs({ runId: driver.cache!.lastRunId! })).out).toHaveLength(1);
      return ran;
    };
    expect(Object.keys(await go(1))).toEqual(["rows", "total", "out"]);
    expect(await go(1)).toEqual({});
    await go(3);
    expect(await go(1)).toEqual({ out: "what it wrote was changed: out.json" });
    rmSync(at("out.json"));
    expect(await go(1)).toEqual({ out: "what it wrote is gone: out.json" });
  });

  test("several dependencies are an object, unless they are combined; the path may come of a node", async () => {
    await using driver = driverOf(false);
    const inputs = { n: 2, folder: project.dir };
    const dependencies = ["rows", "total"] as const;
    const combine = ({ total }: Readonly<Record<string, unknown>>) => [total];
    await driver.materialize(
      [
        to.json({ id: "both", dependencies, path: source("where") }),
        to.json({ id: "combined", dependencies, combine, path: at("combined.json") }),
      ],
      { inputs },
    );
    expect(JSON.parse(text("where.json"))).toEqual({
      rows: [
        { i: 0, square: 0 },
        { i: 1, square: 1 },
      ],
      total: 1,
    });
    expect(JSON.parse(text("combined.json"))).toEqual([1]);
  });

  test("combines columns into a table", async () => {
    const module = { a: () => [1, 2], b: () => ["x", "y"] };
    const driver = Driver.builder().withModules(module).build();
    const { saved } = await driver.materialize([
      to.csv({ id: "table", dependencies: ["a", "b"], combine: arrowTable(), path: at("t.csv") }),
    ]);
    expect(saved.table).toMatchObject({ rows: 2 });
    expect(text("t.csv")).toBe("a,b\r\n1,x\r\n2,y\r\n");
  });

  test("what is combined by Sluice is reused as well", async () => {
    const runs = async (): Promise<number> => {
      let count = 0;
      await using driver = driverOf();
      await driver.materialize(
        [to.arrow({ id: "table", dependencies: ["where"], combine: arrowTable(), path: at("t.arrow") })],
        { overrides: { where: [1, 2] }, onEvent: (event) => void (event.type === "node-started" && count++) },
      );
      return count;
    };
    expect([await runs(), await runs()]).toEqual([1, 0]);
  });

  test("withMaterializers makes targets of them", async () => {
    const driver = Driver.builder()
      .withModules({ a: () => [1] })
      .withMaterializers(to.json({ id: "saved", dependencies: ["a"], path: at("a.json") }))
      .build();
    expect(await driver.execute(["saved"])).toEqual({
      saved: { path: at("a.json"), format: "json", bytes: 8, rows: 1 },
    });
    expect(driver.listAvailableVariables().map(({ name }) => name)).toEqual(["a", "saved"]);
  });

  test("what is wrong is told before anything runs", async () => {
    await using driver = driverOf();
    const json = (id: string, dependencies: string[]) => to.json({ id, dependencies, path: at("x.json") });
    const calls = [
      [() => driver.validateMaterialization([json("x", ["rosw"])], { inputs: { n: 1 } }), "missing-parameter"],
      [() => driver.validateMaterialization([json("rows", ["total"])], { inputs: { n: 1 } }), "duplicate-name"],
      [() => driver.validateMaterialization([json("x", ["rows"])]), "missing-parameter"],
      [
        () => driver.validateMaterialization([json("x", ["rows"])], { inputs: { n: 1 }, additionalTargets: ["no"] }),
        "unknown-node",
      ],
      [() => driver.materialize([{} as never]), "usage"],
      [() => json("", ["rows"]), "usage"],
      [() => json("x", []), "usage"],
      [() => to.duckdb({ id: "x", dependencies: ["rows"], path: "x" } as never), "usage"],
      [() => to.by("nothing", { id: "x", dependencies: ["rows"], path: "x" }), "unsupported-format"],
      [() => to.json({ id: "x", dependencies: ["rows"], path: "x", combine: 1 as never }), "usage"],
    ] as const;
    for (const [call, reason] of calls) expect(await failing(call)).toMatchObject({ reason });
    expect(existsSync(at("x.json"))).toBe(false);
    driver.validateMaterialization([json("x", ["rows"])], { inputs: { n: 1 } });
  });

  test("nodes of saveTo are written beside", async () => {
    const driver = Driver.builder()
      .withModules({ a: saveTo("json", { path: at("a.json") }, () => [1]) })
      .build();
    expect(await driver.execute(["a", "a.saved"])).toMatchObject({ a: [1], "a.saved": { bytes: 8 } });
  });
});

describe("results", () => {
  const module = {
    ints: () => Int32Array.of(1, 2, 3),
    words: () => ["a", null, "c"],
    vector: () => [0.5, 1, 1.5],
    flags: () => [true, false, true],
    short: () => [1],
    scalar: () => 5,
    none: () => [] as number[],
    nothing: () => [] as string[],
  };

  test("an Arrow table of columns with their types", async () => {
    const driver = Driver.builder().withModules(module).withResult(arrowTable()).build();
    const table: Table = await driver.execute(["ints", "words", "vector", "flags"]);
    expect(table.schema.fields.map(({ name, type }) => [name, `${type}`])).toEqual([
      ["ints", "Int32"],
      ["words", "Utf8"],
      ["vector", "Float64"],
      ["flags", "Bool"],
    ]);
    expect(table.toArray().map((row) => row.toJSON())[1]).toEqual({ ints: 2, words: null, vector: 1, flags: false });
    expect((await driver.execute(["none", "nothing"])).numRows).toBe(0);
  });

  test("takes vectors of Arrow", async () => {
    expect((await arrowTable()({ a: vectorFromArray([1, 2]) })).getChild("a")!.toArray()).toEqual(
      Float64Array.of(1, 2),
    );
  });

  test.each([
    [["ints", "short"], '"short" has 1 values and "ints" 3: they are no columns of one table'],
    [["scalar"], '"scalar" gives 5, which is no column of a table'],
  ] as const)("%s are no table", async (targets, message) => {
    const driver = Driver.builder().withModules(module).withResult(arrowTable()).build();
    expect(await failing(() => driver.execute([...targets]))).toMatchObject({ reason: "unsupported-value", message });
  });

  test("a call may want another result than the driver", async () => {
    const driver = Driver.builder()
      .withModules(module)
      .withResult((values) => Object.keys(values))
      .build();
    expect(await driver.execute(["scalar", "short"])).toEqual(["scalar", "short"]);
    expect(await driver.execute(["scalar"], { result: "object" })).toEqual({ scalar: 5 });
    expect(await driver.execute(["short"], { result: async ({ short }) => JSON.stringify(short) })).toBe("[1]");
    expect(await failing(() => driver.execute(["short"], { result: "table" as never }))).toMatchObject({
      reason: "usage",
    });
    expect(await failing(() => Driver.builder().withResult(1 as never))).toMatchObject({ reason: "usage" });
  });
});

test("a table that a node gives is written as one", async () => {
  const driver = Driver.builder()
    .withModules({ table: () => tableFromArrays({ id: Int32Array.of(1, 2) }) })
    .build();
  await driver.materialize([
    to.json({ id: "json", dependencies: ["table"], path: at("a.json") }),
    to.duckdb({ id: "db", dependencies: ["table"], path: at("a.duckdb"), table: "t" }),
  ]);
  expect(JSON.parse(text("a.json"))).toEqual([{ id: 1 }, { id: 2 }]);
});
