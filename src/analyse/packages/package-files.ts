import { readFileSync } from "node:fs";
import path from "node:path";
import { digestParts } from "../../core/canonical.ts";
import type { DerivedCache } from "../../core/derived.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { type Clock, systemClock } from "../../platform/clock.ts";
import type { FactRecorder } from "../remembered/file-facts.ts";
import { isSettled, treeSignature } from "./tree-signature.ts";

const derivedKind = "package-files-1";

/**
 * What the files of packages amount to, for those of which no lockfile tells it: all files of the folder but packages within
 * it, by content. They are read once; then what the file system says of them is enough.
 */
export class PackageFiles {
  readonly #derived: DerivedCache;
  readonly #facts: FactRecorder | undefined;
  readonly #clock: Pick<Clock, "now">;

  constructor(derived: DerivedCache, facts: FactRecorder | undefined, clock: Pick<Clock, "now"> = systemClock) {
    this.#derived = derived;
    this.#facts = facts;
    this.#clock = clock;
  }

  /**
   * What they amount to, and when one of them was changed last, in milliseconds since 1970.
   * @param folder absolute path, of a folder or a single file
   */
  of(folder: string): { readonly digest: Digest; readonly changed: number } {
    const now = this.#clock.now();
    const signature = treeSignature(folder);
    const settled = isSettled(signature, now);
    this.#facts?.tree(folder, settled ? signature : undefined);
    const stored = settled ? this.#derived.get(derivedKind, signature.digest) : undefined;
    const { changed } = signature;
    if (stored) return { digest: Buffer.from(stored).toString(), changed };
    const digest = digestParts(
      "package-files",
      signature.entries.map(({ path: name, target, isFile }) => [
        name,
        target ?? null,
        isFile ? digestOf(readFileSync(path.join(folder, name))) : null,
      ]),
    );
    // What is written to at this moment is no content to remember.
    if (settled && treeSignature(folder).digest === signature.digest)
      this.#derived.put(derivedKind, signature.digest, Buffer.from(digest));
    return { digest, changed };
  }
}
