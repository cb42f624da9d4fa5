import { statSync } from "node:fs";
import { fail, fromSystemError } from "../core/failure.ts";
import { loadMatcher, matchEntries } from "../run/explain/file-match.ts";
import { listTree } from "../run/sources/file-tree.ts";
import { leadsInside } from "./items.ts";

/** What is in a folder, by paths relative to it. */
export interface ListedFolder {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly links: readonly (readonly [name: string, target: string])[];
}

/**
 * Everything in a folder that is to be kept.
 * @param name what it is called in messages
 * @throws SluiceError `missing-file`; `unsupported-value` for a link that leads out of it, a pipe, a socket, a device, or a name
 *   that holds a backslash
 */
export async function listFolder(name: string, folder: string, exclude: readonly string[]): Promise<ListedFolder> {
  const found = statOf(folder);
  if (!found?.isDirectory()) {
    const what = found?.isFile() ? "is a file" : found ? "is not a folder" : "is not there";
    fail("missing-file", `${folder} ${what}`, {
      where: { file: folder },
      ...(found?.isFile() ? { hint: "keep a file with .file(name, path)" } : {}),
    });
  }
  const excluded = exclude.length > 0 ? matchEntries(await loadMatcher(), folder, exclude) : undefined;
  const files: string[] = [];
  const folders: string[] = [];
  const links: (readonly [string, string])[] = [];
  for (const { kind, name: inside, target } of listTree(folder, (at) => excluded?.has(at) === true)) {
    if (inside.includes("\\")) refuse(name, inside, "has a backslash in its name");
    if (kind === "folder") folders.push(inside);
    else if (kind === "file") files.push(inside);
    else if (leadsInside(inside, target!)) links.push([inside, target!]);
    else refuse(name, inside, "is a link that leads out of the folder");
  }
  return { files, folders, links };
}

function statOf(folder: string) {
  try {
    return statSync(folder, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw fromSystemError(error, "looking at a folder", folder);
  }
}

function refuse(name: string, inside: string, why: string): never {
  fail("unsupported-value", `${JSON.stringify(inside)} in the folder ${JSON.stringify(name)} ${why}`, {
    hint: "leave it out with `exclude`, or put a copy in its place",
  });
}
