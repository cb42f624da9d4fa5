import type { Digest } from "../../core/digest.ts";
import { type Failure, failureOf } from "../../core/failure.ts";
import type { ResultRecord } from "../../core/record.ts";
import type {
  BlobReference,
  Candidate,
  Doubt,
  DoubtfulResults,
  EvictionOrder,
  Keeping,
  KeptNode,
  KeptResult,
  KeptTotals,
  Pin,
  ResultPage,
} from "../keeping.ts";
import type { Connection } from "./connection.ts";
import { KeptPages } from "./kept-pages.ts";
import type { KeptTable } from "./kept-table.ts";
import type { ResultTable } from "./result-table.ts";
import type { WorthTable } from "./worth-table.ts";

interface Parts {
  readonly connection: Connection;
  readonly results: ResultTable;
  readonly kept: KeptTable;
  readonly worth: WorthTable;
  /** Removes what explains results that are no more; within a transaction. */
  readonly sweep: () => void;
  readonly onWarning: (warning: Failure) => void;
}

/** What is kept, in the database of the records. */
export class SqliteKeeping implements Keeping {
  readonly #connection: Connection;
  readonly #parts: Parts;
  readonly #pages: KeptPages;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#connection = parts.connection;
    this.#pages = new KeptPages(parts.connection, parts.onWarning);
  }

  async bytes(): Promise<number> {
    return this.#parts.kept.bytes();
  }

  async totals(): Promise<KeptTotals> {
    return this.#parts.kept.totals();
  }

  async noteSaved(milliseconds: number): Promise<void> {
    if (milliseconds > 0) this.#write(() => this.#parts.kept.noteSaved(milliseconds));
  }

  async candidates(order: EvictionOrder, limit: number, after?: Candidate): Promise<readonly Candidate[]> {
    return this.#parts.worth.candidates(order, limit, after, (work) => this.#write(work));
  }

  /** Whoever removes blobs afterwards waits until this is on the disk, see {@link removeUnreferenced}. */
  async evict(keys: readonly Digest[], floor?: number): Promise<void> {
    if (keys.length === 0) return;
    const { results, worth } = this.#parts;
    this.#connection.transaction("soon", () => {
      results.remove(keys);
      worth.noteEvicted(keys.length);
      if (floor !== undefined) worth.raise(floor);
    });
  }

  async restore(records: readonly ResultRecord[]): Promise<void> {
    if (records.length > 0) this.#write(() => this.#parts.results.putBack(records));
  }

  async sweep(): Promise<void> {
    this.#write(() => {
      this.#parts.sweep();
      this.#parts.worth.noteSwept();
    });
    if (!this.#connection.readOnly) this.#connection.all("PRAGMA incremental_vacuum");
  }

  async unswept(): Promise<number> {
    return this.#parts.worth.unswept();
  }

  async loose(limit: number): Promise<readonly Digest[]> {
    return this.#parts.kept.loose(limit);
  }

  async references(start: string): Promise<readonly BlobReference[]> {
    return this.#parts.kept.references(start);
  }

  async resize(references: readonly BlobReference[]): Promise<void> {
    if (references.length > 0) this.#write(() => this.#parts.kept.resize(references));
  }

  async keysFrom(start: string, limit: number): Promise<readonly Digest[]> {
    return this.#pages.keysFrom(start, limit);
  }

  async resultsWith(digest: Digest, limit?: number): Promise<readonly Digest[]> {
    return this.#parts.kept.resultsWith(digest, limit);
  }

  async removeUnreferenced(
    digests: readonly Digest[],
    remove: (digest: Digest) => void,
    besides: ReadonlySet<Digest> = new Set(),
  ): Promise<readonly Digest[]> {
    const { kept } = this.#parts;
    const removed: Digest[] = [];
    if (digests.length === 0) return removed;
    // Else a power cut could bring a result back without them.
    await this.#connection.synced();
    // First the lock that whoever records a result needs too, with nothing to write.
    this.#write(() => {
      for (const digest of digests) {
        if (!kept.resultsWith(digest, besides.size + 1).every((key) => besides.has(key))) continue;
        remove(digest);
        removed.push(digest);
      }
    });
    try {
      this.#write(() => kept.forgetLoose(digests));
    } catch (error) {
      // They count as loose a while longer, which costs a look at each.
      if (!failureOf(error, "no-space")) throw error;
    }
    return removed;
  }

  async pins(): Promise<readonly Pin[]> {
    return this.#parts.worth.pins();
  }

  async pin(pin: Pin): Promise<void> {
    this.#connection.transaction("durable", () => this.#parts.worth.pin(pin));
  }

  async unpin(pin: Pin): Promise<boolean> {
    let was = false;
    this.#connection.transaction("durable", () => {
      was = this.#parts.worth.unpin(pin);
    });
    return was;
  }

  async newest(page: ResultPage): Promise<readonly KeptResult[]> {
    return this.#pages.newest(page);
  }

  async nodes(limit: number): Promise<readonly KeptNode[]> {
    return this.#pages.nodes(limit);
  }

  async doubtful(doubt: Doubt, limit: number): Promise<DoubtfulResults> {
    return this.#pages.doubtful(doubt, limit);
  }

  #write(work: () => void): void {
    this.#connection.transaction("relaxed", work);
  }
}
