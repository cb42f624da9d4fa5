import type { Digest } from "../core/digest.ts";
import { failureOf } from "../core/failure.ts";

/** What every event of a cache tells. */
interface OfEntry {
  readonly key: Digest;
  /** The label of the key. */
  readonly label: string;
}

/** An entry was there. */
export interface CacheHit extends OfEntry {
  /** Bytes of all that it holds. */
  readonly size: number;
  /** Milliseconds that it took to make. */
  readonly savedMs: number;
  /** Somebody else was making it, here or in another process; this call waited for it. */
  readonly shared: boolean;
}

/** An entry was not there, or is not to be used. */
export interface CacheMiss extends OfEntry {
  readonly why: "absent" | "too-old";
}

/** An entry was recorded. */
export interface CachePut extends OfEntry {
  /** Bytes of all that it holds. */
  readonly size: number;
  /** Milliseconds that it took to make. */
  readonly durationMs: number;
}

/** An entry is gone. */
export interface CacheEviction extends OfEntry {
  /** `damaged`: what it held was not what was put there. */
  readonly why: "damaged" | "deleted" | "cleared" | "pruned" | "evicted";
}

/** A call on a cache failed, or met damage. */
export interface CacheTrouble extends Partial<OfEntry> {
  /** What was being done: the name of the method. */
  readonly operation: string;
  readonly error: unknown;
}

/**
 * Functions that are told what happens in a cache, after it has happened, by the call in which it did. They may use the cache.
 * What one of them throws breaks nothing: it is told to `error`, and if that throws too, it becomes a warning of the process.
 */
export interface CacheHooks {
  readonly hit?: (event: CacheHit) => void;
  readonly miss?: (event: CacheMiss) => void;
  readonly put?: (event: CachePut) => void;
  readonly evict?: (event: CacheEviction) => void;
  readonly error?: (event: CacheTrouble) => void;
}

export const hookNames = ["hit", "miss", "put", "evict", "error"] as const satisfies readonly (keyof CacheHooks)[];

/** Tells the hooks of one cache. */
export class Teller {
  readonly #hooks: CacheHooks;

  constructor(hooks: CacheHooks) {
    this.#hooks = hooks;
  }

  hit(event: CacheHit): void {
    if (this.#hooks.hit) this.#tell("hit", () => this.#hooks.hit!(event));
  }

  miss(event: CacheMiss): void {
    if (this.#hooks.miss) this.#tell("miss", () => this.#hooks.miss!(event));
  }

  put(event: CachePut): void {
    if (this.#hooks.put) this.#tell("put", () => this.#hooks.put!(event));
  }

  evict(event: CacheEviction): void {
    if (this.#hooks.evict) this.#tell("evict", () => this.#hooks.evict!(event));
  }

  error(event: CacheTrouble): void {
    const { error } = this.#hooks;
    if (!error) return;
    try {
      error(event);
    } catch (thrown) {
      process.emitWarning(`the hook "error" of a cache threw: ${textOf(thrown)}`, "SluiceWarning");
    }
  }

  #tell(name: keyof CacheHooks, tell: () => void): void {
    try {
      tell();
    } catch (error) {
      if (this.#hooks.error) this.error({ operation: `hook ${name}`, error });
      else process.emitWarning(`the hook "${name}" of a cache threw: ${textOf(error)}`, "SluiceWarning");
    }
  }
}

function textOf(error: unknown): string {
  return failureOf(error)?.message ?? (error instanceof Error ? error.message : String(error));
}
