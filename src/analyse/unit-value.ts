import { isBuiltInClass } from "./purity.ts";
import { type Node, withoutTypes } from "./syntax.ts";
import type { UnitSyntax } from "./unit-syntax.ts";

/** Whether the value of a declaration can be changed from elsewhere without being assigned. */
export function isMutable({ kind, value }: UnitSyntax): boolean {
  switch (kind) {
    case "function":
    case "enum":
      return false;
    case "class":
      return (
        value?.type === "ClassDeclaration" &&
        value.body.body.some((member) => ("static" in member ? member.static : member.type === "StaticBlock"))
      );
    case "const":
    case "default":
      return value === undefined || !isPrimitiveOrFunction(withoutTypes(value));
    default:
      return true;
  }
}

function isPrimitiveOrFunction(node: Node): boolean {
  switch (node.type) {
    case "Literal":
      return !("regex" in node);
    case "TemplateLiteral":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return true;
    case "UnaryExpression":
      return true;
    case "BinaryExpression":
      return true;
    default:
      return false;
  }
}

export function callableOf({ kind, value }: UnitSyntax): boolean | undefined {
  if (kind === "function" || kind === "class") return true;
  if (kind === "enum" || kind === "namespace" || kind === "statement") return false;
  if (!value) return undefined;
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
