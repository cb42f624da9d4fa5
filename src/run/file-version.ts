import type { Digest } from "../core/digest.ts";
import { failureOf } from "../core/failure.ts";
import type { FileVersion } from "../metadata/file-index.ts";
import type { Store } from "./workspace.ts";

/** A file as the file index knows it; undefined for what is no file. */
export function versionOf({ files }: Pick<Store, "files">, absolute: string): FileVersion | undefined {
  try {
    return files.version(absolute);
  } catch (error) {
    if (failureOf(error)) return undefined;
    throw error;
  }
}

/** The digest of a file's content, by the file index; undefined for what is no file. */
export function digestOf(store: Pick<Store, "files">): (absolute: string) => Digest | undefined {
  return (absolute) => versionOf(store, absolute)?.digest;
}
