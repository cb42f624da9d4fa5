import { digestParts } from "../../core/canonical.ts";
import type { CodePart } from "../../core/code-part.ts";
import type { Digest } from "../../core/digest.ts";
import { type Failure, failure } from "../../core/failure.ts";
import type { CompilerSettings } from "../load/compiler-settings.ts";
import { relativeTo } from "../load/module-path.ts";
import type { Loading } from "../packages/package-links.ts";
import type { BlindSummary, CodeSummary } from "../syntax/module-summary.ts";
import type { Feature } from "../syntax/scope.ts";
import { Effects } from "./effects.ts";
import { Linker, type Links } from "./links.ts";
import { LoadOrder } from "./load-order.ts";
import type { Program, ProgramModule, ProgramUnit } from "./program.ts";

/** All that a piece of code can reach. */
export interface Closure {
  readonly parts: readonly CodePart[];
  readonly warnings: readonly Failure[];
}

/** Follows code to all that it can reach, in one program. */
export class ClosureFinder {
  readonly linker: Linker;
  readonly #root: string;
  readonly #program: Program;
  readonly #effects: Effects;
  readonly #order: LoadOrder;
  readonly #known = new Set<ProgramModule>();
  readonly #parts = new Map<ProgramUnit, CodePart>();
  readonly #closures = new Map<string, Closure>();
  readonly #ordered = new Map<ProgramModule, readonly ProgramUnit[]>();
  readonly #ids = new Map<unknown, number>();

  constructor(root: string, program: Program) {
    this.#root = root;
    this.#program = program;
    this.linker = new Linker(program);
    this.#effects = new Effects(this.linker);
    this.#order = new LoadOrder(program, this.linker, this.#effects);
  }

  /** Takes a module and all that it loads, or may load, into the program: any of them may change what others declare. */
  addRoot(root: ProgramModule): void {
    const pending = [root];
    for (let module = pending.pop(); module; module = pending.pop()) {
      if (this.#known.has(module)) continue;
      this.#known.add(module);
      this.#closures.clear();
      this.#ordered.clear();
      for (const specifier of module.summary.specifiers) {
        const resolved = this.#program.resolve(module, specifier);
        if (resolved.kind === "module") pending.push(resolved.module);
      }
      this.#added.push(module);
    }
    // Only now: what a module changes is told from what its imports declare.
    for (const module of this.#added) this.#effects.note(module);
    for (const module of this.#added.splice(0)) this.#effects.add(module);
    this.#order.addRoot(root);
  }
  readonly #added: ProgramModule[] = [];

  /** What code with these links in these modules reaches; the code itself is not part of it. */
  of(modules: ReadonlySet<ProgramModule>, links: readonly Links[]): Closure {
    const key = this.#keyOf(modules, links);
    let closure = this.#closures.get(key);
    if (!closure) {
      closure = new Walk(
        this.#program,
        this.linker,
        this.#effects,
        this.#order,
        (unit) => this.partOf(unit),
        (module) => this.#orderedOf(module),
        this.#root,
      ).run(modules, links);
      this.#closures.set(key, closure);
    }
    return closure;
  }

  /** Many stages of a module reach the same: they share what was found. */
  #keyOf(modules: ReadonlySet<ProgramModule>, links: readonly Links[]): string {
    const found = new Set<number>();
    const add = (thing: unknown): void => {
      let id = this.#ids.get(thing);
      if (id === undefined) {
        id = this.#ids.size;
        this.#ids.set(thing, id);
      }
      found.add(id);
    };
    modules.forEach(add);
    for (const { units, modules: through, packages, loadings, files } of links) {
      units.forEach(add);
      through.forEach(add);
      packages.forEach(add);
      for (const { from, folder } of loadings) add(`loading ${from}\0${folder}`);
      for (const { name } of files) add(`file ${name}`);
    }
    return [...found].sort((a, b) => a - b).join();
  }

  /** A unit as a part of a code version. */
  partOf(unit: ProgramUnit): CodePart {
    let part = this.#parts.get(unit);
    if (!part) {
      const { name, kind, line, digest, span } = unit.unit;
      const { texts, targets } = this.linker.ofUnit(unit);
      part = {
        kind: kind === "statement" ? "module" : "declaration",
        name,
        file: unit.module.name,
        line,
        ...unit.module.bundle?.originOf(span[0]),
        digest: unitDigest(digest, texts),
        uses: targets,
        span,
      };
      this.#parts.set(unit, part);
    }
    return part;
  }

  /** The units of a module of which the order may count. */
  #orderedOf(module: ProgramModule): readonly ProgramUnit[] {
    let ordered = this.#ordered.get(module);
    if (!ordered) {
      const { purity } = this.#effects;
      ordered = module.units.filter((unit) => unit.unit.ordered || isMerged(unit) || purity.isImpure(unit));
      this.#ordered.set(module, ordered);
    }
    return ordered;
  }

  isImpure(unit: ProgramUnit): boolean {
    return this.#effects.purity.isImpure(unit);
  }
}

class Walk {
  readonly #program: Program;
  readonly #linker: Linker;
  readonly #effects: Effects;
  readonly #order: LoadOrder;
  readonly #partOf: (unit: ProgramUnit) => CodePart;
  readonly #orderedOf: (module: ProgramModule) => readonly ProgramUnit[];
  readonly #root: string;
  readonly #units = new Set<ProgramUnit>();
  readonly #modules = new Set<ProgramModule>();
  readonly #packages = new Set<string>();
  readonly #loadings = new Map<string, Loading>();
  readonly #files = new Map<string, CodePart>();
  readonly #pending: ProgramUnit[] = [];
  readonly #warnings: Failure[] = [];

  constructor(
    program: Program,
    linker: Linker,
    effects: Effects,
    order: LoadOrder,
    partOf: (unit: ProgramUnit) => CodePart,
    orderedOf: (module: ProgramModule) => readonly ProgramUnit[],
    root: string,
  ) {
    this.#orderedOf = orderedOf;
    this.#program = program;
    this.#linker = linker;
    this.#effects = effects;
    this.#order = order;
    this.#partOf = partOf;
    this.#root = root;
  }

  run(modules: ReadonlySet<ProgramModule>, links: readonly Links[]): Closure {
    this.#reachAll(this.#effects.onEverything());
    for (const module of modules) this.#reachModule(module);
    for (const each of links) this.#reachLinks(each);
    for (let unit = this.#pending.pop(); unit; unit = this.#pending.pop()) {
      this.#reachModule(unit.module);
      const unitLinks = this.#linker.ofUnit(unit);
      this.#reachLinks(unitLinks);
      this.#reachAll(this.#effects.onUnit(unit));
      for (const warning of warningsOf(unit.module, unit.unit, unitLinks)) this.#warnings.push(warning);
    }
    const parts = [...this.#units].map(this.#partOf);
    parts.push(...this.#files.values(), ...this.#orders(), ...this.#settings());
    parts.push(...this.#order.partsOf(this.#units, this.#files.keys(), this.#packages));
    parts.push(...this.#program.packages.partsOfAll(this.#packages, this.#loadings.values()));
    return { parts: sorted(parts), warnings: this.#warnings };
  }

  #reachAll(units: Iterable<ProgramUnit>): void {
    for (const unit of units) {
      if (this.#units.has(unit)) continue;
      this.#units.add(unit);
      this.#pending.push(unit);
    }
  }

  #reachLinks({ units, modules, packages, loadings, files }: Links): void {
    this.#reachAll(units);
    for (const module of modules) this.#reachModule(module);
    for (const root of packages) this.#reachPackage(root);
    for (const { from, folder } of loadings) this.#addLoading(from, folder);
    for (const part of files) this.#reachFile(part);
  }

  #reachFile(part: CodePart): void {
    if (this.#files.has(part.name)) return;
    this.#files.set(part.name, part);
    this.#reachAll(this.#effects.onFile(part.name));
  }

  /** Whoever reaches a module reaches what it calls for its effect, and what it imports for that. */
  #reachModule(first: ProgramModule): void {
    if (this.#modules.has(first)) return;
    this.#modules.add(first);
    this.#reachAll(this.#effects.ofModule(first));
    this.#reachAll(this.#effects.loadersOf(first));
    for (const specifier of first.summary.effectImports) {
      const resolved = this.#program.resolve(first, { specifier, kind: "import" });
      if (resolved.kind === "package") {
        this.#reachPackage(resolved.root);
        this.#addLoading(first.name, resolved.root);
      } else if (resolved.kind === "file") this.#reachFile(resolved.part);
      else if (resolved.kind === "module") {
        this.#reachModule(resolved.module);
        this.#reachAll(
          resolved.module.units.filter((unit) => unit.unit.kind === "statement" || this.#effects.purity.isImpure(unit)),
        );
      }
    }
  }

  #addLoading(from: string, folder: string): void {
    this.#loadings.set(`${from}\0${folder}`, { from, folder });
  }

  #reachPackage(root: string): void {
    if (this.#packages.has(root)) return;
    this.#packages.add(root);
    this.#reachAll(this.#effects.onPackage(root));
  }

  /** The order in which a module does things, where it does more than one. */
  #orders(): readonly CodePart[] {
    const parts: CodePart[] = [];
    for (const module of this.#modules) {
      const ordered = this.#orderedOf(module).filter((unit) => this.#units.has(unit));
      if (ordered.length < 2) continue;
      const steps = ordered.map(({ unit }) => (unit.kind === "statement" ? `${unit.name} ${unit.digest}` : unit.name));
      parts.push({
        kind: "module",
        name: "order of statements",
        file: module.name,
        digest: digestParts("code-order", steps),
      });
    }
    return parts;
  }

  #settings(): readonly CodePart[] {
    const parts = new Set<CodePart>();
    for (const { module, unit } of this.#units) {
      if (unit.features.length === 0) continue;
      for (const part of settingParts(module, unit, this.#root)) parts.add(part);
    }
    return [...new Map([...parts].map((part) => [`${part.file} ${part.name}`, part])).values()];
  }
}

function isMerged({ module, unit }: ProgramUnit): boolean {
  return unit.declares.some((name) => module.declaring(name).length > 1);
}

/** What of the compiler's settings code depends on. */
export function settingParts(
  module: ProgramModule,
  { features }: Pick<CodeSummary, "features">,
  root: string,
): readonly CodePart[] {
  const { settings } = module;
  let known = settingsByFeature.get(settings);
  if (!known) {
    known = new Map();
    settingsByFeature.set(settings, known);
  }
  const parts: CodePart[] = [];
  for (const feature of features) {
    let part = known.get(feature);
    if (!part) {
      part = {
        kind: "file",
        name: `compilerOptions (${feature})`,
        file: settings.file === undefined ? "tsconfig.json" : relativeTo(root, settings.file),
        digest: digestParts("compiler-options", [settingsFor(feature, settings)]),
      };
      known.set(feature, part);
    }
    parts.push(part);
  }
  return parts;
}

/** Most declarations have one of few; settings belong to one analyser, and so to one root. */
const settingsByFeature = new WeakMap<CompilerSettings, Map<Feature, CodePart>>();

function settingsFor(feature: Feature, { options }: CompilerSettings): unknown {
  switch (feature) {
    case "jsx":
      return [options.jsx, options.jsxDev, options.jsxFactory, options.jsxFragmentFactory, options.jsxImportSource];
    case "decorators":
      return [options.experimentalDecorators, options.emitDecoratorMetadata];
    case "fields":
      return [
        options.useDefineForClassFields,
        options.useDefineForClassFields === undefined ? options.target : undefined,
      ];
    case "strict":
      return [options.alwaysStrict];
  }
}

const none: readonly Failure[] = [];

/** What in a piece of code cannot be seen through. */
export function warningsOf(
  module: ProgramModule,
  code: { readonly blind: readonly BlindSummary[] },
  links: Links,
): readonly Failure[] {
  if (code.blind.length === 0 && !links.native) return none;
  const blind = code.blind.map(({ what, line, column }) =>
    failure("undeclared-input", `${what} cannot be seen through`, {
      where: { file: module.name, line, column },
      hint: "declare what it gives as an input, or set `version` and change it by hand",
    }),
  );
  if (!links.native) return blind;
  const native = failure("undeclared-input", "a native addon counts by its file only", {
    where: { file: module.name },
    hint: "set `version` and change it when what the addon loads changes",
  });
  return [...blind, native];
}

/** Parts in the order of file, name and digest, whatever the machine's locale. */
export function sorted(parts: readonly CodePart[]): readonly CodePart[] {
  if (parts.length < 2) return parts;
  const keyed = parts.map((part) => ({ part, key: sortKeyOf(part) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ part }) => part);
}

/** What code counts by: its normal form, and where the names in it lead, if that is to be said. */
export function unitDigest(normalForm: Digest, texts: Links["texts"]): Digest {
  return texts.length === 0 ? normalForm : digestParts("code-unit", [normalForm, ...texts]);
}

const identities = new WeakMap<CodePart, Digest>();

/** What a part counts by in a version: what stages share by a digest, so that each has less to go through. */
export function identityOf(part: CodePart): readonly string[] {
  const { file = "", name, digest } = part;
  if (part.own) return ["own", file, name, digest];
  let identity = identities.get(part);
  if (identity === undefined) {
    identity = digestParts("code-part", [file, name, digest]);
    identities.set(part, identity);
  }
  return [identity];
}

const sortKeys = new WeakMap<CodePart, string>();

function sortKeyOf(part: CodePart): string {
  let key = sortKeys.get(part);
  if (key === undefined) {
    key = `${part.file ?? ""}\0${part.name}\0${part.digest}`;
    sortKeys.set(part, key);
  }
  return key;
}
