import { lstatSync } from "node:fs";
import path from "node:path";
import { type Locate, locateIn } from "../../analyse/load/module-path.ts";
import { kindAt } from "../../analyse/load-watch/load-facts.ts";
import { type LoadRecord, loadHolds } from "../../analyse/load-watch/load-record.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { folderStampAt, type Stamp, stampAt } from "../../metadata/file-index.ts";
import type { Store } from "../workspace.ts";

/** A file with the digest of its content. Paths are relative to the project, `/` between parts. */
export type FileContent = readonly [file: string, content: Digest];

/**
 * What the file system said of all that a load depended on: as long as it says the same, the load's record holds. The record has
 * a digest and a path for each file; this has one digest for all, so that it is soon read, and cannot say what has changed.
 */
export interface LoadSeal {
  /** The files that were loaded, by the folder that they are in: empty for the project's own, or ending with `/`. */
  readonly files: readonly (readonly [folder: string, ...names: string[]])[];
  /** Of what the file system said of these. */
  readonly said: Digest;
  /** What was not there, by folder, with what the file system said of that: as long as it says so, nothing has come to it. */
  readonly missing: readonly (readonly [folder: string, said: string, ...names: string[]])[];
  /** What the file system tells nothing of. */
  readonly rest: LoadRecord;
  /** Milliseconds since 1970. */
  readonly sealedAt: number;
}

/**
 * A seal vouches for what is found after it was made: ask {@link loadHolds} then.
 * @param others files that shall not change either
 * @returns undefined where a file may yet change without a sign, because it was only just written
 */
export function sealLoad(
  { root, files: index }: Pick<Store, "root" | "files">,
  load: LoadRecord,
  others: readonly FileContent[] = [],
): LoadSeal | undefined {
  const sealedAt = Date.now();
  const locate = locateIn(root);
  const contents = new Map([...load.files, ...others]);
  const files = byFolder(contents.keys());
  const said = saidOf(files, locate, (absolute, name) => index.stampOf(absolute, contents.get(name)!));
  if (said === undefined) return undefined;
  const names = load.kinds.flatMap(([name, kind]) => (kind === "none" ? [name] : []));
  const missing = byFolder(names).flatMap(([folder, ...names]) => {
    // A link that leads nowhere is there: what it leads to may come without a sign in its folder.
    if (names.some((name) => hasEntry(locate(folder + name)))) return [];
    const stamp = folderStampAt(locate(folder), BigInt(sealedAt) * 1_000_000n);
    return stamp ? [[folder, stamp.join(" "), ...names] as const] : [];
  });
  // A file that is there is one, and what it lies in is a folder.
  const told = new Set([...contents.keys(), ...foldersOf(contents.keys())]);
  for (const [folder, , ...names] of missing) for (const name of names) told.add(folder + name);
  const rest = { ...load, kinds: load.kinds.filter(([name]) => !told.has(name)), files: [] };
  return { files, said, missing, rest, sealedAt };
}

/** Whether nothing has changed of what a load depended on, as far as the file system tells; it always tells of a change. */
export function sealHolds({ root }: Pick<Store, "root">, { files, said, missing, rest, sealedAt }: LoadSeal): boolean {
  // With a clock that was set back, files may get times again that they had before.
  if (sealedAt > Date.now() || !loadHolds(rest, { root, digestOfFile: () => undefined })) return false;
  const locate = locateIn(root);
  const isStillMissing = missing.every(
    ([folder, stamp, ...names]) =>
      folderStampAt(locate(folder))?.join(" ") === stamp ||
      names.every((name) => kindAt(locate(folder + name)) === "none"),
  );
  return isStillMissing && saidOf(files, locate, stampAt) === said;
}

/** Undefined where a file is not there, or nothing tells when it changes. */
function saidOf(
  files: LoadSeal["files"],
  locate: Locate,
  stampOf: (absolute: string, name: string) => Stamp | undefined,
): Digest | undefined {
  const said: bigint[] = [];
  for (const [folder, ...names] of files) {
    const start = locate(folder);
    for (const name of names) {
      const stamp = stampOf(start + name, folder + name);
      if (stamp === undefined) return undefined;
      said.push(...stamp);
    }
  }
  // Of numbers as they are: of hundreds of files, to write them down takes as long as to look at the files.
  return digestOf(new Uint8Array(BigUint64Array.from(said).buffer));
}

function byFolder(files: Iterable<string>): LoadSeal["files"] {
  const folders = new Map<string, string[]>();
  for (const file of files) {
    const folder = file.slice(0, file.lastIndexOf("/") + 1);
    const names = folders.get(folder) ?? [];
    names.push(file.slice(folder.length));
    folders.set(folder, names);
  }
  return [...folders].map(([folder, names]) => [folder, ...names]);
}

/** All that files lie in. */
function foldersOf(files: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const name of files) {
    for (let at = path.posix.dirname(name); at !== "." && !folders.has(at); at = path.posix.dirname(at)) {
      folders.add(at);
      if (at.endsWith("..") || at === "/") break;
    }
  }
  return folders;
}

function hasEntry(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // What cannot be looked at may be there.
    return true;
  }
}
