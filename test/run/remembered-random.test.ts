import { readdir, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

/*
 * Whatever is done to a project between runs, what a run leaves is what the project's files, variables and parameters say:
 * computed here apart, by a model that knows nothing of caches. Runs go by memory whenever they can.
 */

const long = process.env.SLUICE_LONG !== undefined;

interface State {
  factor: number;
  helper: number;
  comment: number;
  mode: string;
  region: string;
  topN: number | undefined;
  readonly data: Map<string, string>;
}

function pipeline({ factor, comment }: State): string {
  return `
    import { readdirSync } from "node:fs";
    import { env, file, glob, param, stage } from "sluice";
    import { helper } from "./lib/helper.ts";
    // ${comment}
    const mode = process.env.MODE ?? "none";
    const names = readdirSync(new URL("parts/", import.meta.url)).sort();
    export const topN = param(2);
    export const region = env("REGION", { default: "north" });
    export const parts = names.map((name) => stage({ part: file("parts/" + name) }, async ({ part }) => name + "=" + await part.text()));
    export const all = stage({ notes: glob("notes/*.txt", { allowEmpty: true }) }, async ({ notes }) =>
      (await Promise.all(notes.map((note) => note.text()))).join(","));
    const inputs = Object.fromEntries(parts.map((part, i) => ["p" + i, part]));
    export const report = stage({ ...inputs, all, topN, region, mode }, ({ all, topN, region, mode, ...parts }) =>
      JSON.stringify([Object.values(parts), all, helper(topN) * ${factor}, region, mode]), { output: "out/report.json" });
  `;
}

function truth(state: State): unknown {
  const under = (folder: string) =>
    [...state.data].filter(([name]) => name.startsWith(folder)).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    under("parts/").map(([name, text]) => `${name.slice("parts/".length)}=${text}`),
    under("notes/")
      .map(([, text]) => text)
      .join(","),
    ((state.topN ?? 2) + state.helper) * state.factor,
    state.region,
    state.mode,
  ];
}

const file = fc.constantFrom("parts/a", "parts/b", "parts/c", "notes/a.txt", "notes/b.txt");
const text = fc.constantFrom("one", "two", "six", "three");
const small = fc.integer({ min: 1, max: 3 });

type Step = (project: RigProject, state: State) => Promise<void>;

const change = (over: Partial<State>): Step => {
  return async (_, state) => {
    Object.assign(state, over);
  };
};

const edit = (over: Partial<State>): Step => {
  return async (project, state) => {
    Object.assign(state, over);
    await project.write("pipeline.ts", pipeline(state));
    await project.write("lib/helper.ts", `export const helper = (n: number): number => n + ${state.helper};\n`);
  };
};

const steps: fc.Arbitrary<Step> = fc.oneof(
  small.map((factor) => edit({ factor })),
  small.map((helper) => edit({ helper })),
  small.map((comment) => edit({ comment })),
  fc.constantFrom("fast", "slow").map((mode) => change({ mode })),
  fc.constantFrom("north", "south").map((region) => change({ region })),
  fc.constantFrom(undefined, 1, 3).map((topN) => change({ topN })),
  fc.tuple(file, text).map(
    ([name, content]): Step =>
      async (project, { data }) => {
        data.set(name, content);
        await project.write(name, content);
      },
  ),
  // The same size and the same time as before: only the file system's own stamp tells.
  fc.tuple(file, fc.constantFrom("one", "two", "six")).map(
    ([name, content]): Step =>
      async (project, { data }) => {
        if (!data.has(name)) return;
        const { atime, mtime } = await stat(path.join(project.dir, name));
        data.set(name, content);
        await project.write(name, content);
        await utimes(path.join(project.dir, name), atime, mtime);
      },
  ),
  file.map(
    (name): Step =>
      async (project, { data }) => {
        if (data.delete(name)) await project.remove(name);
      },
  ),
  file.map(
    (name): Step =>
      async (project, { data }) => {
        if (data.has(name)) await project.touch(name);
      },
  ),
  fc.constantFrom<Step>(
    async () => {},
    async (project) => void (await project.sluice("cache", "gc")),
    async (project) => void (await project.sluice("cache", "clear", "--yes")),
    async (project) => rm(path.join(project.dir, "out"), { recursive: true, force: true }),
    async (project) => project.write("out/report.json", "edited by hand"),
    async (project) => {
      const blobs = path.join(project.dir, ".sluice/v1/blobs");
      const [first] = await readdir(blobs).catch(() => []);
      if (first !== undefined) await rm(path.join(blobs, first), { recursive: true });
    },
    async (project) => void (await project.sluice("run", "--recompute", "report", "--set", "topN=9")),
  ),
);

test("whatever is done between runs, a run leaves what the project says", { timeout: 600_000 }, async () => {
  let remembered = 0;
  const property = fc.asyncProperty(fc.array(steps, { minLength: 8, maxLength: 14 }), async (done) => {
    const state: State = {
      factor: 1,
      helper: 1,
      comment: 0,
      mode: "fast",
      region: "north",
      topN: undefined,
      data: new Map([["parts/a", "one"]]),
    };
    await using project = await rig.project({ "parts/a": "one", "notes/.keep": "" });
    await edit({})(project, state);
    for (const step of [async () => {}, ...done]) {
      await step(project, state);
      // Twice, so that the second may go by memory, and the next step meets one that did.
      for (let i = 0; i < 2; i++) {
        const set = state.topN === undefined ? [] : ["--set", `topN=${state.topN}`];
        const env = { MODE: state.mode, REGION: state.region };
        const { code, stderr } = await project.sluiceWith({ env }, "run", "--verbose", ...set);
        expect(code, stderr).toBe(0);
        if (stderr.includes("as remembered")) remembered++;
        expect(JSON.parse(await project.read("out/report.json"))).toEqual(truth(state));
      }
    }
  });
  await fc.assert(property, { numRuns: long ? 100 : 4 });
  expect(remembered).toBeGreaterThan(0);
});
