import { open } from "node:fs/promises";
import type { LogLevel, RunEvent } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import { formatDuration } from "../text/quantity.ts";
import { sanitize } from "../text/sanitize.ts";
import { describeFailure } from "./failure.ts";
import { logLines, taskName } from "./lines.ts";
import type { Style } from "./style.ts";

/** What the log of a run keeps. */
export type LoggedEvent = Extract<RunEvent, { type: "node-log" | "node-retrying" | "node-finished" | "warning" }>;

/**
 * The events in a run's log, in order; undefined for a line that is none (cut short by a kill, or damaged).
 * @throws the system's error when the file cannot be read
 */
export async function* readLog(file: string): AsyncGenerator<LoggedEvent | undefined> {
  const handle = await open(file, "r");
  try {
    for await (const line of handle.readLines()) if (line !== "") yield parseLine(line);
  } finally {
    await handle.close();
  }
}

/** A line of a log as an event; undefined when it is none. */
export function parseLine(line: string): LoggedEvent | undefined {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isLogged(event) ? event : undefined;
}

const levels: ReadonlySet<unknown> = new Set<LogLevel>(["debug", "info", "warn", "error"]);

/** A log is a file that anyone may have written: it is checked before it is believed. */
function isLogged(value: unknown): value is LoggedEvent {
  if (!isObject(value) || typeof value.time !== "number") return false;
  if (value.item !== undefined && typeof value.item !== "string") return false;
  switch (value.type) {
    case "node-log":
      return typeof value.node === "string" && typeof value.text === "string" && levels.has(value.level);
    case "node-retrying":
      return (
        typeof value.node === "string" &&
        typeof value.attempt === "number" &&
        typeof value.delayMs === "number" &&
        isFailure(value.failure)
      );
    case "node-finished":
      return typeof value.node === "string" && (value.failure === undefined || isFailure(value.failure));
    case "warning":
      return isFailure(value.failure);
    default:
      return false;
  }
}

function isFailure(value: unknown): value is Failure {
  if (!isObject(value) || typeof value.reason !== "string" || typeof value.message !== "string") return false;
  const { where, hint, node } = value;
  if (hint !== undefined && typeof hint !== "string") return false;
  if (node !== undefined && typeof node !== "string") return false;
  return (
    where === undefined ||
    (isObject(where) && typeof where.file === "string" && isCount(where.line) && isCount(where.column))
  );
}

function isCount(value: unknown): boolean {
  return value === undefined || (typeof value === "number" && value >= 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object";
}

/** The node that an event concerns. */
export function nodeOf(event: LoggedEvent): string | undefined {
  return event.type === "warning" ? event.failure.node : event.node;
}

/** An event of a log as lines for a person. */
export function loggedLines(event: LoggedEvent, options: { readonly style: Style; readonly cwd: string }): string[] {
  const { style } = options;
  switch (event.type) {
    case "node-log":
      return logLines(taskName(event), event.level, event.text, style);
    case "node-retrying": {
      const text = `attempt ${event.attempt} in ${formatDuration(event.delayMs)}: ${sanitize(event.failure.message)}`;
      return [`${style.dim(`${sanitize(taskName(event))} |`)} ${style.warn("retry")} ${text}`];
    }
    case "node-finished":
      return event.failure ? describeFailure(event.failure, options) : [];
    case "warning":
      return describeFailure(event.failure, { ...options, label: "warning" });
  }
}
