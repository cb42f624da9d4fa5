import { type LockedPackages, LockedPackagesBuilder } from "./locked-packages.ts";

interface NpmLockfile {
  /** By place, since version 2. Version 1, of npm 6 and before, has none: then nothing is known. */
  readonly packages?: Readonly<
    Record<string, { readonly version?: string; readonly resolved?: string; readonly integrity?: string }>
  >;
}

/** `package-lock.json`, `npm-shrinkwrap.json`, and what npm keeps in `node_modules/.package-lock.json` of what it installed. */
export function parseNpmLockfile(text: string): LockedPackages {
  const { packages = {} } = JSON.parse(text) as NpmLockfile;
  const found = new LockedPackagesBuilder();
  for (const [place, { version, resolved = "", integrity }] of Object.entries(packages)) {
    // What npm packs from a repository is not the same each time.
    if (version !== undefined && integrity !== undefined && !resolved.startsWith("git")) {
      found.add(place, version, integrity);
    }
  }
  return found.build();
}
