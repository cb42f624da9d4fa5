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

  /** @param folder absolute path, of a folder or a single file */
  digestOf(folder: string): Digest {
    const now = this.#clock.now();
    const signature = treeSignature(folder);
    const settled = isSettled(signature, now);
    this.#facts?.tree(folder, settled ? signature : undefined);
    const stored = settled ? this.#derived.get(derivedKind, signature.digest) : undefined;
    if (stored) return Buffer.from(stored).toString();
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
    return digest;
  }
}
