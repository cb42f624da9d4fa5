import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { stage } from "sluice";
import { Driver, saveTo, to } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject, failing } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

const at = (name: string): string => path.join(project.dir, name);
const driverOf = (module: object) =>
  Driver.builder()
    .withModules(module)
    .withCache({ path: at("cache") })
    .build();
let count = 0;
/** Of a module that is loaded: its functions have sources. */
const driverOfText = (text: string) => {
  const imports = 'import { dataSaver, parallel, saved, saveTo, source } from "sluice/dataflow";';
  const file = project.write(`flow${count++}.js`, `${imports}\n${text}`);
  return Driver.builder()
    .withModules(file)
    .withCache({ path: at("cache") })
    .build();
};
const both = (a: string, b: string, what: string) => ({
  reason: "duplicate-output",
  message: `"${a}" and "${b}" both write ${what}`,
});

describe("two nodes that write one path", () => {
  test("are refused when the driver is built, where the paths are known", async () => {
    const first = saveTo("json", { path: at("out/x.json") }, () => 1);
    const second = saveTo("csv", { path: at("out/../out/x.json") }, () => [{ a: 1 }]);
    expect(await failing(() => driverOf({ first, second }))).toMatchObject(
      both("first.saved", "second.saved", at("out/x.json")),
    );
    const one = { first };
    const twice = to.json({ id: "twice", dependencies: ["first"], path: at("out/x.json") });
    expect(await failing(() => Driver.builder().withModules(one).withMaterializers(twice).build())).toMatchObject(
      both("first.saved", "twice", at("out/x.json")),
    );
    const driver = Driver.builder().withModules(one).build();
    expect(await failing(() => driver.materialize([twice]))).toMatchObject(
      both("first.saved", "twice", at("out/x.json")),
    );
    const placed = stage({}, () => "1", { output: at("out/x.json") });
    expect(await failing(() => driverOf({ first, placed }))).toMatchObject(
      both("first.saved", "placed", at("out/x.json")),
    );
    expect(existsSync(at("out"))).toBe(false);
    await driver.close();
  });

  test("are refused though one of them names it through a link", async () => {
    mkdirSync(at("real"));
    symlinkSync("real", at("link"));
    const first = saveTo("text", { path: at("real/new/x.txt") }, () => "1");
    const second = saveTo("text", { path: at("link/new/x.txt") }, () => "2");
    expect(await failing(() => driverOf({ first, second }))).toMatchObject(
      both("first.saved", "second.saved", at("link/new/x.txt")),
    );
    // Paths that are only known when they are written.
    await using driver = driverOfText(`
      import { writeFileSync } from "node:fs";
      export const a = saveTo((_, file) => writeFileSync(file, "1"), { path: source("one"), name: "saveA" }, () => 1);
      export const b = saveTo((_, file) => writeFileSync(file, "2"), { path: source("two"), name: "saveB" }, () => 2);
    `);
    const inputs = { one: at("real/y.txt"), two: at("link/y.txt") };
    const failed = await failing(() => driver.execute(["saveA", "saveB"], { inputs }));
    expect(failed).toMatchObject({ reason: "duplicate-output" });
    await using tables = driverOfText(`
      export const c = saveTo("duckdb", { path: ${JSON.stringify(at("real/db.duckdb"))}, table: "one" }, () => [{ a: 1 }]);
      export const d = saveTo("duckdb", { path: ${JSON.stringify(at("link/db.duckdb"))}, table: "two" }, () => [{ a: 1 }]);
    `);
    const { "c.saved": one, "d.saved": two } = await tables.execute(["c.saved", "d.saved"]);
    expect([one, two]).toMatchObject([{ rows: 1 }, { rows: 1 }]);
  });

  test("may write two tables of a database, and not one of them", async () => {
    const table = (name: string) => saveTo("duckdb", { path: at("db.duckdb"), table: name }, () => [{ a: 1 }]);
    driverOf({ first: table("one"), second: table("two") });
    expect(await failing(() => driverOf({ first: table("main.One"), second: table("one") }))).toMatchObject(
      both("first.saved", "second.saved", `the table one of ${at("db.duckdb")}`),
    );
    const file = saveTo("text", { path: at("db.duckdb") }, () => "");
    expect(await failing(() => driverOf({ first: table("one"), file }))).toMatchObject(
      both("first.saved", "file.saved", at("db.duckdb")),
    );
  });

  test("are refused when they run, where the paths are only known then, and also where one of them is reused", async () => {
    const driver = driverOfText(`
      export const first = saveTo("json", { path: source("path") }, () => 1);
      export const second = dataSaver((other) => saved(other));`);
    const out = at("x.json");
    const call = (other: string) =>
      driver.execute(["first.saved", "second"], { inputs: { path: out, other }, jobs: 1 });
    for (let i = 0; i < 2; i++)
      expect(await failing(() => call(out))).toMatchObject(both("first.saved", "second", out));
    // Nothing of the second was kept.
    await driver.execute(["first.saved"], { inputs: { path: out } });
    await driver.execute(["second"], { inputs: { other: out } });
    const failure = await failing(() => call(out));
    expect(failure.reason).toBe("duplicate-output");
    // Each by itself is no harm.
    project.write("y.json", "1");
    expect(Object.keys(await call(at("y.json")))).toEqual(["first.saved", "second"]);
    await driver.close();
  });

  test("are refused before the second one writes, where Sluice writes", async () => {
    const driver = driverOfText(`
      import { writeFileSync } from "node:fs";
      export const a = saveTo("json", { path: source("one") }, () => "a");
      export const b = saveTo("json", { path: source("two") }, (a) => "b");
      export const c = saveTo((value, path) => writeFileSync(path, value), { path: source("three") }, (a) => "c");
      export const d = saveTo("duckdb", { path: source("four"), table: "t" }, (a) => [{ a: 1 }]);
      export const n = parallel((list) => list);
      export const each = saveTo("json", { path: source("five") }, (n) => n);`);
    const out = at("x.json");
    const inputs = { one: out, two: out, three: out, four: out, five: out, list: [1, 2, 3] };
    for (let time = 0; time < 2; time++) {
      for (const other of ["b.saved", "c.saved", "d.saved"]) {
        const failure = await failing(() => driver.execute(["a.saved", other], { inputs, jobs: 1 }));
        expect(failure.reason, other).toBe("duplicate-output");
        expect(failure.message).toContain("both write");
        expect(readFileSync(out, "utf8"), other).toBe('"a"\n');
      }
    }
    // What the first one wrote is there, and so its result holds.
    await driver.execute(["a.saved"], { inputs });
    const [ended] = (await driver.cache!.logs({ runId: driver.cache!.lastRunId! }))["a.saved"]!.slice(-1);
    expect(ended).toMatchObject({ eventType: "get_result", message: "hit" });
    // Of items one writes, and no other.
    const failure = await failing(() =>
      driver.execute(["each.saved"], { inputs: { ...inputs, five: at("y.json") }, jobs: 1 }),
    );
    expect(failure.reason).toBe("duplicate-output");
    expect(readFileSync(at("y.json"), "utf8")).toBe("1\n");
    await driver.close();
  });

  test("are refused in threads as well", async () => {
    project.write(
      "flow.js",
      `import { writeFileSync } from "node:fs";
       import { cached, dataSaver, saved } from "sluice/dataflow";
       const save = (file) => { writeFileSync(file, "1"); return saved(file); };
       export const first = cached({ executor: "thread" }, dataSaver((path) => save(path)));
       export const second = dataSaver((path) => save(path));`,
    );
    await using driver = Driver.builder()
      .withModules(at("flow.js"))
      .withCache({ path: at("cache") })
      .build();
    const failure = await failing(() => driver.execute(["first", "second"], { inputs: { path: at("z") } }));
    expect(failure).toMatchObject({ reason: "duplicate-output" });
    expect(failure.message).toContain(`both write ${at("z")}`);
  });

  test("items of one node too", async () => {
    const text = (list: string) => `
      export const n = parallel(() => ${list});
      export const each = saveTo("json", { path: ${JSON.stringify(at("each.json"))} }, (n) => n);`;
    const driver = driverOfText(text("[1, 2]"));
    const failure = await failing(() => driver.execute(["each.saved"]));
    expect(failure.reason).toBe("duplicate-output");
    expect(failure.message).toMatch(/^"each.saved\[[01]\]" and "each.saved\[[01]\]" both write .*each\.json/);
    await driver.close();
    // One item is one writer, and equal ones are one item.
    const same = driverOfText(text("[1, 1]"));
    expect(await same.execute(["each.saved"])).toMatchObject({ "each.saved": [{ bytes: 2 }, { bytes: 2 }] });
    await same.close();
  });
});
