import { realpathSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { CompilerSettings } from "./compiler-settings.ts";

/** What a specifier may end in although the file is called otherwise: authors of TypeScript name what it compiles to. */
const sourceExtensions: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".jsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

const guessed = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];

/** How a specifier is written: in `import` it is part of a URL, in `require` a path. */
export type SpecifierKind = "import" | "require";

/**
 * The file that a specifier of a user's module leads to by its path or by an alias of tsconfig, symbolic links resolved;
 * undefined for packages, built-in modules, and what is not there. The loader and the analyser both ask this function.
 *
 * An exact file wins over any guess; then the source behind a compiled name (`./x.js` is `./x.ts`), then the name with an
 * ending, then a folder's index.
 *
 * @param note told each path that was looked at
 */
export function resolveFile(
  specifier: string,
  parent: string,
  settings: CompilerSettings,
  kind: SpecifierKind = "import",
  note?: (path: string) => void,
): string | undefined {
  const file = pathOfSpecifier(specifier, parent, kind);
  if (file !== undefined) return locate(file, note);
  // Names that start with `#` belong to package.json, names with a scheme to Node.
  if (specifier.startsWith("#") && settings.aliases(specifier).length === 0) return undefined;
  if (/^[a-z][a-z\d+.-]+:/i.test(specifier)) return undefined;
  for (const candidate of settings.aliases(specifier)) {
    const found = locate(candidate, note);
    if (found) return found;
  }
  return undefined;
}

/** What means the same in a URL and as a path. */
const plainPath = /^\.{1,2}\/[\w./-]*$/;

/** The path that a relative, absolute or `file:` specifier names, whether or not there is such a file. */
export function pathOfSpecifier(specifier: string, parent: string, kind: SpecifierKind): string | undefined {
  if (!/^(?:\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)) return undefined;
  const isPlain = kind === "require" ? !specifier.startsWith("file:") : plainPath.test(specifier);
  if (isPlain) return path.resolve(path.dirname(parent), specifier);
  const url = new URL(specifier, pathToFileURL(parent));
  url.search = "";
  url.hash = "";
  const file = fileURLToPath(url);
  return file.length > 1 && file.endsWith(path.sep) ? file.slice(0, -1) : file;
}

/**
 * The file at a path, or the one that the path most likely means; symbolic links resolved.
 * @param note told each path that was looked at
 */
export function locate(file: string, note?: (path: string) => void): string | undefined {
  const kindAt = (path: string): PathKind => {
    note?.(path);
    return kindOf(path);
  };
  const kind = kindAt(file);
  if (kind === "file") return realpathSync.native(file);
  const extension = path.extname(file);
  const stem = file.slice(0, file.length - extension.length);
  for (const ending of sourceExtensions[extension] ?? [])
    if (kindAt(stem + ending) === "file") return realpathSync.native(stem + ending);
  for (const ending of guessed) if (kindAt(file + ending) === "file") return realpathSync.native(file + ending);
  if (kind !== "folder") return undefined;
  for (const ending of guessed) {
    const index = path.join(file, `index${ending}`);
    if (kindAt(index) === "file") return realpathSync.native(index);
  }
  return undefined;
}

/** Every path at which {@link locate} may look, in its order. */
export function candidatesOf(file: string): readonly string[] {
  const extension = path.extname(file);
  const stem = file.slice(0, file.length - extension.length);
  return [
    file,
    ...(sourceExtensions[extension] ?? []).map((ending) => stem + ending),
    ...guessed.map((ending) => file + ending),
    ...guessed.map((ending) => path.join(file, `index${ending}`)),
  ];
}

type PathKind = "file" | "folder" | undefined;

function kindOf(path: string): PathKind {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? "file" : stats?.isDirectory() ? "folder" : undefined;
}
