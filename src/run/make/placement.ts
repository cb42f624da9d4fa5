import path from "node:path";
import { failureOf } from "../../core/failure.ts";
import type { StageNode } from "../../core/node.ts";
import { type Artifact, inlineContent, type ResultRecord } from "../../core/record.ts";
import { ensureDirDurably } from "../../platform/files.ts";
import { writeFileAtomic } from "../../platform/temp-file.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Puts a result's files where the pipeline wants them, unless they are there already. Gives the paths that were written,
 * relative to the project.
 */
export async function placeOutputs(
  workspace: Workspace,
  blobs: BlobStore,
  stage: StageNode,
  record: Pick<ResultRecord, "artifacts">,
): Promise<readonly string[]> {
  const placed: string[] = [];
  for (const [target, artifact] of outputsOf(stage, record)) {
    if (isThere(workspace, target, artifact)) continue;
    const executable = artifact.executable ?? false;
    const content = inlineContent(artifact);
    if (content) await writeInline(target, content, executable);
    else await blobs.place(artifact.digest, target, { executable });
    placed.push(path.relative(workspace.root, target).replaceAll(path.sep, "/"));
  }
  return placed;
}

async function writeInline(target: string, content: Uint8Array, executable: boolean): Promise<void> {
  const folder = path.dirname(target);
  await ensureDirDurably(folder);
  await writeFileAtomic(target, content, { tmpDir: folder, mode: executable ? 0o777 : 0o666 });
}

/** What a stage places, and where: absolute paths. */
export function* outputsOf(stage: StageNode, record: Pick<ResultRecord, "artifacts">): Iterable<[string, Artifact]> {
  const byName = new Map(record.artifacts.map((artifact) => [artifact.name, artifact]));
  const whole = byName.get("output");
  if (stage.output !== undefined && whole) yield [stage.output, whole];
  for (const [name, target] of Object.entries(stage.outputs ?? {})) {
    const artifact = byName.get(`outputs.${name}`);
    if (artifact) yield [target, artifact];
  }
}

function isThere(workspace: Workspace, target: string, artifact: Artifact): boolean {
  try {
    const { digest, executable } = workspace.files.version(target);
    return digest === artifact.digest && executable === (artifact.executable ?? false);
  } catch (error) {
    if (failureOf(error)) return false;
    throw error;
  }
}
