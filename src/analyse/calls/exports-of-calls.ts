import type { Site } from "../../core/node.ts";
import { isOwnSpecifier } from "../packages/own-package.ts";
import type { AnalysedModule } from "../syntax/analysed-module.ts";
import type { Call } from "../syntax/scope.ts";
import type { Node, NodeOf } from "../syntax/syntax.ts";

/** An export of a loaded module. */
export interface ExportedAs {
  /** Absolute path. */
  readonly file: string;
  readonly name: string;
}

const exportedAs = new WeakMap<Site, ExportedAs>();

/**
 * Notes that what was declared at a site is what a module exports under a name. Where the source shows that nothing else can
 * be, the name finds the declaring call, and the engine need not be asked for its line: that takes it longer the more comes
 * before in the module.
 */
export function noteExport(site: Site, as: ExportedAs): void {
  exportedAs.set(site, as);
}

export function exportOf(site: Site): ExportedAs | undefined {
  return exportedAs.get(site);
}

const exportsOf = new WeakMap<AnalysedModule, ReadonlyMap<string, Call>>();

/** The call that stands in a module as `export const NAME = CALL`: the export is what it gave, whatever else happened. */
export function exportedCall(module: AnalysedModule, name: string): Call | undefined {
  let calls = exportsOf.get(module);
  if (!calls) {
    const byNode = new Map(module.scopes.calls.map((call) => [call.node, call]));
    const initialisers = module.parsed.program.body.flatMap(initialisersOf);
    calls = new Map(
      initialisers.flatMap(([exported, node]): [string, Call][] => {
        const call = byNode.get(node);
        return call ? [[exported, call]] : [];
      }),
    );
    exportsOf.set(module, calls);
  }
  return calls.get(name);
}

export function isExportedCall(module: AnalysedModule, call: Call, name: string): boolean {
  return exportedCall(module, name) === call;
}

/** What declares one node with each call, and calls no code of the user's that might declare another. */
const declaring = new Set(["stage", "command", "map"]);

const importsOf = new WeakMap<AnalysedModule, ReadonlySet<string>>();

/** Whether a call is one of Sluice's own functions that declare a node, imported by name. */
export function isDeclaring(module: AnalysedModule, { callee, isNew }: Call): boolean {
  if (callee.kind !== "name" || isNew || callee.depth !== 0 || callee.method !== undefined) return false;
  let imports = importsOf.get(module);
  if (!imports) {
    imports = new Set(module.parsed.program.body.flatMap(declaringImports));
    importsOf.set(module, imports);
  }
  const { binding, name } = callee.reference;
  return binding?.kind === "import" && imports.has(name);
}

function declaringImports(statement: Node): string[] {
  if (statement.type !== "ImportDeclaration" || !isOwnSpecifier(statement.source.value)) return [];
  return statement.specifiers.flatMap((specifier) =>
    specifier.type === "ImportSpecifier" && declaring.has(importedName(specifier)) ? [specifier.local.name] : [],
  );
}

function importedName({ imported }: NodeOf<"ImportSpecifier">): string {
  return imported.type === "Identifier" ? imported.name : imported.value;
}

function initialisersOf(statement: Node): [name: string, initialiser: Node][] {
  if (statement.type !== "ExportNamedDeclaration") return [];
  const { declaration } = statement;
  if (declaration?.type !== "VariableDeclaration" || declaration.kind !== "const") return [];
  return declaration.declarations.flatMap(({ id, init }) =>
    id.type === "Identifier" && init ? [[id.name, withoutTypes(init)] as [string, Node]] : [],
  );
}

function withoutTypes(node: Node): Node {
  let inner = node;
  while (
    inner.type === "TSAsExpression" ||
    inner.type === "TSSatisfiesExpression" ||
    inner.type === "TSNonNullExpression"
  )
    inner = inner.expression;
  return inner;
}
