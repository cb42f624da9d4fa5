import type { CodePart } from "../core/code-part.ts";
import type { DerivedCache } from "../core/derived.ts";
import type { Digest } from "../core/digest.ts";
import type { NodeOutcome, RunStatus } from "../core/event.ts";
import type { InputDetail } from "../core/input-detail.ts";
import type { CacheMode } from "../core/node.ts";
import type { ResultRecord } from "../core/record.ts";
import type { Keeping } from "./keeping.ts";

/** One invocation, as it is remembered. */
export interface RunRecord {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Absent while it runs, and for a run that was killed. */
  readonly finishedAt?: number;
  readonly status?: RunStatus;
  readonly cache: CacheMode;
  readonly targets: readonly string[];
  readonly savedMs: number;
  /** How many stages ended in each way. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Runs that are remembered unless an implementation is told otherwise; older ones are forgotten when a new one starts. */
export const defaultMaxRuns = 1000;

/** What the file index remembers of a file; nanoseconds as bigint. */
export interface FileIndexEntry {
  readonly path: string;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly device: bigint;
  readonly executable: boolean;
  readonly digest: Digest;
  /** When hashing it began. */
  readonly hashedAtNs: bigint;
}

/**
 * Records of results, runs and files. Calls that write are atomic, all of a batch or none, and what they wrote survives a
 * killed process when they return. Results survive a power cut too; what is remembered of uses, code and runs does so from
 * the next batch of results on.
 * Implementations: SQLite and memory, which pass one conformance suite.
 */
export interface Metadata {
  /** Whether nothing can be written (a read-only folder or file system). Writes then do nothing. */
  readonly readOnly: boolean;

  getResult(key: Digest): Promise<ResultRecord | undefined>;
  /** The newest result of each of these nodes, read in one go, for a run that will ask for most of them. */
  readAhead(nodes: readonly string[]): Promise<ResultsAhead>;
  /** The results under these keys, read in one go. */
  readKeys(keys: readonly Digest[]): Promise<Pick<ResultsAhead, "get">>;
  /**
   * Stores results, replacing those with the same keys, and what explains them: all of it, or nothing. Afterwards everyone sees
   * them, and no killed process loses them; a power cut may, until {@link synced}.
   * @throws SluiceError `missing-blob` when a blob of one was removed since it was stored: store it again, or go on without
   */
  putResults(results: readonly ResultRecord[], details?: ResultDetails): Promise<void>;
  /** Resolves when all that was put survives a power cut. @throws SluiceError `io`, `no-space` */
  synced(): Promise<void>;
  removeResults(keys: readonly Digest[]): Promise<void>;
  /** Results of a node, newest first. Entries of the explicit cache are none, whatever their label. */
  resultsOf(node: string, limit: number): Promise<readonly ResultRecord[]>;
  /** Entries of the explicit cache with a label, newest first. */
  entriesOf(label: string, limit: number): Promise<readonly ResultRecord[]>;
  /** Every result, in no particular order. */
  allResults(): AsyncIterable<ResultRecord>;
  /** Remembers that results were used, for eviction. May be lost in a crash. */
  touchResults(keys: readonly Digest[], at: number): Promise<void>;
  /** A number that moves on whenever results are replaced or removed: while it stands still, what was there is there. */
  generation(): Promise<number>;
  /** When a result was last used (or made), milliseconds since 1970. */
  lastUsed(key: Digest): Promise<number | undefined>;

  /** The parts behind a code version; undefined when they are not known any more. */
  getCode(version: Digest): Promise<readonly CodePart[] | undefined>;

  /** What an input of a result was made of; undefined when it is not known any more. */
  getInput(version: Digest): Promise<InputDetail | undefined>;

  /** Milliseconds that each of these nodes took when it last ran; nodes that never ran are left out. */
  durations(nodes: readonly string[]): Promise<ReadonlyMap<string, number>>;

  startRun(run: RunRecord): Promise<void>;
  /**
   * Remembers too that the results that were reused were used when the run started. Gives the name under which it is kept how
   * the nodes ended: runs that end alike share it.
   */
  finishRun(run: RunRecord, nodes: ReadonlyMap<string, NodeOutcome>): Promise<string>;
  /**
   * Finishes a run that ended as an earlier one did. That results were used is remembered to the hour.
   * @param outcomes a name that `finishRun` gave and that is still known
   */
  finishRunAs(run: RunRecord, outcomes: string): Promise<void>;
  /**
   * Keeps how the nodes of a run will end that reuses all that the last one did or made; for as long as the runs of now are remembered, at
   * most, unless there is such a run.
   * @param usedAt when the results behind them were used or made, at the earliest; milliseconds since 1970
   * @returns the name that `finishRunAs` takes
   */
  keepOutcomes(nodes: ReadonlyMap<string, NodeOutcome>, usedAt: number): Promise<string>;
  /** Whether it is still known how the nodes of these runs ended. */
  hasOutcomes(outcomes: string): Promise<boolean>;
  /** How the nodes of these runs ended, decoded when it is asked for; undefined when it is not known any more. */
  outcomes(outcomes: string): Promise<(() => ReadonlyMap<string, NodeOutcome>) | undefined>;
  /** Newest first. */
  runs(limit: number): Promise<readonly RunRecord[]>;
  /** A run by its id, or by the only id that starts so. */
  run(id: string): Promise<RunRecord | undefined>;
  /** How each node ended in a finished run. */
  runNodes(id: string): Promise<ReadonlyMap<string, NodeOutcome>>;

  readonly derived: DerivedCache;
  readonly files: FileIndexStore;
  /** What is kept, and what of it should go first. */
  readonly keeping: Keeping;

  /** Removes everything but the file index and what was derived. */
  clear(): Promise<void>;
  /**
   * Whether the database itself is sound; a list of complaints, empty when it is. With `repair`, rows that are damaged are
   * removed; a database that is damaged itself is set aside, and this one is of no more use (`damaged-store`).
   */
  check(options?: { readonly repair?: boolean }): Promise<readonly string[]>;
  close(): void;
}

/** What explains results. It may go when no result has it any more. */
export interface ResultDetails {
  readonly code?: readonly CodeVersionParts[];
  /** What inputs were made of, by their versions. */
  readonly inputs?: ReadonlyMap<Digest, InputDetail>;
}

/** The parts behind a code version, each kept once however many versions and results share it. */
export interface CodeVersionParts {
  readonly version: Digest;
  readonly parts: readonly CodePart[];
  /** The text of a part that comes without; asked for once for each part. */
  readonly textOf?: (part: CodePart) => string | undefined;
}

/** Some results as they were when they were read. */
export interface ResultsAhead {
  /** Undefined for a key that was not read ahead, and for a row that is damaged: {@link Metadata.getResult} knows. */
  get(key: Digest): ResultRecord | undefined;
  /** The newest of a node; undefined where there was none, or it is damaged, or an entry of the explicit cache is newer. */
  newestOf(node: string): ResultRecord | undefined;
  /** Whether nothing at all was kept under the name of a node that was read ahead, not even damaged. */
  hasNone(node: string): boolean;
  /** Whether a node that was read ahead has ever run: that is remembered even after its results were removed. */
  ranBefore(node: string): boolean;
}

/** Where the file index is kept. Paths are relative to the project, `/` between parts. */
export interface FileIndexStore {
  get(path: string): FileIndexEntry | undefined;
  /** Entries may be written later, in a batch; they are only ever a short cut. */
  put(entry: FileIndexEntry): void;
  flush(): void;
}
