import { type Digest, digestOf } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { ResultRecord } from "../../core/record.ts";
import { pieceSize } from "../../platform/files.ts";
import type { BlobStage } from "../../store/blob-store.ts";
import { Damage, unpack } from "../../store/stored-blob.ts";
import type { ArchiveReader } from "./archive-reader.ts";
import {
  type BlobHead,
  badArchive,
  blobHeadSize,
  countsSize,
  decodeBlobHead,
  decodeResultBody,
  decodeResultHead,
  digestSize,
  magic,
  magicName,
  mostPieceBytes,
  pieceHeadSize,
  resultHeadSize,
  tagSize,
  tags,
  takenBack,
} from "./layout.ts";
import type { Spool } from "./spool.ts";

/** What an archive holds. */
export interface ArchiveContent {
  readonly results: number;
  readonly blobs: number;
  /** Of the content of the blobs. */
  readonly bytes: number;
}

interface Options {
  readonly maxBytes?: number;
  readonly onProgress?: (progress: { readonly read: number }) => void;
  readonly signal?: AbortSignal;
}

/** What may be unpacked in any case, and how much more for each byte of the archive. */
const fewBytes = 1 << 30;
const mostPerByte = 100;

/** Blobs that are brought to the disk at once: it syncs several in little more time than one. */
const atOnce = 16;

/**
 * Reads an archive to its end, its blobs into the stage and its results into the spool, and checks all there is to check: that
 * every blob has its digest, every result is one and has all of its blobs, that nothing is there twice, missing, out of order or
 * too much, and that the whole is what was written.
 * @throws SluiceError `bad-archive`, `unsupported-format`
 */
export async function checkArchive(
  reader: ArchiveReader,
  stage: BlobStage,
  spool: Spool,
  options: Options,
): Promise<ArchiveContent> {
  const check = new Check(reader, stage, spool, options);
  try {
    return await check.all();
  } finally {
    await check.settled();
  }
}

class Check {
  readonly #reader: ArchiveReader;
  readonly #stage: BlobStage;
  readonly #spool: Spool;
  readonly #options: Options;
  readonly #commits = new Set<Promise<void>>();
  #last: Digest = "";
  #blobs = 0;
  #results = 0;
  #bytes = 0;

  constructor(reader: ArchiveReader, stage: BlobStage, spool: Spool, options: Options) {
    this.#reader = reader;
    this.#stage = stage;
    this.#spool = spool;
    this.#options = options;
  }

  async all(): Promise<ArchiveContent> {
    await this.#start();
    let tag = await this.#tag();
    for (; tag === tags.blob; tag = await this.#tag()) await this.#blob();
    // from here on every blob is where it can be looked up
    await Promise.all(this.#commits);
    this.#last = "";
    for (; tag === tags.result; tag = await this.#tag()) await this.#result();
    if (tag !== tags.end) badArchive("something in it is out of place");
    await this.#end();
    return { results: this.#results, blobs: this.#blobs, bytes: this.#bytes };
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#commits);
  }

  async #start(): Promise<void> {
    const start = await this.#reader.take(magic.length);
    if (start.equals(magic)) return;
    const isOurs = start.subarray(0, magicName).equals(magic.subarray(0, magicName));
    if (isOurs) fail("unsupported-format", "the archive was made by a newer version of Sluice", { hint: "use that" });
    fail("unsupported-format", "this is not an archive of Sluice", { hint: "`sluice cache export` makes one" });
  }

  async #tag(): Promise<number> {
    this.#options.signal?.throwIfAborted();
    this.#options.onProgress?.({ read: this.#reader.taken });
    return (await this.#reader.take(tagSize))[0]!;
  }

  #inOrder(digest: Digest, what: string): void {
    if (digest <= this.#last) badArchive(`a ${what} in it is there twice or out of order`);
    this.#last = digest;
  }

  async #blob(): Promise<void> {
    const head = decodeBlobHead(await this.#reader.take(blobHeadSize));
    this.#inOrder(head.digest, "blob");
    const draft = this.#stage.draft();
    let isWhole = false;
    try {
      for (let size = 0; size < head.size; ) {
        const piece = await this.#piece(head, Math.min(pieceSize, head.size - size));
        if (!piece) return;
        size += piece.length;
        await draft.write(piece);
      }
      isWhole = true;
    } finally {
      if (!isWhole) draft.discard();
    }
    await this.#commit(head.digest, draft.commit());
    this.#blobs++;
  }

  /** Undefined where the blob is taken back. */
  async #piece({ codec, digest }: BlobHead, size: number): Promise<Buffer | undefined> {
    const length = (await this.#reader.take(pieceHeadSize)).readUInt32LE();
    if (length === takenBack) return undefined;
    if (length > mostPieceBytes(codec, size) || (codec === "raw" && length !== size)) this.#damaged(digest);
    const bytes = await this.#reader.take(length);
    this.#bytes += size;
    const { maxBytes = Math.max(fewBytes, mostPerByte * this.#reader.taken), signal, onProgress } = this.#options;
    if (this.#bytes > maxBytes) {
      badArchive(`it unpacks to more than ${maxBytes} bytes`, {
        hint: "if it comes from where you trust it, import it with a larger limit",
      });
    }
    signal?.throwIfAborted();
    onProgress?.({ read: this.#reader.taken });
    try {
      return await unpack({ codec, bytes, size });
    } catch (error) {
      if (error instanceof Damage) return this.#damaged(digest, error);
      throw error;
    }
  }

  async #commit(digest: Digest, committed: Promise<{ readonly digest: Digest }>): Promise<void> {
    const commit = committed.then((written) => {
      if (written.digest !== digest) this.#damaged(digest);
      this.#commits.delete(commit);
    });
    this.#commits.add(commit);
    // one that fails stays, and is met by the next that waits
    commit.catch(() => {});
    if (this.#commits.size >= atOnce) await Promise.race(this.#commits);
  }

  #damaged(digest: Digest, cause?: unknown): never {
    badArchive(`blob ${digest.slice(0, 12)} in it is damaged`, cause === undefined ? {} : { cause });
  }

  async #result(): Promise<void> {
    const head = await this.#reader.take(resultHeadSize);
    const { bodyLength, inlineLength, ...rest } = decodeResultHead(head);
    const [body, inline] = [await this.#reader.take(bodyLength), await this.#reader.take(inlineLength)];
    const record = decodeResultBody({ bodyLength, inlineLength, ...rest }, body, inline);
    this.#inOrder(record.key, "result");
    for (const { name, digest, size, inline: content } of record.artifacts) {
      const isThere = content ? digestOf(content) === digest : (await this.#stage.stat(digest))?.size === size;
      if (!isThere) {
        badArchive(`result ${record.key.slice(0, 12)} in it lacks the content of its ${JSON.stringify(name)}`);
      }
    }
    for (const bytes of [head, body, inline]) this.#spool.add(bytes);
    this.#results++;
  }

  async #end(): Promise<void> {
    const counts = await this.#reader.take(countsSize);
    const { digest } = this.#reader;
    const isRight =
      counts.readBigUInt64LE(0) === BigInt(this.#blobs) &&
      counts.readBigUInt64LE(8) === BigInt(this.#results) &&
      (await this.#reader.take(digestSize)).toString("hex") === digest;
    if (!isRight) badArchive("it is not what was written");
    if (!(await this.#reader.isOver())) badArchive("something stands behind its end");
  }
}

/** The results that {@link checkArchive} has put into a spool. */
export function* spooledResults(spool: Spool): Generator<ResultRecord> {
  for (let at = 0; at < spool.size; ) {
    const head = decodeResultHead(spool.read(at, resultHeadSize));
    const { bodyLength, inlineLength } = head;
    const body = spool.read(at + resultHeadSize, bodyLength);
    const inline = spool.read(at + resultHeadSize + bodyLength, inlineLength);
    at += resultHeadSize + bodyLength + inlineLength;
    yield decodeResultBody(head, body, inline);
  }
}
