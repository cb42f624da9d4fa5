import path from "node:path";
import { digestParts } from "../core/canonical.ts";
import type { CodePart } from "../core/code-part.ts";
import type { DerivedCache } from "../core/derived.ts";
import { type Failure, fail, failure, type Place } from "../core/failure.ts";
import type { Frame, Site } from "../core/node.ts";
import type { CallSite, Captured, SiteArgument } from "./call-site.ts";
import { CallSites } from "./call-sites.ts";
import { ClosureFinder, settingParts, sorted, warningsOf } from "./closure.ts";
import type { CodeAnalyser, CodeArgument, CodeVersion, LoadedModules } from "./code-version.ts";
import { type ExportedAs, exportOf } from "./exports-of-calls.ts";
import type { Links } from "./links.ts";
import { isInstalled, isUserFile, languageOf, relativeTo } from "./module-path.ts";
import { analyserScheme } from "./module-summary.ts";
import { Program, type ProgramModule } from "./program.ts";
import { RememberedVersions } from "./remembered-versions.ts";
import { locate } from "./resolve.ts";

const nodeMajor = process.versions.node.split(".")[0]!;

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
  readonly #program: Program;
  readonly #sites: CallSites;
  readonly #closures: ClosureFinder;
  #remembered: RememberedVersions | undefined;
  #rootsAdded = false;

  constructor(options: AnalyserOptions) {
    this.#options = options;
    this.#program = new Program(options.root, options.modules, options.derived);
    this.#sites = new CallSites(this.#program, options.derived);
    this.#closures = new ClosureFinder(options.root, this.#program);
  }

  originalPlace(frame: Frame): Place {
    return this.#sites.original(frame);
  }

  versionOf(
    site: Site,
    args: readonly CodeArgument[],
    { captured = "error" }: { readonly captured?: "error" | "ignore" } = {},
  ): CodeVersion {
    const { root, derived } = this.#options;
    this.#remembered ??= new RememberedVersions(root, this.#program, derived, this.#roots());
    const wanted = `${JSON.stringify(args)} ${captured}`;
    const find = (): CodeVersion => this.#find(site(), args, captured);
    const as = exportOf(site);
    const byName = as && `export ${this.#nameOf(as.file)} ${as.name} ${wanted}`;
    const named = byName === undefined ? undefined : this.#remembered.get(byName, find);
    if (named) return named;
    const frames = site();
    const call = `${frames.map((frame) => this.#describe(frame)).join(" ")} ${wanted}`;
    const known = this.#remembered.get(call, find);
    if (known) return known;
    const version = find();
    this.#remembered.add(byName !== undefined && this.#isExportedCall(frames, as!) ? byName : call, version);
    return version;
  }

  #isExportedCall([frame]: readonly Frame[], { file, name }: ExportedAs): boolean {
    return frame?.file === file && this.#sites.isExported(this.#addRoot(file), frame, name);
  }

  /** A frame in the author's source, in the same words on every machine. */
  #describe(frame: Frame): string {
    const { file, line, column } = this.originalPlace(frame);
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

  #find(frames: readonly Frame[], args: readonly CodeArgument[], captured: "error" | "ignore"): CodeVersion {
    // The whole program is known before anything is versioned, so that versions do not depend on what is asked first.
    if (!this.#rootsAdded) for (const file of this.#roots()) this.#addRoot(file);
    this.#rootsAdded = true;
    const collected = new Collected();
    const first = frames.findIndex(({ file }) => isUserFile(file));
    // A package that declares nodes for its callers counts by its version, and with all that it is given.
    for (const { file } of first < 0 ? frames : frames.slice(0, first)) {
      if (isInstalled(file)) collected.packages.add(this.#program.packages.rootOf(file));
    }
    const frame = frames[first];
    if (frame) this.#collect(frames.slice(first), first === 0 ? args : undefined, captured, collected);
    else if (captured === "error")
      fail("captured-variable", "the code that declares this node is in no file", declaredNowhere);
    return this.#version(collected);
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

  /** Collects arguments of the call at the first frame, and whatever they stand for in its callers. */
  #collect(
    frames: readonly Frame[],
    args: readonly CodeArgument[] | undefined,
    captured: "error" | "ignore",
    collected: Collected,
  ): void {
    const pending: { readonly level: number; readonly at: Located; readonly wanted: Wanted }[] = [];
    const site = this.#locate(frames[0]!);
    if (!site.site) return this.#collectModule(site.module, frames[0]!, collected);
    pending.push({ level: 0, at: site as Located, wanted: args ?? "all" });
    for (const { level, at, wanted } of pending) {
      for (const [name, argument] of argumentsOf(at.site, wanted)) {
        if (!collected.add(at.module, name, argument)) continue;
        for (const capture of argument.captured) {
          const caller = capture.kind === "param" ? this.#callerOf(frames, level, at.module, capture.fn) : undefined;
          if (caller && capture.kind === "param") {
            pending.push({ level: caller.level, at: caller, wanted: wantedFor(capture) });
          } else if (captured === "error") failCaptured(capture, at, argument);
        }
      }
    }
  }

  #locate(frame: Frame): { readonly module: ProgramModule; readonly site: CallSite | undefined } {
    const module = this.#addRoot(frame.file);
    const site = this.#sites.at(module, frame);
    return { module, site };
  }

  /** The call of the function that starts here in a module, further out on the stack. */
  #callerOf(
    frames: readonly Frame[],
    from: number,
    module: ProgramModule,
    fn: number,
  ): (Located & { readonly level: number }) | undefined {
    for (let level = from; level + 1 < frames.length; level++) {
      const frame = frames[level]!;
      if (frame.file !== module.file || this.#sites.at(module, frame)?.fn !== fn) continue;
      const next = frames[level + 1]!;
      if (!isUserFile(next.file)) return undefined;
      const caller = this.#locate(next);
      const { site } = caller;
      return site && this.#calls(caller.module, site, module, fn)
        ? { module: caller.module, site, level: level + 1 }
        : undefined;
    }
    return undefined;
  }

  /** Whether a call calls the function that starts there, as far as the source tells. */
  #calls(caller: ProgramModule, { callee }: CallSite, module: ProgramModule, fn: number): boolean {
    if (callee.fn !== undefined) return caller === module && callee.fn === fn;
    if (callee.name === undefined) return false;
    const ref = { name: callee.name, ...(callee.member === undefined ? {} : { member: callee.member }), flags: 0 };
    const { units } = this.#closures.linker.ofRef(caller, ref);
    return units.length === 1 && units[0]!.module === module && units[0]!.unit.fn === fn;
  }

  /** Where the declaring call cannot be found, all of its module counts. */
  #collectModule(module: ProgramModule, frame: Frame, collected: Collected): void {
    collected.modules.add(module);
    collected.whole.add(module);
    const { line, column } = this.originalPlace(frame);
    collected.warnings.push(
      failure(
        "undeclared-input",
        "the call that declares this node cannot be found in the source: all of its module counts",
        {
          where: { file: module.name, ...(line ? { line } : {}), ...(column ? { column } : {}) },
          hint: "declare the node by a plain call of a function imported from sluice",
        },
      ),
    );
  }

  #version(collected: Collected): CodeVersion {
    const links: Links[] = [];
    const own: CodePart[] = [];
    const warnings: Failure[] = [...collected.warnings];
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
          digest: digestParts("code-unit", [argument.digest, ...found.texts]),
        },
        ...settingParts(module, argument, this.#options.root),
      );
    }
    for (const module of collected.whole) links.push(wholeOf(module));
    for (const root of collected.packages) links.push({ ...noLinks, packages: [root] });
    const closure = this.#closures.of([...collected.modules], links);
    const parts = sorted([...own, ...closure.parts]);
    const digest = digestParts("code-version", [
      analyserScheme,
      nodeMajor,
      ...parts.flatMap(({ file = "", name, digest }) => [file, name, digest]),
    ]);
    return { digest, parts, warnings: distinct([...warnings, ...closure.warnings]) };
  }
}

/** The module that the process was started with, where that is a user's and not the `sluice` command. */
function mainModule(): string | undefined {
  const main = process.argv[1];
  const file = main === undefined ? undefined : locate(path.resolve(main));
  if (file === undefined || !isUserFile(file)) return undefined;
  const language = languageOf(file);
  return language === undefined || language === "json" ? undefined : file;
}

interface Located {
  readonly module: ProgramModule;
  readonly site: CallSite;
}

/** Which arguments are wanted: some, all, or all from one on. */
type Wanted = readonly CodeArgument[] | "all" | { readonly from: number };

/** The argument that a parameter gets, or the property of it that a name in its pattern gets. */
function wantedFor({ index, rest, property }: Extract<Captured, { kind: "param" }>): Wanted {
  if (rest) return { from: index };
  return [property === undefined ? index : [index, property]];
}

/** What was found so far; the same argument of a call is there once, however often it is captured. */
class Collected {
  readonly items: { readonly module: ProgramModule; readonly name: string; readonly argument: SiteArgument }[] = [];
  readonly modules = new Set<ProgramModule>();
  readonly whole = new Set<ProgramModule>();
  readonly packages = new Set<string>();
  readonly warnings: Failure[] = [];
  readonly #seen = new Set<SiteArgument>();

  add(module: ProgramModule, name: string, argument: SiteArgument): boolean {
    if (this.#seen.has(argument)) return false;
    this.#seen.add(argument);
    this.modules.add(module);
    this.items.push({ module, name, argument });
    return true;
  }
}

function* argumentsOf(site: CallSite, wanted: Wanted): Iterable<readonly [name: string, argument: SiteArgument]> {
  const { name, args, spread = Number.POSITIVE_INFINITY } = site;
  const from = wanted === "all" ? 0 : "from" in wanted ? wanted.from : undefined;
  const indexes =
    from === undefined ? (wanted as readonly CodeArgument[]) : args.flatMap((_, i) => (i >= from ? [i] : []));
  // Behind a spread nobody knows which argument is which.
  if ((from ?? Math.max(-1, ...indexes.map((each) => (typeof each === "number" ? each : each[0])))) >= spread) {
    for (const argument of args) yield [name, argument];
    return;
  }
  for (const wantedOne of indexes) {
    const [index, property] = typeof wantedOne === "number" ? [wantedOne] : wantedOne;
    const argument = args[index];
    if (!argument) continue;
    if (property === undefined || !argument.properties) yield [name, argument];
    else if (Object.hasOwn(argument.properties, property))
      yield [`${name}.${property}`, argument.properties[property]!];
  }
}

const declaredNowhere = { hint: "declare it in a file, or set the option `version` and change it with the code" };

function failCaptured(
  captured: SiteArgument["captured"][number],
  { module, site }: Located,
  { line }: SiteArgument,
): never {
  const { name } = captured;
  const place = captured.kind === "blocked" ? { line: captured.line, column: captured.column } : { line };
  const why = captured.kind === "blocked" ? captured.why : "the call that gives it cannot be found in the source";
  return fail(
    "captured-variable",
    `the code of "${site.name}" captures ${JSON.stringify(name)} from around it: ${why}`,
    {
      where: { file: module.file, ...place },
      hint: `pass it as an input (${name === "this" ? "what is needed of `this`" : `{ ${name} }`}), or set the option \`version\` and change it with the value`,
    },
  );
}

const noLinks: Links = {
  units: [],
  modules: [],
  packages: [],
  files: [],
  native: false,
  own: false,
  builtin: false,
  missing: false,
  texts: [],
};

function wholeOf(module: ProgramModule): Links {
  return { ...noLinks, units: module.units, modules: [module] };
}

function distinct(warnings: readonly Failure[]): readonly Failure[] {
  return [...new Map(warnings.map((warning) => [JSON.stringify([warning.message, warning.where]), warning])).values()];
}
