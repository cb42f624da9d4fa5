import { isLookingMethod } from "../program/purity.ts";
import type { CallEffects } from "./call-effects.ts";
import type { Call, Opaque, Reference } from "./scope.ts";
import { eachChild, literalText, type Node, withoutTypes } from "./syntax.ts";

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
  const methods = new Set<string>();
  let implicit = false;
  const pending: Node[] = [...nodes];
  for (let node = pending.pop(); node; node = pending.pop()) {
    const found = memberOf(node);
    if (found && mayAct(found.value, actions, effects)) {
      if (found.name !== undefined && isLookingMethod(found.name)) methods.add(found.name);
      implicit ||= found.byItself;
    } else if (makesAccessors(node) && mayAct(node, actions, effects)) implicit = true;
    eachChild(node, (child) => pending.push(child));
  }
  return { implicit, methods: [...methods].sort() };
}

interface Member {
  readonly name: string | undefined;
  readonly value: Node;
  readonly byItself: boolean;
}

function memberOf(node: Node): Member | undefined {
  if (node.type !== "Property" && node.type !== "MethodDefinition" && node.type !== "PropertyDefinition")
    return undefined;
  const value = node.value && withoutTypes(node.value as Node);
  if (!value || !/Function/.test(value.type)) return undefined;
  const { key, computed } = node;
  const name = !computed && key.type === "Identifier" ? key.name : literalText(key as Node);
  const isAccessor = (node.type === "Property" || node.type === "MethodDefinition") && /^[gs]et$/.test(node.kind);
  // A computed name may be a symbol that JavaScript knows: of an iterator, of a conversion.
  const byItself = isAccessor || (name === undefined && computed) || (name !== undefined && calledByItself.has(name));
  return { name, value, byItself };
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
  return (
    calls.some((call) => isOwn(call.start) && call.node !== node && effects.of(call).kind !== "pure") ||
    changesThis(node)
  );
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
    if (target?.type === "MemberExpression") return true;
    eachChild(node, (child) => pending.push(child));
  }
  return false;
}
