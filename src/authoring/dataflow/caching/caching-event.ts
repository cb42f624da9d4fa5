/** Who an event is of: what decides and runs nodes, what keeps records, what keeps values. */
export type CachingActor = "adapter" | "metadata_store" | "result_store";

/** What can happen to a node in a run. */
export type CachingEventType =
  | "resolve_behavior"
  | "is_input"
  | "is_override"
  | "is_final_var"
  | "set_cache_key"
  | "get_data_version"
  | "get_result"
  | "missing_result"
  | "execute_node"
  | "set_data_version"
  | "set_result"
  | "failed_execution"
  | "skipped";

/** One thing that a driver's cache did for a node. */
export interface CachingEvent {
  readonly runId: string;
  readonly nodeName: string;
  /** In a parallel branch: which one. */
  readonly taskId?: string;
  readonly actor: CachingActor;
  readonly eventType: CachingEventType;
  readonly message?: string;
  /** A behaviour, a key, a data version. */
  readonly value?: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** `info`: what was reused and what ran. `debug`: every event. */
export type LogLevel = "info" | "debug";

/** What lines are written to: `console`, a pino logger. */
export interface CachingLogger {
  info(line: string): void;
  debug(line: string): void;
}

const told: ReadonlySet<CachingEventType> = new Set(["get_result", "execute_node", "failed_execution"]);

/** The lowest level at which an event is told. A failure is told beside what ran and what was reused. */
export function levelOf({ eventType }: CachingEvent): LogLevel {
  return told.has(eventType) ? "info" : "debug";
}

/**
 * An event as a line: `{node}::{task}::{actor}::{event}::{message}`, without the parts that are empty.
 * @example
 * ```ts
 * import { type CachingEvent, eventLine } from "sluice/dataflow";
 *
 * const event: CachingEvent = { runId: "1", nodeName: "foo", actor: "adapter", eventType: "execute_node", timestamp: 0 };
 * console.log(eventLine(event)); // foo::adapter::execute_node
 * ```
 */
export function eventLine({ nodeName, taskId, actor, eventType, message }: CachingEvent): string {
  // Names and messages are data: what is no text for a terminal is shown as a code.
  return [nodeName, taskId, actor, eventType, message]
    .filter((part): part is string => part !== undefined && part !== "")
    .map((part) => part.replaceAll(control, (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, "0")}`))
    .join("::");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
