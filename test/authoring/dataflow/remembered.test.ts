/*
 * What a process remembers of the code of functions for the next one. Each call is a process of its own, over one cache.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

/** Which of the nodes ran, and what the targets gave. */
const run = (before: string, targets: readonly string[]): string => `
  import { Driver } from "sluice/dataflow";
  ${before}
  const ran = [];
  await using driver = Driver.builder().withModules(...modules).withCache({ path: "cache" }).build();
  const values = await driver.execute(${JSON.stringify(targets)}, {
    onEvent: (event) => { if (event.type === "node-started") ran.push(event.node); },
  });
  console.log(JSON.stringify({ ran: ran.sort(), ...values }));
`;

describe("versions of functions that another process has found", () => {
  test("hold while the code is as it was, and no longer", async () => {
    project.write("helper.ts", "export const twice = (x: number): number => x * 2;\n");
    project.write(
      "flow.ts",
      `import { twice } from "./helper.ts";
      const offset = 1;
      export function one(): number { return twice(1) + offset; }
      export const two = (one: number): number => one + 1;
      export function other(): number { return 7; }
      `,
    );
    project.write("run.ts", run('import * as flow from "./flow.ts"; const modules = [flow];', ["two", "other"]));
    expect(await project.run("run.ts")).toEqual({ ran: ["one", "other", "two"], two: 4, other: 7 });
    expect(await project.run("run.ts")).toEqual({ ran: [], two: 4, other: 7 });
    project.write("helper.ts", "export const twice = (x: number): number => x * 20;\n");
    expect(await project.run("run.ts")).toEqual({ ran: ["one", "two"], two: 22, other: 7 });
    expect((await project.run("run.ts")).ran).toEqual([]);
    project.write("helper.ts", "// a comment moves it down\nexport const twice = (x: number): number => x * 20;\n");
    expect((await project.run("run.ts")).ran).toEqual([]);
  });

  test("are not carried on for a module that only some processes load", async () => {
    const module = (value: number): string => `const part = ${value};\nexport function a(): number { return part; }\n`;
    project.write("a.ts", module(1));
    project.write("c.ts", "export function c(): number { return 3; }\n");
    const before = `const name = process.argv[2]; const modules = [await import("./" + name + ".ts")];`;
    project.write("run.ts", run(before, ["TARGET"]).replace('["TARGET"]', "[name]"));
    expect(await project.run("run.ts", "a")).toEqual({ ran: ["a"], a: 1 });
    // It adds what it finds to what is known of `a`, which it never looks at.
    expect(await project.run("run.ts", "c")).toEqual({ ran: ["c"], c: 3 });
    expect(await project.run("run.ts", "a")).toEqual({ ran: [], a: 1 });
    project.write("a.ts", module(2));
    expect(await project.run("run.ts", "c")).toEqual({ ran: [], c: 3 });
    expect(await project.run("run.ts", "a")).toEqual({ ran: ["a"], a: 2 });
    project.write("a.ts", module(1));
    expect(await project.run("run.ts", "a")).toEqual({ ran: [], a: 1 });
  });

  test("are not those under another major version of Node", async () => {
    project.write("flow.ts", "export const major = (): string => process.versions.node;\n");
    const before = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: process.argv[2] } });
      const { Driver } = await import("sluice/dataflow");
      const modules = [await import("./flow.ts")];`;
    project.write("run.ts", run(before, ["major"]).replace('import { Driver } from "sluice/dataflow";', ""));
    expect(await project.run("run.ts", "24.0.0")).toEqual({ ran: ["major"], major: "24.0.0" });
    expect(await project.run("run.ts", "98.0.0")).toEqual({ ran: ["major"], major: "98.0.0" });
    expect(await project.run("run.ts", "24.1.0")).toEqual({ ran: [], major: "24.0.0" });
    expect(await project.run("run.ts", "98.0.0")).toEqual({ ran: [], major: "98.0.0" });
  });

  test("are found anew where values of the process count", async () => {
    project.write(
      "flow.ts",
      `const made = (value: string) => (): string => value;
      export const hung = Object.assign((): number => 1, { setting: process.argv[2] });
      export const closure = made(process.argv[2]!);
      `,
    );
    const targets = ["closure", "hung"];
    project.write("run.ts", run('import * as flow from "./flow.ts"; const modules = [flow];', targets));
    expect(await project.run("run.ts", "x")).toEqual({ ran: targets, hung: 1, closure: "x" });
    expect(await project.run("run.ts", "x")).toEqual({ ran: [], hung: 1, closure: "x" });
    expect(await project.run("run.ts", "y")).toEqual({ ran: targets, hung: 1, closure: "y" });
    expect(await project.run("run.ts", "x")).toEqual({ ran: [], hung: 1, closure: "x" });
  });

  test("are of the function itself, not of the name or the text", async () => {
    // Two modules with the same text, whose helpers differ; a third one hands out one of each.
    const text = `import { by } from "./by-NAME.ts";\nexport function size(): number { return by(10); }\n`;
    for (const [name, factor] of [
      ["one", 1],
      ["two", 2],
    ] as const) {
      project.write(`by-${name}.ts`, `export const by = (x: number): number => x * ${factor};\n`);
      project.write(`${name}.ts`, text.replace("NAME", name));
    }
    const barrel = (name: string): string => `export { size } from "./${name}.ts";\nexport * from "./one.ts";\n`;
    project.write("barrel.ts", barrel("one"));
    project.write("run.ts", run('import * as flow from "./barrel.ts"; const modules = [flow];', ["size"]));
    expect(await project.run("run.ts")).toEqual({ ran: ["size"], size: 10 });
    project.write("barrel.ts", barrel("two"));
    expect(await project.run("run.ts")).toEqual({ ran: ["size"], size: 20 });
    project.write("barrel.ts", barrel("one"));
    expect(await project.run("run.ts")).toEqual({ ran: [], size: 10 });
  });
});
