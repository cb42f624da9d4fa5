import type { Command, CommandGroup } from "./command.ts";

/** Every command by its name, in the order of the help; loaded when it is asked for. */
export const catalogue: Readonly<Record<string, () => Promise<Command | CommandGroup>>> = {
  run: async () => (await import("./run.ts")).run,
  plan: async () => (await import("./plan.ts")).plan,
  check: async () => (await import("./check.ts")).check,
  why: async () => (await import("./why.ts")).why,
  ls: async () => (await import("./ls.ts")).ls,
  graph: async () => (await import("./graph.ts")).graph,
  show: async () => (await import("./show.ts")).show,
  runs: async () => (await import("./runs.ts")).runs,
  diff: async () => (await import("./diff.ts")).diff,
  verify: async () => (await import("./verify.ts")).verify,
  logs: async () => (await import("./logs.ts")).logs,
  cache: async () => (await import("./cache.ts")).cache,
  completion: async () => (await import("./completion.ts")).completion,
  init: async () => (await import("./init.ts")).init,
};
