import type { Digest } from "../core/digest.ts";

/** Uses that are noted in one go. */
const most = 1000;
/** Milliseconds that a use may wait to be noted. */
const patience = 1000;

/** Notes when entries were last used, many at a time: what is lost when the process is killed only makes an entry look older. */
export class Uses {
  readonly #write: (keys: readonly Digest[]) => Promise<void>;
  readonly #keys = new Set<Digest>();
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (keys: readonly Digest[]) => Promise<void>) {
    this.#write = write;
  }

  note(key: Digest): void {
    this.#keys.add(key);
    if (this.#keys.size >= most) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), patience).unref();
  }

  /** Never rejects: see `write`. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#keys.size === 0) return Promise.resolve();
    const keys = [...this.#keys];
    this.#keys.clear();
    return this.#write(keys);
  }
}
