import { symlinkSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FlowProject } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  const modules = path.resolve(import.meta.dirname, "../../../node_modules");
  symlinkSync(path.join(modules, "@duckdb"), path.join(project.dir, "node_modules/@duckdb"));
});
afterEach(() => project[Symbol.dispose]());

const flow = `
  import { DuckDBInstance, DuckDBMaterializedResult, DuckDBResultReader } from "@duckdb/node-api";
  const open = async () => (await DuckDBInstance.create(":memory:")).connect();
  const sql = "select range as a, date '2024-01-01' + range::integer as d from range(3000)";
  export const reader = async () => (await open()).runAndReadAll(sql);
  export const result = async () => (await open()).run(sql);
  export const streamed = async () => (await open()).stream(sql);
  export const last = (reader) => [reader instanceof DuckDBResultReader, reader.getRowObjectsJson().at(-1)];
  export const fetched = async (result) => [result instanceof DuckDBMaterializedResult, (await result.getRows()).length];
  export const counted = async (streamed) => {
    let [count, last] = [0, undefined];
    for await (const { d } of streamed) [count, last] = [count + 1, String(d)];
    return [count, last];
  };
`;

test.each(["inline", "thread"])(
  "results of DuckDB go from node to node, and are reused (%s)",
  {
    timeout: 120_000,
  },
  async (executor) => {
    project.write("flow.mjs", flow);
    project.write(
      "run.mjs",
      `import { Driver } from "sluice/dataflow";
     const lines = [];
     const logger = { info: (line) => lines.push(line), debug: () => {} };
     const cache = { recompute: process.argv.slice(2), logger };
     const driver = Driver.builder().withModules("./flow.mjs").withExecutor("${executor}").withCache(cache).build();
     const values = await driver.execute(["last", "fetched", "counted"]);
     const ran = lines.filter((line) => String(line).includes("execute_node"));
     console.log(JSON.stringify({ values, ran: ran.length }));`,
    );
    const values = {
      last: [true, { a: "2999", d: "2032-03-18" }],
      fetched: [true, 3000],
      counted: [3000, "2032-03-18"],
    };
    expect(await project.run("run.mjs")).toEqual({ values, ran: 6 });
    expect(await project.run("run.mjs")).toEqual({ values, ran: 0 });
    // Made anew they have the versions that they had, so what reads them is reused.
    expect(await project.run("run.mjs", "reader", "result", "streamed")).toEqual({ values, ran: 3 });
    expect(await project.run("run.mjs", "last", "fetched", "counted")).toEqual({ values, ran: 3 });
  },
);
