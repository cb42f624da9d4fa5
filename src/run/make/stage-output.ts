import { AsyncLocalStorage } from "node:async_hooks";
import type { LogLevel } from "../../core/event.ts";

type Log = (level: LogLevel, text: string) => void;

interface Capture {
  readonly log: Log;
  /** What was written since the last line ended. */
  readonly rest: Map<LogLevel, string>;
}

const current = new AsyncLocalStorage<Capture>();

/** Calls a stage's function so that what it and all it starts print becomes its log (see {@link toStageLog}). */
export async function withStageOutput<T>(log: Log, call: () => T | Promise<T>): Promise<T> {
  const capture: Capture = { log, rest: new Map() };
  try {
    return await current.run(capture, call);
  } finally {
    for (const [level, text] of capture.rest) if (text !== "") log(level, text);
  }
}

/** Whether the code that runs now was called, or begun, by a stage's function. */
export function isInStage(): boolean {
  return current.getStore() !== undefined;
}

/**
 * Takes what was written to the process's standard output or error, if a stage wrote it, for that stage's log, line by line.
 * Gives whether it did. For whoever stands in for `process.stdout.write`.
 */
export function toStageLog(level: LogLevel, text: string): boolean {
  const capture = current.getStore();
  if (!capture) return false;
  const lines = ((capture.rest.get(level) ?? "") + text).split("\n");
  capture.rest.set(level, lines.pop()!);
  for (const line of lines) capture.log(level, line);
  return true;
}
