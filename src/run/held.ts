import path from "node:path";
import type { Digest } from "../core/digest.ts";
import { fail } from "../core/failure.ts";
import type { FileRef } from "../core/file-ref.ts";
import type { ResultRecord } from "../core/record.ts";
import { projectFile, storedFile } from "../platform/file-handle.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { formatOf } from "../store/formats.ts";
import type { SourceVersion } from "./sources.ts";
import type { Workspace } from "./workspace.ts";

/** What a node gave in this run, as its consumers get at it. */
export interface Held {
  /** What a consumer's key sees. */
  readonly version: Digest;
  /** A short text of the value, for `why`. */
  readonly preview?: string;
  /**
   * The value: a copy for each caller, so that no consumer sees what another did to it. Tells of the project's files that
   * handles in it lead to.
   */
  load(onProjectFile: (ref: FileRef) => void): Promise<unknown>;
  /** Whether a source still is what it was when it was versioned. */
  unchanged?(): boolean;
}

export function heldSource(source: SourceVersion): Held {
  return {
    version: source.dataVersion,
    ...(source.preview === undefined ? {} : { preview: source.preview }),
    load: async () => source.value(),
    unchanged: () => source.unchanged(),
  };
}

/** A result in a store: read, checked and decoded only when a function asks for it. */
export function heldResult(workspace: Workspace, blobs: BlobStore, record: ResultRecord): Held {
  return {
    version: record.dataVersion,
    load: async (onProjectFile) => {
      const artifact = record.artifacts.find(({ name }) => name === "value");
      if (!artifact) fail("missing-blob", `the result of ${record.node} holds no value`, { node: record.node });
      const bytes = artifact.inline ?? (await blobs.read(artifact.digest));
      const format = await formatOf(record.format);
      return format.decode(bytes, record.params, { reviveFile: fileReviver(workspace, blobs, onProjectFile) });
    },
  };
}

/** A value as the function gave it: for nodes whose values are neither stored nor copied. */
export function heldLive(version: Digest, value: unknown): Held {
  return { version, load: async () => value };
}

function fileReviver(workspace: Workspace, blobs: BlobStore, onProjectFile: (ref: FileRef) => void) {
  return (ref: FileRef): unknown => {
    if (ref.origin === "project") {
      onProjectFile(ref);
      return projectFile({ root: workspace.root, ref });
    }
    return storedFile({
      ref,
      source: {
        read: (digest) => blobs.read(digest),
        stream: (digest) => blobs.stream(digest),
        placeSync: (digest, target, options) => blobs.placeSync(digest, target, options),
        scratch: path.join(workspace.scratch, "files"),
      },
    });
  };
}
