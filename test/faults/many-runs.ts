import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Project } from "../../src/authoring/project.ts";
import { openCache } from "../../src/cache/index.ts";
import { failureOf } from "../../src/core/failure.ts";
import { open, param, stage } from "../../src/index.ts";

/*
 * Many runs, and many uses of the explicit cache, in one process; tells what it holds at a tenth, and at the end, as JSON.
 *
 *   node --expose-gc many-runs.ts PROJECT COUNT
 */

/** What a process holds that must not grow. */
export interface Holdings {
  readonly descriptors: number;
  /** Entries of the store's folder for temporary files. */
  readonly temporary: number;
  /** Bytes, after garbage was collected. */
  readonly heap: number;
  readonly outside: number;
  readonly listeners: number;
}

const [dir, count] = process.argv.slice(2) as [string, string];
const cacheDir = path.join(dir, ".sluice");

async function holdings(): Promise<Holdings> {
  for (let i = 0; i < 3; i++) {
    global.gc!();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    temporary: readdirSync(path.join(cacheDir, "v1/tmp")).length,
    heap: heapUsed,
    outside: external + arrayBuffers,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

const seed = param(0);
const fails = param(false);
const large = stage({ seed }, ({ seed }) => `large ${seed} `.repeat(2000));
const written = stage(
  { large },
  async ({ large }, { outputs }) => {
    await writeFile(outputs.text, large);
  },
  { outputs: { text: path.join(dir, "out/text.txt") } },
);
const end = stage({ large, written, fails }, async ({ large, written, fails }) => {
  if (fails) throw new Error("as it should");
  return large.length + (await written.text.text()).length;
});

/** Whether a run failed as it should. */
async function run(project: Project, seed: number, fails: boolean): Promise<boolean> {
  try {
    return (await project.run(end, { params: { seed, fails } })) > 0 && !fails;
  } catch (error) {
    if (!fails || !failureOf(error, "stage-failed")) throw error;
    return true;
  }
}

const told: Holdings[] = [];
const total = Number(count);
let project = open({ root: dir });
for (let i = 1; i <= total; i++) {
  // Every tenth is opened anew; every seventh has something to do; every thirteenth fails.
  if (i % 10 === 0) {
    await project.close();
    project = open({ root: dir });
  }
  if (!(await run(project, i % 7 === 0 ? i : 0, i % 13 === 0))) throw new Error(`run ${i} ended otherwise`);
  await using cache = await openCache(cacheDir, { root: dir });
  const key = cache
    .key("many")
    .value("number", i % 5)
    .build();
  await cache.wrap(key, () => "x".repeat(10_000));
  using result = await cache.get(key);
  if ((await result?.value<string>())?.length !== 10_000) throw new Error("an entry has another value");
  if (i === Math.ceil(total / 10) || i === total) told.push(await holdings());
}
await project.close();
process.stdout.write(JSON.stringify(told));
