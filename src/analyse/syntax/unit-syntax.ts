import type { UnitKind } from "./module-summary.ts";
import { isErased, literalText, type Node, withoutTypes } from "./syntax.ts";

/** One thing at the top of a module, as syntax. */
export interface UnitSyntax {
  readonly kind: UnitKind;
  readonly name: string;
  readonly declares: readonly string[];
  /** What its normal form is made of. */
  readonly nodes: readonly Node[];
  readonly start: number;
  readonly end: number;
  /** What a person would call its text: all of the statement, unless that declares more than this. */
  readonly text: readonly [start: number, end: number];
  /** Where a person would look. */
  readonly offset: number;
  /** What a variable is initialised with, or the declaration itself. */
  readonly value: Node | undefined;
}

/** The name under which `export default` is kept: no name of a program's can be it. */
export const defaultName = "*default*";

/** Takes a module apart. Imports, exports of names and types are no units. */
export function unitsOf(body: readonly Node[]): readonly UnitSyntax[] {
  return body.flatMap((statement) => {
    const units = isErased(statement) ? [] : unitsOfStatement(statement);
    const [unit] = units;
    if (unit && units.length === 1) unit.text = [Math.min(statement.start, unit.start), statement.end];
    return units;
  });
}

/** One that may not be all that its statement declares. */
type NewUnit = Omit<UnitSyntax, "text"> & { text: UnitSyntax["text"] };

function unitsOfStatement(node: Node): readonly NewUnit[] {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
      return [];
    case "ExportNamedDeclaration":
      return node.declaration && !isErased(node.declaration) ? unitsOfStatement(node.declaration) : [];
    case "ExportDefaultDeclaration":
      return unitsOfDefault(node.declaration);
    case "TSImportEqualsDeclaration":
      return node.moduleReference.type === "TSExternalModuleReference"
        ? []
        : [declaration("const", node, node.id.name, node.id.start)];
    case "VariableDeclaration":
      return node.declarations.map((declarator) => {
        const declares = namesIn(declarator.id);
        const kind = node.kind === "var" || node.kind === "let" ? node.kind : "const";
        const name = declares[0] ?? "destructuring";
        const { start, end } = declarator;
        return {
          kind,
          name,
          declares,
          nodes: [declarator],
          start,
          end,
          text: [start, end],
          offset: start,
          value: declarator.init ?? undefined,
        };
      });
    case "FunctionDeclaration":
      return [declaration("function", node, node.id!.name, node.id!.start)];
    case "ClassDeclaration":
      return [declaration("class", node, node.id!.name, node.id!.start)];
    case "TSEnumDeclaration":
      return [declaration("enum", node, node.id.name, node.id.start)];
    case "TSModuleDeclaration": {
      let { id }: { id: Node } = node;
      while (id.type === "TSQualifiedName") id = id.left;
      return [declaration("namespace", node, id.type === "Identifier" ? id.name : "namespace", id.start)];
    }
    default:
      return [statementUnit(node)];
  }
}

function unitsOfDefault(node: Node): readonly NewUnit[] {
  if (isErased(node)) return [];
  const named =
    (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") && node.id ? node.id : undefined;
  const kind =
    node.type === "FunctionDeclaration" ? "function" : node.type === "ClassDeclaration" ? "class" : "default";
  const unit = declaration(kind, node, named?.name ?? "default", named?.start ?? node.start);
  return [{ ...unit, declares: [...(named ? [named.name] : []), defaultName] }];
}

function declaration(kind: UnitKind, node: Node, name: string, offset: number): NewUnit {
  const { end } = node;
  const isClass = node.type === "ClassDeclaration";
  const start = isClass ? Math.min(node.start, ...node.decorators.map((decorator) => decorator.start)) : node.start;
  return { kind, name, declares: [name], nodes: [node], start, end, text: [start, end], offset, value: node };
}

function statementUnit(node: Node): NewUnit {
  const { start, end } = node;
  const declares = [...varsIn(node)];
  return {
    kind: "statement",
    name: statementName(node),
    declares,
    nodes: [node],
    start,
    end,
    text: [start, end],
    offset: start,
    value: undefined,
  };
}

/** The names that a pattern declares. */
export function namesIn(pattern: Node): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        namesIn(property.type === "RestElement" ? property.argument : property.value),
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element ? namesIn(element) : []));
    case "AssignmentPattern":
      return namesIn(pattern.left);
    case "RestElement":
      return namesIn(pattern.argument);
    default:
      return [];
  }
}

/** The names that `var` inside a statement declares for the whole module. */
function* varsIn(node: Node): Iterable<string> {
  const pending: Node[] = [node];
  for (let at = pending.pop(); at; at = pending.pop()) {
    if (/Function|Class|^TSModule/.test(at.type)) continue;
    if (at.type === "VariableDeclaration" && at.kind === "var") {
      for (const { id } of at.declarations) yield* namesIn(id);
    }
    for (const value of Object.values(at) as unknown[]) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (child !== null && typeof child === "object" && "type" in child) pending.push(child as Node);
      }
    }
  }
}

/** A few words for a statement: what it calls or assigns. They do not depend on how it is written. */
function statementName(node: Node): string {
  if (node.type !== "ExpressionStatement") return node.type.replace(/(?:In|Of)?Statement$/, "").toLowerCase();
  let expression = withoutTypes(node.expression);
  if (expression.type === "AwaitExpression") expression = withoutTypes(expression.argument);
  if (expression.type === "ChainExpression") expression = expression.expression;
  if (expression.type === "CallExpression") return `${dotted(expression.callee)}()`;
  if (expression.type === "AssignmentExpression") return `${dotted(expression.left)} =`;
  return "statement";
}

function dotted(given: Node): string {
  const node = withoutTypes(given);
  if (node.type === "Identifier") return node.name;
  if (node.type === "CallExpression") return `${dotted(node.callee)}()`;
  if (node.type !== "MemberExpression") return "…";
  const name = node.computed
    ? literalText(node.property)
    : node.property.type === "Identifier"
      ? node.property.name
      : undefined;
  return `${dotted(node.object)}.${name ?? "…"}`;
}
