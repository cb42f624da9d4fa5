import { readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import path from "node:path";
import { digestParts } from "../core/canonical.ts";
import type { CodePart } from "../core/code-part.ts";
import type { DerivedCache } from "../core/derived.ts";
import { type Digest, digestOf } from "../core/digest.ts";
import type { LoadedModule, LoadedModules } from "./code-version.ts";
import { type CompilerSettings, CompilerSettingsFinder } from "./compiler-settings.ts";
import { isInstalled, languageOf, pathOfModule, relativeTo } from "./module-path.ts";
import { analyserScheme, type ModuleSummary, type Specifier, type Unit } from "./module-summary.ts";
import { isOwn, isOwnSpecifier } from "./own-package.ts";
import { PackageFinder } from "./package-json.ts";
import { Packages, packageNameOf } from "./packages.ts";
import { pathOfSpecifier, resolveFile } from "./resolve.ts";
import { type AnalysedModule, analyseModule, summarise, unparsable } from "./summarise.ts";

/** What a specifier leads to. */
export type Resolved =
  | { readonly kind: "module"; readonly module: ProgramModule }
  /** A file that is no code: it counts by its content. */
  | { readonly kind: "file"; readonly part: CodePart; readonly native: boolean }
  | { readonly kind: "package"; readonly root: string }
  | { readonly kind: "builtin" }
  /** Sluice itself. */
  | { readonly kind: "own" }
  | { readonly kind: "missing" };

/** A module of the user's program. */
export class ProgramModule {
  readonly file: string;
  /** Relative to the project, `/` between parts. */
  readonly name: string;
  readonly summary: ModuleSummary;
  readonly units: readonly ProgramUnit[];
  /** Of the author's source. */
  readonly digest: Digest;
  readonly settings: CompilerSettings;
  readonly #byName = new Map<string, ProgramUnit[]>();

  constructor(file: string, name: string, digest: Digest, settings: CompilerSettings, summary: ModuleSummary) {
    this.file = file;
    this.name = name;
    this.digest = digest;
    this.settings = settings;
    this.summary = summary;
    this.units = summary.units.map((unit) => ({ module: this, unit }));
    for (const unit of this.units) {
      for (const declared of unit.unit.declares) {
        const known = this.#byName.get(declared);
        if (known) known.push(unit);
        else this.#byName.set(declared, [unit]);
      }
    }
  }

  /** The units that declare a name; several where declarations are merged. */
  declaring(name: string): readonly ProgramUnit[] {
    return this.#byName.get(name) ?? [];
  }
}

export interface ProgramUnit {
  readonly module: ProgramModule;
  readonly unit: Unit;
}

/** The user's modules, as they were loaded; those that were not, as they are on disk. */
export class Program {
  readonly packages: Packages;
  readonly #root: string;
  readonly #loaded: LoadedModules;
  readonly #derived: DerivedCache;
  readonly #settings: CompilerSettingsFinder;
  readonly #modules = new Map<string, ProgramModule>();
  readonly #resolved = new Map<string, Resolved>();
  #resolver: import("oxc-resolver").ResolverFactory | undefined;

  constructor(root: string, loaded: LoadedModules, derived: DerivedCache) {
    this.#root = root;
    this.#loaded = loaded;
    this.#derived = derived;
    this.#settings = new CompilerSettingsFinder(derived);
    this.packages = new Packages(new PackageFinder());
  }

  /** The module in a file of the user's. */
  module(file: string): ProgramModule {
    let module = this.#modules.get(file);
    if (!module) {
      const { source, digest } = this.sourceOf(file);
      const settings = this.#settings.of(file);
      module = new ProgramModule(
        file,
        relativeTo(this.#root, file),
        digest,
        settings,
        this.#summary(file, source, digest, settings),
      );
      this.#modules.set(file, module);
    }
    return module;
  }

  /** What was loaded of a file; else its content, which is then what must be loaded. */
  sourceOf(file: string): Pick<LoadedModule, "source" | "digest" | "original"> {
    const loaded = this.#loaded.get(file);
    if (loaded) return loaded;
    const source = readFileSync(file, "utf8");
    const digest = digestOf(source);
    this.#loaded.expect(file, digest);
    return { source, digest };
  }

  #summary(file: string, source: string, digest: Digest, settings: CompilerSettings): ModuleSummary {
    const key = summaryKey(file, digest, settings);
    const stored = this.#derived.get("module-summary", key);
    if (stored) return JSON.parse(Buffer.from(stored).toString()) as ModuleSummary;
    const analysed = this.analyse(file);
    const summary = "problem" in analysed ? unparsable(source, analysed.problem) : summarise(analysed, settings);
    this.#derived.put("module-summary", key, Buffer.from(JSON.stringify(summary)));
    return summary;
  }

  #latest: { readonly file: string; readonly analysed: AnalysedModule | { readonly problem: string } } | undefined;

  /** The syntax of a module. Only the latest one is kept: it takes a hundred times the memory of the source. */
  analyse(file: string): AnalysedModule | { readonly problem: string } {
    if (this.#latest?.file !== file) {
      const analysed = analyseModule(file, this.sourceOf(file).source, this.#settings.of(file));
      this.#latest = { file, analysed };
    }
    return this.#latest.analysed;
  }

  /** What a specifier of a module leads to: what it led to when it was loaded, else what it would. */
  resolve(module: ProgramModule, { specifier, kind }: Specifier): Resolved {
    const key = `${kind}\n${specifier}\n${module.file}`;
    let resolved = this.#resolved.get(key);
    if (!resolved) {
      resolved = this.#resolve(module, specifier, kind);
      this.#resolved.set(key, resolved);
    }
    return resolved;
  }

  #resolve(module: ProgramModule, specifier: string, kind: Specifier["kind"]): Resolved {
    if (kind === "asset") return this.#asset(module, specifier);
    const led = this.#loaded.get(module.file)?.resolutions.get(specifier);
    if (led !== undefined) {
      const file = pathOfModule(led);
      return file === undefined
        ? { kind: "builtin" }
        : isOwnSpecifier(specifier)
          ? this.#own(file)
          : this.#target(file);
    }
    if (isOwnSpecifier(specifier)) return { kind: "own" };
    if (isBuiltin(specifier) || /^(?:node|data|https?):/.test(specifier)) return { kind: "builtin" };
    const file = resolveFile(specifier, module.file, module.settings, kind);
    if (file !== undefined) return this.#target(file);
    if (pathOfSpecifier(specifier, module.file, kind) !== undefined) return { kind: "missing" };
    return this.#resolvePackage(module, specifier, kind);
  }

  /** Sluice, of whatever copy: an installed one of another version is still what declares nodes. */
  #own(file: string): Resolved {
    return isOwn(file) || isInstalled(file) ? { kind: "own" } : this.#target(file);
  }

  #resolvePackage(module: ProgramModule, specifier: string, kind: "import" | "require"): Resolved {
    if (!specifier.startsWith("#")) {
      const root = this.packages.locate(packageNameOf(specifier), path.dirname(module.file));
      if (root !== undefined && isInstalled(root)) return { kind: "package", root };
    }
    const { path: found, builtin } = this.#resolverFor(kind).sync(path.dirname(module.file), specifier);
    if (builtin) return { kind: "builtin" };
    return found === undefined ? { kind: "missing" } : this.#target(found);
  }

  #resolverFor(kind: "import" | "require"): import("oxc-resolver").ResolverFactory {
    // Loaded only for what no run has loaded yet and is neither a path nor an installed package.
    const { ResolverFactory } = createRequire(import.meta.url)("oxc-resolver") as typeof import("oxc-resolver");
    const extensions = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json", ".node"];
    this.#resolver ??= new ResolverFactory({
      extensions,
      builtinModules: true,
      extensionAlias: { ".js": [".js", ".ts", ".tsx"], ".mjs": [".mjs", ".mts"], ".cjs": [".cjs", ".cts"] },
    });
    return this.#resolver.cloneWithOptions({
      extensions,
      builtinModules: true,
      extensionAlias: { ".js": [".js", ".ts", ".tsx"], ".mjs": [".mjs", ".mts"], ".cjs": [".cjs", ".cts"] },
      conditionNames: ["node", kind, "module-sync", "node-addons", "default"],
    });
  }

  #target(file: string): Resolved {
    if (isInstalled(file)) return { kind: "package", root: this.packages.rootOf(file) };
    if (isOwn(file)) return { kind: "own" };
    const language = languageOf(file);
    if (language === undefined) return this.#file(file, (content) => digestOf(content));
    if (language !== "json") return { kind: "module", module: this.module(file) };
    return this.#file(file, () => jsonDigest(this.sourceOf(file).source));
  }

  #asset(module: ProgramModule, specifier: string): Resolved {
    const relative = /^[a-z][a-z\d+.-]+:/i.test(specifier)
      ? undefined
      : /^\.{0,2}\//.test(specifier)
        ? specifier
        : `./${specifier}`;
    const file = relative === undefined ? undefined : pathOfSpecifier(relative, module.file, "import");
    if (file === undefined) return { kind: "builtin" };
    const language = languageOf(file);
    if (language === undefined || language === "json") return this.#file(file, (content) => digestOf(content));
    const found = resolveFile(relative!, module.file, module.settings);
    return found === undefined ? { kind: "missing" } : this.#target(found);
  }

  #file(file: string, digest: (content: Uint8Array) => Digest): Resolved {
    try {
      const content = readFileSync(file);
      const name = relativeTo(this.#root, file);
      return {
        kind: "file",
        part: { kind: "file", name, file: name, digest: digest(content) },
        native: file.endsWith(".node"),
      };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A folder is named to find files in it; which ones cannot be told.
      if (code === "EISDIR") return { kind: "builtin" };
      if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing" };
      throw error;
    }
  }
}

/** What a module's summary is remembered by: all that goes into it. */
export function summaryKey(file: string, digest: Digest, settings: CompilerSettings): Digest {
  return digestParts("module-summary", [analyserScheme, path.extname(file), digest, settings.digest]);
}

/** JSON counts by what is in it, in its order: white space does not. */
function jsonDigest(source: string): Digest {
  try {
    return digestOf(JSON.stringify(JSON.parse(source)));
  } catch {
    // What is not JSON fails when it is loaded; until then it is a text like any other.
    return digestOf(source);
  }
}
