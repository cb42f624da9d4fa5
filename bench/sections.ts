import type { Benchmark } from "./benchmark.ts";

/** All sections by name, in the order in which they run. */
export const sections: Readonly<Record<string, () => Promise<Benchmark>>> = {
  cold: async () => (await import("./cold.ts")).cold,
  noop: async () => (await import("./noop.ts")).noop,
  imports: async () => (await import("./imports.ts")).imports,
  miss: async () => (await import("./miss.ts")).miss,
  map: async () => (await import("./map.ts")).map,
  makespan: async () => (await import("./makespan.ts")).makespan,
  hashing: async () => (await import("./hashing.ts")).hashing,
  materialise: async () => (await import("./materialise.ts")).materialise,
  store: async () => (await import("./store.ts")).store,
  cache: async () => (await import("./cache.ts")).cache,
  dataflow: async () => (await import("./dataflow.ts")).dataflow,
  peers: async () => (await import("./peers.ts")).peers,
  trust: async () => (await import("./trust.ts")).trust,
  damage: async () => (await import("./damage.ts")).damage,
  analysis: async () => (await import("./analysis.ts")).analysis,
};
