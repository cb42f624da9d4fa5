import type { Digest } from "../core/digest.ts";
import { failure, SluiceError } from "../core/failure.ts";
import type { ResultRecord } from "../core/record.ts";

/**
 * What a store keeps and what each result of it is worth, so that the least worth can go first. All of it is counted as
 * results come, are used and go: nothing here looks through the whole store. Implementations: SQLite and memory.
 */
export interface Keeping {
  /** Bytes that results take, with their blobs: what a limit of the size is about. A blob that several share counts once. */
  bytes(): Promise<number>;
  totals(): Promise<KeptTotals>;
  /** Adds to the time that the store has saved in all; milliseconds. May be lost in a crash. */
  noteSaved(milliseconds: number): Promise<void>;

  /**
   * Results in the order in which they should go: by `worth`, least first, or by `use`, longest unused first.
   * @param after the last one of the page before
   */
  candidates(order: EvictionOrder, limit: number, after?: Candidate): Promise<readonly Candidate[]>;
  /**
   * Removes results, but neither their blobs (see {@link loose}) nor what explains them (see {@link sweep}).
   * @param floor the worth of the dearest of them: what is made or used from now on is worth that much more
   */
  evict(keys: readonly Digest[], floor?: number): Promise<void>;
  /** Puts results back that were evicted; one that was made again meanwhile stays. @throws SluiceError `missing-blob` */
  restore(records: readonly ResultRecord[]): Promise<void>;
  /** Removes what explains results that are no more. Takes the longer the more results there are. */
  sweep(): Promise<void>;
  /** How many results were evicted since what explains them was swept. */
  unswept(): Promise<number>;

  /** Blobs that the last result has let go of and that may still be there. */
  loose(limit: number): Promise<readonly Digest[]>;
  /** The blobs that results refer to and whose digests begin so, in the order of their digests. */
  references(start: string): Promise<readonly BlobReference[]>;
  /** Corrects what is known of the sizes of blobs. */
  resize(references: readonly BlobReference[]): Promise<void>;
  /** Keys of results that begin so, in order. */
  keysFrom(start: string, limit: number): Promise<readonly Digest[]>;
  /** The results that refer to a blob; all unless a limit is given. */
  resultsWith(digest: Digest, limit?: number): Promise<readonly Digest[]>;
  /**
   * Calls `remove` for each of the blobs that no result refers to, while no process can record a result. Gives those that it
   * was called for. It also works where the disk is full.
   * @param besides results that do not count: they are going, or are as good as gone
   */
  removeUnreferenced(
    digests: readonly Digest[],
    remove: (digest: Digest) => void,
    besides?: ReadonlySet<Digest>,
  ): Promise<readonly Digest[]>;

  /** What never is evicted: results by their keys, and all results of nodes whose names match. */
  pins(): Promise<readonly Pin[]>;
  pin(pin: Pin): Promise<void>;
  /** False when there was none. */
  unpin(pin: Pin): Promise<boolean>;

  /** Results, newest first, in pages. */
  newest(page: ResultPage): Promise<readonly KeptResult[]>;
  /** What is kept for each node, the largest first. */
  nodes(limit: number): Promise<readonly KeptNode[]>;
  /** The results for which this holds, summed up: the largest nodes first. */
  doubtful(doubt: Doubt, limit: number): Promise<DoubtfulResults>;
}

export interface KeptTotals {
  readonly results: number;
  readonly blobs: number;
  /** Bytes of what the blobs hold. */
  readonly content: number;
  /** Bytes that the blobs take on the disk. */
  readonly stored: number;
  /** See {@link Keeping.bytes}. */
  readonly bytes: number;
  /** Milliseconds that reused results took when they were made, of all uses. */
  readonly savedMs: number;
}

export type EvictionOrder = "worth" | "use";

/** A result that may go. */
export interface Candidate {
  readonly key: Digest;
  readonly node: string;
  /** The higher, the longer it stays; see {@link worthOf}. */
  readonly worth: number;
  /** When it was last used or made, milliseconds since 1970. */
  readonly usedAt: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Bytes that go with it; its share of a blob that others refer to as well. */
  readonly bytes: number;
  readonly durationMs: number;
  /** Where it stands in the order; ties are broken by the order in which results came. */
  readonly position: { readonly rank: number; readonly id: number };
}

export interface BlobReference {
  readonly digest: Digest;
  /** Bytes on the disk. */
  readonly storedSize: number;
}

export interface Pin {
  readonly kind: "result" | "node";
  /** A key, or the name of a node, in which `*` stands for any text and `?` for any character. */
  readonly name: string;
}

export interface ResultPage {
  readonly limit: number;
  /** Only of this node. */
  readonly node?: string | undefined;
  /** The last one of the page before. */
  readonly after?: KeptResult | undefined;
}

export interface KeptResult {
  readonly record: ResultRecord;
  /** When it was last used or made, milliseconds since 1970. */
  readonly usedAt: number;
  /** How often it was used; uses within one hour may count as one. */
  readonly uses: number;
  /** Of results that were made at the same time, which came later. */
  readonly position: number;
}

export interface KeptNode {
  readonly node: string;
  readonly results: number;
  /** Of all artifacts, what they hold. */
  readonly bytes: number;
  readonly durationMs: number;
}

/** Which results may not be worth their place. */
export type Doubt =
  /** Cost less to make than it takes to read them, at this many bytes a millisecond and after `baseMs`; at least this large. */
  | { readonly kind: "cheap"; readonly bytesPerMs: number; readonly baseMs: number; readonly atLeast: number }
  /** Never used, at least this large, and made before. */
  | { readonly kind: "unused"; readonly atLeast: number; readonly madeBefore: number };

export interface DoubtfulResults {
  readonly results: number;
  readonly bytes: number;
  readonly nodes: readonly KeptNode[];
}

/** What a record takes beside its text and its small contents: its key, twice, and its places in indexes. About. */
export const rowOverhead = 250;

/**
 * GreedyDual-Size-Frequency (Cherkasova 1998): what a result is worth is the time it saves per byte that it takes, times how often it
 * was used, above a floor that rises to the worth of whatever was evicted last. So what is not used any more falls behind,
 * however dear it was, and no result has to be looked at for that.
 * @param floor as it was when the result was made or last used
 */
export function worthOf(floor: number, uses: number, durationMs: number, bytes: number): number {
  return floor + ((uses + 1) * durationMs) / Math.max(1, bytes);
}

const noBlobs: ReadonlyMap<Digest, number> = new Map();

/** The blobs that a result refers to, each once, with their sizes. */
export function blobsOf({ artifacts }: ResultRecord): ReadonlyMap<Digest, number> {
  if (artifacts.every(({ inline }) => inline)) return noBlobs;
  const blobs = new Map<Digest, number>();
  for (const { inline, digest, size } of artifacts) if (!inline) blobs.set(digest, size);
  return blobs;
}

/** What to throw when a blob is gone that was there when it was stored. */
export function goneAsRecorded(digest: Digest): SluiceError {
  return new SluiceError(
    failure("missing-blob", `blob ${digest.slice(0, 12)} was removed before its result could be recorded`, {
      retryable: true,
    }),
  );
}
