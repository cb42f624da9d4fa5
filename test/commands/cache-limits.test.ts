import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

const pipeline = {
  "pipeline.ts": `import { param, stage } from "sluice";
export const seed = param(1);
const text = (name: string, seed: number) => Array.from({ length: 5000 }, (_, i) => name + Math.sin(seed + i)).join();
export const one = stage({ seed }, ({ seed }) => text("one", seed));
export const two = stage({ seed }, ({ seed }) => text("two", seed));
`,
};

const namesOf = async (project: RigProject): Promise<readonly string[]> =>
  (await project.sluice("cache", "ls", "--json"))
    .json()
    .results.map(({ node }: { node: string }) => node)
    .sort();

function blobCount(project: RigProject): number {
  const folder = path.join(project.dir, ".sluice/v1/blobs");
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
}

describe("limits of a cache", () => {
  test("hold after runs, by flag and by settings, also after one that was remembered", async () => {
    await using project = await rig.project(pipeline);
    for (const seed of [1, 2, 3]) await project.sluice("run", "--set", `seed=${seed}`);
    expect(await namesOf(project)).toHaveLength(6);
    const { bytes } = (await project.sluice("cache", "stats", "--json")).json();
    // What the run itself has used stays. One that was remembered would tell uses apart by the hour.
    await project.append("pipeline.ts", "// so that it is loaded\n");
    const tight = await project.sluice("run", "--set", "seed=3", "--max-size", "1kB", "--json");
    expect(tight.code, tight.stderr).toBe(0);
    expect(tight.json().warnings[0].message).toContain("more than it may");
    expect(await namesOf(project)).toEqual(["one", "two"]);
    expect(blobCount(project)).toBe(2);
    await project.sluice("run");
    await project.sluice("run");
    await project.write("sluice.json", JSON.stringify({ cache: { maxSize: Math.floor(bytes / 2) } }));
    await project.sluice("run", "--set", "seed=4");
    expect((await project.sluice("cache", "stats", "--json")).json().bytes).toBeLessThanOrEqual(bytes / 2);
    const stats = await project.sluice("cache", "stats");
    expect(stats.stdout).toMatch(/^size .* on disk, at most /m);
    expect(stats.stdout).toMatch(/^saved /m);
    expect((await project.sluice("cache", "verify")).code).toBe(0);
  });

  test("hold after a remembered run too: what is not used for too long goes", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run", "--set", "seed=2");
    await project.sluice("run");
    await project.sluice("run");
    const remembered = await project.sluice("run", "--max-size", "1kB", "--json");
    expect(remembered.json().status).toBe("ok");
    // Made less than an hour ago, which is how closely the time of a use is known: nothing may go.
    expect(await namesOf(project)).toHaveLength(4);
    await project.sluice("run", "--set", "seed=3", "--max-size", "1kB");
    expect(await namesOf(project)).toEqual(["one", "two"]);
    expect((await project.sluice("run")).code).toBe(0);
    expect((await project.sluice("run", "--json")).json().nodes.one.status).toBe("hit");
  });

  test("evicted results are made again, and why says so", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    const pruned = await project.sluice("cache", "prune", "--max-size", "0kB", "--json");
    expect(pruned.json()).toMatchObject({ results: 2, isOver: false });
    expect(pruned.json().removed[0]).toMatchObject({ why: "size" });
    expect(blobCount(project)).toBe(0);
    const again = (await project.sluice("run", "--json")).json();
    expect(again.nodes.one).toMatchObject({ status: "executed", reasons: [{ kind: "evicted" }] });
    expect((await project.sluice("run")).stderr).toMatch(/^nothing to do/);
  });

  test("settings that are wrong stop the call, with a hint", async () => {
    await using project = await rig.project({ ...pipeline, "sluice.json": '{ "cache": { "maxsize": "1GB" } }' });
    for (const call of [["run"], ["cache", "stats"]]) {
      const { code, stderr } = await project.sluice(...call);
      expect(code).toBe(2);
      expect(stderr).toContain('there is no setting "cache.maxsize"');
      expect(stderr).toContain('did you mean "cache.maxSize"?');
    }
  });

  test.each([
    [["run", "--max-size", "many"], "--max-size takes a size, like 20GB or 500MB"],
    [["cache", "prune", "--max-age", "30"], "--max-age takes a time, like 30d"],
    [["cache", "prune", "--older-than", "soon"], "--older-than takes a time"],
    [["cache", "prune"], "nothing says what to remove"],
    [["cache", "pin", "unknown"], 'there is no result of "unknown"'],
    [["cache", "unpin", "one"], '"one" is not pinned'],
  ])("a mistake is said: %s", async (call, message) => {
    await using project = await rig.project(pipeline);
    const { code, stderr } = await project.sluice(...call);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("pin, unpin, prune", () => {
  test("what is pinned stays, and a dry run changes nothing", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    expect((await project.sluice("cache", "pin")).stderr).toBe("nothing is pinned\n");
    expect((await project.sluice("cache", "pin", "one", "--dry-run")).stdout).toBe("would pin  node    one\n");
    expect((await project.sluice("cache", "pin", "--json")).json()).toEqual({ pins: [], configured: [] });
    expect((await project.sluice("cache", "pin", "one")).stdout).toBe("pinned  node    one\n");
    const key = (await project.sluice("cache", "ls", "two", "--json")).json().results[0].key;
    expect((await project.sluice("cache", "pin", key.slice(0, 12), "--json")).json().pinned).toEqual({
      kind: "result",
      name: key,
    });
    const dry = await project.sluice("cache", "prune", "--unused-for", "0s", "--dry-run");
    expect(dry).toMatchObject({ stdout: "nothing to remove\n", stderr: "2 results that are pinned or in use stay\n" });
    expect((await project.sluice("cache", "unpin", key.slice(0, 8), "-n")).stdout).toBe(
      `would unpin  result  ${key}\n`,
    );
    await project.sluice("cache", "unpin", key.slice(0, 8));
    const pruned = await project.sluice("cache", "prune", "--unused-for", "0s", "--verbose");
    expect(pruned.stdout).toMatch(/^two [\da-f]{12} .* age\nremoved 1 result, /);
    expect(await namesOf(project)).toEqual(["one"]);
  });

  test("ls shows the newest ones, and says how many there are", async () => {
    await using project = await rig.project(pipeline);
    for (const seed of [1, 2]) await project.sluice("run", "--set", `seed=${seed}`);
    const list = await project.sluice("cache", "ls", "--limit", "3");
    expect(list.stdout.trim().split("\n")).toHaveLength(4);
    expect(list.stderr).toBe("… 1 more result; --limit 0 shows all\n");
    expect((await project.sluice("cache", "ls", "--limit", "0")).stdout.trim().split("\n")).toHaveLength(5);
    expect((await project.sluice("cache", "ls", "--limit", "1", "--json")).json().results).toHaveLength(1);
  });

  test("gc says why something goes, and which results are without their blobs", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    rmSync(path.join(project.dir, ".sluice/v1/blobs"), { recursive: true });
    const { stdout } = await project.sluice("cache", "gc", "--verbose");
    expect(stdout).toMatch(
      /^freed 0 B:\n {2}2 results whose blobs are gone\n {2}(one|two) [\da-f]{12}: blob [\da-f]{12} is gone\n/,
    );
    expect((await project.sluice("run")).code).toBe(0);
  });
});
