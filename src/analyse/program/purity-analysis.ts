import { type CallSummary, type Ref, RefFlag } from "../syntax/module-summary.ts";
import { importOf, type Linker, type Links } from "./links.ts";
import type { ProgramModule, ProgramUnit } from "./program.ts";
import { isLookingCall } from "./purity.ts";

/**
 * Which calls change nothing of the user's. A function is inert if no code that it calls can change anything but what it
 * made itself; Sluice's own functions are, as `stage(...)` only takes note of what it is given.
 */
export class PurityAnalysis {
  readonly #linker: Linker;
  readonly #inert = new Map<ProgramUnit, boolean>();
  readonly #impure = new Map<ProgramUnit, boolean>();
  readonly #reaching = new Map<string, Map<ProgramUnit, boolean>>();
  /** The inert functions called by a function that is inert if they are; undefined where it is not. */
  readonly #callees = new Map<ProgramUnit, readonly ProgramUnit[] | undefined>();

  /** The code that gives what a unit declares a member that acts without being seen to. */
  readonly #equipping = new Map<ProgramUnit, ProgramUnit[]>();

  constructor(linker: Linker) {
    this.#linker = linker;
  }

  /** Takes note of what a module gives to others, before anything is asked about those that are loaded with it. */
  note(module: ProgramModule): void {
    for (const unit of module.units) {
      if (!unit.unit.implicit && !unit.unit.methods) continue;
      for (const ref of unit.unit.refs) {
        if (!(ref.flags & RefFlag.write) || ref.flags & RefFlag.global) continue;
        for (const target of this.#linker.ofRef(module, ref).units) {
          const known = this.#equipping.get(target);
          if (known) known.push(unit);
          else this.#equipping.set(target, [unit]);
        }
      }
    }
  }

  /** Whether running the top of the module runs code of this unit that may change something. */
  isImpure(unit: ProgramUnit): boolean {
    let impure = this.#impure.get(unit);
    if (impure === undefined) {
      impure = this.#findImpure(unit);
      this.#impure.set(unit, impure);
    }
    return impure;
  }

  #findImpure(owner: ProgramUnit): boolean {
    const { unit } = owner;
    if (unit.opaqueEager || (unit.runsFunctions && unit.opaque)) return true;
    const isLive = ({ flags }: Ref): boolean => unit.runsFunctions || (flags & RefFlag.eager) !== 0;
    if (unit.refs.some((ref) => isLive(ref) && this.usesActing(owner, ref))) return true;
    return unit.calls.some(
      (call) =>
        (call.eager || unit.runsFunctions) && this.mayChange(owner, call) && !this.isDeferred(owner, call.within),
    );
  }

  /** The calls that running the top of the module makes and that may change something. */
  impureCalls(owner: ProgramUnit): readonly CallSummary[] {
    const { unit } = owner;
    return unit.calls.filter(
      (call) =>
        (call.eager || unit.runsFunctions) && this.mayChange(owner, call) && !this.isDeferred(owner, call.within),
    );
  }

  /** Whether code lies in a function that is only handed over to what does not call it, or is so handed over itself. */
  isDeferred(owner: ProgramUnit, within: readonly number[] | undefined): boolean {
    // What is called on the spot may be what was handed over: `keep(() => ...)()`.
    if (owner.unit.opaqueEager) return this.isDeclared(owner, within);
    return within?.some((index) => this.#onlyTakes(owner, owner.unit.calls[index]!)) ?? false;
  }

  /**
   * Whether code lies in a function that is handed to Sluice: nothing of the program calls that. A user's function that takes
   * another may give it back, to be called by whoever gets at what it gave.
   */
  isDeclared(owner: ProgramUnit, within: readonly number[] | undefined): boolean {
    return within?.some((index) => this.#isOwn(owner, owner.unit.calls[index]!)) ?? false;
  }

  #isOwn(owner: ProgramUnit, call: CallSummary): boolean {
    if (call.given || call.chained || call.name === undefined) return false;
    const { own, units, packages } = this.calleeOf(owner, call);
    return own && units.length === 0 && packages.length === 0;
  }

  /**
   * Whether something is handed to Sluice, or to a method of what that has made: `common.withModules(features)`. A function that is handed to
   * it is called, but nothing is hung on it.
   */
  isHandedToSluice(owner: ProgramUnit, within: readonly number[] | undefined): boolean {
    return within !== undefined && this.#isOfSluice(owner, owner.unit.calls[within[0]!]!);
  }

  #isOfSluice(owner: ProgramUnit, call: CallSummary): boolean {
    if (call.given || call.name === undefined) return false;
    const { own, units, packages } = this.calleeOf(owner, call);
    if (packages.length > 0) return false;
    if (units.length === 0) return own && (!call.chained || isMethod(call));
    return isMethod(call) && units.every((unit) => this.#isMadeBySluice(unit));
  }

  /** Whether a unit declares what a call of Sluice gives. */
  #isMadeBySluice(owner: ProgramUnit): boolean {
    let known = this.#madeBySluice.get(owner);
    if (known === undefined) {
      // until it is known: a value that is made of itself is none
      this.#madeBySluice.set(owner, false);
      known = owner.unit.calls.some((call) => isDeclaring(call) && this.#isOfSluice(owner, call));
      this.#madeBySluice.set(owner, known);
    }
    return known;
  }
  readonly #madeBySluice = new Map<ProgramUnit, boolean>();

  /** Whether a call neither calls nor changes what it is given. */
  #onlyTakes(owner: ProgramUnit, call: CallSummary): boolean {
    if (call.given || call.chained || (isLookingCall(call) && this.#isMethodOfValue(owner, call))) return false;
    // It may give back what it is given.
    if (call.used && !this.#isOwn(owner, call)) return false;
    const effect = this.#effectOf(owner, call);
    // A function that is inert neither calls a parameter nor changes it.
    return typeof effect === "string" ? effect === "none" : effect.every((callee) => this.isInert(callee));
  }

  /** Whether a call may change something of the user's. */
  mayChange(owner: ProgramUnit, call: CallSummary): boolean {
    const effect = this.#effectOf(owner, call);
    if (effect === "none" || effect === "builtin") return false;
    return effect === "any" || effect.some((callee) => !this.isInert(callee));
  }

  /** What a call may do: nothing, what a built-in module does, anything, or what these functions do. */
  #effectOf(owner: ProgramUnit, call: CallSummary): "none" | "builtin" | "any" | readonly ProgramUnit[] {
    if (call.name === undefined) return "any";
    const links = this.calleeOf(owner, call);
    if (links.packages.length > 0 || links.missing) return isLookingCall(call) ? "none" : "any";
    const callees: ProgramUnit[] = [];
    for (const target of links.units) {
      const { callable, fn } = target.unit;
      if (call.given) {
        if (this.#isMethodOfValue(owner, call)) return "any";
        if (callable === false) continue;
        if (callable === undefined) return "any";
      } else if (this.#isMethodOfValue(owner, call)) {
        if (isLookingCall(call) && !this.#overrides(target, call.method!)) continue;
        return "any";
      } else if (callable !== true) return "any";
      if (call.chained || (fn === undefined && target.unit.kind !== "class")) return "any";
      callees.push(target);
    }
    if (callees.length > 0) return callees;
    if (links.own && links.units.length === 0) return "none";
    return links.builtin ? "builtin" : links.files.length > 0 || call.given || links.units.length > 0 ? "none" : "any";
  }

  /** Whether code reads something, and that may run an accessor, a conversion or the like that changes something. */
  usesActing(owner: ProgramUnit, ref: Ref): boolean {
    if (ref.flags & (RefFlag.call | RefFlag.global) || this.isDeclared(owner, ref.within)) return false;
    const { units } = this.#linker.ofRef(owner.module, ref);
    return units.some((unit) => unit !== owner && this.#reaches(unit, "", (at) => this.#isActing(at)));
  }

  #isActing(owner: ProgramUnit): boolean {
    const { implicit, methods, mutable, calls } = owner.unit;
    // Whoever is given it may call its `get` or `map`, which looks as if it changed nothing.
    if (implicit || methods) return true;
    // What a generator gave is used up by whoever iterates over it.
    const givesIterator = (call: CallSummary): boolean =>
      call.eager && call.name !== undefined && this.calleeOf(owner, call).units.some(({ unit }) => unit.generator);
    return mutable && calls.some(givesIterator);
  }

  /** Whether what a unit declares may have a method of the user's own by the name of one that only looks. */
  #overrides(unit: ProgramUnit, method: string): boolean {
    return this.#reaches(unit, method, (at) => at.unit.methods?.includes(method) ?? false);
  }

  /** Whether a unit is, or refers to, however far away, one of which something holds. */
  #reaches(unit: ProgramUnit, what: string, holds: (unit: ProgramUnit) => boolean): boolean {
    let known = this.#reaching.get(what);
    if (!known) {
      known = new Map();
      this.#reaching.set(what, known);
    }
    const answer = known.get(unit);
    if (answer !== undefined) return answer;
    if (this.#linker.ofUnit(unit).units.length === 0 && !this.#equipping.has(unit)) {
      const alone = holds(unit);
      known.set(unit, alone);
      return alone;
    }
    const reached = new Set([unit]);
    for (const at of reached) {
      if (known.get(at) ?? holds(at)) {
        known.set(unit, true);
        return true;
      }
      if (known.get(at) === false) continue;
      for (const next of this.#linker.ofUnit(at).units) reached.add(next);
      for (const next of this.#equipping.get(at) ?? []) reached.add(next);
    }
    for (const at of reached) known.set(at, false);
    return false;
  }

  /** Whether a method is called of what a name holds, and not an export of a namespace. */
  #isMethodOfValue(owner: ProgramUnit, call: CallSummary): boolean {
    if (call.depth === 0) return false;
    return !(call.depth === 1 && importOf(owner.module, call.name!)?.name === "*");
  }

  /** What a call calls, or a method of it. */
  calleeOf(owner: ProgramUnit, { name, method, depth, chained }: CallSummary): Links {
    const isExport = importOf(owner.module, name!)?.name === "*" && depth >= 1 && !chained;
    const member = isExport && depth === 1 && method !== undefined ? { member: method } : {};
    return this.#linker.ofRef(owner.module, { name: name!, ...member, flags: 0 });
  }

  /** Whether calling a function changes nothing: neither it, nor any function that it calls, however far away. */
  isInert(unit: ProgramUnit): boolean {
    const known = this.#inert.get(unit);
    if (known !== undefined) return known;
    // Until it is known, whoever asks in the course of finding out is told the worse.
    this.#inert.set(unit, false);
    const reached = new Set([unit]);
    let inert = true;
    for (const at of reached) {
      const callees = at !== unit && this.#inert.get(at) === false ? undefined : this.#calleesOf(at);
      if (!callees) {
        inert = false;
        break;
      }
      for (const callee of callees) reached.add(callee);
    }
    // All that an inert function calls is inert as well; of one that is not, the rest is not known.
    if (inert) for (const at of reached) this.#inert.set(at, true);
    else this.#inert.set(unit, false);
    return inert;
  }

  #calleesOf(unit: ProgramUnit): readonly ProgramUnit[] | undefined {
    if (!this.#callees.has(unit)) this.#callees.set(unit, this.#findCallees(unit));
    return this.#callees.get(unit);
  }

  #findCallees(owner: ProgramUnit): readonly ProgramUnit[] | undefined {
    const { unit } = owner;
    if (unit.opaque || unit.callable !== true) return undefined;
    if (unit.refs.some((ref) => ref.flags & RefFlag.write && !this.#isHandedOver(owner, ref))) return undefined;
    if (unit.refs.some((ref) => this.usesActing(owner, ref))) return undefined;
    const callees: ProgramUnit[] = [];
    for (const call of unit.calls) {
      if (this.#isHandedOver(owner, call)) continue;
      const effect = this.#effectOf(owner, call);
      if (effect === "any") return undefined;
      if (typeof effect !== "string") callees.push(...effect);
    }
    return callees;
  }

  #isHandedOver(owner: ProgramUnit, { within }: Pick<Ref, "within">): boolean {
    return this.isDeferred(owner, within);
  }
}

/** Whether a method is called, and not the value itself by way of one. */
function isMethod({ method }: CallSummary): boolean {
  return method !== undefined && !/^(?:apply|bind|call)$/.test(method);
}

/** Whether what a call gives is what is declared, as it is or awaited. */
function isDeclaring({ eager, isStatement, used, given }: CallSummary): boolean {
  return eager && !isStatement && !used && !given;
}
