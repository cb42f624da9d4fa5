import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { digestParts } from "../../core/canonical.ts";
import type { CodePart } from "../../core/code-part.ts";
import type { DerivedCache } from "../../core/derived.ts";
import { fail } from "../../core/failure.ts";
import type { Clock } from "../../platform/clock.ts";
import { lastChange } from "../load/last-change.ts";
import { isInstalled } from "../load/module-path.ts";
import type { FactRecorder } from "../remembered/file-facts.ts";
import { Lockfiles } from "./lockfiles/lockfiles.ts";
import { ownName } from "./own-package.ts";
import { PackageFiles } from "./package-files.ts";
import type { PackageFinder } from "./package-json.ts";
import { type AmbiguousName, ambiguousNames, type LinkedPackage, type Loading } from "./package-links.ts";

export interface PackagesOptions {
  /** Absolute path of the project, symbolic links resolved. */
  readonly root: string;
  readonly derived: DerivedCache;
  /** Told all that is looked at, so that a warm run need not look again; what is read here counts too. */
  readonly facts?: FactRecorder;
  readonly clock?: Pick<Clock, "now">;
}

interface InstalledPackage extends LinkedPackage {
  readonly folder: string;
  readonly part: CodePart;
  /** When what it counts by was changed last: milliseconds since 1970. */
  readonly changed: number;
}

/** Some packages with all that they may load in turn. */
interface ReachedPackages {
  readonly parts: readonly CodePart[];
  readonly ambiguous: ReadonlyMap<string, AmbiguousName>;
  readonly latest: Pick<InstalledPackage, "folder" | "changed">;
}

/**
 * What installed packages count by: name, version, and the integrity that a lockfile has of them, else the content of their
 * files; theirs, and those of all packages that they may load in turn.
 */
export class Packages {
  readonly #finder: PackageFinder;
  readonly #facts: FactRecorder | undefined;
  readonly #lockfiles: Lockfiles;
  readonly #files: PackageFiles;
  readonly #installed = new Map<string, InstalledPackage>();
  readonly #located = new Map<string, string | undefined>();
  readonly #reached = new Map<string, ReachedPackages>();

  constructor(finder: PackageFinder, { root, derived, facts, clock }: PackagesOptions) {
    this.#finder = finder;
    this.#facts = facts;
    this.#lockfiles = new Lockfiles(root, derived, facts);
    this.#files = new PackageFiles(derived, facts, clock);
  }

  /** The folder of the package that an installed file belongs to. */
  rootOf(file: string): string {
    const marker = `${path.sep}node_modules${path.sep}`;
    const start = file.lastIndexOf(marker) + marker.length;
    const [first = "", second = "", third = ""] = file.slice(start).split(path.sep);
    // Yarn may keep packages in `node_modules/.store/NAME-VERSION-HASH/package`.
    if (first === ".store") return file.slice(0, start) + path.join(first, second, third);
    return file.slice(0, start) + (first.startsWith("@") ? path.join(first, second) : first);
  }

  /** Where a package of this name is installed for a file, symbolic links resolved. */
  locate(name: string, from: string): string | undefined {
    for (let dir = from; ; dir = path.dirname(dir)) {
      if (path.basename(dir) !== "node_modules") {
        const found = this.#at(path.join(dir, "node_modules"), name);
        if (found !== undefined) return found;
      }
      if (dir === path.dirname(dir)) return undefined;
    }
  }

  #at(modules: string, name: string): string | undefined {
    const folder = path.join(modules, name);
    if (!this.#located.has(folder)) {
      // Most packages have no packages of their own: that is one thing to take note of, whatever they ask for.
      const isThere = this.#exists(modules) && this.#exists(folder);
      this.#located.set(folder, isThere ? realpathSync(folder) : undefined);
    }
    return this.#located.get(folder);
  }

  #exists(folder: string): boolean {
    this.#facts?.note(folder);
    return existsSync(folder);
  }

  /** The package in a folder and all that it may load, as far as they are installed. */
  partsOf(root: string): readonly CodePart[] {
    return this.partsOfAll(new Set([root]), []);
  }

  /**
   * The same of several packages, and who gets which of them where that is in question.
   * @param loadings which modules load which of the packages
   */
  partsOfAll(roots: ReadonlySet<string>, loadings: Iterable<Loading>): readonly CodePart[] {
    const { parts, ambiguous } = this.#reachedFrom(roots);
    if (ambiguous.size === 0) return parts;
    const lines = new Map([...ambiguous].map(([name, { lines }]) => [name, new Set(lines)]));
    for (const { from, folder } of loadings) {
      const name = this.#nameOf(folder);
      lines.get(name)?.add(`module ${from} ${ambiguous.get(name)!.kindOf(folder)}`);
    }
    const links = [...lines].map(
      ([name, said]): CodePart => ({
        kind: "package",
        name: `which ${name} is used where`,
        digest: digestParts("package-links", [...said].sort()),
      }),
    );
    return [...parts, ...links];
  }

  /** The package that was changed last, of one and all that it may load, and when: milliseconds since 1970. */
  latestOf(root: string): Pick<InstalledPackage, "folder" | "changed"> {
    return this.#reachedFrom(new Set([root])).latest;
  }

  /** Many stages reach the same packages from different modules: they share what was found. */
  #reachedFrom(roots: ReadonlySet<string>): ReachedPackages {
    const key = [...roots].sort().join("\n");
    let reached = this.#reached.get(key);
    if (!reached) {
      reached = this.#reach(roots);
      this.#reached.set(key, reached);
    }
    return reached;
  }

  #reach(roots: ReadonlySet<string>): ReachedPackages {
    const packages = new Map<string, InstalledPackage>();
    const pending = [...roots];
    for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
      if (packages.has(folder)) continue;
      const installed = this.#package(folder);
      packages.set(folder, installed);
      for (const found of installed.finds.values()) if (found !== undefined) pending.push(found);
    }
    const parts = new Map<string, CodePart>();
    for (const { part } of packages.values()) parts.set(`${part.name} ${part.digest}`, part);
    let latest: ReachedPackages["latest"] = { folder: "", changed: 0 };
    for (const installed of packages.values()) if (installed.changed > latest.changed) latest = installed;
    return { parts: [...parts.values()], ambiguous: ambiguousNames(packages, roots), latest };
  }

  /**
   * What tells under which other name a package is loaded: an alias, or a name of package.json's `imports`. Undefined where it
   * is the package's own name.
   */
  aliased(root: string, specifier: string): string | undefined {
    if (this.#nameOf(root) === packageNameOf(specifier)) return undefined;
    const { part } = this.#package(root);
    return `${part.name} ${part.digest}`;
  }

  #nameOf(folder: string): string {
    return this.#finder.at(folder)?.name ?? path.basename(folder);
  }

  #package(folder: string): InstalledPackage {
    let installed = this.#installed.get(folder);
    if (!installed) {
      installed = this.#describe(folder);
      this.#installed.set(folder, installed);
    }
    return installed;
  }

  #describe(folder: string): InstalledPackage {
    refusePlugAndPlay(folder);
    const { version, dependencies = [] } = this.#finder.at(folder) ?? {};
    const name = this.#nameOf(folder);
    const identity = { folder, name, version: version ?? "" };
    const integrity = version !== undefined && isInstalled(folder) ? this.#lockfiles.integrityOf(identity) : undefined;
    const files = integrity === undefined ? this.#files.of(folder) : undefined;
    const digest = digestParts("package", [name, version, integrity ?? ["files", files?.digest]]);
    const finds = new Map<string, string | undefined>();
    for (const dependency of dependencies) {
      const found = this.locate(dependency, folder);
      if (found === undefined || this.#counts(found)) finds.set(dependency, found);
    }
    return {
      folder,
      name,
      digest,
      finds,
      // Of one that a lockfile knows package.json tells when it was installed.
      changed: files?.changed ?? lastChange(path.join(folder, "package.json")),
      part: { kind: "package", name: version === undefined ? name : `${name}@${version}`, digest },
    };
  }

  /** Sluice itself and packages of types change nothing. */
  #counts(folder: string): boolean {
    const json = this.#finder.at(folder);
    return json?.name !== ownName && !json?.isTypes;
  }
}

/** Packages in archives, which only Yarn's own runtime finds: nothing of what they load could be seen. */
function refusePlugAndPlay(folder: string): void {
  const isArchived = /[\\/]\.yarn[\\/](?:unplugged|__virtual__)[\\/]|\.zip[\\/]node_modules[\\/]/.test(folder);
  if (process.versions.pnp === undefined && !isArchived) return;
  fail("load-failed", "packages that Yarn installed as Plug'n'Play cannot be versioned", {
    where: { file: folder },
    hint: "set `nodeLinker: node-modules` in .yarnrc.yml and run `yarn install`",
  });
}

/** The name of the package in a bare specifier: `@scope/name/sub` is of `@scope/name`. */
export function packageNameOf(specifier: string): string {
  const [first = "", second = ""] = specifier.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}
