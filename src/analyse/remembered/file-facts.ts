import { lstatSync, realpathSync } from "node:fs";
import path from "node:path";
import type { Digest } from "../../core/digest.ts";
import { isSince, lastChange } from "../load/last-change.ts";
import { locateIn, relativeTo } from "../load/module-path.ts";
import { type TreeSignature, treeSignature } from "../packages/tree-signature.ts";

/** What was seen of files, in a form that can be stored. Paths are relative to a folder. */
export interface FileFacts {
  /** A name and the digest of its content, in turn. */
  readonly contents: readonly string[];
  /** By what stands there, see {@link kindAt}, the names where it does. */
  readonly kinds: Readonly<Record<string, readonly string[]>>;
  /** By folder, what {@link treeSignature} says of all files in it. */
  readonly trees?: Readonly<Record<string, Digest>>;
}

/** The digest of a file's bytes; undefined when there is no such file. */
export type DigestOfFile = (absolute: string) => Digest | undefined;

/**
 * Collects what an answer follows from: what stands at paths, links not followed, and the content of files. As long as all
 * of it is the same, so is the answer.
 */
export class FactRecorder {
  readonly #root: string;
  readonly #kinds = new Map<string, string>();
  readonly #contents = new Map<string, Digest>();
  readonly #trees = new Map<string, Digest | undefined>();

  /** @param root absolute path, symbolic links resolved */
  constructor(root: string) {
    this.#root = root;
  }

  /** Takes note of what stands at a path, and of all links that lead there; nothing may count too. */
  note(file: string): void {
    const pending = [file];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (this.#kinds.has(at) || isAbove(at, this.#root)) continue;
      const kind = kindAt(this.#root, at);
      this.#kinds.set(at, kind);
      pending.push(path.dirname(at));
      if (kind.startsWith("link ")) pending.push(path.resolve(this.#root, kind.slice("link ".length)));
    }
  }

  /** Takes note of a file that was read. @param digest of its bytes */
  content(file: string, digest: Digest): void {
    this.#contents.set(file, digest);
    this.note(file);
  }

  /** Takes note of a folder of which all files count. @param signature undefined while it does not tell all changes */
  tree(folder: string, signature: TreeSignature | undefined): void {
    this.#trees.set(folder, signature?.digest);
    this.note(folder);
  }

  /** Undefined where files that count may change without a sign. */
  facts(): FileFacts | undefined {
    const trees: Record<string, Digest> = {};
    for (const [folder, digest] of this.#trees) {
      if (digest === undefined) return undefined;
      trees[relativeTo(this.#root, folder)] = digest;
    }
    const kinds: Record<string, string[]> = {};
    for (const [file, kind] of this.#kinds) {
      kinds[kind] ??= [];
      kinds[kind].push(relativeTo(this.#root, file));
    }
    const contents = [...this.#contents].flatMap(([file, digest]) => [relativeTo(this.#root, file), digest]);
    return this.#trees.size === 0 ? { contents, kinds } : { contents, kinds, trees };
  }
}

/**
 * Whether everything is as it was. Reads no file but through `digestOfFile`.
 * @param since milliseconds since 1970: what was changed later of packages and of JSON does not count as it was, whatever it is by now
 */
export function factsHold(
  root: string,
  { contents, kinds, trees = {} }: FileFacts,
  digestOfFile: DigestOfFile,
  since?: number,
): boolean {
  const locate = locateIn(root);
  for (const kind of Object.keys(kinds))
    for (const name of kinds[kind]!) if (kindAt(root, locate(name)) !== kind) return false;
  for (let i = 0; i < contents.length; i += 2) {
    const file = locate(contents[i]!);
    if (digestOfFile(file) !== contents[i + 1]) return false;
    if (since !== undefined && file.endsWith(".json") && isSince(lastChange(file), since)) return false;
  }
  for (const name of Object.keys(trees)) {
    const signature = signatureAt(locate(name));
    if (!signature || signature.digest !== trees[name]) return false;
    if (since !== undefined && isSince(signature.changed, since)) return false;
  }
  return true;
}

/** Names of what is not as it was. */
export function changedFacts(root: string, { contents, kinds }: FileFacts, digestOfFile: DigestOfFile): string[] {
  const changed: string[] = [];
  const locate = locateIn(root);
  for (const [kind, names] of Object.entries(kinds))
    for (const name of names) if (kindAt(root, locate(name)) !== kind) changed.push(name);
  for (let i = 0; i < contents.length; i += 2)
    if (digestOfFile(locate(contents[i]!)) !== contents[i + 1]) changed.push(contents[i]!);
  return changed;
}

function signatureAt(folder: string): TreeSignature | undefined {
  try {
    return treeSignature(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

/** `file`, `folder`, `nothing`, `other`, `link` with where it leads; or why that cannot be told. */
function kindAt(root: string, file: string): string {
  try {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return "nothing";
    if (stats.isFile()) return "file";
    if (stats.isDirectory()) return "folder";
    return stats.isSymbolicLink() ? `link ${relativeTo(root, realpathSync(file))}` : "other";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code;
  }
}

function isAbove(folder: string, root: string): boolean {
  return root === folder || root.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}
