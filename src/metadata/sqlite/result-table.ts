import { type Digest, digestOf, isDigest } from "../../core/digest.ts";
import { type Failure, failure } from "../../core/failure.ts";
import { isNodeRecord } from "../../core/node.ts";
import type { Artifact, ResultRecord } from "../../core/record.ts";
import { blobsOf, rowOverhead } from "../keeping.ts";
import type { ResultsAhead } from "../metadata.ts";
import { decodeResult, encodeResult, type ResultRow } from "../result-row.ts";
import type { Connection, Row } from "./connection.ts";
import type { KeptTable } from "./kept-table.ts";
import type { WorthTable } from "./worth-table.ts";

/** Rows that are read at once when all are read. */
const page = 500;

/** The results, when they were last used, and how long the nodes took. */
export class ResultTable {
  readonly #connection: Connection;
  readonly #onWarning: (warning: Failure) => void;
  readonly #kept: KeptTable;
  readonly #worth: WorthTable;

  constructor(
    connection: Connection,
    kept: { readonly kept: KeptTable; readonly worth: WorthTable },
    onWarning: (warning: Failure) => void,
  ) {
    this.#connection = connection;
    this.#kept = kept.kept;
    this.#worth = kept.worth;
    this.#onWarning = onWarning;
  }

  get(key: Digest): ResultRecord | undefined {
    const row = this.#connection.get("SELECT check_sum, body, inline FROM results WHERE key = ?", key);
    return row && this.#record(key, row);
  }

  /** The newest of each node. Rows are checked when they are asked for. */
  ahead(nodes: readonly string[]): ResultsAhead {
    const rows = this.#connection.all(
      `SELECT check_sum, body, inline, results.key, node FROM json_each(?) AS wanted CROSS JOIN results ON results.id =
         (SELECT id FROM results WHERE node = wanted.value ORDER BY created_at DESC, id DESC LIMIT 1)`,
      JSON.stringify(nodes),
    );
    const byKey = new Map<unknown, Row>();
    for (const row of rows) byKey.set(row[3], row);
    let byNode: Map<unknown, Row> | undefined;
    const rowOf = (node: string): Row | undefined => {
      byNode ??= new Map(rows.map((row) => [row[4], row]));
      return byNode.get(node);
    };
    // When something has to run, and then for all at once: one by one, this takes longer than what runs.
    let durations: ReadonlyMap<string, number> | undefined;
    const decoded = (row: Row | undefined) => row && decodeResult(row[3], row[1], Number(row[0]), row[2]);
    return {
      get: (key) => decoded(byKey.get(key)),
      newestOf: (node) => {
        const record = decoded(rowOf(node));
        // The column cannot hold every string that a name can be.
        return record?.node === node && isNodeRecord(record) ? record : undefined;
      },
      hasNone: (node) => isHeld(node) && !rowOf(node),
      ranBefore: (node) => {
        durations ??= this.durations(nodes);
        return durations.has(node);
      },
    };
  }

  /** Rows are checked when they are asked for. */
  withKeys(keys: readonly Digest[]): Pick<ResultsAhead, "get"> {
    const rows = this.#connection.all(
      "SELECT check_sum, body, inline, key FROM results WHERE key IN (SELECT value FROM json_each(?))",
      JSON.stringify(keys),
    );
    return rowsAhead(rows);
  }

  /** Within a transaction. @throws SluiceError `missing-blob` when a blob of one is gone: then none may be put */
  put(records: readonly ResultRecord[]): void {
    let replaced = false;
    let bytes = 0;
    for (const record of records) {
      const row = encodeResult(record);
      if (!this.#insert(record, row)) {
        replaced = true;
        bytes -= this.#kept.forget(record.key);
        this.#replace(record, row);
        this.#worth.forget(record.key, true);
      }
      bytes += sizeOf(row) + this.#kept.refer(record.key, blobsOf(record));
      this.#connection.run(
        `INSERT INTO durations (node, milliseconds) VALUES (?, ?)
         ON CONFLICT (node) DO UPDATE SET milliseconds = excluded.milliseconds`,
        record.node,
        record.durationMs,
      );
    }
    this.#kept.count(bytes);
    if (replaced) this.#moveOn();
  }

  /** Puts back what was removed, where nothing else has come in its place. Within a transaction. */
  putBack(records: readonly ResultRecord[]): void {
    let bytes = 0;
    for (const record of records) {
      const row = encodeResult(record);
      if (this.#insert(record, row)) bytes += sizeOf(row) + this.#kept.refer(record.key, blobsOf(record));
    }
    this.#kept.count(bytes);
  }

  /** False when there is one with its key. */
  #insert({ key, node, createdAt }: ResultRecord, { body, check, inline }: ResultRow): boolean {
    const added = this.#connection.run(
      `INSERT INTO results (node, created_at, check_sum, body, inline, key) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO NOTHING`,
      ...[node, createdAt, check, body, inline, key],
    );
    return added > 0;
  }

  #replace({ key, node, createdAt }: ResultRecord, { body, check, inline }: ResultRow): void {
    this.#connection.run(
      "UPDATE results SET node = ?, created_at = ?, check_sum = ?, body = ?, inline = ? WHERE key = ?",
      ...[node, createdAt, check, body, inline, key],
    );
  }

  generation(): number {
    return Number(this.#connection.get("SELECT value FROM generation")?.[0]);
  }

  #moveOn(): void {
    this.#connection.run("UPDATE generation SET value = value + 1");
  }

  /** Within a transaction. */
  remove(keys: readonly Digest[]): void {
    if (keys.length > 0) this.#moveOn();
    let bytes = 0;
    for (const key of keys) {
      bytes += this.#kept.forget(key);
      this.#worth.forget(key, false);
      this.#connection.run("DELETE FROM used WHERE id = (SELECT id FROM results WHERE key = ?)", key);
      this.#connection.run("DELETE FROM results WHERE key = ?", key);
    }
    this.#kept.count(-bytes);
  }

  /** Those under a name that are wanted, newest first. */
  ofNode(node: string, limit: number, isWanted: (record: ResultRecord) => boolean): ResultRecord[] {
    const records: ResultRecord[] = [];
    if (limit < 1) return records;
    const rows = this.#connection.iterate(
      "SELECT check_sum, body, inline, key FROM results WHERE node = ? ORDER BY created_at DESC, id DESC",
      node,
    );
    for (const row of rows) {
      const record = this.#record(row[3], row);
      // The column cannot hold every string that a name can be.
      if (record?.node === node && isWanted(record) && records.push(record) >= limit) break;
    }
    return records;
  }

  /** In pages, so that others may write, and so may whoever reads. */
  *all(): Generator<ResultRecord> {
    for (const row of this.#pages()) {
      const record = this.#record(row[3], row);
      if (record) yield record;
    }
  }

  /** Keys of rows that cannot be read. */
  damaged(): string[] {
    const keys: string[] = [];
    for (const [check, body, inline, key] of this.#pages()) {
      const record = decodeResult(key, body, Number(check), inline);
      if (!record?.artifacts.every(isWhole) || !this.#isNoted(record)) keys.push(String(key));
    }
    return keys;
  }

  /** Whether it is noted rightly what a result refers to. It may be replaced while it is looked at. */
  #isNoted(record: ResultRecord): boolean {
    for (;;) {
      const noted = this.#kept.blobsOf(record.key);
      const blobs = blobsOf(record);
      if (noted.length === blobs.size && noted.every((digest) => blobs.has(digest))) return true;
      const now = this.get(record.key);
      if (!now) return true;
      if (encodeResult(now).body === encodeResult(record).body) return false;
      record = now;
    }
  }

  /** Within a transaction. A use before the last one that is known changes nothing. */
  touch(keys: readonly Digest[], at: number): void {
    this.#connection.run(
      `INSERT INTO used (id, at, floor) SELECT id, ?, (SELECT floor FROM kept) FROM results
         WHERE key IN (SELECT value FROM json_each(?))
       ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at), times = times + 1, floor = excluded.floor`,
      at,
      JSON.stringify(keys),
    );
  }

  lastUsed(key: Digest): number | undefined {
    const row = this.#connection.get(
      "SELECT max(created_at, coalesce(at, created_at)) FROM results LEFT JOIN used USING (id) WHERE key = ?",
      key,
    );
    return row && Number(row[0]);
  }

  durations(nodes: readonly string[]): Map<string, number> {
    const rows = this.#connection.all(
      "SELECT node, milliseconds FROM durations WHERE node IN (SELECT value FROM json_each(?))",
      JSON.stringify(nodes),
    );
    return new Map(rows.map(([node, milliseconds]) => [String(node), Number(milliseconds)]));
  }

  /** Within a transaction. */
  clear(): void {
    for (const table of ["results", "used", "durations"]) this.#connection.run(`DELETE FROM ${table}`);
    this.#kept.clear();
    this.#moveOn();
  }

  *#pages(): Generator<Row> {
    let last: Row[number] = 0n;
    for (;;) {
      const rows: Row[] = this.#connection.all(
        "SELECT check_sum, body, inline, key, id FROM results WHERE id > ? ORDER BY id LIMIT ?",
        last,
        page,
      );
      yield* rows;
      const end = rows.at(-1);
      if (!end || end[4] === undefined) return;
      last = end[4];
    }
  }

  #record(key: unknown, [check, body, inline]: Row): ResultRecord | undefined {
    const record = decodeResult(key, body, Number(check), inline);
    if (!record) {
      this.#onWarning(
        failure(
          "damaged-store",
          `the record of ${isDigest(key) ? `result ${key.slice(0, 12)}` : "a result"} is damaged; it counts as absent`,
          {
            where: { file: this.#connection.file },
            hint: "the next run makes it again; `sluice cache verify --repair` removes it",
          },
        ),
      );
    }
    return record;
  }
}

/** Whether a column can hold a string as it is. */
function isHeld(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function rowsAhead(rows: readonly Row[]): Pick<ResultsAhead, "get"> {
  const byKey = new Map<unknown, Row>();
  for (const row of rows) byKey.set(row[3], row);
  return {
    get: (key) => {
      const row = byKey.get(key);
      return row && decodeResult(key, row[1], Number(row[0]), row[2]);
    },
  };
}

function sizeOf({ body, inline }: ResultRow): number {
  return Buffer.byteLength(body) + (inline?.length ?? 0) + rowOverhead;
}

function isWhole({ inline, digest }: Artifact): boolean {
  return inline === undefined || digestOf(inline) === digest;
}
