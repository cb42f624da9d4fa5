import type { Digest } from "../../core/digest.ts";
import { failure } from "../../core/failure.ts";
import type { Leases } from "../../metadata/lease.ts";
import { type Making, makingNow, refuse } from "./making.ts";

/** A wait of code that is part of the making of results, which therefore wait too. */
interface Wait {
  readonly makings: readonly Making[];
  readonly key: Digest;
}

const waits = new Set<Wait>();

/**
 * Waits for a result that someone else makes.
 * @throws SluiceError `cycle`, see {@link waitingFor}
 */
export function waitForOther(leases: Leases, key: Digest, signal?: AbortSignal): Promise<void> {
  return waitingFor(key, () => leases.waitFor(key, signal));
}

/**
 * Waits in some way for a result that someone else makes.
 * @throws SluiceError `cycle` where that waits, by itself or through others, for what the code that runs now is part of the making
 *   of: then nobody could ever go on. Not found where calls in different threads or processes wait for each other.
 */
export async function waitingFor<T>(key: Digest, wait: () => Promise<T>): Promise<T> {
  const makings = makingNow();
  if (makings.length === 0) return wait();
  checkForCycle(makings, key);
  const own = { makings, key };
  waits.add(own);
  try {
    return await wait();
  } finally {
    waits.delete(own);
  }
}

function checkForCycle(makings: readonly Making[], wanted: Digest): void {
  const seen = new Set([wanted]);
  for (const key of seen) {
    const own = makings.find(({ keys }) => keys.includes(key));
    if (own)
      refuse(failure("cycle", `making ${own.called} waits for ${own.called} itself`, { hint: own.instead }), own);
    for (const wait of waits) if (wait.makings.some(({ keys }) => keys.includes(key))) seen.add(wait.key);
  }
}
