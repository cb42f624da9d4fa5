/** A thread ended by itself, and not by an error. */
export class ThreadExit extends Error {
  /** As `process.exit()` was given it. */
  readonly code: number;

  constructor(code: number) {
    super(`the thread ended with the exit code ${code}`);
    this.code = code;
  }
}

/** A thread was ended because its heap had grown too large. */
export class HeapTooLarge extends Error {
  /** Bytes that were seen. */
  readonly size: number;

  constructor(size: number) {
    super(`the heap of the thread grew to ${size} bytes`);
    this.size = size;
  }
}
