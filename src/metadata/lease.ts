import type { Digest } from "../core/digest.ts";

/** The right to compute one key now. */
export interface Lease {
  /** Gives the right back, and tells those who wait. Idempotent. */
  release(): Promise<void>;
}

/**
 * Hands out leases, in this process and between processes on one machine. Ownership is held by the kernel: it ends with its
 * process, however that ends, and not before. A stopped owner keeps it.
 */
export interface Leases {
  /** The lease, or undefined when someone else holds it. */
  tryAcquire(key: Digest): Promise<Lease | undefined>;
  /** Returns when the key may be free: its holder released it or died, or nobody holds it. Rejects when aborted. */
  waitFor(key: Digest, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
