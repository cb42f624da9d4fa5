import fs from "node:fs";
import Module from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { settingsOf } from "../load/loader.ts";
import { isUserFile } from "../load/module-path.ts";
import { candidatesOf, pathOfSpecifier, type SpecifierKind } from "../load/resolve.ts";
import { packageNameOf } from "../packages/packages.ts";
import type { LoadNotes } from "./load-notes.ts";

// not watched, as a named import would be
const { readFileSync, realpathSync } = fs;

const modulesPart = `${path.sep}node_modules${path.sep}`;

/** Endings that Node tries for what is required, and for the main file of a package. */
const endings = ["", ".js", ".json", ".node"];
const indexes = ["index.js", "index.json", "index.node"];

/**
 * Notes what would have to change for a specifier to lead elsewhere: the places where Node and the loader look before the one
 * where they find it. More places than they really look at do no harm, as long as nothing appears there.
 */
export class ResolutionProbes {
  readonly #notes: LoadNotes;
  readonly #seen = new Set<string>();
  readonly #scopes = new Set<string>();

  constructor(notes: LoadNotes) {
    this.#notes = notes;
  }

  /** A specifier in the module `parent` that led to a file, or to none. */
  resolved(specifier: string, parent: string, kind: SpecifierKind, found: string | undefined): void {
    const folder = path.dirname(parent);
    const isUser = isUserFile(parent);
    // What the loader guesses, it guesses for the user's modules only.
    const key = `${isUser ? parent : folder}\0${kind}\0${specifier}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const target = pathOfSpecifier(specifier, parent, kind);
    if (target !== undefined) {
      this.#path(target, found, isUser);
      return;
    }
    for (const alias of isUser ? (this.#settings(parent)?.aliases(specifier) ?? []) : []) {
      if (this.#path(alias, found, true)) return;
    }
    const isPrivate = specifier.startsWith("#");
    if (found !== undefined && (isPrivate || isUserFile(found))) this.#compiled(found);
    if (!isPrivate) this.#package(specifier, folder, kind, found);
    else if (found?.includes(modulesPart)) {
      // package.json may say that `#x` is a package
      const inside = found.slice(found.lastIndexOf(modulesPart) + modulesPart.length);
      this.#package(packageNameOf(inside), folder, kind, found);
    }
  }

  /** A specifier that led nowhere although package.json says where: what it names may appear. */
  failed(specifier: string, error: unknown): void {
    const { code, url, path: blamed, message } = Object(error) as Readonly<Record<string, unknown>>;
    if (typeof url === "string" && url.startsWith("file:")) {
      this.#path(fileURLToPath(url), undefined, true);
      return;
    }
    const isRequired = code === "MODULE_NOT_FOUND" && typeof blamed === "string";
    const isPrivate = specifier.startsWith("#");
    const target = isRequired ? /^Cannot find module '(.+?)'(?:\. |$)/m.exec(String(message))?.[1] : undefined;
    // A package that `#x` stands for is looked into in more places than the error says.
    const isKnown = target !== undefined && path.isAbsolute(target) && !(isPrivate && target.includes(modulesPart));
    if (isKnown) this.#path(target, undefined, true);
    // That the name is not in package.json has another code, and package.json has been noted.
    else if (isRequired || (isPrivate && (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND"))) {
      this.#notes.refuse("imports what package.json names and is not there");
    }
  }

  /**
   * Where package.json says what a specifier leads to, that may be the name of the file without its ending or of its folder, or
   * what a source compiles to: the loader takes the source unless that is there.
   */
  #compiled(found: string): void {
    const stem = found.slice(0, found.length - path.extname(found).length);
    const named = ["", ".js", ".jsx", ".mjs", ".cjs"].map((ending) => stem + ending);
    if (path.basename(stem) === "index") named.push(path.dirname(found));
    for (const name of named) this.#path(name, found, true);
  }

  #settings(file: string): ReturnType<typeof settingsOf> {
    return this.#notes.aside(() => settingsOf(file));
  }

  /** What says how modules of a folder are to be understood: the nearest package.json, and for the user's the tsconfig. */
  scope(file: string): void {
    const folder = path.dirname(file);
    if (this.#scopes.has(folder)) return;
    this.#scopes.add(folder);
    this.#upwards(folder, "package.json");
    if (!isUserFile(file)) return;
    this.#upwards(folder, "tsconfig.json");
    for (const other of this.#settings(file)?.consulted ?? []) this.#notes.read(other);
  }

  #upwards(folder: string, name: string): void {
    for (let at = folder; path.basename(at) !== "node_modules"; at = path.dirname(at)) {
      const file = path.join(at, name);
      this.#notes.read(file);
      if (this.#notes.kind(file) === "file" || at === path.dirname(at)) return;
    }
  }

  /** Whether a path is where the file was found; notes what is at the places before it. */
  #path(target: string, found: string | undefined, isUser: boolean): boolean {
    const isFound = (candidate: string): boolean =>
      this.#notes.kind(candidate) === "file" && found !== undefined && this.#isReally(candidate, found);
    for (const candidate of new Set([...(isUser ? candidatesOf(target) : []), ...endings.map((end) => target + end)])) {
      if (isFound(candidate)) return true;
    }
    if (this.#notes.kind(target) !== "folder") return false;
    return this.#main(target, found) || indexes.some((index) => isFound(path.join(target, index)));
  }

  /** A folder's package.json names its main file. */
  #main(folder: string, found: string | undefined): boolean {
    const file = path.join(folder, "package.json");
    this.#notes.read(file);
    if (this.#notes.kind(file) !== "file") return false;
    const { main } = packageJson(file);
    return typeof main === "string" && this.#path(path.join(folder, main), found, false);
  }

  #isReally(candidate: string, found: string): boolean {
    if (candidate === found) return true;
    if (realpathSync(candidate) !== found) return false;
    this.#notes.ofPath("real", candidate);
    return true;
  }

  /** Where packages are looked for: in `node_modules` of each folder upwards, for `require` in folders of the machine too. */
  #package(specifier: string, from: string, kind: SpecifierKind, found: string | undefined): void {
    const name = packageNameOf(specifier);
    const folders: string[] = [];
    for (let at = from; ; at = path.dirname(at)) {
      folders.push(path.join(at, "node_modules"));
      if (at === path.dirname(at)) break;
    }
    if (kind === "require")
      folders.push(...(Module as unknown as { readonly globalPaths: readonly string[] }).globalPaths);
    for (const modules of folders) {
      if (this.#notes.kind(modules) !== "folder") continue;
      const root = path.join(modules, name);
      const isFolder = this.#notes.kind(root) === "folder";
      const isFound = isFolder && found !== undefined && this.#contains(root, found);
      if (isFolder) this.#notes.read(path.join(root, "package.json"));
      // Without `exports` a specifier is a path in the package.
      const inside = path.join(modules, specifier);
      if (
        (!isFolder || packageJson(path.join(root, "package.json")).exports === undefined) &&
        this.#path(inside, found, false)
      )
        return;
      if (isFound) return;
    }
  }

  #contains(root: string, found: string): boolean {
    const real = realpathSync(root);
    if (!found.startsWith(real + path.sep)) return false;
    if (real !== root) this.#notes.ofPath("real", root);
    return true;
  }
}

/** What package.json says that leads to other files; nothing where it is not valid, which is an error for whoever needs it. */
function packageJson(file: string): { readonly main?: unknown; readonly exports?: unknown } {
  try {
    return Object(JSON.parse(readFileSync(file, "utf8"))) as { readonly main?: unknown; readonly exports?: unknown };
  } catch {
    return {};
  }
}
