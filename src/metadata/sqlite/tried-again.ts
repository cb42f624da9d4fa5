import { isInFlux } from "./sqlite-error.ts";

const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * What `work` gives, called again every `pauseMs` milliseconds while what it throws is said to pass.
 * @param most milliseconds after which it is not called again
 * @throws what `work` threw last
 */
export function triedAgain<T>(passes: (error: unknown) => boolean, most: number, pauseMs: number, work: () => T): T {
  const begin = performance.now();
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!passes(error) || performance.now() - begin > most) throw error;
      Atomics.wait(pause, 0, 0, pauseMs);
    }
  }
}

/** Milliseconds. A writer is done with the index of the log within microseconds, if it was not killed. */
const mostUnsettled = 1000;

/** What a first read gives, once the index of the log is whole. Only readers that may not write can find it otherwise. */
export function onceSettled<T>(read: () => T): T {
  return triedAgain(isInFlux, mostUnsettled, 1, read);
}
