import type { DerivedCache } from "../../core/derived.ts";
import { Hasher } from "../../core/digest.ts";
import type { Connection } from "./connection.ts";

interface Pending {
  readonly kind: string;
  readonly key: string;
  readonly value: Uint8Array;
}

/** Bytes that may wait in memory, and that may be kept in all. */
const mostPending = 4 << 20;
const mostKept = 256 << 20;

/**
 * What was derived from content. It can be derived again, so puts wait in memory for a batch, a row whose checksum does not
 * match counts as absent without a word, and the oldest go when there is too much.
 */
export class DerivedTable implements DerivedCache {
  readonly #connection: Connection;
  readonly #flush: () => void;
  readonly #pending = new Map<string, Pending>();
  #pendingBytes = 0;

  /** @param flush starts a transaction in which `writePending` is called */
  constructor(connection: Connection, flush: () => void) {
    this.#connection = connection;
    this.#flush = flush;
  }

  get(kind: string, key: string): Uint8Array | undefined {
    const pending = this.#pending.get(named(kind, key));
    if (pending) return new Uint8Array(pending.value);
    const row = this.#connection.get("SELECT check_sum, value FROM derived WHERE kind = ? AND key = ?", kind, key);
    if (!row) return undefined;
    const [check, value] = row;
    return value instanceof Uint8Array && Number(check) === checksum(kind, key, value) ? value : undefined;
  }

  put(kind: string, key: string, value: Uint8Array): void {
    if (this.#connection.readOnly) return;
    this.#pending.set(named(kind, key), { kind, key, value: new Uint8Array(value) });
    this.#pendingBytes += value.length;
    if (this.#pendingBytes > mostPending) this.#flush();
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Within a transaction. */
  writePending(): void {
    if (!this.hasPending) return;
    for (const { kind, key, value } of this.#pending.values()) {
      this.#connection.run(
        "INSERT OR REPLACE INTO derived (kind, key, check_sum, value) VALUES (?, ?, ?, ?)",
        kind,
        key,
        checksum(kind, key, value),
        value,
      );
    }
    this.#connection.run(
      `DELETE FROM derived WHERE rowid IN (
         SELECT rowid FROM (SELECT rowid, sum(length(value)) OVER (ORDER BY rowid DESC) AS newer FROM derived)
         WHERE newer > ?)`,
      mostKept,
    );
  }

  /** After the transaction. */
  forgetPending(): void {
    this.#pending.clear();
    this.#pendingBytes = 0;
  }
}

function named(kind: string, key: string): string {
  return `${kind}\0${key}`;
}

/** Four bytes of a digest: values may be long, and this takes no loop of ours, which is slow before it is compiled. */
function checksum(kind: string, key: string, value: Uint8Array): number {
  const digest = new Hasher().update(named(kind, key)).update(value).digest();
  return Number.parseInt(digest.slice(0, 8), 16);
}
