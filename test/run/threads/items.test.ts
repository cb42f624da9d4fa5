import { describe, expect, test } from "vitest";
import { rig } from "../../rig/rig.ts";

const pipeline = `
import { isMainThread } from "node:worker_threads";
import { glob, map, param, stage } from "sluice";
export const count = param(6);
export const factor = param(2);
const ids = stage({ count }, ({ count }) => Array.from({ length: count }, (_, id) => ({ id })));
export const squares = map(ids, { factor }, ({ id }, { factor }, { log }) => {
  log.info("item of " + id);
  if (id === 7) throw new RangeError("seven");
  if (id === 8) process.exit(3);
  return { id, by: factor * id, here: isMainThread };
}, { executor: "thread", key: ({ id }) => "no " + id });
export const total = stage({ squares }, ({ squares }) => squares.reduce((sum, { by }) => sum + by, 0));
export const lengths = map(glob("texts/*.txt"), async (text) => (await text.text()).length, { executor: { kind: "thread", memory: "512MB" } });
`;

describe("items of a map", { timeout: 120_000 }, () => {
  test("run in threads, each with a result of its own", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline, "texts/a.txt": "a", "texts/b.txt": "bb" });
    const first = await project.sluice("run", "--json");
    expect(first.code, first.stderr).toBe(0);
    expect(first.json().nodes.squares.items).toMatchObject({ total: 6, made: 6 });
    const value = (await project.sluice("show", "squares", "--json")).json();
    expect(JSON.stringify(value)).toContain('{"id":5,"by":10,"here":false}');
    expect((await project.sluice("show", "lengths", "--json")).stdout).toMatch(/1,\s*2/);
    expect((await project.sluice("logs", "squares")).stdout).toContain("squares[no 3] | item of 3");
    const more = (await project.sluice("run", "--json", "--set", "count=7")).json();
    expect(more.nodes.squares.items).toMatchObject({ total: 7, made: 1, reused: 6 });
    expect(more.nodes.lengths.status).toBe("hit");
  });

  test("that fail, or end their thread, name themselves and leave the others what they gave", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline, "texts/a.txt": "a" });
    const failed = await project.sluice("run", "--json", "--set", "count=9", "--jobs", "1");
    expect(failed.code).toBe(1);
    const { items, failure } = failed.json().nodes.squares;
    expect(items).toMatchObject({ total: 9, made: 7, failed: 2 });
    expect(failure).toMatchObject({ reason: "stage-failed", message: expect.stringContaining("RangeError: seven") });
    expect(items.failures.map(({ item }: { item: string }) => item)).toEqual(["no 7", "no 8"]);
    expect(items.failures[1].message).toContain("exit code 3");
    const after = (await project.sluice("run", "--json", "--set", "count=7")).json();
    expect(after.nodes.squares.items).toMatchObject({ total: 7, made: 0, reused: 7 });
  });

  test("differ by where they run in nothing that a key sees", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline, "texts/a.txt": "a" });
    expect((await project.sluice("run", "--quiet")).code).toBe(0);
    const text = await project.read("pipeline.ts");
    await project.write("pipeline.ts", text.replace('executor: "thread", ', ""));
    expect((await project.sluice("run", "--json")).json().nodes.squares.status).toBe("hit");
  });

  test("are not reused where what the function captures changed in the thread", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
import { map } from "sluice";
export const [counted] = [{ calls: 0 }].map((state) => map([1, 2, 3], (n) => n * 10 + state.calls++, { executor: "thread" }));
`,
    });
    for (const _ of ["first", "second"]) {
      const { json, stderr } = await project.sluice("run", "--json", "--jobs", "1");
      expect(json().nodes.counted).toMatchObject({ status: "executed", items: { total: 3, made: 3, reused: 0 } });
      expect(stderr).toContain('counted was not recorded: the captured variable "state" changed while it ran');
    }
  });
});
