import path from "node:path";
import { MemoryMetadata } from "../../../metadata/memory-metadata.ts";
import type { Metadata } from "../../../metadata/metadata.ts";
import type { BlobStore } from "../../../store/blob-store.ts";
import { MemoryBlobStore } from "../../../store/memory-blob-store.ts";

/**
 * Records that are kept in memory, until nobody holds them: for tests, and for drivers that share results in one process.
 *
 * @example
 * ```ts
 * import { Driver, MemoryMetadataStore, MemoryResultStore } from "sluice/dataflow";
 *
 * const stores = { metadataStore: new MemoryMetadataStore(), resultStore: new MemoryResultStore() };
 * const driver = Driver.builder().withModules({ one: () => 1 }).withCache(stores).build();
 * await driver.execute(["one"]);
 * await stores.metadataStore.persistTo("kept");
 * await stores.resultStore.persistTo("kept");
 * ```
 */
export class MemoryMetadataStore {
  /** @internal */
  readonly metadata: MemoryMetadata = new MemoryMetadata();

  /**
   * A store in memory with the records of a cache folder.
   * @param folder relative to the current folder
   * @throws SluiceError as opening the cache does
   */
  static async loadFrom(folder: string): Promise<MemoryMetadataStore> {
    const store = new MemoryMetadataStore();
    await withFolder(folder, ({ metadata }) => copyRecords(metadata, store.metadata));
    return store;
  }

  /**
   * Puts the records into a cache folder, beside those that are there. Values come first: a record whose values are not there is made
   * anew when it is wanted.
   * @param folder relative to the current folder; made where there is none
   * @throws SluiceError as opening the cache does
   */
  async persistTo(folder: string): Promise<void> {
    await withFolder(folder, ({ metadata }) => copyRecords(this.metadata, metadata));
  }
}

/** Values that are kept in memory. Small ones (up to 4 KiB) are in the records. */
export class MemoryResultStore {
  /** @internal */
  readonly blobs: MemoryBlobStore = new MemoryBlobStore();

  /** A store in memory with the values of a cache folder; as for {@link MemoryMetadataStore.loadFrom}. */
  static async loadFrom(folder: string): Promise<MemoryResultStore> {
    const store = new MemoryResultStore();
    await withFolder(folder, ({ blobs }) => copyBlobs(blobs, store.blobs));
    return store;
  }

  /** Puts the values into a cache folder, beside those that are there; as for {@link MemoryMetadataStore.persistTo}. */
  async persistTo(folder: string): Promise<void> {
    await withFolder(folder, ({ blobs }) => copyBlobs(this.blobs, blobs));
  }
}

interface Opened {
  readonly metadata: Metadata;
  readonly blobs: BlobStore;
}

async function withFolder(folder: string, use: (store: Opened) => Promise<void>): Promise<void> {
  const { openStore } = await import("../../../run/open-store.ts");
  const cacheDir = path.resolve(folder);
  const store = await openStore({ root: path.dirname(cacheDir), cacheDir });
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

/** So many records at once. */
const batch = 500;

async function copyRecords(from: Metadata, to: Metadata): Promise<void> {
  const results = await Array.fromAsync(from.allResults());
  for (let start = 0; start < results.length; start += batch) {
    const some = results.slice(start, start + batch);
    const versions = new Set(some.flatMap(({ inputs }) => inputs.map(({ version }) => version)));
    const known = await Promise.all(
      [...versions].map(async (version) => [version, await from.getInput(version)] as const),
    );
    const codes = await Promise.all(
      [...new Set(some.map(({ codeVersion }) => codeVersion))].map(async (version) => ({
        version,
        parts: await from.getCode(version),
      })),
    );
    await to.putResults(some, {
      code: codes.flatMap(({ version, parts }) => (parts ? [{ version, parts }] : [])),
      inputs: new Map(known.flatMap(([version, detail]) => (detail ? [[version, detail] as const] : []))),
    });
  }
  const there = new Set((await to.runs(allRuns)).map(({ id }) => id));
  for (const run of (await from.runs(allRuns)).toReversed()) {
    if (there.has(run.id)) continue;
    await to.startRun(run);
    if (run.finishedAt !== undefined) await to.finishRun(run, await from.runNodes(run.id));
  }
  await to.synced();
}

const allRuns = 1_000_000;

async function copyBlobs(from: BlobStore, to: BlobStore): Promise<void> {
  for await (const { digest } of from.list()) {
    if (await to.stat(digest)) continue;
    const draft = to.draft();
    try {
      for await (const bytes of from.stream(digest)) await draft.write(bytes);
      await draft.commit();
    } catch (error) {
      draft.discard();
      throw error;
    }
  }
}
