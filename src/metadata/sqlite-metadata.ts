import type { CodePart } from "../core/code-part.ts";
import { type Digest, digestOf } from "../core/digest.ts";
import type { NodeOutcome } from "../core/event.ts";
import { type Failure, failureOf } from "../core/failure.ts";
import type { InputDetail } from "../core/input-detail.ts";
import { isNodeRecord } from "../core/node.ts";
import type { ResultRecord } from "../core/record.ts";
import type { Keeping } from "./keeping.ts";
import { defaultMaxRuns, type Metadata, type ResultDetails, type ResultsAhead, type RunRecord } from "./metadata.ts";
import { metadataSchema } from "./migrations/schema.ts";
import { encodeOutcomes, reusedKeys } from "./run-row.ts";
import { CodeTable } from "./sqlite/code-table.ts";
import type { Connection, Durability } from "./sqlite/connection.ts";
import { DerivedTable } from "./sqlite/derived-table.ts";
import { FileTable } from "./sqlite/file-table.ts";
import { InputTable } from "./sqlite/input-table.ts";
import { KeptTable, type StoredSize } from "./sqlite/kept-table.ts";
import { openDatabase } from "./sqlite/open-database.ts";
import { ResultTable } from "./sqlite/result-table.ts";
import { RunTable } from "./sqlite/run-table.ts";
import { SqliteKeeping } from "./sqlite/sqlite-keeping.ts";
import { WorthTable } from "./sqlite/worth-table.ts";

/**
 * 16 MiB. To bring pages to their places the disk is waited for, twice, and thousands of new results change the same pages of indexes again
 * and again. Whoever comes after a killed process reads that much.
 */
const mostLogged = 4000;

/** 16 MiB: so much the indexes of some 100,000 results take, of which new ones change pages all over. */
const mostCached = 4000;

export interface SqliteMetadataOptions {
  /** Absolute path of the database. It and its folders are made where they are missing. */
  readonly file: string;
  /** Open only for reading; false unless given. What cannot be written is opened so in any case, with a warning. */
  readonly readOnly?: boolean;
  /** Milliseconds to wait for another process's lock; 30000 unless given. */
  readonly timeout?: number;
  /** Runs that are remembered; {@link defaultMaxRuns} unless given. */
  readonly maxRuns?: number;
  /**
   * Says how much a blob takes on the disk, so that no result is recorded whose blobs were removed meanwhile; all count as there
   * unless given.
   */
  readonly storedSize?: StoredSize;
  /** Told of a database that was set aside or cannot be written, and of rows that are damaged. Unless given, Node's own warnings. */
  readonly onWarning?: (warning: Failure) => void;
}

/**
 * Metadata in one SQLite database, for any number of processes at once.
 * @throws SluiceError `newer-store` when a newer Sluice made it, `io` when it stays locked or cannot be read, `no-space`; its
 *   methods throw these too, and `damaged-store` when damage comes to light later
 */
export function openSqliteMetadata(options: SqliteMetadataOptions): Metadata {
  const onWarning = options.onWarning ?? (({ message }) => process.emitWarning(message, "SluiceWarning"));
  const connection = openDatabase({
    file: options.file,
    schema: metadataSchema,
    readOnly: options.readOnly ?? false,
    timeout: options.timeout ?? 30_000,
    mostLogged,
    mostCached,
    onWarning,
  });
  return new SqliteMetadata(connection, { ...options, onWarning });
}

class SqliteMetadata implements Metadata {
  readonly readOnly: boolean;
  readonly derived: DerivedTable;
  readonly files: FileTable;
  readonly keeping: Keeping;
  readonly #connection: Connection;
  readonly #results: ResultTable;
  readonly #code: CodeTable;
  readonly #inputs: InputTable;
  readonly #runs: RunTable;
  readonly #kept: KeptTable;
  readonly #maxRuns: number;

  constructor(connection: Connection, options: SqliteMetadataOptions & { onWarning: (warning: Failure) => void }) {
    const { maxRuns = defaultMaxRuns, storedSize, onWarning } = options;
    this.#connection = connection;
    this.#maxRuns = maxRuns;
    this.readOnly = connection.readOnly;
    this.#kept = new KeptTable(connection, storedSize);
    const worth = new WorthTable(connection);
    this.#results = new ResultTable(connection, { kept: this.#kept, worth }, onWarning);
    this.#code = new CodeTable(connection, onWarning);
    this.#inputs = new InputTable(connection);
    this.#runs = new RunTable(connection, onWarning);
    const flush = () => {
      if (this.derived.hasPending || this.files.hasPending) this.#write("relaxed", () => {});
    };
    this.derived = new DerivedTable(connection, flush);
    this.files = new FileTable(connection, flush);
    const [results, kept] = [this.#results, this.#kept];
    this.keeping = new SqliteKeeping({ connection, results, kept, worth, sweep: () => this.#sweep(), onWarning });
  }

  async getResult(key: Digest): Promise<ResultRecord | undefined> {
    return this.#results.get(key);
  }

  async readAhead(nodes: readonly string[]): Promise<ResultsAhead> {
    return this.#results.ahead(nodes);
  }

  async readKeys(keys: readonly Digest[]): Promise<Pick<ResultsAhead, "get">> {
    return this.#results.withKeys(keys);
  }

  async putResults(results: readonly ResultRecord[], { code = [], inputs }: ResultDetails = {}): Promise<void> {
    const missing = this.readOnly ? [] : this.#code.missing(code);
    if (results.length === 0 && missing.length === 0 && !inputs?.size) return;
    let keepInMind = (): void => {};
    this.#write(results.length > 0 ? "soon" : "relaxed", () => {
      keepInMind = this.#code.put(missing);
      if (inputs) this.#inputs.put(inputs);
      this.#results.put(results);
    });
    keepInMind();
  }

  async synced(): Promise<void> {
    await this.#connection.synced();
  }

  async removeResults(keys: readonly Digest[]): Promise<void> {
    if (keys.length === 0) return;
    this.#write("durable", () => {
      this.#results.remove(keys);
      this.#sweep();
    });
    this.#releaseSpace();
  }

  async resultsOf(node: string, limit: number): Promise<readonly ResultRecord[]> {
    return this.#results.ofNode(node, limit, isNodeRecord);
  }

  async entriesOf(label: string, limit: number): Promise<readonly ResultRecord[]> {
    return this.#results.ofNode(label, limit, (record) => !isNodeRecord(record));
  }

  async *allResults(): AsyncIterable<ResultRecord> {
    yield* this.#results.all();
  }

  async touchResults(keys: readonly Digest[], at: number): Promise<void> {
    if (keys.length > 0) this.#write("relaxed", () => this.#results.touch(keys, at));
  }

  async generation(): Promise<number> {
    return this.#results.generation();
  }

  async lastUsed(key: Digest): Promise<number | undefined> {
    return this.#results.lastUsed(key);
  }

  async getCode(version: Digest): Promise<readonly CodePart[] | undefined> {
    return this.#code.get(version);
  }

  async getInput(version: Digest): Promise<InputDetail | undefined> {
    return this.#inputs.get(version);
  }

  async durations(nodes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#results.durations(nodes);
  }

  async startRun(run: RunRecord): Promise<void> {
    this.#write("relaxed", () => {
      this.#runs.put(run);
      this.#runs.keepNewest(this.#maxRuns);
    });
  }

  async finishRun(run: RunRecord, nodes: ReadonlyMap<string, NodeOutcome>): Promise<string> {
    const reused = reusedKeys(nodes);
    const bytes = encodeOutcomes(nodes);
    const outcomes = digestOf(bytes);
    this.#write("relaxed", () => {
      this.#runs.putOutcomes(outcomes, bytes, run.startedAt);
      this.#runs.put(run, outcomes);
      this.#kept.noteSaved(run.savedMs);
      if (reused.length > 0) this.#results.touch(reused, run.startedAt);
    });
    return outcomes;
  }

  async keepOutcomes(nodes: ReadonlyMap<string, NodeOutcome>, usedAt: number): Promise<string> {
    const bytes = encodeOutcomes(nodes);
    const outcomes = digestOf(bytes);
    this.#write("relaxed", () => this.#runs.putOutcomes(outcomes, bytes, usedAt));
    return outcomes;
  }

  async finishRunAs(run: RunRecord, outcomes: string): Promise<void> {
    this.#write("relaxed", () => {
      this.#runs.put(run, outcomes);
      this.#runs.keepNewest(this.#maxRuns);
      this.#kept.noteSaved(run.savedMs);
      if (!this.#runs.touchOutcomes(outcomes, run.startedAt)) return;
      const reused = reusedKeys(this.#runs.nodes(run.id));
      if (reused.length > 0) this.#results.touch(reused, run.startedAt);
    });
  }

  async hasOutcomes(outcomes: string): Promise<boolean> {
    return this.#runs.hasOutcomes(outcomes);
  }

  async outcomes(outcomes: string): Promise<(() => ReadonlyMap<string, NodeOutcome>) | undefined> {
    return this.#runs.outcomes(outcomes);
  }

  async runs(limit: number): Promise<readonly RunRecord[]> {
    return this.#runs.newest(limit);
  }

  async run(id: string): Promise<RunRecord | undefined> {
    return this.#runs.get(id);
  }

  async runNodes(id: string): Promise<ReadonlyMap<string, NodeOutcome>> {
    return this.#runs.nodes(id);
  }

  async clear(): Promise<void> {
    this.#write("durable", () => {
      this.#results.clear();
      this.#code.clear();
      this.#inputs.clear();
      this.#runs.clear();
    });
    this.#releaseSpace();
  }

  async check(options: { readonly repair?: boolean } = {}): Promise<readonly string[]> {
    try {
      const found = this.#connection.all("PRAGMA integrity_check").map(([complaint]) => String(complaint));
      if (found.length !== 1 || found[0] !== "ok") {
        if (options.repair) this.#connection.condemn(found[0] ?? "integrity check");
        return found;
      }
      return this.#checkRows(options.repair ?? false);
    } catch (error) {
      const damage = failureOf(error, "damaged-store");
      if (!damage) throw error;
      return [damage.message];
    }
  }

  close(): void {
    try {
      if (this.#connection.isOpen) this.files.flush();
    } finally {
      this.#connection.close();
    }
  }

  #checkRows(repair: boolean): string[] {
    const results = this.#results.damaged();
    const runs = this.#runs.damaged();
    const code = this.#code.damaged();
    if (repair && results.length + runs.length + code.length > 0) {
      this.#write("durable", () => {
        this.#results.remove(results);
        this.#runs.remove(runs);
        this.#code.remove(code);
        this.#kept.recount();
      });
    }
    const complaint = (what: string) => (name: string) => `the record of ${what} ${JSON.stringify(name)} is damaged`;
    return [...results.map(complaint("result")), ...runs.map(complaint("run")), ...code.map(complaint("code version"))];
  }

  /** Within a transaction. */
  #sweep(): void {
    this.#code.removeUnused();
    this.#inputs.removeUnused();
  }

  /** One transaction, which also takes along what waits to be written. */
  #write(durability: Durability, work: () => void): void {
    if (this.readOnly) return;
    this.#connection.transaction(durability, () => {
      work();
      this.derived.writePending();
      this.files.writePending();
    });
    this.derived.forgetPending();
    this.files.forgetPending();
  }

  #releaseSpace(): void {
    if (!this.readOnly) this.#connection.all("PRAGMA incremental_vacuum");
  }
}
