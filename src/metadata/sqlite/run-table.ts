import type { NodeOutcome } from "../../core/event.ts";
import { type Failure, failure } from "../../core/failure.ts";
import type { RunRecord } from "../metadata.ts";
import { decodeOutcomes, decodeRun, encodeRun, outcomesLater } from "../run-row.ts";
import type { Connection, Row } from "./connection.ts";

/** Milliseconds for which a use of results that is already noted is near enough. */
const hour = 3_600_000;

/** Runs and how their nodes ended. */
export class RunTable {
  readonly #connection: Connection;
  readonly #onWarning: (warning: Failure) => void;

  constructor(connection: Connection, onWarning: (warning: Failure) => void) {
    this.#connection = connection;
    this.#onWarning = onWarning;
  }

  /**
   * Within a transaction.
   * @param outcomes the name of how its nodes ended; none before its end
   */
  put(run: RunRecord, outcomes?: string): void {
    const { body, check } = encodeRun(run);
    this.#connection.run(
      `INSERT INTO runs (id, started_at, check_sum, body, outcomes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET started_at = excluded.started_at, check_sum = excluded.check_sum,
         body = excluded.body, outcomes = excluded.outcomes`,
      run.id,
      run.startedAt,
      check,
      body,
      outcomes ?? null,
    );
  }

  /** Keeps how the nodes of runs ended. Within a transaction. */
  putOutcomes(name: string, bytes: Uint8Array, at: number): void {
    this.#connection.run(
      `INSERT INTO outcomes (name, touched_at, body) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET touched_at = excluded.touched_at, body = excluded.body`,
      name,
      at,
      bytes,
    );
  }

  /** Whether the results behind these outcomes have to be marked as used again. Within a transaction. */
  touchOutcomes(name: string, at: number): boolean {
    const sql = "UPDATE outcomes SET touched_at = ?2 WHERE name = ?1 AND touched_at NOT BETWEEN ?2 - ?3 AND ?2";
    return this.#connection.run(sql, name, at, hour) > 0;
  }

  outcomes(name: string): (() => ReadonlyMap<string, NodeOutcome>) | undefined {
    const body = this.#connection.get("SELECT body FROM outcomes WHERE name = ?", name)?.[0];
    return body instanceof Uint8Array ? outcomesLater(name, body) : undefined;
  }

  hasOutcomes(name: string): boolean {
    return this.#connection.get("SELECT 1 FROM outcomes WHERE name = ?", name) !== undefined;
  }

  /** Forgets the oldest runs. Within a transaction. */
  keepNewest(count: number): void {
    const forgotten = this.#connection.run(
      `DELETE FROM runs WHERE rowid IN
         (SELECT rowid FROM runs ORDER BY started_at DESC, rowid DESC LIMIT -1 OFFSET ?)`,
      count,
    );
    if (forgotten > 0) this.#forgetOutcomes();
  }

  #forgetOutcomes(): void {
    this.#connection.run(
      "DELETE FROM outcomes WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.outcomes = outcomes.name)",
    );
  }

  newest(limit: number): RunRecord[] {
    const runs: RunRecord[] = [];
    if (limit < 1) return runs;
    for (const row of this.#connection.iterate(
      "SELECT id, check_sum, body FROM runs ORDER BY started_at DESC, rowid DESC",
    )) {
      const run = this.#record(row);
      if (run && runs.push(run) >= limit) break;
    }
    return runs;
  }

  get(start: string): RunRecord | undefined {
    if (start === "") return undefined;
    const exact = this.#connection.get("SELECT id, check_sum, body FROM runs WHERE id = ?", start);
    if (exact) return this.#record(exact);
    const rows = this.#connection.all(
      "SELECT id, check_sum, body FROM runs WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2",
      start,
    );
    return rows.length === 1 && rows[0] ? this.#record(rows[0]) : undefined;
  }

  nodes(id: string): ReadonlyMap<string, NodeOutcome> {
    const row = this.#connection.get(
      "SELECT o.body FROM runs JOIN outcomes o ON o.name = runs.outcomes WHERE id = ?",
      id,
    );
    if (!row) return new Map();
    const nodes = decodeOutcomes(row[0]);
    if (!nodes) this.#warn(id);
    return nodes ?? new Map();
  }

  /** Ids of rows that cannot be read. */
  damaged(): string[] {
    const ids: string[] = [];
    const rows = this.#connection.iterate(
      "SELECT id, check_sum, runs.body, o.body FROM runs LEFT JOIN outcomes o ON o.name = runs.outcomes",
    );
    for (const [id, check, body, nodes] of rows) {
      const sound = decodeRun(String(id), body, Number(check)) && (nodes === null || decodeOutcomes(nodes));
      if (!sound) ids.push(String(id));
    }
    return ids;
  }

  /** Within a transaction. */
  remove(ids: readonly string[]): void {
    for (const id of ids) this.#connection.run("DELETE FROM runs WHERE id = ?", id);
    if (ids.length > 0) this.#forgetOutcomes();
  }

  /** Within a transaction. */
  clear(): void {
    for (const table of ["runs", "outcomes"]) this.#connection.run(`DELETE FROM ${table}`);
  }

  #record([id, check, body]: Row): RunRecord | undefined {
    const run = decodeRun(String(id), body, Number(check));
    if (!run) this.#warn(String(id));
    return run;
  }

  #warn(id: string): void {
    this.#onWarning(
      failure("damaged-store", `the record of run ${JSON.stringify(id)} is damaged; it counts as absent`, {
        where: { file: this.#connection.file },
        hint: "`sluice cache verify --repair` removes it",
      }),
    );
  }
}
