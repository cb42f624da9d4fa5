import { counts, isNode, type Node, type ParsedModule, parseModule } from "./syntax.ts";

/** One parameter of a function: a name, or the names that a pattern takes from an object. */
export type ParameterSyntax =
  | { readonly name: string; readonly optional: boolean }
  | { readonly members: readonly { readonly name: string; readonly optional: boolean }[]; readonly optional: boolean }
  /** One that names nothing. */
  | { readonly unnamed: "rest" | "array" | "computed" | "others" };

interface FunctionNode {
  readonly start: number;
  readonly end: number;
  readonly params: readonly Node[];
  readonly body: { readonly start: number } | null;
}

/** The parameters of a function, by its text as the engine runs it; undefined where that cannot be parsed. */
export function parametersOfText(text: string): readonly ParameterSyntax[] | undefined {
  // A method is no expression by itself.
  for (const source of [`(${text})`, `({ ${text} })`]) {
    const parsed = parseModule("function.js", source);
    if ("message" in parsed) continue;
    const [first] = functionsIn(parsed.program);
    if (first) return parametersOf(first);
  }
  return undefined;
}

/** The functions of a module, found once. */
export class FunctionParameters {
  readonly #functions: readonly FunctionNode[];

  constructor({ program }: Pick<ParsedModule, "program">) {
    this.#functions = functionsIn(program);
  }

  /** The parameters of the innermost function that begins around an offset, as the engine says where it is. */
  at(offset: number): readonly ParameterSyntax[] | undefined {
    let [low, high] = [0, this.#functions.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#functions[middle]!.start <= offset) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0; i--) {
      const { body, params, end } = this.#functions[i]!;
      if (body && offset < body.start && offset <= end) return parametersOf({ params });
      // One that holds the offset in its body is around the one that was meant, which is not there.
      if (offset < end) return undefined;
    }
    return undefined;
  }
}

/** In the order in which they begin; a method begins at its name. */
function functionsIn(program: Node): readonly FunctionNode[] {
  const found: FunctionNode[] = [];
  const pending: Node[] = [program];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression") found.push(node);
    else if (node.type === "FunctionDeclaration") found.push(node);
    const method = (node.type === "Property" && node.method) || node.type === "MethodDefinition";
    for (const [name, value] of Object.entries(node)) {
      if (!counts(name)) continue;
      for (const child of Array.isArray(value) ? value : [value]) {
        if (!isNode(child)) continue;
        const isOwn = method && name === "value" && child.type === "FunctionExpression";
        pending.push(isOwn ? ({ ...child, start: node.start } as Node) : child);
      }
    }
  }
  return found.sort((a, b) => a.start - b.start || b.end - a.end);
}

function parametersOf({ params }: Pick<FunctionNode, "params">): readonly ParameterSyntax[] {
  // What TypeScript calls `this` is no parameter.
  const own = params.filter((param) => param.type !== "Identifier" || param.name !== "this");
  return own.map(parameterOf);
}

function parameterOf(param: Node): ParameterSyntax {
  if (param.type === "TSParameterProperty") return parameterOf(param.parameter);
  const optional = param.type === "AssignmentPattern" || ("optional" in param && param.optional === true);
  const target: Node = param.type === "AssignmentPattern" ? param.left : param;
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
