import type { Digest } from "../../core/digest.ts";
import { type BlobReference, goneAsRecorded, type KeptTotals, rowOverhead } from "../keeping.ts";
import type { Connection } from "./connection.ts";

/** How much a blob takes on the disk; undefined where it is not there. */
export type StoredSize = (digest: Digest) => number | undefined;

/** Which blobs results refer to, and how much all of it takes: counted in the transactions that put and remove results. */
export class KeptTable {
  readonly #connection: Connection;
  readonly #storedSize: StoredSize | undefined;

  /** @param storedSize absent where nobody can look: then blobs count as there, and as large as what they hold */
  constructor(connection: Connection, storedSize: StoredSize | undefined) {
    this.#connection = connection;
    this.#storedSize = storedSize;
  }

  /**
   * Notes what a result refers to. Nobody removes a blob meanwhile: that takes the same lock as this transaction.
   * @param blobs their digests, with the sizes of what they hold
   * @returns bytes that came by it
   * @throws SluiceError `missing-blob` when one is not there: it was removed between the time it was stored and now
   */
  refer(key: Digest, blobs: ReadonlyMap<Digest, number>): number {
    if (blobs.size === 0) return 0;
    const [id] = this.#connection.get("SELECT id FROM results WHERE key = ?", key)!;
    let bytes = 0;
    for (const [digest, size] of blobs) {
      const stored = this.#storedSize ? this.#storedSize(digest) : size;
      if (stored === undefined) throw goneAsRecorded(digest);
      const name = bytesOf(digest);
      const known = this.#connection.get("SELECT id, stored_size FROM blobs WHERE digest = ?", name);
      const added =
        known ??
        this.#connection.get(
          "INSERT INTO blobs (digest, size, stored_size) VALUES (?, ?, ?) RETURNING id, 0",
          ...[name, size, stored],
        )!;
      bytes += stored - Number(added[1]);
      if (known && Number(known[1]) !== stored) {
        this.#connection.run("UPDATE blobs SET stored_size = ? WHERE id = ?", stored, added[0]!);
      }
      this.#connection.run("INSERT OR IGNORE INTO blob_uses (result, blob) VALUES (?, ?)", id!, added[0]!);
    }
    return bytes;
  }

  /**
   * Forgets what a result refers to, before its row is removed or replaced.
   * @returns bytes that went by it, its row included
   */
  forget(key: Digest): number {
    const row = this.#connection.get(
      "SELECT id, octet_length(body) + coalesce(octet_length(inline), 0) FROM results WHERE key = ?",
      key,
    );
    if (!row) return 0;
    const [id, size] = row;
    let bytes = Number(size) + rowOverhead;
    const blobs = this.#connection.all("DELETE FROM blob_uses WHERE result = ? RETURNING blob", id!);
    for (const [blob] of blobs) {
      if (this.#connection.get("SELECT 1 FROM blob_uses WHERE blob = ? LIMIT 1", blob!)) continue;
      const gone = this.#connection.get("DELETE FROM blobs WHERE id = ? RETURNING digest, stored_size", blob!);
      if (!gone) continue;
      this.#connection.run("INSERT OR IGNORE INTO loose (digest) VALUES (?)", gone[0]!);
      bytes += Number(gone[1]);
    }
    return bytes;
  }

  /** Adds to what is kept, rows and blobs together. Within a transaction. */
  count(bytes: number): void {
    if (bytes !== 0) this.#connection.run("UPDATE kept SET bytes = bytes + ?", bytes);
  }

  bytes(): number {
    return Number(this.#connection.get("SELECT bytes FROM kept")?.[0] ?? 0);
  }

  totals(): KeptTotals {
    const [row] = this.#connection.all(
      `SELECT (SELECT count(*) FROM results), count(*), coalesce(sum(size), 0), coalesce(sum(stored_size), 0),
         (SELECT bytes FROM kept), (SELECT saved_ms FROM kept) FROM blobs`,
    );
    const [results, blobs, content, stored, bytes, savedMs] = row!.map(Number);
    return {
      results: results!,
      blobs: blobs!,
      content: content!,
      stored: stored!,
      bytes: bytes!,
      savedMs: savedMs!,
    };
  }

  /** Within a transaction. */
  noteSaved(milliseconds: number): void {
    if (milliseconds > 0) this.#connection.run("UPDATE kept SET saved_ms = saved_ms + ?", milliseconds);
  }

  loose(limit: number): Digest[] {
    return this.#connection.all("SELECT digest FROM loose LIMIT ?", limit).map(([digest]) => digestOfBytes(digest));
  }

  /** Within a transaction. */
  forgetLoose(digests: readonly Digest[]): void {
    for (const digest of digests) this.#connection.run("DELETE FROM loose WHERE digest = ?", bytesOf(digest));
  }

  references(start: string): BlobReference[] {
    const from = `${start}${"0".repeat(64 - start.length)}`;
    const to = `${start}${"f".repeat(64 - start.length)}`;
    const rows = this.#connection.all(
      "SELECT digest, stored_size FROM blobs WHERE digest BETWEEN ? AND ? ORDER BY digest",
      bytesOf(from),
      bytesOf(to),
    );
    return rows.map(([digest, stored]) => ({ digest: digestOfBytes(digest), storedSize: Number(stored) }));
  }

  /** @param limit all unless given */
  resultsWith(digest: Digest, limit = -1): Digest[] {
    const rows = this.#connection.all(
      `SELECT key FROM blobs JOIN blob_uses ON blob = blobs.id JOIN results ON results.id = result
       WHERE digest = ? LIMIT ?`,
      ...[bytesOf(digest), limit],
    );
    return rows.map(([key]) => String(key));
  }

  /** The blobs that a result is noted to refer to. */
  blobsOf(key: Digest): Digest[] {
    const rows = this.#connection.all(
      `SELECT digest FROM results JOIN blob_uses ON result = results.id JOIN blobs ON blobs.id = blob WHERE key = ?`,
      key,
    );
    return rows.map(([digest]) => digestOfBytes(digest));
  }

  /** Within a transaction. */
  resize(references: readonly BlobReference[]): void {
    for (const { digest, storedSize } of references) {
      const row = this.#connection.get("SELECT id, stored_size FROM blobs WHERE digest = ?", bytesOf(digest));
      if (!row) continue;
      this.#connection.run("UPDATE blobs SET stored_size = ? WHERE id = ?", storedSize, row[0]!);
      this.count(storedSize - Number(row[1]));
    }
  }

  /** Counts anew, from the results that there are. Within a transaction. */
  recount(): void {
    this.#connection.run("DELETE FROM blob_uses WHERE result NOT IN (SELECT id FROM results)");
    this.#connection.run(
      "INSERT OR IGNORE INTO loose (digest) SELECT digest FROM blobs WHERE id NOT IN (SELECT blob FROM blob_uses)",
    );
    this.#connection.run("DELETE FROM blobs WHERE id NOT IN (SELECT blob FROM blob_uses)");
    this.#connection.run(
      `UPDATE kept SET bytes = (SELECT coalesce(sum(stored_size), 0) FROM blobs) + (SELECT
         coalesce(sum(octet_length(body) + coalesce(octet_length(inline), 0) + ${rowOverhead}), 0) FROM results)`,
    );
  }

  /** Within a transaction. What blobs there were is loose afterwards. */
  clear(): void {
    this.#connection.run("INSERT OR IGNORE INTO loose (digest) SELECT digest FROM blobs");
    for (const table of ["blobs", "blob_uses", "worth"]) this.#connection.run(`DELETE FROM ${table}`);
    this.#connection.run("UPDATE kept SET bytes = 0, unswept = 0, saved_ms = 0");
  }
}

function bytesOf(digest: Digest): Uint8Array {
  return Buffer.from(digest, "hex");
}

/** Of a damaged database this may be none: whoever makes a path of it checks that. */
function digestOfBytes(bytes: unknown): Digest {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString("hex") : "";
}
