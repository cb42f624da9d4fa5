import { failureOf } from "../../core/failure.ts";
import type { ResultRecord } from "../../core/record.ts";
import type { Lease } from "../../metadata/lease.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import { systemClock } from "../../platform/clock.ts";

/** How long results wait for others, in milliseconds: so much work is lost when the process is killed. */
const longestWait = 100;

/** Results that are written at once. */
const fullBatch = 1000;

/** Checking costs at most this part of the time. */
const checkedPart = 0.1;

interface Pending {
  readonly record: ResultRecord;
  readonly lease: Lease | undefined;
}

/**
 * Records the results of items, many in one transaction: ten thousand small items must not wait for a database ten thousand
 * times. The lease of an item is given back when its result can be found.
 */
export class ItemRecorder {
  readonly #metadata: Metadata;
  readonly #mayRecord: () => Promise<boolean>;
  #pending: Pending[] = [];
  #timer: NodeJS.Timeout | undefined;
  #wait = longestWait;
  #error: { readonly error: unknown } | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param mayRecord asked before each batch; where it says no, or throws, nothing is written */
  constructor(metadata: Metadata, mayRecord: () => Promise<boolean>) {
    this.#metadata = metadata;
    this.#mayRecord = mayRecord;
  }

  /** Whether a batch could not be written: {@link flush} throws why. */
  get hasFailed(): boolean {
    return this.#error !== undefined;
  }

  /** Takes over a result and its lease. */
  async add(record: ResultRecord, lease: Lease | undefined): Promise<void> {
    this.#pending.push({ record, lease });
    if (this.#pending.length >= fullBatch) await this.#write();
    else this.#timer ??= setTimeout(() => void this.#write(), this.#wait);
  }

  /** Returns when all is recorded. @throws whatever went wrong with a batch */
  async flush(): Promise<void> {
    await this.#write();
    if (this.#error) throw this.#error.error;
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#pending;
    this.#pending = [];
    this.#writing = this.#writing.then(() => this.#writeBatch(batch));
    return this.#writing;
  }

  /** One whose blobs were removed meanwhile stays unrecorded: its list finds them gone too, and has the item run again. */
  async #put(records: readonly ResultRecord[]): Promise<void> {
    try {
      await this.#metadata.putResults(records);
    } catch (error) {
      if (!failureOf(error, "missing-blob")) throw error;
      if (records.length > 1) for (const record of records) await this.#put([record]);
    }
  }

  async #writeBatch(batch: readonly Pending[]): Promise<void> {
    try {
      const started = systemClock.elapsed();
      const may = batch.length > 0 && this.#error === undefined && (await this.#mayRecord());
      this.#wait = Math.max(longestWait, (systemClock.elapsed() - started) / checkedPart);
      if (may) await this.#put(batch.map(({ record }) => record));
    } catch (error) {
      this.#error ??= { error };
    }
    // All at once: they leave the database in one go.
    const released = batch.map(({ lease }) => lease?.release());
    await Promise.all(released).catch((error: unknown) => (this.#error ??= { error }));
  }
}
