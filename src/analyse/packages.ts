import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { digestParts } from "../core/canonical.ts";
import type { CodePart } from "../core/code-part.ts";
import { digestOf } from "../core/digest.ts";
import type { PackageFinder, PackageJson } from "./package-json.ts";

/**
 * What installed packages count by: name and version, theirs and those of all packages that they may load in turn. Their
 * content does not count: who edits `node_modules` by hand sets a `version`.
 */
export class Packages {
  readonly #finder: PackageFinder;
  readonly #parts = new Map<string, readonly CodePart[]>();

  constructor(finder: PackageFinder) {
    this.#finder = finder;
  }

  /** The folder of the package that an installed file belongs to. */
  rootOf(file: string): string {
    const marker = `${path.sep}node_modules${path.sep}`;
    const start = file.lastIndexOf(marker) + marker.length;
    const [first = "", second = ""] = file.slice(start).split(path.sep);
    return file.slice(0, start) + (first.startsWith("@") ? path.join(first, second) : first);
  }

  /** Where a package of this name is installed for a file, symbolic links resolved. */
  locate(name: string, from: string): string | undefined {
    for (let dir = from; ; dir = path.dirname(dir)) {
      const folder = path.join(dir, "node_modules", name);
      if (path.basename(dir) !== "node_modules" && existsSync(folder)) return realpathSync(folder);
      if (dir === path.dirname(dir)) return undefined;
    }
  }

  /** The package in a folder and all that it depends on, as far as they are installed. */
  partsOf(root: string): readonly CodePart[] {
    let parts = this.#parts.get(root);
    if (!parts) {
      parts = this.#collect(root);
      this.#parts.set(root, parts);
    }
    return parts;
  }

  #collect(root: string): readonly CodePart[] {
    const parts = new Map<string, CodePart>();
    const seen = new Set([root]);
    for (const folder of seen) {
      const json = this.#finder.at(folder);
      const part = partOf(folder, json);
      parts.set(part.name, part);
      for (const name of json?.dependencies ?? []) {
        const found = this.locate(name, folder);
        if (found !== undefined) seen.add(found);
      }
    }
    return [...parts.values()];
  }
}

function partOf(folder: string, json: PackageJson | undefined): CodePart {
  const name = json?.name ?? path.basename(folder);
  if (json?.version === undefined) {
    // Without a version all that is known of it is its description.
    return { kind: "package", name, digest: digestOf(json?.text ?? "") };
  }
  return { kind: "package", name: `${name}@${json.version}`, digest: digestParts("package", [name, json.version]) };
}

/** The name of the package in a bare specifier: `@scope/name/sub` is of `@scope/name`. */
export function packageNameOf(specifier: string): string {
  const [first = "", second = ""] = specifier.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}
