import { createRequire } from "node:module";
import path from "node:path";
import { compileFunction } from "node:vm";
import { digestParts } from "../../core/canonical.ts";
import type { DerivedCache } from "../../core/derived.ts";
import type { Digest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import { requireDescriptors } from "../../platform/spare-descriptors.ts";
import type { CompilerSettings } from "./compiler-settings.ts";
import { languageOf, type ModuleLanguage } from "./module-path.ts";
import { PositionMap } from "./source-map.ts";

/** Raised when what `transform` gives for the same source and settings changes. */
const scheme = "1";

const nodeTarget = `node${process.versions.node.split(".").slice(0, 2).join(".")}`;

export type ModuleFormat = "module" | "commonjs";

/** A module as Node can run it. */
export interface Transformed {
  readonly code: string;
  readonly format: ModuleFormat;
  /** Where the code came from; read or made again when it is asked for. */
  readonly positions: () => PositionMap;
}

export interface TransformInput {
  /** Absolute path. */
  readonly file: string;
  readonly source: string;
  /** Of the source. */
  readonly digest: Digest;
  readonly settings: CompilerSettings;
  /** What the name of the file or the `type` of its package says; undefined where the syntax decides. */
  readonly format: ModuleFormat | undefined;
}

/**
 * Compiles TypeScript, JSX and decorators to what Node runs. What was compiled once is remembered.
 * @throws SluiceError `load-failed` with the place of a syntax error
 */
export function transform(input: TransformInput, derived: DerivedCache): Transformed {
  const { file, digest, settings, format } = input;
  const key = digestParts("transform", [
    scheme,
    nodeTarget,
    digest,
    settings.digest,
    path.extname(file),
    format ?? null,
  ]);
  const stored = derived.get("module-code", key);
  if (stored) {
    const text = Buffer.from(stored).toString();
    const end = text.indexOf("\n");
    return {
      code: text.slice(end + 1),
      format: text.slice(0, end) as ModuleFormat,
      positions: once(() => {
        const bytes = derived.get("module-map", key);
        return bytes ? PositionMap.fromBytes(bytes) : compile(input).positions();
      }),
    };
  }
  const fresh = compile(input);
  derived.put("module-map", key, fresh.positions().toBytes());
  derived.put("module-code", key, Buffer.from(`${fresh.format}\n${fresh.code}`));
  return fresh;
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const loaders: Readonly<Record<ModuleLanguage, "ts" | "tsx" | "js" | "jsx" | "json">> = {
  ts: "ts",
  tsx: "tsx",
  js: "js",
  jsx: "jsx",
  json: "json",
};

/** `import x = require("y")` of a module that has no `require`; TypeScript makes one in the same way. */
const importEquals = /^\s*(?:export\s+)?import\s+(?:type\s+)?[\w$]+\s*=\s*require\s*\(/m;
const requireBanner =
  'import { createRequire as __sluiceCreateRequire } from "node:module"; const require = __sluiceCreateRequire(import.meta.url);';

/** What a thread of esbuild's and its program take. Where they do not get it they die, and esbuild waits for them for ever. */
const compilerDescriptors = 24;
/** They are started for the first module and then stay. */
let hasCompiled = false;

function compile({ file, source, settings, format }: TransformInput): Transformed {
  if (!hasCompiled) requireDescriptors(compilerDescriptors, "starting the compiler");
  hasCompiled = true;
  const esbuild = createRequire(import.meta.url)("esbuild") as typeof import("esbuild");
  const { jsx, jsxDev, ...compilerOptions } = settings.options;
  const run = (banner?: string): { readonly code: string; readonly map: string } => {
    try {
      return esbuild.transformSync(source, {
        loader: loaders[languageOf(file)!],
        target: nodeTarget,
        sourcefile: path.basename(file),
        sourcemap: "external",
        sourcesContent: false,
        logLevel: "silent",
        charset: "utf8",
        tsconfigRaw: { compilerOptions },
        ...(jsx ? { jsx } : {}),
        ...(jsxDev ? { jsxDev } : {}),
        ...(format === "commonjs" ? { format: "cjs", platform: "node" } : {}),
        ...(banner === undefined ? {} : { banner }),
      });
    } catch (error) {
      throw isTransformFailure(error) ? syntaxFailure(file, error) : error;
    }
  };
  let output = run();
  const resulting = format ?? formatOf(output.code);
  if (resulting === "module" && importEquals.test(source)) output = run(requireBanner);
  const positions = PositionMap.decode((JSON.parse(output.map) as { readonly mappings: string }).mappings);
  return { code: output.code, format: resulting, positions: () => positions };
}

type TransformFailure = import("esbuild").TransformFailure;

function isTransformFailure(error: unknown): error is TransformFailure {
  return error instanceof Error && Array.isArray((error as Partial<TransformFailure>).errors);
}

function syntaxFailure(file: string, failure: TransformFailure): unknown {
  const [first] = failure.errors;
  if (!first) return failure;
  const { location, text } = first;
  // esbuild counts columns from 0 and in bytes.
  const column = location && Buffer.from(location.lineText).subarray(0, location.column).toString().length + 1;
  return fail("load-failed", `syntax error: ${text}`, {
    where: { file, ...(location ? { line: location.line, column: column! } : {}) },
    hint: location ? `the line is: ${location.lineText.trim().slice(0, 200)}` : "correct the file",
    cause: failure,
  });
}

/** What V8 says when code can only be a module: the way in which Node itself tells modules from CommonJS. */
const moduleOnly = [
  "Cannot use import statement outside a module",
  "Unexpected token 'export'",
  "Cannot use 'import.meta' outside a module",
  "await is only valid in async functions and the top level bodies of modules",
  "Identifier '__filename' has already been declared",
  "Identifier '__dirname' has already been declared",
  "Identifier 'exports' has already been declared",
  "Identifier 'module' has already been declared",
  "Identifier 'require' has already been declared",
];

function formatOf(code: string): ModuleFormat {
  try {
    compileFunction(code, ["exports", "require", "module", "__filename", "__dirname"]);
    return "commonjs";
  } catch (error) {
    return error instanceof SyntaxError && moduleOnly.includes(error.message) ? "module" : "commonjs";
  }
}
