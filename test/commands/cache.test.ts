import { readdirSync, utimesSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

/** Results of three sizes: in the record, and as blobs. */
const pipeline = {
  "pipeline.ts": `import { param, stage } from "sluice";
export const size = param(100_000);
export const tiny = stage({}, () => 1);
export const large = stage({ size }, ({ size }) => "x".repeat(size));
export const placed = stage({ large }, ({ large }) => large + "!", { output: "out/placed.txt" });
`,
};

/** The files of all blobs, relative to the project. */
function blobFiles(project: RigProject): string[] {
  const folder = path.join(project.dir, ".sluice/v1/blobs");
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(project.dir, path.join(entry.parentPath, entry.name)))
    .sort();
}

describe("sluice cache", () => {
  test("stats and ls say what is kept", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    const stats = (await project.sluice("cache", "stats", "--json")).json();
    expect(stats.results).toBe(3);
    expect(stats.blobs.count).toBe(blobFiles(project).length);
    expect(stats.nodes.large.bytes).toBeGreaterThan(100_000);
    const text = await project.sluice("cache", "stats");
    expect(text.code, text.stderr).toBe(0);
    expect(text.stdout).toMatch(/^results {2}3 of 3 nodes$/m);
    const list = (await project.sluice("cache", "ls", "--json")).json();
    expect(list.results.map((result: { node: string }) => result.node).sort()).toEqual(["large", "placed", "tiny"]);
    expect((await project.sluice("cache", "ls", "tiny")).stdout.trim().split("\n")).toHaveLength(2);
  });

  test("verify: 0 while sound, 1 while damage is found, 0 after a repair; the next run heals", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    expect((await project.sluice("cache", "verify")).code).toBe(0);
    const [victim] = blobFiles(project);
    await project.write(victim!, "something else");
    const found = await project.sluice("cache", "verify");
    expect(found.code).toBe(1);
    expect(found.stderr).toContain("damaged:");
    expect(found.stderr).toContain("--repair");
    const still = await project.sluice("cache", "verify", "--repair", "--dry-run", "--json");
    expect(still.code).toBe(1);
    expect(still.json()).toMatchObject({ repaired: false });
    const repaired = await project.sluice("cache", "verify", "--repair", "--json");
    expect(repaired.code).toBe(0);
    expect(repaired.json()).toMatchObject({ repaired: true });
    expect((await project.sluice("cache", "verify")).code).toBe(0);
    const healed = await project.sluice("run");
    expect(healed.code, healed.stderr).toBe(0);
    expect((await project.sluice("cache", "verify")).code).toBe(0);
    expect((await project.sluice("run")).stderr).toMatch(/^nothing to do/);
  });

  test("a damaged blob is healed by a run that needs it, without verify", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    for (const file of blobFiles(project)) await project.write(file, "something else");
    await project.remove("out");
    const healed = await project.sluice("run");
    expect(healed.code, healed.stderr).toBe(0);
    expect((await project.read("out/placed.txt")).length).toBe(100_001);
    expect((await project.sluice("cache", "verify")).code).toBe(0);
  });

  test("gc removes what nothing refers to and nothing else", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    const before = blobFiles(project);
    expect((await project.sluice("cache", "gc")).stdout).toBe("nothing to remove\n");
    expect(blobFiles(project)).toEqual(before);
    // a blob whose result is not recorded, as a killed writer leaves it
    const other = await rig.project({
      ...pipeline,
      "pipeline.ts": pipeline["pipeline.ts"].replace("100_000", "200_000"),
    });
    await other.sluice("run", "large");
    const [stray] = blobFiles(other);
    await project.write(
      stray!,
      await import("node:fs/promises").then(({ readFile }) => readFile(path.join(other.dir, stray!))),
    );
    await other[Symbol.asyncDispose]();
    const young = (await project.sluice("cache", "gc", "--json")).json();
    expect(young).toMatchObject({ blobs: { count: 0 }, recent: { count: 1 } });
    utimesSync(path.join(project.dir, stray!), 1, 1);
    const dry = (await project.sluice("cache", "gc", "--dry-run", "--json")).json();
    expect(dry).toMatchObject({ dryRun: true, results: 0, blobs: { count: 1 } });
    expect(project.exists(stray!)).toBe(true);
    expect((await project.sluice("cache", "gc")).stdout).toMatch(/^freed .*\n {2}1 blob that no result needs/);
    expect(blobFiles(project)).toEqual(before);
    expect((await project.sluice("run")).stderr).toMatch(/^nothing to do/);
    // a result whose blob is gone
    await project.remove(before[0]!);
    expect((await project.sluice("cache", "gc", "--json")).json().results).toBeGreaterThan(0);
    expect((await project.sluice("run")).code).toBe(0);
    expect((await project.sluice("cache", "verify")).code).toBe(0);
  });

  test("clear removes everything, and says what it would remove", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    const dry = await project.sluice("cache", "clear", "--dry-run");
    expect(dry.stdout).toMatch(/^would remove 3 results and \d blobs?, /);
    expect((await project.sluice("run")).stderr).toMatch(/^nothing to do/);
    expect((await project.sluice("cache", "clear", "--yes")).stdout).toMatch(/^removed 3 results/);
    expect(blobFiles(project)).toEqual([]);
    expect((await project.sluice("runs", "--json")).json().runs).toEqual([]);
    expect((await project.sluice("run", "--json")).json().nodes.tiny.status).toBe("executed");
  });

  test("a cache that is named needs no pipeline", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    await project.remove("pipeline.ts");
    expect((await project.sluice("cache", "stats", "--cache-dir", ".sluice", "--json")).json().results).toBe(3);
  });
});
