import path from "node:path";
import { fail } from "../../core/failure.ts";
import type { StageNode } from "../../core/node.ts";
import type { Artifact, ResultRecord } from "../../core/record.ts";
import { staysInside } from "../../platform/dir-handle.ts";
import { ensureDir } from "../../platform/files.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import type { Workspace } from "../workspace.ts";
import { makeFoldersBelow } from "./folders-below.ts";
import { isPlaced, placeArtifact } from "./placed-artifact.ts";

/** Files that are put in place at once: the disk syncs many in little more time than one. */
const atOnce = 64;

/**
 * Puts a result's files where the pipeline wants them, unless they are there already. Gives the paths that were written,
 * relative to the project; a folder counts as one.
 */
export async function placeOutputs(
  workspace: Workspace,
  blobs: BlobStore,
  stage: StageNode,
  record: Pick<ResultRecord, "artifacts">,
): Promise<readonly string[]> {
  const missing = [...outputsOf(stage, record)].filter(
    ([target, artifact]) => !isPlaced(workspace.files, target, artifact),
  );
  const folders = foldersOf(stage);
  for (const folder of folders) makeRoom(folder, missing);
  for (let i = 0; i < missing.length; i += atOnce) {
    await Promise.all(missing.slice(i, i + atOnce).map(([target, artifact]) => placeArtifact(blobs, target, artifact)));
  }
  const placed = missing.map(([target]) => {
    const whole = folders.find((folder) => target.startsWith(`${folder}/`)) ?? target;
    return path.relative(workspace.root, whole).replaceAll(path.sep, "/");
  });
  return [...new Set(placed)];
}

/** Makes the folders below an output that is one: a link there is not followed. */
function makeRoom(folder: string, targets: readonly (readonly [target: string, artifact: Artifact])[]): void {
  const made = new Set<string>();
  for (const [target] of targets) {
    if (!target.startsWith(`${folder}/`)) continue;
    ensureDir(folder);
    makeFoldersBelow(folder, path.posix.dirname(target.slice(folder.length + 1)), made);
  }
}

/** The absolute paths of the outputs that are folders. */
export function foldersOf({ command, outputs = {} }: StageNode): readonly string[] {
  if (!command || command.folders.size === 0) return [];
  const all = outputs;
  return [...command.folders].map((name) => all[name]!);
}

/** What a stage places, and where: absolute paths. */
export function* outputsOf(stage: StageNode, record: Pick<ResultRecord, "artifacts">): Iterable<[string, Artifact]> {
  const byName = new Map(record.artifacts.map((artifact) => [artifact.name, artifact]));
  const folders = stage.command?.folders;
  const whole = byName.get("output");
  if (stage.output !== undefined && whole) yield [stage.output, whole];
  for (const [name, target] of Object.entries(stage.outputs ?? {})) {
    const artifact = byName.get(`outputs.${name}`);
    if (artifact) yield [target, artifact];
    if (folders?.has(name)) yield* filesOf(`outputs.${name}/`, target, record.artifacts);
  }
}

/** The files of an output that is a folder. Their names come from a cache that someone else may have written. */
function* filesOf(prefix: string, folder: string, artifacts: readonly Artifact[]): Iterable<[string, Artifact]> {
  for (const artifact of artifacts) {
    if (!artifact.name.startsWith(prefix)) continue;
    const inside = artifact.name.slice(prefix.length);
    if (!staysInside(inside))
      fail("corrupt-value", `${JSON.stringify(inside)} cannot be the name of a file in a folder`);
    yield [`${folder}/${inside}`, artifact];
  }
}
