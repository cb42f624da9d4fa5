import { describe, expect, test } from "vitest";
import { rig } from "../rig/rig.ts";

const pipeline = {
  "pipeline.ts": `import { param, stage } from "sluice";
export const size = param(3);
export const steady = stage({ size }, ({ size }) => ({ size }));
export const chance = stage({ steady }, ({ steady }) => ({ ...steady, at: Math.random() }), { output: "out/chance.json" });
export const after = stage({ chance }, ({ chance }) => chance.at > 2);
export const never = stage({}, () => 1, { cache: "disable" });
`,
};

describe("sluice verify", () => {
  test("names the stages that give another value; nothing changes", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    const before = await project.read("out/chance.json");
    const { code, stdout, stderr } = await project.sluice("verify");
    expect(code, stderr).toBe(1);
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^differs {2}chance {2}cached by run \d{8}-\d{6}-\w+ \(just now\)$/),
      "  1 difference",
      expect.stringMatching(/^ {2}~ result\.at: 0\.\d+ -> 0\.\d+$/),
      "skipped  never  its `cache` is disable",
      expect.stringMatching(/^failed: 3 of 4 stages verified, 2 the same, 1 different, in .*$/),
      expect.stringMatching(/^ {2}hint: .*sluice check NODE/),
      "",
    ]);
    expect(await project.read("out/chance.json")).toBe(before);
    expect((await project.sluice("runs", "--json")).json().runs).toHaveLength(1);
    const again = await project.sluice("run", "--json");
    expect(again.json().nodes.chance.status).toBe("hit");
  });

  test("--json, named stages, --set", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run", "--set", "size=5");
    const steady = await project.sluice("verify", "steady", "after", "--set", "size=5", "--json");
    expect(steady.code, steady.stderr).toBe(0);
    expect(steady.json()).toMatchObject({
      status: "ok",
      stages: { steady: { status: "same" }, after: { status: "same" } },
    });
    const chance = await project.sluice("verify", "chance", "--set", "size=5", "--json");
    expect(chance.code).toBe(1);
    expect(chance.json().stages.chance).toMatchObject({
      status: "different",
      difference: { kind: "value", entries: [{ path: "result.at" }] },
    });
    // With the default there is no result, and to have verified nothing is no success.
    const nothing = await project.sluice("verify", "--json");
    expect([nothing.code, nothing.json().status]).toEqual([1, "failed"]);
    expect(nothing.json().stages.steady).toMatchObject({ status: "unverified", why: "not-cached" });
  });

  test("a sample is the same each time", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    const chosen = async (...more: string[]): Promise<string> => {
      const { stages } = (await project.sluice("verify", "--sample", "1", "--json", ...more)).json();
      return Object.keys(stages)
        .filter((name) => ["same", "different"].includes(stages[name].status))
        .join();
    };
    const first = await chosen();
    expect(await chosen("--seed", "0")).toBe(first);
    const others = await Promise.all(["1", "2", "3", "4", "5", "6"].map((seed) => chosen("--seed", seed)));
    expect(others.some((other) => other !== first)).toBe(true);
  });

  test("--record puts the new results in place of the old, as a run", async () => {
    await using project = await rig.project(pipeline);
    await project.sluice("run");
    const before = await project.read("out/chance.json");
    const { code, stdout } = await project.sluice("verify", "--record", "chance");
    expect(code).toBe(1);
    expect(await project.read("out/chance.json")).not.toBe(before);
    const [run] = (await project.sluice("runs", "--json")).json().runs;
    expect(stdout).toContain(`recorded as run ${run.id}`);
    const next = (await project.sluice("run", "--json")).json();
    expect([next.nodes.chance.status, next.nodes.after.status]).toEqual(["hit", "executed"]);
  });

  test("an interruption ends it with 130 and records nothing", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { existsSync, writeFileSync } from "node:fs";
import { stage } from "sluice";
export const slow = stage({}, async (_, { log }) => {
  if (!existsSync("ran")) return void writeFileSync("ran", "");
  log.info("slow is under way");
  await new Promise(() => setInterval(() => {}, 1000));
});
`,
    });
    await project.sluice("run");
    const started = project.start({}, "verify", "--json");
    await started.wrote("slow is under way");
    started.kill("SIGINT");
    const { code, json } = await started.finished;
    expect(code).toBe(130);
    expect(json()).toMatchObject({ status: "cancelled", stages: { slow: { status: "unverified", why: "cancelled" } } });
  });

  test("a wrong call is refused", async () => {
    await using project = await rig.project(pipeline);
    for (const call of [["nope"], ["size"], ["--sample", "0"], ["--sample", "x"], ["--jobs", "0"]]) {
      expect((await project.sluice("verify", ...call)).code).toBe(2);
    }
  });
});
