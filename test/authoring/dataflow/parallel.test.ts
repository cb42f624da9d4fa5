import type { Failure, SluiceError } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BranchProject } from "./parallel-rig.ts";
import { failing } from "./rig.ts";

let project: BranchProject;
beforeEach(() => {
  project = new BranchProject();
});
afterEach(() => project[Symbol.dispose]());

const sizes = `
  export const file = parallel((files: string[]) => note("file", files));
  export const size = (file: string) => note("size", file).length;
  export const double = (size: number, file: string, factor = 2) => (note("double", file), size * factor);
  export const total = collect("double", (double: number[]) => double.join());
`;
const files = (...names: string[]) => ({ inputs: { files: names } });

describe("a branch", () => {
  test("runs once for each item and is collected in the order of the items; what is new is all that runs", async () => {
    await using driver = project.driver(sizes);
    const run = async (...names: string[]) => (await driver.execute(["total"], files(...names))).total;
    expect(await run("a", "bb", "ccc")).toBe("2,4,6");
    expect(project.ran()).toHaveLength(7);
    expect(await run("a", "bb", "ccc")).toBe("2,4,6");
    expect(project.ran()).toEqual([]);
    expect(await run("a", "bb", "ccc", "dddd")).toBe("2,4,6,8");
    expect(project.ran()).toEqual(['double "dddd"', 'file ["a","bb","ccc","dddd"]', 'size "dddd"']);
    expect(await run("dddd", "a", "ccc")).toBe("8,2,6");
    expect(project.ran()).toEqual(['file ["dddd","a","ccc"]']);
    expect(await run()).toBe("");
    expect(project.ran()).toEqual(["file []"]);
  });

  test("reads what is outside of it, from one object and one by one, and what it can do without", async () => {
    const text = `
      export const word = parallel(({ text }: { text: string }) => text.split(" "));
      export const limit = (text: string) => text.length;
      export const cut = async ({ word, limit, mark = "-" }: { word: string; limit: number; mark?: string }) =>
        word.padEnd(limit, mark);
      export const line = collect(["cut", "word"], (cut: string[], word: string[], limit: number) => [...cut, ...word, limit]);`;
    await using driver = project.driver(text);
    expect(await driver.execute(["line"], { inputs: { text: "to b" } })).toEqual({
      line: ["to--", "b---", "to", "b", 4],
    });
    expect(await driver.execute(["line"], { inputs: { text: "to b", mark: "." } })).toMatchObject({
      line: ["to..", "b...", "to", "b", 4],
    });
  });

  test("equal items are one, and keep their places", async () => {
    await using driver = project.driver(sizes);
    expect(await driver.execute(["total"], files("a", "bb", "a"))).toEqual({ total: "2,4,2" });
    expect(project.ran().filter((line) => line.startsWith("size"))).toEqual(['size "a"', 'size "bb"']);
  });

  test("an edit of a node runs all its items, and those after it whose items differ", async () => {
    project.module(sizes);
    project.write(
      "run.ts",
      `import { Driver } from "sluice/dataflow";
       const driver = Driver.builder().withModules("./flow.ts").withCache({ path: "cache" }).build();
       console.log(JSON.stringify(await driver.execute(["total"], { inputs: { files: ["a", "bb"] } })));`,
    );
    expect(await project.run("run.ts")).toEqual({ total: "2,4" });
    project.ran();
    project.module(sizes.replace(".length;", ".length + (file === 'a' ? 0 : 1);"));
    expect(await project.run("run.ts")).toEqual({ total: "2,6" });
    expect(project.ran()).toEqual(['double "bb"', 'size "a"', 'size "bb"']);
  });

  test.each([
    ["a set", "new Set([2, 1, 2])", [2, 1]],
    ["a map", 'new Map([["a", 1]])', [["a", 1]]],
    ["a generator", "(function* () { yield 1; yield 2; })()", [1, 2]],
    ["an asynchronous generator", "(async function* () { yield 1; yield 2; })()", [1, 2]],
    ["a promise of a list", "Promise.resolve([1, undefined])", [1, undefined]],
    ["bytes", "Uint8Array.of(3, 4)", [3, 4]],
  ])("comes of %s", async (_, given, expected) => {
    await using driver = project.driver(
      `export const item = parallel(() => ${given});
       export const same = (item: any) => item;
       export const all = collect("same", (same: any[]) => same);`,
    );
    expect(await driver.execute(["item", "same", "all"])).toEqual({ item: expected, same: expected, all: expected });
  });

  test.each(["5", '"text"', "{ length: 1 }", "undefined"])("does not come of %s", async (given) => {
    await using driver = project.driver(
      `export const item = parallel((): any => (${given})); export const x = (item: any) => item;`,
    );
    expect(await failing(() => driver.execute(["x"]))).toMatchObject({
      node: "item",
      message: expect.stringContaining('"item" is parallel, and gave'),
    });
  });

  test("works without a cache, and runs for equal items too then", async () => {
    await using driver = project.driver(sizes, false);
    expect(await driver.execute(["total", "size"], files("a", "a"))).toEqual({ total: "2,2", size: [1, 1] });
    expect(project.ran()).toHaveLength(5);
  });
});

const years = `
  export const year = parallel((years: Record<string, number[]>) => note("year", Object.keys(years)));
  export const month = parallel((years: any, year: string) => note("month", years[year]));
  export const label = (year: string) => note("label", year) + ":";
  export const sale = (month: number, label: string) => (note("sale", label + month), label + month);
  export const ofYear = collect("sale", (sale: string[], year: string) => (note("ofYear", year), year + "=" + sale.join("+")));
  export const all = collect("ofYear", (ofYear: string[]) => ofYear);
`;

describe("a branch inside a branch", () => {
  test("has the items of each outer item by themselves", async () => {
    await using driver = project.driver(years);
    const run = (given: Record<string, number[]>) => driver.execute(["all"], { inputs: { years: given } });
    expect(await run({ a: [1, 2], b: [], c: [3] })).toEqual({ all: ["a=a:1+a:2", "b=", "c=c:3"] });
    expect(project.ran()).toHaveLength(1 + 3 + 3 + 3 + 3);
    expect(await run({ a: [1, 2], b: [4], c: [3] })).toEqual({ all: ["a=a:1+a:2", "b=b:4", "c=c:3"] });
    // The list of the years is an input of what gives the months of each.
    expect(project.ran().filter((line) => !/^(month|year) /.test(line))).toEqual(['ofYear "b"', 'sale "b:4"']);
  });

  test("the same members in other lists are another value", async () => {
    await using driver = project.driver(years);
    const run = async (given: Record<string, number[]>) =>
      (await driver.execute(["month", "sale"], { inputs: { years: given } })) as { month: unknown; sale: unknown };
    expect(await run({ a: [1, 2], b: [] })).toEqual({ month: [[1, 2], []], sale: [["a:1", "a:2"], []] });
    const one = driver.cache!.dataVersions.sale;
    expect((await run({ a: [], b: [1, 2] })).sale).toEqual([[], ["b:1", "b:2"]]);
    await driver.execute(["sale"], { inputs: { years: { a: [1, 2] } } });
    expect(driver.cache!.dataVersions.sale).not.toBe(one);
    expect((await run({ a: [1, 2], b: [] })).sale).toEqual([["a:1", "a:2"], []]);
  });

  test("three deep, and nothing in the middle", async () => {
    const text = `
      export const a = parallel((tree: any[]) => tree);
      export const b = parallel((a: any[]) => a);
      export const c = parallel((b: any[]) => b);
      export const leaf = (a: any[], b: any[], c: number) => a.length * 100 + b.length * 10 + c;
      export const ofB = collect("leaf", (leaf: number[]) => leaf);
      export const ofA = collect("ofB", (ofB: number[][], a: any[]) => [a.length, ofB]);
      export const top = collect({ rows: "ofA" }, (rows: any[]) => rows);`;
    await using driver = project.driver(text);
    const inputs = { tree: [[[1, 2], []], [], [[3]]] };
    const rows = [
      [2, [[221, 222], []]],
      [0, []],
      [1, [[113]]],
    ];
    for (let time = 0; time < 2; time++) {
      expect(await driver.execute(["top", "leaf"], { inputs })).toEqual({
        top: rows,
        leaf: [[[221, 222], []], [], [[113]]],
      });
    }
    expect(await driver.execute(["top"], { inputs: { tree: [] } })).toEqual({ top: [] });
    expect(await driver.execute(["top"], { inputs: { tree: [[], []] } })).toEqual({
      top: [
        [0, []],
        [0, []],
      ],
    });
  });
});

describe("a target or an override in a branch", () => {
  test("is the list", async () => {
    await using driver = project.driver(sizes);
    expect(await driver.execute(["file", "size"], files("a", "bb"))).toEqual({ file: ["a", "bb"], size: [1, 2] });
    project.ran();
    expect(await driver.execute(["total"], { overrides: { file: ["x"] } })).toEqual({ total: "2" });
    expect(await driver.execute(["total"], { ...files("a", "bb"), overrides: { size: [10, 20] } })).toEqual({
      total: "20,40",
    });
    expect(project.ran()).toEqual(['double "a"', 'double "bb"', 'double "x"', 'size "x"']);
    // what was given counts by its value, item by item
    await driver.execute(["total"], { ...files("a", "bb"), overrides: { size: [10, 2] } });
    expect(project.ran()).toEqual(['double "bb"']);
  });

  test("that does not fit is an error", async () => {
    await using driver = project.driver(sizes);
    expect(
      await failing(() => driver.execute(["total"], { ...files("a", "bb"), overrides: { size: [1] } })),
    ).toMatchObject({
      reason: "unsupported-value",
      message: '"size" of double has 1 items, and "file" 2',
    });
    expect(await failing(() => driver.execute(["total"], { overrides: { file: "a" } }))).toMatchObject({
      reason: "unsupported-value",
      message: expect.stringContaining("reads \"file\" item by item, and that is no list: 'a'"),
    });
    await using nested = project.driver(years);
    const inputs = { years: { a: [1], b: [2] } };
    expect(await failing(() => nested.execute(["all"], { inputs, overrides: { month: [[1], 2] } }))).toMatchObject({
      message: expect.stringContaining('reads "month" item by item, and that is no list at 1: 2'),
    });
    expect(
      await failing(() => nested.execute(["all"], { inputs, overrides: { sale: [["x"], ["y"], []] } })),
    ).toMatchObject({
      reason: "unsupported-value",
    });
  });

  test("a whole is given in place of what collects", async () => {
    await using driver = project.driver(years);
    const inputs = { years: { a: [1], b: [2] } };
    expect(await driver.execute(["all"], { inputs, overrides: { sale: [["x", "y"], []] } })).toEqual({
      all: ["a=x+y", "b="],
    });
    expect(await driver.execute(["all"], { overrides: { ofYear: ["z"] } })).toEqual({ all: ["z"] });
  });
});

describe("what is wrong is said when a driver is built", () => {
  /** The modules of a project have a copy of Sluice of their own, so the class of an error may be another one. */
  const wrong = async (text: string): Promise<Failure> => {
    try {
      project.driver(text);
    } catch (error) {
      return (error as SluiceError).failure;
    }
    throw new Error("nothing was thrown");
  };

  test("collecting what there is only one of", async () => {
    expect(
      await wrong("export const one = () => 1; export const sum = collect('one', (one: any) => one);"),
    ).toMatchObject({
      reason: "invalid-definition",
      node: "sum",
      message: '"sum" collects "one", of which there is only one',
    });
    const twice = `${sizes} export const more = collect("total", (total: any) => total);`;
    expect(await wrong(twice)).toMatchObject({ message: '"more" collects "total", of which there is only one' });
  });

  test("but not collecting what a function can do without, and is not there", async () => {
    const text = `
      export const x__a = when({ kind: "a" }, parallel(() => [1, 2]));
      export const sum = collect("x", (x: number[] = [0]) => x.join("+"));`;
    for (const [kind, sum] of [
      ["a", "1+2"],
      ["b", "0"],
    ] as const) {
      await using driver = project.driver(text, {}, (builder) => builder.withConfig({ kind }));
      expect(await driver.execute(["sum"])).toEqual({ sum });
    }
  });

  test("reading two branches that do not belong together", async () => {
    const text = `
      export const a = parallel(() => [1]);
      export const b = parallel(() => [2]);
      export const twice = (a: number) => a * 2;
      export const both = (twice: number, b: number) => twice + b;`;
    expect(await wrong(text)).toMatchObject({
      reason: "invalid-definition",
      node: "both",
      message:
        '"both" reads "twice", once for each item of "a", and "b", for each of "b": their items do not belong together',
      hint: 'collect one of them: collect("b", fn) gives all of its items',
    });
    // collected, one of them is the same for all items of the other
    await using driver = project.driver(
      text.replace("= (twice: number, b: number) => twice + b", '= collect("b", (twice: any, b: any) => [twice, b])'),
    );
    expect(await driver.execute(["both"])).toEqual({ both: [[2, [2]]] });
  });

  test("names that a function does not take, and what is no name", async () => {
    expect(await wrong("export const x = collect('nothing', (some: any) => some);")).toMatchObject({
      reason: "usage",
      message: 'collect() names "nothing", which "x" does not take',
      hint: "it takes some",
    });
    for (const names of ["[]", "{}", "5", "{ a: 1 }"]) {
      expect(await wrong(`export const x = collect(${names} as any, (a: any) => a);`)).toMatchObject({
        reason: expect.stringMatching(/usage|load-failed/),
      });
    }
  });

  test("a node that is not in the branch that it is said to be in", async () => {
    expect(await wrong("export const one = each(() => 1);")).toMatchObject({
      message: 'each() says of "one" that it is in 1 branch, and it is in none',
    });
    const text = `export const a = parallel(() => [1]); export const b = each(each((a: number) => a));`;
    expect(await wrong(text)).toMatchObject({
      message: 'each() says of "b" that it is in 2 branches, and it is in 1: "a"',
    });
  });
});

describe("failures", () => {
  const failingFlow = `
    export const n = parallel((ns: number[]) => ns);
    export const half = (n: number) => { note("half", n); if (n % 2) throw new Error("odd " + n); return n / 2; };
    export const sum = collect("half", (half: number[]) => half.join());
    export const apart = () => note("apart", 1);`;

  test("name the item; what others gave is kept", async () => {
    await using driver = project.driver(failingFlow);
    const found = await failing(() => driver.execute(["sum"], { inputs: { ns: [2, 3, 4, 5] } }));
    expect(found).toMatchObject({ reason: "stage-failed", node: "half" });
    expect(found.message).toContain("half[1] failed: Error: odd 3 (item 2 of 4: 3, and 1 more failed)");
    expect(found.hint).toContain("the results of 2 items are kept");
    expect(project.ran()).toHaveLength(4);
    expect(await driver.execute(["sum"], { inputs: { ns: [4, 2] } })).toEqual({ sum: "2,1" });
    expect(project.ran()).toEqual([]);
    await failing(() => driver.execute(["sum", "apart"], { inputs: { ns: [7] }, keepGoing: true }));
    expect(project.ran()).toEqual(["apart 1", "half 7"]);
  });

  test("of an item inside of another say where it is", async () => {
    await using driver = project.driver(`
      export const row = parallel((rows: number[][]) => rows);
      export const cell = parallel((row: number[]) => row);
      export const half = (cell: number) => { if (cell === 3) throw new Error("three"); return cell / 2; };`);
    const found = await failing(() => driver.execute(["half"], { inputs: { rows: [[1], [2, 3]] } }));
    expect(found.message).toBe("half[1.1] failed: Error: three (item 3 of 3: 3)");
  });

  test("are tried again item by item", async () => {
    await using driver = project.driver(`
      const tries = new Map<number, number>();
      export const n = parallel((ns: number[]) => ns);
      export const unsure = cached({ retries: { times: 2, delay: 1 }, version: "1" }, (n: number) => {
        note("unsure", n);
        tries.set(n, (tries.get(n) ?? 0) + 1);
        if (n === 2 && tries.get(n)! < 3) throw new Error("not yet");
        return n;
      });`);
    const retried: unknown[] = [];
    const { unsure } = await driver.execute(["unsure"], {
      inputs: { ns: [1, 2] },
      onEvent: (event) => event.type === "node-retrying" && retried.push([event.item, event.attempt]),
    });
    expect(unsure).toEqual([1, 2]);
    expect(project.ran()).toEqual(["unsure 1", "unsure 2", "unsure 2", "unsure 2"]);
    expect(retried).toEqual([
      ["1", 2],
      ["1", 3],
    ]);
  });

  test("a function that changes what all items share is refused", async () => {
    await using driver = project.driver(`
      export const n = parallel(() => [1, 2]);
      export const list = () => [0];
      export const bad = (n: number, list: number[]) => list.push(n);`);
    expect(await failing(() => driver.execute(["bad"]))).toMatchObject({ reason: "input-changed", node: "bad" });
  });

  test("a function may change its own items", async () => {
    await using driver = project.driver(`
      export const row = parallel(() => [[1], [2]]);
      export const grown = (row: number[]) => { row.push(0); return row; };
      export const seen = (row: number[], grown: number[]) => [row.length, grown.length];`);
    expect(await driver.execute(["seen", "row"])).toEqual({
      seen: [
        [1, 2],
        [1, 2],
      ],
      row: [[1], [2]],
    });
  });
});

describe("behaviours", () => {
  const flow = `
    export const n = parallel((ns: number[]) => note("n", ns));
    export const noise = (n: number) => (note("noise", n), { n, at: process.hrtime.bigint() });
    export const seen = (n: number, noise: any) => (note("seen", n), noise.n + n);
    export const all = collect("seen", (seen: number[]) => (note("all", seen), seen.join()));`;
  const run = async (options: Parameters<BranchProject["driver"]>[1], ...ns: number[]) => {
    await using driver = project.driver(flow, options);
    const { all } = await driver.execute(["all"], { inputs: { ns } });
    return [all, ...project.ran()];
  };

  test("recompute: every item runs, and what reads them is reused where they are the same", async () => {
    await run({}, 1, 2);
    expect(await run({ recompute: ["n"] }, 1, 2)).toEqual(["2,4", "n [1,2]"]);
    expect(await run({ recompute: ["seen"] }, 1, 2)).toEqual(["2,4", "seen 1", "seen 2"]);
    expect(await run({ recompute: ["noise"] }, 1, 2)).toEqual(["2,4", "noise 1", "noise 2", "seen 1", "seen 2"]);
    expect(await run({ recompute: true }, 1, 2)).toHaveLength(7);
    expect(await run({}, 1, 2)).toEqual(["2,4"]);
  });

  test("disable: every item runs, equal ones too, and so does what reads them", async () => {
    expect(await run({ disable: ["noise"] }, 1, 1)).toEqual([
      "2,2",
      "all [2,2]",
      "n [1,1]",
      "noise 1",
      "noise 1",
      "seen 1",
      "seen 1",
    ]);
    expect(await run({ disable: ["noise"] }, 1, 1)).toEqual(["2,2", "noise 1", "noise 1", "seen 1", "seen 1"]);
    expect(await run({ disable: ["n"] }, 1, 2)).toHaveLength(1 + 1 + 2 + 2 + 1);
    expect(await run({ disable: ["n"] }, 1, 2)).toEqual(["2,4", "n [1,2]", "noise 1", "noise 2", "seen 1", "seen 2"]);
  });

  test("ignore: what reads an item does not see it; items of which nothing else is seen are never taken for one another", async () => {
    expect(await run({ ignore: ["noise"] }, 1, 2)).toHaveLength(1 + 1 + 2 + 2 + 1);
    expect(await run({ ignore: ["noise"] }, 1, 2)).toEqual(["2,4", "noise 1", "noise 2"]);
    expect(await run({ ignore: ["noise"] }, 2, 3, 1)).toEqual([
      "4,6,2",
      "all [4,6,2]",
      "n [2,3,1]",
      "noise 1",
      "noise 2",
      "noise 3",
      "seen 3",
    ]);
    const [all] = await run({ ignore: ["n", "noise"] }, 5, 6);
    expect(all).toBe("10,12");
  });

  test("values that cannot be stored go from item to item in a node that is not cached", async () => {
    const clients = `
      export const n = parallel(() => [1, 2]);
      export const client = cached({ behavior: "ignore" }, (n: number) => ({ ask: () => n * 10 }));
      export const asked = (n: number, client: any) => (note("asked", n), client.ask());`;
    for (const expected of [["asked 1", "asked 2"], []]) {
      await using driver = project.driver(clients);
      expect(await driver.execute(["asked"])).toEqual({ asked: [10, 20] });
      expect(project.ran()).toEqual(expected);
    }
    for (const options of [{ defaultBehavior: "disable", default: ["asked"] } as const, false as const]) {
      await using driver = project.driver(clients.replace('cached({ behavior: "ignore" }, ', "("), options);
      expect(await driver.execute(["asked"])).toEqual({ asked: [10, 20] });
    }
  });

  test("opting in: only what opted in is kept, and is reused while what it reads comes out the same", async () => {
    const opted = { defaultBehavior: "disable", default: ["seen"] } as const;
    const steady = flow.replace("process.hrtime.bigint()", "0");
    for (const expected of [
      ["all [2,4]", "n [1,2]", "noise 1", "noise 2", "seen 1", "seen 2"],
      ["all [2,4]", "n [1,2]", "noise 1", "noise 2"],
    ]) {
      await using driver = project.driver(steady, opted);
      expect(await driver.execute(["all"], { inputs: { ns: [1, 2] } })).toEqual({ all: "2,4" });
      expect(project.ran()).toEqual(expected);
    }
  });
});

describe("with other wrappers", () => {
  test("fields, steps, checks, variants and other wires are those of the items", async () => {
    const text = `
      const trim = (x: string) => x.trim();
      export const line__a = when({ kind: "a" }, parallel((text: string) => text.split("\\n")));
      export const trimmed = pipeInput("line", [step(trim)], (line: string) => line);
      export const parsed = extractFields(["key", "value"], (trimmed: string) => {
        const [key, value] = trimmed.split("=");
        return { key, value: Number(value) };
      });
      export const checked = checkOutput({ range: [0, 10], importance: "fail" }, (value: number) => value);
      export const renamed = inject({ x: source("checked") }, (x: number, key: string) => key + x);
      export const all = collect("renamed", (renamed: string[]) => renamed.join());`;
    await using driver = project.driver(text, {}, (builder) => builder.withConfig({ kind: "a" }));
    expect(await driver.execute(["all", "key"], { inputs: { text: " a=1\nb=2 " } })).toEqual({
      all: "a1,b2",
      key: ["a", "b"],
    });
    expect(await failing(() => driver.execute(["all"], { inputs: { text: "a=1\nb=20" } }))).toMatchObject({
      reason: "check-failed",
      node: "checked",
    });
    expect(driver.listAvailableVariables().find(({ name }) => name === "renamed")).toMatchObject({ branch: ["line"] });
    expect(driver.listAvailableVariables().find(({ name }) => name === "all")).not.toHaveProperty("branch");
  });

  test("formats are those of each result, files too", async () => {
    const text = `
      import { writeFileSync } from "node:fs";
      export const n = parallel(cached({ format: "json" }, () => [1, 2]));
      export const row = cached({ format: "json" }, (n: number) => ({ n }));
      export const page = cached({ format: "file" }, (n: number) => {
        const at = "/" + ${JSON.stringify("")} + log + "." + n;
        writeFileSync(at, "page " + n);
        return at;
      });
      export const read = async (page: any, row: any) => (note("read", row.n), (await page.text()) + row.n);`;
    for (const expected of [["read 1", "read 2"], []]) {
      await using driver = project.driver(text);
      expect(await driver.execute(["read"])).toEqual({ read: ["page 11", "page 22"] });
      expect(project.ran()).toEqual(expected);
    }
    await using other = project.driver(text.replace('cached({ format: "json" }, (n', 'cached({ format: "text" }, (n'));
    expect(await failing(() => other.execute(["row"]))).toMatchObject({ reason: "unsupported-value" });
  });

  const tables = ["csv", "parquet", "arrow"].flatMap((format) =>
    ["inline", "thread"].map((executor) => [format, executor] as const),
  );
  test.each(tables)(
    "are kept as tables: %s, called %s; what reads them sees the same cold and warm",
    async (format, executor) => {
      const text = `
      const how = { format: "${format}", executor: "${executor}" };
      export const row = parallel(cached(how, ({ ids }: { ids: number[] }) => ids.map((id) => ({ id }))));
      export const rows = cached(how, (row: any) => [{ ...row, at: "1", ok: true }, { ...row, at: "x", ok: null }]);
      export const ats = (rows: any[]) => (note("ats", rows[0].id), rows.map(({ at, ok, id }) => [typeof at, ok, id + 0.5]));
      export const all = collect(["rows", "ats"], (rows: any[][], ats: any[][]) => (note("all", rows.length), [rows.flat(), ats]));`;
      const expected = (ids: number[]) => [
        ids.flatMap((id) => [
          { id, at: "1", ok: true },
          { id, at: "x", ok: null },
        ]),
        ids.map((id) => ["1", "x"].map((_, at) => ["string", at === 0 ? true : null, id + 0.5])),
      ];
      const run = async (...ids: number[]) => {
        await using driver = project.driver(text);
        const { all, rows } = await driver.execute(["all", "rows"], { inputs: { ids } });
        expect((rows as unknown[]).flat()).toEqual((all as unknown[])[0]);
        return all;
      };
      expect(await run(1, 2)).toEqual(expected([1, 2]));
      expect(project.ran()).toEqual(["all 2", "ats 1", "ats 2"]);
      expect(await run(1, 2)).toEqual(expected([1, 2]));
      expect(project.ran()).toEqual([]);
      expect(await run(3, 1)).toEqual(expected([3, 1]));
      expect(project.ran()).toEqual(["all 2", "ats 3"]);
    },
  );

  test("parallel() around steps is about what comes out", async () => {
    await using driver = project.driver(`
      const split = (text: string) => text.split(",");
      export const part = parallel(flow.pipeOutput([step(split)], (text: string) => text + ",end"));
      export const size = (part: string) => part.length;`);
    expect(await driver.execute(["part", "size"], { inputs: { text: "a,bb" } })).toEqual({
      part: ["a", "bb", "end"],
      size: [1, 2, 3],
    });
  });
});

describe("where Hamilton goes wrong", () => {
  test("a target inside a branch works (its issue 1029)", async () => {
    await using driver = project.driver(sizes);
    expect(await driver.execute(["size"], files("a", "bb"))).toEqual({ size: [1, 2] });
  });

  test("the order of what is collected counts: the same in another order is another value", async () => {
    await using driver = project.driver(sizes);
    expect(await driver.execute(["total"], files("a", "bb"))).toEqual({ total: "2,4" });
    expect(await driver.execute(["total"], files("bb", "a"))).toEqual({ total: "4,2" });
  });

  test("a parallel node is reused like any other", async () => {
    await using driver = project.driver(sizes);
    await driver.execute(["total"], files("a"));
    project.ran();
    await driver.execute(["total"], files("a"));
    expect(project.ran()).toEqual([]);
  });

  test.each(["inline", "thread"] as const)(
    "versions, keys and events of tasks are complete, also where the executor is %s",
    async (executor) => {
      await using driver = project.driver(sizes, {}, (builder) => builder.withExecutor(executor));
      await driver.execute(["total"], files("a", "bb"));
      const tasks = await driver.cache!.tasks();
      for (const node of ["size", "double"]) {
        expect(Object.keys(tasks[node]!)).toEqual(["file.0", "file.1"]);
        for (const { cacheKey, dataVersion } of Object.values(tasks[node]!)) {
          expect(await driver.cache!.metadataStore.get(cacheKey!)).toBe(dataVersion);
        }
      }
      const events = await driver.cache!.logs({ runId: driver.cache!.lastRunId!, level: "debug" });
      expect(events.double!.filter(({ taskId }) => taskId === "file.1")).toHaveLength(5);
    },
  );
});
