import { type LockedPackages, LockedPackagesBuilder } from "./locked-packages.ts";
import { parseYaml, withOnly } from "./yaml.ts";

/** `yarn.lock`, of Yarn 1 and of the later ones, whose formats have nothing in common. */
export function parseYarnLockfile(text: string): LockedPackages {
  return /^__metadata:/m.test(text) ? parseBerry(text) : parseClassic(text);
}

interface BerryEntry {
  readonly version?: string;
  /** `name@npm:1.0.0`, `name@patch:...`, `name@workspace:...`. */
  readonly resolution?: string;
  /** Of the archive that Yarn makes of a package, which has the patches in it. */
  readonly checksum?: string;
}

function parseBerry(text: string): LockedPackages {
  const found = new LockedPackagesBuilder();
  const useful = withOnly(["version", "resolution", "checksum"], 2, text);
  for (const [key, entry] of Object.entries(parseYaml(useful) as Record<string, BerryEntry>)) {
    const { version, resolution = key, checksum } = entry;
    const [, name, protocol] = /^((?:@[^/@]+\/)?[^/@]+)@(\w*)/.exec(resolution) ?? [];
    if (name === undefined) continue;
    if (protocol === "npm" && version !== undefined && checksum !== undefined) found.add(name, version, checksum);
    else found.distrust(name);
  }
  return found.build();
}

/** Blocks of a line with the ranges that it is the answer to, and indented lines of a name and a value. */
function parseClassic(text: string): LockedPackages {
  const found = new LockedPackagesBuilder();
  for (const [, header = "", body = ""] of text.matchAll(/^([^\s#].*):\r?\n((?:[ \t].*(?:\r?\n|$))+)/gm)) {
    const [, alias, range = ""] = /^"?((?:@[^/@]+\/)?[^/@]+)@([^",]*)/.exec(header) ?? [];
    // An alias is asked for as `alias@npm:name@range`.
    const name = /^npm:((?:@[^/@]+\/)?[^/@]+)/.exec(range)?.[1] ?? alias;
    if (name === undefined) continue;
    const [version, resolved = "", integrity] = ["version", "resolved", "integrity"].map((field) =>
      fieldOf(body, field),
    );
    // Before it wrote integrities, Yarn wrote the SHA-1 of what a registry gave behind its address.
    const sum = integrity ?? /\.tgz#([0-9a-f]{40})$/.exec(resolved)?.[1];
    if (version !== undefined && sum !== undefined && /^https?:/.test(resolved)) found.add(name, version, sum);
    else found.distrust(name);
  }
  return found.build();
}

function fieldOf(body: string, field: string): string | undefined {
  return new RegExp(`^  ${field} "?([^"\\r\\n]+)"?`, "m").exec(body)?.[1];
}
