import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import path from "node:path";
import { type CacheOptions, Driver, MemoryMetadataStore, MemoryResultStore } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collectGarbage } from "../../../src/run/keeping/collect-garbage.ts";
import { verifyStore } from "../../../src/run/keeping/verify-store.ts";
import { openStore } from "../../../src/run/open-store.ts";
import { FlowProject } from "./rig.ts";

const seen = { calls: [] as string[] };
Object.assign(globalThis, { dataflowPlaces: seen });

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  seen.calls = [];
});
afterEach(() => project[Symbol.dispose]());

/** Features that a training and an inference share; what is longer than 4 KiB is a file of its own. */
const modules = {
  "features.ts": `const seen = (globalThis as any).dataflowPlaces;
    export const rows = (n: number) => { seen.calls.push("rows"); return Array.from({ length: n }, (_, i) => "row " + i); };
    export const size = (rows: string[]) => { seen.calls.push("size"); return rows.length; };`,
  "training.ts": `const seen = (globalThis as any).dataflowPlaces;
    export const model = (rows: string[], size: number) => { seen.calls.push("model"); return { mean: rows.join("").length / size }; };`,
  "inference.ts": `const seen = (globalThis as any).dataflowPlaces;
    export const score = (rows: string[]) => { seen.calls.push("score"); return rows.map((row) => row + row.length); };`,
};

/** Executes with a driver of its own; gives which functions ran. */
async function run(
  files: readonly string[],
  target: "model" | "score" | "size",
  cache: CacheOptions,
  n = 1000,
): Promise<string> {
  const paths = files.map((file) => project.write(file, modules[file as keyof typeof modules]));
  await using driver = Driver.builder()
    .withModules(...paths)
    .withCache({ path: path.join(project.dir, "cache"), onWarning: () => {}, ...cache })
    .build();
  seen.calls = [];
  await driver.execute([target as string], { inputs: { n } });
  return seen.calls.join(" ");
}

const training = ["features.ts", "training.ts"];
const inference = ["features.ts", "inference.ts"];
const at = (name: string): string => path.join(project.dir, name);

function blobs(folder: string): readonly string[] {
  const dir = path.join(at(folder), "v1/blobs");
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

describe("where results are", () => {
  test("drivers over shared modules reuse each other's results, in other processes too", async () => {
    expect(await run(training, "model", {})).toBe("rows size model");
    expect(await run(inference, "score", {})).toBe("score");
    expect(await run(["features.ts"], "size", {})).toBe("");
    for (const [file, text] of Object.entries(modules)) project.write(file, text);
    project.write(
      "main.ts",
      `import { Driver } from "sluice/dataflow";
       globalThis.dataflowPlaces = { calls: [] };
       const [target, ...files] = process.argv.slice(2);
       const driver = Driver.builder().withModules(...files).withCache().build();
       await driver.execute([target as string], { inputs: { n: 1000 } });
       console.log(JSON.stringify(dataflowPlaces.calls));`,
    );
    expect(await project.run("main.ts", "model", "./features.ts", "./training.ts")).toEqual(["rows", "size", "model"]);
    expect(await project.run("main.ts", "score", "./features.ts", "./inference.ts")).toEqual(["score"]);
    expect(await project.run("main.ts", "score", "./features.ts", "./inference.ts")).toEqual([]);
  });

  test("projects of one user share one folder", async () => {
    const main = `import { Driver } from "sluice/dataflow";
      globalThis.dataflowPlaces = { calls: [] };
      const driver = Driver.builder().withModules("./features.ts", "./training.ts").withCache({ path: process.argv[2] }).build();
      await driver.execute(["model"], { inputs: { n: Number(process.argv[3]) } });
      console.log(JSON.stringify(dataflowPlaces.calls));`;
    using one = new FlowProject({ ...modules, "main.ts": main });
    using other = new FlowProject({ ...modules, "main.ts": main });
    expect(await one.run("main.ts", at("of the user"), "1000")).toEqual(["rows", "size", "model"]);
    expect(await other.run("main.ts", at("of the user"), "1000")).toEqual([]);
    expect(await other.run("main.ts", at("of the user"), "1001")).toEqual(["rows", "size", "model"]);
  });

  test("records and values in two folders, and values that two caches share", async () => {
    const split = { metadataStore: at("records"), resultStore: at("values") };
    expect(await run(training, "model", split)).toBe("rows size model");
    expect(await run(training, "model", split)).toBe("");
    expect(await run(inference, "score", split)).toBe("score");
    expect(blobs("records")).toEqual([]);
    expect(blobs("values")).toHaveLength(2);
    expect(existsSync(at("cache"))).toBe(false);
    // another cache has records of its own: it makes everything, and keeps no value twice
    const before = blobs("values");
    expect(await run(training, "model", { ...split, metadataStore: at("others") })).toBe("rows size model");
    expect(blobs("values").toSorted()).toEqual(before.toSorted());
    // one of the two elsewhere, the other in the folder of the cache
    expect(await run(training, "model", { resultStore: at("values") })).toBe("rows size model");
    expect(existsSync(at("cache/v1/metadata.db"))).toBe(true);
    expect(blobs("cache")).toEqual([]);
    expect(await run(training, "model", { metadataStore: at("third") })).toBe("rows size model");
    expect(blobs("cache")).toHaveLength(1);
  });

  test.each([
    ["both in folders", () => ({ metadataStore: at("records"), resultStore: at("values") })],
    ["values in memory", () => ({ metadataStore: at("records"), resultStore: new MemoryResultStore() })],
    ["records in memory", () => ({ metadataStore: new MemoryMetadataStore(), resultStore: at("values") })],
  ])("to clean one of two folders, or to verify it, takes nothing from the other: %s", async (_, make) => {
    const stores = make();
    expect(await run(training, "model", stores)).toBe("rows size model");
    for (const folder of ["records", "values"].filter((name) => existsSync(at(name)))) {
      const store = await openStore({ root: project.dir, cacheDir: at(folder) });
      expect(await collectGarbage(store, { grace: 0 })).toMatchObject({ results: 0, blobs: { count: 0 } });
      expect((await verifyStore(store, { repair: true })).damage).toEqual([]);
      await store.close();
    }
    expect(await run(inference, "score", stores)).toBe("score");
  });

  test("values that may only be read are reused, and what is made beside them is not kept", async ({ skip }) => {
    const nobody = 65534;
    const isRoot = process.getuid?.() === 0;
    const look = `require("node:fs").accessSync(${JSON.stringify(path.resolve("src/index.ts"))})`;
    skip(
      isRoot && spawnSync(process.execPath, ["-e", look], { uid: nobody }).status !== 0,
      "nobody may read this folder",
    );
    for (const [file, text] of Object.entries(modules)) project.write(file, text);
    project.write(
      "main.ts",
      `import { Driver } from "sluice/dataflow";
       globalThis.dataflowPlaces = { calls: [] };
       if (process.argv[2] === "nobody") process.setuid(${nobody});
       const told = [];
       const stores = { metadataStore: "records", resultStore: "values", onWarning: ({ message }) => told.push(message) };
       const driver = Driver.builder().withModules("./features.ts").withCache(stores).build();
       const size = async (n) => (await driver.execute(["rows"], { inputs: { n } })).rows.length;
       const sizes = [];
       for (const n of process.argv.slice(3)) sizes.push(await size(Number(n)));
       console.log(JSON.stringify([sizes, dataflowPlaces.calls, told.map((text) => text.replace(/.*(values.v1)/, "$1"))]));`,
    );
    expect(await project.run("main.ts", "me", "1000")).toEqual([[1000], ["rows"], []]);
    execFileSync("chmod", ["-R", "a+rwX", project.dir]);
    execFileSync("chmod", ["-R", "a-w", at("values")]);
    const warning = "values/v1 cannot be written; its results are used, but none are added";
    expect(await project.run("main.ts", isRoot ? "nobody" : "me", "1000", "2000")).toEqual([
      [1000, 2000],
      ["rows"],
      [warning],
    ]);
    execFileSync("chmod", ["-R", "u+w", at("values")]);
  });

  test.each([
    [
      "records in memory, values in a folder",
      () => ({ metadataStore: new MemoryMetadataStore(), resultStore: at("v") }),
    ],
    ["records in a folder, values in memory", () => ({ metadataStore: at("m"), resultStore: new MemoryResultStore() })],
    ["both in memory", () => ({ metadataStore: new MemoryMetadataStore(), resultStore: new MemoryResultStore() })],
    ["records in memory alone", () => ({ metadataStore: new MemoryMetadataStore() })],
    ["values in memory alone", () => ({ resultStore: new MemoryResultStore() })],
  ])("%s", async (_, make) => {
    const stores = make();
    expect(await run(training, "model", stores)).toBe("rows size model");
    expect(await run(training, "model", stores)).toBe("");
    expect(await run(inference, "score", stores)).toBe("score");
    expect(await run(training, "model", stores, 5)).toBe("rows size model");
  });

  test("values in memory that are gone are made anew", async () => {
    expect(await run(inference, "score", { metadataStore: at("m"), resultStore: new MemoryResultStore() })).toBe(
      "rows score",
    );
    const later = { metadataStore: at("m"), resultStore: new MemoryResultStore() };
    expect(await run(inference, "score", later)).toBe("rows score");
    expect(await run(inference, "score", later)).toBe("");
  });

  test("a cache that is moved goes on", async () => {
    expect(await run(training, "model", { metadataStore: at("m"), resultStore: at("v") })).toBe("rows size model");
    renameSync(at("m"), at("m2"));
    renameSync(at("v"), at("v2"));
    expect(await run(training, "model", { metadataStore: at("m2"), resultStore: at("v2") })).toBe("");
    expect(await run(inference, "score", { metadataStore: at("m2"), resultStore: at("v2") })).toBe("score");
    await run(training, "model", {});
    cpSync(at("cache"), at("copied"), { recursive: true });
    rmSync(at("cache"), { recursive: true });
    expect(await run(training, "model", { path: at("copied") })).toBe("");
  });

  test.each([
    ["in one folder", {}],
    ["in two", { metadataStore: "m", resultStore: "v" }],
  ])("values that were deleted by hand are made anew when they are wanted, %s", async (_, given) => {
    const names = given as { metadataStore?: string; resultStore?: string };
    const cache = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, at(name)]));
    expect(await run(inference, "score", cache)).toBe("rows score");
    for (const file of blobs(names.resultStore ?? "cache")) unlinkSync(file);
    // What nobody reads is not missed; its consumer needs it.
    expect(await run(inference, "score", cache)).toBe("rows score");
    expect(await run(inference, "score", cache)).toBe("");
    rmSync(path.join(at(names.resultStore ?? "cache"), "v1/blobs"), { recursive: true });
    expect(await run(training, "model", cache)).toBe("rows size model");
  });
});

describe("stores in memory", () => {
  test("are put into a folder, and read from one", async () => {
    const stores = { metadataStore: new MemoryMetadataStore(), resultStore: new MemoryResultStore() };
    expect(await run(training, "model", stores)).toBe("rows size model");
    await stores.resultStore.persistTo(at("kept"));
    await stores.metadataStore.persistTo(at("kept"));
    expect(await run(training, "model", { path: at("kept") })).toBe("");
    const loaded = {
      metadataStore: await MemoryMetadataStore.loadFrom(at("kept")),
      resultStore: await MemoryResultStore.loadFrom(at("kept")),
    };
    rmSync(at("kept"), { recursive: true });
    expect(await run(training, "model", loaded)).toBe("");
    expect(await run(inference, "score", loaded)).toBe("score");
    expect(existsSync(at("kept"))).toBe(false);
  });

  test("what a folder has stays, and runs come along once", async () => {
    const stores = { metadataStore: new MemoryMetadataStore(), resultStore: new MemoryResultStore() };
    await run(training, "model", { path: at("kept") });
    await run(inference, "score", stores);
    for (let i = 0; i < 2; i++) {
      await stores.resultStore.persistTo(at("kept"));
      await stores.metadataStore.persistTo(at("kept"));
    }
    expect(await run(training, "model", { path: at("kept") })).toBe("");
    expect(await run(inference, "score", { path: at("kept") })).toBe("");
    await using driver = Driver.builder()
      .withModules(at("features.ts"))
      .withCache({ path: at("kept") })
      .build();
    expect(await driver.cache!.metadataStore.runs()).toHaveLength(4);
  });
});
