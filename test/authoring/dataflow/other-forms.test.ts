import { afterEach, beforeEach, expect, test } from "vitest";
import { FlowProject } from "./rig.ts";

/*
 * A test runner runs files in a form of its own, in which other functions are at the places of those in the source, and Sluice may have
 * loaded the same file. Where it is not known where a function is, no other is to be taken for it.
 */

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

/** Runs what was loaded by the path, and what a runner has made of the same file: the same code, lines further down. */
const run = `
  import vm from "node:vm";
  import { readFileSync } from "node:fs";
  import { pathToFileURL } from "node:url";
  import path from "node:path";
  import { Driver } from "sluice/dataflow";
  const [file, above] = process.argv.slice(2);
  const told = [];
  const loaded = Driver.builder().withModules("./" + file).build();
  told.push((await loaded.execute(["first"], { inputs: { one: 1 } })).first);
  const source = readFileSync(file, "utf8").replace(/export (.*)/, "($1)").replaceAll(/: number/g, "");
  const text = "\\n".repeat(Number(above)) + source;
  const form = vm.runInThisContext(text, { filename: pathToFileURL(path.resolve(file)).href });
  try {
    const driver = Driver.builder().withModules(form).withCache({ path: "cache" }).build();
    told.push((await driver.execute(["first"], { inputs: { one: 1 } })).first);
  } catch (error) {
    told.push(error.failure?.reason ?? String(error));
  }
  console.log(JSON.stringify(told));`;

const flow = (added: number, type = ""): string => `const first = (one${type}) => one + ${added};
const other = (two${type}) => two + 20;
const third = (six${type}) => six + 30;
export { first, other, third }`;

test.each([
  ["flow.js", ""],
  ["flow.ts", ": number"],
])("no function is taken for another in a second form of %s", async (file, type) => {
  project.write("run.ts", run);
  for (const added of [1, 100]) {
    project.write(file, flow(added, type));
    expect(await project.run("run.ts", file, "1")).toEqual([added + 1, "captured-variable"]);
    // What is the same text is the same place.
    const same = await project.run("run.ts", file, "0");
    expect(same[0]).toBe(added + 1);
    expect([added + 1, "captured-variable"]).toContain(same[1]);
  }
});

test("what the compiler of Sluice has made of a module is known for what it is, and nothing else", async () => {
  project.write("run.ts", run);
  const compiled = (added: number): string => `enum Sides { left = 5 }\n${flow(added, ": number")}\nvoid Sides;`;
  for (const added of [1, 100]) {
    project.write("flow.ts", compiled(added));
    project.write(
      "run.ts",
      run.replace(".replace(/export", '.replace(/^enum.*/, "").replace("void Sides;", "").replace(/export'),
    );
    expect(await project.run("run.ts", "flow.ts", "1")).toEqual([added + 1, "captured-variable"]);
  }
});

/** Runs what Node has imported, which takes the types out by itself. */
const imported = `
  import { Driver } from "sluice/dataflow";
  import * as flow from "./flow.ts";
  const driver = Driver.builder().withModules(flow).withCache({ path: "cache" }).build();
  const { first } = await driver.execute(["first"], { inputs: { one: 1 } });
  const [events] = Object.values(await driver.cache.logs());
  console.log(JSON.stringify([first, ...events.map(({ eventType }) => eventType)]));`;

const first = (added: number): string => `export const first = ({ one }: { one: number }): Sum => one + ${added};`;

test.each([
  ["ends in a type", `${first(1)}\ntype Sum = number;\n`],
  ["ends in types, without a last line", `${first(1)}\n\ninterface Other {\n  a: 1;\n}\ntype Sum = number`],
  ["ends in what a type is given for", `type Sum = number;\n${first(1)}\nexport const second = 1 as Sum`],
  ["has other alphabets in its types", `type Sum = number /* Größe 数据 😀 */ | "ü" | "数" | "😀";\n${first(1)}\n`],
  ["ends in them", `${first(1)}\ntype Sum = number | "ü" | "数" | "😀"`],
])("a module that Node has imported has versions where it %s", async (_, text) => {
  project.write("run.ts", imported);
  project.write("flow.ts", text);
  expect(await project.run("run.ts")).toEqual([2, "execute_node"]);
  expect(await project.run("run.ts")).toEqual([2, "get_result"]);
  project.write("flow.ts", text.replace(first(1), first(10)));
  expect(await project.run("run.ts")).toEqual([11, "execute_node"]);
});

test("so has one in CommonJS", async () => {
  const written = (added: number): string =>
    `exports.first = ({ one }: { one: number }): Sum => one + ${added};\ntype Sum = number;\n`;
  project.write("run.ts", imported.replace('* as flow from "./flow.ts"', 'flow from "./flow.cts"'));
  project.write("flow.cts", written(1));
  expect(await project.run("run.ts")).toEqual([2, "execute_node"]);
  expect(await project.run("run.ts")).toEqual([2, "get_result"]);
  project.write("flow.cts", written(10));
  expect(await project.run("run.ts")).toEqual([11, "execute_node"]);
});
