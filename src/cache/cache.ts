import type { Writable } from "node:stream";
import type { Digest } from "../core/digest.ts";
import type { Duration } from "../core/duration.ts";
import type { JsonValue } from "../core/json.ts";
import type { Exported } from "../run/archive/export.ts";
import type { Imported } from "../run/archive/import.ts";
import type { Garbage } from "../run/keeping/collect-garbage.ts";
import type { Pruned } from "../run/keeping/prune.ts";
import type { Statistics } from "../run/keeping/statistics.ts";
import type { CacheKey, KeyBuilder } from "./key.ts";
import type { Writer } from "./pieces.ts";
import type { Result } from "./result.ts";
import type { Obtained, ProduceContext, WrapOptions } from "./wrap.ts";

export interface GetOptions {
  /** How old an entry may be that is used; of any age unless given. */
  readonly maxAge?: Duration;
}

export interface ReadOptions<T> extends WrapOptions {
  /**
   * Reads what is wanted of the entry, right after it was found or made. If what it reads turns out damaged, the entry is made anew
   * and it is called again.
   */
  readonly read: (result: Result, how: Obtained) => T | Promise<T>;
}

export interface MemoOptions extends WrapOptions {
  /** The label of its entries; the name of the function unless given. */
  readonly name?: string;
  /**
   * A version by hand, added to that of the code. With it, captured variables that cannot be versioned are no error: they are
   * looked after by hand.
   */
  readonly version?: string;
}

export interface PruneOptions {
  /** What was made longer ago than this. */
  readonly olderThan?: Duration;
  /** What was last used, or made, longer ago than this. Where both are given, both must hold. */
  readonly unusedFor?: Duration;
  /** Only say what would go; false unless given. */
  readonly dryRun?: boolean;
}

export interface ExportOptions {
  /** Only entries with these labels; everything in the cache unless given. */
  readonly labels?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface ImportOptions {
  /** Only check, and say what there is; false unless given. */
  readonly dryRun?: boolean;
  /** The most bytes that it may unpack to; 1 GiB, or a hundred times what was read of it, unless given. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** An entry, as a list shows it. */
export interface CacheEntry {
  readonly key: Digest;
  readonly label: string;
  /** Bytes of all that it holds. */
  readonly size: number;
  readonly createdAt: Date;
  /** When it was last used, or made. */
  readonly lastUsed: Date;
  /** Milliseconds that it took to make. */
  readonly durationMs: number;
  readonly meta: { readonly [name: string]: JsonValue };
}

/**
 * A cache of entries, each found by a key that says what it is made of: Sluice's store without a pipeline. Any number of processes
 * may use one at once. Made by `openCache`.
 *
 * What a call resolved with survives the end of the process, and a power cut a moment later: `flush` and `close` wait for the disk.
 */
export interface Cache extends AsyncDisposable {
  /** Absolute path of the folder that paths are relative to. */
  readonly root: string;

  /** Absolute path of the cache; undefined where it could not be made, and all lasts as long as the process. */
  readonly path: string | undefined;

  /** Whether nothing can be written: entries are found, and none are kept. */
  readonly readOnly: boolean;

  /**
   * Begins a key.
   * @param label what kind of entry it is for, which counts: two things made of equal inputs need two labels; `cache` unless given
   *
   * @example
   * ```ts
   * import { openCache } from "sluice/cache";
   *
   * await using cache = await openCache();
   * const key = cache.key("thumbnail").file("photo.jpg").value("size", { width: 200 }).version("v1").build();
   * ```
   */
  key(label?: string): KeyBuilder;

  /**
   * The entry of a key; undefined where there is none. It costs one read of a record: content is read, and checked, when it is
   * asked for. Close the result when it is read, for until then nobody can evict it.
   * @throws SluiceError what is wrong with the key; what the store throws
   */
  get(key: CacheKey, options?: GetOptions): Promise<Result | undefined>;

  /** Whether there is an entry. It may be gone a moment later, and it may be damaged: `get` is how to use one. */
  has(key: CacheKey, options?: GetOptions): Promise<boolean>;

  /**
   * Begins an entry, which ends with `commit()`: one that is there already is replaced, whole.
   *
   * @example
   * ```ts
   * import { openCache } from "sluice/cache";
   *
   * await using cache = await openCache();
   * const key = cache.key("bundle").dir("src").version("v1").build();
   * await cache.put(key).file("app.js", "build/app.js").meta("lines", 120).commit();
   * ```
   */
  put(key: CacheKey): Writer;

  /**
   * The value of a key: read where there is an entry, else made by `produce` and kept. However many ask for it at once, here and
   * in other processes, it is made once. A damaged entry is made anew. What `produce` throws is thrown, and nothing is kept. If an
   * input of the key was changed meanwhile, the value is returned, not kept, and a warning says so.
   *
   * Everybody gets a value of their own, decoded from what is kept, whoever made it.
   *
   * @example
   * ```ts
   * import { readFile } from "node:fs/promises";
   * import { openCache } from "sluice/cache";
   *
   * await using cache = await openCache();
   * const key = cache.key("words").file("words.txt").version("v1").build();
   * const count = await cache.wrap(key, async () => (await readFile("words.txt", "utf8")).split(/\s+/).length);
   * ```
   */
  wrap<T>(key: CacheKey, produce: (context: ProduceContext) => T | Promise<T>, options?: WrapOptions): Promise<T>;

  /** The same for an entry of files, folders and bytes, which `produce` puts, and `read` reads. */
  wrap<T>(key: CacheKey, produce: (context: ProduceContext) => unknown, options: ReadOptions<T>): Promise<T>;

  /**
   * A function that remembers, in the cache, what another one gave for its arguments. What counts is its code, with all that this
   * reaches in this and other modules, the values of variables that it captures, and its arguments: change a helper, and it is
   * called anew.
   *
   * @param fn gets plain data as arguments; what it returns is awaited
   * @throws SluiceError when called: `captured-variable`, `unversionable` for an argument that is no data
   *
   * @example
   * ```ts
   * import { openCache } from "sluice/cache";
   *
   * await using cache = await openCache();
   * const primes = cache.memo(function primes(limit: number) {
   *   return Array.from({ length: limit }, (_, n) => n).filter((n) => n > 1 && !/^(11+?)\1+$/.test("1".repeat(n)));
   * });
   * const few: number[] = await primes(100);
   * ```
   */
  memo<Arguments extends readonly unknown[], Returned>(
    fn: (...args: Arguments) => Returned,
    options?: MemoOptions,
  ): (...args: Arguments) => Promise<Awaited<Returned>>;

  /** Removes an entry. @returns whether there was one */
  delete(key: CacheKey): Promise<boolean>;

  /**
   * Removes all entries, or those of one label; results of pipelines in the same cache stay. The space is free after `gc`.
   * @returns how many there were
   */
  clear(options?: { readonly label?: string }): Promise<number>;

  /** Every entry, or those of one label, in no particular order. Others may come and go meanwhile. */
  entries(options?: { readonly label?: string }): AsyncGenerator<CacheEntry, void, undefined>;

  /**
   * Removes what was made, or last used, too long ago. Results of pipelines in the same cache count as well; what is pinned or read
   * at the moment stays.
   */
  prune(options: PruneOptions): Promise<Pruned>;

  /** Removes what nobody can find: blobs that no entry refers to, what dead processes left, what was set aside as damaged. */
  gc(options?: { readonly dryRun?: boolean }): Promise<Garbage>;

  /** How much is kept, for what, and what time that has saved; results of pipelines in the same cache count as well. */
  stats(): Promise<Statistics>;

  /** Keeps an entry from being evicted or pruned, whether it is there already or not. */
  pin(key: CacheKey): Promise<void>;

  /** Undoes `pin`. @returns whether the entry was pinned */
  unpin(key: CacheKey): Promise<boolean>;

  /**
   * Writes entries, with all that they need, as one stream, which is ended: the whole cache, or what has one of these labels.
   * Damaged ones are left out.
   *
   * @example
   * ```ts
   * import { createWriteStream } from "node:fs";
   * import { openCache } from "sluice/cache";
   *
   * await using cache = await openCache();
   * const { results, leftOut } = await cache.export(createWriteStream("cache.sluice"), { labels: ["thumbnail"] });
   * ```
   */
  export(to: Writable, options?: ExportOptions): Promise<Exported>;

  /**
   * Takes in what `export` has written, here or elsewhere: all of it, or, where something of it is not as it should be, nothing.
   * What an entry says it was made of nobody can check: take only what comes from somebody you trust.
   */
  import(source: AsyncIterable<Uint8Array>, options?: ImportOptions): Promise<Imported>;

  /** Resolves when all that was kept survives a power cut. @throws SluiceError `io`, `no-space` */
  flush(): Promise<void>;

  /** Waits for the disk, and lets go of everything. Copies of files that `result.file` gave are gone afterwards. */
  close(): Promise<void>;
}
