import type { CodePart } from "../../core/code-part.ts";
import type { Digest } from "../../core/digest.ts";
import { digestParts } from "../../core/fingerprint.ts";
import type { Captured, SiteArgument } from "../calls/call-site.ts";
import type { ProgramModule } from "../program/program.ts";
import { type AnyFunction, type NodeInside, type Taken, take } from "./captured-data.ts";
import type { FunctionFinder } from "./captured-functions.ts";
import { findVariable, lookUp } from "./captured-lookup.ts";
import type { FunctionInspector, FunctionView } from "./captured-scopes.ts";

/** Code with the function that it is in this process. */
export interface LiveCode {
  readonly module: ProgramModule;
  /** What it is called. */
  readonly name: string;
  readonly code: SiteArgument;
  /** Whether its value may be a function that neither is written there nor is one of a module's. */
  readonly open: boolean;
  /** The function, for a function that is written there; else the value of the code, which may have functions in it. */
  readonly value: unknown;
  /** What the source says of a parameter that is captured. */
  readonly argumentOf: (captured: Captured) => StaticArgument | undefined;
}

/** The argument that a captured parameter stands for, as the source tells. */
export interface StaticArgument {
  /** Whether the source says all of it; else its value says more. */
  readonly known: boolean;
  /** Whether it depends on what neither says. */
  readonly blocked: boolean;
  /** Takes it into the version. */
  use(): void;
}

/** A module, as far as messages and parts name it. */
export type NamedModule = Pick<ProgramModule, "file" | "name">;

/** Where a value is, for messages and parts: looked up only for these. */
export interface ValuePlace extends NamedModule {
  readonly line: number;
}

/** Code that was found by way of a value. */
export interface FoundCode {
  readonly module: ProgramModule;
  readonly name: string;
  readonly code: SiteArgument;
}

/** Everything that captured values add to a version. */
export interface CapturedVersion {
  /** Of all values, in their order; undefined where no value had to be looked at. */
  readonly digest: Digest | undefined;
  readonly parts: readonly CodePart[];
  readonly codes: readonly FoundCode[];
  readonly packages: readonly string[];
  /** Whether anything was taken from values, or would have been: then the source alone does not say the version. */
  readonly looked: boolean;
}

/** Why a captured variable cannot be versioned. */
export class Uncaptured extends Error {
  readonly captured: Captured;
  readonly module: NamedModule;
  /** Where it is, or holds, a node, which is no value to capture. */
  readonly node: NodeInside | undefined;

  constructor(captured: Captured, module: NamedModule, why: string, node: NodeInside | undefined) {
    super(why);
    this.captured = captured;
    this.module = module;
    this.node = node;
  }
}

/** Reads the values that code captures. */
export class CapturedValues {
  readonly #inspector: FunctionInspector;
  readonly #functions: FunctionFinder;
  readonly #preview: (value: unknown) => string | undefined;

  /** @param preview a value in a few words; undefined where it must not be shown */
  constructor(
    inspector: FunctionInspector,
    functions: FunctionFinder,
    preview: (value: unknown) => string | undefined,
  ) {
    this.#inspector = inspector;
    this.#functions = functions;
    this.#preview = preview;
  }

  /** @throws Uncaptured for a variable whose value counts and cannot be versioned */
  of(codes: readonly LiveCode[]): CapturedVersion {
    const reading = new Reading(this.#inspector, this.#functions, this.#preview);
    for (const code of codes) reading.read(code);
    return reading.version();
  }

  /**
   * The same of one value, which is a function or holds functions.
   * @param options what it is called, and what becomes of variables that cannot be versioned
   */
  ofValue(value: unknown, at: ValuePlace, { name, captured }: ValueOptions): CapturedVersion {
    const reading = new Reading(this.#inspector, this.#functions, this.#preview, captured === "ignore");
    reading.readValue(new CapturedWhole(name, at), at, value);
    return reading.version();
  }
}

interface ValueOptions {
  readonly name: string;
  readonly captured: "error" | "ignore";
}

/** A value by itself, as if it were captured. */
class CapturedWhole implements Captured {
  readonly name: string;
  readonly column = 1;
  readonly #at: ValuePlace;

  constructor(name: string, at: ValuePlace) {
    this.name = name;
    this.#at = at;
  }

  get line(): number {
    return this.#at.line;
  }
}

class Reading {
  readonly #inspector: FunctionInspector;
  readonly #functions: FunctionFinder;
  readonly #preview: (value: unknown) => string | undefined;
  /** Whether captured variables that cannot be versioned are passed over. */
  readonly #lenient: boolean;
  /** Functions by their numbers. */
  #numbers = new Map<AnyFunction, number>();
  /** What each value and each function amounts to, in the order in which they are met: names and digests. */
  #steps: string[] = [];
  readonly #inSource = new Set<unknown>();
  #parts: CodePart[] = [];
  #codes: FoundCode[] = [];
  #packages: string[] = [];
  #looked = false;

  constructor(
    inspector: FunctionInspector,
    functions: FunctionFinder,
    preview: (value: unknown) => string | undefined,
    lenient = false,
  ) {
    this.#inspector = inspector;
    this.#functions = functions;
    this.#preview = preview;
    this.#lenient = lenient;
  }

  version(): CapturedVersion {
    return {
      digest: this.#steps.length === 0 ? undefined : digestParts("captured", this.#steps),
      parts: this.#parts,
      codes: this.#codes,
      packages: this.#packages,
      looked: this.#looked,
    };
  }

  /** Takes a value by itself. */
  readValue(entry: Captured, module: NamedModule, value: unknown): void {
    this.#value(entry, module, "", value);
    // What a function is that is nothing but its source, its code says.
    if (!this.#looked && this.#inSource.has(value)) this.#steps = [];
  }

  read(live: LiveCode): void {
    const { code, value } = live;
    if (code.literal && typeof value === "function") {
      let view: FunctionView | undefined;
      this.#variables(live, "", () => {
        view ??= this.#inspector.view(value as AnyFunction);
        return view;
      });
      return;
    }
    const first = this.#firstUnknown(live);
    if (first || live.open) {
      this.#looked = true;
      // What was made of the variables is there: what they were need not be known.
      const at = first ?? { name: live.name, line: code.line, column: 1 };
      const refused = this.#attempt(() => this.#value(at, live.module, "", value));
      if (refused === undefined) return;
      this.#refuseUnknown(live, refused);
    }
    for (const captured of code.captured) live.argumentOf(captured)?.use();
  }

  /** Of what has no value the source must say enough. */
  #refuseUnknown({ code, module, argumentOf }: LiveCode, refused: Uncaptured): void {
    if (refused.node === "itself") throw refused;
    for (const captured of code.captured) {
      if (captured.why !== undefined) throw refusal(captured, module, captured.why, refused);
      if (captured.param && (argumentOf(captured)?.blocked ?? true)) throw refusal(captured, module, notFound, refused);
    }
  }

  /** The first variable about which the source does not say all. */
  #firstUnknown({ code, argumentOf }: LiveCode): Captured | undefined {
    return code.captured.find((captured) => {
      if (captured.known) return false;
      return captured.why !== undefined || !captured.param || !argumentOf(captured)?.known;
    });
  }

  /** Takes the variables that a function captures, and what these need where their own values say too little. */
  #variables(live: LiveCode, prefix: string, view: () => FunctionView): void {
    const { module, code, argumentOf } = live;
    const { captured, blind } = code;
    if (captured.length === 0 && blind.length === 0) return;
    const evaluates = blind.find(({ what }) => what === "eval()");
    if (evaluates) {
      this.#looked = true;
      this.#allAround({ ...evaluates, name: "" }, module, prefix, view());
    }
    // Of what was made earlier, what its variables held then counts, and not what they hold now.
    const needed: { readonly index: number; readonly earlier: boolean }[] = [];
    const seen = new Map<number, boolean>();
    const need = (index: number, isUsedEarlier: boolean): void => {
      const earlier = isUsedEarlier || captured[index]!.early === true;
      const before = seen.get(index);
      if (before === true || before === earlier) return;
      seen.set(index, earlier);
      needed.push({ index, earlier });
    };
    const expand = (index: number, earlier: boolean): void => {
      for (const [other, { via }] of captured.entries()) if (via?.includes(index)) need(other, earlier);
    };
    for (const [index, { direct }] of captured.entries()) if (direct) need(index, false);
    for (const { index, earlier } of needed) {
      const entry = captured[index]!;
      if (entry.known) {
        expand(index, earlier);
        continue;
      }
      const argument = entry.param && entry.why === undefined ? argumentOf(entry) : undefined;
      if (argument?.known) {
        argument.use();
        expand(index, earlier);
        continue;
      }
      this.#looked = true;
      const isAnother = earlier && entry.changed === true;
      if (isAnother && entry.why !== undefined) throw refusal(entry, module, entry.why);
      const found = findVariable(entry, live, view());
      const refused = found ? this.#attempt(() => this.#value(entry, module, prefix, found.value)) : undefined;
      if (found && refused === undefined && !isAnother) continue;
      if (refused?.node === "itself") throw refused;
      if (entry.why === undefined && (!entry.param || (argument && !argument.blocked))) {
        argument?.use();
        expand(index, true);
        continue;
      }
      throw refusal(entry, module, (entry.shared ? sharedName : entry.why) ?? notFound, refused);
    }
  }

  /** What `eval` in a function may use: every variable around it. It is warned of, so what has no version is passed over. */
  #allAround(at: Captured, module: ProgramModule, prefix: string, { scopes }: FunctionView): void {
    const seen = new Set<string>();
    for (const scope of scopes) {
      for (const name of Object.keys(scope)) {
        if (seen.has(name)) continue;
        seen.add(name);
        const found = lookUp(scopes, name);
        if (!found || typeof found.value === "function") continue;
        this.#attempt(() => this.#value({ ...at, name }, module, prefix, found.value));
      }
    }
  }

  /** Takes a value with all functions in it. */
  #value(entry: Captured, module: NamedModule, prefix: string, value: unknown): void {
    const name = prefix + entry.name;
    const from = this.#steps.length;
    const taken = this.#taken(name, value);
    if (taken.refused !== undefined) throw refusal(entry, module, taken.refused, taken);
    this.#steps.push(name, taken.digest);
    // A function of the user's own is there by its source.
    if (typeof value === "function" && this.#inSource.has(value)) return;
    const preview = this.#preview(value);
    this.#parts.push({
      kind: "captured",
      name,
      file: module.name,
      line: entry.line,
      digest: digestParts("captured-value", this.#steps.slice(from)),
      ...(preview === undefined ? {} : { value: preview }),
    });
  }

  #taken(name: string, value: unknown): Taken {
    const fresh: AnyFunction[] = [];
    const taken = take(name, value, (fn) => {
      let number = this.#numbers.get(fn);
      if (number === undefined) {
        number = this.#numbers.size;
        this.#numbers.set(fn, number);
        fresh.push(fn);
      }
      return number;
    });
    if (taken.refused !== undefined) return taken;
    for (const fn of fresh) {
      const refused = this.#function(name, fn);
      if (refused) return refused;
    }
    return taken;
  }

  #function(name: string, fn: AnyFunction): Taken | undefined {
    const home = this.#functions.homeOf(fn);
    switch (home.kind) {
      case "unknown":
        if (this.#lenient) return undefined;
        return { refused: `it is or holds ${home.why}` };
      case "built-in":
        this.#steps.push("built-in", home.id);
        return undefined;
      case "package":
        this.#steps.push("package", home.id);
        this.#packages.push(home.root);
        return undefined;
      case "bound": {
        const { target, self, args } = home.bound;
        this.#looked = true;
        const taken = this.#taken(name, [target, self, args]);
        if (taken.refused !== undefined) return taken;
        this.#steps.push("bound", taken.digest);
        return this.#properties(name, fn);
      }
      case "source": {
        const { module, code, view } = home;
        this.#inSource.add(fn);
        this.#steps.push("source", module.name, code.digest);
        this.#codes.push({ module, name, code });
        const argumentOf = (): undefined => undefined;
        const variables = (): void =>
          this.#variables({ module, name, code, value: fn, open: false, argumentOf }, `${name}.`, view);
        if (this.#lenient) this.#attempt(variables);
        else variables();
        return this.#properties(name, fn);
      }
    }
  }

  /** What a program has hung on a function, or made static in a class. */
  #properties(name: string, fn: AnyFunction): Taken | undefined {
    // To ask for all properties would have the engine make a prototype object for each function.
    const hung: PropertyKey[] = Object.keys(fn);
    for (const key of Object.getOwnPropertySymbols(fn))
      if (Object.prototype.propertyIsEnumerable.call(fn, key)) hung.push(key);
    if (hung.length === 0) return undefined;
    this.#looked = true;
    const properties = Object.create(null) as object;
    for (const key of hung) Object.defineProperty(properties, key, Object.getOwnPropertyDescriptor(fn, key)!);
    const taken = this.#taken(name, properties);
    if (taken.refused !== undefined) return taken;
    this.#steps.push("properties", taken.digest);
    return undefined;
  }

  /** Does something, or nothing at all: then why it cannot be done. */
  #attempt(work: () => void): Uncaptured | undefined {
    const [numbers, steps] = [new Map(this.#numbers), [...this.#steps]];
    const [parts, codes, packages] = [[...this.#parts], [...this.#codes], [...this.#packages]];
    try {
      work();
      return undefined;
    } catch (error) {
      if (!(error instanceof Uncaptured)) throw error;
      [this.#numbers, this.#steps] = [numbers, steps];
      [this.#parts, this.#codes, this.#packages] = [parts, codes, packages];
      return error;
    }
  }
}

const sharedName = "another variable around it has the same name: give it one of its own";
const notFound = "the call that gives it cannot be found in the source";

/** What is in the way: what the value is, if it was found, else what the source says. */
function refusal(captured: Captured, module: NamedModule, why: string, cause?: Uncaptured | Taken): Uncaptured {
  if (cause instanceof Uncaptured) return cause;
  return new Uncaptured(captured, module, why, cause?.refused === undefined ? undefined : cause.node);
}
