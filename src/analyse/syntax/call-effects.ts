import { isBuiltInClass, isLookingCall, isLookingMethod, isOwnInstance, isPureGlobal } from "../program/purity.ts";
import type { Binding, Call, Reference } from "./scope.ts";
import { type Node, withoutTypes } from "./syntax.ts";

/** What a call may do, as far as one module tells. */
export type CallEffect =
  /** It changes nothing but may call the functions that it is given. */
  | { readonly kind: "pure" }
  /** It depends on what a name of the module stands for. */
  | {
      readonly kind: "named";
      readonly reference: Reference;
      readonly method: string | undefined;
      readonly depth: number;
      readonly chained: boolean;
    }
  /** A global function that may change anything. */
  | { readonly kind: "global"; readonly reference: Reference; readonly method: string | undefined }
  /** Something of the code's own: a parameter, a value out of a list. */
  | { readonly kind: "opaque" };

const pure: CallEffect = { kind: "pure" };
const opaque: CallEffect = { kind: "opaque" };

/** Tells the effects of the calls of a module. */
export class CallEffects {
  readonly #byNode = new Map<Node, Call>();
  readonly #effects = new Map<Call, CallEffect>();

  constructor(calls: readonly Call[]) {
    for (const call of calls) if (!this.#byNode.has(call.node)) this.#byNode.set(call.node, call);
  }

  of(call: Call): CallEffect {
    let effect = this.#effects.get(call);
    if (!effect) {
      // A call that is a part of its own callee does not exist, but a local that is initialised with itself does.
      this.#effects.set(call, opaque);
      effect = this.#find(call);
      this.#effects.set(call, effect);
    }
    return effect;
  }

  /**
   * Whether a variable of a function holds something that was made there, so that changing it changes nothing else. Only the
   * thing itself: what is in it may come from anywhere.
   */
  isFresh({ kind, init, declaration }: Binding): boolean {
    if (kind !== "const" && kind !== "let" && kind !== "var") return false;
    if (!init || declaration?.type !== "VariableDeclarator" || declaration.id.type !== "Identifier") return false;
    return this.#makesFresh(withoutTypes(init));
  }

  #makesFresh(node: Node): boolean {
    switch (node.type) {
      case "ArrayExpression":
      case "ObjectExpression":
      case "Literal":
      case "TemplateLiteral":
        return true;
      case "CallExpression":
      case "NewExpression": {
        const call = this.#byNode.get(node);
        return call !== undefined && this.of(call).kind === "pure" && (call.isNew ? isOwn(call) : isMaking(call));
      }
      default:
        return false;
    }
  }

  #find(call: Call): CallEffect {
    const { callee, isStatement } = call;
    const looks = "method" in callee && isLookingCall({ method: callee.method, isStatement });
    switch (callee.kind) {
      case "function":
      case "this":
      case "value":
        return pure;
      case "unknown":
        return looks ? pure : opaque;
      case "chain": {
        if (looks) return pure;
        const inner = this.of(callee.of);
        return inner.kind === "named" ? { ...inner, chained: true } : inner;
      }
      case "name":
        return this.#ofName(call, callee.reference, callee.method, callee.depth);
    }
  }

  #ofName(call: Call, reference: Reference, method: string | undefined, depth: number): CallEffect {
    const { binding, name } = reference;
    const looks = isLookingCall({ method, isStatement: call.isStatement });
    if (!binding) {
      const known = call.isNew
        ? depth === 0 && (isBuiltInClass(name) || name === "Promise")
        : isPureGlobal(name, method);
      const loads = depth === 0 && name === "require";
      return known || loads || (looks && depth > 1) ? pure : { kind: "global", reference, method };
    }
    if (binding.scope.isModule) {
      if (isLookingMethod(method) && isBuiltInValue(binding)) return pure;
      return { kind: "named", reference, method, depth, chained: false };
    }
    if (depth === 0) return binding.fn || binding.kind === "self" ? pure : opaque;
    return looks || (depth === 1 && this.isFresh(binding)) ? pure : opaque;
  }
}

/** Whether a name of the module always holds an array, a text, a Map or the like, whose methods are known. */
function isBuiltInValue({ kind, init, declaration }: Binding): boolean {
  if (kind !== "const" || !init || declaration?.type !== "VariableDeclarator") return false;
  if (declaration.id.type !== "Identifier") return false;
  const node = withoutTypes(init);
  if (node.type === "NewExpression") return node.callee.type === "Identifier" && isBuiltInClass(node.callee.name);
  return node.type === "ArrayExpression" || node.type === "Literal" || node.type === "TemplateLiteral";
}

function isOwn({ callee, args }: Call): boolean {
  return callee.kind !== "name" || isOwnInstance(callee.reference.name, args.length);
}

/** Functions that give a new array, object or iterator. */
const making = new Set(
  `Array.from Array.of JSON.parse Object.entries Object.fromEntries Object.groupBy Object.keys Object.values String concat
  entries filter flat flatMap keys map slice split structuredClone toReversed toSorted toSpliced`.split(/\s+/),
);

function isMaking({ callee }: Call): boolean {
  if (callee.kind !== "name" && callee.kind !== "chain") return callee.kind === "value";
  const { method } = callee;
  if (method !== undefined && making.has(method)) return true;
  if (callee.kind === "chain" || callee.reference.binding) return false;
  return making.has(method === undefined ? callee.reference.name : `${callee.reference.name}.${method}`);
}
