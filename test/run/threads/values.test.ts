import { symlink } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { rig } from "../../rig/rig.ts";

const packages = path.resolve(import.meta.dirname, "../../../node_modules");

const pipeline = `
import { isMainThread } from "node:worker_threads";
import { dir, env, file, glob, param, registerClass, stage } from "sluice";
import { Table, tableFromArrays } from "apache-arrow";

class Money { constructor(readonly amount: number) {} }
registerClass({ name: "Money", type: Money, encode: (m: Money) => m.amount, decode: (amount: number) => new Money(amount) });
enum Color { Red = 7 }
const executor = process.env.EXECUTOR as "thread" | "inline";

export const where = stage({}, () => isMainThread, { executor, cache: "disable", output: "out/where.json" });
export const sources = stage(
  { text: file("data/a.txt"), all: glob("data/*.txt"), folder: dir("data"), size: param(3), home: env("PLACE"), plain: { a: [1, , -0] } },
  async ({ text, all, folder, size, home, plain }) => ({
    text: await text.text(), bytes: await text.bytes(), path: text.path.endsWith("/data/a.txt"), name: text.name,
    all: await Promise.all(all.map((each) => each.text())),
    files: folder.files.map(({ name }) => name), in: await folder.file("sub/c.txt").text(), folder: folder.digest,
    size, home, plain, handle: text, frozen: Object.isFrozen(plain),
  }), { executor });
export const made = stage({}, () => ({ map: new Map([[{ a: 1 }, new Set([1n])]]), money: new Money(3), color: Color.Red, nan: [NaN, -0] }), { executor });
export const table = stage({}, () => tableFromArrays({ x: Int32Array.of(1, 2, 3) }), { executor });
export const bytes = stage({}, () => new Uint8Array(300_000).fill(7), { executor });
export const csv = stage({}, () => [{ a: 1, b: "x" }, { a: 2, b: "y" }], { executor, format: "csv", output: "out/rows.csv" });
export const written = stage({}, async (_, { outputs, tmp }) => {
  const { writeFile } = await import("node:fs/promises");
  await writeFile(tmp + "/scratch", "gone");
  await writeFile(outputs.one, "one ".repeat(2000));
  await writeFile(outputs.two, "two");
}, { executor, outputs: { one: "out/1.txt", two: "out/2.txt" } });
export const path = stage({}, async (_, { tmp }) => {
  const { writeFile } = await import("node:fs/promises");
  await writeFile(tmp + "/f.txt", "file");
  return "f.txt";
}, { executor, format: "file" });
export const reads = stage({ sources, made, table, bytes, csv, written, path }, async (inputs) => {
  const { inspect } = await import("node:util");
  const { sources, made, table, bytes, csv, written, path } = inputs;
  const streamed: number[] = [];
  for await (const piece of written.one.stream()) streamed.push(piece.length);
  return [
    Object.keys(inputs), inspect({ ...sources, handle: 0 }, { depth: 9 }), await sources.handle.text(), inspect(made, { depth: 9 }), made.money instanceof Money,
    table instanceof Table, table.toArray().map((row) => row.x), bytes.length, bytes[9], csv,
    (await written.one.text()).length, streamed.reduce((a, b) => a + b), await path.text(), path.path.endsWith("/f.txt"), written,
  ];
}, { executor });
export const rows = stage({}, async function* () { for (let i = 0; i < 5000; i++) yield { i, half: i / 2 }; }, { executor });
export const csvRows = stage({}, function* () { for (let i = 0; i < 10; i++) yield { i }; }, { executor, format: "csv", output: "out/stream.csv" });
export const fileOfBytes = stage({}, async function* () { yield Buffer.from("streamed "); yield Buffer.from("bytes"); }, { executor, format: "file" });
export const readsRows = stage({ rows, csvRows, fileOfBytes }, async ({ rows, csvRows, fileOfBytes }) => {
  let sum = 0;
  for await (const { half } of rows) sum += half;
  const all = [];
  for await (const row of csvRows) all.push(row);
  return [sum, all, await fileOfBytes.text(), rows];
}, { executor });
export const readsAgain = stage({ readsRows }, async ({ readsRows }) => {
  let count = 0;
  for await (const _ of readsRows[3] as AsyncIterable<unknown>) count++;
  return count;
}, { executor, output: "out/count.json" });
export const live = stage({}, () => new Map([["a", 1]]), { cache: "ignore" });
export const last = stage({ reads, live }, ({ reads, live }) => [reads.length, live.get("a")], { executor, output: "out/last.json" });
`;

const files = { "pipeline.ts": pipeline, "data/a.txt": "a\n", "data/b.txt": "bb\n", "data/sub/c.txt": "ccc\n" };

// biome-ignore lint/suspicious/noExplicitAny: a document of many shapes
type Nodes = Record<string, any>;

function versionsOf(nodes: Nodes): Record<string, unknown> {
  return Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, [node.key, node.dataVersion]]));
}

describe("a thread and the run's own", { timeout: 120_000 }, () => {
  test("give equal values under equal keys, and a result of one is a hit for the other", async () => {
    await using project = await rig.project(files);
    await symlink(path.join(packages, "apache-arrow"), path.join(project.dir, "node_modules", "apache-arrow"));
    const run = async (executor: string, cache: string): Promise<Nodes> => {
      const env = { EXECUTOR: executor, PLACE: "here" };
      const { code, stderr, json } = await project.sluiceWith({ env }, "run", "--json", "--cache-dir", cache);
      expect(code, stderr).toBe(0);
      return json().nodes;
    };
    const inThreads = await run("thread", "threads");
    expect(JSON.parse(await project.read("out/where.json"))).toBe(false);
    const placed = await project.read("out/rows.csv");
    await project.remove("out");
    const inline = await run("inline", "inline");
    // what is never cached has a version of its own each run
    delete inThreads.where;
    delete inline.where;
    expect(versionsOf(inThreads)).toEqual(versionsOf(inline));
    expect(await project.read("out/rows.csv")).toBe(placed);
    expect(JSON.parse(await project.read("out/count.json"))).toBe(5000);
    expect(JSON.parse(await project.read("out/last.json"))).toEqual([15, 1]);
    for (const executor of ["thread", "inline"]) {
      const again = await run(executor, "threads");
      const ran = Object.keys(again).filter((name) => again[name].status === "executed");
      expect(ran.sort()).toEqual(["live", "where"]);
    }
  });

  test("what is no data cannot go there, and says so", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
import { stage } from "sluice";
export const client = stage({}, () => ({ ask: () => 1 }), { cache: "ignore" });
export const asks = stage({ client }, ({ client }) => client.ask(), { executor: "thread" });
export const gives = stage({}, () => ({ ask: () => 1 }), { cache: "ignore", executor: "thread" });
`,
    });
    const { code, json } = await project.sluice("run", "--json", "-k");
    expect(code).toBe(1);
    const { asks, gives } = json().nodes;
    expect(asks.failure).toMatchObject({
      reason: "unsupported-value",
      message: 'input "client" cannot be sent to a thread: client.ask is a function',
      hint: expect.stringContaining('executor: "inline"'),
    });
    expect(gives.failure).toMatchObject({ reason: "unversionable", message: "result.ask is a function" });
  });
});
