import { lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import path from "node:path";
import { type Digest, digestOf } from "../../core/digest.ts";

/** What the file system says of all files of a folder, as a file index has it of one: while it is the same, so are they. */
export interface TreeSignature {
  readonly digest: Digest;
  /** Milliseconds since 1970 of the latest change that it shows. */
  readonly changed: number;
  readonly entries: readonly TreeEntry[];
}

/** A file or a link. */
export interface TreeEntry {
  /** Relative to the folder, `/` between parts; empty for a tree that is a single file. */
  readonly path: string;
  /** Where a link leads. */
  readonly target?: string;
  /** Whether it is a file in the end. Links to folders are not followed. */
  readonly isFile: boolean;
}

/** What is no part of a folder's own content. */
const foreign = new Set(["node_modules", ".git", ".sluice"]);

/** Looks at all files beneath a path without reading them. @throws what the file system throws */
export function treeSignature(root: string): TreeSignature {
  const entries: TreeEntry[] = [];
  const lines: string[] = [];
  let changed = 0n;
  const see = (name: string, file: string): void => {
    const stats = lstatSync(file, { bigint: true });
    const target = stats.isSymbolicLink() ? readlinkSync(file) : undefined;
    const behind = target === undefined ? stats : statSync(file, { bigint: true, throwIfNoEntry: false });
    const isFile = behind?.isFile() ?? false;
    if (target === undefined && !isFile) return;
    const all = isFile && behind !== stats ? [stats, behind!] : [stats];
    for (const { mtimeNs, ctimeNs } of all) for (const time of [mtimeNs, ctimeNs]) if (time > changed) changed = time;
    const said = all.map(({ size, mtimeNs, ctimeNs, ino, dev }) => `${size} ${mtimeNs} ${ctimeNs} ${ino} ${dev}`);
    lines.push(`${name}\0${target ?? ""}\0${said.join()}`);
    entries.push(target === undefined ? { path: name, isFile } : { path: name, target, isFile });
  };
  const visit = (folder: string, prefix: string): void => {
    const found = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of found) {
      if (foreign.has(entry.name)) continue;
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) visit(file, `${prefix}${entry.name}/`);
      else see(prefix + entry.name, file);
    }
  };
  if (statSync(root).isDirectory()) visit(root, "");
  else see("", root);
  return { digest: digestOf(lines.join("\n")), changed: Number(changed / 1_000_000n), entries };
}

/**
 * Whether an edit after `now` would show in the signature: file systems keep times in ticks, some of two seconds.
 * @param now milliseconds since 1970, of before the signature was taken
 */
export function isSettled({ changed }: TreeSignature, now: number): boolean {
  return changed + 2_100 < now;
}
