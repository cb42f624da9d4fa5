import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { brokenInvariants } from "../rig/invariants.ts";
import { rig } from "../rig/rig.ts";
import { cases, tellFigures } from "./figures.ts";
import type { Holdings } from "./many-runs.ts";

/* What a process holds does not grow with the number of runs in it, nor with that of uses of the explicit cache. */

const runs = cases(300, 10_000);

test.skipIf(process.platform !== "linux")(
  `${runs} runs in one process leave nothing behind in it`,
  {
    timeout: 3_600_000,
  },
  async () => {
    await using project = await rig.project({});
    const script = `${import.meta.dirname}/many-runs.ts`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--expose-gc", script, project.dir, String(runs)], {
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
    const [early, late] = JSON.parse(stdout) as [Holdings, Holdings];
    expect(late.descriptors).toBeLessThanOrEqual(early.descriptors);
    expect(late.temporary).toBe(0);
    expect(late.listeners).toBe(early.listeners);
    // What a run leaves for good would be some kilobytes; the compiler of the engine takes some megabytes as it sees fit.
    const grown = late.heap + late.outside - early.heap - early.outside;
    expect(grown).toBeLessThan(Math.max(8 << 20, runs * 1000));
    expect(brokenInvariants(`${project.dir}/.sluice`)).toEqual([]);
    tellFigures("leaks", {
      runs,
      "uses of the explicit cache": runs,
      "descriptors more": late.descriptors - early.descriptors,
      "temporary files left": late.temporary,
      "bytes of memory more (less, if negative)": grown,
    });
  },
);
