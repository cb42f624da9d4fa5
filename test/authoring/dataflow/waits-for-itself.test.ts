import fc from "fast-check";
import { expect, test } from "vitest";
import { FlowProject } from "./rig.ts";

const size = 5;

/** For each function the nodes that it executes with its own driver, and whether all at once. */
interface Case {
  readonly calls: readonly (readonly number[])[];
  readonly atOnce: readonly boolean[];
  /** Executed at the same time. */
  readonly targets: readonly number[];
}

const cases: fc.Arbitrary<Case> = fc.record({
  calls: fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 2 }), { minLength: size, maxLength: size }),
  atOnce: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
  targets: fc.uniqueArray(fc.nat(size - 1), { minLength: 1, maxLength: 3 }),
});

/** Functions, each of which executes others by the driver that it is a node of. */
function module(number: number, { calls, atOnce }: Case): string {
  const functions = calls.map((each, i) => {
    const all = each.map((to) => `again${number}("n${to}")`);
    const sum = atOnce[i]
      ? `(await Promise.all([${all.join(", ")}])).reduce((a, b) => a + b, 0)`
      : ["0", ...all.map((call) => `(await ${call})`)].join(" + ");
    return `export async function n${i}() { return ${i + 1} + ${sum}; }`;
  });
  return [`import { again${number} } from "./again.js";`, ...functions].join("\n");
}

/** What a target comes to; undefined where it needs itself. */
function sumOf(target: number, calls: Case["calls"], around: readonly number[] = []): number | undefined {
  if (around.includes(target)) return undefined;
  let sum = target + 1;
  for (const to of calls[target]!) {
    const value = sumOf(to, calls, [...around, target]);
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum;
}

test("functions that execute nodes of their own driver end: with a value, or where a result needs itself with a failure", async () => {
  const all = fc.sample(cases, 25);
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
  project.write(
    "main.js",
    `import * as all from "./again.js";
const ends = [];
for (const [i, targets] of ${JSON.stringify(all.map(({ targets }) => targets))}.entries()) {
  const settled = await Promise.allSettled(targets.map((target) => all["again" + i]("n" + target)));
  ends.push(settled.map(({ value, reason }) => value ?? reason.failure?.reason ?? String(reason)));
}
console.log(JSON.stringify(ends));`,
  );
  const ends: (number | string)[][] = await project.run("main.js");
  for (const [i, { targets, calls }] of all.entries()) {
    const expected = targets.map((target) => sumOf(target, calls) ?? "cycle");
    expect(ends[i], JSON.stringify(all[i])).toEqual(expected);
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
  expect(await project.run("main.js")).toMatch(/making the result of twice\[1\] waits for that result itself/);
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
