import { fail } from "../core/failure.ts";
import type { CacheAction } from "./cache/action.ts";
import { defineCommand } from "./command.ts";
import { cacheOptions, jsonOption } from "./options.ts";
import { withWorkspace } from "./project.ts";

const actions: Readonly<Record<string, () => Promise<CacheAction>>> = {
  stats: async () => (await import("./cache/stats.ts")).stats,
  ls: async () => (await import("./cache/list.ts")).list,
  verify: async () => (await import("./cache/verify.ts")).verify,
  gc: async () => (await import("./cache/gc.ts")).gc,
  clear: async () => (await import("./cache/clear.ts")).clear,
};

/** `sluice cache`. */
export const cache = defineCommand({
  name: "cache",
  summary: "look after the cache: stats, ls, verify, gc, clear",
  arguments: [
    { name: "stats|ls|verify|gc|clear", required: true, choices: Object.keys(actions), help: "what to do" },
    { name: "[NODE]", help: "for ls: only this node's results" },
  ],
  options: {
    ...cacheOptions,
    repair: {
      type: "boolean",
      help: "verify: set damage aside and forget what needs it, so that the next run makes it again",
    },
    "dry-run": { type: "boolean", short: "n", help: "verify --repair, gc, clear: only say what would change" },
    yes: { type: "boolean", short: "y", help: "clear: do not ask" },
    ...jsonOption,
  },
  details: [
    "stats   how much is kept, and for what",
    "ls      every result: its node, size, age, and the time that it saves",
    "verify  read and check everything; exit code 1 while damage is found",
    "gc      remove what nothing refers to, and what dead processes left behind",
    "clear   remove every result, run and log",
  ],
  async run({ args: [name, node], options, terminal }) {
    const refused = [
      ...(options.repair && name !== "verify" ? ["--repair"] : []),
      ...(options["dry-run"] && (name === "stats" || name === "ls") ? ["--dry-run"] : []),
      ...(options.yes && name !== "clear" ? ["--yes"] : []),
    ];
    if (refused.length > 0)
      fail("usage", `sluice cache ${name} has no option ${refused[0]}`, { hint: "see sluice cache --help" });
    if (node !== undefined && name !== "ls")
      fail("usage", `sluice cache ${name} takes no "${node}"`, { hint: "see sluice cache --help" });
    const action = await actions[name!]!();
    return withWorkspace(options, terminal, (workspace) =>
      action({
        workspace,
        terminal,
        node,
        json: options.json ?? false,
        repair: options.repair ?? false,
        dryRun: options["dry-run"] ?? false,
        yes: options.yes ?? false,
      }),
    );
  },
});
