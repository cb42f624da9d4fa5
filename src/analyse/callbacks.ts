import { callsBack } from "./purity.ts";
import type { Call } from "./scope.ts";
import { withoutTypes } from "./syntax.ts";

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

/** The names that a call is given as they are, and may call; functions of the code itself are known to be inert or not. */
export function namesCalledBack(call: Call): readonly { readonly name: string; readonly isModule: boolean }[] {
  if (!isCallingBack(call)) return [];
  return call.args.flatMap((arg) => {
    const node = withoutTypes(arg);
    const binding = node.type === "Identifier" ? call.scope.lookUp(node.name) : undefined;
    if (!binding || (!binding.scope.isModule && binding.fn)) return [];
    return [{ name: binding.name, isModule: binding.scope.isModule }];
  });
}
