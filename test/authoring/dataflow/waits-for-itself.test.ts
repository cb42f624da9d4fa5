import fc from "fast-check";
import { expect, test } from "vitest";
import { type CallingFunctions, callingFunctions, endsOf } from "../../rig/calling-functions.ts";
import { FlowProject } from "./rig.ts";

/** Functions, each of which executes others by the driver that it is a node of. */
function module(number: number, { calls, atOnce, fails }: CallingFunctions): string {
  const functions = calls.map((each, i) => {
    const all = each.map((to) => `again${number}("n${to}")`);
    if (fails[i]) all.push("Promise.reject(new Error())");
    const sum = atOnce[i]
      ? `(await Promise.all([${all.join(", ")}])).reduce((a, b) => a + b, 0)`
      : ["0", ...all.map((call) => `(await ${call})`)].join(" + ");
    return `export async function n${i}() { return ${i + 1} + ${sum}; }`;
  });
  return [`import { again${number} } from "./again.js";`, ...functions].join("\n");
}

test("functions that execute nodes of their own driver end: with a value, or with the failure of one that fails or needs itself", async () => {
  const all = fc.sample(callingFunctions, 25);
  using project = new FlowProject();
  for (const [number, each] of all.entries()) project.write(`m${number}.js`, module(number, each));
  const agains = all.map(
    (_, i) => `import * as m${i} from "./m${i}.js";
let driver${i};
export async function again${i}(name) {
  driver${i} ??= Driver.builder().withModules(m${i}).withCache({ path: "cache-${i}", onWarning: () => {} }).build();
  return (await driver${i}.execute([name]))[name];
}`,
  );
  project.write("again.js", ['import { Driver } from "sluice/dataflow";', ...agains].join("\n"));
  // The process ends by itself only if all ends that was left behind, too.
  project.write(
    "main.js",
    `import * as all from "./again.js";
const ends = [];
for (const [i, targets] of ${JSON.stringify(all.map(({ targets }) => targets))}.entries()) {
  const settled = await Promise.allSettled(targets.map((target) => all["again" + i]("n" + target)));
  ends.push(settled.map(({ value, reason }) => value ?? reason.failure.reason.replace("stage-", "")));
}
console.log(JSON.stringify(ends));`,
  );
  const ends: (number | string)[][] = await project.run("main.js");
  for (const [i, each] of all.entries()) {
    for (const [j, target] of each.targets.entries()) {
      const end = ends[i]![j]!;
      const expected = endsOf(target, each);
      if (typeof expected === "number") expect(end, JSON.stringify(each)).toBe(expected);
      else expect(expected, JSON.stringify(each)).toContain(end);
    }
  }
}, 120_000);

test("an item that executes the list that it is of says so", async () => {
  using project = new FlowProject({
    "m.js": `import { collect, parallel } from "sluice/dataflow";
import { again } from "./again.js";
export const item = parallel(() => [1, 2]);
export async function twice(item) { return item === 2 ? (await again()).length : item; }
export const all = collect("twice", (twice) => twice);`,
    "again.js": `import { Driver } from "sluice/dataflow";
import * as m from "./m.js";
const build = () => Driver.builder().withModules(m).withCache({ path: "cache", onWarning: () => {} }).build();
let driver;
export async function again() { driver ??= build(); return (await driver.execute(["all"])).all; }`,
    "main.js": `import { again } from "./again.js";
console.log(JSON.stringify(await again().then(() => "a value", ({ failure }) => failure.message)));`,
  });
  expect(await project.run("main.js")).toMatch(
    /making the result of twice\[1\] waits for the result of twice\[1\] itself/,
  );
});

test("what a function has left behind may wait for a result of the same key", async () => {
  using project = new FlowProject({
    "m.js": `import { setTimeout } from "node:timers/promises";
import { again, left } from "./again.js";
export async function slow() {
  if (left.length > 0) return setTimeout(300, 7);
  left.push(setTimeout(50).then(() => again("slow")));
  throw new Error("not yet");
}`,
    "again.js": `import { Driver } from "sluice/dataflow";
import * as m from "./m.js";
export const left = [];
const build = () => Driver.builder().withModules(m).withCache({ path: "cache", onWarning: () => {} }).build();
let driver;
export async function again(name) { driver ??= build(); return (await driver.execute([name]))[name]; }`,
    "main.js": `import { again, left } from "./again.js";
const first = await again("slow").catch(({ failure }) => failure.reason);
const second = again("slow");
console.log(JSON.stringify([first, await second, ...(await Promise.all(left))]));`,
  });
  expect(await project.run("main.js")).toEqual(["stage-failed", 7, 7]);
});

test("a run that a function begins and cancels is a failure of the function, and no missing value", async () => {
  using project = new FlowProject({
    "m.js": `import { again } from "./again.js";
export async function inner() { await new Promise((resolve) => setTimeout(resolve, 300)); return 1; }
export async function outer() { return 1 + (await again("inner", AbortSignal.timeout(50))); }
export function last(outer) { return outer; }`,
    "again.js": `import { Driver } from "sluice/dataflow";
import * as m from "./m.js";
const build = () => Driver.builder().withModules(m).withCache({ path: "cache", onWarning: () => {} }).build();
let driver;
export async function again(name, signal) { driver ??= build(); return (await driver.execute([name], { signal }))[name]; }`,
    "main.js": `import { again } from "./again.js";
console.log(JSON.stringify(await again("last").then((value) => ({ value }), ({ failure }) => failure)));`,
  });
  const failure = await project.run("main.js");
  expect(failure).toMatchObject({
    reason: "stage-failed",
    node: "outer",
    message: expect.stringContaining("cancelled"),
  });
});

test("a function whose time is up begins nothing more", async () => {
  using project = new FlowProject({
    "m.js": `import { cached } from "sluice/dataflow";
import { again, begun } from "./again.js";
export async function inner() { begun.push("inner"); return 1; }
export const outer = cached({ timeout: 50 }, async function outer() {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return again("inner").catch(({ failure }) => begun.push(failure.reason));
});`,
    "again.js": `import { Driver } from "sluice/dataflow";
import * as m from "./m.js";
export const begun = [];
const build = () => Driver.builder().withModules(m).withCache({ path: "cache", onWarning: () => {} }).build();
let driver;
export async function again(name) { driver ??= build(); return (await driver.execute([name]))[name]; }`,
    "main.js": `import { again, begun } from "./again.js";
const reason = await again("outer").catch(({ failure }) => failure.reason);
await new Promise((resolve) => setTimeout(resolve, 600));
console.log(JSON.stringify([reason, ...begun]));`,
  });
  expect(await project.run("main.js")).toEqual(["timed-out", "cancelled"]);
});
