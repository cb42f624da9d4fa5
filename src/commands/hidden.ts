import type { ExitCode } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/** What other programs call, and no person: not in the help, and it may change with any version. */
export const hidden: Readonly<Record<string, (args: readonly string[], terminal: Terminal) => Promise<ExitCode>>> = {
  /** One of the processes that `sluice run --watch` starts. */
  "__watch-worker": async (_, terminal) => {
    const { work } = await import("./watch/worker.ts");
    await work(terminal);
    return 0;
  },
  /** What the scripts of `sluice completion` ask at each press of the key. */
  __complete: async (args, terminal) => {
    const { answerShell } = await import("./completion/answer.ts");
    await answerShell(args, terminal);
    return 0;
  },
};
