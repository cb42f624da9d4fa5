import type { Digest } from "../core/digest.ts";
import { type Failure, failureOf } from "../core/failure.ts";
import { Claims, untilTold } from "./claims.ts";
import type { Lease, Leases } from "./lease.ts";
import { isOwner, neighbours, newOwner, type Owner, removeSocket } from "./leases/address.ts";
import { LeaseLinks } from "./leases/lease-links.ts";
import { LeaseServer } from "./leases/lease-server.ts";
import { isAlive } from "./leases/probe.ts";
import { leasesSchema } from "./migrations/schema.ts";
import type { Connection } from "./sqlite/connection.ts";
import { openDatabase } from "./sqlite/open-database.ts";

export interface SocketLeasesOptions {
  /** Absolute path of the database that says who holds what. Nothing in it is of worth when no process uses it. */
  readonly file: string;
  /** Told when the database was damaged and set aside, which a power cut may bring about: nobody unless given. */
  readonly onWarning?: (warning: Failure) => void;
}

/**
 * Leases among the processes of one machine. Each listens on a socket of its own while it holds any, and a small database
 * says which socket belongs to which key. Whether an owner lives is asked of the kernel, by connecting: a dead one refuses, a
 * stopped one does not. Who waits keeps the connection, and is told over it, or by its end. Where the database cannot be
 * written, so that no result could be shared, the leases hold in this process only.
 * Nothing is opened before the first call.
 */
export function openSocketLeases(options: SocketLeasesOptions): Leases {
  return new SocketLeases(options);
}

class SocketLeases implements Leases {
  readonly #options: SocketLeasesOptions;
  readonly #claims = new Claims();
  readonly #links = new LeaseLinks();
  readonly #server = new LeaseServer(this.#claims, (key) => this.#disown(key));
  #connection: Connection | undefined;
  #owner: Promise<Owner> | undefined;
  #ownerId: string | undefined;
  #released: Digest[] = [];
  #releasing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: SocketLeasesOptions) {
    this.#options = options;
  }

  async tryAcquire(key: Digest): Promise<Lease | undefined> {
    this.#requireOpen();
    if (!this.#claims.claim(key)) return undefined;
    try {
      if (await this.#take(key)) return this.#lease(key);
    } catch (error) {
      this.#claims.free(key);
      throw error;
    }
    this.#claims.free(key);
    return undefined;
  }

  async waitFor(key: Digest, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#requireOpen();
    if (this.#claims.has(key)) return untilTold(signal, (tell) => this.#claims.whenFree(key, tell));
    const holder = this.#holderOf(key);
    // Its end, and a release between that look and now, are told at once by the connection.
    if (!holder || !isOwner(holder) || holder.id === this.#ownerId) return;
    return untilTold(signal, (tell) => this.#links.whenFree(holder.address, key, tell));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Why it could not listen was told to who wanted a lease.
    const owner = await this.#owner?.catch(() => undefined);
    if (owner) this.#change("DELETE FROM leases WHERE owner = ?", owner.id);
    for (const key of this.#claims.keys()) this.#claims.free(key);
    this.#links.close();
    if (owner) await this.#server.close();
    this.#connection?.close();
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
      const [only] = keys;
      if (keys.length === 1) this.#disown(only!);
      else if (this.#ownerId) {
        const sql = "DELETE FROM leases WHERE owner = ? AND key IN (SELECT value FROM json_each(?))";
        this.#change(sql, this.#ownerId, JSON.stringify(keys));
      }
    } finally {
      for (const key of keys) this.#claims.free(key);
    }
  }

  /** Makes this process the owner of a key that nobody owns who lives. */
  async #take(key: Digest): Promise<boolean> {
    if (this.#database().readOnly) return true;
    this.#owner ??= this.#listen();
    const { id, address } = await this.#owner;
    for (;;) {
      const added = this.#change(
        "INSERT OR IGNORE INTO leases (key, owner, address) VALUES (?, ?, ?)",
        key,
        id,
        address,
      );
      if (added === 1) return true;
      const holder = this.#holderOf(key);
      if (!holder) continue;
      if (holder.id === id) return true;
      if (isOwner(holder)) {
        if (await isAlive(holder.address)) return false;
        removeSocket(holder);
      }
      // Only from the one that was found dead: someone else may have been faster.
      const change = "UPDATE leases SET owner = ?, address = ? WHERE key = ? AND hex(owner) = ?";
      if (this.#change(change, id, address, key, holder.exactly) === 1) return true;
    }
  }

  /** What a key's row says; `exactly` tells even rows apart that are not of our making. */
  #holderOf(key: Digest): (Owner & { readonly exactly: string }) | undefined {
    const sql = "SELECT owner, address, hex(owner) FROM leases WHERE key = ?";
    const row = this.#retrying(() => this.#database().get(sql, key));
    return row && { id: String(row[0]), address: String(row[1]), exactly: String(row[2]) };
  }

  #disown(key: Digest): void {
    if (this.#ownerId) this.#change("DELETE FROM leases WHERE key = ? AND owner = ?", key, this.#ownerId);
  }

  /** Must be done before anything is owned: the socket is what shows that the owner lives. */
  async #listen(): Promise<Owner> {
    const owner = newOwner();
    await this.#server.listen(owner.address);
    this.#ownerId = owner.id;
    await this.#removeDead(owner);
    return owner;
  }

  /** Removes what owners that died holding something left behind, so that it does not pile up. */
  async #removeDead(self: Owner): Promise<void> {
    const listed = this.#retrying(() => this.#database().all("SELECT DISTINCT owner, address FROM leases"));
    for (const [id, address] of listed) {
      const owner = { id: String(id), address: String(address) };
      if (owner.id === self.id || (isOwner(owner) && (await isAlive(owner.address)))) continue;
      if (isOwner(owner)) removeSocket(owner);
      this.#change("DELETE FROM leases WHERE owner = ?", owner.id);
    }
    // Not the newest: between being bound and listening a socket refuses.
    for (const owner of neighbours(self, 60_000, 50)) {
      if (!(await isAlive(owner.address))) removeSocket(owner);
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
