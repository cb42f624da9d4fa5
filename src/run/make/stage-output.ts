import { AsyncLocalStorage } from "node:async_hooks";
import type { Digest } from "../../core/digest.ts";
import type { LogLevel } from "../../core/event.ts";

type Log = (level: LogLevel, text: string) => void;

/** A result that a stage's function is called for. */
export interface Making {
  /** What is made, in messages. */
  readonly called: string;
  /** Under which it is recorded, and of an item also that of the list: both are waited for. */
  readonly keys: readonly Digest[];
}

interface Capture {
  readonly making: Making;
  /** The call of another stage's function that this one is part of: of one that runs a driver or a project. */
  readonly outer: Capture | undefined;
  readonly log: Log;
  /** What was written since the last line ended; absent where nothing was. */
  rest?: Map<LogLevel, string>;
  /** What the function has begun may still go on. */
  isOver: boolean;
}

const current = new AsyncLocalStorage<Capture>();

/** Calls a stage's function so that what it and all it starts print becomes its log (see {@link toStageLog}). */
export function withStageOutput(making: Making, log: Log, call: () => unknown): unknown {
  const capture: Capture = { making, outer: goingOn(current.getStore()), log, isOver: false };
  let given: unknown;
  try {
    given = current.run(capture, call);
  } finally {
    if (!(given instanceof Promise)) end(capture);
  }
  return given instanceof Promise ? given.finally(() => end(capture)) : given;
}

/** Logs what no line end came after. */
function end(capture: Capture): void {
  capture.isOver = true;
  for (const [level, text] of capture.rest ?? []) if (text !== "") capture.log(level, text);
}

/** The innermost call that is not over. */
function goingOn(capture: Capture | undefined): Capture | undefined {
  let at = capture;
  while (at?.isOver) at = at.outer;
  return at;
}

/** Whether the code that runs now was called, or begun, by a stage's function. */
export function isInStage(): boolean {
  return current.getStore() !== undefined;
}

/** What the code that runs now is part of the making of, from the innermost out. */
export function makingNow(): readonly Making[] {
  const all: Making[] = [];
  for (let at = goingOn(current.getStore()); at; at = goingOn(at.outer)) all.push(at.making);
  return all;
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
