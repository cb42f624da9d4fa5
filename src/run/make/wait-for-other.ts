import type { Digest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { Leases } from "../../metadata/lease.ts";
import { type Making, makingNow } from "./stage-output.ts";

/** A wait of code that is part of the making of results, which therefore wait too. */
interface Wait {
  readonly makings: readonly Making[];
  readonly key: Digest;
}

const waits = new Set<Wait>();

/**
 * Waits for a result that someone else makes.
 * @throws SluiceError `cycle` where that waits, by itself or through others, for what the code that runs now is part of the making
 *   of: then nobody could ever go on. Found within a process and outside of its threads.
 */
export async function waitForOther(leases: Leases, key: Digest, signal?: AbortSignal): Promise<void> {
  const makings = makingNow();
  if (makings.length === 0) return leases.waitFor(key, signal);
  checkForCycle(makings, key);
  const wait = { makings, key };
  waits.add(wait);
  try {
    await leases.waitFor(key, signal);
  } finally {
    waits.delete(wait);
  }
}

function checkForCycle(makings: readonly Making[], wanted: Digest): void {
  const seen = new Set([wanted]);
  for (const key of seen) {
    const own = makings.find(({ keys }) => keys.includes(key));
    if (own) waitsForItself(own);
    for (const wait of waits) if (wait.makings.some(({ keys }) => keys.includes(key))) seen.add(wait.key);
  }
}

function waitsForItself({ called }: Making): never {
  return fail("cycle", `making the result of ${called} waits for that result itself`, {
    hint: "its function runs, by a driver or a project, what reads or is this very result: make that a parameter of it",
  });
}
