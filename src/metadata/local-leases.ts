import { dirname, join } from "node:path";
import type { Digest } from "../core/digest.ts";
import { type Failure, failureOf } from "../core/failure.ts";
import { Claims, untilTold } from "./claims.ts";
import type { Lease, Leases } from "./lease.ts";
import { FreeWatch } from "./leases/free-watch.ts";
import { agedOwners, isAlive, isOwnerId, Owner, removeOwner } from "./leases/owner.ts";
import { leasesSchema } from "./migrations/schema.ts";
import type { Connection } from "./sqlite/connection.ts";
import { openDatabase } from "./sqlite/open-database.ts";

/** Milliseconds after which what could not be given up is tried again. */
const again = 250;

export interface LocalLeasesOptions {
  /**
   * Absolute path of the database that says who holds what; the locks of owners are in the folder `owners` beside it. Nothing in either
   * is of worth when no process uses it.
   */
  readonly file: string;
  /** Told when the database was damaged and set aside, which a power cut may bring about: nobody unless given. */
  readonly onWarning?: (warning: Failure) => void;
}

/**
 * Leases among the processes of one machine. Each keeps a file of its own locked while it holds any, and a small database says whose
 * each key is. Whether an owner lives is asked of the kernel, which lets go of the locks of the dead, and not of those that are stopped.
 * Who waits looks at the database every now and then. Where that cannot be written, so that no result could be shared, the leases
 * hold in this process only.
 * Nothing is opened before the first call.
 */
export function openLocalLeases(options: LocalLeasesOptions): Leases {
  return new LocalLeases(options);
}

class LocalLeases implements Leases {
  readonly #options: LocalLeasesOptions;
  readonly #dir: string;
  readonly #claims = new Claims();
  readonly #watch = new FreeWatch({
    of: (keys) => this.#holdersOf(keys),
    isAlive: (owner) => isOwnerId(owner) && isAlive(this.#dir, owner),
  });
  #connection: Connection | undefined;
  #owner: Owner | undefined;
  #released: Digest[] = [];
  #releasing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: LocalLeasesOptions) {
    this.#options = options;
    this.#dir = join(dirname(options.file), "owners");
  }

  async tryAcquire(key: Digest): Promise<Lease | undefined> {
    this.#requireOpen();
    if (!this.#claims.claim(key)) return undefined;
    let isTaken = false;
    try {
      isTaken = this.#take(key);
    } finally {
      if (!isTaken) this.#claims.free(key);
    }
    return isTaken ? this.#lease(key) : undefined;
  }

  async waitFor(key: Digest, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#requireOpen();
    if (this.#claims.has(key)) return untilTold(signal, (tell) => this.#claims.whenFree(key, tell));
    const holder = this.#holderOf(key);
    if (!holder || !isOwnerId(holder.id) || holder.id === this.#owner?.id) return;
    return untilTold(signal, (tell) => this.#watch.whenFree(key, holder.id, tell));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (this.#owner) this.#change("DELETE FROM leases WHERE owner = ?", this.#owner.id);
    } finally {
      for (const key of this.#claims.keys()) this.#claims.free(key);
      this.#watch.close();
      this.#connection?.close();
      this.#owner?.close();
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new Error("leases are closed");
  }

  #lease(key: Digest): Lease {
    let isHeld = true;
    return {
      release: async () => {
        if (!isHeld || this.#isClosed) return;
        isHeld = false;
        this.#released.push(key);
        // Those that are given up together leave the database in one go.
        this.#releasing ??= Promise.resolve().then(() => this.#releaseAll());
        await this.#releasing;
      },
    };
  }

  #releaseAll(): void {
    const keys = this.#released;
    this.#released = [];
    this.#releasing = undefined;
    if (this.#isClosed) return;
    try {
      this.#disown(keys);
    } catch (error) {
      this.#disownLater(keys);
      throw error;
    } finally {
      for (const key of keys) this.#claims.free(key);
    }
  }

  /** Nobody must wait for what is done with, for as long as this process lives. */
  #disownLater(keys: readonly Digest[]): void {
    const timer = setTimeout(() => {
      if (this.#isClosed) return;
      // What is held again will be given up again.
      const free = keys.filter((key) => !this.#claims.has(key));
      try {
        this.#disown(free);
      } catch {
        // It was told to whoever gave it up.
        this.#disownLater(free);
      }
    }, again);
    timer.unref();
  }

  /** Makes this process the owner of a key that nobody owns who lives. */
  #take(key: Digest): boolean {
    if (this.#database().readOnly) return true;
    this.#owner ??= this.#enter();
    const { id } = this.#owner;
    for (;;) {
      if (this.#change("INSERT OR IGNORE INTO leases (key, owner) VALUES (?, ?)", key, id) === 1) return true;
      const holder = this.#holderOf(key);
      if (!holder) continue;
      if (holder.id === id) return true;
      if (isOwnerId(holder.id)) {
        if (isAlive(this.#dir, holder.id)) return false;
        removeOwner(this.#dir, holder.id);
      }
      // Only from the one that was found dead: someone else may have been faster.
      const change = "UPDATE leases SET owner = ? WHERE key = ? AND hex(owner) = ?";
      if (this.#change(change, id, key, holder.exactly) === 1) return true;
    }
  }

  /** Who a key's row names; `exactly` tells even rows apart that are not of our making. */
  #holderOf(key: Digest): { readonly id: string; readonly exactly: string } | undefined {
    const sql = "SELECT owner, hex(owner) FROM leases WHERE key = ?";
    const row = this.#retrying(() => this.#database().get(sql, key));
    return row && { id: String(row[0]), exactly: String(row[1]) };
  }

  #holdersOf(keys: readonly Digest[]): ReadonlyMap<Digest, string> {
    const sql = "SELECT key, owner FROM leases WHERE key IN (SELECT value FROM json_each(?))";
    const rows = this.#retrying(() => this.#database().all(sql, JSON.stringify(keys)));
    return new Map(rows.map(([key, owner]) => [String(key) as Digest, String(owner)]));
  }

  #disown(keys: readonly Digest[]): void {
    if (!this.#owner) return;
    const { id } = this.#owner;
    if (keys.length === 1) this.#change("DELETE FROM leases WHERE owner = ? AND key = ?", id, keys[0]!);
    else {
      const sql = "DELETE FROM leases WHERE owner = ? AND key IN (SELECT value FROM json_each(?))";
      this.#change(sql, id, JSON.stringify(keys));
    }
  }

  /** Must be done before anything is owned: the lock is what shows that the owner lives. */
  #enter(): Owner {
    const owner = new Owner(this.#dir);
    this.#removeDead(owner);
    return owner;
  }

  /** Removes what owners that died holding something left behind, so that it does not pile up. */
  #removeDead(self: Owner): void {
    for (const [value] of this.#retrying(() => this.#database().all("SELECT DISTINCT owner FROM leases"))) {
      const id = String(value);
      if (isOwnerId(id) && isAlive(this.#dir, id)) continue;
      if (isOwnerId(id)) removeOwner(this.#dir, id);
      this.#change("DELETE FROM leases WHERE owner = ?", id);
    }
    // Not the newest: between being made and being locked a file looks like a dead one's.
    for (const id of agedOwners(this.#dir, 60_000, 50)) {
      if (id !== self.id && !isAlive(this.#dir, id)) removeOwner(this.#dir, id);
    }
  }

  /** @returns how many rows were changed */
  #change(sql: string, ...values: string[]): number {
    return this.#retrying(() => {
      const database = this.#database();
      return database.readOnly ? 0 : database.run(sql, ...values);
    });
  }

  /** Leases last no longer than their processes, so a damaged database is no loss: it is set aside, and a new one is used. */
  #retrying<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const damage = failureOf(error, "damaged-store");
      if (!damage) throw error;
      this.#warn(damage);
      this.#connection = undefined;
      return work();
    }
  }

  #database(): Connection {
    this.#connection ??= openDatabase({
      file: this.#options.file,
      schema: leasesSchema,
      timeout: 30_000,
      syncs: false,
      onWarning: (warning) => {
        // Whoever opens the results says so.
        if (warning.reason !== "read-only") this.#warn(warning);
      },
    });
    return this.#connection;
  }

  #warn(warning: Failure): void {
    this.#options.onWarning?.(warning);
  }
}
