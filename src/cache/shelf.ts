import path from "node:path";
import type { Digest } from "../core/digest.ts";
import { type Failure, fail, failureOf } from "../core/failure.ts";
import type { JsonValue } from "../core/json.ts";
import type { ResultRecord } from "../core/record.ts";
import type { CodeVersionParts } from "../metadata/metadata.ts";
import { keepWithin } from "../run/keeping/keep-within.ts";
import { isLimited } from "../run/keeping/limits.ts";
import type { Evicted } from "../run/keeping/make-room.ts";
import type { ReaderPins } from "../run/keeping/reader-pins.ts";
import type { Store } from "../run/workspace.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { LocalBlobStore } from "../store/local-blob-store.ts";
import type { GivenPieces } from "./given-pieces.ts";
import type { Teller } from "./hooks.ts";
import { encodeItems, entryFormat } from "./items.ts";
import { type Kept, keepPieces } from "./kept-pieces.ts";
import { StoredResult, sizeOf } from "./stored-result.ts";
import type { TakenKey } from "./taken-key.ts";
import { Uses } from "./uses.ts";

interface ShelfOptions {
  readonly store: Store;
  readonly teller: Teller;
  readonly pins: ReaderPins;
  readonly onWarning: (warning: Failure) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface FindOptions {
  /** Milliseconds; an older one is none. */
  readonly maxAge?: number | undefined;
  /** Whether somebody else has just made it; false unless given. */
  readonly shared?: boolean;
  /** Whether nobody is told that there is none; false unless given. */
  readonly quietly?: boolean;
}

/** How often an entry is stored whose blobs are removed before it is recorded. */
const mostAttempts = 5;

/** An entry that was made, and where it is. */
export interface Shelved {
  readonly record: ResultRecord;
  readonly blobs: BlobStore;
  readonly encoded: ReadonlyMap<string, Uint8Array>;
  /** Why it was not recorded. */
  readonly unrecorded?: string;
}

/** Finds and records single entries in a store: what `get`, `put`, `wrap` and `memo` have in common. */
export class Shelf {
  readonly store: Store;
  readonly teller: Teller;
  readonly onWarning: (warning: Failure) => void;
  readonly #options: ShelfOptions;
  readonly #uses: Uses;
  #unrecorded: BlobStore | undefined;
  #toldReadOnly = false;
  /** Damaged entries that could not be removed, by their keys: they count as absent. */
  readonly #damaged = new Map<Digest, ResultRecord>();

  constructor(options: ShelfOptions) {
    this.#options = options;
    this.store = options.store;
    this.teller = options.teller;
    this.onWarning = options.onWarning;
    this.#uses = new Uses((keys, savedMs) => this.#noteUses(keys, savedMs));
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#options.now();
  }

  get readOnly(): boolean {
    return this.store.metadata.readOnly;
  }

  /** The entry of a key, held until the result is closed. */
  async find(key: TakenKey, how: FindOptions = {}): Promise<StoredResult | undefined> {
    const { digest, label } = key;
    // Before the record is read: whoever removes it afterwards sees that it is being read, and puts it back.
    const letGo = this.hold(digest);
    let record: ResultRecord | undefined;
    try {
      record = await this.#recordOf(digest);
      if (record && this.#isFresh(record, how.maxAge)) {
        const { shared = false } = how;
        const result = this.#result(record, this.store.blobs, undefined, letGo);
        this.#uses.note(digest, record.durationMs);
        this.teller.hit({ key: digest, label, size: result.size, savedMs: record.durationMs, shared });
        return result;
      }
    } catch (error) {
      letGo();
      throw error;
    }
    letGo();
    if (!how.quietly) this.teller.miss({ key: digest, label, why: record ? "too-old" : "absent" });
    return undefined;
  }

  /** Keeps others from evicting an entry, until what is returned is called. */
  hold(key: Digest): () => void {
    const { pins } = this.#options;
    try {
      pins.pin(key);
    } catch (error) {
      // On a full disk entries can be read all the same: should one be evicted meanwhile, reading it says so.
      if (!failureOf(error)) throw error;
      this.teller.error({ operation: "pin", error, key });
      return () => {};
    }
    return () => pins.unpin(key);
  }

  /** Whether there is an entry, by its record. */
  async has({ digest }: TakenKey, maxAge?: number): Promise<boolean> {
    const record = await this.#recordOf(digest);
    return record !== undefined && this.#isFresh(record, maxAge);
  }

  async #recordOf(key: Digest): Promise<ResultRecord | undefined> {
    const record = await this.store.metadata.getResult(key);
    const damaged = this.#damaged.get(key);
    return record && damaged && isSame(record, damaged) ? undefined : record;
  }

  /**
   * Keeps an entry; not under its key where an input was changed since that was taken, or where nothing can be written.
   * @throws SluiceError what the store throws
   */
  async keep(key: TakenKey, pieces: GivenPieces, durationMs: number, code?: CodeVersionParts): Promise<Shelved> {
    const given = pieces.given();
    const unrecorded = this.readOnly ? "the cache is read-only" : changeOf(key);
    const blobs = unrecorded === undefined ? this.store.blobs : this.#scratchBlobs();
    for (let attempt = 1; ; attempt++) {
      const kept = await keepPieces(given.pieces, this.store.root, blobs);
      const record = this.#record(key, kept, given.meta, durationMs);
      // Once more: what is kept bit by bit may have been read of an input only now.
      const why = unrecorded ?? changeOf(key);
      if (why !== undefined) return { record, blobs, encoded: kept.encoded, unrecorded: why };
      try {
        await this.store.metadata.putResults([record], code ? { code: [code] } : {});
      } catch (error) {
        // Between the two somebody has removed a blob that nobody referred to: it is stored again, if it still can be read.
        if (failureOf(error)?.reason !== "missing-blob" || attempt === mostAttempts || !given.isLasting) throw error;
        continue;
      }
      this.teller.put({ key: record.key, label: record.node, size: sizeOf(record.artifacts), durationMs });
      await this.#makeRoom(record.createdAt);
      return { record, blobs, encoded: kept.encoded };
    }
  }

  /** An entry that was just made, to be read. */
  open({ record, blobs, encoded }: Shelved): StoredResult {
    return this.#result(record, blobs, encoded, this.hold(record.key));
  }

  /** Says once that nothing is kept, and each time that an entry is not although it could have been. */
  tellUnrecorded(key: TakenKey, why: string): void {
    if (this.readOnly) {
      if (this.#toldReadOnly) return;
      this.#toldReadOnly = true;
    }
    this.onWarning({
      reason: this.readOnly ? "read-only" : "input-changed",
      message: `an entry of ${JSON.stringify(key.label)} was not kept: ${why}`,
      hint: this.readOnly
        ? "make the cache writable to keep what is made"
        : "call again to keep what is made of it now",
      retryable: !this.readOnly,
    });
  }

  /** Removes entries, and tells who wants to know. @returns how many there were */
  async remove(records: readonly ResultRecord[], why: "damaged" | "deleted" | "cleared"): Promise<number> {
    if (this.readOnly) fail("read-only", "nothing can be removed: the cache is read-only");
    await this.store.metadata.removeResults(records.map(({ key }) => key));
    for (const { key, node } of records) this.teller.evict({ key, label: node, why });
    return records.length;
  }

  /** Writes what waits to be written. */
  async flush(): Promise<void> {
    await this.#uses.flush();
    this.store.files.flush();
  }

  /** @param since what was made or used since then stays; milliseconds since 1970 */
  async #makeRoom(since: number): Promise<void> {
    const { store, teller } = this;
    if (!isLimited(store.limits)) return;
    // What is used at this moment must not look as if it were not.
    await this.#uses.flush();
    const evicted = ({ key, node: label }: Evicted): void => teller.evict({ key, label, why: "evicted" });
    await keepWithin(store, since, this.onWarning, evicted);
  }

  /** A result from the future (a clock set back) has no age that could be trusted. */
  #isFresh({ createdAt }: ResultRecord, maxAge: number | undefined): boolean {
    if (maxAge === undefined) return true;
    const at = this.now();
    return createdAt <= at && at - createdAt <= maxAge;
  }

  #record(key: TakenKey, kept: Kept, meta: { readonly [name: string]: JsonValue }, durationMs: number): ResultRecord {
    return {
      key: key.digest,
      node: key.label,
      kind: "entry",
      codeVersion: key.codeVersion,
      inputs: key.inputs,
      settings: {},
      dataVersion: kept.dataVersion,
      format: entryFormat,
      params: encodeItems(kept.items),
      artifacts: kept.artifacts,
      meta,
      warnings: [],
      durationMs,
      createdAt: this.#options.now(),
      runId: "",
    };
  }

  #result(
    record: ResultRecord,
    blobs: BlobStore,
    encoded: ReadonlyMap<string, Uint8Array> | undefined,
    onClose: () => void,
  ): StoredResult {
    const { store } = this;
    return new StoredResult(record, {
      root: store.root,
      files: store.files,
      scratch: path.join(store.scratch, "copies"),
      blobs,
      ...(encoded ? { encoded } : {}),
      onDamage: (error) => this.#setAside(record, error),
      lastUsed: () => store.metadata.lastUsed(record.key),
      onClose,
    });
  }

  /** Forgets a damaged entry, unless it was made anew meanwhile. */
  async #setAside(record: ResultRecord, error: unknown): Promise<void> {
    const { key, node: label } = record;
    this.teller.error({ operation: "read", error, key, label });
    // Whoever has it made anew would else find it again, and again.
    this.#damaged.set(key, record);
    if (this.readOnly) return;
    try {
      const now = await this.store.metadata.getResult(key);
      if (now && isSame(now, record)) await this.remove([now], "damaged");
      this.#damaged.delete(key);
    } catch (trouble) {
      // That the content is damaged is what the caller must learn; that the record stays is told besides.
      if (!failureOf(trouble)) throw trouble;
      this.teller.error({ operation: "set aside", error: trouble, key, label });
    }
  }

  async #noteUses(keys: readonly Digest[], savedMs: number): Promise<void> {
    const { metadata } = this.store;
    try {
      await metadata.touchResults(keys, this.#options.now());
      await metadata.keeping.noteSaved(savedMs);
    } catch (error) {
      // An entry looks older than it is: no reason to fail whoever comes by.
      if (!failureOf(error)) throw error;
      this.teller.error({ operation: "note uses", error });
    }
  }

  /** For what is handed back and not kept; gone when the cache is closed. */
  #scratchBlobs(): BlobStore {
    const dir = path.join(this.store.scratch, "unrecorded");
    this.#unrecorded ??= new LocalBlobStore({ dir: path.join(dir, "blobs"), tmpDir: path.join(dir, "tmp") });
    return this.#unrecorded;
  }
}

/** What was changed since a key was taken, in words. */
function changeOf(key: TakenKey): string | undefined {
  const changed = key.changedInput();
  return changed === undefined ? undefined : `${JSON.stringify(changed)} was changed after the key was built`;
}

function isSame(a: ResultRecord, b: ResultRecord): boolean {
  return a.createdAt === b.createdAt && a.dataVersion === b.dataVersion && a.durationMs === b.durationMs;
}
