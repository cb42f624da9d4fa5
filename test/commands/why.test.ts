import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

const pipeline = `
import { glob, param, stage } from "sluice";
import { twice } from "./lib/twice.ts";
export const notes = glob("notes/*.txt");
export const key = param("hush", { secret: true });
export const list = param({ of: Array.from({ length: 30 }, (_, i) => i) });
export const base = stage({ notes, list }, ({ notes, list }) => list.of.map((n: number) => n + notes.length));
export const total = stage({ base, key }, ({ base }) => {
  if (base.length > 40) throw new Error("too many");
  return base.reduce((sum: number, n: number) => sum + twice(n), 0);
});
export const other = stage({}, () => twice(1));
`;

const files = {
  "pipeline.ts": pipeline,
  "lib/twice.ts": "import { two } from './two.ts';\nexport const twice = (n: number) => n * two;\n",
  "lib/two.ts": "export const two = 2;\n",
  "notes/a.txt": "a",
};

async function why(project: RigProject, ...args: string[]) {
  return (await project.sluice("why", "--json", ...args)).json();
}

function rows(project: RigProject, sql: string): readonly unknown[] {
  const database = new DatabaseSync(path.join(project.dir, ".sluice/v1/metadata.db"), { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

describe("sluice why --run", () => {
  test("tells as much as was told before the run", async () => {
    await using project = await rig.project(files);
    await project.sluice("run");
    await project.write("lib/two.ts", "export const two = 3;\n");
    await project.write("notes/b.txt", "b");
    const total = await why(project, "total");
    const base = await why(project, "base");
    expect((await project.sluice("run")).code).toBe(0);
    const then = await why(project, "base", "--run", "last");
    expect(base.inputs[0].files).toEqual({ added: ["notes/b.txt"], removed: [], changed: [] });
    for (const field of ["reasons", "inputs", "code", "comparedWith", "key"]) {
      expect(then[field], field).toEqual(base[field]);
    }
    const { code, reasons } = await why(project, "total", "--run", "last");
    expect(code).toEqual(total.code);
    expect(code[0]).toMatchObject({ name: "two", file: "lib/two.ts", line: 1, change: "changed" });
    expect(code[0].path.map(({ name }: { name: string }) => name)).toEqual(["total", "twice", "two"]);
    expect(code[0]).toMatchObject({ before: "export const two = 2;", after: "export const two = 3;" });
    expect(reasons.map(({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`)).toEqual([
      "code two",
      "input base",
    ]);
  });

  test("explains a node that failed", async () => {
    await using project = await rig.project(files);
    await project.sluice("run");
    const list = `list=${JSON.stringify({ of: Array.from({ length: 50 }, (_, i) => i) })}`;
    await project.write("lib/two.ts", "export const two = 4;\n");
    expect((await project.sluice("run", "--set", list)).code).toBe(1);
    const explained = await why(project, "total", "--run", "last");
    expect(explained).toMatchObject({ status: "failed", warnings: [{ reason: "stage-failed" }] });
    expect(explained.code[0]).toMatchObject({ before: "export const two = 2;", after: "export const two = 4;" });
    expect(explained.inputs[0]).toMatchObject({ name: "base", changed: true, difference: { kind: "value" } });
    const base = await why(project, "base", "--run", "last");
    expect(base.inputs[1].difference.entries[0].path).toMatch(/^list\.of/);
  });

  test("compares with the result of the run that is asked for", async () => {
    await using project = await rig.project(files);
    await project.sluice("run");
    const [first] = (await project.sluice("runs", "--json")).json().runs;
    await project.write("lib/two.ts", "export const two = 3;\n");
    await project.sluice("run");
    const hit = await why(project, "other", "--against", first.id);
    expect(hit).toMatchObject({
      status: "hit",
      comparedWith: { runId: first.id },
      reasons: [{ kind: "code", name: "two" }],
    });
    expect((await why(project, "other")).reasons).toEqual([]);
    expect((await project.sluice("why", "other", "--against", "no-such-run")).code).toBe(2);
  });

  test("the nearest result is that which shares most, not the last", async () => {
    await using project = await rig.project(files);
    await project.sluice("run");
    const [first] = (await project.sluice("runs", "--json")).json().runs;
    const list = `list=${JSON.stringify({ of: [1] })}`;
    await project.write("notes/b.txt", "b");
    await project.sluice("run", "--set", list);
    await project.write("notes/b.txt", "c");
    // shares the list with the first run, and nothing with the last
    expect((await why(project, "base")).comparedWith.runId).toBe(first.id);
  });
});

describe("what is kept for it", () => {
  test("texts are there once, whatever shares them; they go with the last result that has them; secrets never are", async () => {
    await using project = await rig.project(files);
    await project.sluice("run");
    const shared = rows(project, "SELECT id FROM code_parts WHERE body LIKE '%export const two = 2;%'");
    expect(shared).toHaveLength(1);
    expect(rows(project, "SELECT * FROM code")).toHaveLength(3);
    expect(rows(project, "SELECT * FROM inputs")).toHaveLength(2);
    expect(JSON.stringify(await why(project, "total"))).not.toContain("hush");
    await project.write("lib/two.ts", "export const two = 3;\n");
    await project.sluice("run");
    expect(rows(project, "SELECT id FROM code_parts WHERE body LIKE '%export const two =%'")).toHaveLength(2);
    await project.sluice("cache", "clear", "--yes");
    for (const table of ["code", "code_parts", "inputs"]) expect(rows(project, `SELECT * FROM ${table}`)).toEqual([]);
  });
});
