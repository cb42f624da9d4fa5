import type { CommandGroup } from "./command.ts";

/** `sluice cache`: one verb a file. */
export const cache: CommandGroup = {
  name: "cache",
  summary: "look after the cache",
  verbs: {
    stats: async () => (await import("./cache/stats.ts")).stats,
    ls: async () => (await import("./cache/list.ts")).list,
    verify: async () => (await import("./cache/verify.ts")).verify,
    gc: async () => (await import("./cache/gc.ts")).gc,
    prune: async () => (await import("./cache/prune.ts")).prune,
    pin: async () => (await import("./cache/pin.ts")).pin,
    unpin: async () => (await import("./cache/pin.ts")).unpin,
    exec: async () => (await import("./cache/exec.ts")).exec,
    put: async () => (await import("./cache/put.ts")).put,
    get: async () => (await import("./cache/get.ts")).get,
    export: async () => (await import("./cache/export.ts")).exportCache,
    import: async () => (await import("./cache/import.ts")).importCache,
    clear: async () => (await import("./cache/clear.ts")).clear,
  },
};
