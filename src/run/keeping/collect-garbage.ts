import type { Digest } from "../../core/digest.ts";
import type { BlobReference } from "../../metadata/keeping.ts";
import type { Cleaned } from "../../store/blob-store.ts";
import type { Store } from "../workspace.ts";
import { hasPart } from "./divided.ts";
import { removeLeftLeases } from "./left-leases.ts";
import { removeLeftPins } from "./reader-pins.ts";
import { type RemovedBlobs, removeLoose, removeUnreferenced } from "./remove-loose.ts";
import { resultBatch } from "./remove-results.ts";
import { shards } from "./shards.ts";

/** What was stored, or found in the store by who wanted to store the same, so short a time ago stays: its record may be on its way. */
const recently = 60_000;

/** Results that are named; of the others only the number is told. */
const mostNamed = 100;

export interface GarbageOptions {
  /** Only say what would go; false unless given. */
  readonly dryRun?: boolean;
  /** Milliseconds for which a blob that nothing refers to stays after it was touched; a minute unless given. */
  readonly grace?: number;
  /** Milliseconds since 1970; now unless given. */
  readonly now?: number;
  /** Told how far it is, from 0 to 1. */
  readonly onProgress?: (part: number) => void;
  readonly signal?: AbortSignal;
}

export interface Garbage {
  /** Results whose blobs are gone. */
  readonly results: number;
  /** The first of them, and what each lacks. */
  readonly incomplete: readonly { readonly key: Digest; readonly node: string; readonly missing: Digest }[];
  /** Blobs that no result refers to. */
  readonly blobs: RemovedBlobs;
  /** Blobs that no result refers to, but that may be about to get one: they stay. */
  readonly recent: RemovedBlobs;
  /** All of what follows. */
  readonly leftovers: Cleaned;
  /** Temporary files and folders of processes that are gone. */
  readonly temporary: Cleaned;
  /** Blobs that were set aside because they were damaged. */
  readonly setAside: Cleaned;
  /** What readers that are gone had pinned. */
  readonly readers: Cleaned;
}

/**
 * Removes what is of no use to anybody: results whose blobs are gone, blobs that no result refers to, what dead processes left
 * behind, what was set aside as damaged. Safe beside runs: a blob only goes in a transaction in which no result refers to it, and
 * whoever records a result makes sure in another one that its blobs are there. It goes through the store part by part, so its
 * memory does not grow with it. Files go before records, so that it works on a full disk. Of a cache whose records or values are in
 * another folder it lets alone what may be of use there.
 * @throws SluiceError `io`, `read-only`
 */
export async function collectGarbage(store: Store, options: GarbageOptions = {}): Promise<Garbage> {
  const { metadata, blobs } = store;
  const { dryRun = false, grace = recently, now = Date.now() } = options;
  const temporary = await blobs.clean({ dryRun, only: "temporary" });
  const damaged = await blobs.clean({ dryRun, only: "set-aside" });
  const readers = removeLeftPins(store, dryRun);
  let unneeded = none;
  let recent = none;
  const lacking: string[] = [];
  const [keepsAll, lacksAll] = [hasPart(store, "values"), hasPart(store, "records")];
  for (const [index, shard] of shards.entries()) {
    options.signal?.throwIfAborted();
    const found = await compare(store, shard);
    if (found.missing.length > 0 && !lacksAll) lacking.push(shard);
    if (!dryRun) await metadata.keeping.resize(found.resized);
    const old: Digest[] = [];
    for (const digest of keepsAll ? [] : found.unreferenced) {
      const { touchedAt = 0, storedSize = 0 } = blobs.entrySync(digest) ?? {};
      if (touchedAt > now - grace && touchedAt <= now + grace) recent = add(recent, { count: 1, bytes: storedSize });
      else if (dryRun) unneeded = add(unneeded, { count: 1, bytes: storedSize });
      else old.push(digest);
    }
    unneeded = add(unneeded, await removeUnreferenced(store, old));
    options.onProgress?.((index + 1) / shards.length);
  }
  const incomplete = new Incomplete(store, dryRun);
  for (const shard of lacking) await incomplete.remove((await compare(store, shard)).missing);
  if (!dryRun) {
    unneeded = add(unneeded, await removeLoose(store));
    await metadata.keeping.sweep();
  }
  // Last: to remove anything takes a lease, which may find them damaged.
  const setAside = sum(damaged, removeLeftLeases(store, dryRun));
  const leftovers = sum(sum(temporary, setAside), readers);
  const { count: results, named } = incomplete;
  return { results, incomplete: named, blobs: unneeded, recent, leftovers, temporary, setAside, readers };
}

function sum(a: Cleaned, b: Cleaned): Cleaned {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}

const none: RemovedBlobs = { count: 0, bytes: 0 };

function add(a: RemovedBlobs, b: RemovedBlobs): RemovedBlobs {
  return { count: a.count + b.count, bytes: a.bytes + b.bytes };
}

interface Compared {
  readonly unreferenced: readonly Digest[];
  readonly missing: readonly Digest[];
  /** Blobs that take something else than was known. */
  readonly resized: readonly BlobReference[];
}

/** What there is, beside what is referred to: files are listed first, so that what comes meanwhile is on the second list only. */
async function compare({ metadata, blobs }: Store, shard: string): Promise<Compared> {
  const there = new Set(blobs.digestsSync(shard));
  const missing: Digest[] = [];
  const resized: BlobReference[] = [];
  for (const { digest, storedSize } of await metadata.keeping.references(shard)) {
    there.delete(digest);
    const known = blobs.entrySync(digest)?.storedSize;
    if (known === storedSize) continue;
    const stat = await blobs.stat(digest);
    if (stat) resized.push({ digest, storedSize: stat.storedSize });
    else missing.push(digest);
  }
  return { unreferenced: [...there], missing, resized };
}

/** Results whose blobs are gone. */
class Incomplete {
  readonly named: { readonly key: Digest; readonly node: string; readonly missing: Digest }[] = [];
  count = 0;
  readonly #store: Store;
  readonly #dryRun: boolean;
  /** On a dry run a result that lacks several is met several times. */
  readonly #met = new Set<Digest>();

  constructor(store: Store, dryRun: boolean) {
    this.#store = store;
    this.#dryRun = dryRun;
  }

  async remove(missing: readonly Digest[]): Promise<void> {
    const { keeping } = this.#store.metadata;
    for (const digest of missing) {
      if (this.#dryRun) {
        for (const key of await keeping.resultsWith(digest)) {
          if (this.#met.size !== this.#met.add(key).size) await this.#note(key, digest);
        }
        continue;
      }
      for (;;) {
        const keys = await keeping.resultsWith(digest, resultBatch);
        if (keys.length === 0) break;
        for (const key of keys) await this.#note(key, digest);
        await keeping.evict(keys);
      }
    }
  }

  async #note(key: Digest, missing: Digest): Promise<void> {
    this.count++;
    if (this.named.length >= mostNamed) return;
    const node = (await this.#store.metadata.getResult(key))?.node;
    if (node !== undefined) this.named.push({ key, node, missing });
  }
}
