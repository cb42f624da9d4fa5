import type { Digest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import type { JsonValue } from "../../core/json.ts";
import { type Artifact, inlineContent, type ResultRecord } from "../../core/record.ts";
import { registerStoredDirs } from "../../platform/dir-handle.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import type { DecodeOptions } from "../../store/format.ts";
import { formatOf } from "../../store/formats.ts";
import { LocalBlobStore } from "../../store/local-blob-store.ts";
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
   * handles in it lead to. Handles read of stores through what `watch` gives for them. `sealed` is the value of a result as it is
   * stored, where that was read already.
   */
  load(onProjectFile: (ref: FileRef) => void, watch?: Watch, sealed?: SealedValue): Promise<unknown>;
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

/** A value in bytes, to be decoded somewhere else. */
export class SealedValue {
  readonly bytes: Uint8Array;
  /** Whether nobody else holds the bytes. */
  readonly own: boolean;
  readonly format: string;
  readonly params: JsonValue | undefined;
  /** What of the result is in the store by itself. */
  readonly stored: readonly Artifact[];
  /** Where that is. */
  readonly blobs: BlobStore;

  constructor(given: Pick<SealedValue, "bytes" | "own" | "format" | "params" | "stored" | "blobs">) {
    this.bytes = given.bytes;
    this.own = given.own;
    this.format = given.format;
    this.params = given.params;
    this.stored = given.stored;
    this.blobs = given.blobs;
  }
}

/** A result in a store: read, checked and decoded only when a function asks for it. */
export class HeldResult implements Held {
  readonly version: Digest;
  readonly #workspace: Workspace;
  readonly #blobs: BlobStore;
  readonly record: ResultRecord;
  readonly #isOurs: boolean;

  /**
   * @param version what consumers' keys see; the record's data version unless given
   * @param isOurs whether this process has just encoded and hashed what is in the record, into bytes that nobody else has: then they
   *   still are what they were. False unless given
   */
  constructor(
    workspace: Workspace,
    blobs: BlobStore,
    record: ResultRecord,
    version = record.dataVersion,
    isOurs = false,
  ) {
    this.version = version;
    this.#workspace = workspace;
    this.#blobs = blobs;
    this.record = record;
    this.#isOurs = isOurs;
  }

  async load(onProjectFile: (ref: FileRef) => void, watch?: Watch, sealed?: SealedValue): Promise<unknown> {
    return openSealed(this.#workspace, sealed ?? (await this.sealed()), onProjectFile, watch);
  }

  /** The value as it is stored, checked. */
  async sealed(): Promise<SealedValue> {
    const { artifacts, node, format, params } = this.record;
    const artifact = artifacts.find(({ name }) => name === "value");
    if (!artifact) fail("missing-blob", `the result of ${node} holds no value`, { node });
    const inline = this.#isOurs ? artifact.inline : inlineContent(artifact);
    const bytes = inline ?? (await this.#blobs.read(artifact.digest));
    // A store on disk reads a blob anew each time.
    const own = !inline && this.#blobs instanceof LocalBlobStore;
    const stored = artifacts.filter(({ inline }) => inline === undefined);
    return new SealedValue({ bytes, own, format, params, stored, blobs: this.#blobs });
  }
}

/** The value itself; see {@link Held.load}. */
export async function openSealed(
  workspace: Workspace,
  { bytes, format, params, stored, blobs }: SealedValue,
  onProjectFile: (ref: FileRef) => void,
  watch: Watch = (blobs) => blobs,
): Promise<unknown> {
  // Most values lead to nothing: what makes handles is there when the first is to be made.
  let made: Required<DecodeOptions> | undefined;
  const revivers = (): Required<DecodeOptions> => {
    if (made) return made;
    const watched = watch(
      blobs,
      stored.map(({ digest }) => digest),
    );
    made = handleRevivers(workspace, watched, stored, onProjectFile);
    return made;
  };
  return (await formatOf(format)).decode(bytes, params, {
    reviveFile: (ref) => revivers().reviveFile(ref),
    reviveRows: (ref) => revivers().reviveRows(ref),
  });
}

/** A value as the function gave it: for nodes whose values are neither stored nor copied. */
export function heldLive(version: Digest, value: unknown): Held {
  return { version, load: async () => value };
}
