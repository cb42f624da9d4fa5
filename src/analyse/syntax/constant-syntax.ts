import { type Node, withoutTypes } from "./syntax.ts";

/** Whether an expression is a function written on the spot. */
export function isFunction(node: Node): boolean {
  const { type } = withoutTypes(node);
  return type === "ArrowFunctionExpression" || type === "FunctionExpression";
}

/** Whether an expression is a number, a text or the like that nothing but its own text decides. */
export function isConstant(given: Node): boolean {
  const node = withoutTypes(given);
  switch (node.type) {
    case "Literal":
      return !("regex" in node);
    case "TemplateLiteral":
      return node.expressions.every(isConstant);
    case "UnaryExpression":
      return node.operator !== "delete" && isConstant(node.argument);
    case "BinaryExpression":
    case "LogicalExpression":
      return isConstant(node.left) && isConstant(node.right);
    case "ConditionalExpression":
      return isConstant(node.test) && isConstant(node.consequent) && isConstant(node.alternate);
    default:
      return false;
  }
}

/** Whether an expression may give a function that is neither written there nor named. */
export function isMade(given: Node): boolean {
  const node = withoutTypes(given);
  if (isConstant(node) || isFunction(node)) return false;
  switch (node.type) {
    case "Identifier":
      return false;
    case "MemberExpression":
      return node.computed || isMade(node.object);
    case "ArrayExpression":
      return node.elements.some((element) => element !== null && isMade(element));
    case "ObjectExpression":
      return node.properties.some(
        (property) => property.type !== "Property" || property.computed || isMade(property.value),
      );
    default:
      return true;
  }
}

const collections = new Set(["Map", "Set", "WeakMap", "WeakSet"]);

/** Whether an expression makes a new object of constants and functions, the same each time. */
export function isFresh(given: Node): boolean {
  const node = withoutTypes(given);
  if (isConstant(node) || isFunction(node)) return true;
  switch (node.type) {
    case "ArrayExpression":
      return node.elements.every((element) => element === null || isFresh(element));
    case "ObjectExpression":
      return node.properties.every(
        (property) => property.type === "Property" && !property.computed && isFresh(property.value),
      );
    case "NewExpression":
      return node.callee.type === "Identifier" && collections.has(node.callee.name) && node.arguments.every(isFresh);
    default:
      return false;
  }
}
