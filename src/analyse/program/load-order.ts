import { digestParts } from "../../core/canonical.ts";
import type { CodePart } from "../../core/code-part.ts";
import type { Digest } from "../../core/digest.ts";
import { type Ref, RefFlag } from "../syntax/module-summary.ts";
import type { Effects } from "./effects.ts";
import type { Linker } from "./links.ts";
import type { Program, ProgramModule, ProgramUnit } from "./program.ts";

/** What code can be about: a declaration, or a file that was imported, by its name. */
type Target = ProgramUnit | string;

/**
 * The order in which a program's modules and their declarations are evaluated, as far as it can be seen: where several things
 * change or read the same as their modules load, and where something is read before it is made.
 */
export class LoadOrder {
  readonly #program: Program;
  readonly #linker: Linker;
  readonly #effects: Effects;
  readonly #positions = new Map<ProgramUnit, number>();
  readonly #modules = new Set<ProgramModule>();
  /** Packages that are imported for what they do, in the order in which they do it, each with what was loaded before. */
  readonly #settingUp = new Map<string, { readonly root: string; readonly position: number }>();
  /** Whether any module waits for something as it loads. */
  #waiting = false;
  readonly #waits = new Map<ProgramModule, readonly Digest[]>();
  readonly #words = new Map<ProgramUnit, string>();
  readonly #lazy: ProgramModule[] = [];
  /** Which code refers to a target, once any order is asked for. */
  #users: Map<Target, ProgramUnit[]> | undefined;
  readonly #eager = new Map<ProgramUnit, readonly Target[]>();
  readonly #sequences = new Map<Target, readonly ProgramUnit[]>();
  readonly #early = new Map<ProgramUnit, readonly ProgramUnit[]>();

  constructor(program: Program, linker: Linker, effects: Effects) {
    this.#program = program;
    this.#linker = linker;
    this.#effects = effects;
  }

  /** Takes in a module from which the program starts, behind those before it. */
  addRoot(root: ProgramModule): void {
    if (this.#modules.has(root)) return;
    this.#users = undefined;
    this.#sequences.clear();
    this.#early.clear();
    this.#waits.clear();
    this.#words.clear();
    this.#evaluate(root);
    for (let module = this.#lazy.shift(); module; module = this.#lazy.shift()) this.#evaluate(module);
  }

  /** A module is evaluated when all that it imports was, in the order of its imports; a cycle is cut where it closes. */
  #evaluate(root: ProgramModule): void {
    if (this.#modules.has(root)) return;
    this.#modules.add(root);
    const stack = [{ module: root, next: this.#importsOf(root).values() }];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const { value: module, done } = top.next.next();
      if (done) {
        for (const unit of top.module.units) this.#positions.set(unit, this.#positions.size);
        if (top.module.units.some(({ unit }) => unit.awaits)) this.#waiting = true;
        stack.pop();
      } else if (typeof module === "string") this.#addSettingUp(top.module, module);
      else if (!this.#modules.has(module)) {
        this.#modules.add(module);
        stack.push({ module, next: this.#importsOf(module).values() });
      }
    }
  }

  /** What a module loads: modules, and the specifiers of what else it imports for what that does. */
  #importsOf(module: ProgramModule): readonly (ProgramModule | string)[] {
    return module.summary.specifiers.flatMap((specifier): readonly (ProgramModule | string)[] => {
      const resolved = this.#program.resolve(module, specifier);
      if (resolved.kind !== "module")
        return module.summary.effectImports.includes(specifier.specifier) ? [specifier.specifier] : [];
      if (!specifier.lazy) return [resolved.module];
      this.#lazy.push(resolved.module);
      return [];
    });
  }

  #addSettingUp(module: ProgramModule, specifier: string): void {
    const resolved = this.#program.resolve(module, { specifier, kind: "import" });
    if (resolved.kind === "package" && !this.#settingUp.has(specifier))
      this.#settingUp.set(specifier, { root: resolved.root, position: this.#positions.size });
  }

  /** What of the order counts for code that reaches these units, files and packages. */
  partsOf(
    reached: ReadonlySet<ProgramUnit>,
    files: Iterable<string>,
    packages: ReadonlySet<string>,
  ): readonly CodePart[] {
    const parts = this.#partsOfGlobals(reached, packages);
    for (const target of [...reached, ...files]) {
      if (!this.#isChanged(target)) continue;
      const steps = this.#sequenceOf(target).filter((unit) => reached.has(unit));
      // That something is made and then changed or read, once, goes without saying.
      const others = steps.filter((unit) => unit !== target).length;
      if (others > 1 || (others === 1 && steps[1] === target)) this.#addPart(parts, target, steps);
    }
    for (const unit of reached) {
      const early = this.#earlyOf(unit).filter((target) => reached.has(target));
      if (early.length > 0) this.#addPart(parts, unit, [unit, ...early]);
    }
    return parts;
  }

  /** The order in which globals are changed and packages do something, and what of it was done before what may see it. */
  #partsOfGlobals(reached: ReadonlySet<ProgramUnit>, packages: ReadonlySet<string>): CodePart[] {
    const steps: { readonly position: number; readonly words: string }[] = [];
    for (const unit of this.#effects.onEverything())
      steps.push({ position: this.#positionOf(unit), words: this.#wordsOf(unit) });
    for (const [specifier, { root, position }] of this.#settingUp)
      if (packages.has(root)) steps.push({ position: position - 0.5, words: specifier });
    if (steps.length === 0) return [];
    steps.sort((a, b) => a.position - b.position);
    const seen: string[] = [];
    for (const unit of reached) {
      if (!this.#runs(unit) && !seesGlobals(unit)) continue;
      const position = this.#positionOf(unit);
      let before = 0;
      while (before < steps.length && steps[before]!.position < position) before++;
      if (before < steps.length) seen.push(`${before} ${this.#wordsOf(unit)}`);
    }
    if (steps.length < 2 && seen.length === 0) return [];
    const words = [steps.map(({ words }) => words), seen.sort()];
    const digest = digestParts("code-order", ["globals", words]);
    return [{ kind: "module", name: "order of what changes globals", digest }];
  }

  #addPart(parts: CodePart[], target: Target, steps: readonly ProgramUnit[]): void {
    const [file, name] = typeof target === "string" ? [target, target] : [target.module.name, target.unit.name];
    const words = steps.map((unit) => this.#wordsOf(unit));
    const digest = digestParts("code-order", [name, words]);
    parts.push({ kind: "module", name: `order of what uses ${name}`, file, digest });
  }

  /** What a step is, and what is waited for before it. */
  #wordsOf(owner: ProgramUnit): string {
    let words = this.#words.get(owner);
    if (words === undefined) {
      const { module, unit } = owner;
      const waits = [...this.#waitsOf(module)];
      for (const at of module.units) {
        if (at === owner) break;
        if (at.unit.awaits) waits.push(at.unit.digest);
      }
      const step = [module.name, unit.name, unit.kind === "statement" ? unit.digest : ""];
      words = JSON.stringify(waits.length === 0 ? step : [...step, digestParts("code-waits", waits)]);
      this.#words.set(owner, words);
    }
    return words;
  }

  /** What the modules wait for that are imported by a module, however far away. */
  #waitsOf(root: ProgramModule): readonly Digest[] {
    if (!this.#waiting) return [];
    let waits = this.#waits.get(root);
    if (!waits) {
      const modules = new Set([root]);
      for (const module of modules) {
        const imported = module.summary.specifiers.filter(({ lazy }) => !lazy);
        for (const next of this.#linker.modulesOf(module, imported)) modules.add(next);
      }
      modules.delete(root);
      waits = [...modules]
        .flatMap(({ units }) => units.flatMap(({ unit }) => (unit.awaits ? [unit.digest] : [])))
        .sort();
      this.#waits.set(root, waits);
    }
    return waits;
  }

  #isChanged(target: Target): boolean {
    for (const unit of this.#writersOf(target)) if (this.#runs(unit)) return true;
    return false;
  }

  #writersOf(target: Target): Iterable<ProgramUnit> {
    return typeof target === "string" ? this.#effects.onFile(target) : this.#effects.onUnit(target);
  }

  /** Whether code does something as its module loads. */
  #runs(unit: ProgramUnit): boolean {
    return unit.unit.ordered || this.#effects.purity.isImpure(unit);
  }

  /**
   * What changes or reads a target as modules load, and the target itself, in their order, up to the last change: whoever
   * reads it after that finds it as it stays.
   */
  #sequenceOf(target: Target): readonly ProgramUnit[] {
    let sequence = this.#sequences.get(target);
    if (!sequence) {
      const found = new Set([...this.#writersOf(target)].filter((unit) => this.#runs(unit)));
      if (typeof target !== "string" && target.unit.kind !== "function") found.add(target);
      let last = -1;
      for (const unit of found) last = Math.max(last, this.#positionOf(unit));
      const users = this.#allUsers();
      const seen = new Set<Target>([target]);
      for (const at of seen) {
        for (const user of users.get(at) ?? []) {
          if (this.#positionOf(user) > last && !isCallable(user)) continue;
          seen.add(user);
          if (!found.has(user) && this.#eagerOf(user).includes(at)) found.add(user);
        }
      }
      sequence = this.#sorted([...found].filter((unit) => this.#positionOf(unit) <= last));
      this.#sequences.set(target, sequence);
    }
    return sequence;
  }

  #sorted(units: Iterable<ProgramUnit>): readonly ProgramUnit[] {
    return [...units].sort((a, b) => this.#positionOf(a) - this.#positionOf(b));
  }

  #positionOf(unit: ProgramUnit): number {
    return this.#positions.get(unit) ?? Number.POSITIVE_INFINITY;
  }

  #allUsers(): ReadonlyMap<Target, readonly ProgramUnit[]> {
    if (!this.#users) {
      this.#users = new Map();
      for (const unit of this.#positions.keys()) {
        for (const target of new Set(this.#targetsOf(unit, () => true))) {
          const known = this.#users.get(target);
          if (known) known.push(unit);
          else this.#users.set(target, [unit]);
        }
      }
    }
    return this.#users;
  }

  #targetsOf(owner: ProgramUnit, counts: (flags: number) => boolean): readonly Target[] {
    const { module, unit } = owner;
    const targets: Target[] = [];
    for (const ref of unit.refs) {
      if (!counts(ref.flags) || this.#effects.purity.isDeclared(owner, ref.within)) continue;
      const { units, files } = this.#linker.ofRef(module, ref);
      targets.push(...units, ...files.map(({ name }) => name));
    }
    const { units, files } = this.#linker.ofCode(module, { refs: [], dependencies: unit.dependencies });
    return [...targets, ...units, ...files.map(({ name }) => name)];
  }

  /** What code uses, or may use, as its module loads. */
  #eagerOf(owner: ProgramUnit): readonly Target[] {
    let targets = this.#eager.get(owner);
    if (!targets) {
      const { unit } = owner;
      const isFunction = unit.kind === "function" || (unit.fn !== undefined && !this.#calls(owner));
      const onlyEager = unit.kind === "class" && !this.#calls(owner);
      targets = isFunction
        ? []
        : this.#targetsOf(owner, (flags) => !onlyEager || (flags & RefFlag.eager) !== 0).filter((at) => at !== owner);
      this.#eager.set(owner, targets);
    }
    return targets;
  }

  #calls({ unit }: ProgramUnit): boolean {
    return unit.opaqueEager || unit.runsFunctions || unit.calls.some(({ eager }) => eager);
  }

  /** What code reads, by itself or through functions that it may call, before it is made. */
  #earlyOf(owner: ProgramUnit): readonly ProgramUnit[] {
    let early = this.#early.get(owner);
    if (!early) {
      const found = new Set<ProgramUnit>();
      const position = this.#positionOf(owner);
      const pending = new Set<Target>(this.#eagerOf(owner));
      for (const at of pending) {
        if (typeof at === "string" || at === owner) continue;
        if (at.unit.kind !== "function" && this.#positionOf(at) > position && at.unit.kind !== "statement")
          found.add(at);
        if (isCallable(at) && this.#calls(owner)) for (const next of this.#targetsOf(at, () => true)) pending.add(next);
      }
      early = this.#sorted(found);
      this.#early.set(owner, early);
    }
    return early;
  }
}

function isCallable({ unit }: ProgramUnit): boolean {
  return unit.kind === "function" || unit.kind === "class" || unit.fn !== undefined;
}

/** Whether something may read a global as its module loads. */
function seesGlobals({ unit }: ProgramUnit): boolean {
  if (unit.kind === "function") return false;
  const isEager = ({ flags }: Ref): boolean => (flags & RefFlag.eager) !== 0 && (flags & RefFlag.global) !== 0;
  return unit.runsFunctions || unit.refs.some(isEager) || unit.calls.some(({ eager }) => eager);
}
