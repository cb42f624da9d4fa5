import { openWorkspace, withAnalyser } from "../../run/open.ts";
import { openMemoryStore } from "../../run/open-memory.ts";
import { type OpenOptions, openStore } from "../../run/open-store.ts";
import type { Store, Workspace } from "../../run/workspace.ts";
import type { CacheOptions } from "./cache-options.ts";

/**
 * Opens what a driver caches in: one folder for all unless records or values are elsewhere.
 * @throws SluiceError `newer-store`, `damaged-store`, `read-only`, `no-space`, `io`
 */
export async function openDriverStore(
  options: OpenOptions,
  { metadataStore, resultStore }: Pick<CacheOptions, "metadataStore" | "resultStore">,
): Promise<Workspace> {
  if (!metadataStore && !resultStore) return openWorkspace(options);
  const [metadata, blobs] = [metadataStore?.metadata, resultStore?.blobs];
  if (metadata && blobs) return withAnalyser(openMemoryStore(options.root, { metadata, blobs }));
  const onDisk = await openStore(options);
  const memory = openMemoryStore(options.root, metadata ? { metadata } : {});
  const split: Store = metadata
    ? { ...memory, blobs: onDisk.blobs, cacheDir: onDisk.cacheDir, scratch: onDisk.scratch }
    : { ...onDisk, blobs: blobs! };
  return withAnalyser({
    ...split,
    close: async () => {
      await memory.close();
      await onDisk.close();
    },
  });
}
