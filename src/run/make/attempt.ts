import path from "node:path";
import { format } from "node:util";
import type { LogLevel } from "../../core/event.ts";
import { type Failure, failure, failureOf, SluiceError } from "../../core/failure.ts";
import type { JsonValue } from "../../core/json.ts";
import { placeOf, type Retries, type StageContext, type StageNode } from "../../core/node.ts";
import { thrownText } from "../../core/thrown.ts";
import { systemClock } from "../../platform/clock.ts";
import type { OutsideNotes } from "../outside/outside-notes.ts";
import { AttemptFolder, outputPathsIn } from "./attempt-folder.ts";
import { CallLimits } from "./call-limits.ts";
import { DamagedInput } from "./damaged-input.ts";
import { type Making, makingOf } from "./making.ts";
import { placeInStack } from "./stack-place.ts";
import { withStageOutput } from "./stage-output.ts";

/** What an attempt tells while it works. */
export interface AttemptListener {
  progress(done: number, total: number | undefined): void;
  log(level: LogLevel, text: string): void;
  retrying(attempt: number, delayMs: number, failure: Failure): void;
}

/** What the function gave, and where it left its files. */
export interface Attempted {
  readonly value: unknown;
  readonly meta: { readonly [name: string]: JsonValue };
  /** The absolute path of each named output. */
  readonly outputs: { readonly [name: string]: string };
  /** What the function named of what lies outside of the store; absent where it named nothing. */
  readonly outside?: OutsideNotes | undefined;
  /** The attempt's own folder. */
  readonly tmp: string;
  readonly durationMs: number;
}

export interface AttemptOptions {
  readonly node: string;
  /** What is tried, in messages: the node unless given. */
  readonly called?: string;
  readonly stage: StageNode;
  readonly keys: Making["keys"];
  readonly runId: string;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** A folder that nobody else uses; a folder for each attempt is made in it when it is needed. */
  readonly scratch: string;
  readonly listener: AttemptListener;
  /** Takes what an attempt says that it reads and writes outside of the store. */
  readonly outside: () => OutsideNotes;
  /** The inputs, afresh for each attempt: what one attempt did to them, the next must not see. */
  readonly inputs: () => Promise<Readonly<Record<string, unknown>>>;
  /** Calls the stage's function. */
  readonly call: (inputs: Readonly<Record<string, unknown>>, context: StageContext, folder: AttemptFolder) => unknown;
  /** Takes in what comes bit by bit, in the function's own time and until its limits; gives back every other value at once. */
  readonly absorb: (value: unknown, limits: Pick<CallLimits, "signal">) => unknown;
  /** What is really behind an error of the function, if it is not what it seems: an input that is damaged. */
  readonly cause: (error: unknown) => Promise<Error | undefined>;
  /** Uses what the function gave, while its folder is still there. What it throws counts as the attempt's failure. */
  readonly use: (attempted: Attempted) => Promise<void>;
}

/** How often a stage runs again because what it gave was removed as it was stored. */
const mostRobbed = 3;

/**
 * Calls a stage's function until it succeeds or its retries are used up.
 * @throws SluiceError `stage-failed`, `timed-out`, `cancelled`, and whatever `use` throws
 */
export async function attempt(options: AttemptOptions): Promise<void> {
  const { retries } = options.stage;
  let robbed = 0;
  for (let number = 1; ; number++) {
    try {
      return await once(options, number);
    } catch (error) {
      const failed = failureOf(error);
      const attempts = number - robbed;
      // What cleans the cache may take what a stream was stored as before it is recorded; only the function can give it again.
      const isRobbed = failed?.reason === "missing-blob" && robbed < mostRobbed;
      const again = failed && (isRobbed || (attempts <= retries.times && worthRetrying(failed)));
      if (!again || options.signal.aborted) throw error;
      if (isRobbed) robbed += 1;
      const delayMs = isRobbed ? 0 : delayBefore(attempts, retries);
      options.listener.retrying(number + 1, delayMs, failed);
      await sleep(delayMs, options.signal);
    }
  }
}

function worthRetrying(failed: Failure): boolean {
  return failed.retryable || failed.reason === "stage-failed" || failed.reason === "timed-out";
}

/** Exponential backoff. */
function delayBefore(attempts: number, retries: Retries): number {
  return Math.min(retries.maxDelay, retries.delay * retries.factor ** (attempts - 1));
}

async function once(options: AttemptOptions, number: number): Promise<void> {
  const { stage } = options;
  const inputs = await options.inputs();
  const folder = new AttemptFolder(`${options.scratch}${path.sep}${number}`);
  const limits = new CallLimits(options);
  const meta: Record<string, JsonValue> = {};
  const outputs = outputPathsIn(folder, stage.outputs);
  let outside: OutsideNotes | undefined;
  const notes = (): OutsideNotes => {
    outside ??= options.outside();
    return outside;
  };
  const context = makeContext(options, number, limits, folder, outputs, meta, notes);
  const started = systemClock.elapsed();
  let absorbing: unknown;
  const takeIn = (given: unknown): unknown => {
    absorbing = options.absorb(given, limits);
    return absorbing;
  };
  const call = (): unknown => {
    const given = options.call(inputs, context, folder);
    return isThenable(given) ? Promise.resolve(given).then(takeIn) : takeIn(given);
  };
  try {
    const { node, called = node, keys, listener } = options;
    const making = makingOf(called, keys, limits);
    const value = await limits.settle(() => withStageOutput(making, listener.log, call));
    const durationMs = systemClock.elapsed() - started;
    await options.use({
      value,
      meta,
      // What it names a moment late counts too.
      get outside() {
        return outside;
      },
      outputs: { ...outputs },
      tmp: folder.path,
      durationMs,
    });
  } catch (error) {
    if (error instanceof DamagedInput) throw error;
    // A stream that was given up may still use the folder, for a moment.
    await Promise.allSettled([absorbing]);
    throw (await options.cause(error)) ?? asFailure(error, options, limits);
  } finally {
    await folder.remove();
  }
}

function isThenable(value: unknown): boolean {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

function makeContext(
  options: AttemptOptions,
  number: number,
  limits: CallLimits,
  folder: AttemptFolder,
  outputs: Record<string, string>,
  meta: Record<string, JsonValue>,
  notes: () => OutsideNotes,
): StageContext {
  const { listener, node, runId } = options;
  let log: StageContext["log"] | undefined;
  return {
    get signal() {
      return limits.signal;
    },
    get log() {
      log ??= logTo(listener);
      return log;
    },
    progress: (done, total) => listener.progress(done, total),
    meta: (name, value) => {
      Object.defineProperty(meta, name, { value, enumerable: true, configurable: true, writable: true });
    },
    read: (path, how) => notes().read(path, how),
    wrote: (path, how) => notes().wrote(path, how),
    outputs,
    get tmp() {
      return folder.sub("tmp");
    },
    run: { id: runId, node, attempt: number },
  };
}

function logTo(listener: AttemptListener): StageContext["log"] {
  const log =
    (level: LogLevel) =>
    (...parts: unknown[]) =>
      listener.log(level, format(...parts));
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

function asFailure(error: unknown, options: AttemptOptions, limits: CallLimits): SluiceError {
  const { node, called = node, stage, signal } = options;
  const ours = failureOf(error);
  const declared = placeOf(stage);
  // A run that the function began, and that was cancelled, is to the function's own run a failure like any other.
  const isOthers = ours?.reason === "cancelled" && !signal.aborted && !limits.isGivenUp;
  if (ours && !isOthers)
    return new SluiceError({ ...(declared ? { where: declared } : {}), ...ours, node: ours.node ?? node });
  const where = placeInStack(error) ?? declared;
  return new SluiceError(
    failure("stage-failed", `${called} failed: ${ours?.message ?? thrownText(error)}`, {
      node,
      cause: error,
      ...(where ? { where } : {}),
    }),
  );
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = (): void => {
    clearTimeout(timer);
    resolve();
  };
  signal.addEventListener("abort", stop, { once: true });
  return promise.finally(() => signal.removeEventListener("abort", stop));
}
