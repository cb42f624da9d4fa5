import path from "node:path";
import { signPart } from "../../../run/keeping/divided.ts";
import { openWorkspace, withAnalyser } from "../../../run/open.ts";
import { openMemoryStore } from "../../../run/open-memory.ts";
import { type OpenOptions, openStore } from "../../../run/open-store.ts";
import type { Store, Workspace } from "../../../run/workspace.ts";
import type { CacheOptions } from "./cache-options.ts";

/**
 * Opens what a driver caches in: one folder for all unless records or values are elsewhere.
 * @throws SluiceError `newer-store`, `damaged-store`, `read-only`, `no-space`, `io`
 */
export async function openDriverStore(
  options: OpenOptions,
  { metadataStore, resultStore }: Pick<CacheOptions, "metadataStore" | "resultStore">,
): Promise<Workspace> {
  if (metadataStore === undefined && resultStore === undefined) return openWorkspace(options);
  const folder = (given: unknown): string | undefined =>
    typeof given === "string" ? path.resolve(options.root, given) : undefined;
  const metadata = typeof metadataStore === "object" ? metadataStore.metadata : undefined;
  const blobs = typeof resultStore === "object" ? resultStore.blobs : undefined;
  if (metadata && blobs) return withAnalyser(openMemoryStore(options.root, { metadata, blobs }));
  // Of what is in memory the folder of the other one holds nothing.
  const cacheDir = folder(metadataStore) ?? (metadata ? folder(resultStore) : undefined) ?? options.cacheDir;
  const valuesDir = folder(resultStore) ?? options.cacheDir ?? path.join(options.root, ".sluice");
  const onDisk = await openStore({ ...options, cacheDir, blobs: blobs ?? (metadata ? undefined : valuesDir) });
  if (!metadata) return withAnalyser(onDisk);
  if (onDisk.cacheDir !== undefined) signPart(path.join(onDisk.cacheDir, "v1"), "values");
  const memory = openMemoryStore(options.root, { metadata });
  const split: Store = { ...memory, blobs: onDisk.blobs, cacheDir: onDisk.cacheDir, scratch: onDisk.scratch };
  return withAnalyser({
    ...split,
    close: async () => {
      await memory.close();
      await onDisk.close();
    },
  });
}
