import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Digest, Hasher } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { inlineContent, type ResultRecord } from "../../core/record.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import { pieceSize } from "../../platform/files.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { Compressor, frameLength } from "../../store/stored-blob.ts";
import { openReaderPins, type ReaderPins } from "../keeping/reader-pins.ts";
import type { Store } from "../workspace.ts";
import { DigestTable } from "./digest-table.ts";
import {
  decodeResultBody,
  decodeResultHead,
  encodeBlobHead,
  encodeCounts,
  encodeResultFrame,
  magic,
  resultHeadSize,
  tagSize,
  takenBackMark,
} from "./layout.ts";
import { Spool } from "./spool.ts";

export interface ExportOptions {
  /** Only the results under these keys; all unless given. */
  readonly keys?: readonly Digest[];
  /** Only the results of these nodes, and entries with these labels; all unless given. */
  readonly nodes?: readonly string[];
  /** Told how far it is, after each piece. */
  readonly onProgress?: (progress: ExportProgress) => void;
  /** Ends it: the stream is destroyed. */
  readonly signal?: AbortSignal;
}

export interface ExportProgress {
  /** Bytes of content that were read. */
  readonly bytes: number;
  /** Bytes of content that there are. */
  readonly totalBytes: number;
}

/** What is in an archive. */
export interface Exported {
  readonly results: number;
  readonly blobs: number;
  /** Of the content of the blobs. */
  readonly bytes: number;
  /** Of the archive. */
  readonly size: number;
  /** Results that are not in it, because something of them is damaged or was removed meanwhile. */
  readonly leftOut: number;
}

/**
 * Writes results with all that they need as one stream, which is ended. It is what the store had when it began: others may go on
 * to write to it. Equal stores give equal archives. What is read is verified; results whose content is damaged are left out.
 * In memory are 40 bytes for each result and each blob.
 * @throws what the stream throws, and the reason of the signal
 */
export async function exportStore(store: Store, options: ExportOptions, to: Writable): Promise<Exported> {
  const spool = new Spool(store.scratch);
  // from here on nobody evicts them
  const pins = openReaderPins(store);
  try {
    const writing = new Writing(store.blobs, spool, pins, options);
    await writing.gather(chosen(store.metadata, options));
    await pipeline(Readable.from(writing.bytes(), { objectMode: false }), to, {
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return writing.written;
  } finally {
    pins.close();
    spool.close();
  }
}

/** Results that are read at once by their keys. */
const keysAtOnce = 500;

async function* chosen(metadata: Metadata, { keys, nodes }: ExportOptions): AsyncGenerator<ResultRecord> {
  const isWanted = nodes && new Set(nodes);
  if (keys === undefined) {
    for await (const record of metadata.allResults()) if (isWanted?.has(record.node) ?? true) yield record;
    return;
  }
  for (let i = 0; i < keys.length; i += keysAtOnce) {
    const some = keys.slice(i, i + keysAtOnce);
    const found = await metadata.readKeys(some);
    for (const record of some.map((key) => found.get(key))) {
      if (record && (isWanted?.has(record.node) ?? true)) yield record;
    }
  }
}

class Writing {
  readonly #blobs: BlobStore;
  readonly #spool: Spool;
  readonly #pins: ReaderPins;
  readonly #onProgress: ((progress: ExportProgress) => void) | undefined;
  /** Keys, and where their results are in the spool. */
  readonly #results = new DigestTable();
  /** Blobs, and their sizes. */
  readonly #needed = new DigestTable();
  /** Blobs that are damaged or gone. */
  readonly #unusable = new Set<Digest>();
  readonly #chunks = new Chunks();
  #totalBytes = 0;
  #written = { results: 0, blobs: 0, bytes: 0, leftOut: 0 };

  constructor(blobs: BlobStore, spool: Spool, pins: ReaderPins, { onProgress }: ExportOptions) {
    this.#blobs = blobs;
    this.#pins = pins;
    this.#spool = spool;
    this.#onProgress = onProgress;
  }

  get written(): Exported {
    return { ...this.#written, size: this.#chunks.size };
  }

  /** Takes the results as they are now: from here on it does not matter what becomes of their records. */
  async gather(records: AsyncIterable<ResultRecord>): Promise<void> {
    for await (const record of records) {
      const frame = isSound(record) ? encodeResultFrame(record) : undefined;
      if (!frame) {
        this.#written.leftOut++;
        continue;
      }
      this.#results.add(record.key, this.#spool.add(frame));
      const blobs = record.artifacts.filter(({ inline }) => !inline);
      if (blobs.length > 0) this.#pins.pin(record.key);
      for (const { digest, size } of blobs) this.#needed.add(digest, size);
    }
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    const chunks = this.#chunks;
    yield* chunks.add(magic);
    const needed = [...this.#needed.sorted()];
    for (const [, size] of needed) this.#totalBytes += size;
    for (const [digest] of needed) yield* this.#blob(digest);
    for (const [, position] of this.#results.sorted()) yield* this.#result(position);
    yield* chunks.add(encodeCounts(this.#written.blobs, this.#written.results));
    yield* chunks.add(Buffer.from(chunks.digest, "hex"));
    yield* chunks.rest();
  }

  async *#blob(digest: Digest): AsyncGenerator<Uint8Array> {
    const chunks = this.#chunks;
    const compressor = new Compressor();
    let isBegun = false;
    try {
      const size = (await this.#blobs.stat(digest))?.size;
      if (size === undefined) {
        this.#unusable.add(digest);
        return;
      }
      for await (const piece of inPieces(this.#blobs.stream(digest))) {
        const stored = await compressor.add(piece);
        if (!isBegun) yield* chunks.add(encodeBlobHead({ digest, size, codec: compressor.codec! }));
        isBegun = true;
        yield* chunks.add(frameLength(stored));
        yield* chunks.add(stored);
        this.#written.bytes += piece.length;
        this.#onProgress?.({ bytes: this.#written.bytes, totalBytes: this.#totalBytes });
      }
      if (!isBegun) yield* chunks.add(encodeBlobHead({ digest, size, codec: "raw" }));
      this.#written.blobs++;
    } catch (error) {
      if (!failureOf(error, "corrupt-blob") && !failureOf(error, "missing-blob")) throw error;
      this.#unusable.add(digest);
      if (isBegun) yield* chunks.add(takenBackMark);
    }
  }

  *#result(position: number): Generator<Uint8Array> {
    const head = decodeResultHead(this.#spool.read(position + tagSize, resultHeadSize));
    const { bodyLength, inlineLength } = head;
    const frame = this.#spool.read(position, tagSize + resultHeadSize + bodyLength + inlineLength);
    if (this.#unusable.size > 0) {
      const text = frame.subarray(tagSize + resultHeadSize);
      const record = decodeResultBody(head, text.subarray(0, bodyLength), text.subarray(bodyLength));
      if (record.artifacts.some(({ inline, digest }) => !inline && this.#unusable.has(digest))) {
        this.#written.leftOut++;
        return;
      }
    }
    this.#written.results++;
    yield* this.#chunks.add(frame);
  }
}

function isSound({ artifacts }: ResultRecord): boolean {
  try {
    for (const artifact of artifacts) inlineContent(artifact);
    return true;
  } catch (error) {
    if (failureOf(error, "corrupt-blob")) return false;
    throw error;
  }
}

/** Content in pieces of 1 MiB, the last one shorter, however it comes. */
async function* inPieces(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + pieceSize - size);
      at += part.length;
      size += part.length;
      held.push(part);
      if (size < pieceSize) continue;
      yield held.length === 1 ? part : Buffer.concat(held, size);
      held = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(held, size);
}

/** Gathers small things into chunks worth writing, and keeps account of all of them. */
class Chunks {
  readonly #hasher = new Hasher();
  #held: Uint8Array[] = [];
  #heldSize = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get digest(): Digest {
    return this.#hasher.digest();
  }

  *add(bytes: Uint8Array): Generator<Uint8Array> {
    this.#hasher.update(bytes);
    this.#held.push(bytes);
    this.#heldSize += bytes.length;
    this.#size += bytes.length;
    if (this.#heldSize >= pieceSize / 4) yield* this.rest();
  }

  *rest(): Generator<Uint8Array> {
    const bytes = Buffer.concat(this.#held, this.#heldSize);
    this.#held = [];
    this.#heldSize = 0;
    if (bytes.length > 0) yield bytes;
  }
}
