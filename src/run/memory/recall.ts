import path from "node:path";
import { loadHolds, locateIn } from "../../analyse/load-watch/load-record.ts";
import { evidenceHolds } from "../../analyse/remembered/program-evidence.ts";
import type { Digest } from "../../core/digest.ts";
import { folderStampAt, stampAt } from "../../metadata/file-index.ts";
import { lookAt, stateText } from "../command/argument-files.ts";
import type { Store } from "../workspace.ts";
import { endHolds, versionOf } from "./known-end.ts";
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
    (await metadata.generation()) === run.generation &&
    loadHolds(run.load, { root, digestOfFile, hasSameNames }) &&
    (run.program === null ||
      evidenceHolds({ root, roots: [file], derived: metadata.derived, digestOfFile }) === run.program) &&
    run.looked.every(([at, state]) => stateText(lookAt(store.files, path.resolve(root, at))) === state) &&
    (await sourcesHold(store, run)) &&
    (await endHolds(store, run))
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
export function sameFolders({ root }: Store, { folders }: Pick<RememberedRun, "folders">): (folder: string) => boolean {
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

async function sourcesHold({ root, files }: Store, { sources, ignore }: RememberedRun): Promise<boolean> {
  const ignored = ignore.map((each) => path.resolve(root, each));
  const context = { root, files, params: new Map(), env: process.env, ignore: ignored };
  for (const source of sources) if (!(await sourceHolds(source, context))) return false;
  return true;
}
