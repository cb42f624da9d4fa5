import { AsyncLocalStorage } from "node:async_hooks";
import type { LogLevel } from "../../core/event.ts";
import { type Making, whileMaking } from "./making.ts";

type Log = (level: LogLevel, text: string) => void;

interface Capture {
  readonly log: Log;
  /** What was written since the last line ended; absent where nothing was. */
  rest?: Map<LogLevel, string>;
}

const current = new AsyncLocalStorage<Capture>();

/** Calls a stage's function so that what it and all it starts print becomes its log (see {@link toStageLog}). */
export function withStageOutput(making: Making, log: Log, call: () => unknown): unknown {
  const capture: Capture = { log };
  return whileMaking(
    making,
    () => current.run(capture, call),
    () => logRest(capture),
  );
}

/** Logs what no line end came after. */
function logRest({ log, rest }: Capture): void {
  for (const [level, text] of rest ?? []) if (text !== "") log(level, text);
}

/**
 * Takes what was written to the process's standard output or error, if a stage wrote it, for that stage's log, line by line.
 * Gives whether it did. For whoever stands in for `process.stdout.write`.
 */
export function toStageLog(level: LogLevel, text: string): boolean {
  const capture = current.getStore();
  if (!capture) return false;
  capture.rest ??= new Map();
  const lines = ((capture.rest.get(level) ?? "") + text).split("\n");
  capture.rest.set(level, lines.pop()!);
  for (const line of lines) capture.log(level, line);
  return true;
}
