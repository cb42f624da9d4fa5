import type { Writable } from "node:stream";
import { captureSite } from "../analyse/calls/site.ts";
import { milliseconds } from "../core/duration.ts";
import { fail, failureOf } from "../core/failure.ts";
import { saltedCodeVersion } from "../core/key.ts";
import { systemClock } from "../platform/clock.ts";
import { shownText } from "../platform/shown-text.ts";
import type { Exported } from "../run/archive/export.ts";
import type { Imported } from "../run/archive/import.ts";
import type { Garbage } from "../run/keeping/collect-garbage.ts";
import type { Pruned } from "../run/keeping/prune.ts";
import type { Statistics } from "../run/keeping/statistics.ts";
import type { SourceContext } from "../run/sources/sources.ts";
import type { Store } from "../run/workspace.ts";
import type {
  Cache,
  CacheEntry,
  ExportOptions,
  GetOptions,
  ImportOptions,
  MemoOptions,
  PruneOptions,
  ReadOptions,
} from "./cache.ts";
import { GivenArguments } from "./given-arguments.ts";
import type { CacheKey, KeyBuilder } from "./key.ts";
import { InputList } from "./key-builder.ts";
import { MemoizedCode } from "./memo.ts";
import { aBoolean, aDuration, aFunction, aSignal, aSize, aText, checkOptions, texts } from "./options.ts";
import type { Writer } from "./pieces.ts";
import type { Result } from "./result.ts";
import type { Shelf } from "./shelf.ts";
import { sizeOf } from "./stored-result.ts";
import { TakenKey } from "./taken-key.ts";
import { Troubles } from "./troubles.ts";
import { type ProduceContext, type WrapOptions, Wrapper } from "./wrap.ts";
import { PieceWriter } from "./writer.ts";

const wrapRules = { format: aText, maxAge: aDuration, signal: aSignal };

interface CacheParts {
  readonly shelf: Shelf;
  readonly context: SourceContext;
  readonly close: () => Promise<void>;
}

/** A cache of entries in a store. */
export class StoredCache implements Cache {
  readonly #parts: CacheParts;
  readonly #shelf: Shelf;
  readonly #wrapper: Wrapper;
  #code: Promise<MemoizedCode> | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: CacheParts) {
    this.#parts = parts;
    this.#shelf = parts.shelf;
    this.#wrapper = new Wrapper(parts.shelf);
  }

  /** What it keeps its entries in. */
  get store(): Store {
    return this.#shelf.store;
  }

  get root(): string {
    return this.#shelf.store.root;
  }

  get path(): string | undefined {
    return this.#shelf.store.cacheDir;
  }

  get readOnly(): boolean {
    return this.#shelf.readOnly;
  }

  key(label = "cache"): KeyBuilder {
    return new InputList(label, this.#parts.context);
  }

  get(key: CacheKey, options?: GetOptions): Promise<Result | undefined> {
    return this.#doing("get", key, () => {
      checkOptions("get()", options, { maxAge: aDuration });
      return this.#shelf.find(taken(key), { maxAge: milliseconds(options?.maxAge) });
    });
  }

  has(key: CacheKey, options?: GetOptions): Promise<boolean> {
    return this.#doing("has", key, () => {
      checkOptions("has()", options, { maxAge: aDuration });
      return this.#shelf.has(taken(key), milliseconds(options?.maxAge));
    });
  }

  put(key: CacheKey): Writer {
    return new PieceWriter(taken(key), (writer, durationMs) =>
      this.#doing("put", key, async () => {
        // Before anything is copied, so that a wrong key costs nothing.
        const { digest } = key;
        if (this.readOnly) fail("read-only", `the entry ${digest.slice(0, 12)} cannot be kept: the cache is read-only`);
        const { unrecorded } = await this.#shelf.keep(taken(key), writer, durationMs);
        if (unrecorded === undefined) return;
        fail("input-changed", `the entry was not kept: ${unrecorded}`, {
          hint: "take the key before the work, and do the work again",
          retryable: true,
        });
      }),
    );
  }

  wrap<T>(key: CacheKey, produce: (context: ProduceContext) => T | Promise<T>, options?: WrapOptions): Promise<T>;
  wrap<T>(key: CacheKey, produce: (context: ProduceContext) => unknown, options: ReadOptions<T>): Promise<T>;
  wrap(
    key: CacheKey,
    produce: (context: ProduceContext) => unknown,
    options: WrapOptions & Partial<ReadOptions<unknown>> = {},
  ): Promise<unknown> {
    return this.#doing("wrap", key, () => {
      if (typeof produce !== "function") fail("usage", "wrap() needs a function as its second argument");
      checkOptions("wrap()", options, { ...wrapRules, read: aFunction });
      const { format = "auto", signal, read } = options;
      const maxAge = milliseconds(options.maxAge);
      const making = { produce, format, signal, maxAge, keepsNothing: read !== undefined };
      return this.#wrapper.wrap(taken(key), making, read ?? ((result) => result.value()));
    });
  }

  memo<Arguments extends readonly unknown[], Returned>(
    fn: (...args: Arguments) => Returned,
    options: MemoOptions = {},
  ): (...args: Arguments) => Promise<Awaited<Returned>> {
    if (typeof fn !== "function") fail("usage", "memo() needs a function as its first argument");
    checkOptions("memo()", options, { ...wrapRules, name: aText, version: aText });
    const { name = fn.name || "memo", version, format = "auto", signal } = options;
    const maxAge = milliseconds(options.maxAge);
    const site = captureSite();
    const captured = version === undefined ? "error" : "ignore";
    const call = async (args: Arguments): Promise<unknown> => {
      // Before anything is waited for: the caller may change them afterwards.
      const given = new GivenArguments(args);
      const preview = shownText(args);
      return this.#doing("memo", undefined, async () => {
        const code = await (await this.#codeOf()).of({ site, name, fn, captured, classes: given.classes });
        const making = {
          produce: () => fn(...(given.taken() as Arguments)),
          format,
          signal,
          maxAge,
          keepsNothing: false,
          code: code.parts,
        };
        const shown = preview === undefined ? {} : { preview };
        const input = { name: "arguments", kind: "value", version: given.version, ...shown } as const;
        const key = new TakenKey(
          {
            label: name,
            inputs: [{ input, isNamed: true }],
            troubles: new Troubles(),
            codeVersion: saltedCodeVersion(code.parts.version, version),
            changedElse: () => given.changed() ?? code.changed(),
          },
          systemClock.elapsed(),
        );
        return this.#wrapper.wrap(key, making, (result) => result.value());
      });
    };
    return (...args) => call(args) as Promise<Awaited<Returned>>;
  }

  delete(key: CacheKey): Promise<boolean> {
    return this.#doing("delete", key, async () => {
      const record = await this.#shelf.store.metadata.getResult(taken(key).digest);
      return record !== undefined && (await this.#shelf.remove([record], "deleted")) > 0;
    });
  }

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

  prune(options: PruneOptions = {}): Promise<Pruned> {
    return this.#doing("prune", undefined, async () => {
      checkOptions("prune()", options, { olderThan: aDuration, unusedFor: aDuration, dryRun: aBoolean });
      const [olderThan, unusedFor] = [milliseconds(options.olderThan), milliseconds(options.unusedFor)];
      if (olderThan === undefined && unusedFor === undefined) {
        fail("usage", "prune() needs to know what is too old", {
          hint: 'give { unusedFor: "30d" } or { olderThan: "30d" }',
        });
      }
      const { store, teller } = this.#shelf;
      if (store.metadata.readOnly) fail("read-only", "nothing can be removed: the cache is read-only");
      await this.#shelf.flush();
      const { prune } = await import("../run/keeping/prune.ts");
      return prune(store, {
        ...(olderThan === undefined ? {} : { olderThan }),
        ...(unusedFor === undefined ? {} : { unusedFor }),
        dryRun: options.dryRun ?? false,
        now: this.#shelf.now(),
        onPruned: ({ key, node: label }) => {
          if (!options.dryRun) teller.evict({ key, label, why: "pruned" });
        },
      });
    });
  }

  gc(options: { readonly dryRun?: boolean } = {}): Promise<Garbage> {
    return this.#doing("gc", undefined, async () => {
      checkOptions("gc()", options, { dryRun: aBoolean });
      const { store } = this.#shelf;
      if (store.metadata.readOnly) fail("read-only", "nothing can be removed: the cache is read-only");
      const { collectGarbage } = await import("../run/keeping/collect-garbage.ts");
      return collectGarbage(store, { dryRun: options.dryRun ?? false });
    });
  }

  stats(): Promise<Statistics> {
    return this.#doing("stats", undefined, async () => {
      await this.#shelf.flush();
      const { statistics } = await import("../run/keeping/statistics.ts");
      return statistics(this.#shelf.store, { now: this.#shelf.now() });
    });
  }

  pin(key: CacheKey): Promise<void> {
    return this.#doing("pin", key, () => {
      if (this.readOnly) fail("read-only", "nothing can be pinned: the cache is read-only");
      return this.#shelf.store.metadata.keeping.pin({ kind: "result", name: taken(key).digest });
    });
  }

  unpin(key: CacheKey): Promise<boolean> {
    return this.#doing("unpin", key, () => {
      if (this.readOnly) fail("read-only", "nothing can be unpinned: the cache is read-only");
      return this.#shelf.store.metadata.keeping.unpin({ kind: "result", name: taken(key).digest });
    });
  }

  export(to: Writable, options: ExportOptions = {}): Promise<Exported> {
    return this.#doing("export", undefined, async () => {
      checkOptions("export()", options, { labels: texts, signal: aSignal });
      const { labels, signal } = options;
      const { exportStore } = await import("../run/archive/export.ts");
      return exportStore(
        this.#shelf.store,
        { ...(labels ? { nodes: labels } : {}), ...(signal ? { signal } : {}) },
        to,
      );
    });
  }

  import(source: AsyncIterable<Uint8Array>, options: ImportOptions = {}): Promise<Imported> {
    return this.#doing("import", undefined, async () => {
      checkOptions("import()", options, { dryRun: aBoolean, maxBytes: aSize, signal: aSignal });
      const { importArchive } = await import("../run/archive/import.ts");
      return importArchive(this.#shelf.store, source, { ...options, onWarning: this.#shelf.onWarning });
    });
  }

  flush(): Promise<void> {
    return this.#doing("flush", undefined, async () => {
      await this.#shelf.flush();
      await this.#shelf.store.metadata.synced();
    });
  }

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

/** @throws SluiceError `usage` for what is no key, such as a builder whose `build()` was not called */
function taken(key: CacheKey): TakenKey {
  if (key instanceof TakenKey) return key;
  return fail("usage", "that is no key", { hint: "make one with cache.key().string(name, value).build()" });
}
