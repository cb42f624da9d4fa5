import type { Digest } from "../../core/digest.ts";
import type { RunEvent, RunStatus } from "../../core/event.ts";
import type { Failure } from "../../core/failure.ts";
import type { Limits } from "../../run/keeping/limits.ts";
import type { Dependencies } from "../../run/watch/dependencies.ts";
import type { cacheModeOptions, OptionValues, planOptions, strictOption } from "../options.ts";

/** What each run of a watch is asked for. JSON-able. */
export interface Work {
  /** Absolute path of the pipeline. */
  readonly file: string;
  /** Absolute path; absent for the one beside the pipeline. */
  readonly cacheDir?: string;
  /** How much the cache may keep, where that is not what the settings say. */
  readonly limits?: Limits;
  readonly targets: readonly string[];
  readonly options: OptionValues<
    Omit<typeof planOptions, "file" | "cache-dir"> & typeof cacheModeOptions & typeof strictOption
  >;
  readonly jobs?: number;
  readonly keepGoing: boolean;
  /** What the pipeline's code sees as `process.argv`: the call of the command. */
  readonly argv: readonly string[];
}

/** What the process that watches says to one that runs. */
export type ToWorker =
  /** Loads the pipeline where that is not done yet, and runs; with `plan` only once it has said what it wants and was told to begin. */
  | { readonly type: "start"; readonly work: Work; readonly plan: boolean }
  /** The keys are being made by an earlier run for this one. */
  | { readonly type: "begin"; readonly underway: readonly Digest[] }
  /** Starts nothing new, and cancels what is not wanted; `all`: what runs goes on. */
  | { readonly type: "drain"; readonly wanted: readonly Digest[] | "all" }
  | { readonly type: "cancel" }
  /** Cancels what runs, and ends the process. */
  | { readonly type: "leave" };

/** What a process that runs says to the one that watches. */
export type FromWorker =
  /** As soon as it is known, and again when more is known. */
  | { readonly type: "depends"; readonly dependencies: Dependencies }
  /** Of the store, as it is opened. */
  | { readonly type: "warning"; readonly failure: Failure }
  /** Keys that would be made. */
  | { readonly type: "wants"; readonly keys: readonly Digest[] }
  | { readonly type: "event"; readonly event: RunEvent }
  /** The answer to `drain`. */
  | { readonly type: "kept"; readonly keys: readonly Digest[] }
  | { readonly type: "ended"; readonly end: WorkEnd };

/** How a run ended: with an outcome (`document` is what `--json` prints of it, in one line), with what was wrong with the pipeline, or with a bug of Sluice. */
export type WorkEnd =
  | { readonly kind: "outcome"; readonly status: RunStatus; readonly document: string }
  | { readonly kind: "failure"; readonly failure: Failure }
  | { readonly kind: "bug"; readonly stack: string };

/** A failure that can be sent as JSON: of what lies beneath it only what is shown. */
export function sendable(failure: Failure): Failure {
  const { cause, ...rest } = failure;
  if (cause === undefined) return rest;
  if (typeof cause !== "object" || cause === null) return { ...rest, cause: String(cause) };
  const { name, message, stack } = cause as { name?: unknown; message?: unknown; stack?: unknown };
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
  return { ...rest, cause: { name: text(name), message: text(message), stack: text(stack) } };
}

/** An event that can be sent as JSON. */
export function sendableEvent(event: RunEvent): RunEvent {
  return "failure" in event && event.failure ? { ...event, failure: sendable(event.failure) } : event;
}
