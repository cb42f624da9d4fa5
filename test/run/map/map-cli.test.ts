import { describe, expect, test } from "vitest";
import { type Files, rig } from "../../rig/rig.ts";

/** Each item leaves a line where it ran, which no key sees. */
const files: Files = {
  "texts/a.txt": "one two\n",
  "texts/b.txt": "three\n",
  "texts/c.txt": "four five six\n",
  "factor.json": "1",
  "pipeline.ts": `import { appendFileSync } from "node:fs";
import { glob, file, map, stage } from "sluice";
const factor = file("factor.json");
export const words = map(glob("texts/*.txt"), { factor }, async (text, { factor }, { log }) => {
  appendFileSync(process.env.RAN!, text.name + "\\n"); // sluice-allow: a test counts here
  const words = (await text.text()).split(/\\s+/).filter((word) => word !== "");
  if (words.includes("bad")) throw new Error("a bad word");
  if (words.includes("loud")) log.info("it is loud");
  return { name: text.name, count: words.length * (await factor.json<number>()) };
});
export const total = stage({ words }, ({ words }) => words.reduce((sum, { count }) => sum + count, 0));
`,
};

async function counted(more: Files = {}) {
  const project = await rig.project({ ...files, ...more });
  const env = { RAN: `${project.dir}/ran.txt` };
  const ran = async (): Promise<string[]> => {
    const text = project.exists("ran.txt") ? await project.read("ran.txt") : "";
    await project.write("ran.txt", "");
    return text.trim().split("\n").filter(Boolean).sort();
  };
  const sluice = (...args: string[]) => project.sluiceWith({ env }, ...args);
  return { project, env, ran, sluice, [Symbol.asyncDispose]: () => project[Symbol.asyncDispose]() };
}

describe("a map on the command line", () => {
  test("runs the files that were added or changed, and says so", async () => {
    await using made = await counted();
    const { project, ran, sluice } = made;
    expect((await sluice("run")).code).toBe(0);
    expect(await ran()).toEqual(["texts/a.txt", "texts/b.txt", "texts/c.txt"]);
    for (let i = 0; i < 2; i++) expect((await sluice("run", "--verbose")).code).toBe(0);
    const remembered = await sluice("run", "--verbose");
    expect(remembered.stderr).toContain("as remembered");
    await project.write("texts/b.txt", "three loud\n");
    await project.write("texts/d.txt", "new\n");
    const plan = (await sluice("plan", "--json")).json();
    expect(plan.nodes.words).toMatchObject({ status: "run", kind: "map" });
    expect(plan.nodes.total.status).toBe("maybe");
    const run = await sluice("run");
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toMatch(/ran +words .*4 items, 2 made, 2 reused: file words\.items/);
    expect(run.stderr).toContain("words[texts/b.txt] | it is loud");
    expect(await ran()).toEqual(["texts/b.txt", "texts/d.txt"]);
    const why = await sluice("why", "words", "--run", "last");
    expect(why.stdout).toMatch(/added +texts\/d\.txt/);
    expect(why.stdout).toMatch(/changed +texts\/b\.txt/);
    const logs = await sluice("logs", "words");
    expect(logs.stdout).toContain("words[texts/b.txt] | it is loud");
    const document = (await sluice("run", "--json", "--recompute", "words")).json();
    expect(document.nodes.words.items).toEqual({ total: 4, made: 4, reused: 0, failed: 0, failures: [] });
    expect(document.nodes.total.status).toBe("hit");
  });

  test("is listed, drawn, shown, verified and compared as any stage", async () => {
    await using made = await counted();
    const { project, sluice } = made;
    await sluice("run");
    expect((await sluice("ls")).stdout).toMatch(/words +map/);
    expect((await sluice("graph")).stdout).toContain("words");
    expect((await sluice("check")).stdout).not.toContain("the path");
    const show = await sluice("show", "words");
    expect(show.stdout).toContain("texts/a.txt");
    expect((await sluice("cache", "verify")).code).toBe(0);
    const verify = await sluice("verify");
    expect(verify.code, verify.stdout + verify.stderr).toBe(0);
    expect(verify.stdout).toContain("2 of 2 stages verified");
    expect((await sluice("cache", "gc", "--dry-run")).stdout).toContain("nothing to remove");
    await project.write("texts/a.txt", "changed now again\n");
    await sluice("run");
    const diff = await sluice("diff", "words");
    expect(diff.stdout).toContain("[0] count: 2 -> 3");
  });

  test("that fails names the item, keeps the others and does only the rest next time", async () => {
    await using made = await counted({ "texts/b.txt": "bad\n" });
    const { project, ran, sluice } = made;
    const failed = await sluice("run");
    expect(failed.code).toBe(1);
    expect(failed.stdout + failed.stderr).toContain(
      "words[texts/b.txt] failed: Error: a bad word (item 2 of 3: texts/b.txt)",
    );
    expect(failed.stdout + failed.stderr).toContain("the results of 2 items are kept");
    const document = (await sluice("run", "--json")).json();
    expect(document.nodes.words).toMatchObject({ status: "failed", items: { made: 0, reused: 2, failed: 1 } });
    expect(document.nodes.words.items.failures).toMatchObject([{ item: "texts/b.txt", index: 1 }]);
    expect(document.nodes.total.status).toBe("skipped");
    await ran();
    await project.write("texts/b.txt", "good\n");
    expect((await sluice("run")).code).toBe(0);
    expect(await ran()).toEqual(["texts/b.txt"]);
  });

  test("whose code, or shared input, is edited runs all; formatting changes nothing", async () => {
    await using made = await counted();
    const { project, ran, sluice } = made;
    await sluice("run");
    await ran();
    const source = await project.read("pipeline.ts");
    await project.write("pipeline.ts", source.replace("words.length *", "words.length   *"));
    await sluice("run");
    expect(await ran()).toEqual([]);
    await project.write("pipeline.ts", source.replace("words.length *", "2 * words.length *"));
    const code = await sluice("run");
    expect(code.stderr).toMatch(/words .*3 items, 3 made: .*words/);
    expect(await ran()).toHaveLength(3);
    await project.write("factor.json", "10");
    await sluice("run");
    expect(await ran()).toHaveLength(3);
  });

  test("a file that is edited while its item runs is not recorded, the others are", async () => {
    await using made = await counted({
      "pipeline.ts": `import { appendFileSync, writeFileSync } from "node:fs";
import { glob, map } from "sluice";
export const words = map(glob("texts/*.txt"), async (text) => {
  appendFileSync(process.env.RAN!, text.name + "\\n");
  const content = await text.text();
  if (content.startsWith("three")) writeFileSync(text.path, "edited meanwhile\\n");
  return content.length;
});
`,
    });
    const { ran, sluice } = made;
    const run = await sluice("run");
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain("the result of words was not recorded: texts/b.txt changed while it ran");
    await ran();
    const next = (await sluice("run", "--json")).json();
    expect(await ran()).toEqual(["texts/b.txt"]);
    expect(next.nodes.words.items).toMatchObject({ made: 1, reused: 2 });
  });
});

describe("several processes", () => {
  const slow = (items: string): Files => ({
    "pipeline.ts": `import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { map, param } from "sluice";
export const items = param(${items});
export const out = map(items, async (item, _, { log }) => {
  appendFileSync(process.env.RAN!, item + "\\n");
  log.info("item " + item);
  await sleep(item === 99 ? 600_000 : 40);
  return item;
});
`,
  });

  test("with lists that overlap make each item once between them", async () => {
    await using made = await counted(slow("[1, 2, 3, 4, 5, 6]"));
    const { ran, sluice } = made;
    const lists = ["[1,2,3,4,5,6]", "[4,5,6,7,8,9]", "[9,1,5]", "[1,2,3,4,5,6]"];
    const runs = await Promise.all(lists.map((list) => sluice("run", "--json", "--set", `items=${list}`)));
    for (const run of runs) expect(run.code, run.stderr).toBe(0);
    expect(await ran()).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  });

  test("a killed one leaves what it made, and lets go of what it held", async () => {
    await using made = await counted(slow("[1, 2, 3, 99]"));
    const { project, env, ran, sluice } = made;
    const killed = project.start({ env }, "run", "--jobs", "1");
    await killed.wrote("item 99");
    // What was made before is on the disk a tenth of a second later.
    await expect
      .poll(async () => (await sluice("cache", "ls", "--json")).json().results.length, { timeout: 20_000 })
      .toBe(3);
    killed.kill("SIGKILL");
    await killed.finished;
    await ran();
    const next = await sluice("run", "--json", "--set", "items=[1,2,3,4]");
    expect(next.code, next.stderr).toBe(0);
    expect(await ran()).toEqual(["4"]);
  });
});
