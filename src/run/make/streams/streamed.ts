import path from "node:path";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { fail } from "../../../core/failure.ts";
import { rowFormatOf } from "../../../store/rows/row-formats.ts";
import type { AbsorbOptions } from "./absorb.ts";
import { BytesTaker } from "./bytes-taker.ts";
import type { StreamSource } from "./stream-source.ts";
import { isBytes, RowsTaker, type Taker } from "./taker.ts";

/** How long this thread may be held, in milliseconds, before timers and others get their turn. */
const longestTurn = 20;
/** How many items are taken between two looks at the clock. */
const looksAtClock = 16;
/** How long the end of a stream that was given up is waited for, in milliseconds: its `finally` may have to wait, too. */
const grace = 1000;

/**
 * Takes what comes bit by bit into a store as it comes, in constant memory, and gives what stands for it in a value: the
 * reference of a file for bytes, that of rows for rows.
 * @throws SluiceError `unversionable`, `unsupported-value`; what the stream throws; the signal's reason when it is aborted,
 *   then at most a second later
 */
export async function streamed(source: StreamSource, options: AbsorbOptions): Promise<unknown> {
  const { signal } = options;
  let taker: Taker | undefined;
  const giveUp = async (reason: unknown): Promise<void> => {
    taker?.discard();
    const stopped = source.stop(reason).catch(() => {});
    await Promise.race([stopped, sleep(grace, undefined, { ref: false })]);
  };
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => {
    giveUp(signal.reason).then(() => aborted.reject(signal.reason));
  };
  signal.addEventListener("abort", abort, { once: true });
  const take = async (): Promise<unknown> => {
    try {
      const first = await source.next();
      signal.throwIfAborted();
      taker = await takerFor(first, source, options);
      await takeAll(first, source, taker, options);
      return await taker.commit();
    } catch (error) {
      if (!signal.aborted) await giveUp(error);
      throw error;
    }
  };
  try {
    const taking = take();
    // When it is given up, nobody waits for it any more.
    taking.catch(() => {});
    if (signal.aborted) abort();
    return await Promise.race([
      taking.catch((error) => (signal.aborted ? aborted.promise : Promise.reject(error))),
      aborted.promise,
    ]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function takerFor(first: IteratorResult<unknown>, source: StreamSource, options: AbsorbOptions): Promise<Taker> {
  const { stage, blobs, scratch, signal } = options;
  const { format, output } = stage;
  const alwaysBytes = format === "bytes" || format === "text" || format === "file";
  if (stage.formatOptions !== null && stage.formatOptions !== undefined) {
    fail("invalid-definition", `the format "${format}" has no options`, { hint: "leave `formatOptions` out" });
  }
  if (alwaysBytes || (format === "auto" && (first.done ? source.isBytes : isBytes(first.value)))) {
    const name = `stream${output === undefined ? "" : path.extname(output)}`;
    return new BytesTaker({ blobs, format, name });
  }
  const rowFormat = await rowFormatOf(format);
  signal.throwIfAborted();
  return new RowsTaker({ blobs, scratch, name: format, format: rowFormat });
}

async function takeAll(
  first: IteratorResult<unknown>,
  source: StreamSource,
  taker: Taker,
  { signal, progress }: AbsorbOptions,
): Promise<void> {
  let turn = performance.now();
  let step = first;
  for (let items = 1; !step.done; items++) {
    const added = taker.add(step.value);
    if (added) await added;
    if ((added || items % looksAtClock === 0) && performance.now() - turn > longestTurn) {
      progress(taker.done, source.size, taker.unit);
      await nextTurn();
      turn = performance.now();
    }
    if (signal.aborted) throw signal.reason;
    const next = source.next();
    step = "then" in next ? await next : next;
  }
  if (signal.aborted) throw signal.reason;
  progress(taker.done, source.size ?? taker.done, taker.unit);
}
