import type { CodePart } from "../core/code-part.ts";
import type { DerivedCache } from "../core/derived.ts";
import { type Digest, digestOf } from "../core/digest.ts";
import type { NodeOutcome } from "../core/event.ts";
import type { InputDetail } from "../core/input-detail.ts";
import { isNodeRecord } from "../core/node.ts";
import type { ResultRecord } from "../core/record.ts";
import { decodePart, encodePart } from "./code-row.ts";
import { decodeInput, encodeInput } from "./input-row.ts";
import { MemoryKeeping, type StoredResult } from "./memory-keeping.ts";
import {
  type CodeVersionParts,
  defaultMaxRuns,
  type FileIndexEntry,
  type FileIndexStore,
  type Metadata,
  type ResultDetails,
  type ResultsAhead,
  type RunRecord,
} from "./metadata.ts";
import { decodeResult, encodeResult } from "./result-row.ts";
import {
  decodeOutcomes,
  decodeRun,
  encodeOutcomes,
  encodeRun,
  outcomesLater,
  type RunRow,
  reusedKeys,
} from "./run-row.ts";

interface StoredRun extends RunRow {
  readonly startedAt: number;
  /** The name of how its nodes ended. */
  readonly outcomes: string | undefined;
}

/**
 * Metadata that lasts as long as the object. It keeps the same rows as the database does, so that nothing that is read can
 * be a reference to what was written.
 */
export class MemoryMetadata implements Metadata {
  readonly readOnly = false;
  readonly derived: DerivedCache = new MemoryDerived();
  readonly files: FileIndexStore = new MemoryFiles();
  readonly #results = new Map<Digest, StoredResult>();
  readonly #code = new Map<Digest, readonly { readonly name: Digest; readonly line: number | undefined }[]>();
  readonly #codeParts = new Map<Digest, string>();
  readonly #inputs = new Map<Digest, Uint8Array>();
  readonly #durations = new Map<string, number>();
  readonly #runs = new Map<string, StoredRun>();
  readonly #outcomes = new Map<string, Uint8Array>();
  readonly #maxRuns: number;
  readonly keeping: MemoryKeeping;
  #generation = 0;

  /** @param options.storedSize how much a blob takes on the disk; all count as there unless given */
  constructor(
    options: { readonly maxRuns?: number; readonly storedSize?: (digest: Digest) => number | undefined } = {},
  ) {
    this.#maxRuns = options.maxRuns ?? defaultMaxRuns;
    this.keeping = new MemoryKeeping(this.#results, options.storedSize, () => this.#generation++);
  }

  async getResult(key: Digest): Promise<ResultRecord | undefined> {
    const row = this.#results.get(key);
    return row && recordOf(key, row);
  }

  async readAhead(nodes: readonly string[]): Promise<ResultsAhead> {
    const wanted = new Set(nodes);
    const newest = new Map<string, [Digest, StoredResult]>();
    for (const [key, row] of this.#results) {
      const other = newest.get(row.node)?.[1];
      if (wanted.has(row.node) && !(other && other.createdAt > row.createdAt)) newest.set(row.node, [key, row]);
    }
    const byKey = new Map(newest.values());
    return {
      get: (key) => {
        const row = byKey.get(key);
        return row && recordOf(key, row);
      },
      newestOf: (node) => {
        const found = newest.get(node);
        const record = found && recordOf(...found);
        return record && isNodeRecord(record) ? record : undefined;
      },
      hasNone: (node) => !newest.has(node),
      ranBefore: (node) => this.#durations.has(node),
    };
  }

  async readKeys(keys: readonly Digest[]): Promise<Pick<ResultsAhead, "get">> {
    const rows = new Map<Digest, StoredResult>();
    for (const key of keys) {
      const row = this.#results.get(key);
      if (row) rows.set(key, row);
    }
    return {
      get: (key) => {
        const row = rows.get(key);
        return row && recordOf(key, row);
      },
    };
  }

  async putResults(results: readonly ResultRecord[], { code = [], inputs }: ResultDetails = {}): Promise<void> {
    const rows = results.map((record) => ({ record, row: encodeResult(record) }));
    if (rows.some(({ record }) => this.#results.has(record.key))) this.#generation++;
    this.keeping.put(rows);
    for (const { record } of rows) this.#durations.set(record.node, record.durationMs);
    for (const version of code) this.#putCode(version);
    for (const [version, detail] of inputs ?? []) this.#inputs.set(version, encodeInput(detail));
  }

  async synced(): Promise<void> {}

  async removeResults(keys: readonly Digest[]): Promise<void> {
    this.keeping.remove(keys);
  }

  async resultsOf(node: string, limit: number): Promise<readonly ResultRecord[]> {
    return this.#named(node, limit, isNodeRecord);
  }

  async entriesOf(label: string, limit: number): Promise<readonly ResultRecord[]> {
    return this.#named(label, limit, (record) => !isNodeRecord(record));
  }

  #named(node: string, limit: number, isWanted: (record: ResultRecord) => boolean): readonly ResultRecord[] {
    return [...this.#results]
      .filter(([, row]) => row.node === node)
      .sort(([, a], [, b]) => b.createdAt - a.createdAt)
      .map(([key, row]) => recordOf(key, row))
      .filter((record): record is ResultRecord => record !== undefined && isWanted(record))
      .slice(0, Math.max(0, limit));
  }

  async *allResults(): AsyncIterable<ResultRecord> {
    for (const key of [...this.#results.keys()]) {
      const record = await this.getResult(key);
      if (record) yield record;
    }
  }

  async touchResults(keys: readonly Digest[], at: number): Promise<void> {
    this.keeping.touch(keys, at);
  }

  async generation(): Promise<number> {
    return this.#generation;
  }

  async lastUsed(key: Digest): Promise<number | undefined> {
    const row = this.#results.get(key);
    return row && Math.max(row.createdAt, row.usedAt);
  }

  #putCode({ version, parts, textOf }: CodeVersionParts): void {
    const uses = parts.map((part) => {
      const { name, body } = encodePart(part, textOf?.(part));
      this.#codeParts.set(name, body);
      return { name, line: part.line };
    });
    this.#code.set(version, uses);
  }

  async getCode(version: Digest): Promise<readonly CodePart[] | undefined> {
    return this.#code.get(version)?.map(({ name, line }) => decodePart(name, this.#codeParts.get(name), line)!);
  }

  async getInput(version: Digest): Promise<InputDetail | undefined> {
    return decodeInput(this.#inputs.get(version));
  }

  async durations(nodes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (const node of nodes) {
      const milliseconds = this.#durations.get(node);
      if (milliseconds !== undefined) found.set(node, milliseconds);
    }
    return found;
  }

  async startRun(run: RunRecord): Promise<void> {
    this.#put(run);
    for (const [id] of this.#newestRuns().slice(this.#maxRuns)) this.#runs.delete(id);
  }

  async finishRun(run: RunRecord, nodes: ReadonlyMap<string, NodeOutcome>): Promise<string> {
    const bytes = encodeOutcomes(nodes);
    const outcomes = digestOf(bytes);
    this.#outcomes.set(outcomes, bytes);
    await this.finishRunAs(run, outcomes);
    return outcomes;
  }

  async keepOutcomes(nodes: ReadonlyMap<string, NodeOutcome>): Promise<string> {
    const bytes = encodeOutcomes(nodes);
    const outcomes = digestOf(bytes);
    this.#outcomes.set(outcomes, bytes);
    return outcomes;
  }

  async finishRunAs(run: RunRecord, outcomes: string): Promise<void> {
    this.#put(run, outcomes);
    await this.keeping.noteSaved(run.savedMs);
    await this.touchResults(reusedKeys(await this.runNodes(run.id)), run.startedAt);
  }

  async hasOutcomes(outcomes: string): Promise<boolean> {
    return this.#outcomes.has(outcomes);
  }

  async outcomes(outcomes: string): Promise<(() => ReadonlyMap<string, NodeOutcome>) | undefined> {
    const bytes = this.#outcomes.get(outcomes);
    return bytes && outcomesLater(outcomes, bytes);
  }

  #put(run: RunRecord, outcomes?: string): void {
    this.#runs.set(run.id, { ...encodeRun(run), startedAt: run.startedAt, outcomes });
  }

  async runs(limit: number): Promise<readonly RunRecord[]> {
    return this.#newestRuns()
      .slice(0, Math.max(0, limit))
      .map(([id, row]) => decodeRun(id, row.body, row.check))
      .filter((run) => run !== undefined);
  }

  async run(id: string): Promise<RunRecord | undefined> {
    if (id === "") return undefined;
    const matches = this.#runs.has(id) ? [id] : [...this.#runs.keys()].filter((other) => other.startsWith(id));
    const [match] = matches;
    const row = match === undefined || matches.length > 1 ? undefined : this.#runs.get(match);
    return row && match !== undefined ? decodeRun(match, row.body, row.check) : undefined;
  }

  async runNodes(id: string): Promise<ReadonlyMap<string, NodeOutcome>> {
    const outcomes = this.#runs.get(id)?.outcomes;
    const nodes = outcomes === undefined ? undefined : this.#outcomes.get(outcomes);
    return (nodes && decodeOutcomes(nodes)) ?? new Map();
  }

  async clear(): Promise<void> {
    this.keeping.clear();
    for (const all of [this.#code, this.#codeParts, this.#inputs, this.#durations, this.#runs, this.#outcomes])
      all.clear();
    this.#generation++;
  }

  async check(): Promise<readonly string[]> {
    return [];
  }

  close(): void {}

  #newestRuns(): [string, StoredRun][] {
    return [...this.#runs].reverse().sort(([, a], [, b]) => b.startedAt - a.startedAt);
  }
}

/** With bytes of its own: whoever gets them may do with them as they like. */
function recordOf(key: Digest, { body, check, inline }: StoredResult): ResultRecord | undefined {
  return decodeResult(key, body, check, inline && new Uint8Array(inline));
}

class MemoryDerived implements DerivedCache {
  readonly #values = new Map<string, Uint8Array>();

  get(kind: string, key: string): Uint8Array | undefined {
    const value = this.#values.get(`${kind}\0${key}`);
    return value && new Uint8Array(value);
  }

  put(kind: string, key: string, value: Uint8Array): void {
    this.#values.set(`${kind}\0${key}`, new Uint8Array(value));
  }
}

class MemoryFiles implements FileIndexStore {
  readonly #entries = new Map<string, FileIndexEntry>();

  get(path: string): FileIndexEntry | undefined {
    return this.#entries.get(path);
  }

  put(entry: FileIndexEntry): void {
    this.#entries.set(entry.path, entry);
  }

  flush(): void {}
}
