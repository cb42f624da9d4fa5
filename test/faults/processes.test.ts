import { describe, expect, test } from "vitest";
import { type Files, rig } from "../rig/rig.ts";

/** Each stage leaves a line where it ran, which no key sees. */
const counted: Files = {
  "pipeline.ts": `import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { stage } from "sluice";
const ran = (name: string) => appendFileSync(process.env.RAN!, name + "\\n");
export const a = stage({}, async () => { ran("a"); await sleep(150); return "a".repeat(10_000); });
export const b = stage({ a }, async ({ a }) => { ran("b"); await sleep(100); return a + "b"; });
export const c = stage({ a }, async ({ a }) => { ran("c"); await sleep(120); return a + "c"; });
export const d = stage({ b, c }, async ({ b, c }) => { ran("d"); await sleep(80); return b.length + c.length; }, { output: "out/d.json" });
`,
};

describe("several processes on one cold cache", () => {
  test("8 processes run each stage once between them, and all see the same result", async () => {
    await using project = await rig.project(counted);
    const env = { RAN: `${project.dir}/ran.txt` };
    const runs = await Promise.all(Array.from({ length: 8 }, () => project.sluiceWith({ env }, "run", "--json")));
    for (const run of runs) expect(run.code, run.stderr).toBe(0);
    expect((await project.read("ran.txt")).trim().split("\n").sort()).toEqual(["a", "b", "c", "d"]);
    const versions = runs.map((run) => run.json().nodes.d.dataVersion);
    expect(new Set(versions).size).toBe(1);
    expect(await project.read("out/d.json")).toBe("20002\n");
  });

  test("a killed owner's work is taken over", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { stage } from "sluice";
export const slow = stage({}, async (_, { log }) => {
  const first = !existsSync(process.env.RAN!);
  appendFileSync(process.env.RAN!, "x");
  log.info("working");
  if (first) await sleep(600_000);
  return 42;
});
`,
    });
    const env = { RAN: `${project.dir}/ran.txt` };
    const owner = project.start({ env }, "run", "--verbose");
    await owner.wrote("working");
    const waiter = project.start({ env }, "run", "--json", "--verbose");
    await waiter.wrote("wait");
    owner.kill("SIGKILL");
    const end = await waiter.finished;
    expect(end.code, end.stderr).toBe(0);
    expect(end.json().nodes.slow.status).toBe("executed");
    expect(await project.read("ran.txt")).toBe("xx");
  });
});
