import { readdirSync, rmdirSync, unlinkSync } from "node:fs";
import path from "node:path";
import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import type { StageNode } from "../../core/node.ts";
import type { ResultRecord } from "../../core/record.ts";
import { attempt } from "../../platform/files.ts";
import type { Workspace } from "../workspace.ts";
import { foldersOf, outputsOf } from "./placement.ts";

/** How many earlier results of a node are looked through. */
const lookBack = 50;

/**
 * Removes from a placed folder what an earlier result of the node had put there and this one does not have. A file that is not as a
 * result had it is somebody else's, and stays.
 */
export async function removeStale(workspace: Workspace, stage: StageNode, record: ResultRecord): Promise<void> {
  const current = new Set([...outputsOf(stage, record)].map(([target]) => target));
  const others = foldersOf(stage).flatMap((folder) => filesIn(folder).filter((file) => !current.has(file)));
  if (others.length === 0) return;
  const placed = new Map<string, Set<Digest>>();
  for (const earlier of await workspace.metadata.resultsOf(record.node, lookBack)) {
    for (const [target, { digest }] of outputsOf(stage, earlier)) {
      placed.set(target, (placed.get(target) ?? new Set()).add(digest));
    }
  }
  for (const file of others) {
    if (!placed.get(file)?.has(digestOf(workspace, file) ?? "")) continue;
    attempt("removing a file that is no output any more", file, () => unlinkSync(file));
    removeEmpty(path.posix.dirname(file), foldersOf(stage));
  }
}

/** At any depth, links not followed. */
function filesIn(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/"));
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

function digestOf({ files }: Workspace, file: string): Digest | undefined {
  try {
    return files.version(file).digest;
  } catch (error) {
    if (failureOf(error)) return undefined;
    throw error;
  }
}

/** Folders that have become empty, up to that of the output. */
function removeEmpty(folder: string, outputs: readonly string[]): void {
  for (let at = folder; !outputs.includes(at); at = path.posix.dirname(at)) {
    try {
      rmdirSync(at);
    } catch (error) {
      if (["ENOTEMPTY", "EEXIST", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) return;
      throw error;
    }
  }
}
