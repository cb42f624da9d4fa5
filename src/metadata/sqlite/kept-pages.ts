import type { Digest } from "../../core/digest.ts";
import { type Failure, failure } from "../../core/failure.ts";
import type { Doubt, DoubtfulResults, KeptNode, KeptResult, ResultPage } from "../keeping.ts";
import { decodeResult } from "../result-row.ts";
import type { Connection, Row } from "./connection.ts";

/** Of each result: its node, what its artifacts hold, what it took, how often it was used. */
const sized = `
  SELECT r.node AS node, r.created_at AS created_at, coalesce(u.times, 0) AS times,
    CASE WHEN json_valid(r.body) THEN CAST(json_extract(r.body, '$[11]') AS REAL) ELSE 0.0 END AS took,
    (SELECT coalesce(sum(CAST(json_extract(a.value, '$[2]') AS INTEGER)), 0)
     FROM json_each(CASE WHEN json_valid(r.body) THEN r.body ELSE '[]' END, '$[8]') a WHERE a.type = 'array') AS bytes
  FROM results r LEFT JOIN used u ON u.id = r.id`;

/** What is kept, page by page and summed up by the database: a million results never are in memory at once. */
export class KeptPages {
  readonly #connection: Connection;
  readonly #onWarning: (warning: Failure) => void;

  constructor(connection: Connection, onWarning: (warning: Failure) => void) {
    this.#connection = connection;
    this.#onWarning = onWarning;
  }

  /** Rows that cannot be read are left out, with a warning; a page that is not full is the last one only if it is empty. */
  newest({ limit, node, after }: ResultPage): KeptResult[] {
    const [ofNode, values] = node === undefined ? ["", []] : ["node = ? AND", [node]];
    const rows = this.#connection.all(
      `SELECT r.check_sum, r.body, r.inline, r.key, r.id, coalesce(u.times, 0), max(r.created_at, coalesce(u.at, 0))
       FROM (SELECT id FROM results WHERE ${ofNode} (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?) p
         CROSS JOIN results r ON r.id = p.id LEFT JOIN used u ON u.id = r.id
       ORDER BY r.created_at DESC, r.id DESC`,
      ...[...values, after?.record.createdAt ?? largest, after?.position ?? largest, limit],
    );
    return rows.flatMap((row) => this.#result(row) ?? []);
  }

  keysFrom(start: string, limit: number): Digest[] {
    const rows = this.#connection.all(
      "SELECT key FROM results WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
      ...[start, `${start}g`, limit],
    );
    return rows.map(([key]) => String(key));
  }

  nodes(limit: number): KeptNode[] {
    return this.#connection
      .all(
        `SELECT node, count(*), sum(bytes), sum(took) FROM (${sized}) GROUP BY node ORDER BY 3 DESC, node LIMIT ?`,
        limit,
      )
      .map(nodeOf);
  }

  doubtful(doubt: Doubt, limit: number): DoubtfulResults {
    const [where, values] =
      doubt.kind === "cheap"
        ? ["bytes >= ? AND took < ? + bytes / CAST(? AS REAL)", [doubt.atLeast, doubt.baseMs, doubt.bytesPerMs]]
        : ["times = 0 AND bytes >= ? AND created_at < ?", [doubt.atLeast, doubt.madeBefore]];
    const rows = this.#connection.all(
      `SELECT node, count(*), sum(bytes), sum(took), sum(count(*)) OVER (), sum(sum(bytes)) OVER ()
       FROM (${sized}) WHERE ${where} GROUP BY node ORDER BY 3 DESC, node LIMIT ?`,
      ...[...values, limit],
    );
    const [first] = rows;
    return { results: Number(first?.[4] ?? 0), bytes: Number(first?.[5] ?? 0), nodes: rows.map(nodeOf) };
  }

  #result([check, body, inline, key, id, times, usedAt]: Row): KeptResult | undefined {
    const record = decodeResult(key, body, Number(check), inline);
    if (record) return { record, usedAt: Number(usedAt), uses: Number(times), position: Number(id) };
    this.#onWarning(
      failure("damaged-store", "the record of a result is damaged; it counts as absent", {
        where: { file: this.#connection.file },
        hint: "the next run makes it again; `sluice cache verify --repair` removes it",
      }),
    );
    return undefined;
  }
}

const largest = Number.MAX_SAFE_INTEGER;

function nodeOf([node, results, bytes, took]: Row): KeptNode {
  return { node: String(node), results: Number(results), bytes: Number(bytes), durationMs: Number(took) };
}
