import type { Site } from "../../core/node.ts";
import type { AnalysedModule } from "../syntax/analysed-module.ts";
import type { Call } from "../syntax/scope.ts";
import type { Node } from "../syntax/syntax.ts";

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

const byModule = new WeakMap<AnalysedModule, ReadonlyMap<string, Node>>();

/** Whether `export const NAME = CALL` stands in a module: then the export is what this call gave, whatever else happened. */
export function isExportedCall(module: AnalysedModule, call: Call, name: string): boolean {
  let initialisers = byModule.get(module);
  if (!initialisers) {
    initialisers = new Map(module.parsed.program.body.flatMap(initialisersOf));
    byModule.set(module, initialisers);
  }
  return initialisers.get(name) === call.node;
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
