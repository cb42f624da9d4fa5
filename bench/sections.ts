import type { Benchmark } from "./benchmark.ts";

/** All sections by name, in the order in which they run. */
export const sections: Readonly<Record<string, () => Promise<Benchmark>>> = {
  cold: async () => (await import("./cold.ts")).cold,
  noop: async () => (await import("./noop.ts")).noop,
  makespan: async () => (await import("./makespan.ts")).makespan,
  analysis: async () => (await import("./analysis.ts")).analysis,
};
