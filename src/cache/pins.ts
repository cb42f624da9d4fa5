import type { Digest } from "../core/digest.ts";

/** Where the pins of a process are seen by others. */
export interface PinFile {
  pin(key: Digest): void;
  unpin(key: Digest): void;
  close(): void;
}

/** The entries that this process is reading, so that no other one evicts them meanwhile. Each may be read several times at once. */
export class Pins {
  readonly #file: PinFile | undefined;
  readonly #counts = new Map<Digest, number>();

  /** @param file absent where nothing is ever evicted */
  constructor(file: PinFile | undefined) {
    this.#file = file;
  }

  /** To be called before the record is read. */
  pin(key: Digest): void {
    const count = this.#counts.get(key) ?? 0;
    if (count === 0) this.#file?.pin(key);
    this.#counts.set(key, count + 1);
  }

  unpin(key: Digest): void {
    const count = this.#counts.get(key) ?? 0;
    if (count > 1) {
      this.#counts.set(key, count - 1);
      return;
    }
    this.#counts.delete(key);
    if (count === 1) this.#file?.unpin(key);
  }

  close(): void {
    this.#counts.clear();
    this.#file?.close();
  }
}
