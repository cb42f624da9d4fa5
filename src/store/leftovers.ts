import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { attempt, entryAt, removeEntry, systemCode } from "../platform/files.ts";
import { isAbandoned } from "../platform/temp-file.ts";

export interface Removed {
  readonly files: number;
  /** What they took; a folder counts with everything in it. */
  readonly bytes: number;
}

/** Removes from a folder of temporary files those whose makers are gone. */
export function removeAbandoned(dir: string, dryRun: boolean): Removed {
  return removeWhere(dir, dryRun, (name, modified) => isAbandoned(name, modified));
}

/** Removes everything in a folder, but not the folder. */
export function removeAll(dir: string, dryRun: boolean): Removed {
  return removeWhere(dir, dryRun, () => true);
}

function removeWhere(dir: string, dryRun: boolean, chosen: (name: string, modified: number) => boolean): Removed {
  let files = 0;
  let bytes = 0;
  for (const { name } of entriesOf(dir)) {
    const path = join(dir, name);
    const stat = entryAt(path);
    if (!stat || !chosen(name, stat.mtimeMs)) continue;
    const found = measure(path);
    if (!dryRun) removeEntry(path);
    files += found.files;
    bytes += found.bytes;
  }
  return { files, bytes };
}

/** The entries of a folder; none where there is no folder. */
export function entriesOf(dir: string): readonly Dirent[] {
  return attempt("listing a folder", dir, () => {
    try {
      return readdirSync(dir, { withFileTypes: true });
    } catch (error) {
      if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
      throw error;
    }
  });
}

function measure(path: string): Removed {
  let files = 0;
  let bytes = 0;
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const stat = entryAt(next);
    if (!stat) continue;
    if (stat.isDirectory()) for (const { name } of entriesOf(next)) open.push(join(next, name));
    else {
      files++;
      bytes += stat.size;
    }
  }
  return { files, bytes };
}
