import { type LockedPackages, LockedPackagesBuilder } from "./locked-packages.ts";
import { parseYaml, withOnly } from "./yaml.ts";

interface PnpmPackage {
  readonly name?: string;
  readonly version?: string;
  readonly resolution?: { readonly integrity?: string };
}

/** `pnpm-lock.yaml` of lockfile versions 5 to 9, and what pnpm keeps in `node_modules/.pnpm/lock.yaml` of what it installed. */
export function parsePnpmLockfile(text: string): LockedPackages {
  const found = new LockedPackagesBuilder();
  for (const packages of sections(text, "packages")) {
    for (const [key, entry] of Object.entries(packages as Record<string, PnpmPackage>)) {
      const [name = entry.name, version = entry.version] = nameAndVersion(key);
      const integrity = entry.resolution?.integrity;
      if (name === undefined) continue;
      if (version === undefined || integrity === undefined) found.distrust(name);
      else found.add(name, version, integrity);
    }
  }
  for (const patched of sections(text, "patchedDependencies")) {
    // `name`, `name@version` or `name@range`
    for (const key of Object.keys(patched)) found.distrust(key.replace(/(?<=.)@.*$/, ""));
  }
  return found.build();
}

/** The sections of this name, one of each document: the others are of no use here. */
function* sections(text: string, name: string): Iterable<object> {
  const section = new RegExp(`^${name}:.*\\n(?:(?![A-Za-z]\\w*:|---).*(?:\\n|$))*`, "gm");
  for (const [body] of text.replaceAll("\r\n", "\n").matchAll(section)) {
    const useful = withOnly(["resolution", "name", "version"], 4, body);
    const parsed = (parseYaml(useful) as Readonly<Record<string, unknown>>)[name];
    if (parsed !== null && typeof parsed === "object") yield parsed;
  }
}

/**
 * What a key says: `@s/p@1.0.0` (9), `/@s/p@1.0.0(peer@2.0.0)` (6), `/@s/p/1.0.0_peer@2.0.0` (5). One of a repository, a folder
 * or a tarball has no version that could be told from it.
 */
function nameAndVersion(key: string): readonly [name?: string, version?: string] {
  const slash = /^\/((?:@[^/@]+\/)?[^/@]+)\/(\d[^/_(]*)/.exec(key);
  if (slash) return [slash[1]!, slash[2]!];
  const [, name, version] = /^\/?((?:@[^/@]+\/)?[^/@]+)@([^(]+)/.exec(key) ?? [];
  if (name === undefined || version === undefined) return [];
  return /^\d/.test(version) ? [name, version] : [name];
}
