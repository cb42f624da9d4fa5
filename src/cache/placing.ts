import { renameSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fail } from "../core/failure.ts";
import type { Artifact, ResultRecord } from "../core/record.ts";
import { staysInside } from "../platform/dir-handle.ts";
import { attempt, ensureDir, removeEntry } from "../platform/files.ts";
import { tempName } from "../platform/temp-file.ts";
import { makeFoldersBelow } from "../run/make/folders-below.ts";
import { artifactOf, filesOf, type Item } from "./items.ts";

/** Puts the content of an artifact at an absolute path. */
export type Place = (target: string, artifact: Artifact) => Promise<void>;

/** Files that are put in place at once: the disk syncs many in little more time than one. */
const atOnce = 64;

/** No system that is usual takes longer paths. */
const longestPath = 4096;

/** What is to be put below a folder, by paths relative to it. */
export interface Placement {
  readonly files: readonly (readonly [inside: string, artifact: Artifact])[];
  readonly folders: readonly string[];
  readonly links: readonly (readonly [inside: string, target: string])[];
}

/** What an item puts below a folder, under a path relative to that; none for the folder itself. Values put nothing. */
export function placementOf(record: ResultRecord, item: Item, under?: string): Placement {
  const at = (inside: string) => (under === undefined ? inside : `${under}/${inside}`);
  if (item.kind === "value") return { files: [], folders: [], links: [] };
  if (item.kind !== "dir") return { files: [[under ?? item.name, artifactOf(record, item)]], folders: [], links: [] };
  return {
    files: filesOf(record, item.name).map(([inside, artifact]) => [at(inside), artifact]),
    folders: [...(under === undefined ? [] : [under]), ...item.folders.map(at)],
    links: item.links.map(([inside, target]) => [at(inside), target]),
  };
}

/**
 * Puts files, folders and links below a folder, which is made where it is missing. Each is there whole or not at all; what is there
 * already and has another name stays. Nothing is written outside: no link below the folder is followed, and all names are checked
 * before the first file is written.
 * @param folder absolute path
 * @throws SluiceError `unsupported-value` for names that cannot be below a folder, and where a link is in the way
 */
export async function putBelow(folder: string, placement: Placement, place: Place): Promise<void> {
  const { files, folders, links } = placement;
  checkPaths(placement);
  ensureDir(folder);
  const made = new Set<string>();
  for (const inside of folders) makeFoldersBelow(folder, inside, made);
  for (const [inside] of [...files, ...links]) makeFoldersBelow(folder, path.posix.dirname(inside), made);
  for (let i = 0; i < files.length; i += atOnce) {
    const some = files.slice(i, i + atOnce);
    await Promise.all(some.map(([inside, artifact]) => place(path.join(folder, inside), artifact)));
  }
  // Last, so that nothing is ever written through one.
  for (const [inside, target] of links) placeLink(path.join(folder, inside), target);
}

function checkPaths({ files, folders, links }: Placement): void {
  const leaves = new Set<string>();
  const spelled = new Map<string, string>();
  const all = [...folders, ...files.map(([inside]) => inside), ...links.map(([inside]) => inside)];
  for (const inside of all) {
    if (!staysInside(inside)) refuse(inside, "is no path below a folder");
    // else thousands of folders are made before the system says so
    if (inside.length > longestPath) refuse(`${inside.slice(0, 40)}…`, "is longer than a path can be");
    const other = spelled.get(folded(inside));
    if (other !== undefined && other !== inside) refuse(inside, `is the same as ${JSON.stringify(other)} here`);
    spelled.set(folded(inside), inside);
    if (process.platform === "win32" && inside.split("/").some(isReserved)) refuse(inside, "is reserved here");
  }
  for (const [inside] of [...files, ...links]) {
    if (leaves.has(inside) || folders.includes(inside)) refuse(inside, "is there twice");
    leaves.add(inside);
  }
  for (const inside of all) {
    for (let at = path.posix.dirname(inside); at !== "."; at = path.posix.dirname(at)) {
      if (leaves.has(folded(at)) || leaves.has(at)) refuse(inside, "is below what is no folder");
    }
  }
}

/** What a name is to the file systems that are usual here: some take names for the same that differ in case or in accents. */
function folded(name: string): string {
  return process.platform === "darwin" || process.platform === "win32" ? name.normalize("NFC").toLowerCase() : name;
}

function isReserved(part: string): boolean {
  return /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(part) || /[<>:"|?*]|[. ]$/.test(part);
}

function placeLink(at: string, target: string): void {
  const temp = path.join(path.dirname(at), `.sluice-${tempName()}`);
  attempt("making a link", at, () => {
    symlinkSync(target, temp);
    try {
      renameSync(temp, at);
    } catch (error) {
      removeEntry(temp);
      throw error;
    }
  });
}

function refuse(inside: string, why: string): never {
  fail("unsupported-value", `${JSON.stringify(inside)} ${why}`, {
    hint: "read it by its name, with file(), bytes() or copyTo()",
  });
}
