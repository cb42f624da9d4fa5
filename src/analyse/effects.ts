import type { Linker } from "./links.ts";
import { type Ref, RefFlag } from "./module-summary.ts";
import type { ProgramModule, ProgramUnit } from "./program.ts";
import { isSettingUp } from "./purity.ts";
import { PurityAnalysis } from "./purity-analysis.ts";

/**
 * Which code changes what other code reaches: what assigns a variable, or a property of what it holds, and what calls
 * functions as its module loads that may change what they can get at. Where that cannot be told, it does.
 */
export class Effects {
  readonly #linker: Linker;
  readonly purity: PurityAnalysis;
  readonly #onUnits = new Map<ProgramUnit, Set<ProgramUnit>>();
  readonly #onPackages = new Map<string, Set<ProgramUnit>>();
  readonly #onEverything = new Set<ProgramUnit>();
  readonly #byModule = new Map<ProgramModule, readonly ProgramUnit[]>();

  constructor(linker: Linker) {
    this.#linker = linker;
    this.purity = new PurityAnalysis(linker);
  }

  /** The code that changes what a unit declares. */
  onUnit(unit: ProgramUnit): Iterable<ProgramUnit> {
    return this.#onUnits.get(unit) ?? [];
  }

  /** The code that sets up a package. */
  onPackage(root: string): Iterable<ProgramUnit> {
    return this.#onPackages.get(root) ?? [];
  }

  /** The code that changes globals: it counts for every function of the program. */
  onEverything(): Iterable<ProgramUnit> {
    return this.#onEverything;
  }

  /** The statements of a module that call what is not the user's: they count for whoever reaches the module. */
  ofModule(module: ProgramModule): readonly ProgramUnit[] {
    return this.#byModule.get(module) ?? [];
  }

  add(module: ProgramModule): void {
    const ownStatements: ProgramUnit[] = [];
    for (const unit of module.units) {
      this.#addWrites(unit);
      if (this.#callsOutside(unit)) ownStatements.push(unit);
      if (this.purity.isImpure(unit)) this.#addCalls(unit);
    }
    this.#byModule.set(module, ownStatements);
  }

  #addWrites(unit: ProgramUnit): void {
    for (const ref of unit.unit.refs) {
      if (!(ref.flags & RefFlag.write)) continue;
      if (ref.flags & RefFlag.global) {
        if (ref.flags & RefFlag.eager && !isModuleVariable(ref)) this.#onEverything.add(unit);
        continue;
      }
      const links = this.#linker.ofRef(unit.module, ref);
      for (const target of links.units) this.#on(this.#onUnits, target, unit);
      for (const root of links.packages) this.#on(this.#onPackages, root, unit);
    }
  }

  #on<Target>(effects: Map<Target, Set<ProgramUnit>>, target: Target, unit: ProgramUnit): void {
    const known = effects.get(target);
    if (known) known.add(unit);
    else effects.set(target, new Set([unit]));
  }

  #addCalls(unit: ProgramUnit): void {
    const calls = this.purity.impureCalls(unit);
    const isStatement = unit.unit.kind === "statement";
    let onlyPackages = !unit.unit.opaqueEager && !isStatement;
    for (const call of calls) {
      if (call.name === undefined) {
        if (call.isStatement && !call.onlyArguments) this.#onEverything.add(unit);
        continue;
      }
      const { packages, units } = this.purity.calleeOf(unit, call);
      if (units.length > 0 || packages.length === 0) onlyPackages = false;
      if (!call.isStatement && !isSettingUp(call.method ?? call.name)) continue;
      for (const root of packages) this.#on(this.#onPackages, root, unit);
    }
    this.#addExposed(unit, onlyPackages);
    this.#addReached(unit);
  }

  /** What is handed to a call as it is: that may change it, whatever it is. A package is not taken to change functions. */
  #addExposed(unit: ProgramUnit, onlyPackages: boolean): void {
    for (const ref of unit.unit.refs) {
      if (ref.flags & RefFlag.kept || this.purity.isDeferred(unit, ref.within)) continue;
      if (ref.flags & RefFlag.global) {
        if (isGlobalObject(ref, unit.unit.kind === "statement")) this.#onEverything.add(unit);
        continue;
      }
      for (const target of this.#linker.ofRef(unit.module, ref).units) {
        const { mutable, callable } = target.unit;
        if (mutable || (callable !== false && !onlyPackages)) this.#on(this.#onUnits, target, unit);
      }
    }
  }

  /** Whatever can be changed and can be got at from the code that runs. */
  #addReached(unit: ProgramUnit): void {
    const reached = new Set<ProgramUnit>([unit]);
    for (const at of reached) {
      for (const ref of at.unit.refs) {
        if (this.purity.isDeferred(at, ref.within)) continue;
        if (ref.flags & RefFlag.global && ref.flags & RefFlag.write && !isModuleVariable(ref))
          this.#onEverything.add(unit);
        for (const target of this.#linker.ofRef(at.module, ref).units) reached.add(target);
      }
      for (const target of this.#linker.ofCode(at.module, { refs: [], dependencies: at.unit.dependencies }).units)
        reached.add(target);
      if (at !== unit && at.unit.mutable) this.#on(this.#onUnits, at, unit);
    }
  }

  /** Whether a statement calls a package, a built-in module or a global, for what that does. */
  #callsOutside(owner: ProgramUnit): boolean {
    const { unit } = owner;
    if (unit.kind !== "statement") return false;
    return unit.calls.some((call) => {
      if (!call.eager || !call.isStatement || call.given) return false;
      if (call.name === undefined) return !call.onlyArguments;
      const { packages, builtin, missing } = this.purity.calleeOf(owner, call);
      return packages.length > 0 || builtin || missing;
    });
  }
}

/** What looks like a global and is the module's own, in CommonJS. */
function isModuleVariable({ name }: Ref): boolean {
  return name === "module" || name === "exports" || name === "require" || name === "__filename" || name === "__dirname";
}

/** A global by which all code can be changed; `process` is mostly handed on to be read. */
function isGlobalObject({ name, member }: Ref, isStatement: boolean): boolean {
  if (member === "prototype") return true;
  return (member === undefined && (name === "globalThis" || name === "global")) || (isStatement && name === "process");
}
