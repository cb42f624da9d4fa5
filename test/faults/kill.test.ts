import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { brokenInvariants } from "../rig/invariants.ts";
import { makeOld } from "../rig/old-blobs.ts";
import { type Files, rig } from "../rig/rig.ts";
import { cases, isLong, tellFigures } from "./figures.ts";

/*
 * Killed at any instant, the store never serves a wrong, short or mixed result, and the next run just continues. Of many stages,
 * four at a time, each reads up to three others; every third gives enough to be a blob. What each of them must give can be told
 * from the seed alone.
 */

const kills = cases(30, 1000);
const nodes = isLong ? 200 : 60;

const pipeline: Files = {
  "pipeline.ts": `import { param, stage } from "sluice";
import { block } from "./lib/block.ts";
export const seed = param(0);
${Array.from({ length: nodes }, (_, i) => {
  const inputs = readsOf(i);
  const object = `{ ${inputs.join(", ")} }`;
  const last = i === nodes - 1;
  return `export const s${i} = stage(${object}, async (${object}) => block(${i}, [${inputs.join(", ")}])${last ? ', { output: "out/end.txt" }' : ""});`;
}).join("\n")}
`,
  "lib/block.ts": `export function block(stage: number, inputs: readonly unknown[]): string {
  const start = stage + ":" + inputs.map((input) => String(input).length + String(input).slice(0, 40)).join("+") + ";";
  return start.repeat(stage % 3 === 0 ? 200 : 2);
}
`,
};

/** Stages far apart and close by, so that there is much to do at once and a long way to the end. */
function readsOf(stage: number): string[] {
  if (stage < 10) return ["seed"];
  if (stage === nodes - 1) return Array.from({ length: 9 }, (_, i) => `s${nodes - 2 - i}`);
  return [...new Set([stage - 10, Math.floor(stage / 2), stage - 7].map((read) => `s${Math.max(0, read)}`))];
}

function block(stage: number, inputs: readonly unknown[]): string {
  const start = `${stage}:${inputs.map((input) => String(input).length + String(input).slice(0, 40)).join("+")};`;
  return start.repeat(stage % 3 === 0 ? 200 : 2);
}

function endOf(seed: number): string {
  const values = new Map<string, unknown>([["seed", seed]]);
  for (let i = 0; i < nodes; i++)
    values.set(
      `s${i}`,
      block(
        i,
        readsOf(i).map((name) => values.get(name)),
      ),
    );
  return String(values.get(`s${nodes - 1}`));
}

test(`${kills} kills at random instants leave nothing that a later run serves wrongly`, {
  timeout: 7_200_000,
}, async () => {
  await using project = await rig.project(pipeline);
  const args = (seed: number): string[] => ["run", `s${nodes - 1}`, "--json", "--jobs", "4", "--set", `seed=${seed}`];
  const started = performance.now();
  expect((await project.sluice(...args(-1))).code).toBe(0);
  const whole = performance.now() - started;
  const figures = { kills: 0, "runs afterwards": 0, "stages that were kept over a kill": 0 };
  for (let seed = 0; figures.kills < kills; seed++) {
    // Kills fall before, in and after the work, and several times on the same unfinished run.
    for (const fraction of [Math.random(), Math.random(), Math.random()]) {
      const run = project.start({}, ...args(seed));
      await sleep(fraction * whole * 1.05);
      run.kill("SIGKILL");
      if ((await run.finished).signal === "SIGKILL") figures.kills += 1;
    }
    // It reads all of a store that grows.
    if (!isLong || seed % 10 === 0) expect(brokenInvariants(`${project.dir}/.sluice`)).toEqual([]);
    const after = await project.sluice(...args(seed));
    expect(after.code, after.stderr).toBe(0);
    expect(await project.read("out/end.txt")).toBe(endOf(seed));
    figures["runs afterwards"] += 1;
    figures["stages that were kept over a kill"] +=
      statusesOf(after.json()).filter((status) => status === "hit").length - 1;
    const again = (await project.sluice(...args(seed))).json();
    expect(statusesOf(again).filter((status) => status !== "hit")).toEqual([]);
  }
  makeOld(`${project.dir}/.sluice`);
  for (const verb of ["verify", "gc"]) {
    const done = await project.sluice("cache", verb);
    expect(done.code, done.stdout + done.stderr).toBe(0);
  }
  expect(brokenInvariants(`${project.dir}/.sluice`, { collected: true })).toEqual([]);
  tellFigures("kill -9", {
    ...figures,
    outcome: "every next run right, every run after that all hits, nothing left by gc",
  });
});

function statusesOf(run: { readonly nodes: Record<string, { readonly status: string }> }): string[] {
  return Object.values(run.nodes).map(({ status }) => status);
}
