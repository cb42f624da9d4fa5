/** `node main.ts [--invalidate STAGE] [--clear-cache] [--show-cache-stats] [--top N] [--slow]` */
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openCache } from "sluice/cache";
import { type Stage, stages } from "./stages.ts";

const { values } = parseArgs({
  options: {
    invalidate: { type: "string", multiple: true, default: [] },
    "clear-cache": { type: "boolean", default: false },
    "show-cache-stats": { type: "boolean", default: false },
    top: { type: "string", default: "10" },
    slow: { type: "boolean", default: false },
  },
});
const names = stages.map(({ name }) => name);
const unknown = values.invalidate.find((name) => !names.includes(name));
if (unknown !== undefined) stop(`there is no stage "${unknown}": they are ${names.join(", ")}`);
if (!/^[1-9]\d*$/.test(values.top)) stop(`--top needs a number, not "${values.top}"`);
const settings = { topN: Number(values.top), minBudget: 100_000 };

await using cache = await openCache(path.join(import.meta.dirname, ".sluice"));
if (values["clear-cache"]) {
  console.log(`${await cache.clear()} entries removed`);
} else if (values["show-cache-stats"]) {
  for await (const { label, size, durationMs, lastUsed } of cache.entries()) {
    console.log(`${label.padEnd(10)} ${kilobytes(size)} ${seconds(durationMs)}  last used ${lastUsed.toISOString()}`);
  }
  const { results, bytes, savedMs } = await cache.stats();
  console.log(`${results} entries, ${Math.round(bytes / 1000)} kB; they have saved ${seconds(savedMs).trim()}`);
} else {
  await runAll();
}

async function runAll(): Promise<void> {
  const started = performance.now();
  let saved = 0;
  for (const stage of stages) {
    const from = performance.now();
    const { status, durationMs } = await bringUp(stage);
    const reused = status === "hit";
    if (reused) saved += durationMs;
    const what = reused ? `reused, made in ${seconds(durationMs).trim()}` : "made";
    console.log(`${stage.name.padEnd(10)} ${seconds(performance.now() - from)}  ${what}`);
  }
  console.log(`${"all".padEnd(10)} ${seconds(performance.now() - started)}  saved ${seconds(saved).trim()}`);
}

/** Puts the files of a stage in place: from the cache, or made. */
async function bringUp(stage: Stage) {
  const key = stage.key(cache.key(stage.name), settings).build();
  if (values.invalidate.includes(stage.name)) await cache.delete(key);
  return cache.wrap(
    key,
    async ({ put, tmp }) => {
      if (values.slow) await sleep(stage.seconds * 1000);
      await stage.run(tmp, settings);
      for (const file of stage.files) put.file(file, path.join(tmp, file));
    },
    {
      read: async (result, { status }) => {
        await result.restore("out");
        return { status, durationMs: result.durationMs };
      },
    },
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`.padStart(9);
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`.padStart(8);
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
