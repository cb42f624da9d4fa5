import { digestParts } from "../core/canonical.ts";
import type { CodePart } from "../core/code-part.ts";
import { type Failure, failure } from "../core/failure.ts";
import type { CompilerSettings } from "./compiler-settings.ts";
import { Effects } from "./effects.ts";
import { Linker, type Links } from "./links.ts";
import { relativeTo } from "./module-path.ts";
import type { BlindSummary, CodeSummary } from "./module-summary.ts";
import type { Program, ProgramModule, ProgramUnit } from "./program.ts";
import type { Feature } from "./scope.ts";

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
  readonly #known = new Set<ProgramModule>();
  readonly #parts = new Map<ProgramUnit, CodePart>();
  readonly #closures = new Map<string, Closure>();
  readonly #ids = new Map<unknown, number>();

  constructor(root: string, program: Program) {
    this.#root = root;
    this.#program = program;
    this.linker = new Linker(program);
    this.#effects = new Effects(this.linker);
  }

  /** Takes a module and all that it loads, or may load, into the program: any of them may change what others declare. */
  addRoot(root: ProgramModule): void {
    const pending = [root];
    for (let module = pending.pop(); module; module = pending.pop()) {
      if (this.#known.has(module)) continue;
      this.#known.add(module);
      this.#closures.clear();
      for (const specifier of module.summary.specifiers) {
        const resolved = this.#program.resolve(module, specifier);
        if (resolved.kind === "module") pending.push(resolved.module);
      }
      this.#added.push(module);
    }
    // Only now: what a module changes is told from what its imports declare.
    for (const module of this.#added.splice(0)) this.#effects.add(module);
  }
  readonly #added: ProgramModule[] = [];

  /** What code with these links in these modules reaches; the code itself is not part of it. */
  of(modules: readonly ProgramModule[], links: readonly Links[]): Closure {
    const key = this.#keyOf(modules, links);
    let closure = this.#closures.get(key);
    if (!closure) {
      closure = new Walk(this.#program, this.linker, this.#effects, (unit) => this.partOf(unit), this.#root).run(
        modules,
        links,
      );
      this.#closures.set(key, closure);
    }
    return closure;
  }

  /** Many stages of a module reach the same: they share what was found. */
  #keyOf(modules: readonly ProgramModule[], links: readonly Links[]): string {
    const id = (thing: unknown): number => {
      let known = this.#ids.get(thing);
      if (known === undefined) {
        known = this.#ids.size;
        this.#ids.set(thing, known);
      }
      return known;
    };
    const things = new Set<unknown>(modules);
    for (const { units, modules: through, packages, files } of links) {
      for (const thing of [...units, ...through, ...packages]) things.add(thing);
      for (const { name } of files) things.add(`file ${name}`);
    }
    return [...things]
      .map(id)
      .sort((a, b) => a - b)
      .join();
  }

  /** A unit as a part of a code version. */
  partOf(unit: ProgramUnit): CodePart {
    let part = this.#parts.get(unit);
    if (!part) {
      const { name, kind, line, digest } = unit.unit;
      part = {
        kind: kind === "statement" ? "module" : "declaration",
        name,
        file: unit.module.name,
        line,
        digest: digestParts("code-unit", [digest, ...this.linker.ofUnit(unit).texts]),
      };
      this.#parts.set(unit, part);
    }
    return part;
  }

  isImpure(unit: ProgramUnit): boolean {
    return this.#effects.purity.isImpure(unit);
  }
}

class Walk {
  readonly #program: Program;
  readonly #linker: Linker;
  readonly #effects: Effects;
  readonly #partOf: (unit: ProgramUnit) => CodePart;
  readonly #root: string;
  readonly #units = new Set<ProgramUnit>();
  readonly #modules = new Set<ProgramModule>();
  readonly #packages = new Set<string>();
  readonly #files = new Map<string, CodePart>();
  readonly #pending: ProgramUnit[] = [];
  readonly #warnings: Failure[] = [];

  constructor(
    program: Program,
    linker: Linker,
    effects: Effects,
    partOf: (unit: ProgramUnit) => CodePart,
    root: string,
  ) {
    this.#program = program;
    this.#linker = linker;
    this.#effects = effects;
    this.#partOf = partOf;
    this.#root = root;
  }

  run(modules: readonly ProgramModule[], links: readonly Links[]): Closure {
    this.#reachAll(this.#effects.onEverything());
    for (const module of modules) this.#reachModule(module);
    for (const each of links) this.#reachLinks(each);
    for (let unit = this.#pending.pop(); unit; unit = this.#pending.pop()) {
      this.#reachModule(unit.module);
      const unitLinks = this.#linker.ofUnit(unit);
      this.#reachLinks(unitLinks);
      this.#reachAll(this.#effects.onUnit(unit));
      this.#warnings.push(...warningsOf(unit.module, unit.unit, unitLinks));
    }
    const parts = [...this.#units].map(this.#partOf);
    parts.push(...this.#files.values(), ...this.#orders(), ...this.#settings());
    for (const root of this.#packages) parts.push(...this.#program.packages.partsOf(root));
    return { parts: sorted(parts), warnings: this.#warnings };
  }

  #reachAll(units: Iterable<ProgramUnit>): void {
    for (const unit of units) {
      if (this.#units.has(unit)) continue;
      this.#units.add(unit);
      this.#pending.push(unit);
    }
  }

  #reachLinks({ units, modules, packages, files }: Links): void {
    this.#reachAll(units);
    for (const module of modules) this.#reachModule(module);
    for (const root of packages) this.#reachPackage(root);
    for (const part of files) this.#files.set(part.name, part);
  }

  /** Whoever reaches a module reaches what it calls for its effect, and what it imports for that. */
  #reachModule(first: ProgramModule): void {
    if (this.#modules.has(first)) return;
    this.#modules.add(first);
    this.#reachAll(this.#effects.ofModule(first));
    for (const specifier of first.summary.effectImports) {
      const resolved = this.#program.resolve(first, { specifier, kind: "import" });
      if (resolved.kind === "package") this.#reachPackage(resolved.root);
      else if (resolved.kind === "file") this.#files.set(resolved.part.name, resolved.part);
      else if (resolved.kind === "module") {
        this.#reachModule(resolved.module);
        this.#reachAll(
          resolved.module.units.filter((unit) => unit.unit.kind === "statement" || this.#effects.purity.isImpure(unit)),
        );
      }
    }
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
      const ordered = module.units.filter(
        (unit) => this.#units.has(unit) && (unit.unit.ordered || isMerged(unit) || this.#effects.purity.isImpure(unit)),
      );
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
    const parts = new Map<string, CodePart>();
    for (const { module, unit } of this.#units)
      for (const part of settingParts(module, unit, this.#root)) parts.set(`${part.file} ${part.name}`, part);
    return [...parts.values()];
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
  return features.map((feature) => ({
    kind: "file",
    name: `compilerOptions (${feature})`,
    file: settings.file === undefined ? "tsconfig.json" : relativeTo(root, settings.file),
    digest: digestParts("compiler-options", [settingsFor(feature, settings)]),
  }));
}

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

/** What in a piece of code cannot be seen through. */
export function warningsOf(
  module: ProgramModule,
  code: { readonly blind: readonly BlindSummary[] },
  links: Links,
): readonly Failure[] {
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
  const keyed = parts.map((part) => ({ part, key: `${part.file ?? ""}\0${part.name}\0${part.digest}` }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ part }) => part);
}
