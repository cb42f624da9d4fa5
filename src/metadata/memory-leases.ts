import type { Digest } from "../core/digest.ts";
import { Claims, untilTold } from "./claims.ts";
import type { Lease, Leases } from "./lease.ts";

/** Leases among the runs that share this object. */
export class MemoryLeases implements Leases {
  readonly #claims = new Claims();
  #isClosed = false;

  async tryAcquire(key: Digest): Promise<Lease | undefined> {
    if (this.#isClosed) throw new Error("leases are closed");
    if (!this.#claims.claim(key)) return undefined;
    let isHeld = true;
    return {
      release: async () => {
        if (isHeld) this.#claims.free(key);
        isHeld = false;
      },
    };
  }

  waitFor(key: Digest, signal?: AbortSignal): Promise<void> {
    return untilTold(signal, (tell) => this.#claims.whenFree(key, tell));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const key of this.#claims.keys()) this.#claims.free(key);
  }
}
