import { describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";
import { sales } from "./pipelines.ts";

/** Runs the pipeline, edits the data, and runs it again. */
async function twoRuns(): Promise<RigProject> {
  const project = await rig.project(sales);
  await project.sluice("run");
  await project.write("data/sales.csv", "name,units\nz,7\na,1\nb,3\n");
  const second = await project.sluice("run", "--set", "topN=3");
  expect(second.code, second.stderr).toBe(0);
  return project;
}

describe("sluice diff", () => {
  test("lists the nodes that differ between the last two runs", async () => {
    await using project = await twoRuns();
    const { code, stdout, stderr } = await project.sluice("diff");
    expect(code, stderr).toBe(0);
    expect(stdout.split("\n").slice(2)).toEqual([
      "",
      expect.stringMatching(/^node +kind +differs in +before +after$/),
      expect.stringMatching(/^sales +file +value +data\/sales.csv \(27 bytes\) +data\/sales.csv \(23 bytes\)$/),
      expect.stringMatching(/^topN +param +value +2 +3$/),
      expect.stringMatching(/^clean +stage +value, sales +[0-9a-f]{12} +[0-9a-f]{12}$/),
      expect.stringMatching(/^stats +stage +value, clean, topN +/),
      expect.stringMatching(/^report +stage +value, stats +/),
      "",
      "5 of 5 nodes differ",
      "",
    ]);
    const json = (await project.sluice("diff", "previous", "last", "--json")).json();
    expect(json).toMatchObject({ total: 5, before: { status: "ok" }, after: { status: "ok" } });
    expect(json.nodes[1]).toMatchObject({
      node: "topN",
      change: "changed",
      differs: ["value"],
      after: { preview: "3" },
    });
  });

  test("shows how the values of one node differ, by position and by key", async () => {
    await using project = await twoRuns();
    const position = await project.sluice("diff", "previous", "last", "clean");
    expect(position.stdout).toContain("3 rows: 1 changed, 1 added, 1 removed");
    const byKey = await project.sluice("diff", "last~1", "last", "clean", "--key", "name");
    expect(byKey.stdout).toContain("(by name)\nchanged columns: units in 1 row\n~ name 'b' units: 2 -> 3\n+ name 'z'");
    const text = await project.sluice("diff", "previous", "last", "report");
    expect(text.stdout).toContain("@@ -1,1 +1,1 @@\n-total 7\n+total 11\n");
    expect((await project.sluice("diff", "report")).stdout).toBe(text.stdout);
    expect((await project.sluice("diff", "previous", "report")).stdout).toBe(text.stdout);
    const param = await project.sluice("diff", "previous", "last", "topN");
    expect(param.stdout).toContain("~ value: 2 -> 3\nnot compared: the values of sources are not kept\n");
    const json = (await project.sluice("diff", "previous", "last", "stats", "--json")).json();
    expect(json.difference).toMatchObject({ kind: "value", equal: false });
  });

  test("exit codes: 0, with --exit-code 1 when there are differences, 2 for a wrong call", async () => {
    await using project = await twoRuns();
    const codes = async (...calls: readonly string[][]): Promise<readonly unknown[]> =>
      Promise.all(calls.map(async (call) => (await project.sluice("diff", ...call)).code));
    expect(
      await codes(
        ["--exit-code"],
        ["last", "last", "--exit-code"],
        ["previous", "last", "clean", "--exit-code"],
        ["last", "nope"],
        ["previous", "last", "nope"],
        ["--key", "name"],
        ["previous", "last", "report", "--key", "name"],
        ["previous", "last", "clean", "--key", "nme"],
      ),
    ).toEqual([1, 0, 1, 2, 2, 2, 2, 2]);
  });

  test("compares instances of a class that only the pipeline knows", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { param, registerClass, stage } from "sluice";
class Money {
  readonly amount: number;
  constructor(amount: number) {
    this.amount = amount;
  }
}
registerClass({ name: "Money", type: Money, encode: (m: Money) => m.amount, decode: (amount: number) => new Money(amount) });
export const n = param(1);
export const price = stage({ n }, ({ n }) => new Money(n));
`,
    });
    await project.sluice("run");
    const second = await project.sluice("run", "--set", "n=2");
    expect(second.code, second.stderr).toBe(0);
    const { stdout, code, stderr } = await project.sluice("diff", "previous", "last", "price");
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("~ result<Money>: 1 -> 2");
  });

  test("needs two runs, and no pipeline where the cache is named", async () => {
    await using project = await rig.project(sales);
    const none = await project.sluice("diff");
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("there is no run yet")]);
    await project.sluice("run");
    await project.sluice("run", "--set", "topN=1");
    await project.remove("pipeline.ts");
    const found = await project.sluice("diff", "--cache-dir", ".sluice");
    expect([found.code, found.stdout]).toEqual([0, expect.stringContaining("3 of 5 nodes differ")]);
  });
});
