import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { digestParts } from "../../core/canonical.ts";
import type { DerivedCache } from "../../core/derived.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { FactRecorder } from "../remembered/file-facts.ts";
import { type AliasPattern, aliasTargets, type PathAliases } from "./path-aliases.ts";

/** What of a tsconfig changes how its modules are compiled and found. */
export interface CompilerSettings {
  /** Absolute path of the tsconfig; absent where there is none. */
  readonly file?: string;
  /** Absolute paths of what else was looked at, whether or not it is there: what the tsconfig extends. */
  readonly consulted?: readonly string[];
  /** Compiler options that change the code that runs. */
  readonly options: CompileOptions;
  /** Of `options`. */
  readonly digest: Digest;
  /** Absolute paths that a bare specifier may stand for, in the order in which they are tried. */
  aliases(specifier: string): readonly string[];
}

export interface CompileOptions {
  readonly jsx?: "transform" | "automatic";
  readonly jsxDev?: boolean;
  readonly jsxFactory?: string;
  readonly jsxFragmentFactory?: string;
  readonly jsxImportSource?: string;
  readonly experimentalDecorators?: boolean;
  readonly emitDecoratorMetadata?: boolean;
  readonly useDefineForClassFields?: boolean;
  readonly target?: string;
  readonly verbatimModuleSyntax?: boolean;
  readonly preserveValueImports?: boolean;
  readonly alwaysStrict?: boolean;
}

/** What is remembered of a tsconfig: paths are relative to its folder. */
interface StoredSettings {
  readonly options: CompileOptions;
  readonly paths?: PathAliases;
  /** Every file that was looked at besides, with the digest of its content, or null where there was none. */
  readonly seen: readonly (readonly [file: string, digest: Digest | null])[];
}

const noSettings: CompilerSettings = { options: {}, digest: digestParts("compiler-settings", [{}]), aliases: () => [] };

/** Finds the tsconfig of files: the nearest `tsconfig.json` upwards. Remembers what it found for the life of the object. */
export class CompilerSettingsFinder {
  readonly #byFolder = new Map<string, CompilerSettings>();
  readonly #derived: DerivedCache;
  readonly #facts: FactRecorder | undefined;

  /** @param facts told every file that is looked at */
  constructor(derived: DerivedCache, facts?: FactRecorder) {
    this.#derived = derived;
    this.#facts = facts;
  }

  /** @throws SluiceError `load-failed` when the tsconfig cannot be read */
  of(file: string): CompilerSettings {
    return this.#ofFolder(path.dirname(file));
  }

  #ofFolder(folder: string): CompilerSettings {
    const passed: string[] = [];
    let settings: CompilerSettings | undefined;
    for (let dir = folder; settings === undefined; dir = path.dirname(dir)) {
      settings = this.#byFolder.get(dir);
      if (settings) break;
      passed.push(dir);
      const file = path.join(dir, "tsconfig.json");
      this.#facts?.note(file);
      if (existsSync(file)) settings = this.#read(file);
      else if (dir === path.dirname(dir)) settings = noSettings;
    }
    for (const dir of passed) this.#byFolder.set(dir, settings);
    return settings;
  }

  #read(file: string): CompilerSettings {
    const key = digestOf(readFileSync(file));
    const stored = this.#remembered(file, key) ?? this.#parse(file, key);
    const folder = path.dirname(file);
    this.#facts?.content(file, key);
    for (const [other, digest] of stored.seen) {
      if (digest === null) this.#facts?.note(path.resolve(folder, other));
      else this.#facts?.content(path.resolve(folder, other), digest);
    }
    return {
      file,
      consulted: stored.seen.map(([other]) => path.resolve(folder, other)),
      options: stored.options,
      digest: digestParts("compiler-settings", [stored.options]),
      aliases: (specifier) => {
        const { paths } = stored;
        if (!paths) return [];
        return aliasTargets(paths, specifier).map((target) => path.resolve(folder, paths.base, target));
      },
    };
  }

  /** What an earlier process read, if nothing that it looked at has changed since. */
  #remembered(file: string, key: Digest): StoredSettings | undefined {
    const bytes = this.#derived.get(derivedKind, key);
    if (!bytes) return undefined;
    const stored: StoredSettings = JSON.parse(Buffer.from(bytes).toString());
    const folder = path.dirname(file);
    return stored.seen.every(([other, digest]) => contentDigest(path.resolve(folder, other)) === digest)
      ? stored
      : undefined;
  }

  #parse(file: string, key: Digest): StoredSettings {
    const stored = parseTsconfig(file);
    this.#derived.put(derivedKind, key, Buffer.from(JSON.stringify(stored)));
    return stored;
  }
}

const derivedKind = "tsconfig-1";

function parseTsconfig(file: string): StoredSettings {
  // Loaded only when a tsconfig was edited: it takes a good part of what a warm run may cost.
  const { parseTsconfig: parse } = createRequire(import.meta.url)("get-tsconfig") as typeof import("get-tsconfig");
  const folder = path.dirname(file);
  const cache = new Map<string, unknown>();
  try {
    const { compilerOptions = {} } = parse(file, cache as Map<string, string>);
    const paths = aliasesOf(compilerOptions, folder);
    return {
      options: compileOptions(compilerOptions),
      ...(paths ? { paths } : {}),
      seen: filesSeen(cache, folder, file),
    };
  } catch (error) {
    return fail("load-failed", `tsconfig.json cannot be read: ${(error as Error).message}`, {
      where: { file },
      hint: "correct it: how the pipeline is compiled depends on it",
      cause: error,
    });
  }
}

type TsOptions = NonNullable<import("get-tsconfig").TsConfigJsonResolved["compilerOptions"]>;

function compileOptions(given: TsOptions): CompileOptions {
  const automatic = given.jsxImportSource !== undefined || !["react", undefined].includes(given.jsx);
  const jsx = given.jsx === "react" || !automatic ? "transform" : "automatic";
  const options: { [name in keyof CompileOptions]: CompileOptions[name] | undefined } = {
    jsx: given.jsx === undefined && !automatic ? undefined : jsx,
    jsxDev: given.jsx === "react-jsxdev" ? true : undefined,
    jsxFactory: given.jsxFactory ?? (given.reactNamespace ? `${given.reactNamespace}.createElement` : undefined),
    jsxFragmentFactory: given.jsxFragmentFactory,
    jsxImportSource: given.jsxImportSource,
    experimentalDecorators: given.experimentalDecorators,
    emitDecoratorMetadata: given.emitDecoratorMetadata,
    useDefineForClassFields: given.useDefineForClassFields,
    target: given.target?.toLowerCase(),
    verbatimModuleSyntax: given.verbatimModuleSyntax,
    preserveValueImports: given.preserveValueImports,
    alwaysStrict: given.alwaysStrict ?? given.strict,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function aliasesOf(options: TsOptions, folder: string): PathAliases | undefined {
  const { baseUrl, paths } = options;
  if (baseUrl === undefined && paths === undefined) return undefined;
  const patterns: AliasPattern[] = Object.entries(paths ?? {}).map(([pattern, targets]) => ({ pattern, targets }));
  const base = baseUrl ?? path.relative(folder, folderOfPaths(options) ?? folder);
  return { base: base === "" ? "." : base, baseUrl: baseUrl !== undefined, patterns };
}

/**
 * The folder of the tsconfig that sets `paths`, which may be one that was extended. get-tsconfig has made `baseUrl` relative
 * to the tsconfig that was asked for, but notes this folder under a symbol of its own.
 */
function folderOfPaths(options: TsOptions): string | undefined {
  const symbol = Object.getOwnPropertySymbols(options).find(({ description }) => description === "implicitBaseUrl");
  return symbol && (options as { readonly [note: symbol]: string })[symbol];
}

/** The files behind the cache of get-tsconfig, whose keys are the calls of `fs` that it made. */
function filesSeen(cache: ReadonlyMap<string, unknown>, folder: string, self: string): StoredSettings["seen"] {
  const seen = new Map<string, Digest | null>();
  for (const key of cache.keys()) {
    const file = /^(?:existsSync|readFileSync|statSync|realpathSync):(.*?)(?::utf8)?$/.exec(key)?.[1];
    if (!file || !path.isAbsolute(file) || file === self) continue;
    seen.set(path.relative(folder, file), contentDigest(file));
  }
  return [...seen];
}

function contentDigest(file: string): Digest | null {
  try {
    return digestOf(readFileSync(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return null;
    throw error;
  }
}
