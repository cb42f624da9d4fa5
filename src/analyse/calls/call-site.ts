import { CapturingCode } from "../captured/captured-code.ts";
import type { AnalysedModule } from "../syntax/analysed-module.ts";
import type { CodeSummary } from "../syntax/module-summary.ts";
import type { Call } from "../syntax/scope.ts";
import type { ModuleScopes } from "../syntax/scope-recorder.ts";
import { defaultName } from "../syntax/unit-syntax.ts";

/** A call as far as versions need it: what is remembered of it. */
export interface CallSite {
  /** What the call's value is called: the variable that it initialises. */
  readonly name: string;
  readonly line: number;
  readonly column: number;
  /** Where the function starts that makes the call; absent at the top of the module. */
  readonly fn?: number;
  /** What is called: a name of the module with a property, or a function of the module by its start. */
  readonly callee: { readonly name?: string; readonly member?: string; readonly fn?: number };
  readonly args: readonly SiteArgument[];
  /** From this argument on, `...` makes it unknown which is which. */
  readonly spread?: number;
}

export interface SiteArgument extends CodeSummary {
  readonly line: number;
  /** What it takes from the functions around it. */
  readonly captured: readonly Captured[];
  /** Whether it is a function written there: then the engine's function is this code. */
  readonly literal?: true;
  /** Whether it may be a function that is made as the module loads, by a call or a choice. */
  readonly made?: true;
  /** Whether its value is a number, a text or the like that the source says. */
  readonly constant?: true;
  /** The properties of an object literal. */
  readonly properties?: Readonly<Record<string, SiteArgument>>;
}

/** A local variable that code captures from around it. */
export interface Captured {
  readonly name: string;
  /** Where it is used. */
  readonly line: number;
  readonly column: number;
  /** Why the source does not say what it holds. */
  readonly why?: string;
  /** Where it is a parameter: its value is an argument of the call of the function that starts at `fn`. */
  readonly param?: CapturedParam;
  /** Whether the source says all of it: a constant, a function, a collection that only the code itself uses. */
  readonly known?: true;
  /** Whether the code itself uses it. */
  readonly direct?: true;
  /** The captured variables (by their place in the list) whose declarations use it. */
  readonly via?: readonly number[];
  /** Whether it may have held something else before: it is assigned again, or what it holds is changed. */
  readonly changed?: true;
  /** Whether it is used where a class or an enum is defined, so that what it held then counts, whatever it holds now. */
  readonly early?: true;
  /** Whether another variable of its name is around: then a compiler may have given it another name. */
  readonly shared?: true;
}

export interface CapturedParam {
  readonly fn: number;
  readonly index: number;
  readonly rest: boolean;
  /** For a name in a pattern: the property of the argument that it stands for. */
  readonly property?: string;
}

/** The call at an offset of the source, as a stack names it; undefined if there is none. */
export function callAt({ scopes, parsed }: AnalysedModule, offset: number): Call | undefined {
  const exact = callsByAnchor(scopes).get(offset);
  if (exact) return exact;
  // A frame of an asynchronous function stands at its `await`.
  const awaited = /^await[\s(]+/.exec(parsed.source.slice(offset, offset + 200))?.[0].length;
  if (awaited !== undefined) return callAt({ scopes, parsed } as AnalysedModule, offset + awaited);
  // A call of what stands in parentheses, as `(0, lib.f)()`, stands at those of its arguments.
  const callee = /[^\s)](?=[\s)]*$)/.exec(parsed.source.slice(Math.max(0, offset - 200), offset));
  const calleeEnd = callee ? Math.max(0, offset - 200) + callee.index + 1 : offset;
  if (calleeEnd < offset) {
    const called = scopes.calls.find((call) => call.anchor >= 0 && call.calleeEnd === calleeEnd);
    if (called) return called;
  }
  let best: Call | undefined;
  for (const call of scopes.calls) {
    if (call.anchor < 0 || call.start > offset || call.calleeEnd < offset) continue;
    if (!best || call.end - call.start < best.end - best.start) best = call;
  }
  return best;
}

const byAnchor = new WeakMap<ModuleScopes, ReadonlyMap<number, Call>>();

/** Thousands of calls are looked up in one module. */
function callsByAnchor(scopes: ModuleScopes): ReadonlyMap<number, Call> {
  let calls = byAnchor.get(scopes);
  if (!calls) {
    calls = new Map(scopes.calls.toReversed().map((call) => [call.anchor, call]));
    byAnchor.set(scopes, calls);
  }
  return calls;
}

/** Sums up a call: its arguments with all that they capture. */
export function summariseCall(module: AnalysedModule, call: Call): CallSite {
  const { lines, units } = module;
  const unit = units.find(({ start, end }) => start <= call.start && call.start < end);
  const spread = call.args.findIndex(({ type }) => type === "SpreadElement");
  const { callee } = call;
  const fn = call.scope.fn?.start;
  return {
    name: nameOf(call, unit),
    ...lines.place(call.start),
    ...(fn === undefined ? {} : { fn }),
    callee: calleeOf(callee),
    args: call.args.map((arg) => new CapturingCode(module, arg, call.scope, call).summary(true)),
    ...(spread < 0 ? {} : { spread }),
  };
}

function calleeOf(callee: Call["callee"]): CallSite["callee"] {
  if (callee.kind === "function") return { fn: callee.fn.start };
  if (callee.kind !== "name" || callee.depth > 1) return {};
  const { reference, method } = callee;
  const { binding } = reference;
  if (binding && !binding.scope.isModule) return binding.fn && callee.depth === 0 ? { fn: binding.fn.start } : {};
  return binding ? { name: reference.name, ...(method === undefined ? {} : { member: method }) } : {};
}

/** What the call's value is called: after what it initialises, else after what is called. */
function nameOf({ callee }: Call, unit: AnalysedModule["units"][number] | undefined): string {
  const name = unit?.declares[0];
  if (name !== undefined) return name === defaultName ? "default" : name;
  if (unit?.name.includes("=")) return unit.name;
  if (callee.kind !== "name") return unit?.name ?? "call";
  return `${callee.reference.name}${callee.method === undefined ? "" : `.${callee.method}`}()`;
}
