import path from "node:path";
import { digestParts } from "../core/canonical.ts";
import type { CodePart } from "../core/code-part.ts";
import { type Failure, fail, failure, failureOf, type Place, SluiceError } from "../core/failure.ts";
import type { Frame, Site } from "../core/node.ts";
import type { CallSites } from "./calls/call-sites.ts";
import { CodeCollector, type CollectOptions, DeclaredCode } from "./calls/declared-code.ts";
import type { FunctionFinder } from "./captured/captured-functions.ts";
import { functionInspector } from "./captured/captured-scopes.ts";
import { capturedText } from "./captured/captured-text.ts";
import { CapturedValues, type ValuePlace } from "./captured/captured-values.ts";
import type { CodePlaces } from "./code-places.ts";
import type { CodeArgument, CodeVersion } from "./code-version.ts";
import { isInstalled, isUserFile, relativeTo } from "./load/module-path.ts";
import { ClosureFinder, identityOf, settingParts, sorted, unitDigest, warningsOf } from "./program/closure.ts";
import { type Links, linksOfPackage, linksOfWhole } from "./program/links.ts";
import type { Program, ProgramModule } from "./program/program.ts";
import { versionedBy } from "./syntax/module-summary.ts";

/** The program whose code is versioned. */
export interface CodeOf {
  /** Absolute path of the project: what names of files in versions are relative to. */
  readonly root: string;
  readonly program: Program;
  readonly sites: CallSites;
  readonly places: CodePlaces;
  readonly finder: FunctionFinder;
  /** Absolute paths of the modules from which the program starts. */
  readonly roots: () => readonly string[];
}

/** What finds the versions that nothing remembers. It takes modules into the program as it comes to them. */
export function freshVersions(code: CodeOf): FreshVersions {
  return new FreshVersions(code);
}

export class FreshVersions {
  readonly #root: string;
  readonly #program: Program;
  readonly #sites: CallSites;
  readonly #places: CodePlaces;
  readonly #roots: CodeOf["roots"];
  readonly #closures: ClosureFinder;
  readonly #collector: CodeCollector;
  #rootsAdded = false;

  constructor({ root, program, sites, places, finder, roots }: CodeOf) {
    this.#root = root;
    this.#program = program;
    this.#sites = sites;
    this.#places = places;
    this.#roots = roots;
    this.#closures = new ClosureFinder(root, program);
    const values = new CapturedValues(functionInspector, finder, capturedText);
    this.#collector = new CodeCollector(sites, this.#closures.linker, values, (file) => this.addRoot(file));
  }

  /** A module of the program, with all that it may load. */
  addRoot(file: string): ProgramModule {
    const module = this.#program.module(file);
    this.#closures.addRoot(module);
    return module;
  }

  /** Of what is declared by the calls that a stack leads to. */
  ofCall(frames: readonly Frame[], args: readonly CodeArgument[], options: CollectOptions): Found {
    this.#addRoots();
    const collected = new DeclaredCode();
    const first = frames.findIndex(({ file }) => isUserFile(file));
    // A package that declares nodes for its callers counts by its version, and with all that it is given.
    for (const { file } of first < 0 ? frames : frames.slice(0, first)) {
      if (isInstalled(file)) collected.addPackage(this.#program.packages.rootOf(file));
    }
    const given = first === 0 ? args : undefined;
    if (frames[first]) this.#collect((collector) => collector.collect(frames.slice(first), given, options, collected));
    else if (options.captured === "error")
      fail("captured-variable", "the code that declares this node is in no file", declaredNowhere);
    return this.#version(collected);
  }

  /** Of a function, or of data with functions in it. */
  ofValue(value: unknown, from: Site, { captured, name }: Pick<CollectOptions, "captured" | "name">): Found {
    this.#addRoots();
    const collected = new DeclaredCode();
    const at = new LatePlace(from, this.#places, this.#root);
    this.#collect((collector) => collector.collectValue(value, at, { captured, name }, collected));
    return this.#version(collected);
  }

  /** The whole program is known before anything is versioned, so that versions do not depend on what is asked first. */
  #addRoots(): void {
    if (!this.#rootsAdded) for (const file of this.#roots()) this.addRoot(file);
    this.#rootsAdded = true;
  }

  /** What it fails for is told with the place that the author wrote. */
  #collect(take: (collector: CodeCollector) => void): void {
    try {
      take(this.#collector);
    } catch (error) {
      const found = failureOf(error);
      throw found ? new SluiceError(this.#asWritten(found)) : error;
    }
  }

  /** With the place that is behind one in a bundle. */
  #asWritten(found: Failure): Failure {
    const { file, line, column } = found.where ?? {};
    if (file === undefined || line === undefined) return found;
    const root = this.#root;
    const absolute = path.resolve(root, file);
    const place = this.#places.behind({ file: absolute, line, ...(column === undefined ? {} : { column }) });
    if (!place) return found;
    return { ...found, where: { ...place, file: file === absolute ? place.file : relativeTo(root, place.file) } };
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
    const { whole, values, changed } = collected;
    const modules = new Set<ProgramModule>();
    const links: Links[] = [];
    const own: CodePart[] = [];
    const warnings: Failure[] = [];
    for (const { module, name, argument } of collected.items) {
      const found = this.#closures.linker.ofCode(module, argument);
      modules.add(module);
      links.push(found);
      warnings.push(...warningsOf(module, argument, found));
      const part: CodePart = {
        kind: "declaration",
        name,
        file: module.name,
        line: argument.line,
        digest: unitDigest(argument.digest, found.texts),
        own: true,
        uses: found.targets,
        span: argument.span,
      };
      own.push(module.bundle ? { ...part, ...module.bundle.originOf(argument.span[0]) } : part);
      if (argument.features.length > 0) own.push(...settingParts(module, argument, this.#root));
    }
    if (whole) {
      modules.add(whole.module);
      links.push(linksOfWhole(whole.module));
      warnings.push(this.#warningOfWhole(whole.module, whole.frame));
    }
    for (const root of collected.packages) links.push(linksOfPackage(root));
    const closure = this.#closures.of(modules, links);
    const parts = sorted([...own, ...(values?.parts ?? []), ...closure.parts]);
    const counted: unknown[] = [...versionedBy];
    for (const part of parts) counted.push(...identityOf(part));
    if (values?.digest !== undefined) counted.push("captured", values.digest);
    const digest = digestParts("code-version", counted);
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
export type Found = CodeVersion & { readonly looked: boolean };

/** Only what is said of a failure, and of data, asks the engine where that is. */
class LatePlace implements ValuePlace {
  readonly #from: Site;
  readonly #places: CodePlaces;
  readonly #root: string;
  #found: Place | undefined;

  /** @param root what stands for a place in no file */
  constructor(from: Site, places: CodePlaces, root: string) {
    this.#from = from;
    this.#places = places;
    this.#root = root;
  }

  get file(): string {
    return this.#place.file;
  }

  get name(): string {
    return this.#places.nameOf(this.file);
  }

  get line(): number {
    return this.#place.line ?? 1;
  }

  get #place(): Place {
    if (!this.#found) {
      const [frame] = this.#from();
      this.#found = frame ? this.#places.original(frame) : { file: this.#root };
    }
    return this.#found;
  }
}

const declaredNowhere = { hint: "declare it in a file, or set the option `version` and change it with the code" };

function distinct(warnings: readonly Failure[]): readonly Failure[] {
  if (warnings.length < 2) return warnings;
  return [...new Map(warnings.map((warning) => [JSON.stringify([warning.message, warning.where]), warning])).values()];
}
