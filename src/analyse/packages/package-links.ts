import { digestParts } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";

/** An installed package among others. */
export interface LinkedPackage {
  readonly name: string;
  /** Of what the package itself counts by. */
  readonly digest: Digest;
  /** By the name of each package that it may load, the folder where that is; undefined where it is not installed. */
  readonly finds: ReadonlyMap<string, string | undefined>;
}

/** From where the user's code loads a package: in one module, a name leads to one folder. */
export interface Loading {
  readonly from: string;
  readonly folder: string;
}

/** Who gets which of several packages that one name leads to, in words that are the same on every machine. */
export interface AmbiguousName {
  /** Of the packages that may load it. */
  readonly lines: readonly string[];
  /** What the line of another says that gets the package in a folder. */
  readonly kindOf: (folder: string) => string;
}

/**
 * The names that lead to several packages. Of a name that leads all to the same there is nothing to say but that such a
 * package is there. So most programs have none.
 *
 * @param packages by folder, with all that they find
 * @param roots those of them that the user's code loads, by their own names
 */
export function ambiguousNames(
  packages: ReadonlyMap<string, LinkedPackage>,
  roots: Iterable<string>,
): ReadonlyMap<string, AmbiguousName> {
  const kinds = kindsOf(packages);
  const kindOf = (folder: string | undefined): string => (folder !== undefined && kinds.get(folder)) || "nothing";
  const leads = new Map<string, { readonly kinds: Set<string>; readonly lines: Set<string> }>();
  const lead = (name: string, kind: string, from?: string): void => {
    const known = leads.get(name) ?? { kinds: new Set(), lines: new Set() };
    leads.set(name, known);
    known.kinds.add(kind);
    if (from !== undefined) known.lines.add(`${from} ${kind}`);
  };
  for (const [folder, { finds }] of packages)
    for (const [name, found] of finds) lead(name, kindOf(found), kindOf(folder));
  for (const root of roots) lead(packages.get(root)!.name, kindOf(root));
  const ambiguous = new Map<string, AmbiguousName>();
  for (const [name, { kinds, lines }] of leads) if (kinds.size > 1) ambiguous.set(name, { lines: [...lines], kindOf });
  return ambiguous;
}

/**
 * What tells packages apart: what each counts by and, where two count the same, what they find, and what that finds, as
 * deep as makes a difference.
 */
function kindsOf(packages: ReadonlyMap<string, LinkedPackage>): ReadonlyMap<string, string> {
  let kinds = new Map([...packages].map(([folder, { digest }]) => [folder, digest]));
  for (let count = new Set(kinds.values()).size; count < packages.size; ) {
    const finer = new Map<string, Digest>();
    for (const [folder, { digest, finds }] of packages) {
      const found = [...finds].map(([name, at]) => [name, (at !== undefined && kinds.get(at)) || null]);
      finer.set(folder, digestParts("package-kind", [digest, found]));
    }
    const finerCount = new Set(finer.values()).size;
    if (finerCount === count) break;
    kinds = finer;
    count = finerCount;
  }
  return kinds;
}
