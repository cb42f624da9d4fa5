import type { Digest } from "../core/digest.ts";

/** What a store knows of a blob without reading it. */
export interface BlobStat {
  readonly digest: Digest;
  /** Bytes of the content. */
  readonly size: number;
  /** Bytes that it takes in the store. */
  readonly storedSize: number;
}

/** What lies where a blob has its place, by a look from outside. */
export interface BlobEntry {
  /** Bytes that it takes in the store. */
  readonly storedSize: number;
  /** When it was stored, or found by who wanted to store the same; milliseconds since 1970. */
  readonly touchedAt: number;
}

/** What cleaning removes, or would. */
export interface Cleaned {
  readonly files: number;
  readonly bytes: number;
}

export interface PutOptions {
  /** Whether to compress it, if that makes it smaller; unless said to be false, as of digests, it is tried. */
  readonly compress?: boolean;
}

export interface PutResult {
  readonly digest: Digest;
  readonly size: number;
}

/** A blob in the making, of content that comes bit by bit, in constant memory. It ends with `commit` or `discard`. */
export interface BlobDraft {
  /** Bytes so far. */
  readonly size: number;
  /**
   * Takes the next bytes, which are the caller's again afterwards. A promise is to be awaited before more is written: it is
   * what holds back a writer that is faster than the disk.
   */
  write(bytes: Uint8Array): void | Promise<void>;
  /** Puts the blob at its place, durably. */
  commit(): Promise<PutResult>;
  /** Leaves nothing behind; also while something is being written. Does nothing after a commit. */
  discard(): void;
}

/** Blobs that may yet be refused: of an archive that was not checked to its end. Nobody finds them in the store. */
export interface BlobStage {
  /** Begins a blob that is committed to the stage, not to the store. */
  draft(): BlobDraft;
  /** What is known of a blob of the stage; undefined when it is not there. Only for digests. */
  stat(digest: Digest): Promise<BlobStat | undefined>;
  /** Moves a blob into the store, durably. What is there under its name is replaced: it may be damaged. */
  publish(digest: Digest): Promise<void>;
  /** Removes what was not published. */
  close(): void;
}

/**
 * Bytes, named by their BLAKE3 digest. Equal bytes are stored once. Every path by which bytes leave the store checks size and
 * digest; a blob that does not match is set aside (never served, never silently dropped) and the call throws
 * `corrupt-blob`; a blob that is not there throws `missing-blob`. A put that returned survives a power cut, and its blob has been touched just now, also where it was there before.
 */
export interface BlobStore {
  /** What is known of a blob by looking, not reading; undefined when it is not there. */
  stat(digest: Digest): Promise<BlobStat | undefined>;
  put(content: Uint8Array, options?: PutOptions): Promise<PutResult>;
  /** Stores a file's content, in constant memory. */
  putFile(path: string): Promise<PutResult>;
  /** Begins a blob whose content is not all there yet. */
  draft(): BlobDraft;
  /** Begins a stage; whoever asks for one closes it. */
  stage(): BlobStage;
  read(digest: Digest): Promise<Uint8Array>;
  /** The content in pieces, in constant memory. A mismatch throws before the last piece is handed out. */
  stream(digest: Digest): AsyncIterable<Uint8Array>;
  /**
   * Puts a writable copy of the content at a path, atomically: a temporary file beside it, then a rename. Makes the folders
   * that are missing. A link at the path is replaced, never followed.
   */
  place(digest: Digest, path: string, options?: { readonly executable?: boolean }): Promise<void>;
  /**
   * Like `place`, at once, for a handle whose `path` is asked for in the midst of a user's function. For scratch files: a power
   * cut may leave anything there.
   */
  placeSync(digest: Digest, path: string, options?: { readonly executable?: boolean }): void;
  /** Reads and checks a blob; sets it aside when it is damaged. */
  verify(digest: Digest): Promise<"ok" | "missing" | "corrupt">;
  remove(digest: Digest): Promise<void>;
  /** Like `remove`, at once: for the midst of a transaction. */
  removeSync(digest: Digest): void;
  list(): AsyncIterable<BlobStat>;
  /** What is at a blob's place; undefined where nothing is, or what cannot be a blob. Cheap: it is not opened. */
  entrySync(digest: Digest): BlobEntry | undefined;
  /** The digests at whose places anything is and that begin with these two digits, in order. */
  digestsSync(start: string): readonly Digest[];
  /**
   * Removes what dead writers left behind, and what was set aside as damaged; only one of them where that is said. Gives the bytes
   * freed (or that would be, on a dry run).
   */
  clean(options?: { readonly dryRun?: boolean; readonly only?: "temporary" | "set-aside" }): Promise<Cleaned>;
}
