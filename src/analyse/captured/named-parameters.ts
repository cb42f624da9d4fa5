import { readFileSync } from "node:fs";
import { findSourceMap } from "node:module";
import { type BundledPlace, type BundleMap, bundleMapOf } from "../load/bundle-map.ts";
import { registry } from "../load/loaded-modules.ts";
import { isUserFile, languageOf, pathOfModule } from "../load/module-path.ts";
import { FunctionParameters, type ParameterSyntax, parametersOfText } from "../syntax/function-parameters.ts";
import { isBlankedFrom, PlainSource } from "../syntax/plain-parameters.ts";
import { LineIndex, parseModule } from "../syntax/syntax.ts";
import type { AnyFunction } from "./captured-data.ts";
import { functionInspector, type Location } from "./captured-scopes.ts";
import { isNativeText } from "./function-place.ts";
import { isLoadedScript, withoutMarks } from "./script-text.ts";

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What was in the file when what runs was made of it. */
  readonly content?: string;
  /** Whether the file may have been edited since. */
  readonly mayBeNewer?: boolean;
}

/** What a function takes. */
export interface NamedParameters {
  readonly parameters: readonly ParameterSyntax[];
  /** Whether its text has other names, so that it does not tell which is which. */
  readonly areRenamed: boolean;
}

/**
 * The parameters of a function as its author wrote them. A compiler gives them other names where others around them are the same,
 * as those of nodes are, so the text that runs only counts where the source is not at hand. Undefined for a function of the
 * engine's own, and one that `bind` made.
 */
export function namedParameters(fn: AnyFunction): NamedParameters | undefined {
  const place = functionInspector.placeOf(fn);
  const names = place && inPlace(place.scriptId)?.plainParameters(place.offset);
  if (names) return { parameters: names, areRenamed: false };
  const text = Function.prototype.toString.call(fn);
  if (isNativeText(text)) return undefined;
  const location = functionInspector.locationOf(fn);
  const loaded = location && loadedPlace(location);
  // In a text that somebody else has made of the file, without telling of a map, there may be another function at this place.
  const written = loaded && (behind(loaded) ?? (inPlace(location.scriptId) && loaded));
  const running = parametersOfText(text);
  const source = written && parametersAt(written);
  // A map that does not belong to the code may lead to another function, and one that holds no sources to one that was edited since.
  if (!source || !running || !isAlike(source, running)) return running && { parameters: running, areRenamed: false };
  const areRenamed = !haveSameNames(source, running);
  return areRenamed && written.mayBeNewer
    ? { parameters: running, areRenamed: false }
    : { parameters: source, areRenamed };
}

function haveSameNames(source: readonly ParameterSyntax[], running: readonly ParameterSyntax[]): boolean {
  const names = (all: readonly ParameterSyntax[]): string =>
    JSON.stringify(all.map((each) => "name" in each && each.name));
  return names(source) === names(running);
}

function isAlike(source: readonly ParameterSyntax[], running: readonly ParameterSyntax[]): boolean {
  return (
    source.length === running.length && source.every((parameter, i) => shapeOf(parameter) === shapeOf(running[i]!))
  );
}

function shapeOf(parameter: ParameterSyntax): string {
  if ("unnamed" in parameter) return parameter.unnamed;
  return "members" in parameter ? parameter.members.map(({ name }) => JSON.stringify(name)).join() : "name";
}

/**
 * The user's file that a script is of; undefined for one that was loaded here in another form: nobody knows where in the source its
 * functions are.
 */
function userFileOf(scriptId: string): string | undefined {
  if (!userFiles.has(scriptId)) {
    const url = functionInspector.urlOf(scriptId);
    const file = url ? pathOfModule(url) : undefined;
    const module = file === undefined ? undefined : registry.get(file);
    const isForeign = module !== undefined && !isLoadedScript(functionInspector.textOf(scriptId), module);
    userFiles.set(scriptId, file !== undefined && !isForeign && isUserFile(file) ? file : undefined);
  }
  return userFiles.get(scriptId);
}

/** By script. */
const userFiles = new Map<string, string | undefined>();

function loadedPlace({ scriptId, line, column }: Location): Place | undefined {
  const file = userFileOf(scriptId);
  return file === undefined ? undefined : { file, line, column };
}

/** The source of a script that runs as it is written, or with nothing but its types blanked out; undefined for any other. */
function inPlace(scriptId: string): PlainSource | undefined {
  if (!plainSources.has(scriptId)) plainSources.set(scriptId, plainSourceOf(scriptId));
  return plainSources.get(scriptId);
}

/** By script. */
const plainSources = new Map<string, PlainSource | undefined>();

function plainSourceOf(scriptId: string): PlainSource | undefined {
  const file = userFileOf(scriptId);
  if (file === undefined) return undefined;
  const module = registry.get(file);
  const isMapped = module ? module.original || module.behind : bundles.of(file) || findSourceMap(file);
  const source = isMapped ? undefined : (module?.source ?? textOf(file));
  if (source === undefined) return undefined;
  const text = functionInspector.textOf(scriptId);
  if (!isBlankedFrom(...withoutMarks(text, source))) return undefined;
  // A loader may take away the mark before a text, which moves all that is in it.
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  return new PlainSource(text, mark + source.replace(/^\uFEFF/, ""));
}

/** The place in the author's source: by what was compiled here, by the map of a bundle, or by that of another tool. */
function behind(place: Place): Place | undefined {
  const { file, line, column } = place;
  const module = registry.get(file);
  if (module) {
    const inSource = module.original ? module.original(line, column) : { line, column };
    return inSource && (ofMap(module.behind?.(inSource.line, inSource.column)) ?? { file, ...inSource });
  }
  const bundled = ofMap(bundles.of(file)?.place(line, column));
  if (bundled) return bundled;
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1);
  if (!entry || !("originalLine" in entry)) return undefined;
  const source = pathOfModule(entry.originalSource);
  return source === undefined
    ? undefined
    : { file: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

function ofMap(place: BundledPlace | undefined): Place | undefined {
  return place && { ...place, mayBeNewer: place.content === undefined };
}

/** Bundles that somebody else has loaded, by their files. */
const bundles = {
  known: new Map<string, BundleMap | undefined>(),
  of(file: string): BundleMap | undefined {
    if (!this.known.has(file)) this.known.set(file, bundleMapOf(file, textOf(file) ?? ""));
    return this.known.get(file);
  },
};

/** Nothing is known of its functions. */
interface Unparsed {
  readonly content: string | undefined;
}

interface ParsedSource extends Unparsed {
  readonly lines: LineIndex;
  readonly functions: FunctionParameters;
}

/** Thousands of functions may be in one module. */
const parsed = new Map<string, ParsedSource | Unparsed>();

function parametersAt({ file, line, column, content }: Place): readonly ParameterSyntax[] | undefined {
  let source = parsed.get(file);
  if (!source || source.content !== content) {
    source = parse(file, content);
    parsed.set(file, source);
  }
  if (!("lines" in source)) return undefined;
  const offset = source.lines.offset(line, column) ?? -1;
  return offset < 0 ? undefined : source.functions.at(offset);
}

/** A module that was loaded here counts as it was then. */
function parse(file: string, content: string | undefined): ParsedSource | Unparsed {
  const language = languageOf(file);
  if (language === undefined || language === "json") return { content };
  const source = content ?? registry.get(file)?.source ?? textOf(file);
  const module = source === undefined ? undefined : parseModule(file, source);
  if (!module || "message" in module) return { content };
  return { content, lines: new LineIndex(module.source), functions: new FunctionParameters(module) };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Nothing but the text that runs is at hand, then.
    return undefined;
  }
}
