import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { type Files, rig } from "../rig/rig.ts";

/*
 * Killed at any instant, the store never serves a wrong, short or mixed result, and the next run just continues. The
 * pipeline's values are large enough to be blobs, and each can be told wrong or right from the seed alone.
 */

const kills = process.env.SLUICE_LONG ? 1000 : 200;

const stages = 8;
const pipeline: Files = {
  "pipeline.ts": `import { param, stage } from "sluice";
import { block } from "./lib/block.ts";
export const seed = param(0);
export const s0 = stage({ seed }, ({ seed }) => block("s0", String(seed)));
${Array.from({ length: stages - 2 }, (_, i) => {
  const [name, before] = [`s${i + 1}`, `s${i}`];
  return `export const ${name} = stage({ ${before} }, ({ ${before} }) => block("${name}", ${before}));`;
}).join("\n")}
export const end = stage({ s${stages - 2}, s0 }, (all) => block("end", all.s${stages - 2} + all.s0), { output: "out/end.txt" });
`,
  "lib/block.ts": `export function block(name: string, from: string): string {
  return (name + ":" + from.length + ":" + from.slice(0, 50) + ";").repeat(2000);
}
`,
};

function block(name: string, from: string): string {
  return `${name}:${from.length}:${from.slice(0, 50)};`.repeat(2000);
}

function expected(seed: number): string {
  const s0 = block("s0", String(seed));
  let last = s0;
  for (let i = 1; i < stages - 1; i++) last = block(`s${i}`, last);
  return block("end", last + s0);
}

test(`${kills} kills at random instants leave nothing that a later run serves wrongly`, {
  timeout: 1_200_000,
}, async () => {
  await using project = await rig.project(pipeline);
  const whole = await timed(() => project.sluice("run", "--json", "--set", "seed=-1"));
  let killed = 0;
  for (let seed = 0; killed < kills; seed++) {
    // Kills fall before, in and after the work, and several times on the same unfinished run.
    for (const fraction of [Math.random(), Math.random(), Math.random()]) {
      const run = project.start({}, "run", "--json", "--set", `seed=${seed}`);
      await sleep(fraction * whole * 1.05);
      run.kill("SIGKILL");
      if ((await run.finished).signal === "SIGKILL") killed += 1;
    }
    const after = await project.sluice("run", "--json", "--set", `seed=${seed}`);
    expect(after.code, after.stderr).toBe(0);
    const text = await readFile(path.join(project.dir, "out/end.txt"), "utf8");
    expect(digestOf(text)).toBe(digestOf(expected(seed)));
    const again = (await project.sluice("run", "--json", "--set", `seed=${seed}`)).json();
    expect(Object.values(again.nodes).filter((node) => (node as { status: string }).status !== "hit")).toEqual([]);
  }
  const verified = await project.sluice("cache", "verify");
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
