import { describe, expect, test } from "vitest";
import { rig } from "../../rig/rig.ts";

const pipeline = `
import { isMainThread } from "node:worker_threads";
import { stage } from "sluice";
const executor = "thread";

interface Named { name: string }
class OwnError extends Error { override name = "OwnError"; code = "E_OWN"; }

function deep(): never {
  throw new OwnError("from below", { cause: new TypeError("the reason") });
}
export const throws = stage({}, (): number => deep(), { executor });
export const throwsText = stage({}, () => { throw "only text"; }, { executor });
export const exits = stage({}, () => process.exit(3), { executor });
export const stray = stage({}, () => {
  setTimeout(() => { throw new RangeError("nobody catches this"); }, 1);
  return new Promise<number>(() => {});
}, { executor });
export const array = stage({}, () => {
  const held: number[][] = [];
  for (;;) held.push(new Array(1000).fill(Math.random()));
}, { executor: { kind: "thread", memory: "128MB" } });
export const table = stage({}, () => {
  const held = new Map<string, number[]>();
  for (let i = 0; ; i++) held.set("key" + i, [i]);
}, { executor: { kind: "thread", memory: "128MB" } });
export const differs = [isMainThread ? 1 : 2].map((place) => stage({}, () => place, { executor }));
if (isMainThread) Object.assign(globalThis, { only: stage({}, () => 5, { executor }) });
export const mainOnly = (globalThis as { only?: unknown }).only;
let tries = 0;
export const retried = stage({}, () => { if (++tries < 3) throw new Error("try " + tries); return tries; }, { executor, retries: { times: 2, delay: 1 } });
export const fine = stage({ retried }, ({ retried }) => retried, { executor });
`;

describe("a stage that fails in its thread", { timeout: 120_000 }, () => {
  test("fails by itself, says where and why, and all others go on", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    const { code, stderr, json } = await project.sluice("run", "--json", "-k");
    expect(code, stderr).toBe(1);
    const { nodes } = json();
    const failureOf = (name: string) => nodes[name].failure;
    expect(nodes.fine.status).toBe("executed");
    expect(nodes.retried.status).toBe("executed");
    expect(failureOf("throws")).toMatchObject({
      reason: "stage-failed",
      message: "throws failed: OwnError: from below, caused by TypeError: the reason",
      where: { line: 10, column: 9 },
    });
    expect(failureOf("throwsText")).toMatchObject({ message: "throwsText failed: 'only text'", where: { line: 13 } });
    expect(failureOf("exits")).toMatchObject({
      reason: "stage-failed",
      message: "exits ended its thread, with the exit code 3",
      where: { line: 14 },
    });
    expect(failureOf("stray")).toMatchObject({
      reason: "stage-failed",
      message: "stray failed: RangeError: nobody catches this",
      where: { line: 16, column: 28 },
    });
    for (const name of ["array", "table"]) {
      const { message, hint } = failureOf(name);
      expect(message).toMatch(/ran out of memory in its thread: its heap may take 128 MB, and had grown to \d+ MB$/);
      expect(hint).toContain('executor: { kind: "thread", memory: "256MB" }');
    }
    expect(failureOf("differs.0")).toMatchObject({
      reason: "captured-variable",
      message: 'differs.0 cannot be called in a thread: the captured variable "place" has another value there',
    });
    expect(failureOf("mainOnly")).toMatchObject({
      reason: "load-failed",
      message: "mainOnly cannot be called in a thread: loading its modules there does not declare it",
    });
    // nothing of theirs is kept: all but what succeeded runs again
    const again = (await project.sluice("plan", "--json")).json().nodes;
    const hits = Object.keys(again).filter((name) => again[name].status === "hit");
    expect(hits.sort()).toEqual(["fine", "retried"]);
  });

  test("a module that does not load there is said to be so", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
import { isMainThread } from "node:worker_threads";
import { stage } from "sluice";
export const a = stage({}, () => 1, { executor: "thread" });
if (!isMainThread) throw new Error("not here");
`,
    });
    const { stderr } = await project.sluice("run");
    expect(stderr).toContain(
      "error: a cannot be called in a thread, where its modules are loaded again: pipeline.ts threw as it loaded: Error: not here",
    );
    expect(stderr).toMatch(/at pipeline\.ts:5:\d+/);
    expect(stderr).toContain("leave its option `executor` out");
  });
});

describe("a stage whose input is damaged in the store", { timeout: 120_000 }, () => {
  test.each([
    ["a value", "({ made }) => made.value.length"],
    ["a file that it reads", "async ({ made }) => (await made.file.text()).length"],
    ["a file whose path it asks for", 'async ({ made }) => (await import("node:fs")).statSync(made.file.path).size'],
    ["rows that it reads in part", "async ({ rows }) => { for await (const row of rows) return row.text.length; }"],
    ["a file, and it catches that", "async ({ made }) => made.file.text().then((text) => text.length, () => 0)"],
  ])("gets it made anew: %s", async (_, reads) => {
    await using project = await rig.project({
      "pipeline.ts": `
import { stage } from "sluice";
const file = stage({}, async (_, { outputs }) => {
  (await import("node:fs")).writeFileSync(outputs.file, "f".repeat(90_000));
}, { outputs: { file: "out/file.txt" } });
export const made = stage({ file }, ({ file }) => ({ value: "v".repeat(90_000), file: file.file }));
export const rows = stage({}, function* () { for (let i = 0; i < 3000; i++) yield { text: "r".repeat(90) + i }; });
export const reads = stage({ made, rows }, ${reads}, { executor: "thread", output: "reads.json" });
`,
    });
    expect((await project.sluice("run", "made", "rows")).code).toBe(0);
    const blobs = `${project.dir}/.sluice/v1/blobs`;
    const { readdirSync, readFileSync, writeFileSync, chmodSync } = await import("node:fs");
    for (const entry of readdirSync(blobs, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const at = `${entry.parentPath}/${entry.name}`;
      const bytes = readFileSync(at);
      bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
      chmodSync(at, 0o600);
      writeFileSync(at, bytes);
    }
    const { code, stderr } = await project.sluice("run", "reads");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("is damaged");
    const given = JSON.parse(await project.read("reads.json"));
    expect(given === 90_000 || given === 91).toBe(true);
  });
});

describe("a stage that is to stop", { timeout: 120_000 }, () => {
  const loops = `
import { stage } from "sluice";
export const loops = stage({}, (_, { log }): number => { log.info("looping"); for (;;); }, { executor: "thread" });
`;

  test("is ended although it never looks, when its time is up or the run is cancelled; nothing is recorded", async () => {
    await using project = await rig.project({
      "pipeline.ts": `${loops}
export const late = stage({}, (): number => { for (;;); }, { executor: "thread", timeout: 300, retries: { times: 1, delay: 1 } });
export const polite = stage({}, (_, { signal, log }) => {
  while (!signal.aborted);
  log.info("stops: " + signal.reason.reason);
  return 1;
}, { executor: "thread", timeout: 300 });
export const after = stage({}, () => 1, { executor: "thread" });
`,
    });
    const { code, stderr, json } = await project.sluice("run", "late", "polite", "after", "--json", "-k", "-j", "1");
    expect(code, stderr).toBe(1);
    const { late, polite, after } = json().nodes;
    expect(late.failure).toMatchObject({ reason: "timed-out", where: { line: 5 } });
    expect(polite.failure).toMatchObject({ reason: "timed-out" });
    expect(after.status).toBe("executed");

    const started = project.start({}, "run", "loops", "-v");
    await started.wrote("looping");
    const before = performance.now();
    started.kill("SIGINT");
    const interrupted = await started.finished;
    expect(interrupted.code).toBe(130);
    // A hang is what this is about, not speed: without an end the process would be there for ever.
    expect(performance.now() - before).toBeLessThan(20_000);
    const again = (await project.sluice("plan", "--json")).json().nodes;
    for (const name of ["loops", "late", "polite"]) expect(again[name].status).toBe("run");
    expect(again.after.status).toBe("hit");
  });

  test("in code: the process ends by itself after a run was cancelled, and others go on", async () => {
    await using project = await rig.project({
      "stages.ts": `${loops}
export const fine = stage({}, () => 42, { executor: "thread" });
`,
      "main.ts": `
import { open } from "sluice";
import { fine, loops } from "./stages.ts";
await using project = open();
const controller = new AbortController();
const onEvent = (event) => { if (event.type === "node-log") controller.abort(); };
const { status } = await project.tryRun(loops, { signal: controller.signal, onEvent });
console.log(status, await project.run(fine));
`,
    });
    const { code, stdout, stderr } = await rig.startProcess(process.execPath, ["main.ts"], { cwd: project.dir })
      .finished;
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "cancelled 42\n", stderr: "" });
  });
});

describe("a stage that waits for itself by way of a thread", { timeout: 60_000 }, () => {
  const waiting = `
import { open, stage } from "sluice";
const here = process.cwd();
const ask = (node: unknown): Promise<number> => open({ root: here }).run(node as never);
export const far = stage({}, async () => 1 + (await ask(between)), { executor: "thread" });
export const between: unknown = stage({}, async () => 1 + (await ask(far)));
`;

  test.each(["far", "between"])("fails: %s", async (name) => {
    await using project = await rig.project({ "pipeline.ts": waiting });
    const { code, json } = await project.sluice("run", name, "--json");
    expect(code).toBe(1);
    expect(json().nodes[name].failure).toMatchObject({
      reason: "cycle",
      message: `making the result of ${name} waits for the result of ${name} itself`,
    });
  });
});
