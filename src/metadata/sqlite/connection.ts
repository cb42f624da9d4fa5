import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { failure, SluiceError } from "../../core/failure.ts";
import { onceSettled } from "./once-settled.ts";
import { setAside } from "./set-aside.ts";
import { fromSqliteError, isDamage, isMisfit, isRefusal, isViolation } from "./sqlite-error.ts";
import { WalSync } from "./wal-sync.ts";
import { isWritable } from "./writable.ts";

/** A row, in the order of the columns that were asked for. Integers are bigint, so that no hostile number makes a read throw. */
export type Row = readonly SQLOutputValue[];

/**
 * How much of a power cut a transaction survives: `durable` waits for the disk, `soon` gets there a moment later (see
 * {@link Connection.synced}), `relaxed` at some time. A killed process loses none.
 */
export type Durability = "durable" | "soon" | "relaxed";

/** What is known of the database of a {@link Connection} when it is opened. */
export interface Opened {
  readonly database: DatabaseSync;
  readonly file: string;
  /** Nothing can be written. */
  readonly readOnly: boolean;
  /** See `identityOf`; absent where the file cannot be set aside. */
  readonly identity?: string | undefined;
  /** Whether a commit may wait for the disk at all; false for a database that means nothing after a restart. */
  readonly syncs: boolean;
  readonly onClose?: () => void;
}

/**
 * One open database: statements prepared once, transactions, and errors as failures. When SQLite finds the file corrupt, it
 * is set aside at once, so that the next process starts a new one, and every call throws `damaged-store`.
 */
export class Connection {
  readonly file: string;
  readonly readOnly: boolean;
  readonly #opened: Opened;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #durability: "durable" | "relaxed";
  #log: WalSync | undefined;
  #damage: SluiceError | undefined;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#database = opened.database;
    this.file = opened.file;
    this.readOnly = opened.readOnly;
    this.#durability = "durable";
    this.#database.exec(`PRAGMA synchronous=${opened.syncs ? "FULL" : "OFF"}`);
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    try {
      return onceSettled(() => this.#prepared(sql).get(...values) as Row | undefined);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    try {
      return onceSettled(() => this.#prepared(sql).all(...values) as unknown as Row[]);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** Rows one by one; nothing may be written before the last of them is taken or the loop is left. */
  *iterate(sql: string, ...values: SQLInputValue[]): Generator<Row> {
    try {
      // It is the first row that waits for a settled log: what follows is of the same moment.
      const [rows, first] = onceSettled(() => {
        const rows = this.#prepared(sql).iterate(...values) as unknown as IterableIterator<Row>;
        return [rows, rows.next()] as const;
      });
      if (first.done) return;
      try {
        yield first.value;
        yield* rows;
      } finally {
        rows.return?.();
      }
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** @returns how many rows were changed */
  run(sql: string, ...values: SQLInputValue[]): number {
    try {
      return Number(this.#prepared(sql).run(...values).changes);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** All of what `work` writes, or none of it. Does nothing when the database is read-only. */
  transaction(durability: Durability, work: () => void): void {
    if (this.readOnly) return;
    if (this.#damage) throw this.#damage;
    try {
      const log = durability === "soon" ? this.#walSync() : undefined;
      this.#sync(durability === "relaxed" || log ? "relaxed" : "durable");
      this.#prepared("BEGIN IMMEDIATE").run();
      work();
      this.#prepared("COMMIT").run();
      log?.start();
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw this.#explained(error);
    }
  }

  /** All that `work` reads is of one moment, whatever others write meanwhile. */
  atOnce<T>(work: () => T): T {
    if (this.#damage) throw this.#damage;
    if (this.#database.isTransaction) return work();
    try {
      this.#prepared("BEGIN").run();
      const found = work();
      this.#prepared("COMMIT").run();
      return found;
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw this.#explained(error);
    }
  }

  /** False after `close`, and once the file was set aside. */
  get isOpen(): boolean {
    return this.#database.isOpen;
  }

  /** Resolves when all that was committed to be durable soon is. @throws SluiceError `io`, `no-space` */
  async synced(): Promise<void> {
    await this.#log?.finish();
  }

  close(): void {
    if (!this.#database.isOpen) return;
    this.#database.close();
    this.#log?.close();
    this.#opened.onClose?.();
  }

  /** Undefined where there is no log that could be synced: then every commit has to wait. */
  #walSync(): WalSync | undefined {
    if (!this.#log && this.#opened.syncs && this.get("PRAGMA journal_mode")?.[0] === "wal") {
      this.#log = new WalSync(this.file);
    }
    return this.#log;
  }

  #sync(durability: "durable" | "relaxed"): void {
    if (durability === this.#durability || !this.#opened.syncs) return;
    this.#database.exec(`PRAGMA synchronous=${durability === "durable" ? "FULL" : "NORMAL"}`);
    this.#durability = durability;
  }

  #prepared(sql: string): StatementSync {
    if (this.#damage) throw this.#damage;
    let statement = this.#statements.get(sql);
    if (!statement) {
      try {
        statement = this.#database.prepare(sql);
      } catch (error) {
        throw isMisfit(error) ? this.condemn((error as Error).message, error) : error;
      }
      statement.setReturnArrays(true);
      statement.setReadBigInts(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #explained(error: unknown): unknown {
    // In a database that claims to be of a later format than SQLite's it refuses to write.
    const isDamaged =
      isDamage(error) ||
      (isRefusal(error) && !this.readOnly && isWritable(this.file)) ||
      (isViolation(error) && !this.#isWhole());
    return isDamaged ? this.condemn((error as Error).message, error) : fromSqliteError(error, this.file);
  }

  /** What SQLite says of the whole file: asked when a row turns out to be what no statement of ours could have made it. */
  #isWhole(): boolean {
    try {
      return this.#database.prepare("PRAGMA integrity_check(1)").get()?.integrity_check === "ok";
    } catch {
      return false;
    }
  }

  /** Sets the file aside, where that can be done, and lets every later call throw the failure that is returned. */
  condemn(why: string, cause?: unknown): SluiceError {
    const { file, identity, readOnly } = this.#opened;
    let hint = "make the cache writable and run again, or use another --cache-dir";
    if (!readOnly && identity !== undefined) {
      this.close();
      const name = setAside(file, identity);
      hint = `it was set aside${name === undefined ? "" : ` as ${name}`}; run again, and a new one is started`;
    }
    this.#damage = new SluiceError(
      failure("damaged-store", `the database ${file} is damaged (${why})`, {
        where: { file },
        hint,
        retryable: true,
        ...(cause === undefined ? {} : { cause }),
      }),
    );
    return this.#damage;
  }
}
