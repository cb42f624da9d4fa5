import { enableCompileCache } from "node:module";
import { workerData } from "node:worker_threads";
import type { ThreadStart } from "./messages.ts";

/*
 * What a thread is started with. It is kept apart from what serves calls, because that is to be taken from the compile cache:
 * then a thread starts in two thirds of the time.
 */

const [, { compileCache }] = workerData as readonly [unknown, ThreadStart];
if (compileCache) enableCompileCache();

// Early releases of Node 24 call their SQLite experimental, which the thread of the run has said or kept to itself.
const { emitWarning } = process;
process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
  const given = rest[0] as string | { readonly type?: string } | undefined;
  const type = typeof given === "string" ? given : given?.type;
  if (type === "ExperimentalWarning" && String(warning).includes("SQLite")) return;
  (emitWarning as (...args: unknown[]) => void).call(process, warning, ...rest);
};

const { serve } = await import("./thread-worker.ts");

/** Serves one call. */
export default serve;
