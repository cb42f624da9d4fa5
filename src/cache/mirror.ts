import { type Dirent, lstatSync, readdirSync, readlinkSync } from "node:fs";
import path from "node:path";
import type { Artifact, ResultRecord } from "../core/record.ts";
import type { FileIndex } from "../metadata/file-index.ts";
import { attempt, entryAt, removeEntry } from "../platform/files.ts";
import { isPlaced, placeArtifact } from "../run/make/placed-artifact.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { artifactOf, type Item } from "./items.ts";
import { type Placement, placementOf, putBelow } from "./placing.ts";

interface Home {
  readonly blobs: BlobStore;
  readonly files: Pick<FileIndex, "version">;
}

/**
 * Makes a path what a file or a folder of an entry is: what is right already is left alone, and what is there and does not belong
 * goes. A link at the path is replaced, and none below it is followed.
 * @param target absolute path
 * @returns whether anything had to be done
 */
export async function mirror(record: ResultRecord, item: Item, target: string, home: Home): Promise<boolean> {
  if (item.kind !== "dir") return mirrorFile(artifactOf(record, item), target, home);
  const wanted = placementOf(record, item);
  const removed = removeOthers(target, wanted);
  const files = wanted.files.filter(([inside, artifact]) => !isPlaced(home.files, path.join(target, inside), artifact));
  const links = wanted.links.filter(([inside, to]) => linkAt(path.join(target, inside)) !== to);
  const folders = wanted.folders.filter((inside) => !entryAt(path.join(target, inside))?.isDirectory());
  const isComplete = files.length === 0 && links.length === 0 && folders.length === 0 && entryAt(target) !== undefined;
  if (!isComplete) {
    await putBelow(target, { files, folders, links }, (at, artifact) => placeArtifact(home.blobs, at, artifact));
  }
  return removed || !isComplete;
}

async function mirrorFile(artifact: Artifact, target: string, home: Home): Promise<boolean> {
  if (isPlaced(home.files, target, artifact)) return false;
  if (entryAt(target)?.isDirectory()) removeEntry(target);
  await placeArtifact(home.blobs, target, artifact);
  return true;
}

function linkAt(at: string): string | undefined {
  return entryAt(at)?.isSymbolicLink() ? attempt("reading a link", at, () => readlinkSync(at)) : undefined;
}

/** Removes from a folder what is not wanted there, or is of another kind. */
function removeOthers(target: string, { files, folders, links }: Placement): boolean {
  const kinds = new Map<string, "file" | "folder" | "link">();
  const addFolders = (inside: string): void => {
    for (let at = inside; at !== "." && !kinds.has(at); at = path.posix.dirname(at)) kinds.set(at, "folder");
  };
  for (const inside of folders) addFolders(inside);
  for (const [inside] of [...files, ...links]) addFolders(path.posix.dirname(inside));
  for (const [inside] of files) kinds.set(inside, "file");
  for (const [inside] of links) kinds.set(inside, "link");
  const root = attempt("looking at a folder", target, () => lstatSync(target, { throwIfNoEntry: false }));
  if (!root) return false;
  if (!root.isDirectory()) {
    removeEntry(target);
    return true;
  }
  let removed = false;
  const open = [""];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const folder = path.join(target, at);
    const entries = attempt("reading a folder", folder, () => readdirSync(folder, { withFileTypes: true }));
    for (const entry of entries) {
      const inside = at === "" ? entry.name : `${at}/${entry.name}`;
      const kind = kindOf(entry);
      if (kind === undefined || kinds.get(inside) !== kind) {
        removeEntry(path.join(folder, entry.name));
        removed = true;
      } else if (kind === "folder") open.push(inside);
    }
  }
  return removed;
}

function kindOf(entry: Dirent): "file" | "folder" | "link" | undefined {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : undefined;
}
