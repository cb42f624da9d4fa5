import { type Digest, digestOf } from "../core/digest.ts";
import type { Artifact } from "../core/record.ts";
import type { BlobStore, PutOptions } from "./blob-store.ts";

/** The most bytes of an artifact that are kept in its record rather than as a blob. */
export const inlineLimit = 4096;

/**
 * Bytes as an artifact: in the record where they are few, else in the sink.
 * @param known the digest of the bytes, where that was taken already
 */
export async function keep(
  name: string,
  bytes: Uint8Array,
  sink: BlobStore,
  known?: Digest,
  options?: PutOptions,
): Promise<Artifact> {
  if (bytes.length <= inlineLimit) return { name, digest: known ?? digestOf(bytes), size: bytes.length, inline: bytes };
  return { name, ...(await sink.put(bytes, options)) };
}
