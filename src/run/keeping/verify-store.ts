import { type Digest, digestOf } from "../../core/digest.ts";
import type { ResultRecord } from "../../core/record.ts";
import type { Store } from "../workspace.ts";
import { hasPart } from "./divided.ts";
import { removeLoose } from "./remove-loose.ts";
import { resultBatch } from "./remove-results.ts";
import { shards } from "./shards.ts";

/** Blobs that are read at once: enough to keep the disk busy while others are hashed. */
const atOnce = 8;

/** One thing that is wrong in a store. */
export interface Damage {
  readonly what: "database" | "blob" | "result";
  readonly message: string;
  readonly digest?: Digest;
  readonly key?: Digest;
  readonly node?: string;
}

export interface VerifyProgress {
  /** Records come after all blobs. */
  readonly results: number;
  readonly blobs: number;
  /** Bytes on the disk that were read, of about as many. */
  readonly bytes: number;
  readonly total: number;
  readonly damaged: number;
}

export interface VerifyOptions {
  /** Forget what needs something damaged, so that it is made again; false unless given. */
  readonly repair?: boolean;
  /** Only say what a repair would do; false unless given. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
}

export interface Verified {
  readonly results: number;
  readonly blobs: number;
  /** Bytes on the disk that were read. */
  readonly bytes: number;
  readonly damage: readonly Damage[];
  /** How many results lack something sound, and were forgotten if that was asked for. */
  readonly unusable: number;
  /** Whether all damage there was is mended: a result that was forgotten is made again. */
  readonly repaired: boolean;
}

/**
 * Reads and checks everything: the database, every blob, every result's content. The store sets a damaged blob aside as it finds it,
 * so that it is never served. Only what is damaged is kept in mind, however much there is.
 * @throws SluiceError `io`, `read-only`; what `signal` was aborted with
 */
export async function verifyStore(store: Store, options: VerifyOptions = {}): Promise<Verified> {
  const { metadata } = store;
  const { repair = false, dryRun = false } = options;
  const mends = repair && !dryRun;
  const complaints = await metadata.check({ repair: mends });
  const left = mends && complaints.length > 0 ? await metadata.check() : complaints;
  const damage: Damage[] = complaints.map((message) => ({ what: "database", message }));
  // A database that cannot be mended was set aside, and this one is of no more use.
  if (mends && left.length > 0) return { results: 0, blobs: 0, bytes: 0, damage, unusable: 0, repaired: false };
  const { bad, blobs, bytes } = await verifyBlobs(store, options, damage);
  let results = 0;
  let unusable: Digest[] = [];
  let forgotten = 0;
  const forget = async (): Promise<void> => {
    forgotten += unusable.length;
    if (mends) await metadata.keeping.evict(unusable);
    unusable = [];
  };
  for await (const record of metadata.allResults()) {
    options.signal?.throwIfAborted();
    results++;
    if (results % 1000 === 0) options.onProgress?.({ results, blobs, bytes, total: bytes, damaged: damage.length });
    const found = damageOf(store, record, bad);
    if (found.length === 0) continue;
    damage.push(...found);
    if (unusable.push(record.key) >= resultBatch) await forget();
  }
  await forget();
  if (mends && forgotten > 0) {
    await removeLoose(store);
    await metadata.keeping.sweep();
  }
  const repaired = mends && damage.length > 0;
  return { results, blobs, bytes, damage, unusable: forgotten, repaired };
}

/** Reads every blob, several at once. */
async function verifyBlobs(
  { metadata, blobs }: Store,
  { onProgress, signal }: VerifyOptions,
  damage: Damage[],
): Promise<{ readonly bad: ReadonlySet<Digest>; readonly blobs: number; readonly bytes: number }> {
  const { stored } = await metadata.keeping.totals();
  const bad = new Set<Digest>();
  let [count, bytes] = [0, 0];
  const verifyOne = async (digest: Digest): Promise<void> => {
    signal?.throwIfAborted();
    const { storedSize = 0 } = blobs.entrySync(digest) ?? {};
    const verdict = await blobs.verify(digest);
    // Another process may have removed it since it was listed.
    if (verdict === "missing") return;
    count++;
    bytes += storedSize;
    if (verdict === "corrupt") {
      bad.add(digest);
      damage.push({ what: "blob", message: `blob ${digest.slice(0, 12)} is damaged`, digest });
    }
    onProgress?.({ results: 0, blobs: count, bytes, total: Math.max(stored, bytes), damaged: damage.length });
  };
  for (const shard of shards) {
    const left = [...blobs.digestsSync(shard)].reverse();
    const reader = async (): Promise<void> => {
      for (let digest = left.pop(); digest !== undefined; digest = left.pop()) await verifyOne(digest);
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, left.length) }, reader));
  }
  return { bad, blobs: count, bytes };
}

function damageOf({ blobs, cacheDir }: Store, record: ResultRecord, bad: ReadonlySet<Digest>): Damage[] {
  const damage: Damage[] = [];
  const { key, node } = record;
  for (const { name, digest, size, inline } of record.artifacts) {
    const isGone = !inline && !bad.has(digest) && !blobs.entrySync(digest) && !hasPart({ cacheDir }, "records");
    const isBad = inline ? inline.length !== size || digestOf(inline) !== digest : bad.has(digest);
    if (!isGone && !isBad) continue;
    const message = isGone ? `the blob of its ${name} is gone` : `the content of its ${name} is damaged`;
    damage.push({ what: "result", message, digest, key, node });
  }
  return damage;
}
