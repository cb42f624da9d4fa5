/**
 * What a lockfile knows of packages: by what each is found, the integrity of what the registry gave. A package is only in it
 * if that tells what its files are.
 */
export type LockedPackages = Readonly<Record<string, string>>;

/** How a format says which installed package an entry is about: by where it is installed, or by name and version. */
export type LockedBy = "place" | "name";

/** @param subject by `place`: the package's folder, relative to the lockfile's; by `name`: the package's real name */
export function lockedKey(subject: string, version: string): string {
  return `${subject}@${version}`;
}

/**
 * Collects what a lockfile says. A name of which one entry is not told by an integrity (a folder, a commit, a patch) is left
 * out with all its versions, because what is installed of it may be that entry; so is a version with two integrities.
 */
export class LockedPackagesBuilder {
  readonly #found = new Map<string, { readonly subject: string; readonly integrity: string | undefined }>();
  readonly #distrusted = new Set<string>();

  add(subject: string, version: string, integrity: string): void {
    const key = lockedKey(subject, version);
    const known = this.#found.get(key);
    const isSame = known === undefined || known.integrity === integrity;
    this.#found.set(key, { subject, integrity: isSame ? integrity : undefined });
  }

  distrust(subject: string): void {
    this.#distrusted.add(subject);
  }

  build(): LockedPackages {
    const packages: [key: string, integrity: string][] = [];
    for (const [key, { subject, integrity }] of this.#found)
      if (integrity !== undefined && !this.#distrusted.has(subject)) packages.push([key, integrity]);
    return Object.fromEntries(packages);
  }
}
