import { type FactName, isSteady } from "../../analyse/load-watch/load-facts.ts";
import { loadHolds, locateIn } from "../../analyse/load-watch/load-record.ts";
import type { DerivedCache } from "../../core/derived.ts";
import type { Digest } from "../../core/digest.ts";
import { stampAt } from "../../metadata/file-index.ts";
import type { Store } from "../workspace.ts";
import { sameFolders } from "./recall.ts";
import type { RememberedRun } from "./remembered-run.ts";

/**
 * What loading a pipeline depended on, from a load that was watched. As long as it holds, another load gives the same graph and
 * need not be watched to know what it depended on: after an edit of data, and nothing else, that is so.
 */
export type RememberedLoad = Pick<RememberedRun, "load" | "stamps" | "folders" | "stampedAt">;

const kind = "remembered-load-1";

export function readRememberedLoad(derived: DerivedCache, key: Digest): RememberedLoad | undefined {
  const bytes = derived.get(kind, key);
  return bytes?.length ? (JSON.parse(Buffer.from(bytes).toString()) as RememberedLoad) : undefined;
}

/** @param known nothing, so that the next load is watched */
export function writeRememberedLoad(derived: DerivedCache, key: Digest, known: RememberedLoad | undefined): void {
  derived.put(kind, key, known ? Buffer.from(JSON.stringify(known)) : new Uint8Array());
}

/**
 * Whether a load would see what it saw then, and whoever asks the same again afterwards knows what the load between has seen. So
 * files count by their stamps: content could be another for a moment and then what it was. Where the load looked at what has no
 * stamp, the answer is no.
 */
export function isKnownLoad(store: Store, { load, stamps, folders, stampedAt }: RememberedLoad): boolean {
  const { root } = store;
  // With a clock that was set back, files may get times again that they had before.
  if (stampedAt > Date.now() || stamps.includes(null)) return false;
  if (!load.facts.every(([fact]: readonly [FactName, ...unknown[]]) => isSteady(fact))) return false;
  const locate = locateIn(root);
  const stamped = new Map(load.files.map(([name, digest], i) => [locate(name), [stamps[i], digest] as const]));
  const digestOfFile = (absolute: string): Digest | undefined => {
    const [stamp, digest] = stamped.get(absolute) ?? [];
    return stamp !== undefined && stampAt(absolute) === stamp ? digest : undefined;
  };
  return loadHolds(load, { root, digestOfFile, hasSameNames: sameFolders(store, { folders }) });
}
