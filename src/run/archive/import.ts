import { type Failure, fail } from "../../core/failure.ts";
import type { ResultRecord } from "../../core/record.ts";
import { type Clock, systemClock } from "../../platform/clock.ts";
import type { BlobStage } from "../../store/blob-store.ts";
import { keepWithin } from "../keeping/keep-within.ts";
import type { Store } from "../workspace.ts";
import { ArchiveReader } from "./archive-reader.ts";
import { type ArchiveContent, checkArchive, spooledResults } from "./check-archive.ts";
import { Spool } from "./spool.ts";

export interface ImportOptions {
  /** Only check the archive and say what it has; false unless given. */
  readonly dryRun?: boolean;
  /**
   * The most that its blobs may unpack to, in bytes. Unless given, 1 GiB or a hundred times what was read of it, whichever is more: a
   * few bytes must not fill the disk.
   */
  readonly maxBytes?: number;
  /** Told how far it is. */
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
  /** Told where the store keeps more than it may afterwards; a warning of the process unless given. */
  readonly onWarning?: (warning: Failure) => void;
  readonly clock?: Pick<Clock, "now">;
}

export interface ImportProgress {
  /** Bytes of the archive that were read. */
  readonly read: number;
}

/** What came of an archive. */
export interface Imported extends ArchiveContent {
  /** Results that are new here. */
  readonly added: number;
  /** Results that were here before, and stay as they were. */
  readonly known: number;
}

/**
 * Takes the results of an archive into a store. All of it is checked before anything is taken: of an archive that is cut off,
 * damaged or hostile nothing is. A result that is there already stays. Where the store is limited, what is least worth goes then. Results say what they are of, and nobody can check
 * that: who imports an archive trusts whoever made it, as who reads a shared cache does.
 * @throws SluiceError `bad-archive`, `unsupported-format` (it is none, or a newer one), `read-only`, `no-space`, `io`; the reason
 *   of the signal
 */
export async function importArchive(
  store: Store,
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions = {},
): Promise<Imported> {
  const dryRun = options.dryRun ?? false;
  if (store.metadata.readOnly && !dryRun) fail("read-only", "nothing can be imported: the cache cannot be changed");
  const reader = new ArchiveReader(source);
  const stage = store.blobs.stage();
  const spool = new Spool(store.scratch);
  try {
    const content = await checkArchive(reader, stage, spool, options);
    const taking = new Taking(store, stage, options);
    for (const records of batches(spooledResults(spool))) {
      options.signal?.throwIfAborted();
      await taking.take(records, dryRun);
    }
    if (!dryRun) {
      await store.metadata.synced();
      const { clock = systemClock, onWarning = warnProcess } = options;
      await keepWithin(store, clock.now(), onWarning);
    }
    return { ...content, added: taking.added, known: taking.known };
  } finally {
    stage.close();
    spool.close();
    await reader.close();
  }
}

function warnProcess({ message }: Failure): void {
  process.emitWarning(message, "SluiceWarning");
}

/** Results that are recorded together. */
const mostTogether = 500;

function* batches(records: Iterable<ResultRecord>): Generator<readonly ResultRecord[]> {
  let batch: ResultRecord[] = [];
  for (const record of records) {
    batch.push(record);
    if (batch.length < mostTogether) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

class Taking {
  readonly #store: Store;
  readonly #stage: BlobStage;
  readonly #clock: Pick<Clock, "now">;
  added = 0;
  known = 0;

  constructor(store: Store, stage: BlobStage, { clock = systemClock }: ImportOptions) {
    this.#store = store;
    this.#stage = stage;
    this.#clock = clock;
  }

  /** Each of these with all of its blobs, or none of them. */
  async take(records: readonly ResultRecord[], dryRun: boolean): Promise<void> {
    const { metadata } = this.#store;
    const there = await metadata.readKeys(records.map(({ key }) => key));
    const fresh: ResultRecord[] = [];
    for (const record of records) {
      const before = there.get(record.key);
      if (before && (await this.#isWhole(before))) this.known++;
      else fresh.push(record);
    }
    this.added += fresh.length;
    if (dryRun) return;
    await this.#publish(fresh);
    const now = this.#clock.now();
    // one from the future would never grow old
    await metadata.putResults(fresh.map((each) => (each.createdAt > now ? { ...each, createdAt: now } : each)));
  }

  async #publish(records: readonly ResultRecord[]): Promise<void> {
    const digests = new Set(
      records.flatMap(({ artifacts }) => artifacts.flatMap(({ inline, digest }) => (inline ? [] : [digest]))),
    );
    await Promise.all(
      [...digests].map(async (digest) => {
        // what an earlier result needed too is in the store by now
        if (await this.#stage.stat(digest)) await this.#stage.publish(digest);
      }),
    );
  }

  async #isWhole({ artifacts }: ResultRecord): Promise<boolean> {
    for (const { inline, digest, size } of artifacts) {
      if (!inline && (await this.#store.blobs.stat(digest))?.size !== size) return false;
    }
    return true;
  }
}
