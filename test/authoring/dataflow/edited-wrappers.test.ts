import path from "node:path";
import { Driver } from "sluice/dataflow";
import { afterEach, beforeEach, expect, test } from "vitest";
import { digestOf } from "../../../src/core/digest.ts";
import { failureOf } from "../../../src/core/failure.ts";
import { FlowProject } from "./rig.ts";

/*
 * What is said around a function is edited, and the function is not: a driver with a cache gives what one without gives.
 */

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject({ "x.txt": "x" });
});
afterEach(() => project[Symbol.dispose]());

const head = `
  import { readFileSync, writeFileSync } from "node:fs";
  import * as flow from "sluice/dataflow";
  const at = (name: string): string => import.meta.dirname + "/" + name;
`;

/** What a target gives, or why it does not: with the cache of the project, or without one. */
async function given(text: string, target: string, isCached: boolean): Promise<unknown> {
  // A process loads a module once.
  const file = project.write(`flow-${digestOf(text).slice(0, 12)}.ts`, head + text);
  const builder = Driver.builder().withModules(file);
  await using driver = (isCached ? builder.withCache({ path: path.join(project.dir, "cache") }) : builder).build();
  try {
    return (await driver.execute([target]))[target];
  } catch (error) {
    return failureOf(error)!.message;
  }
}

/** What a target gives with a cache, one text after the other; each is what it gives without. */
async function edited(target: string, ...texts: readonly string[]): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (const text of texts) {
    const value = await given(text, target, true);
    expect(value).toEqual(await given(text, target, false));
    found.push(value);
  }
  return found;
}

test("a check inside of a pipe is about what goes into it, and counts", async () => {
  const text = (most: number): string => `
    const plus = (n: number) => n + 1;
    export const n = flow.pipeOutput([flow.step(plus)], flow.checkOutput({ range: [0, ${most}] }, () => 5));`;
  const refused = 'n.raw did not pass the check "range": 5 is not from 0 to 4';
  expect(await edited("n", text(5), text(4), text(5))).toEqual([6, refused, 6]);
});

test("a function that says what it read or wrote gives something else without its wrapper", async () => {
  project.write(
    "run.ts",
    `import { Driver } from "sluice/dataflow";
    await using driver = Driver.builder().withModules("./flow.ts").withCache().build();
    const given = await driver.execute(["n"]).catch(({ message }) => message);
    console.log(JSON.stringify(given));`,
  );
  // In a process for each, since a module of another name has code of its own.
  const run = (fn: string): Promise<unknown> => {
    project.write("flow.ts", `${head} export const n = ${fn};`);
    return project.run("run.ts");
  };
  for (const [wrapper, call, n] of [
    ["dataLoader", 'flow.loaded(at("x.txt"), readFileSync(at("x.txt"), "utf8"))', "x"],
    ["dataSaver", '(writeFileSync(at("y.txt"), "y"), flow.saved(at("y.txt"), { n: 1 }))', { n: 1 }],
  ] as const) {
    expect(await run(`flow.${wrapper}(() => ${call})`)).toEqual({ n });
    expect(await run(`() => ${call}`)).toMatch(/is an instance of class (?:Loaded|Saved)/);
  }
});
