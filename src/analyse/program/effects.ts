import { type CallSummary, type Ref, RefFlag } from "../syntax/module-summary.ts";
import { importOf, type Linker } from "./links.ts";
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
  readonly #onUnits = new Map<ProgramUnit, ProgramUnit[]>();
  readonly #onPackages = new Map<string, ProgramUnit[]>();
  readonly #onFiles = new Map<string, ProgramUnit[]>();
  readonly #onEverything = new Set<ProgramUnit>();
  readonly #loaders = new Map<ProgramModule, ProgramUnit[]>();
  /** What is assigned, or has properties that are. */
  readonly #written = new Set<ProgramUnit>();
  readonly #held = new Map<ProgramUnit, Held>();
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

  /** The code that changes what was imported of a file that is no code, such as JSON: all who import it share one object. */
  onFile(name: string): Iterable<ProgramUnit> {
    return this.#onFiles.get(name) ?? [];
  }

  /** The code that changes globals: it counts for every function of the program. */
  onEverything(): Iterable<ProgramUnit> {
    return this.#onEverything;
  }

  /** The statements of a module that call what is not the user's: they count for whoever reaches the module. */
  ofModule(module: ProgramModule): readonly ProgramUnit[] {
    return this.#byModule.get(module) ?? [];
  }

  /** The code that loads a module, or one that imports it, by an `import()` at the top: it decides whether, and when. */
  loadersOf(module: ProgramModule): Iterable<ProgramUnit> {
    return this.#loaders.get(module) ?? [];
  }

  /** Takes note of what a module assigns, before any that is loaded with it is added. */
  note(module: ProgramModule): void {
    this.purity.note(module);
    for (const { unit } of module.units) {
      for (const ref of unit.refs) {
        if (!(ref.flags & RefFlag.write) || ref.flags & RefFlag.global) continue;
        for (const target of this.#linker.ofRef(module, ref).units) this.#written.add(target);
      }
    }
  }

  add(module: ProgramModule): void {
    const ownStatements: ProgramUnit[] = [];
    for (const unit of module.units) {
      this.#addWrites(unit);
      this.#addLoads(unit);
      if (this.#callsOutside(unit)) ownStatements.push(unit);
      if (this.purity.isImpure(unit)) this.#addCalls(unit);
    }
    this.#byModule.set(module, ownStatements);
  }

  #addLoads(unit: ProgramUnit): void {
    if (unit.unit.dependencies.length === 0) return;
    const loaded = new Set<ProgramModule>();
    for (const dependency of unit.unit.dependencies) {
      const { kind, eager } = dependency;
      if (!eager || kind === "asset" || (kind === "require" && unit.unit.kind !== "statement")) continue;
      for (const module of this.#linker.modulesOf(unit.module, [dependency])) loaded.add(module);
    }
    for (const module of loaded) {
      this.#on(this.#loaders, module, unit);
      const specifiers = module.summary.specifiers.filter(({ lazy }) => !lazy);
      for (const next of this.#linker.modulesOf(module, specifiers)) if (next !== unit.module) loaded.add(next);
    }
  }

  #addWrites(unit: ProgramUnit): void {
    const { refs, runsFunctions } = unit.unit;
    /** Whether it is assigned as the module loads, as far as can be told. */
    const isEarly = ({ flags, within }: Ref): boolean =>
      (flags & RefFlag.eager) !== 0 || (runsFunctions && !this.purity.isDeferred(unit, within));
    if (refs.some(({ flags }) => flags & RefFlag.write && (runsFunctions || flags & RefFlag.eager)))
      this.#addStored(unit);
    for (const ref of refs) {
      if (!(ref.flags & RefFlag.write)) continue;
      if (ref.flags & RefFlag.global) {
        if (isEarly(ref) && !isUnread(ref)) this.#onEverything.add(unit);
        continue;
      }
      const links = this.#linker.ofRef(unit.module, ref);
      for (const target of links.units) {
        this.#on(this.#onUnits, target, unit);
        if (ref.flags & RefFlag.kept || (target.unit.fresh && !(ref.flags & RefFlag.deep))) continue;
        // It may be another name for something else, or hold it.
        const { units, packages, files, globals } = this.#heldBy(target);
        for (const at of units) this.#on(this.#onUnits, at, unit);
        for (const root of packages) this.#on(this.#onPackages, root, unit);
        for (const name of files) this.#on(this.#onFiles, name, unit);
        if (globals && isEarly(ref)) this.#onEverything.add(unit);
      }
      if (links.builtin && isEarly(ref)) this.#onEverything.add(unit);
      for (const root of links.packages) this.#on(this.#onPackages, root, unit);
      for (const { name } of links.files) this.#on(this.#onFiles, name, unit);
    }
  }

  /** What is assigned to something else can be changed by way of that, and so can what it holds. */
  #addStored(unit: ProgramUnit): void {
    for (const ref of unit.unit.refs) {
      const isOperand = ref.flags & RefFlag.kept && !(ref.flags & RefFlag.call);
      if (isOperand || ref.flags & (RefFlag.global | RefFlag.write)) continue;
      for (const target of this.#linker.ofRef(unit.module, ref).units) {
        if (target === unit) continue;
        if (this.#givesAway(unit, ref, target)) this.#on(this.#onUnits, target, unit);
        for (const at of this.#heldBy(target).units) this.#on(this.#onUnits, at, unit);
      }
    }
  }

  /** Units are added one after the other, so one that is there is the last. */
  #on<Target>(effects: Map<Target, ProgramUnit[]>, target: Target, unit: ProgramUnit): void {
    const known = effects.get(target);
    if (!known) effects.set(target, [unit]);
    else if (known.at(-1) !== unit) known.push(unit);
  }

  #addCalls(unit: ProgramUnit): void {
    const calls = this.purity.impureCalls(unit);
    const isStatement = unit.unit.kind === "statement";
    const { opaqueEager, runsFunctions, opaque } = unit.unit;
    let onlyPackages = !opaqueEager && !(runsFunctions && opaque) && !isStatement;
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
      const isCalled = ref.flags & RefFlag.call;
      if ((ref.flags & RefFlag.kept && !isCalled) || this.purity.isDeferred(unit, ref.within)) continue;
      if (ref.flags & RefFlag.global) {
        if (!isCalled && isHandedOut(ref, unit)) this.#onEverything.add(unit);
        continue;
      }
      const { units, files, packages, builtin } = this.#linker.ofRef(unit.module, ref);
      if (builtin && !onlyPackages && isWholeModule(unit, ref)) this.#onEverything.add(unit);
      for (const target of units) {
        if (isCalled && target.unit.mutable) continue;
        if (onlyPackages ? target.unit.mutable : this.#givesAway(unit, ref, target))
          this.#on(this.#onUnits, target, unit);
      }
      if (isCalled) continue;
      if (!onlyPackages) for (const root of packages) this.#on(this.#onPackages, root, unit);
      for (const { name } of files) this.#on(this.#onFiles, name, unit);
    }
  }

  /** Whatever can be changed and can be got at from the code that runs. */
  #addReached(unit: ProgramUnit): void {
    const reached = new Set<ProgramUnit>([unit]);
    for (const at of reached) {
      for (const ref of at.unit.refs) {
        const isLater = at === unit ? this.purity.isDeferred(at, ref.within) : this.purity.isDeclared(at, ref.within);
        // A function that changes nothing itself may still read an accessor of what it is given.
        if (isLater && !this.purity.usesActing(at, ref)) continue;
        if (ref.flags & RefFlag.global) {
          const isWritten = ref.flags & RefFlag.write && !isUnread(ref);
          if (isWritten || (at !== unit && isHandedOn(ref, at))) this.#onEverything.add(unit);
          continue;
        }
        const { units, files, builtin } = this.#linker.ofRef(at.module, ref);
        for (const target of units) {
          reached.add(target);
          if (at !== unit && this.#givesAway(at, ref, target)) this.#on(this.#onUnits, target, unit);
        }
        if (builtin && ref.flags & RefFlag.write) this.#onEverything.add(unit);
        for (const { name } of files) this.#on(this.#onFiles, name, unit);
      }
      for (const target of this.#linker.ofCode(at.module, { refs: [], dependencies: at.unit.dependencies }).units)
        reached.add(target);
      if (at === unit) continue;
      if (at.unit.mutable) this.#on(this.#onUnits, at, unit);
      for (const call of at.unit.calls) {
        if (call.name === undefined || !(call.isStatement || isSettingUp(call.method ?? call.name))) continue;
        for (const root of this.purity.calleeOf(at, call).packages) this.#on(this.#onPackages, root, unit);
      }
    }
  }

  /** Whether who uses this gets at something that can be changed: functions, classes and enums are objects too. */
  #givesAway(owner: ProgramUnit, { name, flags, member, within }: Ref, target: ProgramUnit): boolean {
    const { mutable, kind, callable } = target.unit;
    if (mutable) return true;
    if (this.purity.isHandedToSluice(owner, within)) return false;
    // An instance shows what was given to the prototype of its class.
    if (flags & RefFlag.kept) return (flags & RefFlag.call) !== 0 && this.#written.has(target);
    if (kind !== "enum") return callable !== false;
    return (flags & RefFlag.whole) !== 0 && (member === undefined || importOf(owner.module, name)?.name === "*");
  }

  /** What can be changed by way of a declaration, however far away, besides itself; whether globals can. */
  #heldBy(first: ProgramUnit): Held {
    let held = this.#held.get(first);
    if (!held) {
      const [units, packages, files] = [new Set<ProgramUnit>(), new Set<string>(), new Set<string>()];
      let globals = false;
      const reached = new Set([first]);
      for (const at of reached) {
        for (const ref of at.unit.refs) {
          globals ||= isAlias(ref);
          const links = this.#linker.ofRef(at.module, ref);
          for (const target of links.units) {
            reached.add(target);
            if (this.#givesAway(at, ref, target)) units.add(target);
          }
          if (!(ref.flags & RefFlag.whole) || ref.flags & RefFlag.kept) continue;
          globals ||= links.builtin;
          for (const root of links.packages) packages.add(root);
          for (const { name } of links.files) files.add(name);
        }
        for (const target of this.#linker.ofUnit(at).units) {
          reached.add(target);
          if (target.unit.mutable) units.add(target);
        }
      }
      units.delete(first);
      held = { units, packages, files, globals };
      this.#held.set(first, held);
    }
    return held;
  }

  /** Whether a statement calls a package, a built-in module or a global, for what that does. */
  #callsOutside(owner: ProgramUnit): boolean {
    const { unit } = owner;
    if (unit.kind !== "statement") return false;
    return unit.calls.some((call) => {
      if (!call.eager || !call.isStatement || call.given) return false;
      if (call.name === undefined) return !call.onlyArguments;
      return this.#isOutside(owner, call) || this.#leadsOutside(owner, call);
    });
  }

  #isOutside(owner: ProgramUnit, call: CallSummary): boolean {
    const { packages, builtin, missing } = this.purity.calleeOf(owner, call);
    return packages.length > 0 || builtin || missing;
  }

  /** Whether a function of the user's that is called calls such things for what they do, however far away. */
  #leadsOutside(owner: ProgramUnit, call: CallSummary): boolean {
    const reached = new Set(this.purity.calleeOf(owner, call).units);
    for (const at of reached) {
      if (at.unit.calls.some((inner) => inner.isStatement && inner.name !== undefined && this.#isOutside(at, inner)))
        return true;
      for (const inner of at.unit.calls) {
        if (inner.name === undefined) continue;
        for (const next of this.purity.calleeOf(at, inner).units) reached.add(next);
      }
    }
    return false;
  }
}

/** What looks like a global and is the module's own, in CommonJS. */
function isModuleVariable({ name }: Ref): boolean {
  return name === "module" || name === "exports" || name === "require" || name === "__filename" || name === "__dirname";
}

/** What can be assigned without changing what a function gives; an exit code is for who started the process. */
function isUnread(ref: Ref): boolean {
  return isModuleVariable(ref) || (ref.name === "process" && ref.member === "exitCode");
}

/** What can be changed by way of a declaration. */
interface Held {
  readonly units: ReadonlySet<ProgramUnit>;
  readonly packages: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
  /** Or a built-in module. */
  readonly globals: boolean;
}

function isEverything({ name, member }: Ref): boolean {
  return member === undefined && (name === "globalThis" || name === "global");
}

/** Whether code that may change what it is given is given a global by which all code can be changed, as its module loads. */
function isHandedOut(ref: Ref, { unit }: ProgramUnit): boolean {
  if (ref.member === "prototype" || isEverything(ref)) return true;
  // `process` is mostly handed on to be read.
  if (ref.name === "process") return unit.kind === "statement" && !isTaken(ref);
  return ref.member === "__proto__" && unit.opaqueEager;
}

/** Members of `process` that are texts or numbers. */
const plainMembers = /^(?:arch|argv0|execPath|exitCode|pid|platform|ppid|title|version)$/;
/** Those of which what is in them, or what they give when they are called, can be handed out. */
const givingMembers =
  /^(?:argv|cwd|env|execArgv|exit|hrtime|memoryUsage|off|on|once|std(?:err|in|out)|uptime|versions)$/;

/** Whether a part of `process` is handed out by which that cannot be changed: `process.argv[2]`, and not `process.argv`. */
function isTaken({ member, flags }: Ref): boolean {
  if (member === undefined) return false;
  return plainMembers.test(member) || (!(flags & RefFlag.whole) && givingMembers.test(member));
}

/** The same of a function that such code calls, which may as well have read a property. */
function isHandedOn(ref: Ref, { unit }: ProgramUnit): boolean {
  if (!(ref.flags & RefFlag.whole) || ref.flags & RefFlag.kept) return false;
  if (ref.member === "prototype" || isEverything(ref)) return true;
  return unit.opaque && (isEnvironment(ref) || ref.member === "__proto__");
}

/** Whether what is declared with this may be such a global. */
function isAlias(ref: Ref): boolean {
  if (!(ref.flags & RefFlag.global)) return false;
  if (ref.name === "process" && ref.member === "getBuiltinModule") return true;
  if (!(ref.flags & RefFlag.whole) || ref.flags & RefFlag.kept) return false;
  if (ref.member === undefined && /^[A-Z]/.test(ref.name)) return true;
  return ref.member === "prototype" || ref.member === "__proto__" || isEverything(ref) || isEnvironment(ref);
}

function isEnvironment({ name, member }: Ref): boolean {
  return name === "process" && (member === undefined || member === "env");
}

/** Whether all that a built-in module exports is handed over, as one object. */
function isWholeModule({ module }: ProgramUnit, { name, member, flags }: Ref): boolean {
  if (member !== undefined || !(flags & RefFlag.whole) || flags & RefFlag.kept) return false;
  const exported = importOf(module, name)?.name;
  return exported === "default" || exported === "*";
}
