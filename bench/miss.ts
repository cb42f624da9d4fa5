import type { Benchmark } from "./benchmark.ts";
import { ProjectFolder } from "./generated-pipeline.ts";
import { median } from "./measure.ts";
import { timesOf } from "./programs.ts";

/** What running a stage costs beyond what its function does. */
export const miss: Benchmark = {
  about: "overhead of a miss: trivial stages in one process that all run, against the same that are all reused",

  async run({ rounds, quick, log }) {
    const stages = quick ? 20 : 1000;
    log(`${stages} stages, ${rounds} rounds`);
    const project = new ProjectFolder([["seed.txt", "0\n"]]);
    try {
      const times = await timesOf("miss-program.ts", project, { rounds, stages });
      const bare = median(times.get("SQLite alone: as many rows of 400 bytes, one transaction")!);
      const rows = [...times].map(([label, all]) => [
        label,
        median(all),
        Math.min(...all),
        Math.max(...all),
        (median(all) * 1000) / stages,
        median(all) / bare,
      ]);
      const columns = [
        { name: "case", unit: "text" },
        { name: `${stages} stages`, unit: "ms" },
        { name: "least", unit: "ms" },
        { name: "most", unit: "ms" },
        { name: "a stage", unit: "us" },
        { name: "of SQLite alone", unit: "x" },
      ] as const;
      return { tables: [{ id: "miss", title: "Overhead of a miss", columns, rows }] };
    } finally {
      project.remove();
    }
  },
};
