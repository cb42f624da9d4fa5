import { captureSite } from "../analyse/calls/site.ts";
import { fingerprint } from "../core/canonical.ts";
import type { Digest } from "../core/digest.ts";
import { fail, failureOf } from "../core/failure.ts";
import type { JsonValue } from "../core/json.ts";
import { saltedCodeVersion } from "../core/key.ts";
import { shortText } from "../core/short-text.ts";
import { systemClock } from "../platform/clock.ts";
import type { SourceContext } from "../run/sources/sources.ts";
import { CacheKey } from "./key.ts";
import { KeyBuilder } from "./key-builder.ts";
import { MemoizedCode } from "./memo.ts";
import { aFunction, aSignal, aText, checkOptions } from "./options.ts";
import type { Result } from "./result.ts";
import { sizeOf } from "./result.ts";
import type { Shelf } from "./shelf.ts";
import { Troubles } from "./troubles.ts";
import { type Obtained, type ProduceContext, type WrapOptions, Wrapper } from "./wrap.ts";
import { Writer } from "./writer.ts";

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

interface CacheParts {
  readonly shelf: Shelf;
  readonly context: SourceContext;
  readonly close: () => Promise<void>;
}

/**
 * A cache of entries, each found by a key that says what it is made of: Sluice's store without a pipeline. Any number of processes
 * may use one at once. Made by `openCache`.
 *
 * What a call resolved with survives the end of the process, and a power cut a moment later: `flush` and `close` wait for the disk.
 */
export class Cache implements AsyncDisposable {
  readonly #parts: CacheParts;
  readonly #shelf: Shelf;
  readonly #wrapper: Wrapper;
  #code: Promise<MemoizedCode> | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(parts: CacheParts) {
    this.#parts = parts;
    this.#shelf = parts.shelf;
    this.#wrapper = new Wrapper(parts.shelf);
  }

  /** Absolute path of the folder that paths are relative to. */
  get root(): string {
    return this.#shelf.store.root;
  }

  /** Absolute path of the cache; undefined where it could not be made, and all lasts as long as the process. */
  get path(): string | undefined {
    return this.#shelf.store.cacheDir;
  }

  /** Whether nothing can be written: entries are found, and none are kept. */
  get readOnly(): boolean {
    return this.#shelf.readOnly;
  }

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
  key(label = "cache"): KeyBuilder {
    return new KeyBuilder(label, this.#parts.context);
  }

  /**
   * The entry of a key; undefined where there is none. It costs one read of a record: content is read, and checked, when it is
   * asked for. Close the result when it is read, for until then nobody can evict it.
   * @throws SluiceError what is wrong with the key; what the store throws
   */
  get(key: CacheKey): Promise<Result | undefined> {
    return this.#doing("get", key, () => this.#shelf.find(key));
  }

  /** Whether there is an entry. It may be gone a moment later, and it may be damaged: `get` is how to use one. */
  has(key: CacheKey): Promise<boolean> {
    return this.#doing("has", key, () => this.#shelf.has(key));
  }

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
  put(key: CacheKey): Writer {
    return new Writer(key, (writer, durationMs) =>
      this.#doing("put", key, async () => {
        // Before anything is copied, so that a wrong key costs nothing.
        const { digest } = key;
        if (this.readOnly) fail("read-only", `the entry ${digest.slice(0, 12)} cannot be kept: the cache is read-only`);
        const { unrecorded } = await this.#shelf.keep(key, writer, durationMs);
        if (unrecorded === undefined) return;
        fail("input-changed", `the entry was not kept: ${unrecorded}`, {
          hint: "take the key before the work, and do the work again",
          retryable: true,
        });
      }),
    );
  }

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
  wrap(
    key: CacheKey,
    produce: (context: ProduceContext) => unknown,
    options: WrapOptions & Partial<ReadOptions<unknown>> = {},
  ): Promise<unknown> {
    return this.#doing("wrap", key, () => {
      if (typeof produce !== "function") fail("usage", "wrap() needs a function as its second argument");
      checkOptions("wrap()", options, { format: aText, signal: aSignal, read: aFunction });
      const { format = "auto", signal, read } = options;
      const making = { produce, format, signal, keepsNothing: read !== undefined };
      return this.#wrapper.wrap(key, making, read ?? ((result) => result.value()));
    });
  }

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
    options: MemoOptions = {},
  ): (...args: Arguments) => Promise<Awaited<Returned>> {
    if (typeof fn !== "function") fail("usage", "memo() needs a function as its first argument");
    checkOptions("memo()", options, { name: aText, version: aText, format: aText, signal: aSignal });
    const { name = fn.name || "memo", version, format = "auto", signal } = options;
    const site = captureSite();
    const captured = version === undefined ? "error" : "ignore";
    const call = async (args: Arguments): Promise<unknown> => {
      // Before anything is waited for: the caller may change them afterwards.
      const taken = fingerprint(args);
      const preview = shortText(args);
      return this.#doing("memo", undefined, async () => {
        const code = await (await this.#codeOf()).of({ site, name, fn, captured });
        const making = { produce: () => fn(...args), format, signal, keepsNothing: false, code: code.parts };
        const input = { name: "arguments", kind: "value", version: taken, preview } as const;
        const key = new CacheKey(
          {
            label: name,
            inputs: [{ input, isNamed: true }],
            troubles: new Troubles(),
            codeVersion: saltedCodeVersion(code.parts.version, version),
            changedElse: code.changedCapture,
          },
          systemClock.elapsed(),
        );
        return this.#wrapper.wrap(key, making, (result) => result.value());
      });
    };
    return (...args) => call(args) as Promise<Awaited<Returned>>;
  }

  /** Removes an entry. @returns whether there was one */
  delete(key: CacheKey): Promise<boolean> {
    return this.#doing("delete", key, async () => {
      const record = await this.#shelf.store.metadata.getResult(key.digest);
      return record !== undefined && (await this.#shelf.remove([record], "deleted")) > 0;
    });
  }

  /**
   * Removes all entries, or those of one label; results of pipelines in the same cache stay. The space is free after `gc`.
   * @returns how many there were
   */
  clear(options: { readonly label?: string } = {}): Promise<number> {
    return this.#doing("clear", undefined, async () => {
      checkOptions("clear()", options, { label: aText });
      let removed = 0;
      let some = [];
      for await (const record of this.#records(options.label)) {
        if (some.push(record) < 1000) continue;
        removed += await this.#shelf.remove(some, "cleared");
        some = [];
      }
      return removed + (some.length > 0 ? await this.#shelf.remove(some, "cleared") : 0);
    });
  }

  /** Every entry, or those of one label, in no particular order. Others may come and go meanwhile. */
  async *entries(options: { readonly label?: string } = {}): AsyncGenerator<CacheEntry, void, undefined> {
    checkOptions("entries()", options, { label: aText });
    const { metadata } = this.#shelf.store;
    for await (const record of this.#records(options.label)) {
      const { key, node: label, artifacts, createdAt, durationMs, meta } = record;
      const lastUsed = (await metadata.lastUsed(key)) ?? createdAt;
      const [made, used] = [new Date(createdAt), new Date(lastUsed)];
      yield { key, label, size: sizeOf(artifacts), createdAt: made, lastUsed: used, durationMs, meta };
    }
  }

  /** Resolves when all that was kept survives a power cut. @throws SluiceError `io`, `no-space` */
  flush(): Promise<void> {
    return this.#doing("flush", undefined, async () => {
      await this.#shelf.flush();
      await this.#shelf.store.metadata.synced();
    });
  }

  /** Waits for the disk, and lets go of everything. Copies of files that `result.file` gave are gone afterwards. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      try {
        await this.#shelf.flush();
        await this.#shelf.store.metadata.synced();
      } finally {
        await this.#parts.close();
      }
    })();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#records(label: string | undefined) {
    for await (const record of this.#shelf.store.metadata.allResults()) {
      if (record.kind === "entry" && (label === undefined || record.node === label)) yield record;
    }
  }

  #codeOf(): Promise<MemoizedCode> {
    this.#code ??= import("./memo-code.ts").then(
      ({ FunctionVersions }) => new MemoizedCode(new FunctionVersions(this.#shelf.store)),
    );
    return this.#code;
  }

  /** Runs a call, and tells the hook `error` of one that fails for a reason of ours. */
  async #doing<T>(operation: string, key: CacheKey | undefined, work: () => Promise<T>): Promise<T> {
    try {
      if (this.#closing) fail("usage", "the cache is closed");
      return await work();
    } catch (error) {
      if (failureOf(error)) this.#shelf.teller.error({ operation, error, ...(key ? { label: key.label } : {}) });
      throw error;
    }
  }
}
