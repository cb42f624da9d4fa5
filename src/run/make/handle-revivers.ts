import path from "node:path";
import type { FileRef } from "../../core/file-ref.ts";
import type { Artifact } from "../../core/record.ts";
import type { RowsRef } from "../../core/rows-ref.ts";
import { type FileSource, projectFile, storedFile } from "../../platform/file-handle.ts";
import { storedRows } from "../../platform/rows-handle.ts";
import type { DecodeOptions } from "../../store/format.ts";
import { readRows } from "../../store/rows/read-rows.ts";
import { rowExtension } from "../../store/rows/row-formats.ts";
import type { Workspace } from "../workspace.ts";
import type { BlobReads } from "./reads.ts";

/** Makes the handles of a value that is in a store. Each file of the project that they lead to is told once. */
export function handleRevivers(
  workspace: Pick<Workspace, "root" | "scratch">,
  blobs: BlobReads,
  artifacts: readonly Artifact[],
  onProjectFile: (ref: FileRef) => void,
): Required<DecodeOptions> {
  const source: FileSource = {
    read: (digest) => blobs.read(digest),
    stream: (digest) => blobs.stream(digest),
    placeSync: (digest, target, options) => blobs.placeSync(digest, target, options),
    get scratch() {
      return path.join(workspace.scratch, "files");
    },
  };
  const told = new Set<string>();
  const reviveFile = (ref: FileRef): unknown => {
    if (ref.origin === "store") return storedFile({ ref, source });
    const name = `${ref.digest} ${ref.name}`;
    if (!told.has(name)) onProjectFile(ref);
    told.add(name);
    return projectFile({ root: workspace.root, ref });
  };
  const reviveRows = (ref: RowsRef): unknown => {
    const { stored } = ref;
    return storedRows({
      ref: { ...ref, stored: { ...stored, files: filesAmong(artifacts) } },
      source: {
        read: (own) => readRows(own, blobs, { reviveFile }),
        extension: rowExtension(stored.format),
        files: source,
      },
    });
  };
  return { reviveFile, reviveRows };
}

/** What a result keeps for the handles in its value. */
function filesAmong(artifacts: readonly Artifact[]): readonly FileRef[] {
  return artifacts
    .filter(({ name }) => name.startsWith("files."))
    .map(({ digest, size, executable = false }) => ({ origin: "store", name: "file", digest, size, executable }));
}
