import { format } from "node:util";
import type { MessagePort } from "node:worker_threads";
import type { LogLevel } from "../../core/event.ts";
import type { StageContext } from "../../core/node.ts";
import { AttemptFolder, outputPathsIn } from "../make/attempt-folder.ts";
import type { ReportProgress } from "../make/stage-progress.ts";
import type { CallRequest, Told } from "./messages.ts";

/** The least time between two messages of progress, in milliseconds. */
const interval = 25;

/** What a stage's function gets in a thread: everything is passed on to the thread of the run. */
export function threadContext(
  { port, run, folder, stage }: CallRequest,
  signal: AbortSignal,
  progress: ReportProgress,
): StageContext {
  const tell = (told: Told): void => port.postMessage(told);
  const own = new AttemptFolder(folder);
  const log =
    (level: LogLevel) =>
    (...parts: unknown[]) =>
      tell({ type: "log", level, text: format(...parts) });
  return {
    signal,
    log: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    progress: (done, total) => progress(done, total),
    meta: (name, value) => tell({ type: "meta", name, value }),
    // It is told of later than it happens.
    read: (path, options) => tell({ type: "read", path, options: { since: Date.now(), ...options } }),
    wrote: (path, options = {}) => tell({ type: "wrote", path, options }),
    outputs: outputPathsIn(own, stage.outputs),
    get tmp() {
      return own.sub("tmp");
    },
    run,
  };
}

/** Not more often than anyone can look: a loop may tell of every turn. The end is always told. */
export function progressTeller(port: MessagePort): ReportProgress {
  let last = Number.NEGATIVE_INFINITY;
  return (done, total, unit) => {
    const now = performance.now();
    if (now - last < interval && done !== total) return;
    last = now;
    port.postMessage({ type: "progress", done, total, unit } satisfies Told);
  };
}
