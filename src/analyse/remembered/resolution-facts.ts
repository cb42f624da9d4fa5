import { isBuiltin } from "node:module";
import path from "node:path";
import type { CompilerSettings } from "../load/compiler-settings.ts";
import { isInstalled } from "../load/module-path.ts";
import { locate, pathOfSpecifier, resolveFile } from "../load/resolve.ts";
import { isOwnSpecifier, ownName } from "../packages/own-package.ts";
import type { PackageFinder, PackageJson } from "../packages/package-json.ts";
import { type Packages, packageNameOf } from "../packages/packages.ts";
import type { Location } from "../program/program-resolver.ts";
import type { Specifier } from "../syntax/module-summary.ts";
import type { FactRecorder } from "./file-facts.ts";

/**
 * Takes note of every file that tells where a specifier leads: those that are there, and those that would come first if they
 * were. Specifiers of packages are Node's to resolve; what it looks at is noted in full or in excess.
 */
export class ResolutionFacts {
  readonly #facts: FactRecorder;
  readonly #packages: Packages;
  readonly #finder: PackageFinder;

  /** @param packages and `finder` take notes of their own */
  constructor(facts: FactRecorder, packages: Packages, finder: PackageFinder) {
    this.#facts = facts;
    this.#packages = packages;
    this.#finder = finder;
  }

  /** Whether the files that were noted are all that tells that the specifier leads there. */
  note(parent: string, settings: CompilerSettings, { specifier, kind }: Specifier, location: Location): boolean {
    const note = (file: string): void => this.#facts.note(file);
    const target = "file" in location ? location.file : undefined;
    if (kind === "asset") {
      const isPath = /^[a-z][a-z\d+.-]+:/i.test(specifier) || /^\.{0,2}\//.test(specifier);
      const relative = isPath ? specifier : `./${specifier}`;
      const file = pathOfSpecifier(relative, parent, "import");
      if (file === undefined) return location.kind === "builtin";
      note(file);
      return (
        target === undefined || target === file || resolveFile(relative, parent, settings, "import", note) === target
      );
    }
    if (isOwnSpecifier(specifier)) {
      this.#packages.locate(ownName, path.dirname(parent));
      return location.kind === "own";
    }
    const at = pathOfSpecifier(specifier, parent, kind);
    const file = at === undefined ? resolveFile(specifier, parent, settings, kind, note) : this.#locate(at);
    if (file !== undefined) return isAt(location, file, this.#packages);
    if (at !== undefined) return location.kind === "missing";
    if (isBuiltin(specifier) || /^(?:node|data|https?):/.test(specifier)) return location.kind === "builtin";
    return this.#noteBare(parent, specifier, location);
  }

  /** Many modules import the same. */
  #locate(at: string): string | undefined {
    if (!this.#located.has(at))
      this.#located.set(
        at,
        locate(at, (path) => this.#facts.note(path)),
      );
    return this.#located.get(at);
  }
  readonly #located = new Map<string, string | undefined>();

  #noteBare(parent: string, specifier: string, location: Location): boolean {
    const scope = this.#finder.of(parent);
    const owners: PackageJson[] = scope ? [scope] : [];
    let installed: string | undefined;
    if (!specifier.startsWith("#")) {
      const root = this.#packages.locate(packageNameOf(specifier), path.dirname(parent));
      if (root !== undefined && isInstalled(root)) installed = root;
      else if (root !== undefined) owners.push(...[this.#finder.at(root)].filter((json) => json !== undefined));
      // A package may import itself by its name, if its package.json has `exports`.
      if (installed !== undefined && location.kind === "package") return location.root === installed;
    }
    let found = location.kind === "missing";
    for (const owner of owners) {
      for (const target of targetsIn(owner, specifier)) {
        if (this.#leads(owner, target, location)) found = true;
      }
    }
    return found;
  }

  #leads({ folder }: PackageJson, target: string, location: Location): boolean {
    if (path.isAbsolute(target)) {
      const file = locate(target, (at) => this.#facts.note(at));
      return file !== undefined && isAt(location, file, this.#packages);
    }
    if (isBuiltin(target)) return location.kind === "builtin";
    const root = this.#packages.locate(packageNameOf(target), folder);
    return location.kind === "package" && location.root === root;
  }
}

function isAt(location: Location, file: string, packages: Packages): boolean {
  if (isInstalled(file)) return location.kind === "package" && location.root === packages.rootOf(file);
  return "file" in location ? location.file === file : location.kind === "own";
}

/** All that a package.json may make of a specifier, whatever the conditions: absolute paths, and names of packages. */
function* targetsIn({ folder, text }: PackageJson, specifier: string): Iterable<string> {
  const json = JSON.parse(text) as { readonly [field: string]: unknown };
  const isImport = specifier.startsWith("#");
  const subpath = isImport ? specifier : `.${specifier.slice(packageNameOf(specifier).length)}`;
  const field = isImport ? json.imports : json.exports;
  if (field === undefined || field === null) {
    if (isImport) return;
    if (subpath !== ".") yield path.resolve(folder, subpath);
    else for (const main of [json.main, "index"]) if (typeof main === "string") yield path.resolve(folder, main);
    return;
  }
  const isMap = typeof field === "object" && !Array.isArray(field);
  const bySubpath = isMap && Object.keys(field).some((key) => /^[.#]/.test(key)) ? field : { ".": field };
  for (const [pattern, value] of Object.entries(bySubpath)) {
    const star = starOf(pattern, subpath);
    if (star === undefined) continue;
    for (const leaf of leavesOf(value)) {
      const target = leaf.replaceAll("*", () => star);
      yield target.startsWith(".") ? path.resolve(folder, target) : target;
    }
  }
}

/** What the star of a pattern stands for in a name; empty where there is none, undefined where they do not match. */
function starOf(pattern: string, name: string): string | undefined {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return pattern === name ? "" : undefined;
  const matches = name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after);
  return matches ? name.slice(before.length, name.length - after.length) : undefined;
}

function* leavesOf(value: unknown): Iterable<string> {
  if (typeof value === "string") yield value;
  else if (value !== null && typeof value === "object") for (const each of Object.values(value)) yield* leavesOf(each);
}
