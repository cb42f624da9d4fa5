import { isNode, type Node, parseModule } from "../../../src/analyse/syntax/syntax.ts";

/** A place in a module's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The parts of a module that edits can be made to. */
export interface Sites {
  readonly body: readonly Node[];
  readonly literals: readonly (Span & { readonly value: unknown })[];
  readonly operators: readonly (Span & { readonly operator: string })[];
  /** Lists of statements, the top of the module first. */
  readonly blocks: readonly (readonly Span[])[];
  readonly calls: readonly (Span & { readonly callee: Span; readonly args: readonly Span[] })[];
  readonly members: readonly (Span & { readonly name: string })[];
  /** Names that are read. */
  readonly names: readonly (Span & { readonly name: string })[];
  readonly expressions: readonly Span[];
}

/** Undefined for a module that cannot be parsed. */
export function sitesOf(file: string, text: string): Sites | undefined {
  const parsed = parseModule(`/${file}`, text);
  if ("message" in parsed) return undefined;
  const body = parsed.program.body as readonly Node[];
  const sites = {
    body,
    literals: [] as (Span & { value: unknown })[],
    operators: [] as (Span & { operator: string })[],
    blocks: [body] as (readonly Span[])[],
    calls: [] as (Span & { callee: Span; args: readonly Span[] })[],
    members: [] as (Span & { name: string })[],
    names: [] as (Span & { name: string })[],
    expressions: [] as Span[],
  };
  const visit = (node: Node): void => {
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportAllDeclaration":
        return;
      case "ExportNamedDeclaration":
        if (node.declaration) visit(node.declaration);
        return;
      case "ImportExpression":
      case "TSTypeAnnotation":
        return;
      case "Literal":
        sites.literals.push({ start: node.start, end: node.end, value: node.value });
        sites.expressions.push(node);
        return;
      case "BinaryExpression":
      case "LogicalExpression":
      case "AssignmentExpression": {
        const between = text.slice(node.left.end, node.right.start);
        const at = between.indexOf(node.operator);
        if (at >= 0 && !between.includes("as any")) {
          const start = node.left.end + at;
          sites.operators.push({ start, end: start + node.operator.length, operator: node.operator });
        }
        break;
      }
      case "BlockStatement":
      case "StaticBlock":
        sites.blocks.push(node.body);
        break;
      case "CallExpression":
        sites.calls.push({ start: node.start, end: node.end, callee: node.callee, args: node.arguments });
        sites.expressions.push(node);
        break;
      case "MemberExpression":
        if (!node.computed && node.property.type === "Identifier") {
          const { start, end, name } = node.property;
          sites.members.push({ start, end, name });
        }
        visit(node.object);
        if (node.computed) visit(node.property);
        return;
      case "Property":
        if (node.computed) visit(node.key);
        if (!node.shorthand) visit(node.value);
        return;
      case "MethodDefinition":
      case "PropertyDefinition":
      case "AccessorProperty":
        for (const decorator of node.decorators) visit(decorator);
        if (node.computed) visit(node.key);
        if (node.value) visit(node.value as Node);
        return;
      case "Identifier":
        sites.names.push({ start: node.start, end: node.end, name: node.name });
        return;
      case "VariableDeclarator":
        if (node.init) visit(node.init);
        if (node.init) sites.expressions.push(node.init);
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        for (const param of node.params) if (param.type === "AssignmentPattern") visit(param.right);
        if (node.body) visit(node.body);
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        for (const decorator of node.decorators) visit(decorator);
        if (node.superClass) visit(node.superClass);
        visit(node.body);
        return;
      case "TSEnumDeclaration":
        for (const member of node.body.members) if (member.initializer) visit(member.initializer);
        return;
      default:
    }
    for (const [name, value] of Object.entries(node)) {
      if (/^(?:parent|typeAnnotation|typeParameters|typeArguments|returnType|id)$/.test(name)) continue;
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child);
    }
  };
  for (const node of body) visit(node);
  return sites;
}

export function textOf(text: string, { start, end }: Span): string {
  return text.slice(start, end);
}

/** The text with what lies between two offsets replaced. */
export function replaced(text: string, { start, end }: Span, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

/** The text with two spans exchanged, of which the first ends before the second starts. */
export function swapped(text: string, first: Span, second: Span): string {
  return (
    text.slice(0, first.start) +
    textOf(text, second) +
    text.slice(first.end, second.start) +
    textOf(text, first) +
    text.slice(second.end)
  );
}
