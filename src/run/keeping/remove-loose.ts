import type { Digest } from "../../core/digest.ts";
import type { Store } from "../workspace.ts";
import { oneAtATime } from "./one-at-a-time.ts";

/** Blobs that are removed in one go: nobody can record a result meanwhile. */
export const blobBatch = 256;

export interface RemovedBlobs {
  readonly count: number;
  /** Bytes that they took on the disk. */
  readonly bytes: number;
}

/** Removes those of the blobs that no result refers to, in batches. */
export async function removeUnreferenced(store: Store, digests: readonly Digest[]): Promise<RemovedBlobs> {
  return digests.length === 0 ? { count: 0, bytes: 0 } : oneAtATime(store, () => removeBlobs(store, digests));
}

/** Removes the blobs that results have let go of, also those that a process which was killed did not come to. */
export async function removeLoose(store: Store): Promise<RemovedBlobs> {
  const [first] = await store.metadata.keeping.loose(1);
  return first === undefined ? { count: 0, bytes: 0 } : oneAtATime(store, () => removeLetGo(store));
}

async function removeBlobs({ metadata, blobs }: Store, digests: readonly Digest[]): Promise<RemovedBlobs> {
  let count = 0;
  let bytes = 0;
  for (let at = 0; at < digests.length; at += blobBatch) {
    await metadata.keeping.removeUnreferenced(digests.slice(at, at + blobBatch), (digest) => {
      const entry = blobs.entrySync(digest);
      blobs.removeSync(digest);
      if (!entry) return;
      count++;
      bytes += entry.storedSize;
    });
  }
  return { count, bytes };
}

/** As {@link removeLoose}, for who is the only one to remove anything. */
export async function removeLetGo(store: Store): Promise<RemovedBlobs> {
  let count = 0;
  let bytes = 0;
  let before: Digest | undefined;
  for (;;) {
    const loose = await store.metadata.keeping.loose(blobBatch);
    // On a full disk it cannot be noted that they are gone.
    if (loose.length === 0 || loose[0] === before) return { count, bytes };
    const removed = await removeBlobs(store, loose);
    count += removed.count;
    bytes += removed.bytes;
    before = loose[0];
  }
}
