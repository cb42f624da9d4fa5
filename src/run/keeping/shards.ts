/** What digests begin with: the folders of blobs, and the parts in which all of them are gone through. */
export const shards: readonly string[] = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, "0"));
