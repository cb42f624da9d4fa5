import { AsyncLocalStorage } from "node:async_hooks";
import type { LogLevel } from "../core/event.ts";

type Log = (level: LogLevel, text: string) => void;

interface Capture {
  readonly log: Log;
  /** What was written since the last line ended. */
  readonly rest: Map<LogLevel, string>;
}

const current = new AsyncLocalStorage<Capture>();

/** Calls a stage's function so that what it and all it starts print, while output is captured, becomes its log. */
export async function withStageOutput<T>(log: Log, call: () => T | Promise<T>): Promise<T> {
  const capture: Capture = { log, rest: new Map() };
  try {
    return await current.run(capture, call);
  } finally {
    for (const [level, text] of capture.rest) if (text !== "") log(level, text);
  }
}

/**
 * Captures the process's standard output and error: what a stage prints becomes lines of its log, and what is printed
 * outside of stages goes to standard error, so that standard output carries results only. Gives the way back, and a way to
 * write past it.
 */
export function captureOutput(): { readonly stdout: (text: string) => void; readonly restore: () => void } {
  const { stdout, stderr } = process;
  const [writeOut, writeErr] = [stdout.write, stderr.write];
  stdout.write = redirect("info", writeErr.bind(stderr));
  stderr.write = redirect("error", writeErr.bind(stderr));
  return {
    stdout: (text) => writeOut.call(stdout, text),
    restore: () => {
      stdout.write = writeOut;
      stderr.write = writeErr;
    },
  };
}

type Write = typeof process.stdout.write;

function redirect(level: LogLevel, outside: Write): Write {
  return ((chunk: Uint8Array | string, encoding?: BufferEncoding | (() => void), done?: () => void): boolean => {
    const capture = current.getStore();
    if (!capture) return outside(chunk as string, encoding as BufferEncoding, done);
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    const lines = ((capture.rest.get(level) ?? "") + text).split("\n");
    capture.rest.set(level, lines.pop()!);
    for (const line of lines) capture.log(level, line);
    const callback = typeof encoding === "function" ? encoding : done;
    if (callback) process.nextTick(callback);
    return true;
  }) as Write;
}
