import { rmSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BranchProject } from "./parallel-rig.ts";
import { failing } from "./rig.ts";

let project: BranchProject;
beforeEach(() => {
  project = new BranchProject();
});
afterEach(() => project[Symbol.dispose]());

const thread = (builder: Parameters<NonNullable<Parameters<BranchProject["driver"]>[2]>>[0]) =>
  builder.withExecutor("thread");

const flow = `
  const factor = 10;
  const scaled = (n: number) => n * factor;
  const where = () => (isMainThread ? "here" : "thread");
  export const n = parallel((ns: number[]) => (note("n " + where(), 0), ns));
  export const big = (n: number, offset = 1) => (note("big " + where(), n), scaled(n) + offset);
  export const both = ({ n, big }: { n: number; big: number }) => (note("both " + where(), n), { n, big });
  export const client = cached({ behavior: "ignore" }, () => (note("client " + where(), 0), { ask: () => 1 }));
  export const asked = cached({ executor: "inline" }, (client: any, big: number) => (note("asked " + where(), big), client.ask() + big));
  export const all = collect("both", (both: any[]) => (note("all " + where(), 0), both.map(({ big }) => big).join()));
`;

describe("threads", () => {
  test("call the functions of a driver, in branches and outside, and give what they give without", async () => {
    await using driver = project.driver(flow, {}, thread);
    const run = () => driver.execute(["all", "asked"], { inputs: { ns: [1, 2] } });
    expect(await run()).toEqual({ all: "11,21", asked: [12, 22] });
    expect(project.ran()).toEqual([
      "all thread 0",
      "asked here 11",
      "asked here 21",
      "big thread 1",
      "big thread 2",
      "both thread 1",
      "both thread 2",
      "client here 0",
      "n thread 0",
    ]);
    const keys = driver.cache!.cacheKeys;
    const tasks = await driver.cache!.tasks();
    expect(Object.keys(tasks.big!)).toEqual(["n.0", "n.1"]);
    await using inline = project.driver(flow);
    expect(await inline.execute(["all", "asked"], { inputs: { ns: [1, 2] } })).toEqual({
      all: "11,21",
      asked: [12, 22],
    });
    expect(project.ran()).toEqual(["client here 0"]);
    expect(inline.cache!.cacheKeys).toEqual(keys);
    const withoutStatus = (of: typeof tasks) =>
      JSON.parse(JSON.stringify(of, (name, value) => (name === "status" ? "" : value)));
    expect(withoutStatus(await inline.cache!.tasks())).toEqual(withoutStatus(tasks));
  });

  test("call the functions of subdags, wherever their modules are, and of subdags in these", async () => {
    project.write(
      "inner.ts",
      `import { isMainThread } from "node:worker_threads";
       export const base = (x: number) => [x, isMainThread];
       export const end = (base: any, k: number) => [...base, k, isMainThread];`,
    );
    const text = `
      const { subdag } = flow;
      const near = { grown: (x: number) => [x + 1, isMainThread] };
      export const start = (n: number) => n;
      export const far = subdag({ modules: ["./inner.ts"], inputs: { x: source("start"), k: 2 } }, (end: any) => [...end, isMainThread]);
      export const beside = subdag({ modules: [near], inputs: { x: source("start") }, namespace: "named" }, (grown: any) => [...grown, isMainThread]);
      export const deep = subdag({ modules: [{ again: far }], inputs: { start: source("n") } }, (again: any) => again.length);`;
    const names = ["far", "beside", "deep", "far.base", "named.grown", "deep.again.base"];
    const expected = {
      far: [5, false, 2, false, false],
      beside: [6, false, false],
      deep: 5,
      "far.base": [5, false],
      "named.grown": [6, false],
      "deep.again.base": [5, false],
    };
    project.module(text);
    project.write(
      "run.ts",
      `import { Driver } from "sluice/dataflow";
       import * as module from "./flow.ts";
       const [executor, by] = process.argv.slice(2);
       const driver = Driver.builder().withModules(by === "path" ? "./flow.ts" : module).withCache({ path: "cache" });
       const values = await driver.withExecutor(executor as "thread").build().execute(${JSON.stringify(names)} as never, { inputs: { n: 5 } });
       console.log(JSON.stringify(values));`,
    );
    expect(await project.run("run.ts", "thread", "path")).toEqual(expected);
    // Kept under the keys that they have in the thread of the run.
    expect(await project.run("run.ts", "inline", "path")).toEqual(expected);
    rmSync(path.join(project.dir, "cache"), { recursive: true });
    expect(await project.run("run.ts", "thread", "import")).toEqual(expected);
  });

  test("call what wrappers made, by its config, and leave to the run's thread what only takes a value apart", async () => {
    const text = `
      const up = (x: string) => x.toUpperCase();
      export const text__a = when({ kind: "a" }, () => "a b");
      export const text__b = when({ kind: "b" }, () => "b c");
      export const words = pipeInput("text", [step(up)], extractFields(["first"], (text: string) => ({ first: text.split(" ")[0], on: isMainThread })));
      export const twice = inject({ x: source("first") }, (x: string) => [x + x, isMainThread]);`;
    for (const [kind, first] of [
      ["a", "A"],
      ["b", "B"],
    ]) {
      await using driver = project.driver(
        text.replace('pipeInput("text", [step(up)], ', "((f: any) => f)("),
        {},
        (builder) => thread(builder.withConfig({ kind: kind! })),
      );
      expect(await driver.execute(["words", "twice"])).toEqual({
        words: { first: first!.toLowerCase(), on: false },
        twice: [`${first}${first}`.toLowerCase(), false],
      });
    }
    await using piped = project.driver(
      `
      const up = (x: string) => x.toUpperCase() + isMainThread;
      export const shout = pipeInput("text", [step(up)], (text: string) => text + isMainThread);`,
      {},
      thread,
    );
    expect(await piped.execute(["shout"], { inputs: { text: "a" } })).toEqual({ shout: "Afalsefalse" });
  });

  test("failures, retries and times are those of the items", async () => {
    await using driver = project.driver(
      `export const n = parallel((ns: number[]) => ns);
       export const odd = cached({ retries: { times: 1, delay: 1 } }, (n: number) => {
         note("odd", n);
         if (n % 2) throw Object.assign(new RangeError("odd " + n), { n });
         return n;
       });
       export const slow = cached({ timeout: 300 }, async (n: number) => (n ? n : new Promise(() => setInterval(() => {}, 1000))));`,
      {},
      thread,
    );
    const found = await failing(() => driver.execute(["odd"], { inputs: { ns: [2, 3] } }));
    expect(found).toMatchObject({ reason: "stage-failed", node: "odd", cause: { name: "RangeError" } });
    expect(found.message).toContain("odd[1] failed: RangeError: odd 3 (item 2 of 2: 3)");
    expect(project.ran()).toEqual(["odd 2", "odd 3", "odd 3"]);
    expect(statusesOf(await driver.cache!.tasks(), "odd")).toEqual({ "n.0": "executed", "n.1": "failed" });
    expect(await failing(() => driver.execute(["slow"], { inputs: { ns: [1, 0] } }))).toMatchObject({
      reason: "timed-out",
    });
  });

  test("values without a version do not cross, and that is said", async () => {
    await using driver = project.driver(
      `export const client = cached({ behavior: "ignore" }, () => ({ ask: () => 1 }));
       export const asked = (client: any) => client.ask();`,
      {},
      thread,
    );
    expect(await failing(() => driver.execute(["asked"]))).toMatchObject({
      reason: "unsupported-value",
      node: "asked",
    });
  });

  test("work without a cache, and for nodes that did not opt in", async () => {
    const text = `export const n = parallel(() => [1, 2]); export const where = (n: number) => [n, isMainThread];`;
    for (const options of [
      false,
      { defaultBehavior: "disable" },
      { defaultBehavior: "disable", default: ["where"] },
    ] as const) {
      await using driver = project.driver(text, options, thread);
      expect(await driver.execute(["where"])).toEqual({
        where: [
          [1, false],
          [2, false],
        ],
      });
    }
  });
});

describe("in a process of its own", () => {
  const script = (modules: string, rest = "") => `
    import { Driver } from "sluice/dataflow";
    import * as flow from "./flow.ts";
    ${rest}
    await using driver = Driver.builder().withModules(${modules}).withCache({ path: "cache" }).withExecutor("thread").build();
    const { all } = await driver.execute(["all"], { inputs: { ns: [1, 2] } });
    console.log(JSON.stringify({ all }));`;

  test.each(["flow", '"./flow.ts"'])("threads have the functions of %s", async (modules) => {
    project.module(flow);
    project.write("run.ts", script(modules));
    expect(await project.run("run.ts")).toEqual({ all: "11,21" });
    expect(project.ran()).toEqual([
      "all thread 0",
      "big thread 1",
      "big thread 2",
      "both thread 1",
      "both thread 2",
      "n thread 0",
    ]);
    expect(await project.run("run.ts")).toEqual({ all: "11,21" });
    expect(project.ran()).toEqual([]);
  });

  test("threads know what code of one module does to another's", async () => {
    project.write(
      "shared.ts",
      `const made = (k: number) => (n: number) => n * k;
      export const times = made(3);
      export const check = (n: number) => n > times(0);`,
    );
    project.write(
      "one.ts",
      `import { checkOutput } from "sluice/dataflow";
      import { check } from "./shared.ts";
      export const one = checkOutput({ test: ((k: number) => (n: number) => check(n + k))(2) }, (x: number) => x);`,
    );
    project.write(
      "two.ts",
      `import { times } from "./shared.ts";
      export const two = (one: number) => times(one);`,
    );
    project.write(
      "run.ts",
      `import { Driver } from "sluice/dataflow";
      await using driver = Driver.builder().withModules("./one.ts", "./two.ts").withExecutor("thread").build();
      console.log(JSON.stringify(await driver.execute(["two"], { inputs: { x: 5 } })));`,
    );
    expect(await project.run("run.ts")).toEqual({ two: 15 });
  });

  test("functions that no module exports are refused in a thread, with what to do", async () => {
    project.module(flow);
    const own = "const own = { ...flow, all: (big: number[]) => big.length };";
    project.write(
      "run.ts",
      `${script("own", own).replace("const { all }", "const { all }: any").replace("await driver", "await (driver as any)")}`,
    );
    await expect(project.run("run.ts")).rejects.toThrow(/all cannot be called in a thread: .*/);
    await expect(project.run("run.ts")).rejects.toThrow(
      /export it from the module in which it is written.*cached\(\{ executor: "inline" \}, fn\)/s,
    );
  });
});

test("what is no executor is refused", async () => {
  const text = "export const a = () => 1;";
  for (const executor of ["process", 5, { kind: "threads" }]) {
    expect(
      await failing(() => project.driver(text, {}, (builder) => builder.withExecutor(executor as never))),
    ).toMatchObject({
      reason: "usage",
    });
  }
  await using driver = project.driver("export const a = () => isMainThread;", {}, (builder) =>
    builder.withExecutor({ kind: "thread", memory: "200MB" }),
  );
  expect(await driver.execute(["a"])).toEqual({ a: false });
});

function statusesOf(
  tasks: Readonly<Record<string, Readonly<Record<string, { readonly status: string }>>>>,
  node: string,
) {
  return Object.fromEntries(Object.entries(tasks[node]!).map(([id, { status }]) => [id, status]));
}
