import { fail } from "../../core/failure.ts";
import type { Frame } from "../../core/node.ts";
import type { NodeInside } from "../captured/captured-data.ts";
import { movedByOthers } from "../captured/captured-functions.ts";
import {
  type CapturedValues,
  type CapturedVersion,
  type LiveCode,
  type NamedModule,
  type StaticArgument,
  Uncaptured,
  type ValuePlace,
} from "../captured/captured-values.ts";
import type { CodeArgument } from "../code-version.ts";
import { isUserFile } from "../load/module-path.ts";
import type { Linker } from "../program/links.ts";
import type { ProgramModule } from "../program/program.ts";
import type { CallSite, Captured, CapturedParam, SiteArgument } from "./call-site.ts";
import type { CallSites } from "./call-sites.ts";

/** How the code of a node is collected. */
export interface CollectOptions {
  /** What becomes of captured variables that cannot be versioned. */
  readonly captured: "error" | "ignore";
  /** What the node is called in messages; else it is called after its declaration. */
  readonly name?: string | undefined;
  /** What an argument is in this process. */
  readonly live?: ((argument: CodeArgument) => unknown) | undefined;
}

/** What counts of the call that declares a node, and what that takes from the functions around it. */
export class DeclaredCode {
  /** The same argument of a call is there once, however often it is captured. */
  readonly #items = new Map<SiteArgument, DeclaredItem>();
  /** A module that counts whole, with the frame that stands at no call of its own. */
  whole: { readonly module: ProgramModule; readonly frame: Frame } | undefined;
  readonly #packages: string[] = [];
  /** What the values of captured variables add. */
  values: CapturedVersion | undefined;
  /** Looks at the values again: the name of a variable that has changed. */
  changed: (() => string | undefined) | undefined;

  add(module: ProgramModule, name: string, argument: SiteArgument): boolean {
    if (this.#items.has(argument)) return false;
    this.#items.set(argument, { module, name, argument });
    return true;
  }

  addPackage(root: string): void {
    if (!this.#packages.includes(root)) this.#packages.push(root);
  }

  get items(): Iterable<DeclaredItem> {
    return this.#items.values();
  }

  /** Folders of installed packages. */
  get packages(): readonly string[] {
    return this.#packages;
  }
}

/** A piece of code that counts. */
export interface DeclaredItem {
  readonly module: ProgramModule;
  readonly name: string;
  readonly argument: SiteArgument;
}

/** An argument of a call that counts: of which frame, and which. */
interface Pending {
  readonly level: number;
  readonly at: Located;
  readonly wanted: Wanted;
}

interface Located {
  readonly module: ProgramModule;
  readonly site: CallSite;
}

/** Which arguments are wanted: some, all, or all from one on. */
type Wanted = readonly CodeArgument[] | "all" | { readonly from: number };

/** Collects the code of nodes in one program. */
export class CodeCollector {
  readonly #sites: CallSites;
  readonly #linker: Linker;
  readonly #values: CapturedValues;
  readonly #moduleOf: (file: string) => ProgramModule;

  /** @param moduleOf takes a module into the program */
  constructor(sites: CallSites, linker: Linker, values: CapturedValues, moduleOf: (file: string) => ProgramModule) {
    this.#sites = sites;
    this.#linker = linker;
    this.#values = values;
    this.#moduleOf = moduleOf;
  }

  /**
   * Collects arguments of the call at the first frame, and whatever they stand for in its callers.
   * @throws SluiceError `captured-variable`
   */
  collect(
    frames: readonly Frame[],
    args: readonly CodeArgument[] | undefined,
    options: CollectOptions,
    into: DeclaredCode,
  ): void {
    const { module, site } = this.#locate(frames[0]!);
    if (!site) {
      into.whole = { module, frame: frames[0]! };
      return;
    }
    const pending: Pending[] = [{ level: 0, at: { module, site }, wanted: args ?? "all" }];
    const lives: LiveCode[] = [];
    for (let i = 0; i < pending.length; i++) {
      const { level, at, wanted } = pending[i]!;
      for (const { name, argument, is } of argumentsOf(at.site, wanted)) {
        if (!into.add(at.module, name, argument)) continue;
        const argumentOf = (captured: Captured) => this.#argumentOf(frames, level, at.module, captured, pending);
        if (level === 0 && is !== undefined && options.live && options.captured === "error") {
          const all = args === undefined ? ([1, [2, "check"]] as const).map(options.live) : undefined;
          // What a package makes of what it is given, nobody knows: all that came of it counts.
          const { literal: _, ...code } = argument;
          lives.push({
            module: at.module,
            name,
            code: all ? code : argument,
            value: all ?? options.live(is),
            open: !all && !argument.literal && this.#isOpen(at.module, argument),
            argumentOf,
          });
        } else this.#takeStatic(argument, at, argumentOf, options);
      }
      if (i === 0 && lives.length > 0) this.#takeValues(lives, options.name ?? site.name, into);
    }
  }

  /**
   * Collects the code of a value that is a function or holds functions.
   * @throws SluiceError `captured-variable`
   */
  collectValue(value: unknown, at: ValuePlace, { captured, name }: CollectOptions, into: DeclaredCode): void {
    const called = name ?? "a function";
    const read = (): CapturedVersion => this.#values.ofValue(value, at, { name: called, captured });
    try {
      const values = read();
      this.#take(values, into);
      // What is nothing but source stays what it is.
      if (values.looked || typeof value !== "function") into.changed = () => this.#changedSince(values, read);
    } catch (error) {
      if (!(error instanceof Uncaptured)) throw error;
      const { captured: found, module, message, node } = error;
      if (found.name === called) failSource(called, at, message);
      failCaptured(called, module, found, message, node);
    }
  }

  /** Whether an argument may be a function that captures something, as far as the source tells. */
  #isOpen(module: ProgramModule, { made, refs }: SiteArgument): boolean {
    if (made) return true;
    return refs.some((ref) =>
      this.#linker.ofRef(module, ref).units.some(({ unit }) => unit.fn === undefined && unit.kind !== "enum"),
    );
  }

  /** Takes what the source says of captured variables. */
  #takeStatic(
    { captured }: SiteArgument,
    { module, site }: Located,
    argumentOf: (captured: Captured) => StaticArgument | undefined,
    options: CollectOptions,
  ): void {
    for (const capture of captured) {
      const argument = capture.param && capture.why === undefined ? argumentOf(capture) : undefined;
      argument?.use();
      const isKnown = argument !== undefined || (capture.why === undefined && !capture.param);
      if (isKnown || options.captured === "ignore") continue;
      failCaptured(options.name ?? site.name, module, capture, capture.why ?? notFound);
    }
  }

  #takeValues(lives: readonly LiveCode[], name: string, into: DeclaredCode): void {
    let values: CapturedVersion;
    try {
      values = this.#values.of(lives);
    } catch (error) {
      if (!(error instanceof Uncaptured)) throw error;
      return failCaptured(name, error.module, error.captured, error.message, error.node);
    }
    this.#take(values, into);
    if (values.digest !== undefined) into.changed = () => this.#changedSince(values, () => this.#values.of(lives));
  }

  #take(values: CapturedVersion, into: DeclaredCode): void {
    into.values = values;
    for (const found of values.codes) into.add(found.module, found.name, found.code);
    for (const root of values.packages) into.addPackage(root);
  }

  #changedSince(before: CapturedVersion, read: () => CapturedVersion): string | undefined {
    try {
      const now = read();
      if (now.digest === before.digest) return undefined;
      return before.parts.find((part, i) => part.digest !== now.parts[i]?.digest)?.name ?? "a captured function";
    } catch (error) {
      if (error instanceof Uncaptured) return error.captured.name;
      throw error;
    }
  }

  #locate(frame: Frame): { readonly module: ProgramModule; readonly site: CallSite | undefined } {
    const module = this.#moduleOf(frame.file);
    return { module, site: this.#sites.at(module, frame) };
  }

  /** The argument that a captured parameter stands for; undefined where its call cannot be found. */
  #argumentOf(
    frames: readonly Frame[],
    from: number,
    module: ProgramModule,
    { param }: Captured,
    pending: Pending[],
  ): StaticArgument | undefined {
    const caller = param && this.#callerOf(frames, from, module, param.fn);
    if (!caller) return undefined;
    const { level, ...at } = caller;
    const wanted = wantedFor(param);
    const args = [...argumentsOf(at.site, wanted)].map(({ argument }) => argument);
    const inner = args.flatMap(({ captured }) =>
      captured.map((each) => ({ each, argument: this.#argumentOf(frames, level, at.module, each, pending) })),
    );
    return {
      known:
        args.length > 0 &&
        args.every(({ constant, literal }) => constant || literal) &&
        inner.every(({ each, argument }) => each.known || (each.why === undefined && argument?.known)),
      blocked: inner.some(({ each, argument }) =>
        each.param && each.why === undefined ? (argument?.blocked ?? true) : each.why !== undefined,
      ),
      use: () => pending.push({ level, at, wanted }),
    };
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
    const { units } = this.#linker.ofRef(caller, ref);
    return units.length === 1 && units[0]!.module === module && units[0]!.unit.fn === fn;
  }
}

/** The argument that a parameter gets, or the property of it that a name in its pattern gets. */
function wantedFor({ index, rest, property }: CapturedParam): Wanted {
  if (rest) return { from: index };
  return [property === undefined ? index : [index, property]];
}

/** An argument, called after its call; `is` where it is known which one it is. */
interface Counting {
  readonly name: string;
  readonly argument: SiteArgument;
  readonly is?: CodeArgument;
}

function* argumentsOf(site: CallSite, wanted: Wanted): Iterable<Counting> {
  const { name, args, spread = Number.POSITIVE_INFINITY } = site;
  const from = wanted === "all" ? 0 : "from" in wanted ? wanted.from : undefined;
  const indexes =
    from === undefined ? (wanted as readonly CodeArgument[]) : args.flatMap((_, i) => (i >= from ? [i] : []));
  // Behind a spread nobody knows which argument is which.
  if ((from ?? Math.max(-1, ...indexes.map((each) => (typeof each === "number" ? each : each[0])))) >= spread) {
    for (const argument of args) yield { name, argument };
    return;
  }
  for (const is of indexes) {
    const [index, property] = typeof is === "number" ? [is] : is;
    const argument = args[index];
    if (!argument) continue;
    if (property === undefined || !argument.properties) yield { name, argument, is };
    else if (Object.hasOwn(argument.properties, property))
      yield { name: `${name}.${property}`, argument: argument.properties[property]!, is };
  }
}

const notFound = "the call that gives it cannot be found in the source";

/** Of the functions of a node themselves, not of what they capture. */
function failSource(node: string, { file, line }: ValuePlace, why: string): never {
  const first = why.endsWith(movedByOthers)
    ? 'in a test, say withModules("./features.ts") instead of what was imported'
    : "write its function in a module";
  return fail("captured-variable", `the code of "${node}" cannot be versioned: ${why}`, {
    where: { file, line },
    hint: `${first}, or set the option \`version\` and change it with the code`,
  });
}

function failCaptured(node: string, module: NamedModule, captured: Captured, why: string, inside?: NodeInside): never {
  const { name, line, column } = captured;
  const where = { file: module.file, line, column };
  const message = `the code of "${node}" captures ${JSON.stringify(name)} from around it: ${why}`;
  return fail("captured-variable", message, { where, hint: hintFor(name, inside) });
}

function hintFor(name: string, inside: NodeInside | undefined): string {
  if (inside === "inside") return "name the node itself among the inputs, and capture the rest without it";
  if (inside) return `a function gets the value of another node as an input: stage({ ${name} }, ({ ${name} }) => ...)`;
  const salt = "or set the option `version` and change it with the value";
  if (name === "this")
    return `copy what is needed of \`this\` to a constant outside of the function, or pass it as an input, ${salt}`;
  return `pass it as an input ({ ${name} }), ${salt}`;
}
