import { readFileSync, statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import path from "node:path";
import type { Digest } from "../../core/digest.ts";
import type { LoadedModules } from "../code-version.ts";
import type { CompilerSettings } from "../load/compiler-settings.ts";
import { conditionsOf } from "../load/conditions.ts";
import { isInstalled, languageOf, pathOfModule } from "../load/module-path.ts";
import { pathOfSpecifier, resolveFile } from "../load/resolve.ts";
import { isOwn, isOwnSpecifier } from "../packages/own-package.ts";
import { type Packages, packageNameOf } from "../packages/packages.ts";
import type { Specifier } from "../syntax/module-summary.ts";

/** Where a specifier leads. */
export type Location =
  /** A module of the user's. */
  | { readonly kind: "module"; readonly file: string }
  /** A file that is no code. */
  | { readonly kind: "json"; readonly file: string }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "package"; readonly root: string }
  | { readonly kind: "builtin" }
  /** Sluice itself. */
  | { readonly kind: "own" }
  | { readonly kind: "missing" };

/** Finds where specifiers lead: where they led when they were loaded, else where they would. */
export class ProgramResolver {
  readonly #loaded: LoadedModules;
  readonly #packages: Packages;

  constructor(loaded: LoadedModules, packages: Packages) {
    this.#loaded = loaded;
    this.#packages = packages;
  }

  locate(parent: string, settings: CompilerSettings, { specifier, kind }: Specifier): Location {
    if (kind === "asset") return this.#asset(parent, settings, specifier);
    const led = this.#loaded.get(parent)?.resolutions.get(specifier);
    if (led !== undefined) {
      const file = pathOfModule(led);
      return file === undefined ? { kind: "builtin" } : isOwnSpecifier(specifier) ? own(file) : this.#at(file);
    }
    if (isOwnSpecifier(specifier)) return { kind: "own" };
    if (isBuiltin(specifier) || /^(?:node|data|https?):/.test(specifier)) return { kind: "builtin" };
    const file = resolveFile(specifier, parent, settings, kind);
    if (file !== undefined) return this.#at(file);
    if (pathOfSpecifier(specifier, parent, kind) !== undefined) return { kind: "missing" };
    return this.#ofPackage(parent, specifier, kind);
  }

  #at(file: string): Location {
    if (isInstalled(file)) return { kind: "package", root: this.#packages.rootOf(file) };
    if (isOwn(file)) return { kind: "own" };
    const language = languageOf(file);
    return { kind: language === undefined ? "file" : language === "json" ? "json" : "module", file };
  }

  #ofPackage(parent: string, specifier: string, kind: "import" | "require"): Location {
    const folder = path.dirname(parent);
    if (!specifier.startsWith("#")) {
      const root = this.#packages.locate(packageNameOf(specifier), folder);
      if (root !== undefined && isInstalled(root)) return { kind: "package", root };
    }
    const { path: found, builtin } = resolverFor(kind).sync(folder, specifier);
    if (builtin) return { kind: "builtin" };
    return found === undefined ? { kind: "missing" } : this.#at(found);
  }

  #asset(parent: string, settings: CompilerSettings, specifier: string): Location {
    const isUrl = /^[a-z][a-z\d+.-]+:/i.test(specifier);
    const relative = isUrl || /^\.{0,2}\//.test(specifier) ? specifier : `./${specifier}`;
    const file = pathOfSpecifier(relative, parent, "import");
    if (file === undefined) return { kind: "builtin" };
    const language = languageOf(file);
    if (language !== undefined && language !== "json") {
      const found = resolveFile(relative, parent, settings);
      return found === undefined ? { kind: "missing" } : this.#at(found);
    }
    const stats = statSync(file, { throwIfNoEntry: false });
    // A folder is named to find files in it; which ones cannot be told.
    if (stats?.isDirectory()) return { kind: "builtin" };
    return stats ? { kind: "file", file } : { kind: "missing" };
  }
}

/** Sluice, of whatever copy: an installed one of another version is still what declares nodes. */
function own(file: string): Location {
  return isOwn(file) || isInstalled(file) ? { kind: "own" } : { kind: "module", file };
}

const options = {
  extensions: [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json", ".node"],
  extensionAlias: { ".js": [".js", ".ts", ".tsx"], ".mjs": [".mjs", ".mts"], ".cjs": [".cjs", ".cts"] },
  builtinModules: true,
};

/** Made only for what no run has loaded yet and is neither a path nor an installed package. */
function resolverFor(kind: "import" | "require"): import("oxc-resolver").ResolverFactory {
  const { ResolverFactory } = createRequire(import.meta.url)("oxc-resolver") as typeof import("oxc-resolver");
  return new ResolverFactory({ ...options, conditionNames: [...conditionsOf(kind)] });
}

/** The digest of a file's content by a function of it; undefined when it is gone. */
export function contentOf(file: string, digest: (content: Uint8Array) => Digest): Digest | undefined {
  try {
    return digest(readFileSync(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
