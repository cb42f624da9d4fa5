import path from "node:path";
import { loadHolds, locateIn } from "../../analyse/load-watch/load-record.ts";
import { evidenceHolds } from "../../analyse/remembered/program-evidence.ts";
import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { type FileVersion, folderStampAt, stampAt } from "../../metadata/file-index.ts";
import { lookAt, stateText } from "../command/argument-files.ts";
import type { Store } from "../workspace.ts";
import type { RememberedRun } from "./remembered-run.ts";
import { sourceHolds } from "./remembered-source.ts";

/** The digest of a file's content, by the file index; undefined for what is no file. */
export function digestOf(store: Store): (absolute: string) => Digest | undefined {
  return (absolute) => versionOf(store, absolute)?.digest;
}

/** Whether all that a remembered run followed from is as it was: what is cheap to see first. */
export async function holds(store: Store, file: string, run: RememberedRun): Promise<boolean> {
  const { root, metadata } = store;
  // With a clock that was set back, files may get times again that they had before.
  const isStamped = run.stampedAt <= Date.now();
  const digestOfFile = once(isStamped ? stampedDigest(store, run) : digestOf(store));
  const hasSameNames = isStamped ? sameFolders(store, run) : () => false;
  return (
    isYoung(run, Date.now()) &&
    (await metadata.generation()) === run.generation &&
    loadHolds(run.load, { root, digestOfFile, hasSameNames }) &&
    (run.program === null ||
      evidenceHolds({ root, roots: [file], derived: metadata.derived, digestOfFile }) === run.program) &&
    run.looked.every(([at, state]) => stateText(lookAt(store.files, path.resolve(root, at))) === state) &&
    (await sourcesHold(store, run)) &&
    isPlaced(store, run) &&
    (await outsideIsThere(store, run)) &&
    (await blobsAreThere(store, run))
  );
}

/** The digest of a file's content: as it was, where the file system says of the file what it said then. */
function stampedDigest(store: Store, { load, stamps }: RememberedRun) {
  const digestOfFile = digestOf(store);
  const locate = locateIn(store.root);
  const stamped = new Map<string, readonly [stamp: string, digest: Digest]>();
  for (const [i, [name, digest]] of load.files.entries()) {
    const stamp = stamps[i];
    if (stamp) stamped.set(locate(name), [stamp, digest]);
  }
  return (absolute: string): Digest | undefined => {
    const known = stamped.get(absolute);
    return known && stampAt(absolute) === known[0] ? known[1] : digestOfFile(absolute);
  };
}

/** Whether no name has come to a folder, or gone, as far as its stamp tells. */
function sameFolders({ root }: Store, { folders }: RememberedRun): (folder: string) => boolean {
  const same = new Set<string>();
  for (const [name, stamp] of folders) {
    const folder = path.resolve(root, name);
    if (folderStampAt(folder) === stamp) same.add(folder);
  }
  return (folder) => same.has(folder);
}

/** Most modules are in both records: one look at each is enough. */
function once(digestOfFile: (absolute: string) => Digest | undefined): (absolute: string) => Digest | undefined {
  const known = new Map<string, Digest | undefined>();
  return (absolute) => {
    if (!known.has(absolute)) known.set(absolute, digestOfFile(absolute));
    return known.get(absolute);
  };
}

/** A result from the future (a clock set back) has no age that could be trusted. */
function isYoung({ age }: RememberedRun, now: number): boolean {
  return age === undefined || (age.madeAt <= now && now <= age.until);
}

async function sourcesHold({ root, files }: Store, { sources, ignore }: RememberedRun): Promise<boolean> {
  const ignored = ignore.map((each) => path.resolve(root, each));
  const context = { root, files, params: new Map(), env: process.env, ignore: ignored };
  for (const source of sources) if (!(await sourceHolds(source, context))) return false;
  return true;
}

function isPlaced(store: Store, { placed }: RememberedRun): boolean {
  return placed.every(([file, digest, executable]) => {
    const version = versionOf(store, path.resolve(store.root, file));
    return version?.digest === digest && version.executable === executable;
  });
}

async function outsideIsThere(store: Store, { outside = [] }: RememberedRun): Promise<boolean> {
  if (outside.length === 0) return true;
  const { outsideHolds } = await import("../outside/changed-outside.ts");
  for (const each of outside) if (!(await outsideHolds(store, each))) return false;
  return true;
}

async function blobsAreThere({ blobs }: Store, run: RememberedRun): Promise<boolean> {
  for (const [digest, size] of run.blobs) if ((await blobs.stat(digest))?.size !== size) return false;
  return true;
}

function versionOf({ files }: Store, absolute: string): FileVersion | undefined {
  try {
    return files.version(absolute);
  } catch (error) {
    if (failureOf(error)) return undefined;
    throw error;
  }
}
