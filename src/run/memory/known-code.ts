import path from "node:path";
import { locateIn } from "../../analyse/load/module-path.ts";
import { type LoadRecord, loadHolds } from "../../analyse/load-watch/load-record.ts";
import { evidenceHolds } from "../../analyse/remembered/program-evidence.ts";
import type { Digest } from "../../core/digest.ts";
import { digestOf } from "../file-version.ts";
import type { Store } from "../workspace.ts";
import { type FileContent, type LoadSeal, sealHolds, sealLoad } from "./load-seal.ts";
import { keepLoad, readLoad } from "./remembered-load.ts";

/** What the graph of a run and the versions of its code followed from. */
export interface KnownCode {
  /** What loading the pipeline depended on: its modules and what they read while they built the graph. See {@link readLoad}. */
  readonly load: Digest;
  /** What the versions of its code followed from; null where there are no functions, only commands. */
  readonly program: Digest | null;
  /** Holds as long as the load and the files of the program are as they were; null where that could not be told by the file system. */
  readonly seal: LoadSeal | null;
  /** The files of the program. */
  readonly files: readonly FileContent[];
}

type DigestOfFile = (absolute: string) => Digest | undefined;

/**
 * @param file absolute path of the pipeline
 * @param hasFunctions whether any function has a part in what the stages give
 * @returns undefined where the load or the program is not what it was
 */
export function codeOf(store: Store, file: string, load: LoadRecord, hasFunctions: boolean): KnownCode | undefined {
  const { root, metadata } = store;
  const files = new Map<string, Digest>();
  const program = hasFunctions
    ? programOf(store, file, (absolute) => {
        const digest = digestOf(store)(absolute);
        if (digest !== undefined) files.set(nameOf(root, absolute), digest);
        return digest;
      })
    : null;
  if (program === undefined) return undefined;
  const seal = sealLoad(store, load, [...files]);
  // A seal vouches for what is found after it was made.
  if (!loadHolds(load, { root, digestOfFile: digestOf(store) })) return undefined;
  return { load: keepLoad(metadata.derived, load), program, seal: seal ?? null, files: [...files] };
}

/** Whether it is as it was: as the file system says, or else by content. Undefined where it is not. */
export function howCodeHolds(store: Store, file: string, code: KnownCode): "sealed" | "content" | undefined {
  const isSealed = code.seal !== null && sealHolds(store, code.seal);
  const digestOfFile = isSealed ? sealedDigest(store, code) : once(digestOf(store));
  if (!isSealed && !recordHolds(store, code.load, digestOfFile)) return undefined;
  if (code.program !== null && programOf(store, file, digestOfFile) !== code.program) return undefined;
  return isSealed ? "sealed" : "content";
}

function programOf({ root, metadata }: Store, file: string, digestOfFile: DigestOfFile): Digest | undefined {
  return evidenceHolds({ root, roots: [file], derived: metadata.derived, digestOfFile });
}

function recordHolds({ root, metadata }: Store, load: Digest, digestOfFile: DigestOfFile): boolean {
  const record = readLoad(metadata.derived, load);
  return record !== undefined && loadHolds(record, { root, digestOfFile });
}

/** Where the seal holds. */
function sealedDigest(store: Store, { files }: KnownCode): DigestOfFile {
  const locate = locateIn(store.root);
  const sealed = new Map(files.map(([name, digest]) => [locate(name), digest]));
  return (absolute) => sealed.get(absolute) ?? digestOf(store)(absolute);
}

/** Most modules are in both records: one look at each is enough. */
function once(digestOfFile: DigestOfFile): DigestOfFile {
  const known = new Map<string, Digest | undefined>();
  return (absolute) => {
    if (!known.has(absolute)) known.set(absolute, digestOfFile(absolute));
    return known.get(absolute);
  };
}

function nameOf(root: string, absolute: string): string {
  return path.relative(root, absolute).replaceAll(path.sep, "/");
}
