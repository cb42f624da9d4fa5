import { type Dirent, readdirSync, readlinkSync } from "node:fs";
import path from "node:path";
import { fail, fromSystemError } from "../../core/failure.ts";

/** One entry of a folder, at any depth. */
export interface TreeEntry {
  readonly kind: "file" | "folder" | "link";
  /** Relative to the folder, `/` between parts. */
  readonly name: string;
  /** For a link: where it leads, as it says. */
  readonly target?: string;
}

/** The name of the cache folder, which is never part of what a pipeline reads. */
export const cacheFolder = ".sluice";

/**
 * Everything in a folder, sorted by name in the order of code units. Links are entries of their own and are not followed.
 * @param left whether an entry and all that is in it is left out; it gets the name relative to the folder
 * @throws SluiceError when something cannot be read, or is a device, a pipe or a socket
 */
export function listTree(folder: string, left: (name: string) => boolean): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  const folders = [""];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const found of read(path.join(folder, at))) {
      const name = at === "" ? found.name : `${at}/${found.name}`;
      if (found.name === cacheFolder || left(name)) continue;
      const entry = entryOf(found, name, folder);
      entries.push(entry);
      if (entry.kind === "folder") folders.push(name);
    }
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function read(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw fromSystemError(error, `reading the folder ${folder}`, folder);
  }
}

function entryOf(found: Dirent, name: string, folder: string): TreeEntry {
  if (found.isFile()) return { kind: "file", name };
  if (found.isDirectory()) return { kind: "folder", name };
  if (found.isSymbolicLink()) return { kind: "link", name, target: readlinkSync(path.join(folder, name)) };
  return fail("unsupported-value", `${path.join(folder, name)} is neither a file, a folder nor a link`, {
    hint: "exclude it from the folder",
  });
}
