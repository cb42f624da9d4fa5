import { isInFlux } from "./sqlite-error.ts";

/** Milliseconds. A writer is done with the index of the log within microseconds, if it was not killed. */
const mostPaused = 1000;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * What a first read gives, once the index of the log is whole. Only readers that may not write can find it otherwise. The clock is
 * not asked: modules may be loading that are watched as they ask for it.
 * @throws what `read` threw last
 */
export function onceSettled<T>(read: () => T): T {
  for (let paused = 0; ; paused++) {
    try {
      return read();
    } catch (error) {
      if (!isInFlux(error) || paused >= mostPaused) throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}
