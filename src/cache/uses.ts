import type { Digest } from "../core/digest.ts";

/** Uses that are noted in one go. */
const most = 1000;
/** Milliseconds that a use may wait to be noted. */
const patience = 1000;

/** Notes when entries were last used, many at a time: what is lost when the process is killed only makes an entry look older. */
export class Uses {
  readonly #write: (keys: readonly Digest[], savedMs: number) => Promise<void>;
  readonly #keys = new Set<Digest>();
  #savedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param write gets what was used, and the milliseconds that this has saved */
  constructor(write: (keys: readonly Digest[], savedMs: number) => Promise<void>) {
    this.#write = write;
  }

  note(key: Digest, savedMs: number): void {
    this.#keys.add(key);
    this.#savedMs += savedMs;
    if (this.#keys.size >= most) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), patience).unref();
  }

  /** Never rejects: see `write`. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#keys.size === 0) return Promise.resolve();
    const keys = [...this.#keys];
    const savedMs = this.#savedMs;
    this.#keys.clear();
    this.#savedMs = 0;
    return this.#write(keys, savedMs);
  }
}
