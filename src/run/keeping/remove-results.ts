import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import type { ResultRecord } from "../../core/record.ts";
import type { Candidate } from "../../metadata/keeping.ts";
import type { Store } from "../workspace.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { nameMatcher } from "./pins.ts";
import { readerPins } from "./reader-pins.ts";
import { removeLetGo } from "./remove-loose.ts";

/** Results that are looked at, or removed, in one go. */
export const resultBatch = 200;

/** Says which results stay whatever they are worth: those that are pinned, by the user or by whoever reads them now. */
export async function sparing(store: Store, pins: readonly string[] = []): Promise<(candidate: Candidate) => boolean> {
  const kept = await store.metadata.keeping.pins();
  const isPinnedName = nameMatcher([...pins, ...kept.flatMap(({ kind, name }) => (kind === "node" ? [name] : []))]);
  const keys = new Set(kept.flatMap(({ kind, name }) => (kind === "result" ? [name] : [])));
  const read = readerPins(store);
  return ({ key, node }) => keys.has(key) || read.has(key) || isPinnedName(node);
}

/**
 * Removes results with the blobs that nothing else refers to. Records go first. Whoever pinned one before that can be seen to have
 * done so afterwards, and it is put back; whoever pins one later finds no record. Only then blobs go.
 * @returns those that are gone
 */
export async function removeChosen(store: Store, chosen: readonly Candidate[]): Promise<readonly Candidate[]> {
  return chosen.length === 0 ? [] : oneAtATime(store, () => removeAll(store, chosen));
}

async function removeAll(store: Store, chosen: readonly Candidate[]): Promise<readonly Candidate[]> {
  const { metadata } = store;
  const keys = chosen.map(({ key }) => key);
  const records = await metadata.readKeys(keys);
  const floor = chosen.reduce((most, { worth }) => Math.max(most, worth), 0);
  try {
    await metadata.keeping.evict(keys, floor);
  } catch (error) {
    if (!failureOf(error, "no-space") || !(await makeRoomOnFullDisk(store, keys))) throw error;
    await metadata.keeping.evict(keys, floor);
  }
  const read = readerPins(store);
  const back = new Set<Candidate>();
  for (const candidate of chosen) {
    const record = read.has(candidate.key) ? records.get(candidate.key) : undefined;
    if (record && (await isPutBack(store, record))) back.add(candidate);
  }
  await removeLetGo(store);
  return back.size === 0 ? chosen : chosen.filter((candidate) => !back.has(candidate));
}

/** One by one, so that a result whose blobs are gone, as with a damaged store, takes no other with it: its reader finds it gone. */
async function isPutBack({ metadata }: Store, record: ResultRecord): Promise<boolean> {
  try {
    await metadata.keeping.restore([record]);
    return true;
  } catch (error) {
    if (!failureOf(error, "missing-blob")) throw error;
    return false;
  }
}

/**
 * To note that results are gone takes space in the database's log. Where there is none, blobs of theirs that nobody reads make it: a
 * result whose blob is gone counts as missing and is made again.
 */
async function makeRoomOnFullDisk({ metadata, blobs, cacheDir }: Store, keys: readonly Digest[]): Promise<boolean> {
  const read = readerPins({ cacheDir });
  const going = new Set(keys.filter((key) => !read.has(key)));
  const records = await metadata.readKeys([...going]);
  const digests = new Set<Digest>();
  for (const key of going) {
    for (const { digest, inline } of records.get(key)?.artifacts ?? []) if (!inline) digests.add(digest);
  }
  const removed = await metadata.keeping.removeUnreferenced([...digests], (digest) => blobs.removeSync(digest), going);
  return removed.length > 0;
}
