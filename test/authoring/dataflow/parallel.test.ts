import { Driver } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject, failing } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
});
afterEach(() => project[Symbol.dispose]());

/** A driver of a module, with the log of what its functions were called with: `node item`. */
function flowOf(text: string, options: Parameters<ReturnType<typeof Driver.builder>["withCache"]>[0] | false = {}) {
  const file = project.write(
    `flow-${(count += 1)}.ts`,
    `import { cached, collect, each, extractFields, parallel, pipeInput, step } from "sluice/dataflow";
     const ran = (globalThis as any).ran ??= [];
     const note = <T>(node: string, value: T): T => (ran.push(node + " " + JSON.stringify(value)), value);
     ${text}`,
  );
  const builder = Driver.builder().withModules(file);
  return (options === false ? builder : builder.withCache({ path: `${project.dir}/cache`, ...options })).build();
}
let count = 0;

/** What ran since the last look. */
function ran(): readonly string[] {
  const log = ((globalThis as { ran?: string[] }).ran ??= []);
  return log.splice(0).toSorted();
}

const sizes = `
  export const file = parallel((files: string[]) => note("files", files));
  export const size = (file: string) => note("size", file).length;
  export const double = (size: number, file: string) => size * 2 + note("double", file).length;
  export const total = collect("double", (double: number[]) => double.join());
`;

describe("a branch", () => {
  test("runs once for each item, and is collected in order", async () => {
    await using driver = flowOf(sizes);
    const run = (files: string[]) => driver.execute(["total"], { inputs: { files } });
    expect(await run(["a", "bb", "ccc"])).toEqual({ total: "3,6,9" });
    expect(ran()).toHaveLength(7);
    expect(await run(["a", "bb", "ccc"])).toEqual({ total: "3,6,9" });
    expect(ran()).toEqual([]);
  });
});
