import { existsSync } from "node:fs";
import path from "node:path";
import type ts from "typescript";
import { fail } from "../../../core/failure.ts";
import type { Compiler } from "./compiler.ts";
import type { WiringText } from "./wiring-text.ts";

/** What the compiler says at a place of the text. */
export interface Finding {
  readonly from: number;
  readonly code: number;
  readonly explanation: string;
}

/** What the compiler makes of a text of wires. */
export interface Compiled {
  readonly findings: readonly Finding[];
  /** A type of the text as the compiler writes it. */
  readonly typeText: (name: string) => string;
  readonly isAny: (name: string) => boolean;
  /** The names of its properties; undefined where it has others as well. */
  readonly propertiesOf: (name: string) => readonly string[] | undefined;
  /** Whether a function takes what depends on its arguments: it is generic, or overloaded. */
  readonly isManifold: (name: string) => boolean;
}

/**
 * Compiles it beside the project's modules, with the project's settings. Nothing is written.
 * @param root absolute path of the project's folder
 * @throws SluiceError `usage` where the settings of the project cannot be read
 */
export function compile(compiler: Compiler, root: string, { text, appended }: WiringText): Compiled {
  const file = path.join(root, "__sluice_wires__.mts");
  const { options, ambient } = settingsOf(compiler, root);
  const host = compiler.createCompilerHost(options, true);
  const { getSourceFile, fileExists, readFile } = host;
  const textOf = (name: string): string | undefined => {
    if (path.resolve(name) === file) return text;
    const more = appended.of(path.resolve(name));
    return more === "" ? undefined : `${readFile(name) ?? ""}${more}`;
  };
  host.fileExists = (name) => path.resolve(name) === file || fileExists(name);
  host.readFile = (name) => textOf(name) ?? readFile(name);
  host.getSourceFile = (name, target, onError, create) => {
    const own = textOf(name);
    if (own === undefined) return getSourceFile(name, target, onError, create);
    return compiler.createSourceFile(name, own, target, true);
  };
  const program = compiler.createProgram({ rootNames: [...ambient, file], options, host });
  const source = program.getSourceFile(file)!;
  const checker = program.getTypeChecker();
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  const declarations = new Map<string, ts.TypeAliasDeclaration>();
  source.forEachChild((node) => {
    if (compiler.isTypeAliasDeclaration(node)) declarations.set(node.name.text, node);
  });
  const typeOf = (name: string): ts.Type => checker.getTypeAtLocation(declarations.get(name)!.name);
  return {
    findings: found.map(({ start = 0, code, messageText }) => ({
      from: start,
      code,
      explanation: compiler.flattenDiagnosticMessageText(messageText, "\n"),
    })),
    typeText: (name) =>
      checker.typeToString(
        typeOf(name),
        undefined,
        compiler.TypeFormatFlags.InTypeAlias | compiler.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope,
      ),
    isAny: (name) => (typeOf(name).flags & compiler.TypeFlags.Any) !== 0,
    propertiesOf: (name) => {
      const type = typeOf(name);
      const isOpen = (type.flags & compiler.TypeFlags.Object) === 0 && !type.isIntersection();
      if (isOpen || checker.getIndexInfosOfType(type).length > 0) return undefined;
      return checker.getPropertiesOfType(type).map((property) => property.name);
    },
    isManifold: (name) => {
      const signatures = typeOf(name).getCallSignatures();
      return signatures.length > 1 || signatures.some(({ typeParameters }) => typeParameters !== undefined);
    },
  };
}

/** The project's settings, as far as they say what types are and where modules lie. */
function settingsOf(
  compiler: Compiler,
  root: string,
): { readonly options: ts.CompilerOptions; readonly ambient: readonly string[] } {
  const { ModuleKind, ModuleResolutionKind, ScriptTarget, sys } = compiler;
  const needed: ts.CompilerOptions = {
    noEmit: true,
    allowImportingTsExtensions: true,
    allowJs: true,
    checkJs: false,
    skipLibCheck: true,
    skipDefaultLibCheck: true,
    composite: false,
    incremental: false,
    declaration: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  const settings = compiler.findConfigFile(root, sys.fileExists);
  if (settings === undefined) {
    const plain: ts.CompilerOptions = {
      strict: true,
      target: ScriptTarget.ESNext,
      module: ModuleKind.NodeNext,
      moduleResolution: ModuleResolutionKind.NodeNext,
      types: existsSync(path.join(root, "node_modules/@types/node")) ? ["node"] : [],
    };
    return { options: { ...plain, ...needed }, ambient: [] };
  }
  const wrong = (diagnostic: ts.Diagnostic): never =>
    fail("usage", compiler.flattenDiagnosticMessageText(diagnostic.messageText, "\n"), { where: { file: settings } });
  const parsed = compiler.getParsedCommandLineOfConfigFile(settings, needed, {
    ...sys,
    onUnRecoverableConfigFileDiagnostic: wrong,
  });
  const error = parsed?.errors.find(({ code }) => code !== noInputs);
  if (!parsed || error) return error ? wrong(error) : fail("usage", "cannot be read", { where: { file: settings } });
  return {
    options: { ...parsed.options, ...needed },
    ambient: parsed.fileNames.filter((name) => /\.d\.[mc]?ts$/.test(name)),
  };
}

/** "No inputs were found in config file": a project may list nothing that its dataflow is of. */
const noInputs = 18003;
