import { type Candidate, type EvictionOrder, type Pin, rowOverhead, worthOf } from "../keeping.ts";
import type { Connection, Row } from "./connection.ts";

/** Results that are taken in at once. */
const batch = 5000;

/** Sharers of a blob beyond so many are not counted: a share is a hundredth of it then. */
const mostSharers = 100;

/** What a difference between two ways to work out one worth may come to. */
const tolerance = 1e-9;

/** Milliseconds that a result took, and bytes that go with it: of `results r`. */
const cost = "max(0.0, CASE WHEN json_valid(r.body) THEN CAST(json_extract(r.body, '$[11]') AS REAL) ELSE 0.0 END)";
const size = `(octet_length(r.body) + coalesce(octet_length(r.inline), 0) + ${rowOverhead} + coalesce((
    SELECT sum(b.stored_size / (SELECT count(*) FROM (SELECT 1 FROM blob_uses s WHERE s.blob = b.id LIMIT ${mostSharers})))
    FROM blob_uses o JOIN blobs b ON b.id = o.blob WHERE o.result = r.id), 0))`;

/**
 * In which order results should go. The rows are brought up to date where they are looked at: what an index says of a result can be
 * less than what is true, never more, so the first ones that are right are the least of all.
 */
export class WorthTable {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @param write runs work in a transaction */
  candidates(
    order: EvictionOrder,
    limit: number,
    after: Candidate | undefined,
    write: (work: () => void) => void,
  ): Candidate[] {
    const { readOnly } = this.#connection;
    for (let added = readOnly ? 0 : batch; added === batch; ) write(() => (added = this.#takeIn()));
    for (;;) {
      const found = this.#page(order, limit, after).map(candidateOf);
      const stale = readOnly ? [] : found.filter((candidate) => isStale(candidate, order));
      if (stale.length === 0) return found;
      write(() => {
        for (const { worth, usedAt, position } of stale) {
          this.#connection.run(
            "UPDATE worth SET worth = max(worth, ?), used_at = max(used_at, ?) WHERE id = ?",
            ...[worth, usedAt, position.id],
          );
        }
      });
    }
  }

  /** What was evicted is worth so much; within a transaction. */
  raise(floor: number): void {
    this.#connection.run("UPDATE kept SET floor = max(floor, ?)", floor);
  }

  /** A result is gone, or is to be made out anew because it was replaced. Within a transaction. */
  forget(key: string, replaced: boolean): void {
    this.#connection.run(
      replaced
        ? `UPDATE worth SET worth = 0, used_at = 0, floor = (SELECT floor FROM kept)
           WHERE id = (SELECT id FROM results WHERE key = ?)`
        : "DELETE FROM worth WHERE id = (SELECT id FROM results WHERE key = ?)",
      key,
    );
  }

  unswept(): number {
    return Number(this.#connection.get("SELECT unswept FROM kept")?.[0] ?? 0);
  }

  /** Within a transaction. */
  noteEvicted(count: number): void {
    this.#connection.run("UPDATE kept SET unswept = unswept + ?", count);
  }

  /** Within a transaction. */
  noteSwept(): void {
    this.#connection.run("UPDATE kept SET unswept = 0");
  }

  pins(): Pin[] {
    return this.#connection
      .all("SELECT kind, name FROM pins ORDER BY kind, name")
      .map(([kind, name]) => ({ kind: kind === "node" ? "node" : "result", name: String(name) }));
  }

  /** Within a transaction. */
  pin({ kind, name }: Pin): void {
    this.#connection.run("INSERT OR IGNORE INTO pins (kind, name) VALUES (?, ?)", kind, name);
  }

  /** Within a transaction. */
  unpin({ kind, name }: Pin): boolean {
    return this.#connection.run("DELETE FROM pins WHERE kind = ? AND name = ?", kind, name) > 0;
  }

  /** Results that came since the last time. Ids grow, and the last one that is known is not used again while it is known. */
  #takeIn(): number {
    return this.#connection.run(
      `INSERT INTO worth (id, worth, used_at, floor)
       SELECT r.id, max(k.floor, coalesce(u.floor, 0)) + (coalesce(u.times, 0) + 1) * ${cost} / max(1.0, ${size}),
         max(r.created_at, coalesce(u.at, r.created_at)), k.floor
       FROM (SELECT id FROM results WHERE id > (SELECT coalesce(max(id), 0) FROM worth) ORDER BY id LIMIT ?) p
         CROSS JOIN results r ON r.id = p.id CROSS JOIN kept k LEFT JOIN used u ON u.id = r.id`,
      batch,
    );
  }

  #page(order: EvictionOrder, limit: number, after: Candidate | undefined): Row[] {
    const rank = order === "worth" ? "worth" : "used_at";
    const { rank: from, id } = after?.position ?? { rank: -1, id: 0 };
    return this.#connection.all(
      `SELECT w.id, w.${rank}, r.key, r.node, ${cost}, ${size}, coalesce(u.times, 0), max(w.floor, coalesce(u.floor, 0)),
         max(r.created_at, coalesce(u.at, r.created_at)), r.created_at
       FROM worth w CROSS JOIN results r ON r.id = w.id LEFT JOIN used u ON u.id = w.id
       WHERE (w.${rank}, w.id) > (?, ?) ORDER BY w.${rank}, w.id LIMIT ?`,
      ...[from, id, limit],
    );
  }
}

function candidateOf([id, rank, key, node, cost, size, times, floor, usedAt, createdAt]: Row): Candidate {
  const [durationMs, bytes] = [Number(cost), Number(size)];
  return {
    key: String(key),
    node: String(node),
    worth: worthOf(Number(floor), Number(times), durationMs, bytes),
    usedAt: Number(usedAt),
    createdAt: Number(createdAt),
    bytes,
    durationMs,
    position: { rank: Number(rank), id: Number(id) },
  };
}

/** Whether the index says less of a result than is true. */
function isStale({ worth, usedAt, position }: Candidate, order: EvictionOrder): boolean {
  return order === "use" ? usedAt > position.rank : worth - position.rank > tolerance * worth;
}
