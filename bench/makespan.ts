import type { Benchmark, Cell, Column, ResultTable } from "./benchmark.ts";
import { ProjectFolder } from "./generated-pipeline.ts";
import { median, runProcess } from "./measure.ts";
import { Random } from "./random.ts";
import { graphKinds, randomGraph, type TaskGraph } from "./random-graph.ts";
import { optimalMakespan, tightBound } from "./schedule-bounds.ts";
import { lowerBound, simulatedMakespan } from "./simulated-schedule.ts";

const jobCounts = [2, 4, 8];

/** How long a run takes beside the least that any schedule could, once durations are known. */
export const makespan: Benchmark = {
  about: "random graphs of unequal stages: how long a run takes, against what no schedule can undercut",

  async run({ quick, log }) {
    log("simulated");
    const simulated = simulatedTable(quick ? { sizes: [20], graphs: 5 } : { sizes: [30, 100, 300], graphs: 500 });
    log("small graphs against the shortest schedule there is");
    const small = smallTable(quick ? 3 : 200);
    const real = await realTable(quick ? { size: 8, meanMs: 5, graphs: 1 } : { size: 40, meanMs: 200, graphs: 4 }, log);
    return {
      tables: [simulated, small, real],
      notes: [
        "The bound is the longest path, or all work over the jobs, whichever is more. Where a graph is narrow at some time and wide at another no schedule reaches it; the tighter bound (Fernandez and Bussell 1973) takes that into account, and is a lower bound too.",
        "Durations are log-normal (sigma 1). Simulated runs use the engine's own queue and priorities, and a clock that only the tasks move; real runs are second runs of pipelines whose stages wait, from the first stage decided to the end of the run.",
      ],
    };
  },
};

/** How the ratios of many graphs to a bound lie. */
const spread: readonly Column[] = [
  { name: "within 5%", unit: "%" },
  { name: "median", unit: "x" },
  { name: "95 of 100", unit: "x" },
  { name: "most", unit: "x" },
];

function spreadOf(ratios: readonly number[]): Cell[] {
  const sorted = ratios.toSorted((a, b) => a - b);
  const at95 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))]!;
  return [shareWithin(ratios), median(ratios), at95, sorted.at(-1)!];
}

function shareWithin(ratios: readonly number[]): number {
  return (ratios.filter((ratio) => ratio <= 1.05).length * 100) / ratios.length;
}

function simulatedTable({ sizes, graphs }: { sizes: readonly number[]; graphs: number }): ResultTable {
  const rows: Cell[][] = [];
  const all: { simple: number[]; tight: number[] } = { simple: [], tight: [] };
  for (const kind of graphKinds) {
    for (const size of sizes) {
      for (const jobs of jobCounts) {
        const random = new Random(size * 10 + jobs);
        const simple: number[] = [];
        const tight: number[] = [];
        // The tighter bound takes the cube of the tasks.
        const tightGraphs = size > 100 ? 0 : Math.ceil(graphs / (size > 50 ? 10 : 2));
        for (let graph = 0; graph < graphs; graph += 1) {
          const tasks = randomGraph(random, kind, size, 100);
          const took = simulatedMakespan(tasks, jobs);
          const ratio = took / lowerBound(tasks, jobs);
          simple.push(ratio);
          if (graph < tightGraphs) {
            tight.push(ratio <= 1.05 ? ratio : took / tightBound(tasks, jobs));
          }
        }
        all.simple.push(...simple);
        all.tight.push(...tight);
        rows.push([kind, size, jobs, graphs, ...spreadOf(simple), tight.length > 0 ? shareWithin(tight) : null]);
      }
    }
  }
  rows.push(["all", null, null, all.simple.length, ...spreadOf(all.simple), shareWithin(all.tight)]);
  return {
    id: "simulated",
    title: "Simulated",
    columns: [
      { name: "graphs", unit: "text" },
      { name: "tasks", unit: "count" },
      { name: "jobs", unit: "count" },
      { name: "number", unit: "count" },
      ...spread,
      { name: "within 5% of the tighter bound", unit: "%" },
    ],
    rows,
  };
}

function smallTable(graphs: number): ResultTable {
  const rows = graphKinds.flatMap((kind) =>
    [2, 4].map((jobs): Cell[] => {
      const random = new Random(jobs);
      const toBound: number[] = [];
      const toOptimum: number[] = [];
      const optimumToBound: number[] = [];
      for (let graph = 0; graph < graphs; graph += 1) {
        const tasks = randomGraph(random, kind, 9, 100);
        const took = simulatedMakespan(tasks, jobs);
        const best = optimalMakespan(tasks, jobs, took);
        toBound.push(took / lowerBound(tasks, jobs));
        toOptimum.push(took / best);
        optimumToBound.push(best / lowerBound(tasks, jobs));
      }
      return [kind, 9, jobs, graphs, shareWithin(toBound), shareWithin(optimumToBound), shareWithin(toOptimum)];
    }),
  );
  return {
    id: "small",
    title: "Small graphs, beside the shortest schedule there is",
    columns: [
      { name: "graphs", unit: "text" },
      { name: "tasks", unit: "count" },
      { name: "jobs", unit: "count" },
      { name: "number", unit: "count" },
      { name: "Sluice within 5% of the bound", unit: "%" },
      { name: "shortest within 5% of the bound", unit: "%" },
      { name: "Sluice within 5% of the shortest", unit: "%" },
    ],
    rows,
  };
}

interface RealSizes {
  readonly size: number;
  readonly meanMs: number;
  readonly graphs: number;
}

async function realTable({ size, meanMs, graphs }: RealSizes, log: (line: string) => void): Promise<ResultTable> {
  const rows: Cell[][] = [];
  for (const kind of graphKinds) {
    for (const jobs of jobCounts) {
      log(`real: ${kind}, ${jobs} jobs`);
      const random = new Random(jobs);
      const ratios: number[] = [];
      const overheads: number[] = [];
      const tight: number[] = [];
      for (let graph = 0; graph < graphs; graph += 1) {
        const tasks = randomGraph(random, kind, size, meanMs);
        const took = await realMakespan(tasks, jobs);
        ratios.push(took / lowerBound(tasks, jobs));
        tight.push(took / tightBound(tasks, jobs));
        overheads.push(took / simulatedMakespan(tasks, jobs));
      }
      rows.push([kind, size, jobs, graphs, ...spreadOf(ratios), shareWithin(tight), median(overheads)]);
    }
  }
  return {
    id: "real",
    title: `Real runs, stages of ${meanMs} ms on average`,
    columns: [
      { name: "graphs", unit: "text" },
      { name: "tasks", unit: "count" },
      { name: "jobs", unit: "count" },
      { name: "number", unit: "count" },
      ...spread,
      { name: "within 5% of the tighter bound", unit: "%" },
      { name: "of the simulated", unit: "x" },
    ],
    rows,
  };
}

/** Milliseconds of a second run, in which durations are known and every stage runs again. */
async function realMakespan(tasks: TaskGraph, jobs: number): Promise<number> {
  const project = new ProjectFolder([["pipeline.js", waitingPipeline(tasks)]]);
  try {
    const cwd = project.folder;
    await runProcess({ label: "first run", args: project.sluice("run", "--quiet", "--jobs", "64"), cwd });
    const args = project.sluice("run", "--json", "--jobs", String(jobs), "--cache", "wo");
    const { stdout } = await runProcess({ label: "second run", args, cwd });
    const { status, durationMs } = JSON.parse(stdout) as { status: string; durationMs: number };
    if (status !== "ok") throw new Error(`the run ended ${status}`);
    return durationMs;
  } finally {
    project.remove();
  }
}

function waitingPipeline({ parents, durations }: TaskGraph): string {
  const stages = parents.map((above, task) => {
    const inputs = above.map((parent) => `n${parent}`).join(", ");
    const wait = `setTimeout(${durations[task]!.toFixed(3)}, ${task})`;
    return `export const n${task} = stage({ ${inputs} }, () => ${wait});`;
  });
  return `import { setTimeout } from "node:timers/promises";\nimport { stage } from "sluice";\n\n${stages.join("\n")}\n`;
}
