import { createRequire } from "node:module";
import path from "node:path";
import { type Failure, failure, type Place, SluiceError } from "../../core/failure.ts";
import type { LoadedModules } from "../code-version.ts";
import { authorsPlace, type ModuleRegistry } from "./loaded-modules.ts";
import { isUserFile, languageOf, pathOfModule } from "./module-path.ts";

interface MissingImport {
  readonly specifier: string;
  readonly parent: string;
}

/** Errors of imports that led nowhere. They stay the errors they are, for user code that catches them. */
const missingImports = new WeakMap<object, MissingImport>();

/** Remembers which import an error of the resolver belongs to. */
export function noteMissingImport(error: unknown, missing: MissingImport): void {
  if (error !== null && typeof error === "object") missingImports.set(error, missing);
}

/** Whether an error says that a module is not there, in Node's words for `import` or for `require`. */
export function isNotFound(error: unknown): boolean {
  return /^(?:ERR_)?MODULE_NOT_FOUND$/.test(String((error as NodeJS.ErrnoException | null)?.code));
}

/** What went wrong when a module was imported, as a failure with a place in the author's source. */
export function explainLoadFailure(error: unknown, entry: string, modules: ModuleRegistry): SluiceError {
  if (error instanceof SluiceError) return error;
  const { message, where, hint } = describe(error, entry, modules);
  const ownHint = where.file === entry ? hintAtLanguage(entry) : undefined;
  return new SluiceError(failure("load-failed", message, { where, hint: ownHint ?? hint, cause: error }));
}

/** Of a table or a script in another language, what the parser says of its first line helps nobody. */
function hintAtLanguage(file: string): string | undefined {
  const extension = path.extname(file);
  if (extension === "" || languageOf(file)) return undefined;
  return `what ends with ${extension} is read as JavaScript: name a module of TypeScript or JavaScript, such as a .ts or .js file`;
}

type Description = { readonly message: string } & Required<Pick<Failure, "where" | "hint">>;

function describe(error: unknown, entry: string, modules: ModuleRegistry): Description {
  const name = path.basename(entry);
  const missing = error !== null && typeof error === "object" ? missingImports.get(error) : undefined;
  if (missing) return describeMissing(missing, error, modules);
  if (!(error instanceof Error)) {
    const message = `${name} threw ${typeof error === "object" ? "an object that is no error" : JSON.stringify(error)} as it loaded`;
    return { message, where: { file: entry }, hint: "throw an Error, so that the place is known" };
  }
  const text = error.message.split("\n", 1)[0]!;
  if (error instanceof SyntaxError) {
    const where = placeOfSyntaxError(error, modules) ?? placeFoundByParser(modules) ?? { file: entry };
    return { message: `syntax error: ${text}`, where, hint: syntaxHint(text, where, modules) };
  }
  const where = firstUserFrame(error) ?? { file: entry };
  const line = lineAt(where, modules);
  const hint = line === undefined ? "the module throws as it loads" : `thrown by: ${line}`;
  return { message: `${name} threw as it loaded: ${error.name}: ${text}`, where, hint };
}

function describeMissing({ specifier, parent }: MissingImport, error: unknown, modules: LoadedModules): Description {
  const source = modules.get(parent)?.source;
  const at = source === undefined ? -1 : placeOfSpecifier(source, specifier);
  const where = at < 0 ? { file: parent } : asWritten({ file: parent, ...placeAt(source!, at) }, modules);
  const bare = !/^(?:\.{1,2}\/|\/|#|file:)/.test(specifier);
  const detail = (error as Error).message.split("\n", 1)[0]!;
  return {
    message: isNotFound(error)
      ? `cannot find ${JSON.stringify(specifier)}`
      : `cannot import ${JSON.stringify(specifier)}: ${detail}`,
    where,
    hint: bare ? `install it (npm install ${specifier}), or correct the name` : "check the path of the import",
  };
}

/** The place behind one in the source of a bundle; in any other module the place itself. */
function asWritten(place: Required<Place>, modules: LoadedModules): Place {
  const behind = modules.get(place.file)?.behind?.(place.line, place.column);
  return behind ? { file: behind.file, line: behind.line, column: behind.column } : place;
}

function placeOfSpecifier(source: string, specifier: string): number {
  for (const quote of ['"', "'", "`"]) {
    const at = source.indexOf(quote + specifier + quote);
    if (at >= 0) return at;
  }
  return -1;
}

/** V8 puts the place of a syntax error on the first line of the stack, the line itself and a caret beneath. */
function placeOfSyntaxError(error: SyntaxError, modules: LoadedModules): Place | undefined {
  const match = /^(file:\S+|\/\S+):(\d+)\n(.*)\n( *)\^/.exec(error.stack ?? "");
  const file = match ? pathOfModule(match[1]!) : undefined;
  if (!match || file === undefined) return undefined;
  const [line, column] = [Number(match[2]), match[4]!.length + 1];
  return authorsPlace(modules, file, line, column);
}

/** For a module V8 says no place: it is the one that was loaded last, and the parser finds it again. */
function placeFoundByParser(modules: ModuleRegistry): Place | undefined {
  const module = modules.latest();
  if (!module || module.original) return undefined;
  const { parseSync } = createRequire(import.meta.url)("oxc-parser") as typeof import("oxc-parser");
  const [problem] = parseSync(module.file, module.source).errors;
  const start = problem?.labels[0]?.start;
  return start === undefined ? undefined : asWritten({ file: module.file, ...placeAt(module.source, start) }, modules);
}

function syntaxHint(text: string, where: Place, modules: LoadedModules): string {
  if (text.includes("does not provide an export")) return "export it there, or correct the name";
  const line = lineAt(where, modules);
  return line === undefined ? "correct the file" : `the line is: ${line}`;
}

const frame = /(?:\(| )((?:file:\/\/|\/)[^()\n]*?):(\d+):(\d+)\)?$/;

function firstUserFrame(error: Error): Place | undefined {
  for (const text of (error.stack ?? "").split("\n")) {
    const match = /^\s+at /.test(text) ? frame.exec(text) : null;
    const file = match ? pathOfModule(match[1]!) : undefined;
    if (match && file !== undefined && isUserFile(file)) {
      return { file, line: Number(match[2]), column: Number(match[3]) };
    }
  }
  return undefined;
}

function lineAt({ file, line }: Place, modules: LoadedModules): string | undefined {
  if (line === undefined) return undefined;
  return modules.get(file)?.source.split("\n")[line - 1]?.trim().slice(0, 200) || undefined;
}

function placeAt(source: string, offset: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}
