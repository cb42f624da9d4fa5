import { type Failure, failure } from "../../core/failure.ts";
import type { Store } from "../workspace.ts";
import { isLimited } from "./limits.ts";
import type { RoomMade } from "./make-room.ts";

/**
 * What follows a run or a put: makes room where a store keeps more than it may. That is a look at one number, and at one row where
 * age is limited, as long as there is nothing to do.
 * @param usedSince what was used or made since then stays; milliseconds since 1970
 * @returns undefined when there was nothing to do
 * @throws SluiceError `io`, `no-space`
 */
export async function keepWithin(store: Store, usedSince: number): Promise<RoomMade | undefined> {
  const { limits, metadata } = store;
  if (!isLimited(limits) || metadata.readOnly) return undefined;
  const { maxSize, maxAge } = limits;
  const isTooMuch = maxSize !== undefined && (await metadata.keeping.bytes()) > maxSize;
  if (!isTooMuch && !(maxAge !== undefined && (await hasOlder(store, maxAge)))) return undefined;
  const { makeRoom } = await import("./make-room.ts");
  return makeRoom(store, limits, { usedSince });
}

async function hasOlder({ metadata }: Store, maxAge: number): Promise<boolean> {
  const [oldest] = await metadata.keeping.candidates("use", 1);
  return oldest !== undefined && oldest.usedAt < Date.now() - maxAge;
}

/** What to say where there is no more that could go. @param bytes that are kept */
export function overLimit(bytes: number): Failure {
  const most = `the cache keeps ${Math.ceil(bytes / 1e6)} MB, more than it may: the rest is pinned, or was used just now`;
  return failure("no-space", most, { hint: "allow more (maxSize in sluice.json, --max-size), or unpin something" });
}
