import { callsBack, isPureGlobal } from "../program/purity.ts";
import type { Call } from "./scope.ts";
import { type Node, withoutTypes } from "./syntax.ts";

/** Whether a call that changes nothing itself runs functions of the code around it: a callback, a function on the spot. */
export function runsCode(call: Call): boolean {
  const { callee, args } = call;
  if (callee.kind === "function" || callee.kind === "this") return true;
  if (callee.kind === "name" && callee.method === undefined && callee.reference.binding) return true;
  return isCallingBack(call) && args.some((arg) => /Function/.test(withoutTypes(arg).type));
}

function isCallingBack({ callee }: Call): boolean {
  if (callee.kind === "function" || callee.kind === "this") return true;
  if (callee.kind === "value") return true;
  const name = callee.method ?? (callee.kind === "name" ? callee.reference.name : undefined);
  return name === undefined || callsBack(name);
}

/** Functions whose first argument is data, which they do not call. */
const firstIsData = new Set(["from", "fromAsync", "groupBy", "parse", "replace", "replaceAll", "stringify"]);

/** Whether a method calls its first argument. */
export function isCallingFirst(method: string): boolean {
  return callsBack(method) && !firstIsData.has(method);
}

/** What a call is given and may call: a name of the module, or of what a name holds (`depth`); else something unknown. */
export interface CalledBack {
  readonly name: string;
  readonly isModule: boolean;
  readonly depth: number;
}

/** The arguments that a call may call, other than functions on the spot; functions of the code itself are known. */
export function namesCalledBack(call: Call): readonly CalledBack[] {
  if (!isCallingBack(call)) return [];
  const { callee } = call;
  const name = "method" in callee ? (callee.method ?? (callee.kind === "name" ? callee.reference.name : "")) : "";
  const args = firstIsData.has(name) ? call.args.slice(1) : call.args;
  return args.flatMap((arg) => calledBack(withoutTypes(arg), call));
}

function calledBack(node: Node, call: Call): readonly CalledBack[] {
  switch (node.type) {
    case "Identifier": {
      const binding = call.scope.lookUp(node.name);
      if (!binding || (!binding.scope.isModule && binding.fn)) return [];
      return [{ name: binding.name, isModule: binding.scope.isModule, depth: 0 }];
    }
    case "MemberExpression": {
      let depth = 0;
      let root: Node = node;
      while (root.type === "MemberExpression") {
        depth++;
        root = withoutTypes(root.object);
      }
      const binding = root.type === "Identifier" ? call.scope.lookUp(root.name) : undefined;
      if (binding?.scope.isModule) return [{ name: binding.name, isModule: true, depth }];
      if (root.type === "Identifier" && !binding) {
        const method = node.property.type === "Identifier" && !node.computed ? node.property.name : undefined;
        return depth === 1 && isPureGlobal(root.name, method) ? [] : [unknown];
      }
      return [unknown];
    }
    case "CallExpression":
    case "ConditionalExpression":
    case "LogicalExpression":
      return [unknown];
    default:
      return [];
  }
}

const unknown: CalledBack = { name: "", isModule: false, depth: 0 };
