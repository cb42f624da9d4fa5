import { literalText, type Node, type NodeOf } from "../syntax/syntax.ts";

/** The properties that lead to a name in a pattern, by where the name stands; undefined if it is not there. */
export function pathInPattern(node: Node, offset: number): readonly string[] | undefined {
  switch (node.type) {
    case "Identifier":
      return node.start === offset ? [] : undefined;
    case "AssignmentPattern":
      return pathInPattern(node.left, offset);
    case "RestElement":
      return pathInPattern(node.argument, offset);
    case "TSParameterProperty":
      return pathInPattern(node.parameter, offset);
    case "ArrayPattern":
      for (const [i, element] of node.elements.entries()) {
        const path = element && below(String(i), element, offset);
        if (path) return path;
      }
      return undefined;
    case "ObjectPattern":
      for (const property of node.properties) {
        // What is left over is taken for the whole.
        const path =
          property.type === "RestElement"
            ? pathInPattern(property.argument, offset)
            : below(propertyName(property) ?? "*", property.value, offset);
        if (path) return path;
      }
      return undefined;
    default:
      return undefined;
  }
}

function below(name: string, pattern: Node, offset: number): readonly string[] | undefined {
  const rest = pathInPattern(pattern, offset);
  return rest && [name, ...rest];
}

/** The name of a property of a literal or pattern; undefined where it is computed. */
export function propertyName({
  key,
  computed,
}: {
  readonly key: Node;
  readonly computed: boolean;
}): string | undefined {
  if (key.type === "Identifier" && !computed) return key.name;
  if (key.type === "Literal" && typeof key.value === "number") return String(key.value);
  return literalText(key);
}

/** The property that `a.b`, `a["b"]` or `a[0]` names; undefined where it is computed. */
export function memberOf({ property, computed }: NodeOf<"MemberExpression">): string | undefined {
  if (property.type === "PrivateIdentifier") return `#${property.name}`;
  return propertyName({ key: property, computed });
}
