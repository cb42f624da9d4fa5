import type { Digest } from "../../core/digest.ts";
import type { Failure } from "../../core/failure.ts";
import { type FileRef, fileRef } from "../../core/file-ref.ts";
import { type Artifact, inlineContent, type OutsidePath, type ResultRecord } from "../../core/record.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { auto } from "../../store/formats/auto.ts";
import { formatOf } from "../../store/formats.ts";

/** The result of one item, as a list is put together from it. */
export interface Piece {
  /** The data version of the result. */
  readonly version: Digest;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly durationMs: number;
  /** Files of the store that the result refers to. */
  readonly files: readonly Artifact[];
  readonly warnings: readonly string[];
  /** What it holds for outside of the store; see {@link ResultRecord}. */
  readonly outside?: readonly OutsidePath[];
  /** A value of its own for each call; the handles in it are references only. */
  value(): Promise<unknown>;
}

/** What stands for a file in values that are only stored again. */
const asReference = { reviveFile: (ref: FileRef): unknown => ({ [fileRef]: ref }) };

/** The piece that a record of an item holds. */
export function pieceOf(record: ResultRecord, blobs: BlobStore): Piece {
  const { dataVersion: version, createdAt, durationMs, warnings, artifacts, format, params } = record;
  const files = artifacts.filter(({ name }) => name !== "value");
  const value = async (): Promise<unknown> => {
    const artifact = artifacts.find(({ name }) => name === "value")!;
    const bytes = inlineContent(artifact) ?? (await blobs.read(artifact.digest));
    return format === "auto" ? decodeReference(bytes) : (await formatOf(format)).decode(bytes, params, asReference);
  };
  const { outside } = record;
  return { version, createdAt, durationMs, files, warnings, ...(outside ? { outside } : {}), value };
}

/** A value with references in the place of handles. */
export function decodeReference(bytes: Uint8Array): unknown {
  return auto.decode(bytes, undefined, asReference);
}

/** The result of an item turned out damaged or gone when it was read. */
export class DamagedPiece extends Error {
  /** The data version of the item. */
  readonly item: Digest;
  readonly failure: Failure;

  constructor(item: Digest, failure: Failure) {
    super(failure.message);
    this.item = item;
    this.failure = failure;
  }
}
