import type { DerivedCache } from "../../core/derived.ts";
import type { Digest } from "../../core/digest.ts";
import type { KnownCode } from "./known-code.ts";
import type { KnownEnd } from "./known-end.ts";
import type { RememberedSource } from "./remembered-source.ts";

/**
 * A run in which every stage was reused, with all that this followed from. As long as none of it has changed, a run with the
 * same options ends in the same way, and neither the user's code nor a record of a result has to be read to know it. Paths are
 * relative to the project. See `docs/design/remembered-runs.md`.
 */
export interface RememberedRun extends KnownCode, KnownEnd {
  /** What the arguments of commands may mean, with what was there. */
  readonly looked: readonly (readonly [path: string, state: string])[];
  readonly sources: readonly RememberedSource[];
  /** Paths that no pattern and no folder covers. */
  readonly ignore: readonly string[];
}

const kind = "remembered-run-5";

export function readRememberedRun(derived: DerivedCache, key: Digest): RememberedRun | undefined {
  const bytes = derived.get(kind, key);
  return bytes && (JSON.parse(Buffer.from(bytes).toString()) as RememberedRun);
}

export function writeRememberedRun(derived: DerivedCache, key: Digest, run: RememberedRun): void {
  derived.put(kind, key, Buffer.from(JSON.stringify(run)));
}
