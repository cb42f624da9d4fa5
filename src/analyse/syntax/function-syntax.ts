import type { SiteArgument } from "../calls/call-site.ts";
import { CapturingCode } from "../captured/captured-code.ts";
import type { AnalysedModule } from "./analysed-module.ts";
import type { Scope } from "./scope.ts";
import { walkScopes } from "./scope-walker.ts";
import { counts, isNode, type Node, parseModule } from "./syntax.ts";

/** Sums up the function or class whose code starts at an offset, as the engine says; undefined where there is none. */
export function functionAt(module: AnalysedModule, offset: number, isClass: boolean): SiteArgument | undefined {
  const node = nodeAt(module.parsed.program, offset, isClass);
  return node && new CapturingCode(module, node, scopeAround(module, node)).summary(false);
}

/** The innermost function that begins around an offset: the engine means its parameters, a compiler may mean its name. */
function nodeAt(program: Node, offset: number, isClass: boolean): Node | undefined {
  let best: Node | undefined;
  let start = -1;
  const pending: Node[] = [program];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (node.start > offset || node.end < offset) continue;
    const found = isClass ? classAt(node, offset) : functionIn(node, offset);
    if (found && node.start >= start) [best, start] = [found, node.start];
    for (const [name, value] of Object.entries(node)) {
      if (!counts(name)) continue;
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) pending.push(child);
    }
  }
  return best;
}

/** The function that a node is or, as a method, holds, if an offset is before its body. */
function functionIn(node: Node, offset: number): Node | undefined {
  switch (node.type) {
    case "ArrowFunctionExpression":
    case "FunctionExpression":
    case "FunctionDeclaration":
      return node.body && offset < node.body.start ? node : undefined;
    case "Property":
      return node.method ? functionIn(node.value, offset) : undefined;
    case "MethodDefinition":
      return functionIn(node.value, offset);
    default:
      return undefined;
  }
}

/** The engine takes a class for its constructor. */
function classAt(node: Node, offset: number): Node | undefined {
  if (node.type !== "ClassDeclaration" && node.type !== "ClassExpression") return undefined;
  const isHead = offset < node.body.start;
  const isConstructor = node.body.body.some(
    (member) =>
      member.type === "MethodDefinition" &&
      member.kind === "constructor" &&
      member.start <= offset &&
      offset < (member.value.body?.start ?? member.end),
  );
  return isHead || isConstructor ? node : undefined;
}

/** The names that a function takes from around it, by its text; undefined where that is no function that can be parsed. */
export function freeNamesOf(text: string): ReadonlySet<string> | undefined {
  // A method is no expression by itself.
  for (const source of [`(${text})`, `({ ${text} })`, `(class { ${text} })`]) {
    const parsed = parseModule("function.js", source);
    if ("message" in parsed) continue;
    const { references } = walkScopes(parsed, {});
    return new Set(references.flatMap(({ name, binding }) => (binding ? [] : [name])));
  }
  return undefined;
}

/** The scope in which a function stands. */
function scopeAround({ scopes }: AnalysedModule, { start, end }: Node): Scope {
  const within = (offset: number): boolean => start <= offset && offset < end;
  const inner = scopes.references.find(({ offset }) => within(offset));
  let scope = inner?.scope ?? scopes.scope;
  const isOwn = ({ fn, bindings }: Scope): boolean =>
    (fn !== undefined && within(fn.start) && fn.end <= end) ||
    bindings.values().some(({ kind, offset }) => kind === "self" && within(offset));
  // A block of its own has neither: what is looked up in it is found further out.
  for (let at = scope; at.parent; at = at.parent) if (isOwn(at)) scope = at.parent;
  return scope;
}
