import { rmSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { Dice, randomChange, randomFiles, randomPipeline } from "./load-watch/random-cases.ts";
import { Project } from "./project.ts";
import { compiled, watch } from "./watching.ts";

const folders: string[] = [compiled];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

// SLUICE_RANDOM=1000 SLUICE_SEED=42 for another thousand, SLUICE_TALLY=1 to see what came of each step
const count = Number(process.env.SLUICE_RANDOM ?? 16);
const start = Number(process.env.SLUICE_SEED ?? 1);

describe.concurrent("random code in a random world that changes", () => {
  test.each(Array.from({ length: count }, (_, i) => start + i))("seed %i", async (seed) => {
    const dice = new Dice(seed * 7919);
    const project = new Project();
    folders.push(project.root);
    Object.defineProperty(project, "root", { value: project.path("project") });
    const text = randomPipeline(dice);
    project.write({ "pipeline.js": text });
    randomFiles(dice, project);
    let last = await watch(project);
    // each step against the record of the one before
    for (let step = 0; step < 4; step++) {
      expect(last.failure).toBeUndefined();
      const { what, env } = randomChange(dice, project);
      if (last.record === undefined) {
        last = await watch(project, undefined, { env });
        continue;
      }
      const next = await watch(project, last.record, { env });
      const isSame = JSON.stringify(next.exports) === JSON.stringify(last.exports);
      if (process.env.SLUICE_TALLY)
        process.stderr.write(`@ ${seed} ${step} same=${isSame} holds=${next.holds} ${what}: ${next.change ?? ""}\n`);
      expect(next.holds && !isSame, `${what}\n${text}\n${JSON.stringify([last.exports, next.exports])}`).toBe(false);
      last = Object.keys(env).length > 0 ? await watch(project) : next;
    }
  });
});
