import { digestOf } from "../../core/digest.ts";
import type { Lease } from "../../metadata/lease.ts";
import type { Store } from "../workspace.ts";

/** What whoever takes results or blobs away holds the lease of. */
const removal = digestOf("sluice: removal");

/** Milliseconds. Whoever holds it for longer has been stopped. */
const patience = 5000;

/**
 * Takes something away while nobody else does. Between the moment at which a result is gone and that at which it is put back, for a
 * reader who had come to it just before, its blobs are anybody's: another evictor would remove them. It is courtesy, no
 * guard of what is right: who waits in vain, or cannot have the lease, goes on without, at worst somebody finds gone what he holds.
 */
export async function oneAtATime<T>({ leases }: Pick<Store, "leases">, take: () => Promise<T>): Promise<T> {
  const lease = await acquire(leases);
  try {
    return await take();
  } finally {
    await lease?.release();
  }
}

async function acquire(leases: Store["leases"]): Promise<Lease | undefined> {
  const late = AbortSignal.timeout(patience);
  try {
    for (;;) {
      const lease = await leases.tryAcquire(removal);
      if (lease || late.aborted) return lease;
      await leases.waitFor(removal, late);
    }
  } catch {
    return undefined;
  }
}
