import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { digestParts } from "../../../core/canonical.ts";
import type { DerivedCache } from "../../../core/derived.ts";
import { digestOf } from "../../../core/digest.ts";
import { fail } from "../../../core/failure.ts";
import { relativeTo } from "../../load/module-path.ts";
import type { FactRecorder } from "../../remembered/file-facts.ts";
import { treeSignature } from "../tree-signature.ts";
import { type LockedPackages, lockedKey } from "./locked-packages.ts";
import { type LockfileFormat, lockfileFormats } from "./lockfile-formats.ts";

/** An installed package, as it says itself. */
export interface PackageIdentity {
  /** Absolute path, symbolic links resolved. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

interface Lockfile {
  readonly format: LockfileFormat;
  /** Reads it, when it is first asked. */
  readonly packages: () => LockedPackages;
}

/** A folder with lockfiles. */
interface LockedFolder {
  readonly folder: string;
  readonly lockfiles: readonly Lockfile[];
  /** Names of files that patch-package has applied to what is installed. */
  readonly patches: readonly string[];
}

const derivedKind = "lockfile-1";

/** Finds what lockfiles say of installed packages. Each is parsed once, and then remembered by its content. */
export class Lockfiles {
  readonly #root: string;
  readonly #derived: DerivedCache;
  readonly #facts: FactRecorder | undefined;
  readonly #byFolder = new Map<string, LockedFolder | undefined>();

  /** @param root absolute path of the project, symbolic links resolved */
  constructor(root: string, derived: DerivedCache, facts: FactRecorder | undefined) {
    this.#root = root;
    this.#derived = derived;
    this.#facts = facts;
  }

  /**
   * The integrity of what is installed there; undefined where no lockfile tells. The folder nearest to the package that has a
   * lockfile is the one that governs it, as it is to package managers.
   * @throws SluiceError `load-failed` for a lockfile that is damaged
   */
  integrityOf(identity: PackageIdentity): string | undefined {
    const { folder } = identity;
    const [base = folder] = folder.split(`${path.sep}node_modules${path.sep}`);
    const locked = this.#above(base) ?? (isInSharedStore(folder) ? this.#above(this.#root) : undefined);
    if (!locked || isPatched(identity.name, locked.patches)) return undefined;
    for (const { format, packages } of locked.lockfiles) {
      const subject = format.by === "place" ? relativeTo(locked.folder, folder) : identity.name;
      const key = lockedKey(subject, identity.version);
      const known = packages();
      if (Object.hasOwn(known, key)) return known[key];
    }
    return undefined;
  }

  #above(folder: string): LockedFolder | undefined {
    if (!this.#byFolder.has(folder)) {
      const parent = path.dirname(folder);
      this.#byFolder.set(folder, this.#in(folder) ?? (parent === folder ? undefined : this.#above(parent)));
    }
    return this.#byFolder.get(folder);
  }

  #in(folder: string): LockedFolder | undefined {
    const lockfiles: Lockfile[] = [];
    for (const format of lockfileFormats) {
      const file = path.join(folder, format.file);
      this.#facts?.note(file);
      if (!existsSync(file)) continue;
      let packages: LockedPackages | undefined;
      lockfiles.push({ format, packages: () => (packages ??= this.#read(file, format)) });
    }
    return lockfiles.length === 0 ? undefined : { folder, lockfiles, patches: this.#patchesIn(folder) };
  }

  #read(file: string, format: LockfileFormat): LockedPackages {
    const content = readFileSync(file);
    const digest = digestOf(content);
    this.#facts?.content(file, digest);
    const key = digestParts(derivedKind, [format.file, digest]);
    const stored = this.#derived.get(derivedKind, key);
    if (stored) return JSON.parse(Buffer.from(stored).toString()) as LockedPackages;
    const packages = parse(file, content.toString(), format);
    this.#derived.put(derivedKind, key, Buffer.from(JSON.stringify(packages)));
    return packages;
  }

  #patchesIn(folder: string): readonly string[] {
    const patches = path.join(folder, "patches");
    this.#facts?.note(patches);
    if (!existsSync(patches)) return [];
    this.#facts?.tree(patches, treeSignature(patches));
    return readdirSync(patches);
  }
}

function parse(file: string, text: string, format: LockfileFormat): LockedPackages {
  try {
    return format.parse(text);
  } catch (error) {
    const [message] = (error as Error).message.split("\n");
    return fail("load-failed", `${path.basename(file)} cannot be read: ${message}`, {
      where: { file },
      hint: "resolve its conflicts, or let the package manager write it again",
      cause: error,
    });
  }
}

/** Whether pnpm keeps the package for many projects at once: `links/SCOPE/NAME/VERSION/HASH/node_modules/NAME`. */
function isInSharedStore(folder: string): boolean {
  return /[\\/]links[\\/]@[^\\/]*[\\/][^\\/]+[\\/][^\\/]+[\\/][^\\/]+[\\/]node_modules[\\/]/.test(folder);
}

/** Whether one of patch-package's files is for the package: `name+1.0.0.patch`, `@scope+name+1.0.0.patch`, `above++name+1.0.0.patch`. */
function isPatched(name: string, patches: readonly string[]): boolean {
  const start = `${name.replace("/", "+")}+`;
  return patches.some((file) => file.split("++").at(-1)!.startsWith(start));
}
