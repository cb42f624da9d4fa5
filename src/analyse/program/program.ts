import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { digestParts } from "../../core/canonical.ts";
import type { CodePart } from "../../core/code-part.ts";
import type { DerivedCache } from "../../core/derived.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { LoadedModule, LoadedModules } from "../code-version.ts";
import { Bundle } from "../load/bundle.ts";
import { bundleMapOf } from "../load/bundle-map.ts";
import { type CompilerSettings, CompilerSettingsFinder } from "../load/compiler-settings.ts";
import { isSince, lastChange } from "../load/last-change.ts";
import { isLoadedByNode, isWhatRuns } from "../load/loaded-by-node.ts";
import { languageOf, relativeTo } from "../load/module-path.ts";
import { PackageFinder } from "../packages/package-json.ts";
import { Packages } from "../packages/packages.ts";
import { type DigestOfFile, FactRecorder } from "../remembered/file-facts.ts";
import type { ProgramEvidence } from "../remembered/program-evidence.ts";
import { ResolutionFacts } from "../remembered/resolution-facts.ts";
import { requestsIn } from "../syntax/module-requests.ts";
import { analyserScheme, type ModuleSummary, type Specifier, type Unit } from "../syntax/module-summary.ts";
import { summarise, unparsable } from "../syntax/summarise.ts";
import { jsonDigest } from "./json-digest.ts";
import { type Analysed, ModuleSyntax, tooDeep } from "./module-syntax.ts";
import { contentOf, type Location, ProgramResolver } from "./program-resolver.ts";

/** What a specifier leads to. */
export type Resolved =
  | { readonly kind: "module"; readonly module: ProgramModule }
  /** A file that is no code: it counts by its content. */
  | { readonly kind: "file"; readonly part: CodePart; readonly native: boolean }
  | {
      readonly kind: "package";
      readonly root: string;
      /** What the package is, where it is loaded by another name than its own. */
      readonly aliased?: string;
    }
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
  /** Where its places come from, if a bundler made it. */
  readonly bundle: Bundle | undefined;
  readonly #byName = new Map<string, ProgramUnit[]>();

  constructor(
    file: string,
    name: string,
    digest: Digest,
    settings: CompilerSettings,
    summary: ModuleSummary,
    bundle: Bundle | undefined,
  ) {
    this.bundle = bundle;
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

/** A specifier of a module, and where it leads. */
export interface SeenResolution {
  readonly module: ProgramModule;
  readonly specifier: Specifier;
  readonly location: Location;
  readonly resolved: Resolved;
}

/** The user's modules, as they were loaded; those that were not, as they are on disk. */
export class Program {
  readonly packages: Packages;
  readonly #root: string;
  readonly #loaded: LoadedModules;
  readonly #derived: DerivedCache;
  readonly #settings: CompilerSettingsFinder;
  readonly #modules = new Map<string, ProgramModule>();
  readonly #resolved = new Map<string, SeenResolution>();
  readonly #resolver: ProgramResolver;
  readonly #facts: FactRecorder;
  readonly #finder: PackageFinder;
  readonly #syntax = new ModuleSyntax({
    sourceOf: (file) => this.sourceOf(file).source,
    settingsOf: (file) => this.settingsOf(file),
  });

  constructor(root: string, loaded: LoadedModules, derived: DerivedCache) {
    this.#root = root;
    this.#loaded = loaded;
    this.#derived = derived;
    this.#facts = new FactRecorder(realpathSync(root));
    this.#finder = new PackageFinder(this.#facts);
    this.#settings = new CompilerSettingsFinder(derived, this.#facts);
    this.packages = new Packages(this.#finder, { root: realpathSync(root), derived, facts: this.#facts });
    this.#resolver = new ProgramResolver(loaded, this.packages);
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
        Bundle.of(this.#root, file, source),
      );
      this.#modules.set(file, module);
    }
    return module;
  }

  /** What was loaded of a file; else its content, which is then what must be loaded. */
  sourceOf(file: string): Pick<LoadedModule, "source" | "digest" | "original"> {
    const loaded = this.#loaded.get(file);
    if (loaded) return loaded;
    let read = this.#read.get(file);
    if (!read) {
      const source = readFileSync(file, "utf8");
      this.#refuseEdited(file, source);
      read = { source, digest: digestOf(source) };
      this.#read.set(file, read);
      this.noteModule(file, read.digest);
      this.#loaded.expect(file, read.digest);
    }
    return read;
  }
  readonly #read = new Map<string, { readonly source: string; readonly digest: Digest }>();

  /** What another loader has loaded, nobody has kept: a file that is newer than the process may be another. */
  #refuseEdited(file: string, source: string): void {
    if (this.#loaded.get(file) || lastChange(file) <= performance.timeOrigin) return;
    if (!this.#isLoadedElsewhere(file) || isWhatRuns(file, source)) return;
    fail("load-failed", "the module was edited after the process had started: what runs is not known", {
      where: { file },
      hint: "start the process again, or open the pipeline by its path",
      retryable: true,
    });
  }

  /** The same of a package, of which nobody knows at all what was loaded. */
  #refuseUpdated(root: string, from: string): void {
    const { folder, changed } = this.packages.latestOf(root);
    if (!isSince(changed, this.loadedAt(from)) || !(this.#loaded.get(from) || this.#isLoadedElsewhere(from))) return;
    fail("load-failed", "the package was changed after the process had loaded it: what runs is not known", {
      where: { file: folder },
      hint: "start the process again",
      retryable: true,
    });
  }

  /** When a module was loaded at the earliest, in milliseconds since 1970: by another loader, when the process began. */
  loadedAt(file: string): number {
    return this.#loaded.get(file)?.loadedAt ?? performance.timeOrigin;
  }

  /** Whether another loader may have loaded a module: Node does before any of ours is asked for. */
  #isLoadedElsewhere(file: string): boolean {
    return this.#isLoadedByOthers || [file, ...(this.#importers.get(file) ?? [])].some(isLoadedByNode);
  }
  /** Of JSON, which is no script: who imports it has it loaded. */
  readonly #importers = new Map<string, readonly string[]>();

  get #isLoadedByOthers(): boolean {
    return this.#loaded.roots()[Symbol.iterator]().next().done === true;
  }

  #summary(file: string, source: string, digest: Digest, settings: CompilerSettings): ModuleSummary {
    const key = summaryKey(file, digest, settings);
    const stored = this.#derived.get("module-summary", key);
    if (stored) return JSON.parse(Buffer.from(stored).toString()) as ModuleSummary;
    const summary = this.#summarise(file, source, settings);
    this.#derived.put("module-summary", key, Buffer.from(JSON.stringify(summary)));
    return summary;
  }

  #summarise(file: string, source: string, settings: CompilerSettings): ModuleSummary {
    try {
      const analysed = this.analyse(file);
      if (!("problem" in analysed)) {
        const summary = summarise(analysed, settings);
        if (summary.units.every(saysAll)) this.#syntax.forget(file);
        return summary;
      }
      return unparsable(source, analysed.problem, analysed.problem === tooDeep ? requestsIn(file, source) : []);
    } catch (error) {
      // Syntax is walked by recursion; what is nested deeper than the stack, as generated code may be, counts by its text.
      if (error instanceof RangeError) return unparsable(source, tooDeep, requestsIn(file, source));
      throw error;
    }
  }

  /** The syntax of a module. */
  analyse(file: string): Analysed {
    return this.#syntax.of(file);
  }

  /** What a specifier of a module leads to: what it led to when it was loaded, else what it would. */
  resolve(module: ProgramModule, specifier: Specifier): Resolved {
    const key = `${specifier.kind}\n${specifier.specifier}\n${module.file}`;
    let known = this.#resolved.get(key);
    if (!known) {
      const location = this.#locate(module.file, module.settings, specifier);
      known = { module, specifier, location, resolved: this.#resolvedAt(location, specifier) };
      this.#resolved.set(key, known);
    }
    return known.resolved;
  }

  #resolvedAt(location: Location, { kind, specifier }: Specifier): Resolved {
    if (location.kind === "module") {
      if (kind === "asset") this.#assets.add(location.file);
      return { kind: "module", module: this.module(location.file) };
    }
    if (location.kind === "json" || location.kind === "file") {
      const { file } = location;
      const digest = this.digestOf(location);
      if (digest === undefined) return { kind: "missing" };
      const name = relativeTo(this.#root, file);
      return { kind: "file", part: { kind: "file", name, file: name, digest }, native: file.endsWith(".node") };
    }
    if (location.kind === "package") {
      const aliased = this.packages.aliased(location.root, specifier);
      return aliased === undefined ? location : { ...location, aliased };
    }
    return location;
  }

  /** What a file that is no code counts by; undefined when it is gone. */
  digestOf({ kind, file }: { readonly kind: "json" | "file"; readonly file: string }): Digest | undefined {
    if (kind === "json") return jsonDigest(this.sourceOf(file).source);
    // Once, so that all that is said of the program is said of one state of it.
    if (!this.#data.has(file)) this.noteData(file, contentOf(file, digestOf));
    return this.#data.get(file);
  }

  /** Takes note of what a file that is no code is taken for. @param digest undefined where it is gone */
  noteData(file: string, digest: Digest | undefined): void {
    this.#data.set(file, digest);
  }
  readonly #data = new Map<string, Digest | undefined>();

  /** Takes note of what a module is taken for that this process has not loaded; a thread or another process may. */
  noteModule(file: string, digest: Digest): void {
    this.#unloaded.set(file, digest);
  }
  readonly #unloaded = new Map<string, Digest>();

  /** A file that is read whenever the code runs, and that is not what it was taken for any more. */
  changedFile(digestOfFile: DigestOfFile): string | undefined {
    for (const [file, digest] of this.#data) if (digestOfFile(file) !== digest) return file;
    for (const file of this.#unloaded.keys()) if (this.#isEdited(file, digestOfFile)) return file;
    return undefined;
  }

  /** The same of what a version is made of: the name of such a file. */
  changedFileOf(parts: readonly CodePart[], digestOfFile: DigestOfFile): string | undefined {
    // Whenever a stage has run this is asked, and mostly there are none.
    if (this.#data.size === 0 && this.#unloaded.size === 0) return undefined;
    let last: string | undefined;
    for (const { kind, name, file, digest } of parts) {
      // Parts of one file are next to each other.
      if (file === undefined || (kind !== "file" && file === last)) continue;
      last = file;
      const absolute = this.#absolute(file);
      // Settings of the compiler are called otherwise than the file that they are in.
      const isData = kind === "file" && file === name && !this.#loaded.get(absolute);
      if (isData ? !isStill(absolute, digest, digestOfFile) : this.#isEdited(absolute, digestOfFile)) return file;
    }
    return undefined;
  }

  #absolute(file: string): string {
    let absolute = this.#absolutes.get(file);
    if (absolute === undefined) {
      absolute = path.resolve(this.#root, file);
      this.#absolutes.set(file, absolute);
    }
    return absolute;
  }
  readonly #absolutes = new Map<string, string>();

  /** Whether a module that is loaded later, or elsewhere, is another one by now. What was loaded stays what it was. */
  #isEdited(file: string, digestOfFile: DigestOfFile): boolean {
    const digest = this.#unloaded.get(file);
    if (digest === undefined || this.#loaded.get(file)) return false;
    // Where another loader runs the program nobody knows what it will load, but for what no import leads to.
    if (this.#isLoadedByOthers && !this.#assets.has(file)) return false;
    return !isStill(file, digest, digestOfFile) && (this.#assets.has(file) || !this.#isLoadedElsewhere(file));
  }
  /** Modules that are named by their path, as for a worker. */
  readonly #assets = new Set<string>();

  /** Where a specifier leads now. */
  locate(file: string, specifier: Specifier): Location {
    return this.#locate(file, this.#settings.of(file), specifier);
  }

  #locate(file: string, settings: CompilerSettings, specifier: Specifier): Location {
    const location = this.#resolver.locate(file, settings, specifier);
    if (specifier.kind === "asset") return location;
    if (location.kind === "package") this.#refuseUpdated(location.root, file);
    else if (location.kind === "json")
      this.#importers.set(location.file, [...(this.#importers.get(location.file) ?? []), file]);
    return location;
  }

  settingsOf(file: string): CompilerSettings {
    return this.#settings.of(file);
  }

  /** The source map of a bundle, where it has a file of its own; without a digest where that is gone. */
  mapOf(file: string): { readonly file: string; readonly digest?: Digest } | undefined {
    const map = bundleMapOf(file, this.sourceOf(file).source)?.file;
    if (map === undefined) return undefined;
    const digest = contentOf(map, digestOf);
    return { file: map, ...(digest === undefined ? {} : { digest }) };
  }

  /** Whether a module was loaded, and with that what its specifiers led to. */
  loaded(file: string): LoadedModule | undefined {
    return this.#loaded.get(file);
  }

  /** The files that all of {@link seen} follows from, unless these alone do not tell, or do not yet. */
  facts(): Pick<ProgramEvidence, "facts" | "unsettled"> {
    const resolutions = new ResolutionFacts(this.#facts, this.packages, this.#finder);
    for (const { file, digest } of this.#modules.values()) {
      this.#facts.content(file, digest);
      const map = this.mapOf(file);
      if (map?.digest === undefined) this.#facts.note(map?.file ?? file);
      else this.#facts.content(map.file, map.digest);
    }
    for (const { module, specifier, location, resolved } of this.#resolved.values()) {
      if (!resolutions.note(module.file, module.settings, specifier, location)) return {};
      if (location.kind === "json") this.#facts.content(location.file, this.sourceOf(location.file).digest);
      else if (location.kind === "file" && resolved.kind === "file")
        this.#facts.content(location.file, resolved.part.digest);
    }
    const facts = this.#facts.facts();
    return facts ? { facts } : { unsettled: true };
  }

  /** Everything that was looked at so far: as long as it is the same, all versions are. */
  seen(): { readonly modules: Iterable<ProgramModule>; readonly resolutions: Iterable<SeenResolution> } {
    return { modules: this.#modules.values(), resolutions: this.#resolved.values() };
  }
}

/** Whether a file has the content that has a digest, or is JSON that is worth the same. */
function isStill(file: string, digest: Digest, digestOfFile: DigestOfFile): boolean {
  const now = digestOfFile(file);
  if (now === digest || now === undefined) return now === digest;
  const text = readFileSync(file, "utf8");
  return digestOf(text) === digest || (languageOf(file) === "json" && jsonDigest(text) === digest);
}

/** Whether nobody will ask for the syntax of what a unit declares: a function of which all is said, or a mere value. */
function saysAll({ whole, callable, mutable }: Unit): boolean {
  return whole !== undefined || (callable === false && !mutable);
}

/** What a module's summary is remembered by: all that goes into it. */
export function summaryKey(file: string, digest: Digest, settings: CompilerSettings): Digest {
  return digestParts("module-summary", [analyserScheme, path.extname(file), digest, settings.digest]);
}
