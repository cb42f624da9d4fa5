import type { Digest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import { inlineContent, type ResultRecord } from "../../core/record.ts";
import { registerStoredDirs } from "../../platform/dir-handle.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { formatOf } from "../../store/formats.ts";
import type { SourceVersion } from "../sources/sources.ts";
import type { Workspace } from "../workspace.ts";
import { handleRevivers } from "./handle-revivers.ts";
import type { BlobReads } from "./reads.ts";

/** A store as handles are to see it that lead to `digests`. */
export type Watch = (blobs: BlobReads, digests: readonly Digest[]) => BlobReads;

// A value may hold folders: they are known before any value is read.
registerStoredDirs();

/** What a node gave in this run, as its consumers get at it. */
export interface Held {
  /** What a consumer's key sees. */
  readonly version: Digest;
  /** A short text of the value, for `why`. */
  readonly preview?: string;
  /**
   * The value: a copy for each caller, so that no consumer sees what another did to it. Tells of the project's files that
   * handles in it lead to. Handles read of stores through what `watch` gives for them.
   */
  load(onProjectFile: (ref: FileRef) => void, watch?: Watch): Promise<unknown>;
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
export class HeldResult implements Held {
  readonly version: Digest;
  readonly #workspace: Workspace;
  readonly #blobs: BlobStore;
  readonly record: ResultRecord;

  /** @param version what consumers' keys see; the record's data version unless given */
  constructor(workspace: Workspace, blobs: BlobStore, record: ResultRecord, version = record.dataVersion) {
    this.version = version;
    this.#workspace = workspace;
    this.#blobs = blobs;
    this.record = record;
  }

  async load(onProjectFile: (ref: FileRef) => void, watch: Watch = (blobs) => blobs): Promise<unknown> {
    const { artifacts, node, format, params } = this.record;
    const artifact = artifacts.find(({ name }) => name === "value");
    if (!artifact) fail("missing-blob", `the result of ${node} holds no value`, { node });
    const bytes = inlineContent(artifact) ?? (await this.#blobs.read(artifact.digest));
    const stored = artifacts.filter(({ inline }) => inline === undefined).map(({ digest }) => digest);
    const watched = watch(this.#blobs, stored);
    const revivers = handleRevivers(this.#workspace, watched, artifacts, onProjectFile);
    return (await formatOf(format)).decode(bytes, params, revivers);
  }
}

/** A value as the function gave it: for nodes whose values are neither stored nor copied. */
export function heldLive(version: Digest, value: unknown): Held {
  return { version, load: async () => value };
}
