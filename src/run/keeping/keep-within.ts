import { type Failure, failure, failureOf } from "../../core/failure.ts";
import type { Store } from "../workspace.ts";
import { isLimited } from "./limits.ts";
import type { Evicted } from "./make-room.ts";

/**
 * What follows a run or a put: makes room where a store keeps more than it may. That is a look at one number, and at one row where
 * age is limited, as long as there is nothing to do.
 * @param usedSince what was used or made since then stays; milliseconds since 1970
 * @param warn told where there is no more that could go, and of what went wrong: that is no reason to fail
 */
export async function keepWithin(
  store: Store,
  usedSince: number,
  warn: (trouble: Failure) => void,
  onEvicted?: (evicted: Evicted) => void,
): Promise<void> {
  const { limits, metadata } = store;
  if (!isLimited(limits) || metadata.readOnly) return;
  const { maxSize, maxAge } = limits;
  try {
    const isTooMuch = maxSize !== undefined && (await metadata.keeping.bytes()) > maxSize;
    if (!isTooMuch && !(maxAge !== undefined && (await hasOlder(store, maxAge)))) return;
    const { makeRoom } = await import("./make-room.ts");
    const { isOver, after } = await makeRoom(store, limits, { usedSince, ...(onEvicted ? { onEvicted } : {}) });
    if (isOver) warn(overLimit(after));
  } catch (error) {
    const trouble = failureOf(error);
    if (!trouble) throw error;
    warn(trouble);
  }
}

async function hasOlder({ metadata }: Store, maxAge: number): Promise<boolean> {
  const [oldest] = await metadata.keeping.candidates("use", 1);
  return oldest !== undefined && oldest.usedAt < Date.now() - maxAge;
}

function overLimit(bytes: number): Failure {
  const size = bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${Math.ceil(bytes / 1e6)} MB`;
  return failure("no-space", `the cache keeps ${size}, more than it may: all of it is pinned, or was used just now`, {
    hint: "allow more (maxSize in sluice.json, --max-size), or unpin something",
  });
}
