import { close, openSync } from "node:fs";
import { dirname } from "node:path";
import { fromRemoval, fromSystemError } from "../../core/failure.ts";
import { fsyncLater, syncDir } from "../../platform/files.ts";

/**
 * Brings what was committed to the disk beside the event loop. A commit with `synchronous=NORMAL` only writes to the log; to
 * sync the log afterwards makes it as durable as `FULL` would have (https://www.sqlite.org/wal.html, "Checkpointing" and
 * https://www.sqlite.org/pragma.html#pragma_synchronous), without anybody waiting. Later commits come later in the log, so what
 * survives is always a beginning of what was committed.
 */
export class WalSync {
  readonly #file: string;
  #descriptor: number | undefined;
  /** Whether the folder is known to have the log. */
  #isEntered = false;
  #isWanted = false;
  #running: Promise<void> | undefined;
  #error: unknown;

  /** @param database absolute path, opened in WAL mode */
  constructor(database: string) {
    this.#file = `${database}-wal`;
  }

  /** To be called after a commit. Commits that are made while the disk is busy share the next sync. */
  start(): void {
    this.#isWanted = true;
    this.#running ??= this.#syncAll();
  }

  /** Resolves when all that was committed before is on the disk. @throws SluiceError `io`, `no-space` */
  async finish(): Promise<void> {
    await this.#running;
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw fromRemoval(fromSystemError(error, "writing to the cache", this.#file), this.#file);
  }

  /** Once the database is closed: SQLite has synced and removed the log, or leaves it to others who use it. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor === undefined) return;
    // Not under the feet of a sync that is on its way.
    (this.#running ?? Promise.resolve()).finally(() => close(descriptor, () => {}));
  }

  async #syncOnce(): Promise<void> {
    this.#descriptor ??= openSync(this.#file, "r+");
    // The log's own entry too, and the database's: SQLite sees to them only when it syncs the log itself.
    const entry = this.#isEntered ? undefined : syncDir(dirname(this.#file));
    for (const end of await Promise.allSettled([fsyncLater(this.#descriptor), entry])) {
      if (end.status === "rejected") throw end.reason;
    }
    this.#isEntered = true;
  }

  async #syncAll(): Promise<void> {
    try {
      while (this.#isWanted) {
        this.#isWanted = false;
        await this.#syncOnce();
      }
    } catch (error) {
      this.#error ??= error;
    } finally {
      this.#running = undefined;
    }
  }
}
