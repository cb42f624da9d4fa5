import { failure, SluiceError } from "../core/failure.ts";
import type { ExitCode } from "./command.ts";
import { printJson } from "./print.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Ends the process with a word and a code where Node would end it with a bare stack or, worse, as if all were well: an error
 * that no stage could catch, work that waits for what can never happen, a pipeline that calls `process.exit()`.
 * @returns what to call when the work is done and the process may end
 */
export function guardProcess(terminal: Terminal, options: { readonly json: boolean }): () => void {
  let over = false;
  const end = async (error: unknown): Promise<void> => {
    if (over) return;
    over = true;
    const { reportTrouble, strayFailure } = await import("./trouble.ts");
    const stray = strayFailure(error);
    const { print } = terminal;
    const code: ExitCode = reportTrouble(stray ? new SluiceError(stray) : error, terminal, {
      ...options,
      write: print,
    });
    await terminal.flush();
    process.exit(code);
  };
  const onUncaught = (error: unknown): void => {
    // Where not even what explains errors can be loaded, the process must not end as if all were well.
    end(error).catch(() => {
      terminal.print(`error: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    });
  };
  const onIdle = (): void => {
    const hint = "look for a promise of a stage that is never resolved";
    void end(new SluiceError(failure("stage-failed", "the work waits for something that can never happen", { hint })));
  };
  const onExit = (code: number): void => {
    if (over || code !== 0) return;
    // nothing can be awaited any more, so this is said in few words
    const message = "the pipeline's code ended the process before the work was done";
    terminal.print(`${terminal.err.style.bad("error:")} ${message}\n  hint: it calls process.exit()\n`);
    if (options.json) printJson(terminal, { status: "failed", failure: failure("stage-failed", message) });
    process.exitCode = 1;
  };
  process.on("uncaughtException", onUncaught);
  process.on("beforeExit", onIdle);
  process.on("exit", onExit);
  return () => {
    over = true;
    process.off("uncaughtException", onUncaught);
    process.off("beforeExit", onIdle);
    process.off("exit", onExit);
  };
}
