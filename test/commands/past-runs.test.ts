/*
 * What past runs left is told without a pipeline: drivers have none.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";
import { sales } from "./pipelines.ts";

const driver = {
  "lib/scale.ts": "export const scale = (n: number) => n * 2;\n",
  "features.ts": `
    import { scale } from "./lib/scale.ts";
    export const rows = (seed: number) => [{ n: seed, name: "a" }, { n: scale(seed), name: "b" }];
    export const total = (rows: { n: number }[]) => rows.reduce((sum, { n }) => sum + n, 0);
    export const mean = (total: number, rows: unknown[]) => {
      if (total > 100) throw new Error("too much");
      return total / rows.length;
    };
  `,
  "run.ts": `
    import { Driver } from "sluice/dataflow";
    import * as features from "./features.ts";
    await using driver = Driver.builder().withModules(features).withCache().build();
    await driver.execute(["mean"], { inputs: { seed: Number(process.argv[2]) } });
  `,
};

function execute({ dir }: RigProject, seed: number): number | null {
  return spawnSync(process.execPath, ["run.ts", String(seed)], { cwd: dir }).status;
}

/** Runs the driver, edits a helper, and runs it again. */
async function twoRuns(): Promise<RigProject> {
  const project = await rig.project(driver);
  expect(execute(project, 1)).toBe(0);
  await project.write("lib/scale.ts", "export const scale = (n: number) => n * 3;\n");
  expect(execute(project, 1)).toBe(0);
  return project;
}

describe("the runs of a driver", () => {
  test("are explained by what was recorded of them, the last one unless another is named", async () => {
    await using project = await twoRuns();
    const told = await project.sluice("why", "rows");
    expect(told.code, told.stderr).toBe(0);
    expect(told.stdout).toMatch(/^rows ran\n {2}code: scale changed \(lib\/scale\.ts:1\)\n/);
    expect(told.stdout).toContain("- export const scale = (n: number) => n * 2;\n");
    expect(told.stdout).toContain("+ export const scale = (n: number) => n * 3;\n");
    expect(told.stderr).toMatch(/^there is no pipeline here: this is what run \S+ did\n$/);
    const last = await project.sluice("why", "total", "--run", "last", "--json");
    expect(last.stderr).toBe("");
    expect(last.json()).toMatchObject({
      node: "total",
      status: "executed",
      reasons: [{ kind: "input", name: "rows" }],
    });
    expect(last.json().inputs[0].difference).toMatchObject({ equal: false });
    const first = (await project.sluice("why", "rows", "--run", "previous", "--json")).json();
    expect(first).toMatchObject({ status: "executed", reasons: [{ kind: "first-run" }], code: [] });
    const against = (await project.sluice("why", "rows", "--run", "last", "--against", "previous", "--json")).json();
    expect(against.reasons).toMatchObject([{ kind: "code", name: "scale" }]);
    const source = await project.sluice("why", "seed");
    expect(source.stdout).toBe("seed is a source (param): it is read as it is\n");
  });

  test("have values to show and to compare", async () => {
    await using project = await twoRuns();
    const table = await project.sluice("show", "rows");
    expect(table.stdout).toBe("2 rows, 2 columns\nn  name\n1  a\n3  b\n");
    expect((await project.sluice("show", "total", "--run", "previous", "--json")).json()).toMatchObject({
      node: "total",
      status: "executed",
      format: "auto",
      value: 3,
    });
    const diff = await project.sluice("diff", "total");
    expect(diff.stdout).toContain("3 -> 4");
    expect(execute(project, 1000)).toBe(1);
    expect((await project.sluice("show", "rows", "--json")).json()).toMatchObject({
      kind: "stage",
      status: "executed",
    });
    const failed = await project.sluice("show", "mean", "--json");
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('"mean" has no value of run');
    expect(failed.json()).toMatchObject({ status: "failed", failure: { reason: "missing-blob" } });
    expect(failed.stderr).toContain("it failed");
    const why = await project.sluice("why", "mean");
    expect(why.stdout).toContain("mean failed");
    expect(why.stdout).toContain("too much");
    const source = await project.sluice("show", "seed");
    expect([source.code, source.stderr]).toEqual([1, expect.stringContaining("the values of sources are not kept")]);
  });

  test("are told of where there is a pipeline too, which knows nothing of the node", async () => {
    await using project = await twoRuns();
    await project.write("pipeline.ts", 'import { stage } from "sluice";\nexport const own = stage({}, () => 1);\n');
    const why = await project.sluice("why", "rows");
    expect(why.stderr).toMatch(/^the pipeline has no "rows": this is what run \S+ did\n$/);
    expect(why.stdout).toContain("code: scale changed (lib/scale.ts:1)");
    const shown = await project.sluice("show", "total", "--json");
    expect(shown.stderr).toMatch(/^the pipeline has no "total": this is of run \S+\n$/);
    expect(shown.json()).toMatchObject({ node: "total", value: 4 });
    // What is the pipeline's is told of the pipeline, and what is nobody's is looked for there.
    expect((await project.sluice("why", "own")).stdout).toContain("own would run");
    for (const command of ["why", "show"]) {
      const { code, stderr } = await project.sluice(command, "owm");
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining('there is no node "owm"\n  hint: did you mean "own"?'),
      ]);
    }
    expect((await project.sluice("why", "rows", "--set", "a=1")).stderr).toContain('the pipeline has no "rows"');
    await project.sluice("run");
    expect((await project.sluice("show", "total")).stderr).toContain('there is no node "total"');
  });

  test("have nodes whose names a shell completes", async () => {
    await using project = await twoRuns();
    const ask = async (line: string): Promise<string> =>
      (await project.sluice("__complete", "bash", line, "=:")).stdout;
    expect(await ask("sluice why ")).toBe("words\nrows\ntotal\nmean\nseed\n");
    expect(await ask("sluice show to")).toBe("words\ntotal\n");
    expect(await ask("sluice show total --run pre")).toBe("words\nprevious\n");
    await project.remove(".sluice");
    expect(await ask("sluice why ")).toBe("words\n");
    expect(project.exists(".sluice")).toBe(false);
  });

  test("a wrong call says what to do instead", async () => {
    await using project = await twoRuns();
    const wrong = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await project.sluice(...args);
      expect([code, stdout], args.join(" ")).toEqual([2, ""]);
      return stderr;
    };
    expect(await wrong("why", "totl", "--run", "last")).toContain("did you mean total?");
    expect(await wrong("show", "totl", "--run", "last")).toContain("did you mean total?");
    expect(await wrong("why", "quite_else", "--run", "last")).toContain("`sluice runs` lists other runs");
    expect(await wrong("why", "total", "--set", "a=1")).toContain("leave out --set");
    expect(await wrong("show", "total", "--set", "a=1")).toContain("--set changes nothing of a run that is over");
    expect(await wrong("show", "total", "--run", "20010101")).toContain("there is no run 20010101");
    await project.remove(".sluice");
    expect(await wrong("why", "total")).toContain("there is no pipeline.ts");
    expect(await wrong("show", "total")).toContain("there is no pipeline.ts");
    expect(await wrong("diff")).toContain("there is no pipeline.ts");
    expect(await wrong("runs")).toMatch(/and no \.sluice in .*\n {2}hint: .*--cache-dir/);
  });
});

describe("the runs of a pipeline", () => {
  test("that are not there yet are not said to have another name", async () => {
    await using project = await rig.project(sales);
    const wrong = async (...args: string[]): Promise<string> => (await project.sluice(...args)).stderr;
    for (const run of ["last", "previous", "2026"]) {
      expect(await wrong("show", "report", "--run", run)).toBe("error: there is no run yet\n  hint: sluice run\n");
    }
    expect(await wrong("diff")).toContain("there is no run yet");
    await project.sluice("run");
    expect(await wrong("diff")).toContain("there is no run previous: there is only one\n");
    await project.sluice("run");
    expect(await wrong("why", "report", "--run", "last~2")).toContain("there is no run last~2: there are only 2\n");
    expect(await wrong("why", "report", "--run", "2001")).toContain("there is no run 2001\n");
  });

  test("have values to show, whatever the pipeline is now", async () => {
    await using project = await rig.project(sales);
    await project.sluice("run");
    await project.write("data/sales.csv", "name,units\nz,7\na,1\nb,3\n");
    await project.sluice("run", "--set", "topN=3");
    const now = await project.sluice("show", "report");
    expect(now.code).toBe(1);
    const show = async (run: string): Promise<string> => (await project.sluice("show", "report", "--run", run)).stdout;
    expect([await show("previous"), await show("last")]).toEqual(["total 7\n", "total 11\n"]);
    // A pipeline that cannot be loaded any more is needed for nothing here.
    await project.write("pipeline.ts", "export const report = ;");
    expect(await show("previous")).toBe("total 7\n");
    expect((await project.sluice("diff", "report")).stdout).toContain("-total 7\n+total 11\n");
  });
});

test("where there is no value now, because none is kept or each run makes it anew, show says so, and where there is one", async () => {
  const project = await rig.project({
    "pipeline.ts": `
      import { stage } from "sluice";
      export const client = stage({}, () => 1, { cache: "ignore" });
      export const clock = stage({}, () => 2, { cache: "recompute" });
      export const plain = stage({ client, clock }, () => 3);
    `,
  });
  const shown = async (...args: string[]) => (await project.sluice("show", ...args)).stderr;
  expect(await shown("plain")).toContain("make it first: sluice run plain");
  await project.sluice("run");
  expect(await shown("client")).toContain('"client" is never kept, as it says cache: "ignore"');
  expect(await shown("clock")).toContain("what it gave last: sluice show clock --run last");
  expect((await project.sluice("show", "clock", "--run", "last")).stdout).toContain("2");
});
