import { isNode, type Node, parseModule } from "./syntax.ts";

/** One parameter of a function: a name, or the names that a pattern takes from an object. */
export type ParameterSyntax =
  | { readonly name: string; readonly optional: boolean }
  | { readonly members: readonly { readonly name: string; readonly optional: boolean }[]; readonly optional: boolean }
  /** One that names nothing. */
  | { readonly unnamed: "rest" | "array" | "computed" | "others" };

/**
 * The parameters of a function, by its text as the engine runs it; undefined where that cannot be parsed: a function of the engine's
 * own, or one that `bind` made.
 */
export function parametersOf(text: string): readonly ParameterSyntax[] | undefined {
  // A method is no expression by itself.
  for (const source of [`(${text})`, `({ ${text} })`]) {
    const parsed = parseModule("function.js", source);
    if ("message" in parsed) continue;
    const fn = functionIn(parsed.program);
    if (fn) return fn.params.map(parameterOf);
  }
  return undefined;
}

interface WithParameters {
  readonly params: readonly Node[];
}

function functionIn(program: Node): WithParameters | undefined {
  const statement = program.type === "Program" ? program.body[0] : undefined;
  if (statement?.type !== "ExpressionStatement") return undefined;
  const { expression } = statement;
  if (expression.type === "ArrowFunctionExpression" || expression.type === "FunctionExpression") return expression;
  if (expression.type !== "ObjectExpression") return undefined;
  const [property] = expression.properties;
  return property?.type === "Property" && property.value.type === "FunctionExpression" ? property.value : undefined;
}

function parameterOf(param: Node): ParameterSyntax {
  const optional = param.type === "AssignmentPattern";
  const target: Node = optional ? param.left : param;
  switch (target.type) {
    case "Identifier":
      return { name: target.name, optional };
    case "ObjectPattern": {
      const members: { name: string; optional: boolean }[] = [];
      for (const property of target.properties) {
        if (property.type !== "Property") return { unnamed: "others" };
        const name = property.computed ? undefined : keyOf(property.key);
        if (name === undefined) return { unnamed: "computed" };
        members.push({ name, optional: isNode(property.value) && property.value.type === "AssignmentPattern" });
      }
      return { members, optional };
    }
    case "ArrayPattern":
      return { unnamed: "array" };
    default:
      return { unnamed: "rest" };
  }
}

function keyOf(key: Node): string | undefined {
  if (key.type === "Identifier") return key.name;
  return key.type === "Literal" && key.value !== null ? String(key.value) : undefined;
}
