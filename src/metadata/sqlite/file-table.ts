import { isDigest } from "../../core/digest.ts";
import { checkSum } from "../check-sum.ts";
import type { FileIndexEntry, FileIndexStore } from "../metadata.ts";
import type { Connection } from "./connection.ts";

/** Entries that may wait in memory. */
const mostPending = 5_000;

/** The file index. Entries wait in memory for a batch; one that is damaged counts as absent, and its file is hashed again. */
export class FileTable implements FileIndexStore {
  readonly #connection: Connection;
  readonly #flush: () => void;
  readonly #pending = new Map<string, FileIndexEntry>();

  /** @param flush starts a transaction in which `writePending` is called */
  constructor(connection: Connection, flush: () => void) {
    this.#connection = connection;
    this.#flush = flush;
  }

  get(path: string): FileIndexEntry | undefined {
    const pending = this.#pending.get(path);
    if (pending) return pending;
    const row = this.#connection.get(
      `SELECT check_sum, size, mtime_ns, ctime_ns, inode, device, executable, digest, hashed_at_ns
       FROM files WHERE path = ?`,
      path,
    );
    if (!row) return undefined;
    const [check, size, mtimeNs, ctimeNs, inode, device, executable, digest, hashedAtNs] = row;
    if (typeof size !== "bigint" || typeof mtimeNs !== "bigint" || typeof ctimeNs !== "bigint") return undefined;
    if (typeof inode !== "bigint" || typeof device !== "bigint" || typeof hashedAtNs !== "bigint") return undefined;
    if (!isDigest(digest)) return undefined;
    const entry = {
      path,
      size,
      mtimeNs,
      ctimeNs,
      inode: BigInt.asUintN(64, inode),
      device: BigInt.asUintN(64, device),
      executable: executable === 1n,
      digest,
      hashedAtNs,
    };
    return Number(check) === checksum(entry) ? entry : undefined;
  }

  put(entry: FileIndexEntry): void {
    if (this.#connection.readOnly) return;
    this.#pending.set(entry.path, entry);
    if (this.#pending.size > mostPending) this.#flush();
  }

  flush(): void {
    this.#flush();
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Within a transaction. */
  writePending(): void {
    for (const entry of this.#pending.values()) {
      this.#connection.run(
        `INSERT OR REPLACE INTO files (path, check_sum, size, mtime_ns, ctime_ns, inode, device, executable, digest,
           hashed_at_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        entry.path,
        checksum(entry),
        entry.size,
        entry.mtimeNs,
        entry.ctimeNs,
        // The kernel's are unsigned, SQLite's integers are signed.
        BigInt.asIntN(64, entry.inode),
        BigInt.asIntN(64, entry.device),
        entry.executable ? 1 : 0,
        entry.digest,
        entry.hashedAtNs,
      );
    }
  }

  /** After the transaction. */
  forgetPending(): void {
    this.#pending.clear();
  }
}

function checksum(entry: FileIndexEntry): number {
  const { path, size, mtimeNs, ctimeNs, executable, digest, hashedAtNs } = entry;
  return checkSum(`${path}\0${size} ${mtimeNs} ${ctimeNs} ${executable} ${digest} ${hashedAtNs}`);
}
