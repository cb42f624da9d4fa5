import { createRequire, findSourceMap } from "node:module";
import path from "node:path";
import type { Place } from "../../core/failure.ts";
import type { SiteArgument } from "../calls/call-site.ts";
import type { CallSites } from "../calls/call-sites.ts";
import { isInstalled, isUserFile, pathOfModule } from "../load/module-path.ts";
import { isOwn } from "../packages/own-package.ts";
import type { Program, ProgramModule } from "../program/program.ts";
import type { AnyFunction } from "./captured-data.ts";
import type { FunctionInspector, FunctionView } from "./captured-scopes.ts";
import { isNative } from "./function-place.ts";
import { isInPlaceOf, isLoadedScript } from "./script-text.ts";

/** Where a function that is captured comes from. */
export type FunctionHome =
  | {
      readonly kind: "source";
      readonly module: ProgramModule;
      readonly code: SiteArgument;
      /** Asked only where variables must be looked at. */
      readonly view: () => FunctionView;
    }
  /** It is told from the package's others by its id. */
  | { readonly kind: "package"; readonly root: string; readonly id: string }
  | { readonly kind: "built-in"; readonly id: string }
  | { readonly kind: "bound"; readonly bound: NonNullable<FunctionView["bound"]> }
  | { readonly kind: "unknown"; readonly why: string };

interface Script {
  /** Absolute path; absent where it is in no file. */
  readonly file: string | undefined;
  readonly is: "own" | "installed" | "user's";
}

/** Finds the source of functions that are only known as values. */
export class FunctionFinder {
  readonly #program: Program;
  readonly #sites: CallSites;
  readonly #inspector: FunctionInspector;
  readonly #moduleOf: (file: string) => ProgramModule;

  /** @param moduleOf takes a module into the program */
  constructor(
    program: Program,
    sites: CallSites,
    inspector: FunctionInspector,
    moduleOf: (file: string) => ProgramModule,
  ) {
    this.#program = program;
    this.#sites = sites;
    this.#inspector = inspector;
    this.#moduleOf = moduleOf;
  }

  homeOf(fn: AnyFunction): FunctionHome {
    const builtIn = builtIns().get(fn);
    // What a program has put in the place of a built-in is its own code.
    if (builtIn !== undefined && isNative(fn)) return { kind: "built-in", id: builtIn };
    const location = this.#inspector.locationOf(fn);
    const bound = !location && isNative(fn) ? this.#inspector.view(fn).bound : undefined;
    if (bound) return { kind: "bound", bound };
    const url = location && this.#inspector.urlOf(location.scriptId);
    if (!location || !url) return { kind: "unknown", why: "a function whose source cannot be found" };
    if (url.startsWith("node:")) return builtInOf(url, fn);
    const { file, is } = this.#scriptAt(url);
    if (file === undefined) return { kind: "unknown", why: "a function whose source is in no file" };
    if (is === "own") return { kind: "unknown", why: "a function of Sluice" };
    if (is === "installed") return this.#inPackage(file, fn, this.#inspector.view(fn));
    const module = this.#moduleOf(file);
    if (!this.#isInPlace(location.scriptId, file)) return { kind: "unknown", why: movedByOthers };
    const code = this.#sites.functionAt(module, { file, line: location.line, column: location.column }, isClass(fn));
    if (!code) return { kind: "unknown", why: "a function that cannot be found in the source" };
    return { kind: "source", module, code, view: () => this.#inspector.view(fn) };
  }

  /** What a script is, by its URL: thousands of functions may be in one. */
  #scriptAt(url: string): Script {
    let script = this.#scripts.get(url);
    if (!script) {
      const file = pathOfModule(url);
      script = {
        file,
        is: file === undefined ? "user's" : isOwn(file) ? "own" : isInstalled(file) ? "installed" : "user's",
      };
      this.#scripts.set(url, script);
    }
    return script;
  }
  readonly #scripts = new Map<string, Script>();

  /**
   * Where the author wrote a function of a user's, without looking at the module: enough to remember its version by. Undefined for all
   * others, and for one on which a program has hung something.
   */
  sourcePlaceOf(fn: AnyFunction): Place | undefined {
    const location = this.#inspector.locationOf(fn);
    const file = location && this.#userFile(location.scriptId);
    if (!location || file === undefined) return undefined;
    if (Object.keys(fn).length > 0 || Object.getOwnPropertySymbols(fn).length > 0) return undefined;
    return this.#sites.original({ file, line: location.line, column: location.column });
  }

  /** The user's module that a script is of, if places in it can be told in its source. */
  #userFile(scriptId: string): string | undefined {
    if (!this.#userFiles.has(scriptId)) {
      const url = this.#inspector.urlOf(scriptId);
      const file = url ? pathOfModule(url) : undefined;
      const isFound = file !== undefined && isUserFile(file) && this.#isInPlace(scriptId, file);
      this.#userFiles.set(scriptId, isFound ? file : undefined);
    }
    return this.#userFiles.get(scriptId);
  }
  readonly #userFiles = new Map<string, string | undefined>();

  /**
   * Whether places in a script can be told in its source: of what was loaded here, of what Node has only taken the types from, and of
   * what another tool has left a map of.
   */
  #isInPlace(scriptId: string, file: string): boolean {
    let known = this.#inPlace.get(scriptId);
    if (known === undefined) {
      const loaded = this.#program.loaded(file);
      const script = this.#inspector.textOf(scriptId);
      known = loaded
        ? isLoadedScript(script, loaded)
        : findSourceMap(file) !== undefined || isInPlaceOf(script, this.#program.sourceOf(file).source);
      this.#inPlace.set(scriptId, known);
    }
    return known;
  }
  readonly #inPlace = new Map<string, boolean>();

  /** A function of a package counts by the package, if it has no state of its own: it stands at the top, or is exported. */
  #inPackage(file: string, fn: AnyFunction, { scopes, location }: FunctionView): FunctionHome {
    const root = this.#program.packages.rootOf(file);
    const { line, column } = location!;
    const place = `${path.relative(root, file).split(path.sep).join("/")}:${line}:${column}`;
    if (scopes.length === 0) return { kind: "package", root, id: place };
    const name = exportedName(root, fn);
    if (name !== undefined) return { kind: "package", root, id: `${place} ${name}` };
    return { kind: "unknown", why: `a function that a package made (${path.basename(root)})` };
  }
}

/** Test runners do so. */
export const movedByOthers =
  "a function that another tool has compiled without saying where it was: load its module by the path";

function isClass(fn: AnyFunction): boolean {
  return /^class\b/.test(Function.prototype.toString.call(fn));
}

/** What a CommonJS module of a package calls a function that it exports. */
function exportedName(root: string, fn: AnyFunction): string | undefined {
  for (const [file, module] of Object.entries(createRequire(import.meta.url).cache)) {
    if (!module || !file.startsWith(root + path.sep)) continue;
    const exported: unknown = module.exports;
    if (exported === fn) return path.relative(root, file);
    if (exported === null || (typeof exported !== "object" && typeof exported !== "function")) continue;
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(exported))) {
      if (value === fn) return `${path.relative(root, file)} ${name}`;
    }
  }
  return undefined;
}

/** A function of Node's own, written in JavaScript. */
function builtInOf(url: string, fn: AnyFunction): FunctionHome {
  const global = builtIns().get(fn);
  if (global !== undefined) return { kind: "built-in", id: global };
  const builtin: object | undefined = process.getBuiltinModule(url);
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(builtin ?? {}))) {
    if (value === fn) return { kind: "built-in", id: `${url} ${name}` };
  }
  return { kind: "unknown", why: "a function that Node made" };
}

/** What the language and Node have as globals, by name. */
function builtIns(): ReadonlyMap<unknown, string> {
  if (known) return known;
  known = new Map();
  const add = (name: string, value: unknown): void => {
    if (typeof value === "function" && !known!.has(value)) known!.set(value, name);
  };
  for (const global of intrinsics) {
    const value: unknown = Object.getOwnPropertyDescriptor(globalThis, global)?.value;
    if (value === null || (typeof value !== "object" && typeof value !== "function")) continue;
    add(global, value);
    for (const [holder, prefix] of [
      [value, `${global}.`],
      [(value as { readonly prototype?: unknown }).prototype, `${global}.prototype.`],
    ] as const) {
      if (holder === null || (typeof holder !== "object" && typeof holder !== "function")) continue;
      for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
        add(prefix + name, descriptor.value);
      }
    }
  }
  return known;
}
let known: Map<unknown, string> | undefined;

/** Those that a program would hand around; what it has put among the globals by itself is its own code. */
const intrinsics =
  `Array ArrayBuffer BigInt Boolean Date Error JSON Map Math Number Object Promise Reflect RegExp Set String Symbol URL
  Uint8Array decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt structuredClone`.split(
    /\s+/,
  );
