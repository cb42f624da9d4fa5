import { fail, failureOf } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import type { GraphNode } from "../../core/graph.ts";
import type { JsonValue } from "../../core/json.ts";
import type { Artifact } from "../../core/record.ts";
import { type DirParts, dirParts, projectDir } from "../../platform/dir-handle.ts";
import { projectFile } from "../../platform/file-handle.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import type { Encoded } from "../../store/format.ts";
import { auto } from "../../store/formats/auto.ts";
import { formatOf } from "../../store/formats.ts";
import { LocalBlobStore } from "../../store/local-blob-store.ts";
import { handleRevivers } from "../make/handle-revivers.ts";
import { SealedValue } from "../make/held.ts";
import type { BlobReads, Reads } from "../make/reads.ts";
import { sendBytes } from "./sent-bytes.ts";

/** What a store is opened by in a thread. */
export type StoreFolders = LocalBlobStore["folders"];

/** A value on its way to a thread: encoded, or what a folder handle is made of. */
export type SentValue =
  | {
      readonly kind: "encoded";
      readonly bytes: Uint8Array;
      readonly format: string;
      readonly params: JsonValue | undefined;
      /** What its handles lead to. */
      readonly stored: readonly Artifact[];
      /** Where that is; undefined for a store that only its own thread knows. */
      readonly blobs: StoreFolders | undefined;
    }
  | { readonly kind: "dir"; readonly dir: DirParts };

/**
 * Sends a value: one that is sealed as it is, any other in the canonical encoding.
 * @param blobs where the files are that the value leads to
 * @throws SluiceError `unsupported-value` for what cannot be copied
 */
export function sendValue(name: string, value: unknown, blobs: BlobStore, moved: ArrayBuffer[]): SentValue {
  if (value instanceof SealedValue) {
    const { format, params, stored } = value;
    const bytes = sendBytes(value.bytes, value.own, moved);
    return { kind: "encoded", bytes, format, params, stored, blobs: foldersOf(value.blobs) };
  }
  const dir = dirParts(value);
  if (dir) return { kind: "dir", dir };
  const { bytes, params, files = [] } = encodeInput(name, value);
  const sent = sendBytes(bytes, true, moved);
  return { kind: "encoded", bytes: sent, format: "auto", params, stored: filesStored(files), blobs: foldersOf(blobs) };
}

/** The stored files that an encoded value leads to, as a result lists them. */
export function filesStored(files: readonly FileRef[]): readonly Artifact[] {
  return files
    .filter(({ origin }) => origin === "store")
    .map(({ digest, size, executable }, index) => ({ name: `files.${index}`, digest, size, executable }));
}

function encodeInput(name: string, value: unknown): Encoded {
  try {
    return auto.encode(value) as Encoded;
  } catch (error) {
    const found = failureOf(error, "unversionable");
    if (!found) throw error;
    const message = `input "${name}" cannot be sent to a thread: ${found.message.replace(/^result/, name)}`;
    return fail("unsupported-value", message, {
      hint: 'a value that is handed on as it is stays in its thread: let what reads it be called there, with executor: "inline"',
    });
  }
}

/** Undefined for a store that only its own thread knows. */
export function foldersOf(blobs: BlobStore): StoreFolders | undefined {
  return blobs instanceof LocalBlobStore ? blobs.folders : undefined;
}

/** Where a thread makes values. */
export interface Receiver {
  readonly root: string;
  readonly scratch: string;
  /** Told of the project's files that handles in a stage's value lead to. */
  readonly onProjectFile: (ref: FileRef) => void;
  /** Keeps account of what handles read; damage is that of a node that is called after the input. */
  readonly reads: Reads;
}

/** The value that was sent, equal to what a function in the thread of the run gets. */
export async function receiveValue(name: string, sent: SentValue, receiver: Receiver): Promise<unknown> {
  const { root, reads, onProjectFile } = receiver;
  if (sent.kind === "dir") {
    const { name, digest, files } = sent.dir;
    const handles = files.map(([at, ref]) => [at, projectFile({ root, ref })] as const);
    return projectDir({ root, name, digest, files: new Map(handles) });
  }
  const { bytes, format, params, stored, blobs } = sent;
  const store = blobs ? new LocalBlobStore(blobs) : noStore;
  const digests = stored.map(({ digest }) => digest);
  const revivers = handleRevivers(receiver, reads.through(inputNode(name), store, digests), stored, onProjectFile);
  return (await formatOf(format)).decode(bytes, params, revivers);
}

/** Stands for the node behind an input, which only the thread of the run knows. */
function inputNode(name: string): GraphNode {
  return { name } as GraphNode;
}

const unknown = (): never => {
  throw new Error("a stored file was sent to a thread without its store");
};
const noStore: BlobReads = { read: unknown, stream: unknown, verify: unknown, placeSync: unknown };
