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
import { DamagedInput } from "./damaged-input.ts";
import { isInThread } from "./executor.ts";
import { placeInStack } from "./stack-place.ts";
import { type Making, withStageOutput } from "./stage-output.ts";

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
  /** What the function named of what lies outside of the store. */
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
  /** Takes in what comes bit by bit, in the function's own time; gives back every other value. */
  readonly absorb: (value: unknown, signal: AbortSignal) => unknown;
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
  const controller = new AbortController();
  const meta: Record<string, JsonValue> = {};
  const outputs = outputPathsIn(folder, stage.outputs);
  const outside = options.outside();
  const context = makeContext(options, number, controller.signal, folder, outputs, meta, outside);
  const started = systemClock.elapsed();
  let absorbing: unknown;
  const call = async (): Promise<unknown> => {
    const given = await options.call(inputs, context, folder);
    absorbing = options.absorb(given, controller.signal);
    return absorbing;
  };
  try {
    const value = await settle(call, options, controller);
    const durationMs = systemClock.elapsed() - started;
    await options.use({ value, meta, outside, outputs: { ...outputs }, tmp: folder.path, durationMs });
  } catch (error) {
    if (error instanceof DamagedInput) throw error;
    // A stream that was given up may still use the folder, for a moment.
    await Promise.allSettled([absorbing]);
    throw (await options.cause(error)) ?? asFailure(error, options);
  } finally {
    await folder.remove();
  }
}

/** The function's end, or its time limit, or the run's cancellation, whichever comes first. */
function settle(call: () => unknown, options: AttemptOptions, controller: AbortController): Promise<unknown> {
  const { node, called = node, stage, keys, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let started = false;
  const stop = (reason: Failure): void => {
    const error = new SluiceError(reason);
    // A program or a thread ends soon after, and until then it may write: it is waited for, a function here is not.
    if (!started || !(stage.command || isInThread(stage))) reject(error);
    controller.abort(error);
  };
  const cancel = (): void => stop(failure("cancelled", `${called} was cancelled`, { node }));
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  const timer =
    stage.timeout === undefined
      ? undefined
      : setTimeout(() => {
          const hint = stage.command
            ? "raise its `timeout`"
            : "raise its `timeout`, or make it give up by itself through `context.signal`";
          stop(failure("timed-out", `${called} took longer than ${stage.timeout} ms`, { node, hint, retryable: true }));
        }, stage.timeout);
  const log = options.listener.log;
  if (!signal.aborted) {
    started = true;
    withStageOutput({ called, keys }, log, async () => call()).then(resolve, reject);
  }
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
  });
}

function makeContext(
  options: AttemptOptions,
  number: number,
  signal: AbortSignal,
  folder: AttemptFolder,
  outputs: Record<string, string>,
  meta: Record<string, JsonValue>,
  outside: OutsideNotes,
): StageContext {
  const { listener, node, runId } = options;
  const log =
    (level: LogLevel) =>
    (...parts: unknown[]) =>
      listener.log(level, format(...parts));
  return {
    signal,
    log: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    progress: (done, total) => listener.progress(done, total),
    meta: (name, value) => {
      Object.defineProperty(meta, name, { value, enumerable: true, configurable: true, writable: true });
    },
    read: (path, how) => outside.read(path, how),
    wrote: (path, how) => outside.wrote(path, how),
    outputs,
    get tmp() {
      return folder.sub("tmp");
    },
    run: { id: runId, node, attempt: number },
  };
}

function asFailure(error: unknown, { node, called = node, stage }: AttemptOptions): SluiceError {
  const ours = failureOf(error);
  const declared = placeOf(stage);
  if (ours) return new SluiceError({ ...(declared ? { where: declared } : {}), ...ours, node: ours.node ?? node });
  const where = placeInStack(error) ?? declared;
  return new SluiceError(
    failure("stage-failed", `${called} failed: ${thrownText(error)}`, {
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
