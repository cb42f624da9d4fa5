import { isLookingCall, isLookingMethod } from "../program/purity.ts";
import type { CallEffects } from "./call-effects.ts";
import { namesCalledBack } from "./callbacks.ts";
import type { Call, Opaque, Reference } from "./scope.ts";
import { eachChild, literalText, type Node, type NodeOf, withoutTypes } from "./syntax.ts";

/** What of a unit's code runs without a call that shows it. */
export interface ImplicitCode {
  /** Whether reading, converting, iterating or awaiting what it makes may change something. */
  readonly implicit: boolean;
  /** Methods that may change something, although they are called like methods of JavaScript's own that only look. */
  readonly methods: readonly string[];
}

/** Methods that JavaScript calls by itself. */
const calledByItself = new Set(["toString", "valueOf", "toJSON", "then"]);

/** Functions that make accessors, or objects whose every use runs code. */
const makers = new Set(["Proxy", "defineProperty", "defineProperties", "__defineGetter__", "__defineSetter__"]);

/** What happens in the code of a unit. */
export interface UnitActions {
  readonly references: readonly Reference[];
  readonly calls: readonly Call[];
  readonly opaques: readonly Opaque[];
}

/** Finds the accessors, conversions, iterators, proxies and lookalikes of built-in methods in the code of a unit. */
export function implicitCodeIn(nodes: readonly Node[], actions: UnitActions, effects: CallEffects): ImplicitCode {
  const methods: string[] = [];
  let implicit = false;
  const pending: Node[] = [...nodes];
  const add = (child: Node): void => {
    pending.push(child);
  };
  for (let node = pending.pop(); node; node = pending.pop()) {
    const found = memberOf(node);
    if (found && (isAnyFunction(found.value) || mayAct(found.value, actions, effects))) {
      const { name } = found;
      if (name !== undefined && isLookingMethod(name) && !methods.includes(name)) methods.push(name);
      implicit ||= found.byItself;
    } else if (makesAccessors(node) && mayAct(node, actions, effects)) implicit = true;
    eachChild(node, add);
  }
  return { implicit, methods: methods.sort() };
}

interface Member {
  readonly name: string | undefined;
  readonly value: Node;
  readonly byItself: boolean;
}

/** What is declared, or assigned, as a member: a function, or what may be one. */
function memberOf(node: Node): Member | undefined {
  if (node.type === "AssignmentExpression")
    return node.left.type === "MemberExpression"
      ? named(node.left.property, node.left.computed, node.right)
      : undefined;
  if (node.type !== "Property" && node.type !== "MethodDefinition" && node.type !== "PropertyDefinition")
    return undefined;
  if (!node.value) return undefined;
  const isAccessor = (node.type === "Property" || node.type === "MethodDefinition") && /^[gs]et$/.test(node.kind);
  return named(node.key as Node, node.computed, node.value as Node, isAccessor);
}

function named(key: Node, computed: boolean, given: Node, isAccessor = false): Member | undefined {
  const value = withoutTypes(given);
  const name = !computed && key.type === "Identifier" ? key.name : literalText(key);
  const isFunction = /Function/.test(value.type);
  if (!isFunction && !(isAnyFunction(value) && (name === undefined ? isSymbol(key) : isCalledAsIf(name))))
    return undefined;
  // A computed name may be a symbol that JavaScript knows: of an iterator, of a conversion.
  const byItself = isAccessor || (name === undefined && computed) || (name !== undefined && calledByItself.has(name));
  return { name, value, byItself };
}

/** Whether a function of this name is called without being seen, or looks as if it were one of JavaScript's own. */
function isCalledAsIf(name: string): boolean {
  return calledByItself.has(name) || isLookingMethod(name);
}

/** `Symbol.iterator` and its like. */
function isSymbol(key: Node): boolean {
  return key.type === "MemberExpression" && key.object.type === "Identifier" && key.object.name === "Symbol";
}

/** Whether an expression may give a function that is written elsewhere. */
function isAnyFunction({ type }: Node): boolean {
  return !/Function|Literal|ArrayExpression|ObjectExpression|BinaryExpression|UnaryExpression|Class/.test(type);
}

function makesAccessors(node: Node): boolean {
  if (node.type !== "NewExpression" && node.type !== "CallExpression") return false;
  const callee = withoutTypes(node.callee);
  if (callee.type === "Identifier") return makers.has(callee.name);
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return false;
  const { name } = callee.property;
  return makers.has(name) || (name === "create" && node.arguments.length > 1);
}

/** Whether code may change anything but its own locals, as far as its module tells. */
function mayAct(node: Node, { references, calls, opaques }: UnitActions, effects: CallEffects): boolean {
  const { start, end } = node;
  const isOwn = (offset: number): boolean => start <= offset && offset < end;
  const writes = references.some(({ offset, use, binding, depth }) => {
    if (!isOwn(offset)) return false;
    if (use === "write") return !binding || !isOwn(binding.offset);
    return use === "mutate" && !(binding && isOwn(binding.offset) && depth === 1 && effects.isFresh(binding));
  });
  if (writes || opaques.some(({ offset }) => isOwn(offset))) return true;
  const acts = (call: Call): boolean =>
    effects.of(call).kind !== "pure" || changesOuter(call, isOwn) || namesCalledBack(call).length > 0;
  return calls.some((call) => isOwn(call.start) && call.node !== node && acts(call)) || changesThis(node);
}

/** Whether a call may change what a local of the code around holds: `list.push(x)`, where a function that made `list` ended. */
function changesOuter({ callee, isStatement }: Call, isOwn: (offset: number) => boolean): boolean {
  if (callee.kind !== "name" || callee.depth === 0 || isLookingCall({ method: callee.method, isStatement }))
    return false;
  const { binding } = callee.reference;
  return binding !== undefined && !isOwn(binding.offset);
}

function changesThis(root: Node): boolean {
  const pending: Node[] = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    const target =
      node.type === "AssignmentExpression"
        ? node.left
        : node.type === "UpdateExpression" || (node.type === "UnaryExpression" && node.operator === "delete")
          ? node.argument
          : undefined;
    if (target?.type === "MemberExpression" || (node.type === "CallExpression" && callsOnThis(node))) return true;
    eachChild(node, (child) => pending.push(child));
  }
  return false;
}

/** `this.list.push(x)` or `this.add(x)`: that may change the instance. */
function callsOnThis({ callee }: NodeOf<"CallExpression">): boolean {
  const called = withoutTypes(callee);
  if (called.type !== "MemberExpression") return false;
  if (!called.computed && called.property.type === "Identifier" && isLookingMethod(called.property.name)) return false;
  let root: Node = called;
  while (root.type === "MemberExpression") root = withoutTypes(root.object);
  return root.type === "ThisExpression" || root.type === "Super";
}
