import type { SiteArgument } from "../calls/call-site.ts";
import { CapturingCode } from "../captured/captured-code.ts";
import { type AnalysedModule, inRange } from "./analysed-module.ts";
import type { Scope } from "./scope.ts";
import { walkScopes } from "./scope-walker.ts";
import { counts, eachChild, type Node, parseModule } from "./syntax.ts";

/** Sums up the function or class whose code starts at an offset, as the engine says; undefined where there is none. */
export function functionAt(module: AnalysedModule, offset: number, isClass: boolean): SiteArgument | undefined {
  const node = nodeAt(module.parsed.program, offset, isClass);
  return node && new CapturingCode(module, node, scopeAround(module, node)).summary(false);
}

interface Head {
  /** Of what holds the function: a method starts before its own function does. */
  readonly start: number;
  readonly node: Node;
  readonly around: Node;
}

const headsOf = new WeakMap<Node, Readonly<Record<"functions" | "classes", readonly Head[]>>>();

/** The functions and classes of a program by where they start: thousands may be looked for in one. */
function headsIn(program: Node): Readonly<Record<"functions" | "classes", readonly Head[]>> {
  const known = headsOf.get(program);
  if (known) return known;
  const functions: Head[] = [];
  const classes: Head[] = [];
  const pending: Node[] = [program];
  for (let around = pending.pop(); around; around = pending.pop()) {
    const node = functionOf(around);
    if (node) functions.push({ start: around.start, node, around });
    else if (isClass(around)) classes.push({ start: around.start, node: around, around });
    eachChild(around, (child, property) => {
      if (counts(property)) pending.push(child);
    });
  }
  const inOrder = (heads: Head[]): readonly Head[] =>
    heads.sort((a, b) => a.start - b.start || b.around.end - a.around.end);
  const heads = { functions: inOrder(functions), classes: inOrder(classes) };
  headsOf.set(program, heads);
  return heads;
}

/** The innermost function that begins around an offset: the engine means its parameters, a compiler may mean its name. */
function nodeAt(program: Node, offset: number, wantsClass: boolean): Node | undefined {
  const heads = headsIn(program)[wantsClass ? "classes" : "functions"];
  let [low, high] = [0, heads.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (heads[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  for (let at = low - 1; at >= 0; at--) {
    const { node, around } = heads[at]!;
    if (around.end < offset) continue;
    const found = wantsClass ? classAt(node, offset) : beforeBody(node, offset);
    if (found) return found;
  }
  return undefined;
}

/** The function that a node is or, as a method, holds. */
function functionOf(node: Node): Node | undefined {
  switch (node.type) {
    case "ArrowFunctionExpression":
    case "FunctionExpression":
    case "FunctionDeclaration":
      return node;
    case "Property":
      return node.method ? functionOf(node.value) : undefined;
    case "MethodDefinition":
      return functionOf(node.value);
    default:
      return undefined;
  }
}

function beforeBody(node: Node, offset: number): Node | undefined {
  const { body } = node as { readonly body?: { readonly start: number } | null };
  return body && offset < body.start ? node : undefined;
}

function isClass(node: Node): boolean {
  return node.type === "ClassDeclaration" || node.type === "ClassExpression";
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
  const [inner] = inRange(scopes.references, start, end);
  let scope = inner?.scope ?? scopes.scope;
  const isOwn = ({ fn, bindings }: Scope): boolean =>
    (fn !== undefined && within(fn.start) && fn.end <= end) ||
    bindings.values().some(({ kind, offset }) => kind === "self" && within(offset));
  // A block of its own has neither: what is looked up in it is found further out.
  for (let at = scope; at.parent; at = at.parent) if (isOwn(at)) scope = at.parent;
  return scope;
}
