import path from "node:path";
import type { CodePart } from "../core/code-part.ts";
import type { DerivedCache } from "../core/derived.ts";
import type { Digest } from "../core/digest.ts";
import type { Place } from "../core/failure.ts";
import type { Frame, Site } from "../core/node.ts";
import { cleanCode } from "../platform/secrets.ts";
import { CallSites } from "./calls/call-sites.ts";
import { type DeclaredAt, declaredAt } from "./calls/declared-at.ts";
import type { CollectOptions } from "./calls/declared-code.ts";
import { type ExportedAs, exportOf } from "./calls/exports-of-calls.ts";
import { FunctionFinder } from "./captured/captured-functions.ts";
import { functionInspector } from "./captured/captured-scopes.ts";
import { VersionNames } from "./captured/version-names.ts";
import { CodePlaces } from "./code-places.ts";
import type {
  CodeAnalyser,
  CodeArgument,
  CodeVersion,
  KnownVersions,
  LoadedModules,
  VersionOptions,
} from "./code-version.ts";
import { type Found, type FreshVersions, freshVersions } from "./fresh-versions.ts";
import { mainModule } from "./load/main-module.ts";
import { isUserFile } from "./load/module-path.ts";
import { Program } from "./program/program.ts";
import type { DigestOfFile } from "./remembered/file-facts.ts";
import { RememberedVersion, RememberedVersions } from "./remembered/remembered-versions.ts";
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

/** A version of a function, with what was asked for. */
interface KnownFunction extends Pick<CollectOptions, "captured" | "name"> {
  readonly version: CodeVersion;
}

class Analyser implements CodeAnalyser {
  readonly #options: AnalyserOptions;
  #program!: Program;
  #sites!: CallSites;
  #places!: CodePlaces;
  #finder!: FunctionFinder;
  #versionNames!: VersionNames;
  #remembered: RememberedVersions | undefined;
  #found: FreshVersions | undefined;

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
    const { root, modules, derived } = this.#options;
    this.#remembered = undefined;
    this.#found = undefined;
    this.#uses = undefined;
    this.#ofFunctions = new WeakMap();
    this.#program = new Program(root, modules, derived);
    this.#sites = new CallSites(this.#program, derived);
    this.#places = new CodePlaces(root, this.#program, this.#sites);
    this.#finder = new FunctionFinder(this.#program, this.#sites, functionInspector, (file) =>
      this.#fresh.addRoot(file),
    );
    this.#versionNames = new VersionNames(this.#finder, this.#places);
  }

  /** Made when something is to be found anew: mostly all versions are remembered. */
  get #fresh(): FreshVersions {
    this.#found ??= freshVersions({
      root: this.#options.root,
      program: this.#program,
      sites: this.#sites,
      places: this.#places,
      finder: this.#finder,
      roots: () => this.#roots(),
    });
    return this.#found;
  }

  declaredAt(site: Site, entries?: readonly string[]): DeclaredAt | undefined {
    return declaredAt(site(), this.#program, this.#sites, this.#options.modules, entries);
  }

  originalPlace(frame: Frame): Place {
    return this.#places.original(frame);
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
    const find = (): Found => this.#fresh.ofCall(framesOf(), args, { captured, name, live });
    const byName = as && `export ${this.#places.nameOf(as.file)} ${as.name} ${wanted}`;
    const named = byName === undefined ? undefined : remembered.get(byName, find);
    if (named) return named;
    const frames = framesOf();
    const call = `${frames.map((frame) => this.#places.describe(frame)).join(" ")} ${wanted}`;
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
    const known = this.#ofFunctions.get(value);
    if (known && known.captured === captured && known.name === name) return known.version;
    const as = this.#versionNames.of(value, from, options);
    const version = this.#rememberedAs(as, () => this.#fresh.ofValue(value, from, options));
    // What depends on values is found anew.
    if ("looked" in version && version.looked) return version;
    this.#ofFunctions.set(value, { captured, name, version });
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
    const version = this.#rememberedAs(as, () => this.#fresh.ofValue(value, from, options));
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
  #ofFunctions = new WeakMap<object, KnownFunction>();

  /** Where an exported node is declared, if its module says so in so many words: then the engine need not be asked. */
  #exportedFrames({ file, name }: ExportedAs): readonly Frame[] | undefined {
    const frame = isUserFile(file) ? this.#sites.exportedFrame(this.#fresh.addRoot(file), name) : undefined;
    return frame && [frame];
  }

  #isExportedCall([frame]: readonly Frame[], { file, name }: ExportedAs): boolean {
    return frame?.file === file && this.#sites.isExported(this.#fresh.addRoot(file), frame, name);
  }

  #roots(): readonly string[] {
    const roots = [...this.#options.modules.roots()];
    if (roots.length > 0) return roots;
    // A program that declares nodes itself. Where a pipeline is loaded instead, who loads it does not count, so that all who
    // do share its results.
    const main = mainModule();
    return main === undefined ? [] : [main];
  }
}
