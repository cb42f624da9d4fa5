import { expect, test } from "vitest";
import { rig } from "../rig/rig.ts";

/** Stages whose functions run others: programs that sleep, once they have said which process they are, and nodes of a driver. */
const files = {
  "programs.ts": `
import { command } from "sluice";
const sleeping = (name: string, first = "") =>
  command({}, first + "echo $$ > " + name + ".pid; exec sleep 600", { shell: true });
export const plain = sleeping("plain");
export const threaded = sleeping("threaded");
// It has to be killed.
export const cancelled = sleeping("cancelled", "trap '' TERM; ");
`,
  "nodes.ts": `
import { writeFileSync } from "node:fs";
export const first = () => new Promise<number>((done) => setTimeout(done, 1500, 1));
export const second = (first: number) => writeFileSync("second.txt", String(first));
`,
  "pipeline.ts": `
import { open, stage } from "sluice";
import { Driver } from "sluice/dataflow";
import * as nodes from "./nodes.ts";
import { cancelled, plain, threaded } from "./programs.ts";
const root = process.cwd();
async function run(program: typeof plain): Promise<void> {
  await using project = open({ root });
  await project.run(program);
}
const thread = { executor: "thread" } as const;
export const inProcess = stage({}, () => run(plain), { timeout: 1000 });
export const inThread = stage({}, () => run(threaded), { ...thread, timeout: 3000 });
export const inCancelled = stage({}, () => run(cancelled), thread);
export const byDriver = stage({}, async () => {
  await Driver.builder().withModules(nodes).build().execute(["second"]);
}, { timeout: 500 });
export const waits = stage({ }, () => new Promise((done) => setTimeout(done, 2500)));
`,
};

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("what a function runs is cancelled with it, when its time is up or its own run is cancelled", async () => {
  await using project = await rig.project(files);
  const pidOf = async (name: string): Promise<number> => Number(await project.read(`${name}.pid`));

  const timed = await project.sluice("run", "inProcess", "inThread", "byDriver", "waits", "--json", "-k", "-j", "4");
  expect(timed.code, timed.stderr).toBe(1);
  const ended = timed.json().nodes;
  for (const name of ["inProcess", "inThread", "byDriver"])
    expect(ended[name].failure).toMatchObject({ reason: "timed-out" });
  expect(ended.waits.status).toBe("executed");
  for (const name of ["plain", "threaded"]) expect(isRunning(await pidOf(name)), name).toBe(false);
  await expect(project.read("second.txt")).rejects.toThrow();

  const run = project.start({}, "run", "inCancelled", "-v");
  await expect.poll(() => pidOf("cancelled").catch(() => 0), { timeout: 20_000 }).toBeGreaterThan(0);
  run.kill("SIGINT");
  await run.finished;
  expect(isRunning(await pidOf("cancelled"))).toBe(false);
}, 60_000);
