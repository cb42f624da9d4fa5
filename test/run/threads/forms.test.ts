import { describe, expect, test } from "vitest";
import { type RigProject, rig } from "../../rig/rig.ts";

/** Runs a script of a project, and gives what it printed. */
async function script(project: RigProject, file: string): Promise<string> {
  const { code, stdout, stderr } = await rig.startProcess(process.execPath, [file], { cwd: project.dir }).finished;
  expect(code, stderr).toBe(0);
  return stdout;
}

const here = `import { isMainThread } from "node:worker_threads"; import { stage } from "sluice";`;

describe("a stage is found again in a thread", { timeout: 120_000 }, () => {
  test("however a pipeline declares it", async () => {
    await using project = await rig.project({
      "tsconfig.json": `{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }`,
      "lib/shout.ts": `export const shout = (text: string): string => text.toUpperCase();`,
      "lib/old.cjs": `const { stage } = require("sluice"); exports.old = stage({}, () => require("node:worker_threads").isMainThread, { executor: "thread" });`,
      "lib/factory.tsx": `${here}
/** @jsx make */
function make(tag: string): string { return tag; }
export function times(n: number) { return stage({}, () => [n, isMainThread, <b /> as unknown as string], { executor: "thread" }); }
export class Maker { rate = 3; make() { const { rate } = this; return stage({}, () => [rate, isMainThread], { executor: "thread" }); } }
`,
      "pipeline.ts": `${here}
import { shout } from "@lib/shout";
import { Maker, times } from "./lib/factory.js";
import { old } from "./lib/old.cjs";
import data from "./data.json";
enum Level { High = 9 }
const executor = "thread" as const;
const hidden = stage({}, () => [shout("hidden"), isMainThread], { executor });
export const exported = stage({ hidden }, ({ hidden }) => [hidden, Level.High, data.n, isMainThread], { executor });
export const list = [1, 2, 3].map((n) => stage({}, () => [n * n, isMainThread], { executor }));
export const record: Record<string, unknown> = {};
for (const name of ["x", "y"]) record[name] = stage({ name }, ({ name }) => [name, isMainThread], { executor });
export const made = [times(2), times(4)];
export const ofClass = new Maker().make();
export const fromOld = old;
export const named = stage({}, () => ["named", isMainThread], { executor, name: "another name" });
export const salted = ["p", "q"].map((text) => stage({}, () => [text, isMainThread], { executor, version: "1" }));
const later = await Promise.resolve(5);
export const async_ = stage({ later }, ({ later }) => [later, isMainThread], { executor });
export const argument = stage({ seen: process.argv.includes("--json") }, ({ seen }) => [seen, process.argv.includes("--json"), isMainThread], { executor });
export default stage({}, () => ["default", isMainThread], { executor });
export const all = stage({ exported, l0: list[0], l1: list[1], l2: list[2], x: record.x, y: record.y, m0: made[0], m1: made[1], ofClass, fromOld, named, s0: salted[0], s1: salted[1], async_, argument },
  (all) => all, { output: "all.json" });
`,
      "data.json": `{ "n": 8 }`,
    });
    const { code, stderr } = await project.sluice("run", "--json", "-j", "2");
    expect(code, stderr).toBe(0);
    expect(JSON.parse(await project.read("all.json"))).toEqual({
      argument: [true, true, false],
      async_: [5, false],
      exported: [["HIDDEN", false], 9, 8, false],
      fromOld: false,
      l0: [1, false],
      l1: [4, false],
      l2: [9, false],
      m0: [2, false, "b"],
      m1: [4, false, "b"],
      named: ["named", false],
      ofClass: [3, false],
      s0: ["p", false],
      s1: ["q", false],
      x: ["x", false],
      y: ["y", false],
    });
  });

  test("from code: called by itself, run by open(), made by a factory, in the script itself or in a module of it", async () => {
    await using project = await rig.project({
      "main.ts": `${here}
import { open } from "sluice";
import { report } from "./stages.ts";
console.log("begins");
const inner = stage({}, () => isMainThread, { executor: "thread" });
export const own = stage({ inner }, ({ inner }) => ["own", inner, isMainThread], { executor: "thread" });
console.log(JSON.stringify(await own()));
await using project = open();
console.log(JSON.stringify(await project.run({ report, inner })));
function late() { return stage({}, () => 1, { executor: "thread", name: "late" }); }
console.log(await late()().catch((error: Error) => error.message));
`,
      "stages.ts": `${here}
import { twice } from "./factory.ts";
const part = twice(21);
export const report = stage({ part }, ({ part }) => [part, isMainThread], { executor: "thread" });
`,
      "factory.ts": `${here}
export const twice = (n: number) => stage({}, () => 2 * n, { executor: "thread" });
`,
      "old.cjs": `const { report } = require("./old-stages.cjs"); report().then(console.log);`,
      "old-stages.cjs": `const { stage } = require("sluice");
exports.report = stage({}, () => require("node:worker_threads").isMainThread, { executor: "thread" });`,
    });
    // What is printed as modules load is printed once.
    expect(await script(project, "main.ts")).toBe(
      [
        "begins",
        '["own",false,false]',
        '{"report":[42,false],"inner":false}',
        "late cannot be called in a thread: loading its modules there does not declare it",
        "",
      ].join("\n"),
    );
    expect(await script(project, "old.cjs")).toBe("false\n");
  });

  test("but not if its thread would have other code: a module that changes it is not loaded there, or a file was edited", async () => {
    await using project = await rig.project({
      "config.ts": `export const config = { limit: 1 };`,
      "stages.ts": `${here}
import { config } from "./config.ts";
export const report = stage({}, () => config.limit, { executor: "thread" });`,
      "main.ts": `import { config } from "./config.ts";
import { report } from "./stages.ts";
config.limit = 5;
console.log(await report().catch((error: Error) => error.message));`,
      "pipeline.ts": `${here}
import { writeFileSync } from "node:fs";
import { value } from "./value.ts";
export const first = stage({}, () => { writeFileSync("value.ts", "export const value = 2;"); return 1; });
export const second = stage({ first }, ({ first }) => first + value, { executor: "thread" });
export const inline = stage({ first }, ({ first }) => first + value);`,
      "value.ts": `export const value = 1;`,
    });
    expect(await script(project, "main.ts")).toMatch(
      /^report cannot be called in a thread: its code is not the same there \(config/,
    );
    const { json, code } = await project.sluice("run", "--json", "-k");
    expect(code).toBe(1);
    const { second, inline } = json().nodes;
    expect(inline.status).toBe("executed");
    expect(second).toMatchObject({ status: "failed", failure: { reason: "load-failed", retryable: true } });
    expect(second.failure.message).toContain("the module changed while the run was going");
    const again = await project.sluice("run", "second", "--json");
    expect(again.json().nodes.second.status).toBe("executed");
  });

  test("salted stages that nobody can tell apart are refused; what one captures is looked at again after it ran", async () => {
    await using project = await rig.project({
      "pipeline.ts": `${here}
class Opaque { constructor(readonly n: number) {} }
export const alike = [1, 2].map((n) => { const opaque = new Opaque(n); return stage({}, () => opaque.n, { executor: "thread", version: "1" }); });
export const told = [1, 2].map((n) => { const opaque = new Opaque(n); return stage({}, () => opaque.n, { executor: "thread", version: "1", name: "told" + n, output: "told" + n + ".json" }); });
const [changing] = [{ calls: 0 }].map((state) => stage({}, () => ++state.calls, { executor: "thread" }));
export { changing };
`,
    });
    const { json, stderr } = await project.sluice("run", "--json", "-k");
    const { nodes } = json();
    for (const name of ["alike.0", "alike.1"]) {
      expect(nodes[name].failure).toMatchObject({ reason: "captured-variable" });
      expect(nodes[name].failure.message).toContain("cannot be told from other stages");
    }
    expect(JSON.parse(await project.read("told1.json"))).toBe(1);
    expect(JSON.parse(await project.read("told2.json"))).toBe(2);
    expect(nodes.changing.status).toBe("executed");
    expect(stderr).toContain('changing was not recorded: the captured variable "state" changed while it ran');
  });
});
