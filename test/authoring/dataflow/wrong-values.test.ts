import { existsSync } from "node:fs";
import path from "node:path";
import { Driver, group, inject, inputs, pipeInput, step, value } from "sluice/dataflow";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FlowProject, failing } from "./rig.ts";

// What once gave a value that was not that of the functions: found by looking for it.

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

async function values(module: object, targets: readonly string[], given: Record<string, unknown> = {}) {
  await using driver = Driver.builder()
    .withModules(module as Record<string, () => unknown>)
    .build();
  return (await driver.execute(targets, { inputs: given })) as Record<string, unknown>;
}

/** A script that prints nodes of `m.ts`, cached. */
function runOf(targets: readonly string[], options = "{}"): string {
  return `
    import { Driver } from "sluice/dataflow";
    import * as m from "./m.ts";
    await using driver = Driver.builder().withModules(m).withCache().build();
    console.log(JSON.stringify(await driver.execute(${JSON.stringify(targets)}, ${options})));
  `;
}

test("an empty group of names is no empty list", async () => {
  const text = (members: string): string => `
    import { group, inject } from "sluice/dataflow";
    export const a = inject({ x: group(${members}) }, (x: object) => JSON.stringify(x));
  `;
  project.write("run.ts", runOf(["a"]));
  project.write("m.ts", text("[]"));
  expect(await project.run("run.ts")).toEqual({ a: "[]" });
  project.write("m.ts", text("{}"));
  expect(await project.run("run.ts")).toEqual({ a: "{}" });
});

test("members of a group that would be called alike are refused", async () => {
  const one = { a: inject({ x: group({ "p.q": value(1), p: group({ q: value(2) }) }) }, (x: object) => x) };
  expect(await failing(() => values(one, ["a"]))).toMatchObject({
    reason: "usage",
    message: 'inject() gives "a" two inputs that are called "x.p.q"',
  });
  const other = {
    a: inject(
      { x: group({ p: value(1) }) },
      inputs(["x", "x.p"], (x: object, p: number) => [x, p]),
    ),
  };
  expect((await failing(() => values(other, ["a"], { "x.p": 9 }))).message).toContain('called "x.p"');
});

test("a parameter that can be left out may have the name of a method that every object has", async () => {
  project.write(
    "m.ts",
    `import { group, inject, value } from "sluice/dataflow";
     export const one = (toString = "none", constructor = "none") => [toString, constructor];
     export const two = ({ valueOf = "none", hasOwnProperty = "none" }) => [valueOf, hasOwnProperty];
     export const three = inject({ x: group([value(1)]) }, (x: number[], toString = "none") => [x, toString]);`,
  );
  project.write("run.ts", runOf(["one", "two", "three"]));
  expect(await project.run("run.ts")).toEqual({
    one: ["none", "none"],
    two: ["none", "none"],
    three: [[1], "none"],
  });
});

test("what is sent through a step cannot be wired by hand", async () => {
  const add = (x: number, n: number): number => x + n;
  const module = { s: () => 1, a: pipeInput("s", [step(add, { x: group([value(5)]), n: 2 })], (s: number) => s) };
  expect((await failing(() => values(module, ["a"]))).message).toBe(
    'step() wires "x", which is what is sent through "a.add"',
  );
});

test("a name that is given for two parameters is piped to both", async () => {
  const add = (x: number): number => x + 100;
  const module = {
    s: () => 1,
    a: pipeInput(
      "s",
      [step(add)],
      inputs(["s", "s"], (s: number, again: number) => [s, again]),
    ),
  };
  expect(await values(module, ["a"])).toEqual({ a: [101, 101] });
});

test("savers and loaders of one function in folders that are projects of their own are apart", async () => {
  project.write("shared.ts", "export const id = (v: unknown) => v; export const v = () => ({ a: 1 });");
  for (const folder of ["a", "b"]) {
    project.write(`packages/${folder}/package.json`, '{ "type": "module" }');
    project.write(`packages/${folder}/in.json`, JSON.stringify(`of ${folder}`));
    project.write(
      `packages/${folder}/m.ts`,
      `import { loadFrom, saveTo, source } from "sluice/dataflow";
       import { id } from "../../shared.ts";
       export { v } from "../../shared.ts";
       export const s = saveTo("json", { path: "out.json" }, id);
       export const l = loadFrom("json", { path: source("where") }, id);`,
    );
  }
  project.write(
    "run.ts",
    `import { Driver } from "sluice/dataflow";
     import * as a from "./packages/a/m.ts";
     import * as b from "./packages/b/m.ts";
     const read = [];
     for (const m of [a, b]) {
       await using driver = Driver.builder().withModules(m).withCache().build();
       read.push((await driver.execute(["s.saved", "l"], { inputs: { where: "in.json" } })).l);
     }
     console.log(JSON.stringify(read));`,
  );
  expect(await project.run("run.ts")).toEqual(["of a", "of b"]);
  expect(existsSync(path.join(project.dir, "packages/b/out.json"))).toBe(true);
});
