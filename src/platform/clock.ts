/** Where time comes from; injected wherever a test must choose it. */
export interface Clock {
  /** Milliseconds since 1970; may jump when the system's clock is set. */
  now(): number;
  /** Milliseconds since some fixed moment of this process, with fractions; never goes back. For durations. */
  elapsed(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // not performance.now(): the first use of it makes Node load its hooks, which takes it a millisecond
  elapsed: () => Number(process.hrtime.bigint()) / 1e6,
};
