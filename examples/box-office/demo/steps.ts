import type { Checkout, RunReport } from "./checkout.ts";

export const stages = ["download", "clean", "transform", "analyse", "report"];

/** One thing that a user does, and the stages that should run because of it. */
export interface Step {
  readonly what: string;
  readonly runs: readonly string[];
  readonly act: (checkout: Checkout) => Promise<RunReport>;
}

export const steps: readonly Step[] = [
  { what: "first run", runs: stages, act: (checkout) => checkout.run() },
  { what: "run again", runs: [], act: (checkout) => checkout.run() },
  {
    what: "a parameter: --set topN=5",
    runs: ["analyse", "report"],
    act: (checkout) => checkout.run("--set", "topN=5"),
  },
  {
    what: "a word of the template",
    runs: ["report"],
    act: (checkout) => {
      checkout.edit("template.md", "## Greatest losses", "## Heaviest losses");
      return checkout.run();
    },
  },
  {
    what: "a cleaning rule, altering no film",
    runs: ["clean"],
    act: (checkout) => {
      checkout.edit("lib/rules.ts", "longest = 500", "longest = 600");
      return checkout.run();
    },
  },
  {
    what: "a cleaning rule, altering some",
    runs: ["clean", "transform", "analyse", "report"],
    act: (checkout) => {
      checkout.edit("lib/rules.ts", "longest = 600", "longest = 180");
      return checkout.run();
    },
  },
  {
    what: "touch every file",
    runs: [],
    act: (checkout) => {
      checkout.touch();
      return checkout.run();
    },
  },
  {
    what: "a second checkout, same cache",
    runs: [],
    act: async (checkout) => {
      const second = checkout.clone();
      try {
        const report = await second.run();
        for (const name of ["out/report.md", "out/chart.svg"]) {
          if (second.read(name) !== checkout.read(name)) throw new Error(`${name} differs in the second checkout`);
        }
        return report;
      } finally {
        second.remove();
      }
    },
  },
];

/** The stages that a run executed, in the pipeline's order. */
export function executed({ nodes }: RunReport): string[] {
  return stages.filter((name) => nodes[name]?.status === "executed");
}

/** The stages whose results were reused, in the pipeline's order. */
export function reused({ nodes }: RunReport): string[] {
  return stages.filter((name) => nodes[name]?.status === "hit");
}
