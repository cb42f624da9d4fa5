import type { CodePart } from "../../core/code-part.ts";
import type { Loading } from "../packages/package-links.ts";
import {
  type CodeSummary,
  type DependencySummary,
  type ImportedName,
  type Ref,
  RefFlag,
  type Specifier,
} from "../syntax/module-summary.ts";
import type { Program, ProgramModule, ProgramUnit, Resolved } from "./program.ts";

/** What code refers to. */
export interface Links {
  readonly units: readonly ProgramUnit[];
  /** Modules through which names came: whatever they do when they are loaded counts. */
  readonly modules: readonly ProgramModule[];
  /** Folders of installed packages. */
  readonly packages: readonly string[];
  /** Which module's imports lead to which of them. */
  readonly loadings: readonly Loading[];
  readonly files: readonly CodePart[];
  readonly native: boolean;
  /** Sluice is among them. */
  readonly own: boolean;
  /** A built-in module is among them. */
  readonly builtin: boolean;
  readonly missing: boolean;
  /** What it refers to, in the words of {@link CodePart.uses}; sorted. */
  readonly targets: readonly string[];
  /** Says which name leads where, in the same words on every machine; sorted. */
  readonly texts: readonly string[];
}

const noLinks: Links = {
  units: [],
  modules: [],
  packages: [],
  loadings: [],
  files: [],
  native: false,
  own: false,
  builtin: false,
  missing: false,
  targets: [],
  texts: [],
};

/** What all of a module is. */
export function linksOfWhole(module: ProgramModule): Links {
  return { ...noLinks, units: module.units, modules: [module] };
}

/** @param root the folder of an installed package */
export function linksOfPackage(root: string): Links {
  return { ...noLinks, packages: [root] };
}

/** Follows names from module to module. */
export class Linker {
  readonly #program: Program;
  readonly #ofUnit = new Map<ProgramUnit, Links>();
  readonly #ofRef = new Map<ProgramModule, Map<string, Links>>();

  constructor(program: Program) {
    this.#program = program;
  }

  /** All that a unit refers to. */
  ofUnit(unit: ProgramUnit): Links {
    let links = this.#ofUnit.get(unit);
    if (!links) {
      links = this.ofCode(unit.module, unit.unit);
      this.#ofUnit.set(unit, links);
    }
    return links;
  }

  /** All that a piece of code of a module refers to. */
  ofCode(module: ProgramModule, code: Pick<CodeSummary, "refs" | "dependencies">): Links {
    if (code.refs.length === 0 && code.dependencies.length === 0) return noLinks;
    const found = new LinkCollector();
    for (const ref of code.refs) found.add(this.ofRef(module, ref));
    for (const dependency of code.dependencies) this.#addDependency(module, dependency, found);
    return found.links();
  }

  /** The modules of the user's that specifiers lead to. */
  modulesOf(module: ProgramModule, specifiers: readonly Specifier[]): readonly ProgramModule[] {
    return specifiers.flatMap((specifier) => {
      const resolved = this.#program.resolve(module, specifier);
      return resolved.kind === "module" ? [resolved.module] : [];
    });
  }

  /** What one name of a module refers to. */
  ofRef(module: ProgramModule, ref: Pick<Ref, "name" | "member" | "flags">): Links {
    const key = `${ref.flags & RefFlag.global}${ref.name}.${ref.member ?? ""}`;
    let known = this.#ofRef.get(module);
    if (!known) {
      known = new Map();
      this.#ofRef.set(module, known);
    }
    let links = known.get(key);
    if (!links) {
      links = this.#findRef(module, ref);
      known.set(key, links);
    }
    return links;
  }

  #findRef(module: ProgramModule, { name, member, flags }: Pick<Ref, "name" | "member" | "flags">): Links {
    const found = new LinkCollector();
    if (flags & RefFlag.global) {
      if ((name === "exports" || name === "module") && !module.summary.hasExports) this.#addAll(module, found);
      return found.links();
    }
    const imported = importOf(module, name);
    if (!imported) {
      // Of a module that could not be summed up nobody knows what declares the name: all of it counts.
      if (module.summary.problem === undefined) found.addUnits(module.declaring(name));
      else this.#addAll(module, found);
      return found.links();
    }
    const target = imported.name === "*" && member !== undefined ? { ...imported, name: member } : imported;
    if (!this.#addImported(module, target, found, new Set())) found.addMissing(`${target.specifier}#${target.name}`);
    found.say(`${name}${target === imported ? "" : `.${member}`}`);
    return found.links();
  }

  #addImported(module: ProgramModule, imported: ImportedName, found: LinkCollector, seen: Set<string>): boolean {
    const resolved = this.#program.resolve(module, { specifier: imported.specifier, kind: "import" });
    if (resolved.kind !== "module") return found.addOther(resolved, `${imported.specifier}#${imported.name}`, module);
    if (imported.name === "*") {
      this.#addAll(resolved.module, found, true);
      return true;
    }
    return this.#addExport(resolved.module, imported.name, found, seen);
  }

  /** Whether the module exports the name. A name that several `export *` give is taken from all of them. */
  #addExport(module: ProgramModule, name: string, found: LinkCollector, seen: Set<string>): boolean {
    const step = `${module.file}#${name}`;
    if (seen.has(step)) return false;
    seen.add(step);
    found.addModule(module);
    const { summary } = module;
    if (!summary.hasExports) {
      found.addDetail(`${module.name} gives ${name}`);
      this.#addAll(module, found);
      return true;
    }
    const exported = Object.hasOwn(summary.exports, name) ? summary.exports[name]! : undefined;
    if (exported?.specifier !== undefined) return this.#addImported(module, exported, found, seen);
    if (exported) return this.#addLocal(module, exported.local, found, seen);
    let any = false;
    if (name !== "default") {
      // Modules of the user's are known to export a name or not; packages may.
      const [known, unknown] = [[], []] as [string[], string[]];
      for (const star of summary.stars) {
        (this.#program.resolve(module, { specifier: star, kind: "import" }).kind === "module" ? known : unknown).push(
          star,
        );
      }
      for (const specifier of known) any = this.#addImported(module, { specifier, name }, found, seen) || any;
      if (!any)
        for (const specifier of unknown) any = this.#addImported(module, { specifier, name }, found, seen) || any;
    }
    return any;
  }

  #addLocal(module: ProgramModule, local: string, found: LinkCollector, seen: Set<string>): boolean {
    const imported = importOf(module, local);
    if (imported) return this.#addImported(module, imported, found, seen);
    const units = module.declaring(local);
    found.addUnits(units);
    // A declaration of several names is known by its first.
    for (const { unit } of units) if (unit.name !== local) found.addDetail(`${module.name} gives ${local}`);
    return units.length > 0;
  }

  /** Everything of a module, or all that it exports where that can be told, and what it passes on from others. */
  #addAll(first: ProgramModule, found: LinkCollector, onlyExports = false): void {
    const modules = new Set([first]);
    for (const module of modules) {
      found.addModule(module);
      found.addUnits(onlyExports ? exportedUnits(module) : module.units, `${module.name}#*`);
      found.addDetail(`${module.name} gives ${exportedNames(module)}`);
      const passedOn = [
        ...module.summary.stars.map((specifier) => ({ specifier, name: "*" })),
        ...Object.values(module.summary.exports),
      ];
      for (const exported of passedOn) {
        const imported = exported.specifier === undefined ? importOf(module, exported.local) : exported;
        if (!imported) continue;
        const resolved = this.#program.resolve(module, { specifier: imported.specifier, kind: "import" });
        if (resolved.kind === "missing") found.addMissing(imported.specifier);
        else if (resolved.kind !== "module") found.addOther(resolved, `${imported.specifier}#${imported.name}`, module);
        else if (imported.name === "*") modules.add(resolved.module);
        else this.#addExport(resolved.module, imported.name, found, new Set());
      }
    }
  }

  #addDependency(module: ProgramModule, { kind, specifier, names }: DependencySummary, found: LinkCollector): void {
    const part = new LinkCollector();
    const resolved = this.#program.resolve(module, { specifier, kind });
    if (resolved.kind === "missing") part.addMissing(specifier);
    else if (resolved.kind !== "module") part.addOther(resolved, specifier, module);
    else if (!names) this.#addAll(resolved.module, part);
    else {
      for (const name of names) {
        if (!this.#addExport(resolved.module, name, part, new Set())) part.addMissing(`${specifier}#${name}`);
      }
    }
    part.say(`${kind}(${specifier})`);
    found.add(part.links());
  }
}

function exportedUnits(module: ProgramModule): readonly ProgramUnit[] {
  const { hasExports, exports } = module.summary;
  if (!hasExports) return module.units;
  return Object.values(exports).flatMap((exported) =>
    exported.specifier === undefined ? module.declaring(exported.local) : [],
  );
}

/** Which export stands for what: a namespace shows its names, and what each of them leads to. */
function exportedNames({ summary }: ProgramModule): string {
  const names = Object.entries(summary.exports).map(([name, exported]) =>
    exported.specifier === undefined ? `${name}=${exported.local}` : `${name}=${exported.specifier}#${exported.name}`,
  );
  return names.sort().join(", ");
}

/** The import behind a name; names such as `constructor` are no imports. */
export function importOf({ summary }: ProgramModule, name: string): ImportedName | undefined {
  return Object.hasOwn(summary.imports, name) ? summary.imports[name] : undefined;
}

class LinkCollector {
  readonly #units = new Set<ProgramUnit>();
  readonly #modules = new Set<ProgramModule>();
  readonly #packages = new Set<string>();
  readonly #loadings = new Map<string, Loading>();
  readonly #files = new Map<string, CodePart>();
  readonly #targets = new Set<string>();
  readonly #details = new Set<string>();
  readonly #texts = new Set<string>();
  #native = false;
  #own = false;
  #builtin = false;
  #missing = false;

  add(links: Links): void {
    for (const unit of links.units) this.#units.add(unit);
    for (const module of links.modules) this.#modules.add(module);
    for (const root of links.packages) this.#packages.add(root);
    for (const loading of links.loadings) this.#loadings.set(`${loading.from}\0${loading.folder}`, loading);
    for (const part of links.files) this.#files.set(part.name, part);
    for (const text of links.texts) this.#texts.add(text);
    for (const target of links.targets) this.#targets.add(target);
    this.#native ||= links.native;
    this.#own ||= links.own;
    this.#builtin ||= links.builtin;
    this.#missing ||= links.missing;
  }

  addUnits(units: readonly ProgramUnit[], target?: string): void {
    for (const unit of units) {
      this.#units.add(unit);
      if (target === undefined) this.#targets.add(`${unit.module.name}#${unit.unit.name}`);
    }
    if (target !== undefined) this.#targets.add(target);
  }

  /** Something about what a name leads to that is no target. */
  addDetail(text: string): void {
    this.#details.add(text);
  }

  addModule(module: ProgramModule): void {
    this.#modules.add(module);
  }

  addMissing(target: string): void {
    this.#missing = true;
    this.#targets.add(`${target} (missing)`);
  }

  /** Adds what is no module of the user's. */
  addOther(resolved: Exclude<Resolved, { kind: "module" }>, target: string, from: ProgramModule): boolean {
    switch (resolved.kind) {
      case "file":
        this.#files.set(resolved.part.name, resolved.part);
        this.#native ||= resolved.native;
        this.#targets.add(`${resolved.part.name}#`);
        return true;
      case "package":
        this.#packages.add(resolved.root);
        this.#loadings.set(`${from.name}\0${resolved.root}`, { from: from.name, folder: resolved.root });
        if (resolved.aliased !== undefined) this.#targets.add(`${target} is ${resolved.aliased}`);
        break;
      case "own":
        this.#own = true;
        break;
      case "builtin":
        this.#builtin = true;
        break;
      case "missing":
        return false;
    }
    this.#targets.add(target);
    return true;
  }

  /** Says that a name leads to all targets so far. */
  say(name: string): void {
    this.#texts.add(`${name} -> ${[...this.#targets, ...this.#details].sort().join(", ")}`);
  }

  links(): Links {
    return {
      units: [...this.#units],
      modules: [...this.#modules],
      packages: [...this.#packages],
      loadings: [...this.#loadings.values()],
      files: [...this.#files.values()],
      native: this.#native,
      own: this.#own,
      builtin: this.#builtin,
      missing: this.#missing,
      targets: [...this.#targets].sort(),
      texts: [...this.#texts].sort(),
    };
  }
}
