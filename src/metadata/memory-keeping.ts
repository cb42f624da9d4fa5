import type { Digest } from "../core/digest.ts";
import type { ResultRecord } from "../core/record.ts";
import {
  type BlobReference,
  blobsOf,
  type Candidate,
  type Doubt,
  type DoubtfulResults,
  type EvictionOrder,
  goneAsRecorded,
  type Keeping,
  type KeptNode,
  type KeptResult,
  type KeptTotals,
  type Pin,
  type ResultPage,
  rowOverhead,
  worthOf,
} from "./keeping.ts";
import { decodeResult, encodeResult, type ResultRow } from "./result-row.ts";

/** A result as memory keeps it. */
export interface StoredResult extends ResultRow {
  readonly node: string;
  readonly createdAt: number;
  /** 0 until its first use. */
  readonly usedAt: number;
  readonly uses: number;
  /** What had been evicted last when it was made or used. */
  readonly floor: number;
  readonly durationMs: number;
  /** Which blobs it refers to, with the sizes of what they hold. */
  readonly blobs: ReadonlyMap<Digest, number>;
  readonly position: number;
}

interface StoredBlob {
  readonly size: number;
  readonly storedSize: number;
  readonly users: Set<Digest>;
}

/** What is kept in memory. It works everything out anew whenever it is asked, from the same rows as the metadata. */
export class MemoryKeeping implements Keeping {
  readonly #results: Map<Digest, StoredResult>;
  readonly #storedSize: ((digest: Digest) => number | undefined) | undefined;
  readonly #onChange: () => void;
  readonly #blobs = new Map<Digest, StoredBlob>();
  readonly #loose = new Set<Digest>();
  readonly #pins = new Map<string, Pin>();
  #floor = 0;
  #savedMs = 0;
  #unswept = 0;
  #position = 0;

  /** @param onChange told when results are removed */
  constructor(
    results: Map<Digest, StoredResult>,
    storedSize: ((digest: Digest) => number | undefined) | undefined,
    onChange: () => void,
  ) {
    this.#results = results;
    this.#storedSize = storedSize;
    this.#onChange = onChange;
  }

  /** Takes results in, all or none. @throws SluiceError `missing-blob` */
  put(rows: readonly { readonly record: ResultRecord; readonly row: ResultRow }[]): void {
    const sizes = new Map<Digest, number>();
    for (const { record } of rows) {
      for (const [digest, size] of blobsOf(record)) {
        const stored = this.#storedSize ? this.#storedSize(digest) : size;
        if (stored === undefined) throw goneAsRecorded(digest);
        sizes.set(digest, stored);
      }
    }
    for (const { record, row } of rows) {
      const { key, node, createdAt, durationMs } = record;
      const earlier = this.#results.get(key);
      if (earlier) this.#forget(key);
      const { usedAt = 0, uses = 0, position = ++this.#position } = earlier ?? {};
      const blobs = blobsOf(record);
      const kept = { node, createdAt, durationMs, usedAt, uses, position, blobs, floor: this.#floor };
      this.#results.set(key, { ...row, ...kept });
      for (const [digest, size] of blobs) {
        const users = this.#blobs.get(digest)?.users ?? new Set<Digest>();
        this.#blobs.set(digest, { size, storedSize: sizes.get(digest)!, users: users.add(key) });
      }
    }
  }

  remove(keys: readonly Digest[]): void {
    for (const key of keys) {
      this.#forget(key);
      this.#results.delete(key);
    }
    this.#onChange();
  }

  touch(keys: readonly Digest[], at: number): void {
    for (const key of new Set(keys)) {
      const row = this.#results.get(key);
      if (!row) continue;
      const used = { usedAt: Math.max(at, row.usedAt), uses: row.uses + 1, floor: this.#floor };
      this.#results.set(key, { ...row, ...used });
    }
  }

  clear(): void {
    for (const digest of this.#blobs.keys()) this.#loose.add(digest);
    this.#blobs.clear();
    this.#results.clear();
    this.#savedMs = 0;
    this.#unswept = 0;
  }

  #forget(key: Digest): void {
    for (const digest of this.#results.get(key)?.blobs.keys() ?? []) {
      const blob = this.#blobs.get(digest);
      blob?.users.delete(key);
      if (blob?.users.size !== 0) continue;
      this.#blobs.delete(digest);
      this.#loose.add(digest);
    }
  }

  async bytes(): Promise<number> {
    let bytes = 0;
    for (const row of this.#results.values()) bytes += rowSize(row);
    for (const { storedSize } of this.#blobs.values()) bytes += storedSize;
    return bytes;
  }

  async totals(): Promise<KeptTotals> {
    let [content, stored] = [0, 0];
    for (const { size, storedSize } of this.#blobs.values()) {
      content += size;
      stored += storedSize;
    }
    const [results, blobs] = [this.#results.size, this.#blobs.size];
    return { results, blobs, content, stored, bytes: await this.bytes(), savedMs: this.#savedMs };
  }

  async noteSaved(milliseconds: number): Promise<void> {
    this.#savedMs += Math.max(0, milliseconds);
  }

  async candidates(order: EvictionOrder, limit: number, after?: Candidate): Promise<readonly Candidate[]> {
    const all = [...this.#results].map(([key, row]): Candidate => {
      const { node, durationMs, createdAt, position: id } = row;
      const bytes = this.#share(row);
      const worth = worthOf(row.floor, row.uses, durationMs, bytes);
      const usedAt = Math.max(createdAt, row.usedAt);
      const position = { rank: order === "worth" ? worth : usedAt, id };
      return { key, node, worth, usedAt, createdAt, bytes, durationMs, position };
    });
    const isLater = ({ position: { rank, id } }: Candidate): boolean =>
      !after || rank > after.position.rank || (rank === after.position.rank && id > after.position.id);
    return all
      .filter(isLater)
      .sort(({ position: a }, { position: b }) => a.rank - b.rank || a.id - b.id)
      .slice(0, limit);
  }

  async evict(keys: readonly Digest[], floor = 0): Promise<void> {
    if (keys.length === 0) return;
    this.remove(keys);
    this.#unswept += keys.length;
    this.#floor = Math.max(this.#floor, floor);
  }

  async restore(records: readonly ResultRecord[]): Promise<void> {
    const gone = records.filter(({ key }) => !this.#results.has(key));
    this.put(gone.map((record) => ({ record, row: encodeResult(record) })));
  }

  async sweep(): Promise<void> {
    this.#unswept = 0;
  }

  async unswept(): Promise<number> {
    return this.#unswept;
  }

  async loose(limit: number): Promise<readonly Digest[]> {
    return [...this.#loose].slice(0, limit);
  }

  async references(start: string): Promise<readonly BlobReference[]> {
    return [...this.#blobs]
      .filter(([digest]) => digest.startsWith(start))
      .map(([digest, { storedSize }]) => ({ digest, storedSize }))
      .sort((a, b) => (a.digest < b.digest ? -1 : 1));
  }

  async resize(references: readonly BlobReference[]): Promise<void> {
    for (const { digest, storedSize } of references) {
      const blob = this.#blobs.get(digest);
      if (blob) this.#blobs.set(digest, { ...blob, storedSize });
    }
  }

  async keysFrom(start: string, limit: number): Promise<readonly Digest[]> {
    return [...this.#results.keys()]
      .filter((key) => key.startsWith(start))
      .sort()
      .slice(0, limit);
  }

  async resultsWith(digest: Digest, limit?: number): Promise<readonly Digest[]> {
    return [...(this.#blobs.get(digest)?.users ?? [])].slice(0, limit);
  }

  async removeUnreferenced(
    digests: readonly Digest[],
    remove: (digest: Digest) => void,
    besides: ReadonlySet<Digest> = new Set(),
  ): Promise<readonly Digest[]> {
    const removed = digests.filter((digest) => besides.isSupersetOf(this.#blobs.get(digest)?.users ?? new Set()));
    for (const digest of removed) remove(digest);
    for (const digest of digests) this.#loose.delete(digest);
    return removed;
  }

  async pins(): Promise<readonly Pin[]> {
    return [...this.#pins].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pin]) => pin);
  }

  async pin({ kind, name }: Pin): Promise<void> {
    this.#pins.set(`${kind} ${name}`, { kind, name });
  }

  async unpin({ kind, name }: Pin): Promise<boolean> {
    return this.#pins.delete(`${kind} ${name}`);
  }

  async newest({ limit, node, after }: ResultPage): Promise<readonly KeptResult[]> {
    const isLater = ({ createdAt, position }: StoredResult): boolean =>
      !after ||
      createdAt < after.record.createdAt ||
      (createdAt === after.record.createdAt && position < after.position);
    return [...this.#results]
      .filter(([, row]) => (node === undefined || row.node === node) && isLater(row))
      .sort(([, a], [, b]) => b.createdAt - a.createdAt || b.position - a.position)
      .slice(0, limit)
      .flatMap(([key, row]) => {
        const record = decodeResult(key, row.body, row.check, row.inline && new Uint8Array(row.inline));
        const { createdAt, usedAt, uses, position } = row;
        return record ? [{ record, usedAt: Math.max(createdAt, usedAt), uses, position }] : [];
      });
  }

  async nodes(limit: number): Promise<readonly KeptNode[]> {
    return this.#byNode(() => true).slice(0, limit);
  }

  async doubtful(doubt: Doubt, limit: number): Promise<DoubtfulResults> {
    const nodes = this.#byNode(({ durationMs, uses, createdAt }, bytes) =>
      doubt.kind === "cheap"
        ? bytes >= doubt.atLeast && durationMs < doubt.baseMs + bytes / doubt.bytesPerMs
        : uses === 0 && bytes >= doubt.atLeast && createdAt < doubt.madeBefore,
    );
    const sum = (of: (node: KeptNode) => number): number => nodes.reduce((all, node) => all + of(node), 0);
    return { results: sum(({ results }) => results), bytes: sum(({ bytes }) => bytes), nodes: nodes.slice(0, limit) };
  }

  #byNode(isMeant: (row: StoredResult, bytes: number) => boolean): KeptNode[] {
    const nodes = new Map<string, KeptNode>();
    for (const row of this.#results.values()) {
      const bytes = contentSize(row);
      if (!isMeant(row, bytes)) continue;
      const before = nodes.get(row.node) ?? { node: row.node, results: 0, bytes: 0, durationMs: 0 };
      nodes.set(row.node, {
        node: row.node,
        results: before.results + 1,
        bytes: before.bytes + bytes,
        durationMs: before.durationMs + row.durationMs,
      });
    }
    return [...nodes.values()].sort((a, b) => b.bytes - a.bytes || (a.node < b.node ? -1 : 1));
  }

  /** What goes with a result; its share of what others refer to as well. */
  #share(row: StoredResult): number {
    let bytes = rowSize(row);
    for (const digest of row.blobs.keys()) {
      const { storedSize, users } = this.#blobs.get(digest)!;
      bytes += Math.floor(storedSize / users.size);
    }
    return bytes;
  }
}

function rowSize({ body, inline }: ResultRow): number {
  return Buffer.byteLength(body) + (inline?.length ?? 0) + rowOverhead;
}

function contentSize({ inline, blobs }: StoredResult): number {
  let bytes = inline?.length ?? 0;
  for (const size of blobs.values()) bytes += size;
  return bytes;
}
