import path from "node:path";
import { digestParts } from "../core/canonical.ts";
import type { CodePart } from "../core/code-part.ts";
import type { DerivedCache } from "../core/derived.ts";
import type { Digest } from "../core/digest.ts";
import { type Failure, fail, failure, failureOf, type Place, SluiceError } from "../core/failure.ts";
import type { Frame, Site } from "../core/node.ts";
import { cleanCode } from "../platform/secrets.ts";
import { CallSites } from "./calls/call-sites.ts";
import { type DeclaredAt, declaredAt } from "./calls/declared-at.ts";
import { CodeCollector, type CollectOptions, DeclaredCode } from "./calls/declared-code.ts";
import { type ExportedAs, exportOf } from "./calls/exports-of-calls.ts";
import { FunctionFinder } from "./captured/captured-functions.ts";
import { functionInspector } from "./captured/captured-scopes.ts";
import { capturedText } from "./captured/captured-text.ts";
import { CapturedValues, type NamedModule } from "./captured/captured-values.ts";
import { VersionNames } from "./captured/version-names.ts";
import type {
  CodeAnalyser,
  CodeArgument,
  CodeVersion,
  KnownVersions,
  LoadedModules,
  VersionOptions,
} from "./code-version.ts";
import { mainModule } from "./load/main-module.ts";
import { isInstalled, isUserFile, languageOf, relativeTo } from "./load/module-path.ts";
import { ClosureFinder, identityOf, settingParts, sorted, warningsOf } from "./program/closure.ts";
import { type Links, linksOfPackage, linksOfWhole } from "./program/links.ts";
import { Program, type ProgramModule } from "./program/program.ts";
import type { DigestOfFile } from "./remembered/file-facts.ts";
import { RememberedVersion, RememberedVersions } from "./remembered/remembered-versions.ts";
import { versionedBy } from "./syntax/module-summary.ts";
import type { InputUse } from "./undeclared-inputs/input-use.ts";
import type { InputUses } from "./undeclared-inputs/input-uses.ts";

export interface AnalyserOptions {
  /** Absolute path of the project: what names of files in versions are relative to. */
  readonly root: string;
  readonly modules: LoadedModules;
  readonly derived: DerivedCache;
}

/** Makes the analyser of one program. It takes every module as it was when it was first looked at. */
export function createAnalyser(options: AnalyserOptions): CodeAnalyser {
  return new Analyser(options);
}

class Analyser implements CodeAnalyser {
  readonly #options: AnalyserOptions;
  #program!: Program;
  #sites!: CallSites;
  #closures!: ClosureFinder;
  #collector!: CodeCollector;
  #finder!: FunctionFinder;
  #versionNames!: VersionNames;
  #remembered: RememberedVersions | undefined;
  #rootsAdded = false;

  constructor(options: AnalyserOptions) {
    this.#options = options;
    this.#begin();
  }

  renew(digestOfFile: DigestOfFile): boolean {
    if (this.#program.changedFile(digestOfFile) === undefined) return false;
    this.#begin();
    return true;
  }

  changedFile(parts: readonly CodePart[], digestOfFile: DigestOfFile): string | undefined {
    return this.#program.changedFileOf(parts, digestOfFile);
  }

  #begin(): void {
    const options = this.#options;
    this.#remembered = undefined;
    this.#rootsAdded = false;
    this.#uses = undefined;
    this.#ofFunctions = new WeakMap();
    this.#program = new Program(options.root, options.modules, options.derived);
    this.#sites = new CallSites(this.#program, options.derived);
    this.#closures = new ClosureFinder(options.root, this.#program);
    const moduleOf = (file: string): ProgramModule => this.#addRoot(file);
    this.#finder = new FunctionFinder(this.#program, this.#sites, functionInspector, moduleOf);
    const nameOf = (file: string): string => this.#nameOf(file);
    this.#versionNames = new VersionNames(this.#finder, (frame) => this.originalPlace(frame), nameOf);
    const values = new CapturedValues(functionInspector, this.#finder, capturedText);
    this.#collector = new CodeCollector(this.#sites, this.#closures.linker, values, moduleOf);
  }

  declaredAt(site: Site, entries?: readonly string[]): DeclaredAt | undefined {
    return declaredAt(site(), this.#program, this.#sites, this.#options.modules, entries);
  }

  originalPlace(frame: Frame): Place {
    const place = this.#sites.original(frame);
    return this.#behind(place) ?? place;
  }

  /** The place behind one in a bundle; undefined where there is none. */
  #behind({ file, line, column }: Place): Place | undefined {
    if (line === undefined || !isUserFile(file) || languageOf(file) !== "js") return undefined;
    return this.#program.module(file).bundle?.place(line, column ?? 1);
  }

  textOf({ text, file, span }: CodePart): string | undefined {
    if (text !== undefined || file === undefined || span === undefined) return text;
    const { source } = this.#program.sourceOf(path.resolve(this.#options.root, file));
    const pieces: string[] = [];
    for (let i = 0; i < span.length; i += 2) pieces.push(source.slice(span[i], span[i + 1]));
    return cleanCode(pieces.join("\n"));
  }

  async inputUses(file: string): Promise<readonly InputUse[]> {
    if (!this.#uses) {
      const { InputUses } = await import("./undeclared-inputs/input-uses.ts");
      this.#uses = new InputUses(this.#program);
    }
    return this.#uses.in(this.#program.module(path.resolve(this.#options.root, file)));
  }
  #uses: InputUses | undefined;

  get program(): Digest | undefined {
    return this.#remembered?.program;
  }

  versionOf(
    site: Site,
    args: readonly CodeArgument[],
    { captured = "error", name, live }: VersionOptions = {},
  ): CodeVersion {
    const remembered = this.#openRemembered();
    const wanted = `${JSON.stringify(args)} ${captured}${live ? " live" : ""}`;
    const as = exportOf(site);
    const framesOf = (): readonly Frame[] => (as && this.#exportedFrames(as)) ?? site();
    const find = (): Found => this.#find(framesOf(), args, { captured, name, live });
    const byName = as && `export ${this.#nameOf(as.file)} ${as.name} ${wanted}`;
    const named = byName === undefined ? undefined : remembered.get(byName, find);
    if (named) return named;
    const frames = framesOf();
    const call = `${frames.map((frame) => this.#describe(frame)).join(" ")} ${wanted}`;
    const known = remembered.get(call, find);
    if (known) return known;
    const version = find();
    // What depends on values is found anew: nothing that is remembered says what they are.
    if (version.looked) return version;
    remembered.add(byName !== undefined && this.#isExportedCall(frames, as!) ? byName : call, version);
    return version;
  }

  versionOfValue(
    value: unknown,
    from: Site,
    { captured = "error", name }: Omit<VersionOptions, "live"> = {},
  ): CodeVersion {
    const options = { captured, name };
    if (typeof value !== "function") return this.#versionOfData(value, from, options);
    // The name is in the version: a function that several nodes are made of has one for each, whichever is asked for first.
    const asked = JSON.stringify(options);
    const known = this.#ofFunctions.get(value);
    if (known?.asked === asked) return known.version;
    const as = this.#versionNames.of(value, from, options);
    const version = this.#rememberedAs(as, () => this.#findValue(value, from, options));
    // What depends on values is found anew.
    if ("looked" in version && version.looked) return version;
    this.#ofFunctions.set(value, { asked, version });
    return version;
  }

  placeOfValue(value: unknown, from: Site): string | undefined {
    return this.#versionNames.placeOf(value, from);
  }

  knownVersions(): KnownVersions | undefined {
    return this.#openRemembered().asOfNow();
  }

  /** Of data with functions in it. */
  #versionOfData(value: unknown, from: Site, options: Pick<CollectOptions, "captured" | "name">): CodeVersion {
    const describe = (): string | undefined => this.#versionNames.of(value, from, options);
    const as = describe();
    const version = this.#rememberedAs(as, () => this.#findValue(value, from, options));
    if (!(version instanceof RememberedVersion)) return version;
    const changedCapture = (): string | undefined =>
      describe() === as ? undefined : (options.name ?? "its functions");
    return version.with(changedCapture);
  }

  /** @param as what it is remembered by; undefined where it is found anew */
  #rememberedAs(as: string | undefined, find: () => Found): CodeVersion {
    if (as === undefined) return find();
    const remembered = this.#openRemembered();
    const stored = remembered.get(as, find);
    if (stored) return stored;
    const version = find();
    if (!version.looked) remembered.add(as, version);
    return version;
  }

  #openRemembered(): RememberedVersions {
    const { root, derived } = this.#options;
    this.#remembered ??= new RememberedVersions(root, this.#program, derived, this.#roots());
    return this.#remembered;
  }

  /** As each was asked for last: mostly one node is made of a function. */
  #ofFunctions = new WeakMap<object, { readonly asked: string; readonly version: CodeVersion }>();

  #findValue(value: unknown, from: Site, { captured, name }: Pick<CollectOptions, "captured" | "name">): Found {
    this.#addRoots();
    const collected = new DeclaredCode();
    // Only what is said of a failure, and of data, asks the engine where that is.
    const nameOf = (file: string): string => this.#nameOf(file);
    let found: Place | undefined;
    const place = (): Place => {
      const [frame] = from();
      found ??= frame ? this.originalPlace(frame) : { file: this.#options.root };
      return found;
    };
    const module: NamedModule = {
      get file() {
        return place().file;
      },
      get name() {
        return nameOf(place().file);
      },
    };
    const at = { module, line: () => place().line ?? 1 };
    try {
      this.#collector.collectValue(value, at, { captured, name }, collected);
    } catch (error) {
      const found = failureOf(error);
      throw found ? new SluiceError(this.#asWritten(found)) : error;
    }
    return this.#version(collected);
  }

  /** Where an exported node is declared, if its module says so in so many words: then the engine need not be asked. */
  #exportedFrames({ file, name }: ExportedAs): readonly Frame[] | undefined {
    const frame = isUserFile(file) ? this.#sites.exportedFrame(this.#addRoot(file), name) : undefined;
    return frame && [frame];
  }

  #isExportedCall([frame]: readonly Frame[], { file, name }: ExportedAs): boolean {
    return frame?.file === file && this.#sites.isExported(this.#addRoot(file), frame, name);
  }

  /** A frame in the author's source, in the same words on every machine. */
  #describe(frame: Frame): string {
    const { file, line, column } = this.#sites.original(frame);
    return `${this.#nameOf(file)}:${line}:${column}`;
  }

  #nameOf(file: string): string {
    let name = this.#names.get(file);
    if (name === undefined) {
      name = encodeURI(relativeTo(this.#options.root, file));
      this.#names.set(file, name);
    }
    return name;
  }
  readonly #names = new Map<string, string>();

  #find(frames: readonly Frame[], args: readonly CodeArgument[], options: CollectOptions): Found {
    this.#addRoots();
    const collected = new DeclaredCode();
    const first = frames.findIndex(({ file }) => isUserFile(file));
    // A package that declares nodes for its callers counts by its version, and with all that it is given.
    for (const { file } of first < 0 ? frames : frames.slice(0, first)) {
      if (isInstalled(file)) collected.packages.add(this.#program.packages.rootOf(file));
    }
    if (frames[first]) this.#collect(frames.slice(first), first === 0 ? args : undefined, options, collected);
    else if (options.captured === "error")
      fail("captured-variable", "the code that declares this node is in no file", declaredNowhere);
    return this.#version(collected);
  }

  /** The whole program is known before anything is versioned, so that versions do not depend on what is asked first. */
  #addRoots(): void {
    if (!this.#rootsAdded) for (const file of this.#roots()) this.#addRoot(file);
    this.#rootsAdded = true;
  }

  #collect(...given: Parameters<CodeCollector["collect"]>): void {
    try {
      this.#collector.collect(...given);
    } catch (error) {
      const found = failureOf(error);
      throw found ? new SluiceError(this.#asWritten(found)) : error;
    }
  }

  /** With the place that is behind one in a bundle. */
  #asWritten(found: Failure): Failure {
    const { file, line, column } = found.where ?? {};
    if (file === undefined || line === undefined) return found;
    const { root } = this.#options;
    const absolute = path.resolve(root, file);
    const place = this.#behind({ file: absolute, line, ...(column === undefined ? {} : { column }) });
    if (!place) return found;
    return { ...found, where: { ...place, file: file === absolute ? place.file : relativeTo(root, place.file) } };
  }

  #roots(): readonly string[] {
    const roots = [...this.#options.modules.roots()];
    if (roots.length > 0) return roots;
    // A program that declares nodes itself. Where a pipeline is loaded instead, who loads it does not count, so that all who
    // do share its results.
    const main = mainModule();
    return main === undefined ? [] : [main];
  }

  #addRoot(file: string): ProgramModule {
    const module = this.#program.module(file);
    this.#closures.addRoot(module);
    return module;
  }

  /** Where the declaring call cannot be found, all of its module counts. */
  #warningOfWhole(module: ProgramModule, frame: Frame): Failure {
    const { line, column } = this.#sites.original(frame);
    return failure(
      "undeclared-input",
      "the call that declares this node cannot be found in the source: all of its module counts",
      {
        where: { file: module.name, ...(line ? { line } : {}), ...(column ? { column } : {}) },
        hint: "declare the node by a plain call of a function imported from sluice",
      },
    );
  }

  #version(collected: DeclaredCode): Found {
    const links: Links[] = [];
    const own: CodePart[] = [];
    const warnings = [...collected.whole].map(([module, frame]) => this.#warningOfWhole(module, frame));
    for (const { module, name, argument } of collected.items) {
      const found = this.#closures.linker.ofCode(module, argument);
      links.push(found);
      warnings.push(...warningsOf(module, argument, found));
      own.push(
        {
          kind: "declaration",
          name,
          file: module.name,
          line: argument.line,
          ...module.bundle?.originOf(argument.span[0]),
          digest: digestParts("code-unit", [argument.digest, ...found.texts]),
          own: true,
          uses: found.targets,
          span: argument.span,
        },
        ...settingParts(module, argument, this.#options.root),
      );
    }
    for (const module of collected.whole.keys()) links.push(linksOfWhole(module));
    for (const root of collected.packages) links.push(linksOfPackage(root));
    const closure = this.#closures.of([...collected.modules], links);
    const { values, changed } = collected;
    const parts = sorted([...own, ...(values?.parts ?? []), ...closure.parts]);
    const digest = digestParts("code-version", [
      ...versionedBy,
      ...parts.map(identityOf),
      ...(values?.digest === undefined ? [] : ["captured", values.digest]),
    ]);
    return {
      digest,
      parts,
      warnings: distinct([...warnings, ...closure.warnings].map((warning) => this.#asWritten(warning))),
      ...(changed ? { changedCapture: changed } : {}),
      looked: values?.looked ?? false,
    };
  }
}

/** A version as it was found; `looked` where values had a part in it. */
type Found = CodeVersion & { readonly looked: boolean };

const declaredNowhere = { hint: "declare it in a file, or set the option `version` and change it with the code" };

function distinct(warnings: readonly Failure[]): readonly Failure[] {
  return [...new Map(warnings.map((warning) => [JSON.stringify([warning.message, warning.where]), warning])).values()];
}
