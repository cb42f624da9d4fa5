import { isBuiltInClass, isOwnInstance } from "../program/purity.ts";
import { eachChild, type Node, type NodeOf, withoutTypes } from "./syntax.ts";
import type { UnitSyntax } from "./unit-syntax.ts";

/**
 * Whether the value of a declaration can be changed from elsewhere without being assigned.
 * @param constant whether it is assigned nowhere but where it is declared: bundlers write `var` for `const`
 */
export function isMutable({ kind, value }: UnitSyntax, constant: boolean): boolean {
  switch (kind) {
    case "function":
    case "enum":
      return false;
    case "class":
      return value?.type === "ClassDeclaration" && hasStatics(value);
    case "var":
    case "let":
      return !constant || value === undefined || !isPrimitiveOrFunction(withoutTypes(value));
    case "const":
    case "default":
      return value === undefined || !isPrimitiveOrFunction(withoutTypes(value));
    default:
      return true;
  }
}

function hasStatics({ body }: NodeOf<"ClassDeclaration" | "ClassExpression">): boolean {
  return body.body.some((member) => ("static" in member ? member.static : member.type === "StaticBlock"));
}

function isPrimitiveOrFunction(node: Node): boolean {
  switch (node.type) {
    case "Literal":
      return !("regex" in node);
    case "TemplateLiteral":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return true;
    case "ClassExpression":
      return !hasStatics(node);
    case "UnaryExpression":
      return true;
    case "BinaryExpression":
      return true;
    default:
      return false;
  }
}

/** Whether what is declared was made there: a literal, a function, an instance of a built-in class. */
export function isFresh(unit: UnitSyntax): boolean {
  const { kind, value } = unit;
  if (kind === "function" || kind === "class" || kind === "enum") return true;
  if ((kind !== "const" && kind !== "default") || !value || isTakenApart(unit)) return false;
  const node = withoutTypes(value);
  if (/^(?:Object|Array|Function|ArrowFunction|Class)Expression$/.test(node.type)) return true;
  if (node.type !== "NewExpression" || node.callee.type !== "Identifier") return false;
  return isOwnInstance(node.callee.name, node.arguments.length);
}

/** Whether code awaits something by itself, and not in a function. */
export function awaits(root: Node): boolean {
  const pending: Node[] = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node.await)) return true;
    if (node.type === "VariableDeclaration" && node.kind === "await using") return true;
    if (!/Function/.test(node.type)) eachChild(node, (child) => pending.push(child));
  }
  return false;
}

/** Whether a function is declared that gives an iterator. */
export function isGenerator({ value }: UnitSyntax): boolean {
  const node = value && withoutTypes(value);
  return (node?.type === "FunctionDeclaration" || node?.type === "FunctionExpression") && node.generator === true;
}

/** Methods that give an iterator. */
const iterating = new Set(["entries", "keys", "matchAll", "values"]);

/** Whether reading what is declared may use it up: an iterator, a regular expression that remembers where it is. */
export function isUsedUp({ value }: UnitSyntax): boolean {
  const node = value && withoutTypes(value);
  if (node?.type === "Literal") return "regex" in node && node.regex.flags.includes("y");
  if (node?.type !== "CallExpression") return false;
  const callee = withoutTypes(node.callee);
  if (callee.type !== "MemberExpression") return false;
  const { object, property, computed } = callee;
  // `Object.keys` and its like give lists; a computed name may be `Symbol.iterator`.
  if (object.type === "Identifier" && object.name === "Object") return false;
  return computed || (property.type === "Identifier" && iterating.has(property.name));
}

/** Whether what is declared are parts of a value, and not the value: `const { x } = value`. */
function isTakenApart({ nodes: [node] }: UnitSyntax): boolean {
  return node?.type === "VariableDeclarator" && node.id.type !== "Identifier";
}

export function callableOf(unit: UnitSyntax): boolean | undefined {
  const { kind, value } = unit;
  if (kind === "function" || kind === "class") return true;
  if (kind === "enum" || kind === "namespace" || kind === "statement") return false;
  if (!value || isTakenApart(unit)) return undefined;
  const node = withoutTypes(value);
  switch (node.type) {
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "ClassExpression":
      return true;
    case "Literal":
    case "TemplateLiteral":
    case "ArrayExpression":
    case "ObjectExpression":
    case "BinaryExpression":
    case "UnaryExpression":
      return false;
    case "NewExpression":
      return node.callee.type === "Identifier" && isBuiltInClass(node.callee.name) ? false : undefined;
    default:
      return undefined;
  }
}
