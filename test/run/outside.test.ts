import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

const pipeline = `
  import { mkdirSync, writeFileSync } from "node:fs";
  import path from "node:path";
  import { param, stage } from "sluice";
  export const n = param(1);
  const here = import.meta.dirname;
  export const saved = stage({ n }, ({ n }, { wrote }) => {
    writeFileSync(path.join(here, "out.txt"), "x".repeat(n));
    wrote(path.join(here, "out.txt"));
    return { length: n };
  });
  export const folder = stage({}, (_, { wrote }) => {
    mkdirSync(path.join(here, "parts/deep"), { recursive: true });
    for (const name of ["a", "deep/b"]) writeFileSync(path.join(here, "parts", name), name);
    wrote(path.join(here, "parts"));
  });
`;

interface Ran {
  readonly nodes: Readonly<
    Record<string, { status: string; reasons: { kind: string; name?: string; detail?: string }[] }>
  >;
}

async function run(project: RigProject, ...args: string[]): Promise<Ran> {
  const { code, stdout, stderr } = await project.sluice("run", "--json", ...args);
  expect(code, stderr).toBe(0);
  const { nodes } = JSON.parse(stdout);
  return { nodes };
}

/** Gives how the nodes ended: with the first reason of those that ran. */
function ends({ nodes }: Ran): Record<string, string> {
  const stages = Object.entries(nodes).filter(([name]) => name !== "n");
  return Object.fromEntries(
    stages.map(
      ([
        name,
        {
          status,
          reasons: [why],
        },
      ]) => [name, why ? `${why.kind} ${why.name ?? ""} ${why.detail ?? ""}`.trim() : status],
    ),
  );
}

describe("what a stage says that it wrote", () => {
  test("has to be there, and as it was: n = 1, n = 3, n = 1", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    const out = path.join(project.dir, "out.txt");
    for (const n of [1, 3, 1, 3]) {
      await run(project, "saved", "--set", `n=${n}`);
      expect(readFileSync(out, "utf8")).toHaveLength(n);
    }
    expect(ends(await run(project, "saved", "--set", "n=3"))).toEqual({ saved: "hit" });
    expect(ends(await run(project, "saved", "--set", "n=1"))).toEqual({ saved: "external out.txt" });
  });

  const changes: Record<string, readonly [change: (dir: string) => void, node: "saved" | "folder", why: string]> = {
    "a file that was edited": [(dir) => writeFileSync(path.join(dir, "out.txt"), "y"), "saved", "external out.txt"],
    "a file that is gone": [(dir) => rmSync(path.join(dir, "out.txt")), "saved", "external out.txt gone"],
    "a file that can be executed now": [
      (dir) => chmodSync(path.join(dir, "out.txt"), 0o755),
      "saved",
      "external out.txt",
    ],
    "a folder in its place": [
      (dir) => {
        rmSync(path.join(dir, "out.txt"));
        mkdirSync(path.join(dir, "out.txt/x"), { recursive: true });
      },
      "saved",
      "external out.txt",
    ],
    "a file in a folder": [(dir) => writeFileSync(path.join(dir, "parts/deep/b"), "c"), "folder", "external parts"],
    "a new file in a folder": [(dir) => writeFileSync(path.join(dir, "parts/c"), ""), "folder", "external parts"],
    "a folder that is gone": [
      (dir) => rmSync(path.join(dir, "parts"), { recursive: true }),
      "folder",
      "external parts gone",
    ],
  };
  test.each(Object.entries(changes))(
    "%s makes it run again, in a remembered run too",
    async (what, [change, node, why]) => {
      await using project = await rig.project({ "pipeline.ts": pipeline });
      await run(project);
      await run(project);
      const { stderr } = await project.sluice("run", "--verbose");
      expect(stderr).toContain("as remembered, nothing has changed");
      change(project.dir);
      const plan = JSON.parse((await project.sluice("plan", "--json")).stdout);
      expect(plan.nodes[node].status).toBe("run");
      if (what === "a folder in its place") rmSync(path.join(project.dir, "out.txt"), { recursive: true });
      const ran = ends(await run(project));
      expect(ran).toEqual({
        saved: "hit",
        folder: "hit",
        [node]: what === "a folder in its place" ? `${why} gone` : why,
      });
      if (node === "saved") expect(readFileSync(path.join(project.dir, "out.txt"), "utf8")).toBe("x");
    },
  );

  test("touching it changes nothing, and the reason reads well", async () => {
    await using project = await rig.project({ "pipeline.ts": pipeline });
    await run(project);
    writeFileSync(path.join(project.dir, "out.txt"), "x");
    expect(ends(await run(project))).toEqual({ saved: "hit", folder: "hit" });
    writeFileSync(path.join(project.dir, "out.txt"), "z");
    const { stderr } = await project.sluice("run", "--verbose");
    expect(stderr).toContain("what it wrote was changed: out.txt");
    rmSync(path.join(project.dir, "out.txt"));
    expect((await project.sluice("run", "--verbose")).stderr).toContain("what it wrote is gone: out.txt");
  });

  test("nothing where it says that it wrote is a failure", async () => {
    await using project = await rig.project({
      "pipeline.ts":
        'import { stage } from "sluice"; export const lost = stage({}, (_, { wrote }) => wrote("nowhere.txt"));',
    });
    const { code, stderr } = await project.sluice("run");
    expect(code).toBe(1);
    expect(stderr).toContain("lost says that it wrote nowhere.txt, where there is nothing");
  });

  test("works in a thread", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { writeFileSync } from "node:fs";
        import { map, stage } from "sluice";
        export const saved = stage({}, (_, { wrote }) => { writeFileSync("out.txt", "x"); wrote("out.txt"); return 1; }, { executor: "thread" });
      `,
    });
    await run(project);
    expect(ends(await run(project))).toEqual({ saved: "hit" });
    rmSync(path.join(project.dir, "out.txt"));
    expect(ends(await run(project))).toEqual({ saved: "external out.txt gone" });
  });
});

describe("what items of a map say that they wrote", () => {
  const items = (list: string): string => `
    import { writeFileSync } from "node:fs";
    import { map } from "sluice";
    export const all = map(${list}, {}, (item, _, { wrote }) => {
      writeFileSync(item + ".txt", item);
      wrote(item + ".txt");
      return item;
    });
  `;

  test("is looked at item by item", async () => {
    await using project = await rig.project({ "pipeline.ts": items('["a", "b", "c"]') });
    const go = async (): Promise<readonly unknown[]> => {
      const { all } = (await run(project)).nodes;
      const { items: done } = all as unknown as { items?: { made: number; reused: number } };
      return [all!.status, done?.made, done?.reused];
    };
    expect(await go()).toEqual(["executed", 3, 0]);
    expect((await go())[0]).toBe("hit");
    rmSync(path.join(project.dir, "b.txt"));
    expect(await go()).toEqual(["executed", 1, 2]);
    expect(readFileSync(path.join(project.dir, "b.txt"), "utf8")).toBe("b");
    expect((await go())[0]).toBe("hit");
    writeFileSync(path.join(project.dir, "pipeline.ts"), items('["a", "d", "c"]'));
    writeFileSync(path.join(project.dir, "c.txt"), "?");
    expect(await go()).toEqual(["executed", 2, 1]);
    expect(readFileSync(path.join(project.dir, "c.txt"), "utf8")).toBe("c");
  });
});

describe("what a stage says that it reads", () => {
  const reading = `
    import { readFileSync } from "node:fs";
    import { param, stage } from "sluice";
    export const name = param("a.txt");
    export const text = stage({ name }, ({ name }, { read }) => { read(name); return readFileSync(name, "utf8"); });
    export const size = stage({ text }, ({ text }) => text.length);
  `;

  test("makes it run again when it changes, and what reads that only where it came out differently", async () => {
    await using project = await rig.project({ "pipeline.ts": reading, "a.txt": "one", "b.txt": "two" });
    const go = async (...args: string[]) => ends(await run(project, "text", "size", ...args));
    await go();
    expect(await go()).toMatchObject({ text: "hit", size: "hit" });
    writeFileSync(path.join(project.dir, "a.txt"), "three");
    expect(await go()).toMatchObject({ text: "file a.txt", size: "input text" });
    writeFileSync(path.join(project.dir, "a.txt"), "three");
    expect(await go()).toMatchObject({ text: "hit", size: "hit" });
    expect(await go("--set", "name=b.txt")).toMatchObject({ text: "param name" });
    rmSync(path.join(project.dir, "a.txt"));
    const { code, stderr } = await project.sluice("run");
    expect(code).toBe(1);
    expect(stderr).toContain("there is nothing");
  });

  test("is not recorded where it was written to meanwhile", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { readFileSync, writeFileSync } from "node:fs";
        import { stage } from "sluice";
        export const text = stage({}, (_, { read }) => { read("a.txt"); const text = readFileSync("a.txt", "utf8"); writeFileSync("a.txt", text + "!"); return text; });
      `,
      "a.txt": "one",
    });
    expect((await project.sluice("run")).stderr).toContain("a.txt changed while it ran");
    expect(ends(await run(project)).text).not.toBe("hit");
  });

  test("is not recorded either where it was read twice, and written to in between", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { readFileSync, writeFileSync } from "node:fs";
        import { stage } from "sluice";
        export const text = stage({}, (_, { read }) => {
          read("a.txt");
          const text = readFileSync("a.txt", "utf8");
          if (text === "one") writeFileSync("a.txt", "two");
          read("a.txt");
          return text;
        });
      `,
      "a.txt": "one",
    });
    expect((await project.sluice("run")).stderr).toContain("a.txt changed while it ran");
    await run(project);
    expect(JSON.parse((await project.sluice("show", "text", "--json")).stdout).value).toBe("two");
    expect(ends(await run(project)).text).toBe("hit");
  });

  test("is what the links in a folder lead to as well", async () => {
    await using project = await rig.project({
      "pipeline.ts": `
        import { readFileSync, readdirSync } from "node:fs";
        import { stage } from "sluice";
        export const text = stage({}, (_, { read }) => {
          read("parts");
          return [readFileSync("parts/link", "utf8"), ...readdirSync("parts/deep/more").map((name) => readFileSync("parts/deep/more/" + name, "utf8"))];
        });
      `,
      "a.txt": "one",
      "more/b.txt": "two",
      "parts/deep/c.txt": "three",
    });
    const at = (name: string): string => path.join(project.dir, name);
    symlinkSync("../a.txt", at("parts/link"));
    symlinkSync("../../more", at("parts/deep/more"));
    // Links that lead nowhere, to themselves and back up are no trouble.
    for (const [name, to] of [
      ["gone", "nowhere"],
      ["self", "self"],
      ["up", ".."],
    ])
      symlinkSync(to!, at(`parts/deep/${name}`));
    symlinkSync("../deep", at("parts/deep/again"));
    const go = async (): Promise<[string | undefined, unknown]> => {
      const { text } = ends(await run(project, "text"));
      return [text, JSON.parse((await project.sluice("show", "text", "--json")).stdout).value];
    };
    await go();
    expect(await go()).toEqual(["hit", ["one", "two"]]);
    writeFileSync(at("a.txt"), "four");
    expect(await go()).toEqual(["file parts", ["four", "two"]]);
    writeFileSync(at("more/b.txt"), "five");
    expect(await go()).toEqual(["file parts", ["four", "five"]]);
    writeFileSync(at("more/d.txt"), "six");
    expect(await go()).toEqual(["file parts", ["four", "five", "six"]]);
    expect(await go()).toEqual(["hit", ["four", "five", "six"]]);
  });
});
