import { readFileSync, realpathSync } from "node:fs";
import {
  createRequire,
  type LoadFnOutput,
  type LoadHookSync,
  type ResolveFnOutput,
  type ResolveHookSync,
  registerHooks,
} from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { DerivedCache } from "../../core/derived.ts";
import { digestOf } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import { functionInspector } from "../captured/captured-scopes.ts";
import type { LoadedModule, LoadedModules } from "../code-version.ts";
import { kindAt } from "../load-watch/load-facts.ts";
import { isOwn, isOwnSpecifier, leadsToOwn, ownEntry, ownVersion } from "../packages/own-package.ts";
import { PackageFinder } from "../packages/package-json.ts";
import { bundleMapOf } from "./bundle-map.ts";
import { type CompilerSettings, CompilerSettingsFinder } from "./compiler-settings.ts";
import { explainLoadFailure, isNotFound, noteMissingImport } from "./load-failure.ts";
import { registry } from "./loaded-modules.ts";
import { isUserFile, languageOf, pathOfModule } from "./module-path.ts";
import { locate, resolveFile } from "./resolve.ts";
import type { PositionMap } from "./source-map.ts";
import { mapStacks } from "./stack-mapping.ts";
import { type ModuleFormat, transform } from "./transform.ts";

const packages = new PackageFinder();

/** What {@link importModule} has loaded so far in this process, with all that it imports. */
export const loadedModules: LoadedModules = registry;

/** What the hooks work with: that of the latest call. */
let current: { readonly derived: DerivedCache; readonly settings: CompilerSettingsFinder } | undefined;

/**
 * Imports a user's module as its author expects: TypeScript with all it has, JSX, tsconfig's aliases, CommonJS, JSON. From
 * the first call on, the same holds for whatever user code the process loads. A module that is loaded once stays loaded.
 *
 * @param file absolute path
 * @throws SluiceError `load-failed` with the place in the author's source: no such file, a syntax error, an import that
 *   leads nowhere, an exception thrown by the module
 */
export async function importModule(
  file: string,
  options: { readonly derived: DerivedCache },
): Promise<Record<string, unknown>> {
  const root = beginLoad(file, options);
  try {
    return exportsOf((await import(pathToFileURL(root).href)) as Record<string, unknown>);
  } catch (error) {
    throw explainLoadFailure(error, root, registry);
  }
}

/**
 * The same at once, for a module that awaits nothing at its top; nor may what it imports.
 * @throws SluiceError `load-failed`
 */
export function importModuleSync(file: string, options: { readonly derived: DerivedCache }): Record<string, unknown> {
  const root = beginLoad(file, options);
  const outer = required;
  required = { file: root };
  try {
    const exported = exportsOf(createRequire(import.meta.url)(root) as Record<string, unknown>);
    if (isOlder(root, exported)) registry.forget(root);
    return exported;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code === "ERR_REQUIRE_ASYNC_MODULE") {
      fail(
        "load-failed",
        `${path.basename(root)} awaits something as it loads, so it cannot be loaded by its path here`,
        {
          where: { file: root },
          hint: "import it, and pass on what the import gives",
          cause: error,
        },
      );
    }
    throw explainLoadFailure(error, root, registry);
  } finally {
    required = outer;
  }
}

/**
 * Whether a module was there before it was asked for: `require` shows it to our hooks all the same, and then gives what was
 * loaded before, which Node has compiled in its own way.
 */
function isOlder(root: string, exported: Readonly<Record<string, unknown>>): boolean {
  // What was loaded now has had its imports resolved now.
  if (!required?.code || registry.get(root)!.resolutions.size > 0) return false;
  const url = pathToFileURL(root).href;
  for (const value of Object.values(exported)) {
    const script = typeof value === "function" ? functionInspector.scriptOf(value as () => unknown, url) : undefined;
    if (script !== undefined) return script !== required.code;
  }
  return false;
}

/** What is being loaded at once, with what Node was given to run. */
let required: { readonly file: string; code?: string } | undefined;

/** Gets ready to load a module of the program. Gives its real path. */
function beginLoad(file: string, { derived }: { readonly derived: DerivedCache }): string {
  if (current?.derived !== derived) {
    registerLoader();
    current = { derived, settings: new CompilerSettingsFinder(derived) };
  }
  const root = realPath(file);
  // Nothing could read it as a module, now or when versions are found of all that was loaded. Not asked of what a load is watched
  // with: it would note all that the file system says of the file.
  if (kindAt(root) === "folder") {
    fail("load-failed", `${path.basename(file)} is a folder`, { where: { file }, hint: "name a module in it" });
  }
  registry.addRoot(root);
  return root;
}

/** Takes part in how Node loads modules from now on. Whose own hooks are to come before these registers them after this. */
export function registerLoader(): void {
  if (isRegistered) return;
  isRegistered = true;
  registerHooks({ resolve, load });
}
let isRegistered = false;

/** What of a tsconfig counts for a user's module, as far as one was loaded. */
export function settingsOf(file: string): CompilerSettings | undefined {
  return current?.settings.of(file);
}

/** Of CommonJS, what it exports: of that Node tells only the names that it can guess from the source. */
function exportsOf(namespace: Record<string, unknown>): Record<string, unknown> {
  const exported = Object.hasOwn(namespace, "module.exports") ? namespace["module.exports"] : undefined;
  return exported !== null && typeof exported === "object" ? (exported as Record<string, unknown>) : namespace;
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    return fail("load-failed", `there is no file ${path.basename(file)}`, {
      where: { file },
      hint: "check the path",
      cause: error,
    });
  }
}

const resolve: ResolveHookSync = (specifier, context, nextResolve) => {
  const parent = userFileOf(context.parentURL);
  if (!current) return nextResolve(specifier, context);
  // An installed package that declares nodes shares the running Sluice as well.
  if (parent === undefined) {
    return isOwnSpecifier(specifier) ? resolveOwn(specifier, context, nextResolve) : nextResolve(specifier, context);
  }
  const result = resolveFrom(specifier, parent, context, nextResolve);
  const module = registry.get(parent);
  if (module && !module.resolutions.has(specifier)) {
    module.resolutions.set(specifier, pathOfModule(result.url) ?? result.url);
  }
  // TypeScript and bundlers import JSON without saying so again.
  const json = result.format === "json" || result.url.endsWith(".json");
  const bare = json && context.conditions.includes("import") && context.importAttributes.type === undefined;
  return bare ? { ...result, importAttributes: { ...context.importAttributes, type: "json" } } : result;
};

type ResolveContext = Parameters<ResolveHookSync>[1];
type NextResolve = Parameters<ResolveHookSync>[2];

function resolveFrom(specifier: string, parent: string, context: ResolveContext, next: NextResolve): ResolveFnOutput {
  if (isOwnSpecifier(specifier)) return resolveOwn(specifier, context, next);
  const kind = context.conditions.includes("require") ? "require" : "import";
  const file = resolveFile(specifier, parent, current!.settings.of(parent), kind);
  if (file !== undefined) return next(specifierOf(file, specifier, kind), context);
  try {
    return next(specifier, context);
  } catch (error) {
    // What package.json says about its own files may name what they compile to.
    const wanted = (error as { readonly url?: unknown }).url;
    const target = typeof wanted === "string" ? pathOfModule(wanted) : undefined;
    const source = target !== undefined && isUserFile(target) ? locate(target) : undefined;
    if (source !== undefined) return next(specifierOf(source, "", kind), context);
    noteMissingImport(error, { specifier, parent });
    throw error;
  }
}

/** How Node is told of a file. It keeps modules apart by query, so `./x.ts?again` is a module of its own. */
function specifierOf(file: string, specifier: string, kind: "import" | "require"): string {
  if (kind === "require") return file;
  const query = specifier.search(/[?#]/);
  return pathToFileURL(file).href + (query > 0 ? specifier.slice(query) : "");
}

/**
 * `sluice` from a pipeline is the running package, so that both share one instance: where the pipeline has none of its own,
 * or one of the same version. Another version stays what it is; nodes of both are understood.
 */
function resolveOwn(specifier: string, context: ResolveContext, next: NextResolve): ResolveFnOutput {
  const kind = context.conditions.includes("require") ? "require" : "import";
  const entry = ownEntry(specifier);
  const own = (file: string): ResolveFnOutput => next(specifierOf(file, "", kind), context);
  // Mostly so; to look is quicker than to ask Node, which makes a pattern for it that takes a millisecond.
  const from = context.parentURL === undefined ? undefined : pathOfModule(context.parentURL);
  if (entry !== undefined && from !== undefined && leadsToOwn(path.dirname(from))) return own(entry);
  let found: ResolveFnOutput;
  try {
    found = next(specifier, context);
  } catch (error) {
    if (entry === undefined || !isNotFound(error)) throw error;
    return own(entry);
  }
  const file = pathOfModule(found.url);
  if (entry === undefined || file === undefined) return found;
  return isOwn(file) || packages.of(file)?.version === ownVersion() ? own(entry) : found;
}

const load: LoadHookSync = (url, context, nextLoad) => {
  const file = userFileOf(url);
  const language = file === undefined ? undefined : languageOf(file);
  if (file === undefined || language === undefined || !current) return nextLoad(url, context);
  return language === "json" ? loadAsIs(url, file, context, nextLoad) : loadSource(url, file, context, nextLoad);
};

function loadAsIs(url: string, file: string, context: LoadContext, next: NextLoad): LoadFnOutput {
  const result = next(url, context);
  const source =
    result.source === undefined || result.source === null ? readFileSync(file, "utf8") : textOf(result.source);
  registry.add({ file, source, digest: digestOf(source), ...mapped(file, source) });
  return result;
}

type LoadContext = Parameters<LoadHookSync>[1];
type NextLoad = Parameters<LoadHookSync>[2];

function loadSource(url: string, file: string, context: LoadContext, next: NextLoad): LoadFnOutput {
  const source = readFileSync(file, "utf8");
  if (!needsTransform(file, source)) return loadAsIs(url, file, context, next);
  const { derived, settings } = current!;
  const digest = digestOf(source);
  const input = { file, source, digest, settings: settings.of(file), format: declaredFormat(file) };
  const { code, format, positions } = transform(input, derived);
  mapStacks(registry);
  let map: PositionMap | undefined;
  const original: LoadedModule["original"] = (line, column) => {
    map ??= positions();
    return map.original(line, column);
  };
  registry.add({ file, source, digest, original, compiled: digestOf(code), ...mapped(file, source) });
  if (required?.file === file) required.code = code;
  return { format, source: code, shortCircuit: true };
}

/** A decorator at the start of a line: no engine runs them yet. A false alarm costs one needless transformation. */
const decorator = /^\s*(?:export\s+(?:default\s+)?)?@[\w$([]/m;

/** Whether Node cannot run a module as its author wrote it. */
function needsTransform(file: string, source: string): boolean {
  const language = languageOf(file);
  if (language === "ts" || language === "tsx" || language === "jsx") return true;
  return language === "js" && decorator.test(source);
}

/** Of a bundle with a source map: what is behind its places. */
function mapped(file: string, source: string): Pick<LoadedModule, "behind"> {
  const map = bundleMapOf(file, source);
  if (map) mapStacks(registry);
  return map ? { behind: (line, column) => map.place(line, column) } : {};
}

function declaredFormat(file: string): ModuleFormat | undefined {
  const extension = path.extname(file);
  if (extension === ".mts" || extension === ".mjs") return "module";
  if (extension === ".cts" || extension === ".cjs") return "commonjs";
  const type = packages.of(file)?.type;
  return type === "module" || type === "commonjs" ? type : undefined;
}

function textOf(source: NonNullable<LoadFnOutput["source"]>): string {
  return typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString();
}

const userFiles = new Map<string, string | undefined>();

function userFileOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  if (!userFiles.has(url)) {
    const file = pathOfModule(url);
    userFiles.set(url, file !== undefined && isUserFile(file) ? file : undefined);
  }
  return userFiles.get(url);
}
