import { findSourceMap } from "node:module";
import type { DerivedCache } from "../../core/derived.ts";
import type { Place } from "../../core/failure.ts";
import type { Frame } from "../../core/node.ts";
import type { LoadedModule } from "../code-version.ts";
import { isUserFile } from "../load/module-path.ts";
import { type Program, type ProgramModule, summaryKey } from "../program/program.ts";
import { functionAt } from "../syntax/function-syntax.ts";
import type { Call } from "../syntax/scope.ts";
import { type CallSite, callAt, type SiteArgument, summariseCall } from "./call-site.ts";
import { DeclaredFunctions } from "./declared-functions.ts";
import { exportedCall, isDeclaring, isExportedCall } from "./exports-of-calls.ts";

/** What is remembered of the calls of a module. */
interface StoredSites {
  readonly sites: CallSite[];
  /** The call at a place, as `line:column`. */
  readonly at: Record<string, number>;
  /** The function or class that starts at a place, as `line:column`; null where none does. */
  readonly functions: Record<string, SiteArgument | null>;
}

/** Finds calls by the frames of a stack. */
export class CallSites {
  readonly #program: Program;
  readonly #derived: DerivedCache;
  readonly #byModule = new Map<ProgramModule, StoredSites>();

  constructor(program: Program, derived: DerivedCache) {
    this.#program = program;
    this.#derived = derived;
  }

  /** The place of a frame as the author wrote it. */
  original(frame: Frame): Place {
    const { file, line, column } = frame;
    if (frame instanceof SourceFrame) return frame;
    let find = this.#originals.get(file);
    if (!find) {
      find = isUserFile(file) ? (this.#program.sourceOf(file).original ?? mapOfOthers(file)) : () => undefined;
      this.#originals.set(file, find);
    }
    const place = find(line, column);
    return place ? { file, ...place } : frame;
  }
  readonly #originals = new Map<string, NonNullable<LoadedModule["original"]>>();

  /** The call that a frame of a user's module stands at; undefined where there is none. */
  at(module: ProgramModule, frame: Frame): CallSite | undefined {
    const { line, column } = this.original(frame);
    const key = `${line}:${column}`;
    const stored = this.#storedFor(module);
    const index = stored.at[key];
    return index === undefined ? this.#find(module, stored, key, line!, column!) : stored.sites[index];
  }

  /** Where the call of Sluice's stands that is all that initialises an exported constant; undefined if none does. */
  exportedFrame(module: ProgramModule, name: string): Frame | undefined {
    const analysed = this.#program.analyse(module.file);
    const call = "problem" in analysed ? undefined : exportedCall(analysed, name);
    if ("problem" in analysed || !call || !isDeclaring(analysed, call)) return undefined;
    const { line, column } = analysed.lines.place(call.anchor);
    return new SourceFrame(module.file, line, column);
  }

  /** Whether the call at a frame is all that initialises an exported constant. */
  isExported(module: ProgramModule, frame: Frame, name: string): boolean {
    const { line, column } = this.original(frame);
    const analysed = this.#program.analyse(module.file);
    if ("problem" in analysed) return false;
    const call = callAt(analysed, analysed.lines.offset(line!, column!));
    return call !== undefined && isExportedCall(analysed, call, name);
  }

  #storedFor(module: ProgramModule): StoredSites {
    let stored = this.#byModule.get(module);
    if (!stored) {
      const bytes = this.#derived.get("call-sites", summaryKey(module.file, module.digest, module.settings));
      stored = bytes
        ? (JSON.parse(Buffer.from(bytes).toString()) as StoredSites)
        : { sites: [], at: {}, functions: {} };
      this.#byModule.set(module, stored);
    }
    return stored;
  }

  /**
   * Looks a call up in the syntax. Where one call of a function declares a node its other calls do so too, most likely: all
   * of them are summed up at once, so that the module is parsed once for a thousand stages.
   */
  #find(module: ProgramModule, stored: StoredSites, key: string, line: number, column: number): CallSite | undefined {
    const analysed = this.#program.analyse(module.file);
    if ("problem" in analysed) return undefined;
    const offset = analysed.lines.offset(line, column);
    const found = offset < 0 ? undefined : callAt(analysed, offset);
    if (!found) return undefined;
    const like = calleeText(found);
    for (const call of analysed.scopes.calls) {
      if (call !== found && (like === undefined || calleeText(call) !== like)) continue;
      const place = analysed.lines.place(call.anchor);
      const at = `${place.line}:${place.column}`;
      if (stored.at[at] === undefined) stored.at[at] = stored.sites.push(summariseCall(analysed, call)) - 1;
      if (call === found) stored.at[key] = stored.at[at];
    }
    this.#store(module, stored);
    return stored.sites[stored.at[key]!];
  }

  /** The function that starts at a frame of a user's module, as the engine says where; undefined where it cannot be found. */
  functionAt(module: ProgramModule, frame: Frame, isClass: boolean): SiteArgument | undefined {
    const { line, column } = this.original(frame);
    const declared = isClass ? undefined : this.#declaredIn(module).at(line!, column!);
    if (declared) return declared;
    const key = `${line}:${column}${isClass ? " class" : ""}`;
    const stored = this.#storedFor(module);
    if (stored.functions[key] === undefined) {
      const analysed = this.#program.analyse(module.file);
      const offset = "problem" in analysed ? -1 : analysed.lines.offset(line!, column!);
      stored.functions[key] =
        "problem" in analysed || offset < 0 ? null : (functionAt(analysed, offset, isClass) ?? null);
      this.#store(module, stored);
    }
    return stored.functions[key] ?? undefined;
  }

  #declaredIn(module: ProgramModule): DeclaredFunctions {
    let declared = this.#declared.get(module);
    if (!declared) {
      declared = new DeclaredFunctions(module.summary, this.#program.sourceOf(module.file).source);
      this.#declared.set(module, declared);
    }
    return declared;
  }
  readonly #declared = new Map<ProgramModule, DeclaredFunctions>();

  /** Once for all that is looked up without a pause: of thousands of functions in a module each asks for this. */
  #store(module: ProgramModule, stored: StoredSites): void {
    if (this.#unstored.size === 0) queueMicrotask(() => this.#storeAll());
    this.#unstored.set(module, stored);
  }
  readonly #unstored = new Map<ProgramModule, StoredSites>();

  #storeAll(): void {
    for (const [module, stored] of this.#unstored) {
      const key = summaryKey(module.file, module.digest, module.settings);
      this.#derived.put("call-sites", key, Buffer.from(JSON.stringify(stored)));
    }
    this.#unstored.clear();
  }
}

/** A frame of which only the place in the source is known, as the author wrote it. */
class SourceFrame implements Frame {
  readonly file: string;
  readonly line: number;
  readonly column: number;

  constructor(file: string, line: number, column: number) {
    this.file = file;
    this.line = line;
    this.column = column;
  }
}

function calleeText({ callee, isNew }: Call): string | undefined {
  if (callee.kind !== "name" || isNew) return undefined;
  return `${callee.reference.name}.${callee.method ?? ""}.${callee.depth}`;
}

/** Where code came from that another tool compiled, if that told Node of its source map. */
function mapOfOthers(file: string): NonNullable<LoadedModule["original"]> {
  const map = findSourceMap(file);
  return (line, column) => {
    const entry = map?.findEntry(line - 1, column - 1);
    // A map from this file to another one means that this file is what was analysed: what runs is what counts.
    if (!entry || !("originalLine" in entry) || !isSame(entry.originalSource, file)) return undefined;
    return { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  };
}

function isSame(source: string, file: string): boolean {
  return source === file || source === `file://${file}` || decodeURI(source) === `file://${file}`;
}
