import type { NodeOutcome } from "../../core/event.ts";
import { type Failure, failure } from "../../core/failure.ts";
import type { RunRecord } from "../metadata.ts";
import { decodeOutcomes, decodeRun, encodeOutcomes, encodeRun } from "../run-row.ts";
import type { Connection, Row } from "./connection.ts";

/** Runs and how their nodes ended. */
export class RunTable {
  readonly #connection: Connection;
  readonly #onWarning: (warning: Failure) => void;

  constructor(connection: Connection, onWarning: (warning: Failure) => void) {
    this.#connection = connection;
    this.#onWarning = onWarning;
  }

  /** Within a transaction. */
  put(run: RunRecord, nodes: ReadonlyMap<string, NodeOutcome> | undefined): void {
    const { body, check } = encodeRun(run);
    this.#connection.run(
      `INSERT INTO runs (id, started_at, check_sum, body, nodes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET started_at = excluded.started_at, check_sum = excluded.check_sum,
         body = excluded.body, nodes = excluded.nodes`,
      run.id,
      run.startedAt,
      check,
      body,
      nodes === undefined ? null : encodeOutcomes(nodes),
    );
  }

  /** Forgets the oldest runs. Within a transaction. */
  keepNewest(count: number): void {
    this.#connection.run(
      `DELETE FROM runs WHERE rowid IN
         (SELECT rowid FROM runs ORDER BY started_at DESC, rowid DESC LIMIT -1 OFFSET ?)`,
      count,
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
    const row = this.#connection.get("SELECT nodes FROM runs WHERE id = ?", id);
    if (!row || row[0] === null) return new Map();
    const nodes = decodeOutcomes(row[0]);
    if (!nodes) this.#warn(id);
    return nodes ?? new Map();
  }

  /** Ids of rows that cannot be read. */
  damaged(): string[] {
    const ids: string[] = [];
    for (const [id, check, body, nodes] of this.#connection.iterate("SELECT id, check_sum, body, nodes FROM runs")) {
      const sound = decodeRun(String(id), body, Number(check)) && (nodes === null || decodeOutcomes(nodes));
      if (!sound) ids.push(String(id));
    }
    return ids;
  }

  /** Within a transaction. */
  remove(ids: readonly string[]): void {
    for (const id of ids) this.#connection.run("DELETE FROM runs WHERE id = ?", id);
  }

  /** Within a transaction. */
  clear(): void {
    this.#connection.run("DELETE FROM runs");
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
