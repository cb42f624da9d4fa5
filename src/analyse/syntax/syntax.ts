import { createRequire } from "node:module";
import path from "node:path";
import type { Node, Program } from "oxc-parser";
import { languageOf } from "../load/module-path.ts";

export type { Node, Program } from "oxc-parser";

export type NodeOf<Type extends Node["type"]> = Extract<Node, { type: Type }>;

/** A parsed module. */
export interface ParsedModule {
  readonly program: Program;
  readonly source: string;
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[];
  /** Whether it has `import`, `export` or `import.meta`. */
  readonly isModule: boolean;
}

/** Why a module cannot be parsed. */
export interface ParseProblem {
  readonly message: string;
  readonly offset: number;
}

/** Parses a module as its author wrote it: TypeScript and JSX by the end of its name. */
export function parseModule(file: string, source: string): ParsedModule | ParseProblem {
  // Loaded only when a module was edited: it takes a good part of what a warm run may cost.
  const { parseSync } = createRequire(import.meta.url)("oxc-parser") as typeof import("oxc-parser");
  const extension = path.extname(file);
  const commonjs = extension === ".cjs" || extension === ".cts";
  const attempts = commonjs ? (["commonjs", "module"] as const) : (["module", "commonjs"] as const);
  let problem: ParseProblem | undefined;
  for (const sourceType of attempts) {
    const lang = languageOf(file);
    const options = {
      sourceType,
      preserveParens: false,
      // Without the fields that only TypeScript can fill: a fifth of the text in which the parser hands over what it found.
      astType: lang === "js" || lang === "jsx" ? "js" : "ts",
      ...(lang && lang !== "json" ? { lang } : {}),
    } as const;
    const result = parseSync(file, source, options);
    const error = result.errors.find(({ severity }) => severity === "Error");
    if (!error) {
      const { program, comments } = result;
      // What the parser says of all imports and exports takes a third as long as parsing: mostly the syntax tells.
      const isModule = program.body.some(exportsDeclaration) || result.module.hasModuleSyntax;
      return { program, source, comments, isModule };
    }
    problem ??= { message: error.message, offset: error.labels[0]?.start ?? 0 };
  }
  return problem!;
}

function exportsDeclaration(node: Node): boolean {
  return node.type === "ExportNamedDeclaration" && node.exportKind !== "type" && node.declaration !== null;
}

/** Calls back for each node right inside of one. */
export function eachChild(node: Node, take: (child: Node, property: string) => void): void {
  const fields = node as unknown as Readonly<Record<string, unknown>>;
  // Thousands of functions are walked through: the names are not put into a list, nor a child by itself.
  for (const property in fields) {
    const value = fields[property];
    if (value === null || typeof value !== "object") continue;
    if (Array.isArray(value)) {
      for (const child of value) if (isNode(child)) take(child, property);
    } else if (isNode(value)) take(value, property);
  }
}

/** Properties of syntax that say nothing about what the code does: positions, spelling, types. */
const silent = new Set([
  "type",
  "start",
  "end",
  "range",
  "parent",
  "raw",
  "typeAnnotation",
  "typeParameters",
  "typeArguments",
  "superTypeArguments",
  "superTypeParameters",
  "returnType",
  "implements",
  "accessibility",
  "readonly",
  "override",
  "abstract",
  "definite",
  "declare",
  "importKind",
  "exportKind",
  "hashbang",
]);

/** Whether a property of syntax can change what the code does. */
export function counts(property: string): boolean {
  return !silent.has(property);
}

export function isNode(value: unknown): value is Node {
  return value !== null && typeof value === "object" && typeof (value as { type?: unknown }).type === "string";
}

/** The expression inside `as`, `satisfies`, `!`, `<T>` and type arguments, which compile to nothing. */
export function withoutTypes<T extends Node>(node: T): Node {
  let inner: Node = node;
  for (;;) {
    switch (inner.type) {
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSTypeAssertion":
      case "TSInstantiationExpression":
      case "ParenthesizedExpression":
        inner = inner.expression;
        break;
      default:
        return inner;
    }
  }
}

/** Whether syntax in a list compiles to nothing: types, overloads, `declare`, lone semicolons, comments in JSX. */
export function isErased(node: Node): boolean {
  switch (node.type) {
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSDeclareFunction":
    case "TSNamespaceExportDeclaration":
    case "TSIndexSignature":
    case "TSAbstractMethodDefinition":
    case "TSAbstractPropertyDefinition":
    case "TSAbstractAccessorProperty":
    case "EmptyStatement":
      return true;
    case "FunctionDeclaration":
    case "VariableDeclaration":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
    case "PropertyDefinition":
      return node.declare === true;
    case "MethodDefinition":
      return node.value.body === null;
    case "TSModuleDeclaration":
      return (
        node.declare || node.global || node.id.type === "Literal" || !node.body || node.body.body.every(isErasedExport)
      );
    case "TSImportEqualsDeclaration":
      return node.importKind === "type";
    case "ImportDeclaration":
      return node.importKind === "type";
    case "Identifier":
      return node.name === "this";
    case "JSXExpressionContainer":
      return node.expression.type === "JSXEmptyExpression";
    case "JSXText":
      return jsxText(node.value) === "";
    default:
      return false;
  }
}

function isErasedExport(node: Node): boolean {
  if (node.type !== "ExportNamedDeclaration") return isErased(node);
  return node.exportKind === "type" || (node.declaration !== null && isErased(node.declaration));
}

/** What JSX makes of text: lines are trimmed and joined by a space, so indentation does not count. */
export function jsxText(text: string): string {
  const lines = text.split(/\r\n|\n|\r/);
  return lines
    .map((line, i) => {
      const start = i === 0 ? line : line.replace(/^[ \t]+/, "");
      return i === lines.length - 1 ? start : start.replace(/[ \t]+$/, "");
    })
    .filter((line) => line !== "")
    .join(" ");
}

/** The text of a string literal or of a template without substitutions; undefined for anything else. */
export function literalText(node: Node | null | undefined): string | undefined {
  if (!node) return undefined;
  const inner = withoutTypes(node);
  if (inner.type === "Literal") return typeof inner.value === "string" ? inner.value : undefined;
  if (inner.type !== "TemplateLiteral" || inner.expressions.length > 0) return undefined;
  return inner.quasis[0]?.value.cooked ?? undefined;
}

/** Lines and columns, both from 1, of offsets in a text. */
export class LineIndex {
  readonly #starts: readonly number[];

  constructor(text: string) {
    const starts = [0];
    // As V8 counts: a carriage return with a line feed is one end of line.
    if (/[\r\u2028\u2029]/.test(text)) {
      for (const end of text.matchAll(/\r\n?|[\n\u2028\u2029]/g)) starts.push(end.index + end[0].length);
    } else {
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    }
    this.#starts = starts;
  }

  place(offset: number): { readonly line: number; readonly column: number } {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 };
  }

  /** The offset of a place; -1 when there is no such line. */
  offset(line: number, column: number): number {
    const start = this.#starts[line - 1];
    return start === undefined ? -1 : start + column - 1;
  }
}
