import { type LockedPackages, LockedPackagesBuilder } from "./locked-packages.ts";

interface BunLockfile {
  /** By where they are installed: `name@version`, and for one of a registry its address, what it needs, its integrity. */
  readonly packages?: Readonly<Record<string, readonly [id: string, ...unknown[]]>>;
  readonly patchedDependencies?: Readonly<Record<string, string>>;
}

/** `bun.lock`. Of `bun.lockb`, its binary predecessor, nothing is known. */
export function parseBunLockfile(text: string): LockedPackages {
  const { packages = {}, patchedDependencies = {} } = JSON.parse(withoutTrailingCommas(text)) as BunLockfile;
  const found = new LockedPackagesBuilder();
  for (const [id, , , integrity] of Object.values(packages)) {
    const [, name, version] = /^((?:@[^/@]+\/)?[^/@]+)@(.+)$/.exec(id) ?? [];
    if (name === undefined || version === undefined) continue;
    if (/^\d/.test(version) && typeof integrity === "string" && integrity !== "") found.add(name, version, integrity);
    else found.distrust(name);
  }
  for (const patched of Object.keys(patchedDependencies)) found.distrust(patched.replace(/(?<=.)@.*$/, ""));
  return found.build();
}

/** JSON with commas before closing brackets is YAML as well, but a parser of YAML takes thirty times as long. */
function withoutTrailingCommas(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, quoted: string | undefined) => quoted ?? "");
}
