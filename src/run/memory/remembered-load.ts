import { isSteady } from "../../analyse/load-watch/load-facts.ts";
import { type LoadRecord, loadHolds } from "../../analyse/load-watch/load-record.ts";
import type { DerivedCache } from "../../core/derived.ts";
import { type Digest, digestOf as digestOfBytes } from "../../core/digest.ts";
import { digestOf } from "../file-version.ts";
import type { Store } from "../workspace.ts";
import { type LoadSeal, sealLoad } from "./load-seal.ts";

/**
 * What loading a pipeline depended on, from a load that was watched. As long as it holds, another load gives the same graph and
 * need not be watched to know what it depended on: after an edit of data, and nothing else, that is so.
 */
export interface RememberedLoad {
  /** See {@link readLoad}. */
  readonly load: Digest;
  readonly seal: LoadSeal;
}

const kind = "remembered-load-2";
const recordKind = "load-record-1";

/** The record of a load that was kept under its digest: mostly its seal says that it holds, and then nobody needs it. */
export function readLoad(derived: DerivedCache, load: Digest): LoadRecord | undefined {
  const bytes = derived.get(recordKind, load);
  return bytes && (JSON.parse(Buffer.from(bytes).toString()) as LoadRecord);
}

export function keepLoad(derived: DerivedCache, load: LoadRecord): Digest {
  const bytes = Buffer.from(JSON.stringify(load));
  const digest = digestOfBytes(bytes);
  if (!derived.get(recordKind, digest)) derived.put(recordKind, digest, bytes);
  return digest;
}

export function readRememberedLoad(derived: DerivedCache, key: Digest): RememberedLoad | undefined {
  const bytes = derived.get(kind, key);
  return bytes?.length ? (JSON.parse(Buffer.from(bytes).toString()) as RememberedLoad) : undefined;
}

/** @param known nothing, so that the next load is watched */
export function writeRememberedLoad(derived: DerivedCache, key: Digest, known: RememberedLoad | undefined): void {
  derived.put(kind, key, known ? Buffer.from(JSON.stringify(known)) : new Uint8Array());
}

/**
 * Keeps what a load depended on, if it will be known whether another load would see the same, and nothing has changed meanwhile.
 * Whoever asks `sealHolds` again after another load knows what that has seen. So files count by what the file system says of
 * them: content could be another for a moment and then what it was. Where a load looked at what the seal does not tell so of, it is not kept.
 */
export function rememberLoad(store: Store, key: Digest, load: LoadRecord): void {
  const { root, metadata } = store;
  if (!load.facts.every(([fact]) => isSteady(fact))) return;
  const seal = sealLoad(store, load);
  // A seal vouches for what is found after it was made.
  if (!seal || !loadHolds(load, { root, digestOfFile: digestOf(store) })) return;
  writeRememberedLoad(metadata.derived, key, { load: keepLoad(metadata.derived, load), seal });
}
